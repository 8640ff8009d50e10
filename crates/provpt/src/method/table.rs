//! The table of methods.

use std::sync::LazyLock;

use crate::config::AllocatorKind;

/// What a method learns beside the head, which always learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learns {
    /// Nothing.
    HeadOnly,
    /// Prompts that enter before the first block and stay tokens through all blocks.
    ShallowPrompts,
    /// Prompts of each block, which are keys and values there and nothing else.
    DeepPrompts,
}

/// One method.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// As configurations of sweeps, results and adapters call it.
    pub name: String,
    /// As people read it.
    pub title: String,
    /// Where it was published.
    pub paper: &'static str,
    /// What it learns beside the head.
    pub learns: Learns,
    /// Who picks the block that a moved prompt goes to; none if prompts stay where they are.
    pub relocates: Option<AllocatorKind>,
    /// Keys of the configuration that mean something to it, beside those that all methods share.
    pub settings: &'static [&'static str],
}

const VPT: &str = "Jia et al., Visual Prompt Tuning, ECCV 2022";
const PRO_VPT: &str = "Shang et al., Iterative Prompt Relocation for Distribution-Adaptive Visual \
                       Prompt Tuning, ICCV 2025";

const PROMPTS: &[&str] = &["model.prompt.num_tokens", "model.prompt.dropout"];
const RELOCATION: &[&str] = &[
    "model.prompt.num_tokens",
    "model.prompt.dropout",
    "model.prompt.idleness",
    "model.prompt.scoring",
    "model.prompt.verify",
    "model.prompt.rebirth",
    "model.prompt.fidelity",
    "model.prompt.reward_warmup_epoch",
];

fn row(
    name: &str,
    title: &str,
    paper: &'static str,
    learns: Learns,
    settings: &'static [&'static str],
) -> Method {
    let (name, title) = (name.to_owned(), title.to_owned());
    Method { name, title, paper, learns, relocates: None, settings }
}

/// All methods, the simplest first: PRO-VPT once for each allocator.
pub static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| {
    let mut methods = vec![
        row("linear", "linear probe", VPT, Learns::HeadOnly, &[]),
        row("vpt-shallow", "VPT-Shallow", VPT, Learns::ShallowPrompts, PROMPTS),
        row("vpt-deep", "VPT-Deep", VPT, Learns::DeepPrompts, PROMPTS),
    ];
    methods.extend(AllocatorKind::ALL.iter().map(|&allocator| {
        let (name, title) = (format!("pro-vpt-{allocator}"), format!("PRO-VPT ({allocator})"));
        let row = row(&name, &title, PRO_VPT, Learns::DeepPrompts, RELOCATION);
        Method { relocates: Some(allocator), ..row }
    }));
    methods
});
