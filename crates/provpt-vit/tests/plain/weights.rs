//! A backbone's weights in f64, by what they belong to.

use provpt_vit::Backbone;

use super::math::{layer_norm, linear};

pub(super) struct Norm {
    weight: Vec<f64>,
    bias: Vec<f64>,
    eps: f64,
}

impl Norm {
    /// The norm of this name; one that only normalizes if the backbone has none.
    fn read(backbone: &Backbone, name: &str) -> Self {
        let width = backbone.architecture.width;
        Self {
            weight: find(backbone, &format!("{name}.weight")).unwrap_or(vec![1.0; width]),
            bias: find(backbone, &format!("{name}.bias")).unwrap_or(vec![0.0; width]),
            eps: f64::from(backbone.architecture.norm_eps),
        }
    }

    pub(super) fn of(&self, x: &[f64]) -> Vec<f64> {
        layer_norm(x, &self.weight, &self.bias, self.eps)
    }
}

pub(super) struct Linear {
    /// `[outputs, inputs]`.
    pub(super) weight: Vec<f64>,
    pub(super) bias: Vec<f64>,
}

impl Linear {
    fn read(backbone: &Backbone, name: &str) -> Self {
        Self {
            weight: find(backbone, &format!("{name}.weight")).unwrap(),
            bias: find(backbone, &format!("{name}.bias")).unwrap(),
        }
    }

    pub(super) fn of(&self, x: &[f64]) -> Vec<f64> {
        linear(x, &self.weight, &self.bias)
    }
}

pub(super) struct Block {
    pub(super) norm1: Norm,
    pub(super) qkv: Linear,
    pub(super) proj: Linear,
    pub(super) ls1: Vec<f64>,
    pub(super) norm2: Norm,
    pub(super) fc1: Linear,
    pub(super) fc2: Linear,
    pub(super) ls2: Vec<f64>,
}

impl Block {
    fn read(backbone: &Backbone, index: usize) -> Self {
        let a = &backbone.architecture;
        let name = |part: &str| format!("blocks.{index}.{part}");
        let scale = |part: &str| {
            let scale = find(backbone, &name(part)).filter(|_| a.layer_scale);
            scale.unwrap_or(vec![1.0; a.width])
        };
        Self {
            norm1: Norm::read(backbone, &name("norm1")),
            qkv: Linear::read(backbone, &name("attn.qkv")),
            proj: Linear::read(backbone, &name("attn.proj")),
            ls1: scale("ls1.gamma"),
            norm2: Norm::read(backbone, &name("norm2")),
            fc1: Linear::read(backbone, &name("mlp.fc1")),
            fc2: Linear::read(backbone, &name("mlp.fc2")),
            ls2: scale("ls2.gamma"),
        }
    }
}

pub(super) struct Weights {
    /// `[d, 3, p, p]`.
    pub(super) patch_embed: Linear,
    pub(super) cls_token: Vec<f64>,
    /// `[N, d]`.
    pub(super) pos_embed: Vec<f64>,
    pub(super) blocks: Vec<Block>,
    pub(super) norm: Norm,
    pub(super) fc_norm: Norm,
}

impl Weights {
    pub(super) fn read(backbone: &Backbone) -> Self {
        Self {
            patch_embed: Linear::read(backbone, "patch_embed.proj"),
            cls_token: find(backbone, "cls_token").unwrap(),
            pos_embed: find(backbone, "pos_embed").unwrap(),
            blocks: (0..backbone.architecture.depth).map(|b| Block::read(backbone, b)).collect(),
            norm: Norm::read(backbone, "norm"),
            fc_norm: Norm::read(backbone, "fc_norm"),
        }
    }
}

fn find(backbone: &Backbone, name: &str) -> Option<Vec<f64>> {
    backbone.tensors.get(name).map(|tensor| wide(&tensor.data))
}

pub(super) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}
