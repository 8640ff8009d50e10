//! Swin transformers: windows, heads and blocks of each stage are read off the tensors, the size of the
//! images is not.

mod parts;
mod seen;
mod size;
mod told;

use super::evidence::Evidence;
use super::outcome::{Outcome, Tensors, described_or};
use super::{agree, merge, reasons, refuse};
use crate::error::{Contradiction, Error, Mismatch};
use crate::weights::Tensor;
use crate::{Architecture, Pooling};

pub(super) use seen::is_staged;
use told::Authorities;

/// Settles the architecture of a network in stages, and checks that the tensors are those that it
/// needs. Biases of queries, keys and values that are left out of the file are zeros.
pub(super) fn settle(evidence: &Evidence<'_>, tensors: &mut Tensors) -> Result<Outcome, Error> {
    let seen = seen::stages(tensors).map_err(|fault| fault.error(evidence))?;
    let recorded = evidence.record.map(|record| &record.architecture);
    if let Some(recorded) = recorded {
        same_window(evidence, recorded, &seen.architecture)?;
    }
    let mut a = recorded.unwrap_or(&seen.architecture).clone();
    let norm_eps = described_or(evidence, |d| d.norm_eps, a.norm_eps);
    let mlp = described_or(evidence, |d| d.mlp, a.mlp);
    (a.norm_eps, a.mlp) = (norm_eps.0, mlp.0);
    a.qkv_bias = seen.architecture.qkv_bias
        && !evidence.descriptions.iter().any(|d| d.ours && d.qkv_bias == Some(false));
    if let Some(kind) = refuse::beyond_network(&a) {
        let because = reasons::of(evidence, &mlp.1);
        return Err(refuse::unsupported(evidence.path, kind, &because, Some(a.block_width(0))));
    }
    agree::all(evidence, Some(&seen.architecture), None)?;
    as_asked(evidence, &a)?;
    if !seen.architecture.qkv_bias {
        add_biases(tensors, &a);
    }
    let mismatch = merge::compare(tensors, &parts::required(&a, &seen.sides));
    if !mismatch.is_empty() {
        return Err(evidence.mismatch(mismatch));
    }
    let size = size::settle(evidence, &a, &seen)?;
    a.image_size = size.0;
    let authorities = Authorities { image_size: size.1, norm_eps: norm_eps.1, mlp: mlp.1 };
    let findings = told::findings(evidence, &a, tensors, &authorities);
    Ok(Outcome { grid: a.grid(), heads_guess: None, findings, architecture: a })
}

/// The published tables of positions are for windows of one size. (timm can stretch them to others;
/// published prompt tuning cannot.)
fn same_window(
    evidence: &Evidence<'_>,
    recorded: &Architecture,
    seen: &Architecture,
) -> Result<(), Error> {
    let window = |a: &Architecture| a.stages.map_or(0, |stages| stages.window());
    let name = evidence.record.map_or("the model", |record| record.name);
    match (window(recorded), window(seen)) {
        (expected, got) if expected != got => {
            let by = format!("the record of {name}");
            let from = "tables of (2 x window - 1)\u{b2} relative positions".to_owned();
            let (expected, got) = (expected.to_string(), got.to_string());
            let contradiction = Contradiction { what: "window", expected, by, got, from };
            let (path, contradiction) = (evidence.path.to_owned(), Box::new(contradiction));
            Err(Error::Contradiction { path, contradiction })
        }
        _ => Ok(()),
    }
}

/// What the caller asks for must be so already.
fn as_asked(evidence: &Evidence<'_>, a: &Architecture) -> Result<(), Error> {
    if let Some(heads) = evidence.options.heads.filter(|heads| *heads != a.heads) {
        return Err(evidence.wrong_heads(format!("{} as in the last stage", a.heads), heads));
    }
    match evidence.options.pooling {
        Some(Pooling::Cls) => Err(refuse::unsupported(
            evidence.path,
            &crate::registry::unusable::NO_CLS,
            "no cls_token",
            Some(a.block_width(0)),
        )),
        _ => Ok(()),
    }
}

/// Queries, keys and values without a bias: zeros, which change nothing.
fn add_biases(tensors: &mut Tensors, a: &Architecture) {
    for (name, block) in parts::blocks(a) {
        let rows = 3 * a.block_width(block);
        let zeros = Tensor { shape: vec![rows], data: vec![0.0; rows] };
        tensors.entry(format!("{name}attn.qkv.bias")).or_insert(zeros);
    }
}

/// Why tensors show no network in stages.
enum Fault {
    /// Something is not there, or of a shape that means nothing.
    Tensors(Mismatch),
    /// A window of its own in some stage, other than those that the grid is too small for.
    Windows(String),
}

impl Fault {
    fn error(self, evidence: &Evidence<'_>) -> Error {
        match self {
            Self::Tensors(mismatch) => evidence.mismatch(mismatch),
            Self::Windows(example) => {
                let kind = &crate::registry::unusable::SWIN_S3;
                refuse::unsupported(evidence.path, kind, &example, None)
            }
        }
    }
}

impl From<Mismatch> for Fault {
    fn from(mismatch: Mismatch) -> Self {
        Self::Tensors(mismatch)
    }
}
