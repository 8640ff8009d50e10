//! The table of methods.

use std::sync::LazyLock;

use crate::allocators::RELOCATING;
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
    /// As sweeps, results and adapters call it.
    pub name: &'static str,
    /// As people call it.
    pub title: &'static str,
    /// Where it was published.
    pub paper: &'static str,
    /// What it learns beside the head.
    pub learns: Learns,
    /// Who picks the block that a moved prompt goes to; none if prompts stay where they are.
    pub relocates: Option<AllocatorKind>,
    /// The settings that make a run one of it: keys of the configuration and their values.
    pub settings: Vec<(&'static str, &'static str)>,
}

const VPT: &str = "Jia et al., Visual Prompt Tuning, ECCV 2022";
const PRO_VPT: &str = "Shang et al., Iterative Prompt Relocation for Distribution-Adaptive Visual \
                       Prompt Tuning, ICCV 2025";

const TYPE: &str = "model.transfer_type";
const DEEP: &str = "model.prompt.deep";
const ADAPTIVE: &str = "model.prompt.adaptive";
const ALLOCATOR: &str = "model.prompt.allocator";

/// All methods, the simplest first: PRO-VPT once for each allocator.
pub static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| {
    let linear = Method {
        name: "linear",
        title: "linear probe",
        paper: VPT,
        learns: Learns::HeadOnly,
        relocates: None,
        settings: vec![(TYPE, "linear")],
    };
    let shallow = Method {
        name: "vpt-shallow",
        title: "VPT-Shallow",
        paper: VPT,
        learns: Learns::ShallowPrompts,
        relocates: None,
        settings: vec![(TYPE, "prompt"), (DEEP, "false"), (ADAPTIVE, "false")],
    };
    let deep = Method {
        name: "vpt-deep",
        title: "VPT-Deep",
        paper: VPT,
        learns: Learns::DeepPrompts,
        relocates: None,
        settings: vec![(TYPE, "prompt"), (DEEP, "true"), (ADAPTIVE, "false")],
    };
    let relocating = RELOCATING.iter().map(|&(allocator, word, name, title)| Method {
        name,
        title,
        paper: PRO_VPT,
        learns: Learns::DeepPrompts,
        relocates: Some(allocator),
        settings: vec![(TYPE, "prompt"), (DEEP, "true"), (ADAPTIVE, "true"), (ALLOCATOR, word)],
    });
    [linear, shallow, deep].into_iter().chain(relocating).collect()
});
