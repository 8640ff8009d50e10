//! `model.transfer_type`: what is learned besides the head.

use std::fmt;

use toml::Value;

use super::rule::Rule;
use super::typed::Typed;

/// What is learned besides the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferType {
    /// Prompts.
    Prompt,
    /// Nothing: a linear probe.
    Linear,
    /// Everything.
    End2end,
    /// The last blocks, so many of them, and the final norm. Spelled `partial-1` and so on.
    Partial(usize),
    /// A small network behind the MLP of every block.
    Adapter,
    /// Matrices of low rank beside those of every block.
    Lora,
    /// A scale and a shift behind every layer.
    Ssf,
    /// A network beside the backbone.
    Side,
    /// Every bias.
    Bias,
    /// The CLS token.
    Cls,
    /// The CLS token, drawn anew.
    ClsReinit,
    /// Prompts and every bias.
    PromptBias,
    /// Prompts and matrices of low rank.
    PromptLora,
    /// Prompts and the CLS token.
    ClsPrompt,
    /// Prompts and the CLS token, drawn anew.
    ClsReinitPrompt,
    /// Nothing: prompts stay as they are drawn.
    PromptNoupdate,
}

use TransferType::{
    Adapter, Bias, Cls, ClsPrompt, ClsReinit, ClsReinitPrompt, End2end, Linear, Lora, Partial,
    Prompt, PromptBias, PromptLora, PromptNoupdate, Side, Ssf,
};

/// All but [`Partial`], as they are spelled.
const NAMES: [(&str, TransferType); 15] = [
    ("prompt", Prompt),
    ("linear", Linear),
    ("end2end", End2end),
    ("adapter", Adapter),
    ("lora", Lora),
    ("ssf", Ssf),
    ("side", Side),
    ("tinytl-bias", Bias),
    ("cls", Cls),
    ("cls-reinit", ClsReinit),
    ("prompt+bias", PromptBias),
    ("prompt+lora", PromptLora),
    ("cls+prompt", ClsPrompt),
    ("cls-reinit+prompt", ClsReinitPrompt),
    ("prompt-noupdate", PromptNoupdate),
];

impl TransferType {
    /// Whether there are prompts.
    pub fn has_prompts(self) -> bool {
        matches!(
            self,
            Prompt | PromptBias | PromptLora | ClsPrompt | ClsReinitPrompt | PromptNoupdate
        )
    }
}

impl fmt::Display for TransferType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Partial(blocks) = self {
            return write!(f, "partial-{blocks}");
        }
        let found = NAMES.iter().find(|(_, value)| value == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

impl Typed for TransferType {
    fn accepts(_: &Rule) -> String {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        format!("one of {}, partial-1, partial-2, ...", names.join(", "))
    }

    fn read(value: &Value, _: &Rule) -> Option<Self> {
        let word = value.as_str()?.to_lowercase();
        if let Some(blocks) = word.strip_prefix("partial-") {
            let blocks = blocks.parse().ok().filter(|blocks| *blocks > 0)?;
            return (word == Partial(blocks).to_string()).then_some(Partial(blocks));
        }
        NAMES.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
    }

    fn write(&self, _: &Rule) -> Value {
        Value::String(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_comes_back() {
        let read = |word: &str| TransferType::read(&Value::String(word.into()), &Rule::default());
        let all = NAMES.iter().map(|(_, value)| *value).chain([Partial(1), Partial(12)]);
        for value in all {
            assert_eq!(read(&value.to_string().to_uppercase()), Some(value));
        }
        for word in
            ["partial-0", "partial-", "partial-01", "partial-+1", "partial--1", "bias+prompt", ""]
        {
            assert_eq!(read(word), None, "{word}");
        }
    }
}
