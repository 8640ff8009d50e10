//! Features of the bare backbone against golden numbers, on every device.

use super::engines;
use super::support::{Golden, assert_close, backbone};
use crate::{Pooling, Prompts};

#[test]
fn features_match() {
    let cases = [
        ("vit.timm.safetensors", Pooling::Cls, "vit.expected.safetensors"),
        ("vit.timm.safetensors", Pooling::Mean, "vit.expected.mae.safetensors"),
        ("dinov2.timm.safetensors", Pooling::Cls, "dinov2.expected.safetensors"),
    ];
    for (file, pooling, expected) in cases {
        let golden = Golden::read(expected);
        let plain = backbone(file, pooling);
        for backbone in [plain.clone(), plain.with_folded_scales()] {
            for (device, engine) in engines(&backbone) {
                let features = engine.features(golden.get("images"), &Prompts::NONE).unwrap();
                assert_close(device, &features, golden.get("features"), 2e-5, 0.0);
            }
        }
    }
}
