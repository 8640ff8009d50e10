//! From tensors under canonical names, and all else that is known, to an architecture that they
//! fit.

use std::collections::BTreeMap;

use super::evidence::{Authority, Evidence};
use super::reasons::{self, Finding};
use super::{agree, merge, refuse, seen, staged};
use crate::error::Error;
use crate::registry::unusable::{MEAN_OF_NORMS, Unusable};
use crate::weights::Tensor;
use crate::{Architecture, Pooling};

/// Tensors by canonical name.
pub(super) type Tensors = BTreeMap<String, Tensor>;

/// What was settled.
pub(in crate::weights) struct Outcome {
    pub(in crate::weights) architecture: Architecture,
    /// Side of the file's grid of position embeddings.
    pub(in crate::weights) grid: usize,
    /// Whether the number of heads is a guess, and why this one.
    pub(in crate::weights) heads_guess: Option<String>,
    pub(in crate::weights) findings: Vec<Finding>,
}

/// Who settled what cannot be read off the tensors.
pub(super) struct Authorities {
    pub(super) image_size: Authority,
    pub(super) heads: Authority,
    pub(super) pooling: Authority,
    pub(super) norm_eps: Authority,
    pub(super) mlp: Authority,
}

/// Settles the architecture, and checks that the tensors are those that it needs. Adds zeros where
/// something that is always there here is left out of the file: CLS's position, biases of queries,
/// keys and values. `origins` are the file's own names.
pub(in crate::weights) fn settle(
    evidence: &Evidence<'_>,
    tensors: &mut Tensors,
    origins: &BTreeMap<String, String>,
) -> Result<Outcome, Error> {
    refuse_described(evidence, tensors)?;
    let staged = match evidence.record {
        Some(record) => record.architecture.stages.is_some(),
        None => staged::is_staged(tensors),
    };
    if staged {
        return staged::settle(evidence, tensors);
    }
    let seen = seen::architecture(tensors);
    if let Ok(seen) = &seen
        && let Some(kind) = refuse::beyond_network(seen)
    {
        let example = refuse::example(kind, tensors);
        let example = origins.get(&example).unwrap_or(&example);
        return Err(refuse::unsupported(evidence.path, kind, example, Some(seen.width)));
    }
    if let Some((kind, example)) = refuse::by_names_at_last(tensors.keys().map(String::as_str)) {
        let example = origins.get(example).map_or(example, String::as_str);
        return Err(refuse::unsupported(evidence.path, kind, example, width(tensors)));
    }
    let cls_row = !add_row_for_cls(tensors);
    let (mut architecture, seen) = match (evidence.record, seen) {
        (Some(record), seen) => (record.architecture.clone(), seen.ok()),
        (None, Ok(seen)) => (seen.clone(), Some(seen)),
        (None, Err(mismatch)) => return Err(evidence.mismatch(mismatch)),
    };
    let a = &mut architecture;
    let pooling = evidence.pooling(a.pooling);
    let norm_eps = described_or(evidence, |d| d.norm_eps, a.norm_eps);
    let mlp = described_or(evidence, |d| d.mlp, a.mlp);
    (a.pooling, a.norm_eps, a.mlp) = (pooling.0, norm_eps.0, mlp.0);
    // Our own files have zeros in place of biases that are not there.
    a.qkv_bias &= !evidence.descriptions.iter().any(|d| d.ours && d.qkv_bias == Some(false));
    refuse_settled(evidence, a, &mlp.1, tensors)?;
    let grid = grid(evidence, tensors, a)?;
    agree::all(evidence, seen.as_ref(), Some(grid))?;
    if !a.qkv_bias {
        add_biases(tensors, a);
    }
    let mismatch = merge::compare(tensors, &merge::expected(tensors, a, grid));
    if !mismatch.is_empty() {
        return Err(evidence.mismatch(mismatch));
    }
    let image_size = evidence.image_size(a, grid)?;
    a.image_size = image_size.0;
    let heads = evidence.heads(a)?;
    a.heads = heads.0;
    let authorities = Authorities {
        image_size: image_size.1,
        heads: heads.1,
        pooling: pooling.1,
        norm_eps: norm_eps.1,
        mlp: mlp.1,
    };
    Ok(Outcome {
        findings: reasons::of_architecture(evidence, a, tensors, &authorities, (grid, cls_row)),
        heads_guess: authorities
            .heads
            .is_guess()
            .then(|| reasons::of(evidence, &authorities.heads)),
        architecture,
        grid,
    })
}

/// What the descriptions say, else what is so already: by the record, or as usual.
pub(super) fn described_or<T>(
    evidence: &Evidence<'_>,
    field: impl Fn(&crate::weights::describe::Description) -> Option<T>,
    otherwise: T,
) -> (T, Authority) {
    let by = if evidence.record.is_some() { Authority::Record } else { Authority::Usual };
    evidence.described(field).unwrap_or((otherwise, by))
}

/// Refuses what a description says cannot be computed.
fn refuse_described(evidence: &Evidence<'_>, tensors: &Tensors) -> Result<(), Error> {
    let refused = evidence.descriptions.iter().find_map(|d| Some((d, d.refused.as_ref()?)));
    let Some((description, refused)) = refused else { return Ok(()) };
    let width = description.width.or(width(tensors));
    Err(refuse::unsupported(evidence.path, refused.kind, &refused.words, width))
}

/// Refuses what descriptions and tensors together cannot be.
fn refuse_settled(
    evidence: &Evidence<'_>,
    a: &Architecture,
    mlp: &Authority,
    tensors: &Tensors,
) -> Result<(), Error> {
    let refused = |kind: &Unusable, example: &str| {
        Err(refuse::unsupported(evidence.path, kind, example, Some(a.width)))
    };
    if let Some(kind) = refuse::beyond_network(a) {
        return refused(kind, &reasons::of(evidence, mlp));
    }
    let norms = evidence.described(|d| d.fc_norm.then_some(()));
    if let Some((_, by)) = norms
        && evidence.options.pooling.is_none()
        && a.pooling == Pooling::Mean
        && !tensors.contains_key("fc_norm.weight")
    {
        return refused(&MEAN_OF_NORMS, &reasons::of(evidence, &by));
    }
    Ok(())
}

fn width(tensors: &Tensors) -> Option<usize> {
    tensors.get("patch_embed.proj.weight")?.shape.first().copied()
}

/// The side of the file's grid of position embeddings.
fn grid(evidence: &Evidence<'_>, tensors: &Tensors, a: &Architecture) -> Result<usize, Error> {
    let name = "pos_embed";
    match tensors.get(name).map(|tensor| (tensor, &tensor.shape[..])) {
        Some((_, &[1, rows, d])) if d == a.width => {
            let grid = rows.saturating_sub(1).isqrt();
            let square = grid > 0 && 1 + grid * grid == rows;
            let path = || evidence.path.to_owned();
            square.then_some(grid).ok_or_else(|| Error::PositionRows { path: path(), rows })
        }
        // The comparison will list it with all the rest.
        _ if evidence.record.is_some() => Ok(a.grid()),
        None => Err(evidence.mismatch(seen::missing(name))),
        Some((tensor, _)) => {
            let expected = format!("[1, rows, {}]", a.width);
            Err(evidence.mismatch(seen::wrong_shape(name, &expected, tensor)))
        }
    }
}

/// Models whose CLS token has no position (big_vision's, DeiT III): zeros, which change nothing.
/// Says whether a row was added.
fn add_row_for_cls(tensors: &mut Tensors) -> bool {
    let has_cls = tensors.contains_key("cls_token");
    let Some(position) = tensors.get_mut("pos_embed").filter(|_| has_cls) else { return false };
    let &[1, rows, width] = &position.shape[..] else { return false };
    if rows == 0 || rows.isqrt().pow(2) != rows {
        return false;
    }
    position.shape[1] += 1;
    position.data.splice(..0, vec![0.0; width]);
    true
}

/// Queries, keys and values without a bias: zeros, which change nothing.
fn add_biases(tensors: &mut Tensors, a: &Architecture) {
    for block in 0..a.depth {
        let zeros = Tensor { shape: vec![3 * a.width], data: vec![0.0; 3 * a.width] };
        tensors.entry(format!("blocks.{block}.attn.qkv.bias")).or_insert(zeros);
    }
}
