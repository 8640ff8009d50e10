//! What descriptions say of a network in stages (Swin).

use serde_json::Value;

use super::{Description, Refused, get, side, whole, wholes};
use crate::Stages;
use crate::registry::unusable::SWIN_ABSOLUTE;

/// Keys under which a library describes stages.
pub(super) struct Keys {
    pub(super) blocks: &'static str,
    pub(super) heads: &'static str,
    pub(super) window: &'static str,
    /// Whether absolute positions are added, too.
    pub(super) absolute: &'static str,
    /// The file, for people.
    pub(super) place: &'static str,
}

/// Writes what stands under the keys into a description; what does not stand there stays as it is.
pub(super) fn describe(
    json: &Value,
    keys: &Keys,
    described: &mut Description,
) -> Result<(), String> {
    let old = described.stages;
    let list = |key, old: Option<&[usize]>| {
        Ok::<_, String>(wholes(json, key)?.or_else(|| old.map(<[usize]>::to_vec)))
    };
    let blocks = list(keys.blocks, old.as_ref().map(Stages::blocks))?;
    let heads = list(keys.heads, old.as_ref().map(Stages::heads))?;
    let window = side(json, keys.window)?.or(old.map(|stages| stages.window()));
    if let Some(width) = whole(json, "embed_dim")? {
        let last = blocks.as_ref().map_or(0, |blocks| blocks.len().saturating_sub(1));
        described.width = u32::try_from(last).ok().and_then(|last| width.checked_shl(last));
    }
    if let (Some(blocks), Some(heads), Some(window)) = (blocks, heads, window) {
        let wrong = || {
            let (b, h) = (keys.blocks, keys.heads);
            format!("{b}, {h}: expected 1 to 4 stages, got {blocks:?} and {heads:?}")
        };
        described.stages = Some(Stages::of(&blocks, &heads, window).ok_or_else(wrong)?);
        described.depth = Some(blocks.iter().fold(0, |sum: usize, n| sum.saturating_add(*n)));
        described.heads = heads.last().copied();
    }
    if get(json, keys.absolute).and_then(Value::as_bool) == Some(true) {
        let words = format!("{} true in {}", keys.absolute, keys.place);
        described.refused = Some(Refused { kind: &SWIN_ABSOLUTE, words });
    }
    Ok(())
}

/// Hidden width of the last stage's MLP by its ratio.
pub(super) fn mlp_width(json: &Value, described: &Description) -> Option<usize> {
    let ratio = get(json, "mlp_ratio").and_then(Value::as_f64)?;
    described.width.map(|width| (width as f64 * ratio) as usize)
}
