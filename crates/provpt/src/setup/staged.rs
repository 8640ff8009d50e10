//! What a configuration can ask of a backbone in stages (Swin), and of none other.

use std::sync::Arc;

use provpt_vit::{Architecture, Backbone, Pooling};

use crate::config::{BackboneType, Config, PromptPool, Reach, Rebirth, TransferType};
use crate::error::Error;
use crate::learn::rebirth::Merge;
use crate::method::Method;

const IN_STAGES: &str = "in stages (Swin)";
const PLAIN: &str = "without stages";

/// Refuses what does not suit the backbone.
pub(crate) fn check(config: &Config, method: &Method, a: &Architecture) -> Result<(), Error> {
    let (model, prompt) = (&config.model, &config.model.prompt);
    let unsuited = |key, expected, backbone, got: &dyn ToString| {
        Err(Error::Unsuited { key, expected, backbone, got: got.to_string() })
    };
    let rebirth = "model.prompt.rebirth";
    if prompt.pool == Some(PromptPool::Image) && a.pooling == Pooling::Cls {
        let given = PromptPool::Image;
        return unsuited("model.prompt.pool", "original", "that reads the CLS token", &given);
    }
    if a.stages.is_none() {
        if model.r#type == BackboneType::Swin {
            return unsuited("model.type", "vit", PLAIN, &model.r#type);
        }
        if method.relocates.is_some() && prompt.rebirth == Rebirth::Carry {
            return unsuited(rebirth, "scale, keep or resample", PLAIN, &prompt.rebirth);
        }
        return Ok(());
    }
    let cls = [
        TransferType::Cls,
        TransferType::ClsReinit,
        TransferType::ClsPrompt,
        TransferType::ClsReinitPrompt,
    ];
    if cls.contains(&model.transfer_type) {
        let expected = "another type, as there is no CLS token,";
        return unsuited("model.transfer_type", expected, IN_STAGES, &model.transfer_type);
    }
    let crosses = method.relocates.is_some() && prompt.reach == Reach::Any;
    if crosses && prompt.rebirth == Rebirth::Keep {
        let expected = "scale, resample or carry (or model.prompt.reach = stage)";
        return unsuited(rebirth, expected, IN_STAGES, &prompt.rebirth);
    }
    Ok(())
}

/// How features are read, if otherwise than by the backbone: where counts per block change, prompts of
/// the last block would change what a mean is of.
pub(crate) fn pooling(config: &Config, method: &Method, a: &Architecture) -> Option<Pooling> {
    let adaptive = method.relocates.is_some() && a.stages.is_some();
    let usual = if adaptive { PromptPool::Image } else { PromptPool::Original };
    let pool = config.model.prompt.pool.unwrap_or(usual);
    let prompted = config.model.transfer_type.has_prompts();
    (prompted && pool == PromptPool::Image).then_some(Pooling::Patches)
}

/// What carries prompts from one stage to the next, where that is asked for.
pub(crate) fn merges(config: &Config, backbone: &Backbone) -> Arc<[Merge]> {
    match config.model.prompt.rebirth {
        Rebirth::Carry => Merge::all(backbone),
        _ => Arc::new([]),
    }
}
