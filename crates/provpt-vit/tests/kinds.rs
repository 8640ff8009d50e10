//! Models of many kinds, by the names and shapes that their libraries give them
//! (`tools/make-kinds-fixture.py`): read, or refused by what they are.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use provpt_vit::weights::{LoadOptions, Naming};
use provpt_vit::{Backbone, Error};
use safetensors::tensor::{Dtype, TensorView};

type Shapes = BTreeMap<String, Vec<usize>>;

fn kinds() -> BTreeMap<String, Shapes> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/backbones/kinds.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A file of these names, all zeros, in f16.
fn file(shapes: &Shapes) -> Vec<u8> {
    let most = shapes.values().map(|shape| shape.iter().product::<usize>()).max().unwrap();
    let zeros = vec![0_u8; 2 * most];
    let views = shapes.iter().map(|(name, shape)| {
        let len = 2 * shape.iter().product::<usize>();
        (name, TensorView::new(Dtype::F16, shape.clone(), &zeros[..len]).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn open(shapes: &Shapes) -> Result<Backbone, Error> {
    let options = LoadOptions { heads: Some(2), ..LoadOptions::default() };
    Backbone::from_bytes("x", &file(shapes), &options)
}

/// What each model of the fixture is; none if it can be read.
const KINDS: &[(&str, Option<&str>)] = &[
    ("timm vit_base_patch16_224", None),
    ("timm vit_base_patch16_224_miil", None),
    ("timm deit3_small_patch16_224", None),
    ("timm deit_base_distilled_patch16_224", Some("a distillation token")),
    ("timm vit_base_patch16_clip_224", Some("CLIP")),
    ("timm vit_base_patch16_siglip_224", Some("SigLIP")),
    ("timm vit_base_patch14_reg4_dinov2", Some("register tokens")),
    ("timm vit_medium_patch16_gap_240", Some("no CLS token")),
    ("timm vit_huge_patch14_gap_224", Some("no CLS token")),
    ("timm vit_relpos_small_patch16_224", Some("relative position embeddings")),
    ("timm vit_srelpos_small_patch16_224", Some("relative position embeddings")),
    ("timm vit_base_patch16_rope_224", Some("no learned position embeddings (rotary")),
    ("timm vit_small_patch16_rope_mixed_224", Some("rotary position embeddings")),
    ("timm vit_base_patch16_rope_reg1_gap_256", Some("register tokens")),
    ("timm vit_small_patch16_dinov3", Some("register tokens")),
    ("timm eva02_tiny_patch14_224", Some("SwiGLU")),
    ("timm eva_giant_patch14_224", Some("EVA")),
    ("timm beit_base_patch16_224", Some("(BEiT)")),
    ("timm samvit_base_patch16", Some("relative position embeddings")),
    ("timm vit_base_patch16_xp_224", Some("norms of queries and keys")),
    ("timm vit_base_r50_s16_224", Some("(hybrid ViT)")),
    ("timm swin_tiny_patch4_window7_224", None),
    ("timm convnext_femto", Some("(ConvNeXt)")),
    ("timm resnet18", Some("(ResNet)")),
    ("transformers ViTModel", None),
    ("transformers ViTModel in memory", None),
    ("transformers ViTModel without biases", None),
    ("transformers ViTModel without biases in memory", None),
    ("transformers ViTMSNModel", None),
    ("transformers ViTMSNModel in memory", None),
    ("transformers ViTMAEForPreTraining", None),
    ("transformers ViTMAEForPreTraining in memory", None),
    ("transformers Dinov2Model", None),
    ("transformers Dinov2Model in memory", None),
    ("transformers DeiTModel", Some("a distillation token")),
    ("transformers DeiTModel in memory", Some("a distillation token")),
    ("transformers CLIPModel", Some("CLIP")),
    ("transformers CLIPVisionModel", Some("CLIP")),
    ("transformers SiglipModel", Some("SigLIP")),
    ("transformers SiglipVisionModel", Some("SigLIP")),
    ("transformers SiglipVisionModel without head", Some("SigLIP")),
    ("transformers BeitModel", Some("no learned position embeddings")),
    ("transformers BeitModel in memory", Some("no learned position embeddings")),
    ("transformers BeitModel with relative biases", Some("(BEiT)")),
    ("transformers BeitModel with relative biases in memory", Some("(BEiT)")),
    ("transformers BeitModel with shared biases", Some("(BEiT)")),
    ("transformers BeitModel with shared biases in memory", Some("(BEiT)")),
    ("transformers Data2VecVisionModel", Some("(BEiT)")),
    ("transformers Dinov2WithRegistersModel", Some("register tokens")),
    ("transformers Dinov2WithRegistersModel in memory", Some("register tokens")),
    ("transformers Dinov2Model giant", Some("SwiGLU")),
    ("transformers Dinov2Model giant in memory", Some("SwiGLU")),
    ("transformers DINOv3ViTModel", Some("(DINOv3)")),
    ("transformers DINOv3ViTModel in memory", Some("(DINOv3)")),
    ("transformers IJepaModel", Some("no CLS token")),
    ("transformers IJepaModel in memory", Some("no CLS token")),
    ("transformers SwinModel", None),
    ("transformers SwinModel in memory", None),
    ("transformers ConvNextModel", Some("(ConvNeXt)")),
    ("transformers ResNetModel", Some("(ResNet)")),
    ("torchvision VisionTransformer", None),
    ("open_clip CLIP", Some("CLIP")),
];

#[test]
fn every_kind_is_read_or_refused_by_what_it_is() {
    let kinds = kinds();
    assert_eq!(kinds.len(), KINDS.len());
    for (name, expected) in KINDS {
        match (open(&kinds[*name]), expected) {
            (Ok(_), None) => {}
            (Err(Error::Unsupported { what, nearest, .. }), Some(expected)) => {
                assert!(what.contains(expected), "{name}: {what}");
                assert!(provpt_vit::registry::find(nearest).is_some(), "{name}: {nearest}");
            }
            (other, _) => panic!("{name}: {:?}", other.map(|b| b.architecture)),
        }
    }
}

#[test]
fn a_prefix_in_front_changes_nothing() {
    let kinds = kinds();
    for (name, expected) in KINDS {
        for prefix in ["net.", "module._orig_mod.", "visual.trunk."] {
            let shapes = &kinds[*name];
            let shapes = shapes.iter().map(|(k, v)| (format!("{prefix}{k}"), v.clone()));
            let result = open(&shapes.collect());
            match (result, expected) {
                (Ok(backbone), None) => assert!(backbone.report.prefix.starts_with(prefix)),
                (Err(Error::Unsupported { what, .. }), Some(expected)) => {
                    assert!(what.contains(expected), "{prefix}{name}: {what}");
                }
                (other, _) => panic!("{prefix}{name}: {:?}", other.map(|b| b.architecture)),
            }
        }
    }
}

#[test]
fn torchvisions_names_lead_to_the_same_shapes_as_timms() {
    let kinds = kinds();
    let shapes = |name: &str| {
        let backbone = open(&kinds[name]).unwrap();
        let naming = backbone.report.naming;
        let shapes = backbone.tensors.into_iter().map(|(name, tensor)| (name, tensor.shape));
        (naming, shapes.filter(|(name, _)| !name.contains("mlp")).collect::<BTreeMap<_, _>>())
    };
    let (naming, torchvision) = shapes("torchvision VisionTransformer");
    assert_eq!(naming, Naming::TorchVision);
    assert_eq!(torchvision, shapes("timm vit_base_patch16_224").1);
}

#[test]
fn biases_that_are_not_there_are_zeros() {
    let kinds = kinds();
    for name in ["timm vit_base_patch16_224_miil", "transformers ViTModel without biases"] {
        let backbone = open(&kinds[name]).unwrap();
        assert!(!backbone.architecture.qkv_bias, "{name}");
        assert_eq!(backbone.tensors["blocks.0.attn.qkv.bias"].data, [0.0; 48], "{name}");
    }
    let mut half = kinds["transformers ViTModel"].clone();
    half.remove("encoder.layer.0.attention.attention.key.bias");
    let text = open(&half).unwrap_err().to_string();
    assert!(text.contains("missing blocks.0.attn.qkv.bias"), "{text}");
}
