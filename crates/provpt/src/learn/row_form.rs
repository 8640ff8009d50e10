//! What a prompt's row is of: a token, what the first norm of its block makes of one, or its direction.

use std::sync::Arc;

use provpt_vit::Backbone;

use crate::config::Form;
use crate::learn::clip::squares;

/// The form of all rows of a bank.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum RowForm {
    /// Rows are tokens.
    #[default]
    Token,
    /// Rows are what the first norm of their block puts out; those norms are the backbone's own.
    Normed(Arc<[LayerNorm]>),
    /// Rows are tokens of mean 0 and length `sqrt(d)`.
    Sphere,
}

impl RowForm {
    /// As configured, on a backbone.
    pub(crate) fn of(form: Form, backbone: &Backbone) -> Self {
        match form {
            Form::Token => Self::Token,
            Form::Normed => {
                let depth = backbone.architecture.depth;
                Self::Normed((0..depth).map(|block| LayerNorm::first_of(backbone, block)).collect())
            }
            Form::Sphere => Self::Sphere,
        }
    }

    /// A row's gradient becomes that by its direction: by what the first norm of its block puts out in
    /// front of its weights; `eps` is of that norm.
    pub(crate) fn by_direction(&self, block: usize, eps: f32, row: &[f32], gradient: &mut [f32]) {
        match self {
            Self::Token | Self::Sphere => {
                let size = (moments(row).1 + f64::from(eps)).sqrt() as f32;
                gradient.iter_mut().for_each(|g| *g *= size);
            }
            Self::Normed(norms) => {
                gradient.iter_mut().zip(&norms[block].weight).for_each(|(g, weight)| *g *= weight);
                let (mean, _) = moments(gradient);
                gradient.iter_mut().for_each(|g| *g -= mean as f32);
            }
        }
    }

    /// How long what the first norm of a block puts out usually is, where rows are that.
    pub(crate) fn length(&self, block: usize) -> Option<f64> {
        match self {
            Self::Normed(norms) => Some(norms[block].length()),
            Self::Token | Self::Sphere => None,
        }
    }

    /// Makes of a token what such a prompt of a block is.
    pub(crate) fn of_token(&self, block: usize, row: &mut [f32]) {
        match self {
            Self::Token => {}
            Self::Normed(norms) => norms[block].apply(row),
            Self::Sphere => to_sphere(row),
        }
    }
}

/// A LayerNorm, `weight (x - mean) / sqrt(variance + eps) + bias`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl LayerNorm {
    pub(crate) fn first_of(backbone: &Backbone, block: usize) -> Self {
        let a = &backbone.architecture;
        let array = |part: &str| {
            let tensor = backbone.tensors.get(&format!("{}.norm1.{part}", a.block_name(block)));
            tensor.map(|tensor| tensor.data.clone()).unwrap_or_default()
        };
        Self { weight: array("weight"), bias: array("bias"), eps: a.norm_eps }
    }

    /// The root of the mean square of the length of what it puts out, if the parts of what it takes are
    /// alike.
    fn length(&self) -> f64 {
        (squares(&self.weight) + squares(&self.bias)).sqrt()
    }

    pub(crate) fn apply(&self, row: &mut [f32]) {
        let (mean, variance) = moments(row);
        let scale = 1.0 / (variance + f64::from(self.eps)).sqrt();
        for ((x, &weight), &bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
            *x = (f64::from(weight) * (f64::from(*x) - mean) * scale + f64::from(bias)) as f32;
        }
    }
}

/// Brings a row to mean 0 and length `sqrt(d)`; one whose values are all the same stays where it is.
pub(crate) fn to_sphere(row: &mut [f32]) {
    let (mean, variance) = moments(row);
    if variance > 0.0 {
        let scale = 1.0 / variance.sqrt();
        row.iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
    }
}

fn moments(row: &[f32]) -> (f64, f64) {
    let count = row.len().max(1) as f64;
    let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    (mean, variance)
}

#[cfg(test)]
mod tests {
    use provpt_vit::weights::LoadOptions;

    use super::*;

    #[test]
    fn a_token_becomes_what_its_form_says() {
        let backbone = Backbone::pico(&LoadOptions::default()).unwrap();
        let token: Vec<f32> = (0..128).map(|i| ((i * 37) % 101) as f32 - 20.0).collect();
        let of = |form| {
            let mut row = token.clone();
            RowForm::of(form, &backbone).of_token(2, &mut row);
            row
        };
        assert_eq!(of(Form::Token), token);
        let (mean, variance) = moments(&of(Form::Sphere));
        assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5, "{mean} {variance}");
        let tensor = |part: &str| &backbone.tensors[&format!("blocks.2.norm1.{part}")].data;
        let direction = of(Form::Sphere);
        for (i, got) in of(Form::Normed).iter().enumerate() {
            let expected = tensor("weight")[i] * direction[i] + tensor("bias")[i];
            assert!((got - expected).abs() < 1e-4, "{got} {expected}");
        }
    }

    #[test]
    fn rows_without_a_direction_stay() {
        let mut row = [2.5; 4];
        to_sphere(&mut row);
        assert_eq!(row, [2.5; 4]);
    }
}
