//! Attention in bf16 against the same in f32.

use proptest::prelude::*;

use crate::kernels::cpu::attention as f32s;
use crate::kernels::cpu::bf16::tests::paths;
use crate::kernels::cpu::tests::values;
use crate::kernels::tests::attention::shapes;
use crate::kernels::tests::cases;
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape};

fn shape() -> impl Strategy<Value = AttentionShape> {
    shapes((1..=2, 1..=70, 1..=70, 0..=40), 1..=2, 1..=70)
}

/// Output and log-sums; gradients of queries, own and prompts' keys with values, and logits.
type Results = [Vec<f32>; 6];

/// Everything, with `None` in f32; values behind those that are meant are 9.
fn run(
    path: Option<super::Path>,
    shape: AttentionShape,
    to_input: bool,
    read: &[Vec<f32>; 5],
) -> Results {
    let [query, kv, prompt_kv, d_out, added] = read;
    let input = AttentionInput { query, kv, prompt_kv, prompt_logits: Some(added) };
    let log_sums = shape.images * shape.heads * shape.queries;
    let lengths = [query.len(), log_sums, query.len(), kv.len(), prompt_kv.len(), shape.columns()];
    let mut all = lengths.map(|len| [vec![0.5; len], vec![9.0; 3]].concat());
    let [out, log_sum, d_query, d_kv, d_prompts, logits] = &mut all;
    let own = to_input.then_some((d_query, d_kv));
    let grad = AttentionGrad { own, prompt_kv: d_prompts, logits };
    match path {
        None => {
            f32s::forward(out, log_sum, &input, shape);
            f32s::backward(grad, d_out, &input, log_sum, shape);
        }
        Some(path) => {
            super::forward(path, out, log_sum, &input, shape);
            super::backward(path, grad, d_out, &input, log_sum, shape);
        }
    }
    all
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn attention_is_right(shape in shape(), to_input: bool, seed: u64) {
        let groups = if shape.prompts_per_image { shape.images } else { 1 };
        let rows = [
            shape.images * shape.queries,
            2 * shape.images * shape.keys,
            2 * groups * shape.prompts,
            shape.images * shape.queries,
            shape.prompts,
        ];
        let mut index = seed;
        let read = rows.map(|rows| {
            index = index.wrapping_add(1);
            values(index, rows * shape.width(), 1.0)
        });
        let expected = run(None, shape, to_input, &read);
        for path in paths() {
            let got = run(Some(path), shape, to_input, &read);
            for (which, (got, expected)) in got.iter().zip(&expected).enumerate() {
                let meant = got.len() - 3;
                prop_assert_eq!(&got[meant..], [9.0; 3], "{:?}: behind {}", path, which);
                let size = expected[..meant].iter().fold(1.0f32, |size, value| size.max(value.abs()));
                for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
                    let bound = 0.02 * size;
                    prop_assert!(
                        (got - expected).abs() <= bound,
                        "{path:?}: {which}[{i}]: got {got}, expected {expected} to {bound}"
                    );
                }
            }
        }
    }
}
