use std::sync::Arc;

use crate::error::Error;
use crate::kernels::cpu::Cpu;
use crate::kernels::{
    AttentionGrad, AttentionInput, AttentionShape, FrozenMatrix, Layers, Linear, LinearOn, Norm,
    Role,
};

/// A kernel on prepared operands.
pub struct Case {
    /// What it is.
    pub name: &'static str,
    /// Values it reads or writes, or multiplications with addition, per run.
    pub work: usize,
    /// Runs it once.
    pub run: Box<dyn FnMut()>,
}

impl Case {
    fn new(name: &'static str, work: usize, run: impl FnMut() + 'static) -> Self {
        Self { name, work, run: Box::new(run) }
    }
}

/// The kernels on the tokens of one image, as wide as ViT-S: 197 rows of 384, 6 heads, 20 prompts.
///
/// # Errors
/// There is no room for the operands.
pub fn cases() -> Result<Vec<Case>, Error> {
    let (rows, width) = (197, 384);
    let mut all = elementwise(rows, width);
    all.extend(products(rows, width)?);
    all.extend(attention(AttentionShape {
        images: 1,
        queries: rows,
        keys: rows,
        prompts: 20,
        prompts_per_image: false,
        heads: 6,
        head_width: width / 6,
    }));
    Ok(all)
}

/// Values between -2 and 2 in no order.
fn values(len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 7919) % 4001) as f32 / 1000.0 - 2.0).collect()
}

fn elementwise(rows: usize, width: usize) -> Vec<Case> {
    let (len, wide) = (rows * width, rows * width * 4);
    let affine = || Arc::new(values(width));
    let norm = || Norm { weight: affine(), bias: affine(), width, eps: 1e-6 };
    let (x, mut y, mut stats, w) = (values(len), values(len), vec![0.0; 2 * rows], norm());
    let forward = Case::new("norm", len, move || Cpu::ONE.norm(&mut y, &mut stats, &x, &w, rows));
    let (x, dy, mut dx, stats, w) =
        (values(len), values(len), values(len), vec![0.5; 2 * rows], norm());
    let run = move || Cpu::ONE.norm_grad(&mut dx, &dy, &x, &stats, &w, rows);
    let backward = Case::new("norm_grad", len, run);
    let (x, mut y) = (values(wide), values(wide));
    let gelu = Case::new("gelu", wide, move || Cpu::ONE.gelu(&mut y, &x, wide));
    let (x, mut d) = (values(wide), values(wide));
    let run = move || {
        d.fill(1.0);
        Cpu::ONE.gelu_grad(&mut d, &x, wide);
    };
    vec![forward, backward, gelu, Case::new("gelu_grad", wide, run)]
}

fn products(rows: usize, width: usize) -> Result<[Case; 2], Error> {
    let outputs = 4 * width;
    let weights = || -> Result<LinearOn<Cpu>, Error> {
        let matrix = FrozenMatrix { values: values(width * outputs), inputs: width, outputs };
        let weight = Cpu::ONE.pack(matrix, Role::ForwardAndBackward)?;
        let (weight, bias) = (Arc::new(weight), Arc::new(values(outputs)));
        Ok(Linear { weight, bias, inputs: width, outputs })
    };
    let work = rows * width * outputs;
    let (x, mut y, w) = (values(rows * width), values(rows * outputs), weights()?);
    let forward = Case::new("linear", work, move || Cpu::ONE.linear(&mut y, &x, &w, rows));
    let (mut x, y, w) = (values(rows * width), values(rows * outputs), weights()?);
    let run = move || Cpu::ONE.linear_grad(&mut x, &y, &w, rows, false);
    Ok([forward, Case::new("linear_grad", work, run)])
}

fn attention(shape: AttentionShape) -> [Case; 2] {
    let (width, rows, columns) = (shape.width(), shape.queries, shape.columns());
    let inputs = move || (values(rows * width), values(rows * 2 * width));
    let (prompt_kv, sums) = (values(shape.prompts * 2 * width), vec![3.0; shape.heads * rows]);
    let work = 2 * rows * columns * width;
    let (mut out, mut log_sum, (query, kv)) = (values(rows * width), sums.clone(), inputs());
    let prompts = prompt_kv.clone();
    let forward = Case::new("attention", work, move || {
        let input =
            AttentionInput { query: &query, kv: &kv, prompt_kv: &prompts, prompt_logits: None };
        Cpu::ONE.attention(&mut out, &mut log_sum, input, shape);
    });
    let (d_out, (query, kv), (mut d_query, mut d_kv)) = (values(rows * width), inputs(), inputs());
    let (mut d_prompts, mut logits) = (prompt_kv.clone(), vec![0.0; columns]);
    let backward = Case::new("attention_grad", 5 * work / 2, move || {
        let input =
            AttentionInput { query: &query, kv: &kv, prompt_kv: &prompt_kv, prompt_logits: None };
        let own = Some((&mut d_query, &mut d_kv));
        let grad = AttentionGrad { own, prompt_kv: &mut d_prompts, logits: &mut logits };
        Cpu::ONE.attention_grad(grad, &d_out, input, &sums, shape);
    });
    [forward, backward]
}
