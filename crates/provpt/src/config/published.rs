//! Keys and values of the published code (VPT: Jia et al., ECCV 2022; PRO-VPT: Shang et al., ICCV
//! 2025) that are no settings of ours. A value that would change what is computed or written is
//! never passed over: it means a setting of ours, or it is refused.

use toml::Value;

/// Keys of the published code that are no settings.
pub(super) struct Published {
    /// Dotted, in lower case; several keys may have one meaning.
    pub(super) names: &'static [&'static str],
    pub(super) meaning: Meaning,
    /// Why values change nothing, or why there is no choice.
    pub(super) why: &'static str,
}

/// What a published key does here.
pub(super) enum Meaning {
    /// Whatever its value, nothing that provpt computes or writes depends on it.
    Harmless,
    /// These values, in lower case, say what provpt does in any case.
    Only(&'static [&'static str]),
    /// A switch. One of its values says what provpt does in any case, the other one is a setting
    /// and its value.
    Switch { usual: bool, otherwise: (&'static str, &'static str) },
}

use Meaning::{Harmless, Only, Switch};

const fn row(names: &'static [&'static str], meaning: Meaning, why: &'static str) -> Published {
    Published { names, meaning, why }
}

const OFF: Meaning = Only(&["false"]);
const UNREAD: &str = "the published code does not read it";
const PROCESS: &str = "one process does all the work";

/// The keys. Their values in the published configurations are accepted.
#[rustfmt::skip]
pub(super) static PUBLISHED: &[Published] = &[
    row(&["num_gpus"], Only(&["1", "0"]), "provpt runs on the CPU, and leaves out no images as the published code does on several GPUs"),
    row(&["num_shards"], Only(&["1"]), PROCESS),
    row(&["dist_backend", "dist_init_path", "dist_init_file"], Harmless, PROCESS),
    row(&["cudnn_benchmark"], Harmless, "provpt runs on the CPU"),
    row(&["dbg"], OFF, "epochs are whole; --verbose prints more"),
    row(&["run_n_times"], Only(&["1"]), "one run is one folder; a sweep makes several"),

    row(&["data.num_workers"], Harmless, "images are prepared on all threads"),
    row(&["data.pin_memory"], Harmless, "provpt runs on the CPU"),
    row(&["data.no_test"], Switch { usual: false, otherwise: ("data.test", "false") }, "the test split is looked at once, at the end"),
    row(&["data.multilabel"], OFF, "an image has one class"),

    row(&["model.save_ckpt", "model.save_ckpt_finalruns"], Harmless, "a checkpoint is always kept"),
    row(&["model.linear.mlp_sizes", "model.linear.dropout"], Harmless, UNREAD),
    row(&["model.weight_path"], Only(&["", "none"]), "training starts from the backbone alone; model.weights is its file"),
    row(&["model.segmentation"], OFF, "images are classified as a whole"),
    row(&["model.vis"], OFF, "attention is not written out"),
    row(&["model.adapter.style"], Only(&["pfeiffer"]), "adapters stand behind the MLP, as published"),

    row(&["model.prompt.save_for_each_epoch"], OFF, "the prompts of the last epoch are kept"),
    row(&["model.prompt.gate_grads_ident"], Switch { usual: true, otherwise: ("model.prompt.idleness", "norm") }, "prompts are scored by gradients"),
    row(&["model.prompt.reducation_factor", "model.prompt.reduction"], Harmless, UNREAD),

    row(&["solver.loss"], Only(&["softmax"]), "the loss is cross-entropy"),
    row(&["solver.loss_alpha"], Harmless, UNREAD),
    row(&["solver.weight_decay_bias", "solver.weight_decay_pos"], Harmless, UNREAD),
    row(&["solver.log_every_n"], Harmless, "progress is always shown"),
    row(&["solver.dbg_trainable"], Harmless, "result.json counts the parameters"),
];

/// Values of our settings that the published code spells otherwise: key, its spelling, ours.
pub(super) const SPELLINGS: &[(&str, &str, &str)] = &[
    ("seed", "none", "0"),
    ("model.type", "ssl-vit", "vit"),
    ("model.transfer_type", "bias", "tinytl-bias"),
    // Where the published code accepts this word, it builds no side network.
    ("model.transfer_type", "sidetune", "linear"),
    ("model.prompt.num_deep_layers", "none", "0"),
    ("model.prompt.pool", "img_pool", "img"),
    ("model.prompt.pool", "imgprompt_pool", "imgprompt"),
    ("model.prompt.pool", "prompt_pool", "prompt"),
    ("data.number_classes", "0", "-1"),
    ("data.class_weights", "", "none"),
    ("solver.scheduler", "", "none"),
    // With one cycle, and the published code knows no other, it is the same curve.
    ("solver.scheduler", "cosine_hardrestart", "cosine"),
];

/// Values of our settings that the published code has and provpt has not.
pub(super) const ABSENT: &[(&str, &[&str])] =
    &[("model.type", &["resnet", "convnext"]), ("solver.scheduler", &["plateau"])];

/// A value as we spell it.
pub(super) fn ours(key: &str, value: &Value) -> Value {
    let word = word(value);
    let spelled = |&&(of, theirs, _): &&(&str, &str, &str)| of == key && theirs == word;
    let found = SPELLINGS.iter().find(spelled);
    found.map_or_else(|| value.clone(), |(_, _, ours)| super::values::scalar(ours))
}

/// Whether the published code has this value, and provpt has not.
pub(super) fn is_absent(key: &str, value: &Value) -> bool {
    let word = word(value);
    ABSENT.iter().any(|(of, names)| *of == key && names.contains(&word.as_str()))
}

/// What a value of a published key comes to.
pub(super) enum Verdict {
    /// Nothing changes.
    Nothing,
    /// A setting has this value.
    Sets(&'static str, Value),
    /// Another value would do.
    Refused { expected: String },
}

impl Published {
    pub(super) fn judge(&self, value: &Value) -> Verdict {
        let refused =
            |would_do: &str| Verdict::Refused { expected: format!("{would_do} ({})", self.why) };
        match self.meaning {
            Harmless => Verdict::Nothing,
            Only(words) if words.contains(&word(value).as_str()) => Verdict::Nothing,
            Only(words) => refused(match words.first() {
                Some(word) if !word.is_empty() => word,
                _ => "an empty text",
            }),
            Switch { usual, otherwise: (key, text) } => match word(value).as_str() {
                "true" | "false" if usual.to_string() == word(value) => Verdict::Nothing,
                "true" | "false" => Verdict::Sets(key, super::values::scalar(text)),
                _ => Verdict::Refused { expected: "true or false".to_owned() },
            },
        }
    }
}

/// A value in lower case, however it was typed: `False`, `"false"`; `1`, `1.0`, `"1"`.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_lowercase(),
        Value::Float(x) if x.fract() == 0.0 => format!("{x:.0}"),
        other => other.to_string(),
    }
}
