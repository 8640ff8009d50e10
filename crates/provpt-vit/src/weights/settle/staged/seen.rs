//! The stages that tensors show by their names and shapes.

use std::collections::{BTreeMap, BTreeSet};

use super::Fault;
use crate::error::Mismatch;
use crate::weights::Tensor;
use crate::weights::name::number;
use crate::weights::settle::seen::{missing, wrong_shape};
use crate::{Architecture, Stages};

type Tensors = BTreeMap<String, Tensor>;

/// What tensors show.
pub(super) struct Seen {
    /// Everything but the size of the images, which is 0 here.
    pub(super) architecture: Architecture,
    /// Side of the windows of each stage.
    pub(super) sides: Vec<usize>,
}

/// Whether these are the names of a network in stages.
pub(in crate::weights::settle) fn is_staged(tensors: &Tensors) -> bool {
    tensors.keys().any(|name| place(name).is_some())
}

/// The stages.
pub(super) fn stages(tensors: &Tensors) -> Result<Seen, Fault> {
    let kernel = "patch_embed.proj.weight";
    let (width, patch_size) = match tensors.get(kernel).map(|t| (t, &t.shape[..])) {
        Some((_, &[d, 3, p, q])) if d > 0 && p > 0 && p == q => (d, p),
        Some((tensor, _)) => return Err(wrong_shape(kernel, "[d, 3, p, p]", tensor).into()),
        None => return Err(missing(kernel).into()),
    };
    let blocks = blocks(tensors)?;
    let mut tables = Vec::new();
    for stage in 0..blocks.len() {
        tables.push(table(tensors, stage, width.checked_shl(stage as u32).unwrap_or(width))?);
    }
    let sides: Vec<usize> = tables.iter().map(|table| table.0).collect();
    let heads: Vec<usize> = tables.iter().map(|table| table.1).collect();
    let window = one_window(&sides)?;
    let stages = Stages::of(&blocks, &heads, window).ok_or_else(|| too_many(&blocks))?;
    let fc1 = "layers.0.blocks.0.mlp.fc1.weight";
    let hidden = match tensors.get(fc1).map(|t| (t, &t.shape[..])) {
        Some((_, &[hidden, _])) => hidden,
        Some((tensor, _)) => return Err(wrong_shape(fc1, "[hidden, d]", tensor).into()),
        None => return Err(missing(fc1).into()),
    };
    let halvings = blocks.len() - 1;
    let architecture = Architecture {
        patch_size,
        width: width << halvings,
        depth: blocks.iter().sum(),
        heads: heads[halvings],
        mlp_width: hidden << halvings,
        qkv_bias: tensors.keys().any(|name| name.ends_with(".attn.qkv.bias")),
        stages: Some(stages),
        ..Architecture::swin(0, 1, [1], [1], 1)
    };
    Ok(Seen { architecture, sides })
}

/// Stage and block of a tensor.
fn place(name: &str) -> Option<(usize, usize)> {
    let (stage, rest) = name.strip_prefix("layers.")?.split_once(".blocks.")?;
    Some((number(stage)?.into(), number(rest.split_once('.')?.0)?.into()))
}

/// Blocks of each stage, by the numbers in names; a gap will be listed as missing tensors.
fn blocks(tensors: &Tensors) -> Result<Vec<usize>, Mismatch> {
    let places: BTreeSet<_> = tensors.keys().filter_map(|name| place(name)).collect();
    let last = places.iter().map(|(stage, _)| *stage).max().unwrap_or_default();
    let mut blocks = vec![0; (last + 1).min(usize::from(u8::MAX))];
    for (stage, block) in places {
        if let Some(count) = blocks.get_mut(stage) {
            *count = (*count).max(block + 1);
        }
    }
    match blocks.iter().position(|count| *count == 0) {
        Some(stage) => Err(missing(&format!("layers.{stage}.blocks.0.attn.qkv.weight"))),
        None => Ok(blocks),
    }
}

fn too_many(blocks: &[usize]) -> Fault {
    let unexpected = (4..blocks.len()).map(|stage| format!("layers.{stage}")).collect();
    let mismatch = Mismatch { unexpected, ..Mismatch::default() };
    mismatch.into()
}

/// Side of the windows and number of heads of a stage, `width` wide, by the table of positions of its
/// first block.
fn table(tensors: &Tensors, stage: usize, width: usize) -> Result<(usize, usize), Mismatch> {
    let name = format!("layers.{stage}.blocks.0.attn.relative_position_bias_table");
    let table = tensors.get(&name).ok_or_else(|| missing(&name))?;
    match table.shape[..] {
        [rows, heads] if heads > 0 && width.is_multiple_of(heads) => {
            let side = rows.isqrt();
            if rows % 2 == 1 && side * side == rows {
                return Ok((side.div_ceil(2), heads));
            }
        }
        _ => {}
    }
    let expected = format!("[(2 w - 1)\u{b2}, heads], heads dividing {width}");
    Err(wrong_shape(&name, &expected, table))
}

/// The window that all stages have, the last ones smaller where they have no room for it.
fn one_window(sides: &[usize]) -> Result<usize, Fault> {
    let window = sides[0];
    let small = sides.iter().position(|side| *side != window).unwrap_or(sides.len());
    // Grids halve from stage to stage, and so do windows as large as they are.
    let halves = sides[small..].windows(2).all(|pair| pair[0] == 2 * pair[1]);
    if halves && sides[small..].iter().all(|side| *side < window) {
        return Ok(window);
    }
    let told: Vec<String> = sides.iter().map(usize::to_string).collect();
    Err(Fault::Windows(format!("windows of {} by stage", told.join(", "))))
}
