//! Matrices of low rank beside the backbone's own (Hu et al., LoRA, ICLR 2022): the names of their
//! arrays, `blocks.3.attn.v.lora_a` and the like.

use super::{Array, Part, Site, Weight};
use crate::Architecture;
use crate::error::Error;

/// Where a factor of `B A` belongs to: `A [rank, inputs]`, `B [outputs, rank]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Low {
    pub(crate) rank: usize,
    pub(crate) half: Half,
}

/// Which outputs of a map it adds to: of keys with values, one half. In this order they are the
/// thirds of queries, keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Half {
    Whole,
    Keys,
    Values,
}

/// What `B A` is multiplied with, the same in all places: one value.
pub(crate) const SCALE: &str = "lora.scale";
const A: &str = "lora_a";
const B: &str = "lora_b";

/// The maps that may have one, by timm's names, but that queries, keys and values have one each.
const MAPS: [(&str, Part, Half); 6] = [
    ("attn.q", Part::Query, Half::Whole),
    ("attn.k", Part::KeyValue, Half::Keys),
    ("attn.v", Part::KeyValue, Half::Values),
    ("attn.proj", Part::Proj, Half::Whole),
    ("mlp.fc1", Part::Fc1, Half::Whole),
    ("mlp.fc2", Part::Fc2, Half::Whole),
];

impl Low {
    /// The place of a factor of this name, if it is one: its part of a block, and which factor.
    pub(crate) fn of(name: &str, rank: usize) -> Option<(Part, Array)> {
        let (map, factor) = name.rsplit_once('.')?;
        let (_, part, half) = MAPS.into_iter().find(|(own, ..)| *own == map)?;
        let low = Self { rank, half };
        match factor {
            A => Some((part, Array::LowA(low))),
            B => Some((part, Array::LowB(low))),
            _ => None,
        }
    }

    /// Outputs of a map that has so many in all.
    pub(crate) fn outputs(self, all: usize) -> usize {
        match self.half {
            Half::Whole => all,
            Half::Keys | Half::Values => all / 2,
        }
    }

    /// `scale * B` as a map the other way round, from all outputs: `[rank, outputs]`.
    pub(crate) fn turned(self, b: &[f32], scale: f32, outputs: usize) -> Vec<f32> {
        let mut turned = vec![0.0; self.rank * outputs];
        for (output, row) in (self.first(outputs)..).zip(b.chunks_exact(self.rank)) {
            for (i, value) in row.iter().enumerate() {
                turned[i * outputs + output] = scale * value;
            }
        }
        turned
    }

    /// The gradient of `B`, given that of a factor for all outputs `[outputs, rank]`.
    pub(crate) fn own(self, all: &[f32], scale: f32, outputs: usize) -> Vec<f32> {
        let start = self.first(outputs) * self.rank;
        let own = &all[start..start + self.outputs(outputs) * self.rank];
        own.iter().map(|value| scale * value).collect()
    }

    /// The first of its outputs.
    pub(crate) fn first(self, outputs: usize) -> usize {
        if self.half == Half::Values { outputs / 2 } else { 0 }
    }
}

/// A factor, by its name.
pub(crate) struct Factor<'a> {
    /// Such as `blocks.3`, or `layers.2.blocks.3`.
    block: &'a str,
    /// Such as `attn.v`.
    pub(crate) map: &'static str,
    /// Whether it is `A`.
    pub(crate) is_a: bool,
    /// Which third of the outputs it adds to, where queries, keys and values are one matrix.
    pub(crate) third: usize,
}

impl<'a> Factor<'a> {
    /// None if it is no factor's name.
    pub(crate) fn of(name: &'a str) -> Option<Self> {
        let (start, _) = name.match_indices('.').rev().nth(2)?;
        let (block, inside) = (&name[..start], &name[start + 1..]);
        let (_, array) = Low::of(inside, 1)?;
        let (map, factor) = inside.rsplit_once('.')?;
        let (map, ..) = MAPS.into_iter().find(|(own, ..)| *own == map)?;
        let third = match array {
            Array::LowA(low) | Array::LowB(low) => low.half as usize,
            _ => 0,
        };
        Some(Self { block, map, is_a: factor == A, third })
    }

    /// The name of the other factor.
    pub(crate) fn other(&self) -> String {
        format!("{}.{}.{}", self.block, self.map, if self.is_a { B } else { A })
    }

    /// Values that its map takes in; none if the network has no such block.
    pub(crate) fn inputs(&self, a: &Architecture) -> Option<usize> {
        let name = format!("{}.{}", self.block, self.map);
        let (block, map) = a.block_in(&name)?;
        let (_, part, _) = MAPS.into_iter().find(|(own, ..)| *own == map)?;
        Some(part.inputs(a, block))
    }

    /// The name of the matrix that it stands beside.
    pub(crate) fn matrix(&self) -> String {
        let map = match self.map {
            "attn.q" | "attn.k" | "attn.v" => "attn.qkv",
            map => map,
        };
        format!("{}.{map}.weight", self.block)
    }
}

/// The rank of the matrices, if there are any: that of the first of them. No block is narrower than
/// the first.
pub(crate) fn rank(weights: &[Weight<'_>], a: &Architecture) -> Result<Option<usize>, Error> {
    let first = weights.iter().find(|weight| weight.name.ends_with(A));
    let place = |weight: &Weight<'_>| {
        let (block, name) = a.block_in(weight.name)?;
        let (part, _) = Low::of(name, 1)?;
        Some((weight.values.len(), part.inputs(a, block)))
    };
    let most = a.block_width(0);
    let Some((weight, (len, inputs))) = first.and_then(|weight| Some((weight, place(weight)?)))
    else {
        return Ok(None);
    };
    match len / inputs {
        rank if (1..=most).contains(&rank) && len % inputs == 0 => Ok(Some(rank)),
        _ => Err(Error::Rank { name: weight.name.to_owned(), inputs, most, got: len }),
    }
}

/// What the matrices are multiplied with.
pub(crate) fn scale(pieces: &[(Site, &[f32])]) -> f32 {
    let scale = pieces.iter().find(|(site, _)| *site == Site::LowScale);
    scale.and_then(|(_, values)| values.first().copied()).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_for_values_is_the_second_half() {
        let (part, array) = Low::of("attn.v.lora_b", 2).unwrap();
        let Array::LowB(low) = array else { panic!("{array:?}") };
        assert_eq!((part, low), (Part::KeyValue, Low { rank: 2, half: Half::Values }));
        // Two values of width 2 each: keys have zeros.
        let turned = low.turned(&[1.0, 2.0, 3.0, 4.0], 2.0, 4);
        assert_eq!(turned, [0.0, 0.0, 2.0, 6.0, 0.0, 0.0, 4.0, 8.0]);
        let own = low.own(&[9.0, 9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 4.0], 0.5, 4);
        assert_eq!(own, [0.5, 1.0, 1.5, 2.0]);
        assert!(Low::of("attn.qkv.lora_a", 2).is_none() && Low::of("attn.q.bias", 2).is_none());
    }

    #[test]
    fn ranks_are_told_by_the_first_factor() {
        let a = Architecture::plain(8, 4, 8, 3, 2);
        let rank = |name, len| {
            rank(&[Weight { name, values: &vec![0.0; len] }], &a).map_err(|e| e.to_string())
        };
        assert_eq!(rank("blocks.0.attn.k.lora_a", 24), Ok(Some(3)));
        assert_eq!(rank("blocks.0.attn.k.lora_b", 24), Ok(None));
        assert_eq!(rank("cls_token", 8), Ok(None));
        let expected = "weights: blocks.0.attn.q.lora_a: expected 1 to 8 times 8 values, got 12";
        assert_eq!(rank("blocks.0.attn.q.lora_a", 12), Err(expected.to_owned()));
        assert!(rank("blocks.0.attn.q.lora_a", 72).is_err());
    }
}
