//! The table. Published prompt-tuning code (`sup_*`, `mae_*`, `mocov3_*`, `swin?_*`) feeds ImageNet's
//! statistics and TF1's bilinear resize to every backbone, also to those that Google trained on
//! pixels in -1..1; timm's names carry timm's records. Hence the same file can appear twice.

use super::{Interpolation, ModelRecord, PreprocessingRecord};
use crate::{Architecture, Pooling};

const SWIN: &str = "Liu et al., Swin transformer, ICCV 2021";
const MOBY: &str = "Xie et al., Self-supervised learning with Swin transformers, 2021";
const VIT: &str = "Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021";
const AUGREG: &str = "Steiner et al., How to train your ViT?, TMLR 2022";
const MAE: &str = "He et al., Masked autoencoders are scalable vision learners, CVPR 2022";
const MOCO: &str = "Chen et al., An empirical study of training self-supervised ViTs, ICCV 2021";
const DEIT: &str = "Touvron et al., Training data-efficient image transformers, ICML 2021";
const DINO: &str = "Caron et al., Emerging properties in self-supervised ViTs, ICCV 2021";
const DINOV2: &str = "Oquab et al., DINOv2, TMLR 2024";

const IMAGENET_BICUBIC: PreprocessingRecord =
    PreprocessingRecord::imagenet(Interpolation::PilBicubic);
const IMAGENET_TF1: PreprocessingRecord = PreprocessingRecord::imagenet(Interpolation::Bilinear);

#[derive(Clone, Copy)]
enum Size {
    Tiny,
    Small,
    Base,
    Large,
    Huge,
}

/// A record of one of the five sizes, as timm lists it.
const fn vit(name: &'static str, size: Size, patch_size: usize, image_size: usize) -> ModelRecord {
    let (width, depth, heads) = match size {
        Size::Tiny => (192, 12, 3),
        Size::Small => (384, 12, 6),
        Size::Base => (768, 12, 12),
        Size::Large => (1024, 24, 16),
        Size::Huge => (1280, 32, 16),
    };
    ModelRecord {
        name,
        aliases: &[],
        architecture: Architecture::plain(image_size, patch_size, width, depth, heads),
        preprocessing: PreprocessingRecord::INCEPTION,
        files: &[],
        source: AUGREG,
    }
}

/// A supervised backbone as published prompt-tuning code loads it from Google's npz.
const fn supervised(
    record: ModelRecord,
    files: &'static [&'static str],
    source: &'static str,
) -> ModelRecord {
    ModelRecord { preprocessing: IMAGENET_TF1, files, source, ..record }
}

/// A self-supervised backbone as published prompt-tuning code loads it.
const fn mae(record: ModelRecord, files: &'static [&'static str]) -> ModelRecord {
    let architecture = Architecture { pooling: Pooling::Mean, ..record.architecture };
    ModelRecord { architecture, ..supervised(record, files, MAE) }
}

const fn timm_mae(record: ModelRecord) -> ModelRecord {
    ModelRecord { preprocessing: IMAGENET_BICUBIC, source: MAE, ..record }
}

const fn dino(
    record: ModelRecord,
    aliases: &'static [&'static str],
    files: &'static [&'static str],
) -> ModelRecord {
    ModelRecord { aliases, preprocessing: IMAGENET_BICUBIC, files, source: DINO, ..record }
}

const fn dinov2(
    record: ModelRecord,
    aliases: &'static [&'static str],
    files: &'static [&'static str],
) -> ModelRecord {
    let architecture = Architecture { layer_scale: true, ..record.architecture };
    ModelRecord { architecture, source: DINOV2, ..dino(record, aliases, files) }
}

const fn deit(record: ModelRecord, files: &'static [&'static str]) -> ModelRecord {
    ModelRecord { preprocessing: IMAGENET_BICUBIC, files, source: DEIT, ..record }
}

/// A backbone that is part of the library.
const fn embedded(
    name: &'static str,
    aliases: &'static [&'static str],
    files: &'static [&'static str],
    source: &'static str,
) -> ModelRecord {
    let preprocessing = PreprocessingRecord {
        mean: [0.5; 3],
        std: [0.5; 3],
        interpolation: Interpolation::PilBilinear,
    };
    let architecture = Architecture::plain(32, 4, 128, 12, 4);
    ModelRecord { name, aliases, architecture, preprocessing, files, source }
}

/// A Swin transformer as timm lists it: first width, and the blocks of the third stage.
const fn swin(
    name: &'static str,
    (width, blocks): (usize, usize),
    (window, image_size): (usize, usize),
    aliases: &'static [&'static str],
) -> ModelRecord {
    let (blocks, heads) = ([2, 2, blocks, 2], width / 32);
    let heads = [heads, 2 * heads, 4 * heads, 8 * heads];
    ModelRecord {
        name,
        aliases,
        architecture: Architecture::swin(image_size, width, blocks, heads, window),
        preprocessing: IMAGENET_BICUBIC,
        files: &[],
        source: SWIN,
    }
}

/// A Swin transformer as published prompt-tuning code loads it.
const fn published_swin(
    name: &'static str,
    size: (usize, usize),
    window: (usize, usize),
    files: &'static [&'static str],
) -> ModelRecord {
    supervised(swin(name, size, window, &[]), files, SWIN)
}

/// All records.
#[rustfmt::skip]
pub(crate) static RECORDS: &[ModelRecord] = &[
    vit("vit_tiny_patch16_224", Size::Tiny, 16, 224),
    vit("vit_tiny_patch16_384", Size::Tiny, 16, 384),
    vit("vit_small_patch32_224", Size::Small, 32, 224),
    vit("vit_small_patch32_384", Size::Small, 32, 384),
    vit("vit_small_patch16_224", Size::Small, 16, 224),
    vit("vit_small_patch16_384", Size::Small, 16, 384),
    vit("vit_base_patch32_224", Size::Base, 32, 224),
    vit("vit_base_patch32_384", Size::Base, 32, 384),
    vit("vit_base_patch16_224", Size::Base, 16, 224),
    vit("vit_base_patch16_384", Size::Base, 16, 384),
    vit("vit_base_patch8_224", Size::Base, 8, 224),
    vit("vit_large_patch32_224", Size::Large, 32, 224),
    vit("vit_large_patch32_384", Size::Large, 32, 384),
    vit("vit_large_patch16_224", Size::Large, 16, 224),
    vit("vit_large_patch16_384", Size::Large, 16, 384),
    vit("vit_large_patch14_224", Size::Large, 14, 224),
    ModelRecord { source: VIT, ..vit("vit_huge_patch14_224", Size::Huge, 14, 224) },

    timm_mae(vit("vit_base_patch16_224.mae", Size::Base, 16, 224)),
    timm_mae(vit("vit_large_patch16_224.mae", Size::Large, 16, 224)),
    timm_mae(vit("vit_huge_patch14_224.mae", Size::Huge, 14, 224)),

    deit(vit("deit_tiny_patch16_224", Size::Tiny, 16, 224),
        &["deit_tiny_patch16_224-a1311bcf.pth"]),
    deit(vit("deit_small_patch16_224", Size::Small, 16, 224),
        &["deit_small_patch16_224-cd65a155.pth"]),
    deit(vit("deit_base_patch16_224", Size::Base, 16, 224),
        &["deit_base_patch16_224-b5f2ef4d.pth"]),
    deit(vit("deit_base_patch16_384", Size::Base, 16, 384),
        &["deit_base_patch16_384-8de9b5d1.pth"]),

    dino(vit("vit_small_patch16_224.dino", Size::Small, 16, 224),
        &["dino_vits16", "dino-vits16"], &["dino_deitsmall16_pretrain.pth"]),
    dino(vit("vit_small_patch8_224.dino", Size::Small, 8, 224),
        &["vit_small_patch8_224", "dino_vits8", "dino-vits8"], &["dino_deitsmall8_pretrain.pth"]),
    dino(vit("vit_base_patch16_224.dino", Size::Base, 16, 224),
        &["dino_vitb16", "dino-vitb16"], &["dino_vitbase16_pretrain.pth"]),
    dino(vit("vit_base_patch8_224.dino", Size::Base, 8, 224),
        &["dino_vitb8", "dino-vitb8"], &["dino_vitbase8_pretrain.pth"]),

    dinov2(vit("vit_small_patch14_dinov2", Size::Small, 14, 518),
        &["dinov2_vits14", "dinov2-small"], &["dinov2_vits14_pretrain.pth"]),
    dinov2(vit("vit_base_patch14_dinov2", Size::Base, 14, 518),
        &["dinov2_vitb14", "dinov2-base"], &["dinov2_vitb14_pretrain.pth"]),
    dinov2(vit("vit_large_patch14_dinov2", Size::Large, 14, 518),
        &["dinov2_vitl14", "dinov2-large"], &["dinov2_vitl14_pretrain.pth"]),

    supervised(vit("sup_vitb8", Size::Base, 8, 224), &["ViT-B_8.npz"], AUGREG),
    supervised(vit("sup_vitb16_224", Size::Base, 16, 224), &["ViT-B_16-224.npz"], VIT),
    supervised(vit("sup_vitb16", Size::Base, 16, 384), &["ViT-B_16.npz"], VIT),
    supervised(vit("sup_vitl16_224", Size::Large, 16, 224), &["ViT-L_16-224.npz"], VIT),
    supervised(vit("sup_vitl16", Size::Large, 16, 384), &["ViT-L_16.npz"], VIT),
    supervised(vit("sup_vitb8_imagenet21k", Size::Base, 8, 224),
        &["imagenet21k_ViT-B_8.npz"], AUGREG),
    supervised(vit("sup_vitb32_imagenet21k", Size::Base, 32, 224),
        &["imagenet21k_ViT-B_32.npz"], VIT),
    supervised(vit("sup_vitb16_imagenet21k", Size::Base, 16, 224),
        &["imagenet21k_ViT-B_16.npz"], VIT),
    supervised(vit("sup_vitl16_imagenet21k", Size::Large, 16, 224),
        &["imagenet21k_ViT-L_16.npz"], VIT),
    supervised(vit("sup_vitl32_imagenet21k", Size::Large, 32, 224),
        &["imagenet21k_ViT-L_32.npz"], VIT),
    supervised(vit("sup_vith14_imagenet21k", Size::Huge, 14, 224),
        &["imagenet21k_ViT-H_14.npz"], VIT),

    mae(vit("mae_vitb16", Size::Base, 16, 224), &["mae_pretrain_vit_base.pth"]),
    mae(vit("mae_vitl16", Size::Large, 16, 224), &["mae_pretrain_vit_large.pth"]),
    mae(vit("mae_vith14", Size::Huge, 14, 224), &["mae_pretrain_vit_huge.pth"]),

    // MoCo v3 gives its small model twelve narrow heads.
    ModelRecord {
        architecture: Architecture::plain(224, 16, 384, 12, 12),
        aliases: &["mocov3_vits16"],
        ..supervised(vit("mocov3_vits", Size::Small, 16, 224),
            &["mocov3_linear-vit-s-300ep.pth.tar", "linear-vit-s-300ep.pth.tar"], MOCO)
    },
    ModelRecord {
        aliases: &["mocov3_vitb16"],
        ..supervised(vit("mocov3_vitb", Size::Base, 16, 224),
            &["mocov3_linear-vit-b-300ep.pth.tar", "linear-vit-b-300ep.pth.tar"], MOCO)
    },

    swin("swin_tiny_patch4_window7_224", (96, 6), (7, 224),
        &["swin-tiny-patch4-window7-224"]),
    swin("swin_small_patch4_window7_224", (96, 18), (7, 224),
        &["swin-small-patch4-window7-224"]),
    swin("swin_base_patch4_window7_224", (128, 18), (7, 224),
        &["swin_base_patch4_window7_224_in22k", "swin-base-patch4-window7-224",
          "swin-base-patch4-window7-224-in22k"]),
    swin("swin_base_patch4_window12_384", (128, 18), (12, 384),
        &["swin_base_patch4_window12_384_in22k", "swin-base-patch4-window12-384",
          "swin-base-patch4-window12-384-in22k"]),
    swin("swin_large_patch4_window7_224", (192, 18), (7, 224),
        &["swin_large_patch4_window7_224_in22k", "swin-large-patch4-window7-224",
          "swin-large-patch4-window7-224-in22k"]),
    swin("swin_large_patch4_window12_384", (192, 18), (12, 384),
        &["swin_large_patch4_window12_384_in22k", "swin-large-patch4-window12-384",
          "swin-large-patch4-window12-384-in22k"]),

    published_swin("swint_imagenet", (96, 6), (7, 224), &["swin_tiny_patch4_window7_224.pth"]),
    ModelRecord {
        source: MOBY,
        ..published_swin("swint_imagenet_ssl", (96, 6), (7, 224),
            &["moby_swin_t_300ep_pretrained.pth"])
    },
    published_swin("swins_imagenet", (96, 18), (7, 224), &["swin_small_patch4_window7_224.pth"]),
    published_swin("swinb_imagenet_224", (128, 18), (7, 224),
        &["swin_base_patch4_window7_224.pth"]),
    published_swin("swinb_imagenet_384", (128, 18), (12, 384),
        &["swin_base_patch4_window12_384.pth"]),
    published_swin("swinb_imagenet22k_224", (128, 18), (7, 224),
        &["swin_base_patch4_window7_224_22k.pth"]),
    published_swin("swinb_imagenet22k_384", (128, 18), (12, 384),
        &["swin_base_patch4_window12_384_22k.pth"]),
    published_swin("swinl_imagenet22k_224", (192, 18), (7, 224),
        &["swin_large_patch4_window7_224_22k.pth"]),

    embedded("provpt_pico_patch4_32", &["provpt_pico"],
        &["provpt_pico_patch4_32.f16.safetensors"],
        "pretrained for this project on CIFAR-10's training photos"),
    embedded("provpt_kinds_patch4_32", &["provpt_kinds"],
        &["provpt_kinds_patch4_32.f16.safetensors"],
        "provpt_pico_patch4_32, pretrained further on drawn-kinds"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::registry::{find, names};

    #[test]
    fn names_and_files_are_unique_without_case() {
        let mut seen = HashSet::new();
        for name in names() {
            assert!(seen.insert(name.to_lowercase()), "{name} is there twice");
            assert!(find(name).is_some());
        }
        let mut seen = HashSet::new();
        for file in RECORDS.iter().flat_map(|record| record.files) {
            assert!(seen.insert(file.to_lowercase()), "{file} is there twice");
        }
    }

    #[test]
    fn every_record_is_a_possible_transformer() {
        for r in RECORDS {
            let a = &r.architecture;
            assert_eq!(a.width % a.heads, 0, "{}: heads", r.name);
            assert_eq!(a.image_size % a.patch_size, 0, "{}: patches", r.name);
            assert_eq!(a.mlp_width, 4 * a.width, "{}: mlp", r.name);
            assert!(r.preprocessing.std.iter().all(|s| *s > 0.0), "{}: std", r.name);
            let cls = usize::from(a.stages.is_none());
            assert_eq!(a.tokens(), cls + a.patches(), "{}: tokens", r.name);
            assert!(!r.source.is_empty() && a.depth > 0);
        }
    }

    #[test]
    fn windows_fit_every_registered_size() {
        for r in RECORDS {
            let (Some(stages), a) = (r.architecture.stages, &r.architecture) else { continue };
            let last = stages.blocks().len() - 1;
            assert_eq!(a.grid() >> last, stages.window(), "{}", r.name);
            for (stage, heads) in stages.heads().iter().enumerate() {
                assert_eq!(a.block_width(0) << stage, 32 * heads, "{}: stage {stage}", r.name);
            }
        }
    }

    #[test]
    fn timms_names_state_their_size_truly() {
        for r in RECORDS.iter().filter(|r| r.name.contains("_patch")) {
            let (patch, side) = (r.architecture.patch_size, r.architecture.image_size);
            assert!(r.name.contains(&format!("_patch{patch}_")), "{}", r.name);
            let dinov2 = r.name.ends_with("dinov2") && side == 518;
            assert!(dinov2 || r.name.contains(&format!("_{side}")), "{}", r.name);
        }
    }

    #[test]
    fn published_names_carry_the_published_preprocessing() {
        let published = |r: &&ModelRecord| {
            ["sup_", "mae_", "mocov3_", "swint_", "swins_", "swinb_", "swinl_"]
                .iter()
                .any(|start| r.name.starts_with(start))
        };
        for r in RECORDS.iter().filter(published) {
            assert_eq!(r.preprocessing, IMAGENET_TF1, "{}", r.name);
            assert!(!r.files.is_empty(), "{}", r.name);
        }
        let timm = find("vit_base_patch16_224").map(|r| r.preprocessing);
        assert_eq!(timm, Some(PreprocessingRecord::INCEPTION));
        assert_eq!(find("mae_vitb16").map(|r| r.architecture.pooling), Some(Pooling::Mean));
        assert_eq!(find("mocov3_vits").map(|r| r.architecture.heads), Some(12));
    }
}
