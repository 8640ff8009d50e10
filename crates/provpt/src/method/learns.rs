//! What a method learns beside the head.

use std::fmt;

/// What a method learns beside the head, which always learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learns {
    /// Which prompts there are.
    pub prompts: Prompting,
    /// Which of the backbone's own arrays learn.
    pub thawed: Thawed,
}

/// Which prompts a method has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompting {
    /// None.
    None,
    /// Prompts that enter before the first block and stay tokens through all blocks.
    Shallow,
    /// Prompts of each block, which are keys and values there and nothing else.
    Deep,
    /// Those of [`Self::Shallow`], which stay as they are drawn.
    FixedShallow,
    /// Those of [`Self::Deep`], which stay as they are drawn.
    FixedDeep,
}

/// Which of the backbone's own arrays learn, or what learns that is put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thawed {
    /// None.
    Nothing,
    /// Every bias.
    Biases,
    /// The CLS token.
    Cls,
    /// The CLS token, which is drawn anew first.
    RedrawnCls,
    /// The last blocks, so many of them, and the final norm.
    Last(usize),
    /// None, but a small network that is put behind each MLP.
    Adapters,
    /// None, but matrices of low rank beside those of each block.
    LowRanks,
    /// None, but a scale and a shift behind each layer.
    ScaleShifts,
    /// None, but a network beside the backbone.
    Side,
    /// All.
    All,
}

impl Thawed {
    /// Whether the array of this name learns, in a backbone of so many blocks.
    pub(crate) fn includes(self, name: &str, depth: usize) -> bool {
        match self {
            Self::Nothing | Self::Adapters | Self::LowRanks | Self::ScaleShifts | Self::Side => {
                false
            }
            Self::Biases => name.contains("bias"),
            Self::Cls | Self::RedrawnCls => name == "cls_token",
            Self::Last(blocks) => match name.strip_prefix("blocks.") {
                Some(rest) => (depth.saturating_sub(blocks)..depth)
                    .any(|block| rest.starts_with(&format!("{block}."))),
                None => name.starts_with("norm.") || name.starts_with("fc_norm."),
            },
            Self::All => true,
        }
    }
}

impl fmt::Display for Learns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prompts = match self.prompts {
            Prompting::None => None,
            Prompting::Shallow => Some("prompts before the first block"),
            Prompting::Deep => Some("prompts of each block"),
            Prompting::FixedShallow | Prompting::FixedDeep => {
                Some("nothing, prompts stay as drawn")
            }
        };
        let thawed = match self.thawed {
            Thawed::Nothing => None,
            Thawed::Biases => Some("every bias".to_owned()),
            Thawed::Cls => Some("the CLS token".to_owned()),
            Thawed::RedrawnCls => Some("the CLS token, drawn anew".to_owned()),
            Thawed::Last(1) => Some("the last block and the final norm".to_owned()),
            Thawed::Last(blocks) => Some(format!("the last {blocks} blocks and the final norm")),
            Thawed::Adapters => Some("an adapter in each block".to_owned()),
            Thawed::LowRanks => Some("matrices of low rank in each block".to_owned()),
            Thawed::ScaleShifts => Some("a scale and a shift behind each layer".to_owned()),
            Thawed::Side => Some("a network beside the backbone".to_owned()),
            Thawed::All => Some("everything".to_owned()),
        };
        let parts: Vec<String> = prompts.map(str::to_owned).into_iter().chain(thawed).collect();
        f.write_str(if parts.is_empty() { "nothing" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_learns() {
        let names =
            ["blocks.1.norm1.bias", "blocks.11.attn.qkv.weight", "norm.bias", "fc_norm.weight"];
        let of = |thawed: Thawed| names.map(|name| thawed.includes(name, 12));
        assert_eq!(of(Thawed::Nothing), [false; 4]);
        assert_eq!(of(Thawed::Biases), [true, false, true, false]);
        assert_eq!(of(Thawed::Last(1)), [false, true, true, true]);
        assert_eq!(of(Thawed::Last(11)), [true; 4]);
        assert_eq!(of(Thawed::All), [true; 4]);
        assert!(
            Thawed::Cls.includes("cls_token", 12) && !Thawed::Last(12).includes("cls_token", 12)
        );
    }
}
