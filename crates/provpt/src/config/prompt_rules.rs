//! Which settings of prompts go together.

use provpt_vit::PromptPool;
use toml::Value;

use super::rules::Fault;
use super::{
    Config, Distribution, Fidelity, Form, Idleness, Prompt, PromptInit, PromptLocation, Rebirth,
    TransferType,
};
use crate::math::choice::Choice;

/// The first setting of prompts that cannot be beside the others, if there are prompts.
pub(super) fn prompts(config: &Config) -> Option<Fault> {
    if !config.model.transfer_type.has_prompts() {
        return None;
    }
    let prompt = &config.model.prompt;
    layers(prompt)
        .or_else(|| location(prompt))
        .or_else(|| pixels(config))
        .or_else(|| pool(prompt))
        .or_else(|| form(config))
        .or_else(|| distribution(prompt))
        .or_else(|| demand(config))
        .or_else(|| start(config))
        .or_else(|| moves(config))
        .or_else(|| exchanges(config))
}

fn fault(key: &str, expected: &str, got: impl Into<Value>) -> Option<Fault> {
    let key = format!("model.prompt.{key}");
    Some(Fault { key, expected: expected.to_owned(), got: got.into() })
}

/// Which blocks have prompts, and of what kind.
fn layers(prompt: &Prompt) -> Option<Fault> {
    let off = |key: &str, why: &str| fault(key, &format!("false ({why})"), true);
    if let (Some(layers), false) = (prompt.num_deep_layers, prompt.deep) {
        let why = "0 (without model.prompt.deep, the first block alone has prompts)";
        return fault("num_deep_layers", why, layers as i64);
    }
    let needs = "model.prompt.num_deep_layers says how many blocks are meant";
    match (prompt.num_deep_layers, prompt.reverse_deep, prompt.forward_deep_noexpand) {
        (None, true, _) => return off("reverse_deep", needs),
        (None, _, true) => return off("forward_deep_noexpand", needs),
        (_, true, true) => {
            let why = "behind the last blocks there are none that prompts could stay in";
            return off("forward_deep_noexpand", why);
        }
        _ => {}
    }
    if prompt.deep_shared && !prompt.deep {
        return off("deep_shared", "without model.prompt.deep, one block alone has prompts");
    }
    if prompt.deep_shared && prompt.num_deep_layers.is_some() {
        return off(
            "deep_shared",
            "model.prompt.num_deep_layers gives blocks prompts of their own",
        );
    }
    match prompt.project {
        Some(0) => fault("project", "a width of at least 1, or -1", 0),
        _ => None,
    }
}

/// What only prompts in front of the patches can be.
fn location(prompt: &Prompt) -> Option<Fault> {
    if !prompt.location.is_added() {
        return None;
    }
    let location = prompt.location;
    let why = |why: &str| format!("{why} (model.prompt.location = {location})");
    if let Some(layers) = prompt.num_deep_layers {
        let expected = why("0, as what is added to tokens cannot end or stay");
        return fault("num_deep_layers", &expected, layers as i64);
    }
    if prompt.deep_shared {
        return fault("deep_shared", &why("false"), true);
    }
    match prompt.project {
        Some(width) => fault("project", &why("-1"), width as i64),
        None => None,
    }
}

/// What prompts among pixels cannot be.
fn pixels(config: &Config) -> Option<Fault> {
    let prompt = &config.model.prompt;
    let location = prompt.location;
    if !location.is_pixels() {
        return None;
    }
    let why = |why: &str| format!("{why} (model.prompt.location = {location})");
    if prompt.deep {
        return fault("deep", &why("false, as only images have pixels"), true);
    }
    if let Some(width) = prompt.project {
        return fault("project", &why("-1"), width as i64);
    }
    if prompt.dropout > 0.0 {
        return fault("dropout", &why("0, as published"), prompt.dropout);
    }
    let embeds = !location.is_added() && config.model.transfer_type == TransferType::PromptBias;
    embeds.then(|| Fault {
        key: "model.transfer_type".to_owned(),
        expected: why("prompt, as such prompts go through a patch embedding that does not learn"),
        got: Value::String(config.model.transfer_type.to_string()),
    })
}

/// Only prompts of single blocks can be distributed, and in one way.
fn distribution(prompt: &Prompt) -> Option<Fault> {
    let (given, run) = (&prompt.distribution, &prompt.distribution_from);
    let (key, got) = match (given, run) {
        (None, None) => return None,
        (Some(counts), _) => ("distribution", counts.to_string()),
        (None, Some(run)) => ("distribution_from", run.display().to_string()),
    };
    let both = given.is_some() && run.is_some();
    let cause = both.then(|| "model.prompt.distribution_from".to_owned());
    let cause = cause.or_else(|| not_of_one_block(prompt))?;
    fault(key, &format!("none (with {cause})"), got)
}

/// What makes prompts belong to no block alone, or to several.
fn not_of_one_block(prompt: &Prompt) -> Option<String> {
    if !prompt.deep {
        Some("model.prompt.deep = false".to_owned())
    } else if prompt.location != PromptLocation::Prepend {
        Some(format!("model.prompt.location = {}", prompt.location))
    } else if prompt.num_deep_layers.is_some() {
        Some("model.prompt.num_deep_layers".to_owned())
    } else if prompt.deep_shared {
        Some("model.prompt.deep_shared".to_owned())
    } else {
        None
    }
}

/// Demand is by the directions of rows, under a head that tells classes apart.
fn demand(config: &Config) -> Option<Fault> {
    let prompt = &config.model.prompt;
    if prompt.distribution != Some(Distribution::Demand) {
        return None;
    }
    let cause = if config.model.mlp_num > 0 {
        "model.mlp_num"
    } else if prompt.project.is_some() {
        "model.prompt.project"
    } else {
        return None;
    };
    fault("distribution", &format!("numbers (with {cause})"), "demand")
}

fn reads_prompts(pool: PromptPool) -> bool {
    matches!(pool, PromptPool::ImageAndPrompts | PromptPool::Prompts)
}

/// Other forms than tokens, and what is added to logits, are of prompts that are keys and values in
/// one block each.
fn form(config: &Config) -> Option<Fault> {
    let prompt = &config.model.prompt;
    if prompt.max_length > 0.0 && prompt.form != Form::Normed {
        let why = format!("0 (with model.prompt.form = {})", prompt.form.name());
        return fault("max_length", &why, prompt.max_length);
    }
    let (key, expected, got): (_, _, Value) = match (prompt.form, prompt.logit) {
        (Form::Token, None) => return None,
        (Form::Token, Some(logit)) => ("logit", "off", logit.into()),
        (form, _) => ("form", "token", form.name().into()),
    };
    let cause = if let Some(cause) = not_of_one_block(prompt) {
        cause
    } else if prompt.project.is_some() {
        "model.prompt.project".to_owned()
    } else if prompt.pool.is_some_and(reads_prompts) {
        "a mean over prompts".to_owned()
    } else if prompt.rebirth == Rebirth::Carry {
        "model.prompt.rebirth = carry".to_owned()
    } else {
        return None;
    };
    fault(key, &format!("{expected} (with {cause})"), got)
}

/// Prompts start from a file or from images only where they are rows of the backbone's width.
fn start(config: &Config) -> Option<Fault> {
    let prompt = &config.model.prompt;
    if prompt.init == PromptInit::Random {
        return None;
    }
    let cause = if prompt.location != PromptLocation::Prepend {
        format!("model.prompt.location = {}", prompt.location)
    } else if prompt.project.is_some() {
        "model.prompt.project".to_owned()
    } else if prompt.deep_shared {
        "model.prompt.deep_shared".to_owned()
    } else if prompt.init.is_of_file() && prompt.form == Form::Normed {
        "model.prompt.form = normed".to_owned()
    } else if prompt.init.is_of_file() && config.prompt_init_file().is_none() {
        return fault("init_file", "an .npy file, as model.prompt.init needs one", "");
    } else {
        return None;
    };
    fault("init", &format!("random (with {cause})"), prompt.init.name())
}

/// Features are read from prompts only where some are tokens behind the last block.
fn pool(prompt: &Prompt) -> Option<Fault> {
    let pool = prompt.pool.unwrap_or_default();
    let none = if prompt.location.is_added() {
        format!("model.prompt.location = {}", prompt.location)
    } else if prompt.forward_deep_noexpand {
        "model.prompt.forward_deep_noexpand".to_owned()
    } else {
        return None;
    };
    let expected = format!("original or img (with {none}, no prompt is a token of the last block)");
    if reads_prompts(pool) { fault("pool", &expected, pool.name()) } else { None }
}

/// Exchanges are by true losses and by attention; only they move several prompts at once. These and
/// pruning are of prompts that are keys and values, and not published.
fn exchanges(config: &Config) -> Option<Fault> {
    let prompt = &config.model.prompt;
    if !config.adaptive() {
        return None;
    }
    let kind = config.allocator();
    let why = |why: &str| format!("{why} (with model.prompt.allocator = {kind})");
    if prompt.moves > 0.0 && !kind.exchanges() {
        return fault("moves", &why("0, one prompt at most"), prompt.moves);
    }
    if kind.chooses() {
        return None;
    }
    if prompt.fidelity == Fidelity::Reference {
        let expected = "ppo, thompson, random or fixed (with model.prompt.fidelity = reference)";
        return fault("allocator", expected, kind.name());
    }
    if kind.exchanges() && config.idleness() != Idleness::Attention {
        return fault("idleness", &why("attention"), config.idleness().name());
    }
    if kind.exchanges() && config.verify() == 0 {
        return fault("verify", &why("at least 1, as no exchange is made unverified"), 0);
    }
    match prompt.pool {
        Some(pool @ PromptPool::ImageAndPrompts) => {
            fault("pool", &why("original or img"), pool.name())
        }
        _ => None,
    }
}

/// What cannot be moved from block to block.
fn moves(config: &Config) -> Option<Fault> {
    let prompt = &config.model.prompt;
    if !config.adaptive() {
        return None;
    }
    let ends = prompt.forward_deep_noexpand || prompt.reverse_deep;
    let cause = if prompt.location.is_added() {
        format!("those of model.prompt.location = {}", prompt.location)
    } else if prompt.reverse_deep && prompt.fidelity == Fidelity::Reference {
        "those of model.prompt.reverse_deep as released".to_owned()
    } else if prompt.deep_shared {
        "those of model.prompt.deep_shared".to_owned()
    } else if prompt.project.is_some() {
        "those of model.prompt.project".to_owned()
    } else if prompt.num_deep_layers.is_some() && !ends {
        "those that stay in the blocks behind model.prompt.num_deep_layers".to_owned()
    } else if prompt.pool == Some(PromptPool::Prompts) {
        "those of the last block, which model.prompt.pool = prompt needs,".to_owned()
    } else {
        return None;
    };
    fault("adaptive", &format!("false ({cause} cannot move to another block)"), true)
}
