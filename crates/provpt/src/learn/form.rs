//! What kind of prompts there are, beyond their addresses: which arrays they are made of, and how
//! they take part.

use std::sync::Arc;

use provpt_vit::{Architecture, Backbone, Placement, Pooling, PromptPool};
use serde::{Deserialize, Serialize};

use crate::config::{Config, Distribution, Fidelity, Form, Prompt, PromptLocation};
use crate::error::Error;
use crate::learn::making::Making;
use crate::learn::parameters::PROMPTS;
use crate::learn::pixels::PixelPrompts;
use crate::learn::set::Param;

/// The kind of prompts, as adapters keep it. By default each of them is a row of its own, a key and
/// a value in one block, or a token throughout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromptForm {
    /// Where they stand.
    pub location: PromptLocation,
    /// Which tokens features are read from.
    pub pool: PromptPool,
    /// The block whose prompts stay as tokens in all blocks behind it.
    pub stays: Option<usize>,
    /// Whether the first patches are lost in front of the first block that has prompts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub loses: bool,
    /// Whether they are what the first norm of their block puts out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub normed: bool,
    /// Whether something is added to their logits.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub logits: bool,
    /// Whether all blocks have the same.
    pub shared: bool,
    /// How wide they are before a learned map brings them to the width of the backbone.
    pub project: Option<usize>,
    /// Of prompts among pixels: how many patches, channels, or pixels on each side.
    pub pixels: Option<usize>,
}

impl Default for PromptForm {
    fn default() -> Self {
        Self {
            location: PromptLocation::Prepend,
            pool: PromptPool::Original,
            stays: None,
            loses: false,
            normed: false,
            logits: false,
            shared: false,
            project: None,
            pixels: None,
        }
    }
}

impl PromptForm {
    /// As configured, on a backbone.
    ///
    /// # Errors
    /// More blocks are to have prompts than there are, or there are others than a distribution is of.
    pub(crate) fn of(config: &Config, a: &Architecture) -> Result<Self, Error> {
        let (prompt, depth) = (&config.model.prompt, a.depth);
        if !config.model.transfer_type.has_prompts() {
            return Ok(Self::default());
        }
        if let Some(got) = prompt.num_deep_layers.filter(|&layers| layers > depth) {
            return Err(Error::DeepLayers { depth, got });
        }
        if let Some(Distribution::Counts(counts)) = &prompt.distribution
            && counts.len() != depth
        {
            return Err(Error::Distribution { depth, got: counts.len() });
        }
        let ends = prompt.forward_deep_noexpand || prompt.reverse_deep;
        let last = prompt.num_deep_layers.filter(|&layers| !ends && layers < depth);
        // Where counts per block change, prompts of the last block would change what a mean is of.
        let counts = config.adaptive() && a.stages.is_some();
        // What can only be keys and values is in no mean.
        let (normed, logits) = (prompt.form == Form::Normed, prompt.logit.is_some());
        let keys = normed || logits || config.adaptive() && !config.allocator().chooses();
        let usual = match counts || keys && a.pooling == Pooling::Mean {
            true => PromptPool::Image,
            false => PromptPool::Original,
        };
        Ok(Self {
            location: prompt.location,
            pool: prompt.pool.unwrap_or(usual),
            stays: last.map(|layers| layers - 1),
            loses: prompt.reverse_deep && prompt.fidelity == Fidelity::Reference,
            normed,
            logits,
            shared: prompt.deep_shared,
            project: prompt.project,
            pixels: prompt.location.is_pixels().then_some(prompt.num_tokens),
        })
    }

    /// Whether there is nothing to say.
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether each prompt is a row with a block of its own, which can change.
    pub(crate) fn has_addresses(&self) -> bool {
        let Self { pool, normed, logits, .. } = *self;
        Self { pool, normed, logits, ..Self::default() } == *self
    }

    /// How they take part, if they are those of each block, or of the first one only.
    pub(crate) fn placement(&self, deep: bool) -> Placement {
        match self.stays {
            _ if self.location.is_added() => Placement::Added,
            _ if !deep => Placement::Shallow,
            Some(block) => Placement::DeepThenStay(block),
            None if self.loses => Placement::DeepLosing,
            None if self.normed => Placement::DeepNormed,
            None => Placement::Deep,
        }
    }

    /// How the rows that a network sees come of what is learned.
    ///
    /// # Errors
    /// Its patch embedding is of another size than its architecture says.
    pub(crate) fn making(&self, backbone: &Backbone) -> Result<Making, Error> {
        if let Some(count) = self.pixels {
            let pixels = PixelPrompts::new(self.location, count, backbone)?;
            return Ok(Making::Pixels(Arc::new(pixels)));
        }
        Ok(match (self.project, self.shared) {
            (None, false) => Making::Rows,
            (project, _) => Making::Table { projected: project.is_some() },
        })
    }

    /// A backbone that sees and reads what such prompts want it to.
    ///
    /// # Errors
    /// Its images are of a size that a frame cannot be put around.
    pub(crate) fn on(&self, backbone: Backbone) -> Result<Backbone, Error> {
        let frame = self.pixels.filter(|_| self.location == PromptLocation::Pad);
        let mut backbone = match frame {
            Some(frame) => backbone.framed(frame)?,
            None => backbone,
        };
        backbone.architecture.prompt_pool = self.pool;
        Ok(backbone)
    }

    /// Adds what learns with such prompts: channels go through a patch embedding that learns, and
    /// each block may learn a vector beside them.
    pub(crate) fn thaw(&self, prompt: &Prompt, backbone: &Backbone, thawed: &mut Vec<Param>) {
        let a = &backbone.architecture;
        let embedding = ["patch_embed.proj.bias", "patch_embed.proj.weight"].map(str::to_owned);
        let embedding = embedding.into_iter().filter(|_| self.location == PromptLocation::Below);
        let vectors = (0..a.depth).map(|block| format!("{}.attn.proj.bias", a.block_name(block)));
        for name in embedding.chain(vectors.filter(|_| prompt.vector)) {
            let known = thawed.iter().any(|param| param.name == name);
            if let Some(tensor) = backbone.tensors.get(&name).filter(|_| !known) {
                thawed.push(Param::new(&name, &tensor.shape, tensor.data.clone()));
            }
        }
    }

    /// Their addresses before the first of them moves: as distributed, or so many in each block that
    /// has prompts.
    pub(crate) fn addresses(&self, config: &Config, a: &Architecture) -> Vec<usize> {
        let prompt = &config.model.prompt;
        if let Some(Distribution::Counts(counts)) = &prompt.distribution {
            let rows = counts.iter().map(|&n| config.with_surplus(n)).enumerate();
            return rows.flat_map(|(block, n)| std::iter::repeat_n(block, n)).collect();
        }
        let blocks = match prompt.num_deep_layers {
            _ if !prompt.deep => 0..1,
            None => 0..a.depth,
            Some(layers) if prompt.reverse_deep => a.depth.saturating_sub(layers)..a.depth,
            Some(layers) => 0..layers.min(a.depth),
        };
        let count = config.with_surplus(self.location.per_block(a, prompt.num_tokens));
        blocks.flat_map(|block| std::iter::repeat_n(block, count)).collect()
    }

    /// The arrays that prompts are made of, and their axes; `rows` of them are learned.
    pub(crate) fn arrays(&self, a: &Architecture, rows: usize) -> Vec<(&'static str, Vec<usize>)> {
        let width = self.project.unwrap_or(a.block_width(0));
        if let Some(n) = self.pixels {
            return self.location.pixel_arrays(a, n);
        }
        let mut arrays = vec![(PROMPTS, vec![rows, width])];
        if self.project.is_some() {
            arrays.push((PROJECT_WEIGHT, vec![a.width, width]));
            arrays.push((PROJECT_BIAS, vec![a.width]));
        }
        arrays
    }
}

/// The map that brings prompts to the width of the backbone, as the published code names it.
pub(crate) const PROJECT_WEIGHT: &str = "prompt_proj.weight";
pub(crate) const PROJECT_BIAS: &str = "prompt_proj.bias";
