//! What a run tells at its start: what it found, and what it assumed where nobody said.

use provpt_base::quoted;
use provpt_data::{Recognised, Task};
use provpt_vit::{Backbone, Precision};

use crate::config::Config;
use crate::method::Method;

/// Class names shown before the rest is only counted.
const SHOWN: usize = 8;

/// One line per fact; `pixels` are those about preprocessing.
pub(crate) fn facts(
    config: &Config,
    method: &Method,
    task: &Task,
    backbone: &Backbone,
    pixels: Vec<String>,
) -> Vec<String> {
    let named = if config.data.name.is_empty() { " (named after its folder)" } else { "" };
    let mut facts = vec![
        format!("task      {task}{named}"),
        layout(task),
        format!("classes   {}", classes(task)),
    ];
    facts.extend(splits(task));
    facts.extend(shape(config, backbone));
    facts.extend(pixels);
    let rate = match config.solver.find_rate {
        0 => config.learning_rate().to_string(),
        steps => format!("found by {steps} steps"),
    };
    facts.push(format!(
        "method    {}, {} epochs, batch {}, lr {rate}, seed {}",
        method.name, config.solver.total_epoch, config.data.batch_size, config.seed
    ));
    // In f32 there is nothing to tell.
    let precision = Some(config.precision()).filter(|precision| *precision != Precision::F32);
    facts.extend(precision.map(|precision| format!("numbers   {}", precision.describe())));
    facts.extend(task.notes().iter().map(|note| format!("note      {note}")));
    facts.extend(beyond(config, task).map(|line| format!("note      {line}")));
    facts
}

/// Settings that the task has not the images for.
fn beyond(config: &Config, task: &Task) -> impl Iterator<Item = String> {
    let (patience, batch, images) =
        (config.solver.patience, config.data.batch_size, task.train.len());
    let patient = (patience > 0 && task.val.is_none())
        .then(|| format!("solver.patience = {patience} changes nothing: there are no val images"));
    let large = (batch > images).then(|| {
        format!(
            "data.batch_size = {batch} is more than the {images} training images: an epoch is one \
             step, with the learning rate of a whole batch"
        )
    });
    patient.into_iter().chain(large)
}

fn layout(task: &Task) -> String {
    let Recognised { layout, by } = &task.recognised;
    format!("layout    {layout}: {}", quoted(by))
}

fn classes(task: &Task) -> String {
    let shown: Vec<String> =
        task.classes.iter().take(SHOWN).map(|name| quoted(name).to_string()).collect();
    let more = match task.classes.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

/// Which splits were made.
fn splits(task: &Task) -> Option<String> {
    let part = |(name, share): &(&str, f64)| format!("{:.0}% for {name}", 100.0 * share);
    let parts: Vec<String> = task.train.carved().iter().map(part).collect();
    (!parts.is_empty()).then(|| {
        format!(
            "splits    none given: of each class, {} (data.val_fraction, data.test_fraction)",
            parts.join(" and ")
        )
    })
}

fn shape(config: &Config, backbone: &Backbone) -> Vec<String> {
    let a = &backbone.architecture;
    let report = &backbone.report;
    let assumed = if report.heads_guess.is_some() { " (assumed; see model.heads)" } else { "" };
    let (heads, name) = (a.heads, quoted(&backbone.name));
    let shape = match a.stages {
        None => format!(
            "backbone  {name}: {} blocks, width {}, {heads} heads{assumed}, patch {}, {} tokens",
            a.depth,
            a.width,
            a.patch_size,
            a.tokens()
        ),
        Some(stages) => format!(
            "backbone  {name}: {} blocks in {} stages, width {} to {}, windows of {}, {} tokens",
            a.depth,
            stages.blocks().len(),
            a.block_width(0),
            a.width,
            stages.window(),
            a.tokens()
        ),
    };
    let file = format!("          a {} file with {} names", report.format, report.naming);
    // The embedded one is ours.
    let given = config.model.weights.is_some();
    std::iter::once(shape).chain(given.then_some(file)).collect()
}
