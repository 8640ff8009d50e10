//! What several settings, or one and the world, must be like together.

use provpt_data::{Fit as DataFit, catalogue};
use toml::Value;

use super::prompt_rules::prompts;
use super::published_rules::clipping;
use super::{
    BackboneDropout, Config, ConfigError, Crop, Fit, Form, HeadInit, OptimizerKind, PromptLocation,
    Scheduler, TransferType,
};

/// A setting that cannot be.
pub(super) struct Fault {
    /// Its dotted key.
    pub(super) key: String,
    /// What would do.
    pub(super) expected: String,
    /// What it is.
    pub(super) got: Value,
}

impl Fault {
    /// The error; `origin` says where the value stood.
    pub(super) fn at(self, origin: &str) -> ConfigError {
        let Self { key, expected, got } = self;
        ConfigError::Value { key, expected, got: got.to_string(), origin: origin.to_owned() }
    }
}

/// The first setting that cannot be, though its value suits its type.
pub(super) fn fault(config: &Config) -> Option<Fault> {
    output(config)
        .or_else(|| task(config))
        .or_else(|| pixels(config))
        .or_else(|| crop(config))
        .or_else(|| clipping(config))
        .or_else(|| prompts(config))
        .or_else(|| dropout(config))
        .or_else(|| drop_path(config))
        .or_else(|| head(config))
        .or_else(|| find_rate(config))
}

/// What is found is a rate of Adam and its kin, which is no angle.
fn find_rate(config: &Config) -> Option<Fault> {
    let cause = if config.optimizer() == OptimizerKind::Sgd {
        "solver.optimizer = sgd"
    } else if config.model.prompt.form == Form::Sphere {
        "model.prompt.form = sphere"
    } else {
        return None;
    };
    (config.solver.find_rate > 0).then(|| Fault {
        key: "solver.find_rate".to_owned(),
        expected: format!("0 (with {cause})"),
        got: Value::Integer(config.solver.find_rate as i64),
    })
}

/// Whole branches are dropped of a network that passes gradients, whose prompts are keys and values.
fn drop_path(config: &Config) -> Option<Fault> {
    let (model, prompt) = (&config.model, &config.model.prompt);
    if model.drop_path == 0.0 {
        return None;
    }
    let prompts = model.transfer_type.has_prompts();
    let cause = if model.dropout != BackboneDropout::Off {
        format!("model.dropout = {}", model.dropout)
    } else if [TransferType::Linear, TransferType::Side].contains(&model.transfer_type) {
        format!("model.transfer_type = {}", model.transfer_type)
    } else if prompts && (!prompt.deep || prompt.num_deep_layers.is_some()) {
        "prompts that stay as tokens".to_owned()
    } else if prompts && prompt.location != PromptLocation::Prepend {
        format!("model.prompt.location = {}", prompt.location)
    } else if prompts && prompt.dropout > 0.0 {
        format!("model.prompt.dropout = {}", prompt.dropout)
    } else {
        return None;
    };
    Some(Fault {
        key: "model.drop_path".to_owned(),
        expected: format!("0 (with {cause})"),
        got: Value::Float(model.drop_path),
    })
}

/// Means are of features, which hidden layers do not pass on.
fn head(config: &Config) -> Option<Fault> {
    let model = &config.model;
    (model.head_init == HeadInit::Means && model.mlp_num > 0).then(|| Fault {
        key: "model.head_init".to_owned(),
        expected: format!("random (with model.mlp_num = {})", model.mlp_num),
        got: Value::String(model.head_init.to_string()),
    })
}

/// A backbone that is frozen, or learns in part, is used as it is.
fn dropout(config: &Config) -> Option<Fault> {
    let model = &config.model;
    let acts = model.dropout == BackboneDropout::On;
    (acts && model.transfer_type != TransferType::End2end).then(|| Fault {
        key: "model.dropout".to_owned(),
        expected: "off or auto, as only model.transfer_type = end2end trains with it".to_owned(),
        got: Value::String(model.dropout.to_string()),
    })
}

/// Pixels are divided by the deviations, in 32 bits.
fn pixels(config: &Config) -> Option<Fault> {
    let data = &config.data;
    let fault = |key: &str, expected: &str, got: [f64; 3]| Fault {
        key: key.to_owned(),
        expected: expected.to_owned(),
        got: Value::Array(got.map(Value::Float).to_vec()),
    };
    let positive = |value: &f64| (*value as f32) > 0.0 && (*value as f32).recip().is_finite();
    let std = data.std.filter(|std| !std.iter().all(positive));
    let mean = data.mean.filter(|mean| !mean.iter().all(|value| (*value as f32).is_finite()));
    let std = std.map(|got| fault("data.std", "three numbers above 0", got));
    std.or_else(|| mean.map(|got| fault("data.mean", "three finite numbers", got)))
}

/// Of a squashed image there is only one square of its size.
fn crop(config: &Config) -> Option<Fault> {
    let data = &config.data;
    let recipe = || Some(catalogue::find(&data.name)?.recipe?.fit);
    let resized = match data.fit {
        Some(fit) => fit == Fit::Short,
        None => matches!(recipe(), Some(DataFit::ShortSideCrop { .. })),
    };
    (data.augment.crop == Some(Crop::Random) && !resized).then(|| Fault {
        key: "data.augment.crop".to_owned(),
        expected: "resized or none where images are squashed, or data.fit = short".to_owned(),
        got: Value::String("random".to_owned()),
    })
}

/// Runs and tests would be mixed up with whatever is in the working folder.
fn output(config: &Config) -> Option<Fault> {
    let empty = config.output_dir.as_os_str().is_empty();
    empty.then(|| Fault {
        key: "output_dir".to_owned(),
        expected: "a folder".to_owned(),
        got: Value::String(String::new()),
    })
}

/// A task whose name starts like those of VTAB must be one of them.
fn task(config: &Config) -> Option<Fault> {
    let name = &config.data.name;
    if !name.to_lowercase().starts_with("vtab-") || catalogue::find(name).is_some() {
        return None;
    }
    let nearest = catalogue::nearest(name);
    Some(Fault {
        key: "data.name".to_owned(),
        expected: format!("a task of `provpt data list` (the nearest is {nearest})"),
        got: Value::String(name.clone()),
    })
}

impl Config {
    /// What a user should know before such a run is started: settings that are bounded by others,
    /// and settings by which nothing can be learned. One line each.
    pub fn warnings(&self) -> Vec<String> {
        let solver = &self.solver;
        let total = solver.total_epoch;
        let mut lines = Vec::new();
        if self.threads != self.thread_count() {
            let (threads, most) = (self.threads, self.thread_count());
            lines.push(format!("threads = {threads} is bounded to {most}"));
        }
        if solver.scheduler != Scheduler::None && solver.warmup_epoch != self.warmup_epochs() {
            let (given, used) = (solver.warmup_epoch, self.warmup_epochs());
            lines.push(format!(
                "solver.warmup_epoch = {given} is bounded to {used}: one of \
                 solver.total_epoch = {total} must have the full learning rate"
            ));
        }
        if solver.base_lr == 0.0 {
            lines.push("solver.base_lr = 0: nothing is learned".to_owned());
        }
        let first = self.model.prompt.reward_warmup_epoch;
        if self.adaptive() && first >= total {
            lines.push(format!(
                "model.prompt.reward_warmup_epoch = {first}: no prompt moves in \
                 solver.total_epoch = {total}"
            ));
        }
        lines.extend(self.rules_warnings());
        lines
    }
}
