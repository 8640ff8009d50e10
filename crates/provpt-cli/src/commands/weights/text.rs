//! What a checkpoint is, for people.

use provpt_vit::weights::Inspection;
use provpt_vit::{Backbone, Error as VitError, Mismatch, Pooling};

pub(super) fn described(inspection: &Inspection) -> String {
    let dtypes = inspection.dtypes.iter().map(|(dtype, n)| format!("{n} {dtype}"));
    let tensors = dtypes.collect::<Vec<_>>().join(", ");
    let file = vec![
        ("format", inspection.format.to_string()),
        ("tensors", format!("{tensors} ({} values)", inspection.parameters)),
        ("sha256", inspection.sha256.clone()),
    ];
    match &inspection.backbone {
        Ok(backbone) => {
            let mut text = lines([("name", backbone.name.clone())].into_iter().chain(file));
            text += &lines(used(backbone));
            text + &reasons(backbone)
        }
        Err(error) => {
            let path = inspection.path.display().to_string();
            let mut text = lines([("file", path)].into_iter().chain(file));
            if let VitError::Tensors { mismatch, .. } = error {
                text += &listed(mismatch);
            }
            text
        }
    }
}

fn lines(all: impl IntoIterator<Item = (&'static str, String)>) -> String {
    all.into_iter().map(|(name, value)| format!("{name:<12}{value}\n")).collect()
}

fn used(backbone: &Backbone) -> Vec<(&'static str, String)> {
    let report = &backbone.report;
    let parameters: usize = backbone.tensors.values().map(|tensor| tensor.data.len()).sum();
    let prefix = report.prefix.as_str();
    let naming = match prefix {
        "" => report.naming.to_string(),
        _ => format!("{}, behind {prefix}", report.naming),
    };
    vec![
        ("naming", naming),
        ("parameters", format!("{parameters}, {:.2} million", parameters as f64 / 1e6)),
        ("blocks", architecture(backbone)),
        ("tokens", tokens(backbone)),
        ("pos-embed", position(backbone)),
        ("dropped", dropped(&report.dropped)),
        ("pixels", pixels(backbone)),
    ]
}

/// What nobody said, and how it was settled, a line each.
pub(super) fn assumptions(backbone: &Backbone) -> Vec<String> {
    let (report, heads) = (&backbone.report, backbone.architecture.heads);
    let guess = |why: &String| format!("attention heads: {heads}, {why}; --heads N if wrong");
    let pixels = report.pixels.is_assumed().then(|| format!("pixels: {}", pixels(backbone)));
    report.heads_guess.iter().map(guess).chain(pixels).collect()
}

/// What was settled, and by what.
fn reasons(backbone: &Backbone) -> String {
    let of =
        |f: &provpt_vit::weights::Finding| format!("  {:<12}{}: {}\n", f.what, f.value, f.because);
    let lines: String = backbone.report.findings.iter().map(of).collect();
    format!("why\n{lines}")
}

/// Everything that is not as it should be; the error names only the first few.
fn listed(mismatch: &Mismatch) -> String {
    let names =
        |names: &[String]| names.iter().map(|name| format!("  {name}\n")).collect::<String>();
    let wrong = mismatch.wrong_shape.iter();
    let wrong: Vec<_> =
        wrong.map(|w| format!("{}: expected {}, got {:?}", w.name, w.expected, w.got)).collect();
    [("missing", &mismatch.missing), ("unexpected", &mismatch.unexpected), ("wrong shape", &wrong)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(what, list)| format!("{what}\n{}", names(list)))
        .collect()
}

fn architecture(backbone: &Backbone) -> String {
    let a = &backbone.architecture;
    let guessed =
        if backbone.report.heads_guess.is_some() { " (guessed; --heads if wrong)" } else { "" };
    let scale = if a.layer_scale { ", LayerScale" } else { "" };
    let (depth, width, heads, mlp) = (a.depth, a.width, a.heads, a.mlp_width);
    if let Some(stages) = a.stages {
        let (blocks, heads) = (each(stages.blocks()), each(stages.heads()));
        let (first, window) = (a.block_width(0), stages.window());
        return format!(
            "{blocks} by stage, width {first} to {width}, {heads} heads, windows of {window}"
        );
    }
    format!("{depth}, width {width}, {heads} heads{guessed}, MLP {mlp}{scale}")
}

/// Numbers of stages, one after another.
fn each(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}

fn tokens(backbone: &Backbone) -> String {
    let a = &backbone.architecture;
    let pooling = match a.pooling {
        Pooling::Cls => "the CLS token",
        Pooling::Mean if a.stages.is_some() => "the mean over all tokens",
        Pooling::Mean => "the mean over all tokens but CLS",
    };
    format!(
        "{} (images of {}x{1}, patches of {}x{2}); features: {pooling}",
        a.tokens(),
        a.image_size,
        a.patch_size
    )
}

fn position(backbone: &Backbone) -> String {
    match backbone.report.resampled {
        None if backbone.architecture.stages.is_some() => "tables of windows".to_owned(),
        None => "as in the file".to_owned(),
        Some(r) => format!("resampled from {0}x{0} to {1}x{1} ({2})", r.from, r.to, r.method),
    }
}

fn dropped(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn pixels(backbone: &Backbone) -> String {
    let record = backbone.preprocessing;
    let why = &backbone.report.pixels;
    let interpolation = record.interpolation.as_str();
    format!("mean {:?}, std {:?}, {interpolation} ({why})", record.mean, record.std)
}
