//! What a configuration can ask of a backbone in stages (Swin), and of none other.

use std::sync::Arc;

use provpt_vit::{Architecture, Backbone, Position};

use crate::config::{
    BackboneType, Config, Prompt, PromptInit, PromptLocation, Reach, Rebirth, TransferType,
};
use crate::error::Error;
use crate::learn::rebirth::Merge;
use crate::method::{Method, Prompting};

const IN_STAGES: &str = "in stages (Swin)";
const PLAIN: &str = "without stages";
const TURNED: &str = "with rotary positions";

/// Refuses what does not suit the backbone.
pub(crate) fn check(config: &Config, method: &Method, a: &Architecture) -> Result<(), Error> {
    let (model, prompt) = (&config.model, &config.model.prompt);
    let unsuited = |key, expected, backbone, got: &dyn ToString| {
        Err(Error::Unsuited { key, expected, backbone, got: got.to_string() })
    };
    let rebirth = "model.prompt.rebirth";
    if a.stages.is_none() {
        if model.r#type == BackboneType::Swin {
            return unsuited("model.type", "vit", PLAIN, &model.r#type);
        }
        if method.relocates.is_some() && prompt.rebirth == Rebirth::Carry {
            return unsuited(rebirth, "scale, keep or resample", PLAIN, &prompt.rebirth);
        }
        if prompt.init == PromptInit::Vipamin && a.position == Position::Rotary {
            // Their attention is more than queries, keys and values of tokens.
            let expected = "random, sized, tokens or kmeans";
            return unsuited("model.prompt.init", expected, TURNED, &prompt.init);
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
    if method.learns.prompts != Prompting::None {
        kinds(prompt)?;
    }
    let crosses = method.relocates.is_some() && prompt.reach == Reach::Any;
    if crosses && prompt.rebirth == Rebirth::Keep {
        let expected = "scale, resample or carry (or model.prompt.reach = stage)";
        return unsuited(rebirth, expected, IN_STAGES, &prompt.rebirth);
    }
    Ok(())
}

/// What carries prompts from one stage to the next, where that is asked for.
pub(crate) fn merges(config: &Config, backbone: &Backbone) -> Arc<[Merge]> {
    match config.model.prompt.rebirth {
        Rebirth::Carry => Merge::all(backbone),
        _ => Arc::new([]),
    }
}

/// Prompts of all kinds but the plain one are tokens of one width.
fn kinds(prompt: &Prompt) -> Result<(), Error> {
    let given = [
        ("model.prompt.location", "prepend", prompt.location != PromptLocation::Prepend),
        ("model.prompt.num_deep_layers", "0", prompt.num_deep_layers.is_some()),
        ("model.prompt.deep_shared", "false", prompt.deep_shared),
        ("model.prompt.project", "-1", prompt.project.is_some()),
        ("model.prompt.init", "random, sized, tokens or kmeans", !in_stages(prompt.init)),
    ];
    let Some((key, expected, _)) = given.into_iter().find(|(.., other)| *other) else {
        return Ok(());
    };
    let got = "another value".to_owned();
    Err(Error::Unsuited { key, expected, backbone: IN_STAGES, got })
}

/// Whether prompts of blocks in stages can start so.
fn in_stages(init: PromptInit) -> bool {
    !init.is_of_file() && init != PromptInit::Vipamin
}
