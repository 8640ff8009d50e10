//! What names say about pixels where they are not those of a registered model: files are published
//! with dates, hashes and settings in their names.

use super::{Interpolation, PreprocessingRecord};

const BICUBIC: PreprocessingRecord = PreprocessingRecord::imagenet(Interpolation::PilBicubic);
const BILINEAR: PreprocessingRecord = PreprocessingRecord::imagenet(Interpolation::PilBilinear);
const INCEPTION: PreprocessingRecord = PreprocessingRecord::INCEPTION;
/// Pixels in 0..1, as they are: timm's record for the weights of MIIL.
const UNSCALED: PreprocessingRecord = PreprocessingRecord {
    mean: [0.0; 3],
    std: [1.0; 3],
    interpolation: Interpolation::PilBilinear,
};

/// Beginnings and other parts of names, and the pixels that such models were trained on; the first
/// that fits counts.
const PARTS: &[(&str, PreprocessingRecord)] = &[
    ("_miil", UNSCALED),
    ("deit_", BICUBIC),
    ("deit-", BICUBIC),
    ("deit3_", BICUBIC),
    ("dino_", BICUBIC),
    ("dino-", BICUBIC),
    ("dinov2", BICUBIC),
    ("ibot", BICUBIC),
    ("mae_", BICUBIC),
    ("vit-mae", BICUBIC),
    ("vit-msn", BICUBIC),
    ("mocov3", BICUBIC),
    ("moco-v3", BICUBIC),
    ("swin_", BICUBIC),
    ("swin-", BICUBIC),
    // MoCo v3's own files, such as vit-b-300ep.pth.tar.
    ("vit-s-300ep", BICUBIC),
    ("vit-b-300ep", BICUBIC),
    // torchvision's files, such as vit_b_16-c867db91.pth.
    ("vit_b_16", BILINEAR),
    ("vit_b_32", BILINEAR),
    ("vit_l_16", BILINEAR),
    ("vit_l_32", BILINEAR),
    // Google's files, such as B_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0.npz.
    ("-i21k-", INCEPTION),
    ("-i1k-", INCEPTION),
    ("augreg", INCEPTION),
];

/// The pixels that models of such a name were trained on, and the part of it that says so.
pub(crate) fn pixels_by_name(name: &str) -> Option<(&'static str, PreprocessingRecord)> {
    let name = name.to_ascii_lowercase();
    PARTS.iter().find(|(part, _)| name.contains(part)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_files_are_known_by_parts_of_their_names() {
        let of = |name: &str| pixels_by_name(name).map(|(_, pixels)| pixels);
        for name in [
            "deit_base_patch16_224-b5f2ef4d",
            "DeiT_small_patch16_224",
            "dino_vitbase16_pretrain_full_checkpoint",
            "dinov2_vitb14_finetuned",
            "mae_visualize_vit_base",
            "vit-b-300ep",
        ] {
            assert_eq!(of(name), Some(BICUBIC), "{name}");
        }
        assert_eq!(of("vit_b_16-c867db91"), Some(BILINEAR));
        assert_eq!(of("vit_base_patch16_224_miil_in21k"), Some(UNSCALED));
        assert_eq!(of("B_16-i21k-300ep-lr_0.001-aug_medium1"), Some(INCEPTION));
        assert_eq!(of("vit_base_patch16_224_augreg_in21k"), Some(INCEPTION));
        for name in ["", "my_vit", "vit_base_patch16_224", "checkpoint-1200", "model"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
