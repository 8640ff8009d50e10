//! Attention and its gradient.

use proptest::prelude::*;

use super::super::Cpu;
use super::{assert_within, values};
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape, Layers};

fn shape() -> impl Strategy<Value = AttentionShape> {
    let rows = (1_usize..=3, 1_usize..=9, 1_usize..=40, 0_usize..=20);
    (rows, 1_usize..=3, 1_usize..=20, any::<bool>()).prop_map(
        |((images, queries, keys, prompts), heads, head_width, prompts_per_image)| AttentionShape {
            images,
            queries,
            keys,
            prompts,
            prompts_per_image,
            heads,
            head_width,
        },
    )
}

/// Random operands; every buffer is longer than it need be.
struct Operands {
    query: Vec<f32>,
    kv: Vec<f32>,
    prompt_kv: Vec<f32>,
    d_out: Vec<f32>,
    shape: AttentionShape,
}

/// Values behind those that are meant.
const TAIL: usize = 5;

impl Operands {
    fn draw(shape: AttentionShape, seed: u64) -> Self {
        let sets = if shape.prompts_per_image { shape.images } else { 1 };
        let wide = 2 * shape.width();
        Self {
            query: values(seed, Self::queries(shape) + TAIL, 2.0),
            kv: values(seed ^ 1, shape.images * shape.keys * wide + TAIL, 2.0),
            prompt_kv: values(seed ^ 2, sets * shape.prompts * wide + TAIL, 2.0),
            d_out: values(seed ^ 3, Self::queries(shape) + TAIL, 1.0),
            shape,
        }
    }

    fn queries(shape: AttentionShape) -> usize {
        shape.images * shape.queries * shape.width()
    }

    fn input(&self) -> AttentionInput<'_, Vec<f32>> {
        AttentionInput { query: &self.query, kv: &self.kv, prompt_kv: &self.prompt_kv }
    }

    /// Whether a column is a prompt, and where its key begins.
    fn column(&self, image: usize, column: usize) -> (bool, usize) {
        let (s, wide) = (self.shape, 2 * self.shape.width());
        if column < s.prompts {
            let set = if s.prompts_per_image { image } else { 0 };
            (true, (set * s.prompts + column) * wide)
        } else {
            (false, (image * s.keys + column - s.prompts) * wide)
        }
    }

    /// Element `i` of a column's key (below d) or value (from d).
    fn kv(&self, image: usize, column: usize, i: usize) -> f64 {
        let (is_prompt, start) = self.column(image, column);
        f64::from(if is_prompt { self.prompt_kv[start + i] } else { self.kv[start + i] })
    }
}

/// Everything that attention computes, in f64.
struct Plain {
    out: Vec<f64>,
    log_sum: Vec<f64>,
    d_query: Vec<f64>,
    d_kv: Vec<f64>,
    d_prompt_kv: Vec<f64>,
    d_logits: Vec<f64>,
}

impl Plain {
    fn new(o: &Operands) -> Self {
        let s = o.shape;
        let zeros = |like: &[f32]| vec![0.0; like.len() - TAIL];
        let mut plain = Self {
            out: zeros(&o.query),
            log_sum: Vec::new(),
            d_query: zeros(&o.query),
            d_kv: zeros(&o.kv),
            d_prompt_kv: zeros(&o.prompt_kv),
            d_logits: vec![0.0; s.columns()],
        };
        for image in 0..s.images {
            for head in 0..s.heads {
                for query in 0..s.queries {
                    plain.row(o, image, head, query);
                }
            }
        }
        plain
    }

    /// One row of one score matrix.
    fn row(&mut self, o: &Operands, image: usize, head: usize, query: usize) {
        let (s, d) = (o.shape, o.shape.width());
        let scale = 1.0 / (s.head_width as f64).sqrt();
        let row = (image * s.queries + query) * d;
        let part = head * s.head_width..(head + 1) * s.head_width;
        let dot = |rows: &[f32], column: usize, offset: usize| -> f64 {
            let terms = part.clone();
            terms.map(|i| f64::from(rows[row + i]) * o.kv(image, column, offset + i)).sum()
        };
        let exps = (0..s.columns()).map(|column| (scale * dot(&o.query, column, 0)).exp());
        let exps: Vec<f64> = exps.collect();
        let sum: f64 = exps.iter().sum();
        self.log_sum.push(sum.ln());
        let p: Vec<f64> = exps.iter().map(|e| e / sum).collect();
        let d_p: Vec<f64> = (0..s.columns()).map(|column| dot(&o.d_out, column, d)).collect();
        let mean: f64 = p.iter().zip(&d_p).map(|(p, d)| p * d).sum();
        for column in 0..s.columns() {
            let d_score = p[column] * (d_p[column] - mean);
            self.d_logits[column] += d_score;
            let (is_prompt, start) = o.column(image, column);
            let d_kv = if is_prompt { &mut self.d_prompt_kv } else { &mut self.d_kv };
            for i in part.clone() {
                self.out[row + i] += p[column] * o.kv(image, column, d + i);
                self.d_query[row + i] += d_score * scale * o.kv(image, column, i);
                d_kv[start + i] += d_score * scale * f64::from(o.query[row + i]);
                d_kv[start + d + i] += p[column] * f64::from(o.d_out[row + i]);
            }
        }
    }
}

/// Asserts that `got` begins with `before + expected`.
fn assert_all(what: &str, got: &[f32], before: f64, expected: &[f64]) -> Result<(), TestCaseError> {
    let size = expected.iter().fold(1.0f64, |size, e| size.max(e.abs()));
    for (&got, &expected) in got.iter().zip(expected) {
        assert_within(what, got, before + expected, 5e-6 * size)?;
    }
    Ok(())
}

/// What accumulators hold before.
const BEFORE: f32 = 0.5;

proptest! {
    #[test]
    fn attention_is_right(shape in shape(), seed: u64) {
        let operands = Operands::draw(shape, seed);
        let plain = Plain::new(&operands);
        let mut out = vec![f32::NAN; operands.query.len()];
        let mut log_sum = vec![f32::NAN; plain.log_sum.len() + TAIL];
        Cpu::ONE.attention(&mut out, &mut log_sum, operands.input(), shape);
        assert_all("out", &out, 0.0, &plain.out)?;
        assert_all("log sum", &log_sum, 0.0, &plain.log_sum)?;
    }

    #[test]
    fn attention_grad_is_right(shape in shape(), to_input: bool, seed: u64) {
        let operands = Operands::draw(shape, seed);
        let plain = Plain::new(&operands);
        let log_sum = plain.log_sum.iter().map(|&l| l as f32).collect();
        let mut d_query = vec![f32::NAN; operands.query.len()];
        let mut d_kv = vec![f32::NAN; operands.kv.len()];
        let mut d_prompt_kv = vec![BEFORE; operands.prompt_kv.len()];
        let mut d_logits = vec![BEFORE; shape.columns()];
        let grad = AttentionGrad {
            own: to_input.then_some((&mut d_query, &mut d_kv)),
            prompt_kv: &mut d_prompt_kv,
            logits: &mut d_logits,
        };
        Cpu::ONE.attention_grad(grad, &operands.d_out, operands.input(), &log_sum, shape);
        assert_all("d prompt kv", &d_prompt_kv, f64::from(BEFORE), &plain.d_prompt_kv)?;
        assert_all("d logits", &d_logits, f64::from(BEFORE), &plain.d_logits)?;
        prop_assert!(d_prompt_kv[plain.d_prompt_kv.len()..].iter().all(|&d| d == BEFORE));
        if to_input {
            assert_all("d query", &d_query, 0.0, &plain.d_query)?;
            assert_all("d kv", &d_kv, 0.0, &plain.d_kv)?;
        }
    }
}
