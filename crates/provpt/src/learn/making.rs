//! How the rows of prompts that the network sees come of the arrays that are learned, and how their
//! gradients go back.

use std::borrow::Cow;

use crate::learn::form::{PROJECT_BIAS, PROJECT_WEIGHT};
use crate::learn::parameters::PROMPTS;
use crate::learn::set::Set;

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Making {
    /// They are what is learned.
    Rows,
    /// What is learned is one row for each, or fewer, which come again in every block; a learned map
    /// may stand between.
    Table { projected: bool },
}

impl Making {
    /// `[K, d]` for `d = width`.
    pub(crate) fn rows<'a>(&self, set: &'a Set, count: usize, width: usize) -> Cow<'a, [f32]> {
        let learned = Cow::Borrowed(set.values(PROMPTS));
        match self {
            Self::Rows => learned,
            Self::Table { projected } => {
                let mut rows = if *projected { Cow::Owned(project(set)) } else { learned };
                if rows.len() < count * width {
                    let repeated = rows.iter().copied().cycle().take(count * width);
                    rows = repeated.collect::<Vec<f32>>().into();
                }
                rows
            }
        }
    }

    /// Gradients of the learned arrays, by name, given those of the rows.
    pub(crate) fn gradients(&self, set: &Set, d_rows: Vec<f32>) -> Vec<(String, Vec<f32>)> {
        let named = |name: &str, gradient: Vec<f32>| (name.to_owned(), gradient);
        match self {
            Self::Rows => vec![named(PROMPTS, d_rows)],
            Self::Table { projected: false } => {
                vec![named(PROMPTS, folded(d_rows, set.values(PROMPTS).len()))]
            }
            Self::Table { projected: true } => {
                let (width, table) = (set.values(PROJECT_BIAS).len(), set.values(PROMPTS));
                let inner = set.values(PROJECT_WEIGHT).len() / width.max(1);
                let d_rows = folded(d_rows, table.len() / inner.max(1) * width);
                let [d_table, d_weight, d_bias] = project_back(set, &d_rows);
                vec![
                    named(PROMPTS, d_table),
                    named(PROJECT_WEIGHT, d_weight),
                    named(PROJECT_BIAS, d_bias),
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

/// `table[rows, q] Wᵀ + b` for `W [d, q]`.
fn project(set: &Set) -> Vec<f32> {
    let (weight, bias) = (set.values(PROJECT_WEIGHT), set.values(PROJECT_BIAS));
    let inner = weight.len() / bias.len().max(1);
    let row = |row: &[f32]| -> Vec<f32> {
        let out = |(w, b): (&[f32], &f32)| {
            let products = w.iter().zip(row).map(|(&w, &x)| f64::from(w) * f64::from(x));
            (f64::from(*b) + products.sum::<f64>()) as f32
        };
        weight.chunks_exact(inner).zip(bias).map(out).collect()
    };
    set.values(PROMPTS).chunks_exact(inner).flat_map(row).collect()
}

/// Gradients of table, weight and bias.
fn project_back(set: &Set, d_rows: &[f32]) -> [Vec<f32>; 3] {
    let (table, weight) = (set.values(PROMPTS), set.values(PROJECT_WEIGHT));
    let width = set.values(PROJECT_BIAS).len();
    let inner = weight.len() / width;
    let (mut d_table, mut d_weight) = (vec![0.0; table.len()], vec![0.0; weight.len()]);
    let mut d_bias = vec![0.0; width];
    let rows = table.chunks_exact(inner).zip(d_table.chunks_exact_mut(inner));
    for ((x, dx), dy) in rows.zip(d_rows.chunks_exact(width)) {
        let weights = weight.chunks_exact(inner).zip(d_weight.chunks_exact_mut(inner));
        for ((w, dw), (dy, db)) in weights.zip(dy.iter().zip(&mut d_bias)) {
            *db += f64::from(*dy);
            for ((w, x), (dw, dx)) in w.iter().zip(x).zip(dw.iter_mut().zip(dx.iter_mut())) {
                *dw += f64::from(*dy) * f64::from(*x);
                *dx += f64::from(*dy) * f64::from(*w);
            }
        }
    }
    [d_table, d_weight, d_bias].map(|sums: Vec<f64>| sums.into_iter().map(|v| v as f32).collect())
}
