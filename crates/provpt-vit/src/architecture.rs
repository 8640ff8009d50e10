//! The shape of a vision transformer: everything the engine needs besides the weights.

use serde::{Deserialize, Serialize};

use crate::Stages;

/// How the final tokens become one feature vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Final norm, then the CLS token (Dosovitskiy et al., ICLR 2021).
    Cls,
    /// Mean over all tokens but CLS, then `fc_norm` (He et al., MAE, CVPR 2022); in stages the final
    /// norm, then the mean (Liu et al., ICCV 2021). Prompts of the last block are among the tokens.
    Mean,
}

/// Which tokens features are read from where prompts are among them (Jia et al., VPT, ECCV 2022, who
/// try all of these).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PromptPool {
    /// Those of the backbone: CLS, or the mean over all tokens but CLS, prompts among them.
    #[default]
    Original,
    /// The mean over patches.
    #[serde(rename = "img")]
    Image,
    /// The mean over patches and prompts.
    #[serde(rename = "imgprompt")]
    ImageAndPrompts,
    /// The mean over prompts.
    #[serde(rename = "prompt")]
    Prompts,
}

/// How tokens know where in the image they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// A learned embedding is added to CLS and to every patch (`pos_embed`).
    Learned,
    /// Queries and keys are turned by their place (RoPE; Heo et al., ECCV 2024).
    Rotary,
    /// They do not, or attention alone tells them (relative biases).
    None,
}

/// The second half of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mlp {
    /// `fc2(gelu(fc1(x)))` with the exact GELU, by the error function.
    Gelu,
    /// The same with GELU's approximation by tanh.
    GeluTanh,
    /// One product decides how much of another passes (SwiGLU; Shazeer, 2020).
    Gated,
}

/// A pre-norm vision transformer: a plain one (ViT), or one in stages (Swin).
///
/// # Shapes
/// `d = width`, `N = tokens()` = the prefix and one token per patch, MLP hidden width `mlp_width`. In
/// stages, `width`, `heads` and `mlp_width` are those of the last stage, whose width features have;
/// every stage before is half as wide as the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// Side of the square input image, in pixels.
    pub image_size: usize,
    /// Pixels of zeros around every image on its way in, to be prompts (VPT's padding).
    pub frame: usize,
    /// Side of a square patch, in pixels.
    pub patch_size: usize,
    /// Token width d.
    pub width: usize,
    /// Number of blocks L.
    pub depth: usize,
    /// Attention heads; each has width `d / heads`.
    pub heads: usize,
    /// Hidden width of the MLP.
    pub mlp_width: usize,
    /// Whether there is a CLS token, the first of all.
    pub cls_token: bool,
    /// Register tokens between CLS and the patches (Darcet et al., ICLR 2024).
    pub registers: usize,
    /// How tokens know where they are.
    pub position: Position,
    /// The second half of a block.
    pub mlp: Mlp,
    /// Whether queries, keys and values have a bias; the weights hold zeros in place of one that
    /// is not there.
    pub qkv_bias: bool,
    /// Whether blocks scale their residual branches (DINOv2's LayerScale).
    pub layer_scale: bool,
    /// How features are read.
    pub pooling: Pooling,
    /// Which tokens they are read from. A mean is taken behind the final norm where the backbone
    /// reads CLS, and in front of it where the backbone reads a mean.
    pub prompt_pool: PromptPool,
    /// Epsilon of every LayerNorm.
    pub norm_eps: f32,
    /// The stages of a hierarchical network; a plain one has none.
    pub stages: Option<Stages>,
}

/// Epsilon of every LayerNorm of the registered families.
const NORM_EPS: f32 = 1e-6;

/// Epsilon of every LayerNorm of Swin.
const SWIN_NORM_EPS: f32 = 1e-5;

impl Architecture {
    /// The plain ViT (Dosovitskiy et al., ICLR 2021): a CLS token, learned positions, an exact GELU
    /// in an MLP of four times the width.
    pub const fn plain(
        image_size: usize,
        patch_size: usize,
        width: usize,
        depth: usize,
        heads: usize,
    ) -> Self {
        Self {
            image_size,
            frame: 0,
            patch_size,
            width,
            depth,
            heads,
            mlp_width: 4 * width,
            cls_token: true,
            registers: 0,
            position: Position::Learned,
            mlp: Mlp::Gelu,
            qkv_bias: true,
            layer_scale: false,
            pooling: Pooling::Cls,
            prompt_pool: PromptPool::Original,
            norm_eps: NORM_EPS,
            stages: None,
        }
    }

    /// A Swin transformer (Liu et al., ICCV 2021) on patches of 4 pixels, `width` wide in the first
    /// stage.
    pub const fn swin<const N: usize>(
        image_size: usize,
        width: usize,
        blocks: [usize; N],
        heads: [usize; N],
        window: usize,
    ) -> Self {
        let (width, mut depth, mut stage) = (width << (N - 1), 0, 0);
        while stage < N {
            depth += blocks[stage];
            stage += 1;
        }
        Self {
            cls_token: false,
            position: Position::None,
            pooling: Pooling::Mean,
            norm_eps: SWIN_NORM_EPS,
            stages: Some(Stages::new(blocks, heads, window)),
            ..Self::plain(image_size, 4, width, depth, heads[N - 1])
        }
    }

    /// Token width of a block, counted from 0.
    pub fn block_width(&self, block: usize) -> usize {
        self.width >> self.stages_behind(block)
    }

    /// Attention heads of a block.
    pub fn block_heads(&self, block: usize) -> usize {
        self.stages.map_or(self.heads, |stages| stages.heads()[stages.place(block).0])
    }

    /// Hidden width of a block's MLP.
    pub fn block_mlp_width(&self, block: usize) -> usize {
        self.mlp_width >> self.stages_behind(block)
    }

    /// Tokens of one image that come to a block, without prompts.
    pub fn block_tokens(&self, block: usize) -> usize {
        match self.stages {
            None => self.tokens(),
            Some(_) => self.block_grid(block).pow(2),
        }
    }

    /// Values of one image's tokens that come to a block.
    pub fn block_values(&self, block: usize) -> usize {
        self.block_tokens(block) * self.block_width(block)
    }

    /// Tokens along one side of a block's grid.
    pub(crate) fn block_grid(&self, block: usize) -> usize {
        self.grid() >> self.stages.map_or(0, |stages| stages.place(block).0)
    }

    /// Tokens along one side of a block's windows: in a plain network the grid is one window.
    pub(crate) fn block_window(&self, block: usize) -> usize {
        let grid = self.block_grid(block);
        self.stages.map_or(grid, |stages| stages.window().min(grid)).max(1)
    }

    /// The geometric mean of the blocks' tokens.
    pub(crate) fn mean_tokens(&self) -> usize {
        if self.stages.is_none() {
            return self.tokens();
        }
        let sum: f64 = (0..self.depth).map(|block| (self.block_tokens(block) as f64).ln()).sum();
        (sum / self.depth as f64).exp().max(1.0) as usize
    }

    /// Tokens that attend to each other, at most.
    pub(crate) fn attended_tokens(&self) -> usize {
        self.stages.map_or(self.tokens(), |stages| stages.window().pow(2))
    }

    /// What is in front of the names of a block's arrays.
    pub fn block_name(&self, block: usize) -> String {
        match self.stages.map(|stages| stages.place(block)) {
            None => format!("blocks.{block}"),
            Some((stage, block)) => format!("layers.{stage}.blocks.{block}"),
        }
    }

    /// The block that an array of this name stands in, and what the name is inside of it.
    pub(crate) fn block_in<'n>(&self, name: &'n str) -> Option<(usize, &'n str)> {
        let dots = if self.stages.is_some() { 3 } else { 1 };
        let (end, _) = name.match_indices('.').nth(dots)?;
        let block = (0..self.depth).find(|block| self.block_name(*block) == name[..end])?;
        Some((block, &name[end + 1..]))
    }

    /// How many stages follow that of a block.
    fn stages_behind(&self, block: usize) -> usize {
        self.stages.map_or(0, |stages| stages.blocks().len() - 1 - stages.place(block).0)
    }

    /// Patches along one side of the image, its frame included; what is over is left out.
    pub fn grid(&self) -> usize {
        (self.image_size + 2 * self.frame) / self.patch_size
    }

    /// Patches of one image.
    pub fn patches(&self) -> usize {
        self.grid() * self.grid()
    }

    /// Tokens in front of the patches: CLS and registers.
    pub fn prefix_tokens(&self) -> usize {
        usize::from(self.cls_token) + self.registers
    }

    /// Tokens of one image, N: the prefix and the patches.
    pub fn tokens(&self) -> usize {
        self.prefix_tokens() + self.patches()
    }

    /// Width of one attention head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// Values of one flattened RGB patch, in (channel, row, column) order.
    pub fn patch_values(&self) -> usize {
        3 * self.patch_size * self.patch_size
    }

    /// Values of one NCHW image.
    pub fn image_values(&self) -> usize {
        3 * self.image_size * self.image_size
    }

    /// Whether features are a mean of tokens, and not CLS.
    pub(crate) fn reads_mean(&self) -> bool {
        self.pooling == Pooling::Mean || self.prompt_pool != PromptPool::Original
    }

    /// Whether prompts are among the tokens that features are read from.
    pub(crate) fn reads_prompts(&self) -> bool {
        match self.prompt_pool {
            PromptPool::Original => self.pooling == Pooling::Mean,
            PromptPool::Image => false,
            PromptPool::ImageAndPrompts | PromptPool::Prompts => true,
        }
    }

    /// Values of one image's tokens at the first block.
    pub fn token_values(&self) -> usize {
        self.block_values(0)
    }
}
