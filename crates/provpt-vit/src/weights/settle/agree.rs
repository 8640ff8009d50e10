//! Whether all that is said of a checkpoint agrees. What does not is an error that names both.

use super::evidence::{Authority, Evidence};
use crate::error::{Contradiction, Error};
use crate::weights::describe::Description;
use crate::{Architecture, Mlp, Pooling, Stages};

/// Two epsilons up to this one are as good as equal: variances are far larger. (Many descriptions
/// have 1e-12, their library's default, for networks that were trained with 1e-6.)
const SMALL_EPS: f32 = 1e-5;

/// Compares the descriptions with the tensors, whose grid of position embeddings has this side (if
/// they have any), and with the registered model's record.
pub(super) fn all(
    evidence: &Evidence<'_>,
    seen: Option<&Architecture>,
    grid: Option<usize>,
) -> Result<(), Error> {
    for description in &evidence.descriptions {
        if let Some(seen) = seen {
            let faults = with_tensors(description, seen, grid);
            report(evidence, description, faults, "the tensors")?;
        }
        // Our own metadata come from the record, or from somebody who knew better.
        if let Some(record) = evidence.record.filter(|_| !description.ours) {
            let faults = with_record(description, &record.architecture, evidence);
            report(evidence, description, faults, &format!("the record of {}", record.name))?;
        }
    }
    Ok(())
}

/// What was settled about heads, and by whom, must be what every description says.
pub(super) fn heads(
    evidence: &Evidence<'_>,
    heads: usize,
    authority: &Authority,
) -> Result<(), Error> {
    let other = |d: &&Description| d.heads.is_some_and(|said| said != heads);
    let recorded = evidence.record.map(|record| (record, record.architecture.heads));
    match (evidence.descriptions.iter().find(other), recorded) {
        (Some(description), _) => {
            let said = description.heads.unwrap_or_default();
            let by = match authority {
                Authority::Caller => "as asked for".to_owned(),
                _ => "elsewhere".to_owned(),
            };
            Err(fault(
                evidence,
                "heads",
                (said.to_string(), &description.place),
                (heads.to_string(), &by),
            ))
        }
        (None, Some((record, its))) if its != heads && !matches!(authority, Authority::Caller) => {
            let by = format!("the record of {}", record.name);
            let from = match authority {
                Authority::Description(place) => place.clone(),
                _ => "the file".to_owned(),
            };
            Err(fault(evidence, "heads", (its.to_string(), &by), (heads.to_string(), &from)))
        }
        _ => Ok(()),
    }
}

/// Something that two sources say differently.
struct Fault {
    what: &'static str,
    expected: String,
    described: String,
}

fn differs<T: PartialEq>(
    what: &'static str,
    described: Option<T>,
    expected: T,
    show: impl Fn(&T) -> String,
) -> Option<Fault> {
    let described = described.filter(|value| *value != expected)?;
    Some(Fault { what, expected: show(&expected), described: show(&described) })
}

fn with_tensors(d: &Description, seen: &Architecture, grid: Option<usize>) -> Option<Fault> {
    let number = |n: &usize| n.to_string();
    // Where there are no biases, our own files have zeros.
    let bias = d.qkv_bias.filter(|_| !d.ours);
    differs("patch size", d.patch_size, seen.patch_size, number)
        .or_else(|| differs("width", d.width, seen.width, number))
        .or_else(|| differs("blocks", d.depth, seen.depth, number))
        .or_else(|| differs("MLP", d.mlp_width, seen.mlp_width, number))
        .or_else(|| differs("biases of queries, keys and values", bias, seen.qkv_bias, yes))
        .or_else(|| stages(d, seen))
        .or_else(|| differs("image size", d.image_size, grid? * seen.patch_size, number))
}

fn stages(d: &Description, seen: &Architecture) -> Option<Fault> {
    let list = |numbers: &&[usize]| format!("{numbers:?}");
    let (said, seen) = (d.stages.as_ref(), seen.stages.as_ref()?);
    differs("blocks of the stages", said.map(Stages::blocks), seen.blocks(), list)
        .or_else(|| differs("heads of the stages", said.map(Stages::heads), seen.heads(), list))
        .or_else(|| {
            let number = |window: &usize| window.to_string();
            differs("window", said.map(Stages::window), seen.window(), number)
        })
}

fn with_record(d: &Description, record: &Architecture, evidence: &Evidence<'_>) -> Option<Fault> {
    let number = |n: &usize| n.to_string();
    let asked = evidence.options.pooling.is_some();
    let eps = d.norm_eps.filter(|eps| eps.max(record.norm_eps) > SMALL_EPS);
    differs("image size", d.image_size, record.image_size, number)
        .or_else(|| differs("activation", d.mlp, record.mlp, |mlp| activation(*mlp).to_owned()))
        .or_else(|| differs("epsilon of the norms", eps, record.norm_eps, |e| format!("{e:e}")))
        .or_else(|| {
            let pooling = d.pooling.filter(|_| !asked);
            differs("features", pooling, record.pooling, |p| of_pooling(*p).to_owned())
        })
}

fn yes(there: &bool) -> String {
    if *there { "there" } else { "none" }.to_owned()
}

pub(super) fn activation(mlp: Mlp) -> &'static str {
    match mlp {
        Mlp::Gelu => "GELU",
        Mlp::GeluTanh => "GELU by tanh",
        Mlp::Gated => "gated",
    }
}

fn of_pooling(pooling: Pooling) -> &'static str {
    match pooling {
        Pooling::Cls => "the CLS token",
        Pooling::Mean => "the mean over the others",
    }
}

fn report(
    evidence: &Evidence<'_>,
    description: &Description,
    fault: Option<Fault>,
    by: &str,
) -> Result<(), Error> {
    match fault {
        None => Ok(()),
        Some(Fault { what, expected, described }) => {
            Err(self::fault(evidence, what, (expected, by), (described, &description.place)))
        }
    }
}

fn fault(
    evidence: &Evidence<'_>,
    what: &'static str,
    expected: (String, &str),
    got: (String, &str),
) -> Error {
    let (expected, by) = (expected.0, expected.1.to_owned());
    let (got, from) = (got.0, got.1.to_owned());
    let contradiction = Box::new(Contradiction { what, expected, by, got, from });
    Error::Contradiction { path: evidence.path.to_owned(), contradiction }
}
