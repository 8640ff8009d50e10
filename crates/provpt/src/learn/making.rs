//! How the rows of prompts that the network sees come of the arrays that are learned, and how their
//! gradients go back.

use std::borrow::Cow;
use std::sync::Arc;

use crate::learn::affine::{apply, by_bias, by_input, by_weight};
use crate::learn::form::{PROJECT_BIAS, PROJECT_WEIGHT};
use crate::learn::parameters::PROMPTS;
use crate::learn::pixels::PixelPrompts;
use crate::learn::set::Set;

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Making {
    /// They are what is learned.
    Rows,
    /// What is learned is one row for each, or fewer, which come again in every block; a learned map
    /// may stand between.
    Table { projected: bool },
    /// What is learned are pixels.
    Pixels(Arc<PixelPrompts>),
}

/// A gradient, and the name of what it is by.
pub(crate) type Named = (String, Vec<f32>);

pub(crate) fn named(name: &str, gradient: Vec<f32>) -> Named {
    (name.to_owned(), gradient)
}

impl Making {
    /// `count` rows of `width` values, as the network sees them.
    pub(crate) fn rows<'a>(&self, set: &'a Set, count: usize, width: usize) -> Cow<'a, [f32]> {
        let learned = Cow::Borrowed(set.values(PROMPTS));
        let rows = match self {
            Self::Rows => return learned,
            Self::Pixels(pixels) => return Cow::Owned(pixels.rows(set)),
            Self::Table { projected: false } => learned,
            Self::Table { projected: true } => {
                let (weight, bias) = (set.values(PROJECT_WEIGHT), set.values(PROJECT_BIAS));
                Cow::Owned(apply(&learned, weight, Some(bias), weight.len() / bias.len()))
            }
        };
        if rows.len() == count * width {
            return rows;
        }
        let repeated = rows.iter().copied().cycle().take(count * width);
        Cow::Owned(repeated.collect())
    }

    /// Gradients of the learned arrays, given those of the rows.
    pub(crate) fn gradients(&self, set: &Set, d_rows: Vec<f32>) -> Vec<Named> {
        let table = set.values(PROMPTS);
        match self {
            Self::Rows => vec![named(PROMPTS, d_rows)],
            Self::Pixels(pixels) => pixels.gradients(set, &d_rows),
            Self::Table { projected: false } => vec![named(PROMPTS, folded(d_rows, table.len()))],
            Self::Table { projected: true } => {
                let (weight, width) = (set.values(PROJECT_WEIGHT), set.values(PROJECT_BIAS).len());
                let inner = weight.len() / width;
                let d_rows = folded(d_rows, table.len() / inner * width);
                vec![
                    named(PROMPTS, by_input(&d_rows, weight, inner)),
                    named(PROJECT_WEIGHT, by_weight(&d_rows, table, width, inner)),
                    named(PROJECT_BIAS, by_bias(&d_rows, width)),
                ]
            }
        }
    }
}

/// The sum of pieces of so many values.
fn folded(mut values: Vec<f32>, len: usize) -> Vec<f32> {
    let rest = values.split_off(len.min(values.len()));
    for piece in rest.chunks_exact(len.max(1)) {
        values.iter_mut().zip(piece).for_each(|(sum, value)| *sum += value);
    }
    values
}
