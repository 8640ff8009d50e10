//! The table of methods.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::{Learns, Prompting, Thawed};
use crate::allocators::RELOCATING;
use crate::config::AllocatorKind;

/// One method.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// As sweeps, results and adapters call it.
    pub name: Cow<'static, str>,
    /// As people call it.
    pub title: Cow<'static, str>,
    /// Where it was published.
    pub paper: &'static str,
    /// What it learns beside the head.
    pub learns: Learns,
    /// Who picks the block that a moved prompt goes to; none if prompts stay where they are.
    pub relocates: Option<AllocatorKind>,
    /// The settings that make a run one of it: keys of the configuration and their values.
    pub settings: Vec<(&'static str, Cow<'static, str>)>,
}

const VPT: &str = "Jia et al., Visual Prompt Tuning, ECCV 2022";
const PRO_VPT: &str = "Shang et al., Iterative Prompt Relocation for Distribution-Adaptive Visual \
                       Prompt Tuning, ICCV 2025";
const UNPUBLISHED: &str = "unpublished";
const PFEIFFER: &str = "Pfeiffer et al., AdapterFusion, EACL 2021";
const LORA: &str = "Hu et al., LoRA, ICLR 2022";
const SIDE: &str = "Zhang et al., Side-Tuning, ECCV 2020";
const SSF: &str = "Lian et al., Scaling & Shifting Your Features, NeurIPS 2022";
const TINY_TL: &str = "Cai et al., TinyTL, NeurIPS 2020";

pub(super) const TYPE: &str = "model.transfer_type";
const DEEP: &str = "model.prompt.deep";
const ADAPTIVE: &str = "model.prompt.adaptive";
const ALLOCATOR: &str = "model.prompt.allocator";

/// A method that is a transfer type, all else as it may be.
const fn row(
    name: &'static str,
    title: &'static str,
    paper: &'static str,
    prompts: Prompting,
    thawed: Thawed,
) -> Method {
    let learns = Learns { prompts, thawed };
    let (name, title) = (Cow::Borrowed(name), Cow::Borrowed(title));
    Method { name, title, paper, learns, relocates: None, settings: Vec::new() }
}

impl Method {
    fn with(mut self, settings: &[(&'static str, &'static str)]) -> Self {
        let settings = settings.iter().map(|&(key, value)| (key, Cow::Borrowed(value)));
        self.settings.extend(settings);
        self
    }
}

/// Prompts of each block, which stay where they are.
const STAY: [(&str, &str); 2] = [(DEEP, "true"), (ADAPTIVE, "false")];

/// All methods, the simplest first: PRO-VPT once for each allocator. What beside these there is:
/// any number of last blocks, and prompts of any kind beside biases, LoRA or the CLS token.
pub static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| {
    use Prompting::{Deep, FixedDeep, FixedShallow, None, Shallow};
    use Thawed::{
        Adapters, All, Biases, Cls, Last, LowRanks, Nothing, RedrawnCls, ScaleShifts, Side,
    };
    // Rows whose name is their transfer type.
    let simple = [
        row("linear", "linear probe", VPT, None, Nothing),
        row("cls", "CLS token", VPT, None, Cls),
        row("cls-reinit", "CLS token drawn anew", VPT, None, RedrawnCls),
        row("tinytl-bias", "biases", TINY_TL, None, Biases),
        row("adapter", "adapters", PFEIFFER, None, Adapters),
        row("lora", "LoRA", LORA, None, LowRanks),
        row("ssf", "SSF", SSF, None, ScaleShifts),
        row("side", "side network", SIDE, None, Side),
        row("partial-1", "last block", VPT, None, Last(1)),
        row("partial-2", "last 2 blocks", VPT, None, Last(2)),
        row("partial-4", "last 4 blocks", VPT, None, Last(4)),
        row("end2end", "full fine-tuning", VPT, None, All),
    ];
    let prompted = [
        row("prompt-noupdate", "VPT-Deep as drawn", VPT, FixedDeep, Nothing),
        row("prompt+bias", "VPT-Deep and biases", VPT, Deep, Biases),
        row("prompt+lora", "VPT-Deep and LoRA", VPT, Deep, LowRanks),
        row("cls+prompt", "VPT-Deep and CLS token", VPT, Deep, Cls),
        row("cls-reinit+prompt", "VPT-Deep and CLS token drawn anew", VPT, Deep, RedrawnCls),
    ];
    let typed = |method: Method| {
        let name = method.name.clone();
        Method { settings: vec![(TYPE, name)], ..method }
    };
    let fixed = row("prompt-noupdate-shallow", "VPT-Shallow as drawn", VPT, FixedShallow, Nothing);
    let shallow = row("vpt-shallow", "VPT-Shallow", VPT, Shallow, Nothing);
    let deep = row("vpt-deep", "VPT-Deep", VPT, Deep, Nothing);
    let prompts = [
        fixed.with(&[(TYPE, "prompt-noupdate"), (DEEP, "false"), (ADAPTIVE, "false")]),
        shallow.with(&[(TYPE, "prompt"), (DEEP, "false"), (ADAPTIVE, "false")]),
        deep.with(&[(TYPE, "prompt")]).with(&STAY),
    ];
    let relocating = RELOCATING.iter().map(|&(allocator, word, name, title)| {
        let paper = if allocator.chooses() { PRO_VPT } else { UNPUBLISHED };
        let method = row(name, title, paper, Deep, Nothing);
        let settings = [(TYPE, "prompt"), (DEEP, "true"), (ADAPTIVE, "true"), (ALLOCATOR, word)];
        Method { relocates: Some(allocator), ..method.with(&settings) }
    });
    let prompted = prompted.map(|method| typed(method).with(&STAY));
    simple.map(typed).into_iter().chain(prompts).chain(prompted).chain(relocating).collect()
});
