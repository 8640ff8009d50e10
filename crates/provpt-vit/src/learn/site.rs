//! Where an array of a backbone stands: timm's key, taken apart.

use std::collections::BTreeMap;

use super::low;
use super::low::Low;
use crate::position_table::table_rows;
use crate::{Architecture, Pooling};

/// A place of a network that has an array of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Site {
    /// `pos_embed` `[N, d]`.
    Position,
    /// `cls_token` `[d]`.
    Cls,
    /// `patch_embed.proj`.
    Patch(Array),
    /// The final norm: `norm` under CLS pooling and in stages, `fc_norm` under mean pooling.
    Norm(Array),
    /// Of a block, counted from 0.
    Block(usize, Part, Array),
    /// What is multiplied with all matrices of low rank. It does not learn.
    LowScale,
    /// `patch_embed.proj` in front of a norm, in stages.
    Stem(Array),
    /// `patch_embed.norm`.
    StemNorm(Array),
    /// Of the merge behind a block, the last of its stage.
    Merge(usize, MergePart),
}

/// An array of a merge of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MergePart {
    Norm(Array),
    /// `reduction.weight`; it has no bias.
    Reduction,
}

/// Which array of an affine map or a norm. LayerScale's `gamma` counts as a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Array {
    Weight,
    Bias,
    /// What is multiplied with what a layer puts out, and what is then added.
    Scale,
    Shift,
    /// The factors of a matrix of low rank that is added to a weight: `B A`.
    LowA(Low),
    LowB(Low),
}

/// What is inside of that which is put into a network.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inside {
    /// Values between the two maps of an adapter, for each block that has one.
    pub(crate) bottlenecks: BTreeMap<usize, usize>,
    /// Of the matrices of low rank, if it has any.
    pub(crate) rank: Option<usize>,
}

/// A part of a block. `attn.qkv` is two of them, as the network keeps it in two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Norm1,
    Query,
    KeyValue,
    Proj,
    Scale1,
    Norm2,
    Fc1,
    Fc2,
    /// An adapter's two maps, between which there are so many values.
    Down(usize),
    Up(usize),
    Scale2,
    /// `attn.relative_position_bias_table`, which counts as a weight.
    Positions,
}

impl Site {
    /// The places whose values, one after the other, are those of a tensor of this name; none if
    /// the network has no such tensor. It has what has an `inside`.
    pub(crate) fn of(name: &str, a: &Architecture, inside: &Inside) -> Option<Vec<Self>> {
        if name == low::SCALE {
            return Some(vec![Self::LowScale]);
        }
        if let Some(site) = Self::low(name, a, inside) {
            return Some(vec![site]);
        }
        if a.stages.is_some() {
            return super::staged::of(name, a, inside);
        }
        match name {
            "pos_embed" => return Some(vec![Self::Position]),
            "cls_token" => return Some(vec![Self::Cls]),
            _ => {}
        }
        let (place, array) = name.rsplit_once('.')?;
        let is_gamma = array == "gamma";
        let array = if is_gamma { Array::Weight } else { Array::of(array)? };
        let Some((index, part)) = a.block_in(place) else {
            let site = match place {
                "patch_embed.proj" => Self::Patch(array),
                _ if place == final_norm(a) => Self::Norm(array),
                _ => return None,
            };
            return (!is_gamma).then(|| vec![site]);
        };
        let parts = Part::of(part, inside.bottlenecks.get(&index).copied())
            .filter(|p| p[0].is_scale() == is_gamma)?;
        let own = matches!(array, Array::Weight | Array::Bias);
        let known = (!is_gamma || a.layer_scale) && (own || !parts[0].is_adapter());
        known.then(|| parts.iter().map(|&part| Self::Block(index, part, array)).collect())
    }

    /// The place of a factor of a matrix of low rank.
    fn low(name: &str, a: &Architecture, inside: &Inside) -> Option<Self> {
        let (block, name) = a.block_in(name)?;
        let (part, array) = Low::of(name, inside.rank?)?;
        Some(Self::Block(block, part, array))
    }

    /// Number of values.
    pub(crate) fn len(self, a: &Architecture) -> usize {
        let d = a.block_width(0);
        match self {
            Self::Position => a.token_values(),
            Self::Patch(Array::Weight) | Self::Stem(Array::Weight) => d * a.patch_values(),
            Self::Norm(_) => a.width,
            Self::Cls | Self::Patch(_) | Self::Stem(_) | Self::StemNorm(_) => d,
            Self::Block(block, Part::Positions, _) => {
                table_rows(a.block_window(block)) * a.block_heads(block)
            }
            Self::Block(block, part, array) => {
                let (inputs, outputs) = (part.inputs(a, block), part.outputs(a, block));
                match array {
                    Array::Bias | Array::Scale | Array::Shift => outputs,
                    Array::Weight => outputs * inputs,
                    Array::LowA(low) => low.rank * inputs,
                    Array::LowB(low) => low.rank * low.outputs(outputs),
                }
            }
            Self::Merge(block, MergePart::Norm(_)) => 4 * a.block_width(block),
            Self::Merge(block, MergePart::Reduction) => 8 * a.block_width(block).pow(2),
            Self::LowScale => 1,
        }
    }

    /// Number of values of the sum that its gradient is made of: one half of keys with values is
    /// found out with the other, and that of a position table is made of the gradient of what each
    /// pair of tokens has from it.
    pub(crate) fn sum_len(self, a: &Architecture) -> usize {
        match self {
            Self::Block(block, part, Array::LowB(low)) => low.rank * part.outputs(a, block),
            Self::Block(block, Part::Positions, _) => {
                a.block_heads(block) * a.block_window(block).pow(4)
            }
            _ => self.len(a),
        }
    }

    /// Inputs and outputs, if it is one of the matrices that a backbone mostly is: a batch has one sum
    /// of the gradients of each. The patch embedding is small, and learns beside some prompts.
    pub(crate) fn matrix(self, a: &Architecture) -> Option<[usize; 2]> {
        use Part::{Fc1, Fc2, KeyValue, Proj, Query};
        match self {
            Self::Block(block, part @ (Query | KeyValue | Proj | Fc1 | Fc2), Array::Weight) => {
                Some(part.sizes(a, block))
            }
            Self::Merge(block, MergePart::Reduction) => {
                Some([4, 2].map(|times| times * a.block_width(block)))
            }
            _ => None,
        }
    }

    /// Whether it is part of what tokens are made of.
    pub(crate) fn is_embedding(self) -> bool {
        let is_stem = matches!(self, Self::Stem(_) | Self::StemNorm(_));
        is_stem || matches!(self, Self::Position | Self::Cls | Self::Patch(_))
    }
}

impl Array {
    /// What ends a name, if it is an array of an affine map or a norm, or one behind it.
    pub(super) fn of(end: &str) -> Option<Self> {
        Some(match end {
            "weight" => Self::Weight,
            "bias" => Self::Bias,
            "ssf_scale" => Self::Scale,
            "ssf_shift" => Self::Shift,
            _ => return None,
        })
    }
}

impl Architecture {
    /// How many values the array of this name has, by timm's key; none if the network has no such
    /// array.
    pub fn array_len(&self, name: &str) -> Option<usize> {
        Some(Site::of(name, self, &Inside::default())?.into_iter().map(|site| site.len(self)).sum())
    }
}

/// The parts of an adapter, as the published code names them.
pub(crate) const DOWN: &str = "adapter_downsample";
const UP: &str = "adapter_upsample";

/// The name of the final norm.
fn final_norm(a: &Architecture) -> &'static str {
    match a.pooling {
        Pooling::Cls => "norm",
        Pooling::Mean => "fc_norm",
    }
}

impl Part {
    pub(super) fn of(name: &str, bottleneck: Option<usize>) -> Option<Vec<Self>> {
        Some(match name {
            "norm1" => vec![Self::Norm1],
            "attn.qkv" => vec![Self::Query, Self::KeyValue],
            "attn.proj" => vec![Self::Proj],
            "ls1" => vec![Self::Scale1],
            "norm2" => vec![Self::Norm2],
            "mlp.fc1" => vec![Self::Fc1],
            "mlp.fc2" => vec![Self::Fc2],
            DOWN => vec![Self::Down(bottleneck?)],
            UP => vec![Self::Up(bottleneck?)],
            "ls2" => vec![Self::Scale2],
            _ => return None,
        })
    }

    pub(super) fn is_adapter(self) -> bool {
        matches!(self, Self::Down(_) | Self::Up(_))
    }

    pub(super) fn is_scale(self) -> bool {
        matches!(self, Self::Scale1 | Self::Scale2)
    }

    /// Length of its bias, or of the whole array where there is one only.
    pub(crate) fn outputs(self, a: &Architecture, block: usize) -> usize {
        match self {
            Self::KeyValue => 2 * a.block_width(block),
            Self::Fc1 => a.block_mlp_width(block),
            Self::Down(bottleneck) => bottleneck,
            _ => a.block_width(block),
        }
    }

    /// Inputs and outputs of its map.
    pub(crate) fn sizes(self, a: &Architecture, block: usize) -> [usize; 2] {
        [self.inputs(a, block), self.outputs(a, block)]
    }

    /// What the weight has for each output.
    pub(crate) fn inputs(self, a: &Architecture, block: usize) -> usize {
        match self {
            Self::Norm1 | Self::Norm2 | Self::Scale1 | Self::Scale2 | Self::Positions => 1,
            Self::Fc2 => a.block_mlp_width(block),
            Self::Up(bottleneck) => bottleneck,
            Self::Query | Self::KeyValue | Self::Proj | Self::Fc1 | Self::Down(_) => {
                a.block_width(block)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let a = Architecture { mlp_width: 16, ..Architecture::plain(8, 4, 8, 3, 2) };
        let lens = |name: &str| -> Option<Vec<usize>> {
            Some(
                Site::of(name, &a, &Inside::default())?
                    .into_iter()
                    .map(|site| site.len(&a))
                    .collect(),
            )
        };
        assert_eq!(a.array_len("blocks.0.attn.qkv.bias"), Some(24));
        let known: [(&str, &[usize]); 12] = [
            ("pos_embed", &[40]),
            ("cls_token", &[8]),
            ("patch_embed.proj.weight", &[8 * 48]),
            ("patch_embed.proj.bias", &[8]),
            ("blocks.0.norm1.weight", &[8]),
            ("blocks.2.attn.qkv.weight", &[64, 128]),
            ("blocks.2.attn.qkv.bias", &[8, 16]),
            ("blocks.1.attn.proj.weight", &[64]),
            ("blocks.1.mlp.fc1.bias", &[16]),
            ("blocks.1.mlp.fc1.weight", &[128]),
            ("blocks.1.mlp.fc2.weight", &[128]),
            ("norm.bias", &[8]),
        ];
        for (name, expected) in known {
            assert_eq!(lens(name).as_deref(), Some(expected), "{name}");
        }
        let unknown = [
            "blocks.3.norm1.bias",
            "blocks.00.norm1.bias",
            "blocks.0.ls1.gamma",
            "fc_norm.bias",
            "norm.gamma",
            "blocks.0.norm1.gamma",
            "head.bias",
            "prompts",
            "",
            "blocks.0",
        ];
        for name in unknown {
            assert_eq!(lens(name), None, "{name}");
        }
        let scaled = Architecture { layer_scale: true, pooling: Pooling::Mean, ..a.clone() };
        let bare = Inside::default();
        let narrow = Inside { bottlenecks: BTreeMap::from([(1, 3)]), ..Inside::default() };
        assert!(Site::of("blocks.0.ls1.gamma", &scaled, &bare).is_some());
        assert!(Site::of("blocks.0.ls1.bias", &scaled, &bare).is_none());
        assert!(Site::of("fc_norm.bias", &scaled, &bare).is_some());
        let down = "blocks.1.adapter_downsample.weight";
        assert_eq!((lens(down), Site::of(down, &a, &narrow).unwrap()[0].len(&a)), (None, 24));
    }
}
