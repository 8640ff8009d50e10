//! What goes with errors about backbones.

use provpt_vit::Error as VitError;
use provpt_vit::weights::AlexNet;

use crate::explain::{FAILED, MISTAKE, reading};
use crate::setting::SettingStyle;

/// The exit code, and a hint where we know one.
pub(crate) fn advice(error: &VitError, style: SettingStyle) -> (u8, Option<String>) {
    let hint = match error {
        VitError::Io(error) => return (reading(error), None),
        VitError::MissingTensor { .. }
        | VitError::TensorLength { .. }
        | VitError::Pixels { .. }
        | VitError::PromptValues { .. }
        | VitError::PromptBlock { .. }
        | VitError::FeatureGradients { .. } => return (FAILED, None),
        VitError::Memory { .. } => return (FAILED, memory(style)),
        VitError::DeviceLost { .. } | VitError::DeviceFailed { .. } => {
            return (FAILED, style.show("device", "cpu").map(|word| elsewhere(&word)));
        }
        VitError::Threads { .. } => {
            let fewer = "try fewer: --threads 1".to_owned();
            return (FAILED, style.takes_threads().then_some(fewer));
        }
        VitError::Hub { .. } => {
            let hint = "check name and network; HF_TOKEN is for private files, HF_ENDPOINT for \
                        mirrors";
            return (FAILED, Some(hint.to_owned()));
        }
        VitError::NoCheckpoint { name, .. } if name == AlexNet::NAME => {
            return (MISTAKE, no_alexnet(style));
        }
        VitError::NoCheckpoint { .. } => return (MISTAKE, no_checkpoint(style)),
        VitError::Unsupported { nearest, .. } => format!(
            "a plain ViT or Swin will do, such as {nearest}, or any DINO, DINOv2 without registers, MAE or \
             MoCo v3 up to ViT-L"
        ),
        other => {
            let fixed = || fixed(other).map(str::to_owned);
            return (MISTAKE, with_setting(other, style).or_else(fixed));
        }
    };
    (MISTAKE, Some(hint))
}

/// Hints that name a setting, where it can be given.
fn with_setting(error: &VitError, style: SettingStyle) -> Option<String> {
    Some(match error {
        VitError::Tensors { mismatch, .. } if lacks_only_norm(&mismatch.missing) => format!(
            "MAE's checkpoints may have no last norm, which mean pooling does without: {}",
            style.show("model.pooling", "mean")?
        ),
        VitError::ImageSize { .. } | VitError::Windows { .. } => {
            format!("give another: {}", style.show("data.crop_size", "N")?)
        }
        VitError::Activations { needed, .. } => {
            let enough = needed.div_ceil(1 << 20).to_string();
            format!(
                "give as much, {}, or take fewer threads",
                style.show("activations_mb", &enough)?
            )
        }
        VitError::SideTooSmall { least, .. } => {
            let size = style.show("data.crop_size", &least.to_string())?;
            format!(
                "make them larger ({size}), or let a ViT learn: {}",
                style.show("model.side", "NAME")?
            )
        }
        VitError::NoSuchDevice { .. } => {
            format!(
                "`provpt devices` lists those that are here; or {}",
                style.show("device", "cpu")?
            )
        }
        VitError::NoGpuBuild { .. } => format!(
            "build the program with `cargo build --release --features gpu`, or take the processor: {}",
            style.show("device", "cpu")?
        ),
        VitError::DevicePrecision { .. } => format!(
            "f32 is for all devices ({}), bf16 for the processor, f16 for graphics cards",
            style.show("precision", "f32")?
        ),
        VitError::Heads { .. } => format!("give their number: {}", style.show("model.heads", "N")?),
        _ => return None,
    })
}

fn elsewhere(cpu: &str) -> String {
    format!(
        "a run goes on from its last epoch, on this device or another: \
         `provpt train --resume FOLDER {cpu}`"
    )
}

fn memory(style: SettingStyle) -> Option<String> {
    let mut less = Vec::new();
    less.extend(style.takes_threads().then_some("fewer threads (--threads 1)"));
    less.extend((style == SettingStyle::WORDS).then_some("a smaller data.batch_size"));
    (!less.is_empty()).then(|| format!("{} need less", less.join(" and ")))
}

fn no_checkpoint(style: SettingStyle) -> Option<String> {
    let folder = style.show("model.model_root", "FOLDER")?;
    let file = if style == SettingStyle::WEIGHTS {
        "its path in place of the name".to_owned()
    } else {
        style.show("model.weights", "FILE")?
    };
    Some(format!("give the file ({file}) or the folder that has it ({folder})"))
}

fn no_alexnet(style: SettingStyle) -> Option<String> {
    let (side, folder) =
        (style.show("model.side", "FILE")?, style.show("model.model_root", "FOLDER")?);
    Some(format!(
        "give torchvision's file ({side}), the folder that has it ({folder}), or the name of a ViT \
         to learn in its place"
    ))
}

/// Hints that are the same for all commands.
fn fixed(error: &VitError) -> Option<&'static str> {
    Some(match error {
        VitError::UnknownModel { .. } => {
            "names are timm's (vit_base_patch16_224) or the published ones \
             (sup_vitb16_imagenet21k); any checkpoint file will do, too; \
             provpt_pico_patch4_32 and provpt_kinds_patch4_32 need none"
        }
        VitError::NotACheckpoint { .. } | VitError::Damaged { .. } => {
            "was it downloaded to the end? get it again"
        }
        VitError::Unreadable { .. } => {
            "save the weights alone, and read that: torch.save(model.state_dict(), FILE)"
        }
        VitError::SeveralModels { .. } => {
            "take one of them out of the file: \
             `provpt weights convert FILE --prefix PREFIX -o ONE.safetensors`"
        }
        VitError::NotFinite { .. } => {
            "the training that wrote it has diverged, or the file is damaged: use an earlier one"
        }
        VitError::NotMerged { .. } => "use the run itself: --run RUN",
        VitError::Contradiction { .. } => {
            "correct the one that is wrong, or give the file another name"
        }
        VitError::HubReference { .. } => "such as hf://timm/vit_base_patch16_224.augreg_in21k",
        VitError::NotCached { .. } => {
            "build with `--features hf-hub`, unset HF_HUB_OFFLINE, or fetch the file by other \
             means (`hf download`) and give its path; HF_HOME says where the cache is"
        }
        VitError::UnknownNaming { .. } | VitError::Tensors { .. } => {
            "`provpt weights inspect FILE` tells what a checkpoint is"
        }
        _ => return None,
    })
}

fn lacks_only_norm(missing: &[String]) -> bool {
    !missing.is_empty() && missing.iter().all(|name| name.starts_with("norm."))
}
