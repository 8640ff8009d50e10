//! Windows that move over maps, and means over cells.

use proptest::prelude::*;

use super::{Draw, Operation, cases, check};
use crate::kernels::{Kernels, MapShape, Maps, Window};

/// Rows out of maps, and back.
struct Unfold(MapShape, Window);

impl Operation<2, 2> for Unfold {
    fn run<K: Kernels + Maps>(
        &self,
        k: &K,
        [rows, dx]: [&mut K::Buffer; 2],
        [x, d_rows]: [&K::Buffer; 2],
    ) {
        k.unfold(rows, x, self.0, self.1);
        k.unfold_grad(dx, d_rows, self.0, self.1);
    }
}

/// The largest values, and where their gradients go.
struct MaxPool(MapShape, Window);

impl Operation<2, 2> for MaxPool {
    fn run<K: Kernels + Maps>(
        &self,
        k: &K,
        [y, dx]: [&mut K::Buffer; 2],
        [x, dy]: [&K::Buffer; 2],
    ) {
        k.max_pool(y, x, self.0, self.1);
        k.max_pool_grad(dx, dy, [x, y], self.0, self.1);
    }
}

/// ReLU, and what passes it on the way back.
struct Relu(usize);

impl Operation<2, 0> for Relu {
    fn run<K: Kernels + Maps>(&self, k: &K, [x, d]: [&mut K::Buffer; 2], []: [&K::Buffer; 0]) {
        k.relu(x, self.0);
        k.relu_grad(d, x, self.0);
    }
}

/// Means, and what they pass on.
struct Cells(MapShape, usize);

impl Operation<2, 2> for Cells {
    fn run<K: Kernels + Maps>(
        &self,
        k: &K,
        [y, dx]: [&mut K::Buffer; 2],
        [x, dy]: [&K::Buffer; 2],
    ) {
        k.mean_cells(y, x, self.0, self.1);
        k.mean_cells_grad(dx, dy, self.0, self.1);
    }
}

fn shape() -> impl Strategy<Value = MapShape> {
    let sizes = (1_usize..4, 1_usize..12, 1_usize..20);
    sizes.prop_map(|(images, side, channels)| MapShape { images, side, channels })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn unfolding_is_right(
        shape in shape(),
        size in 1_usize..12,
        stride in 1_usize..5,
        frame in 0_usize..4,
        seed: u64,
    ) {
        // A window that reaches beyond both edges at once, and maps that it does not fit.
        let window = Window { size: size.min(shape.side + 2 * frame), stride, frame };
        let rows = window.over(shape).places() * window.width(shape.channels);
        let mut draw = Draw::new(seed);
        let [written, read] = [[rows, shape.len()], [shape.len(), rows]];
        let [written, read] = [written, read].map(|lens| lens.map(|len| draw.buffer(len)));
        check(&Unfold(shape, window), written, read, 1e-6)?;
    }

    #[test]
    fn pooling_is_right(shape in shape(), size in 1_usize..5, stride in 1_usize..4, seed: u64) {
        let window = Window { size: size.min(shape.side), stride, frame: 0 };
        let (before, after) = (shape.len(), window.over(shape).len());
        let mut draw = Draw::new(seed);
        let written = [after, before].map(|len| draw.buffer(len));
        // Few values, so that several places of a window have the largest.
        let x: Vec<f32> = draw.buffer(before).iter().map(|value| value.round()).collect();
        check(&MaxPool(shape, window), written, [x, draw.buffer(after)], 1e-6)?;
    }

    #[test]
    fn rectifying_is_right(len in 1_usize..100, seed: u64) {
        let mut draw = Draw::new(seed);
        check(&Relu(len), [len, len].map(|len| draw.buffer(len)), [], 0.0)?;
    }

    #[test]
    fn means_of_cells_are_right(shape in shape(), cells in 1_usize..8, seed: u64) {
        let (before, after) = (shape.len(), shape.images * shape.channels * cells * cells);
        let mut draw = Draw::new(seed);
        let written = [after, before].map(|len| draw.buffer(len));
        let read = [before, after].map(|len| draw.buffer(len));
        check(&Cells(shape, cells), written, read, 1e-6)?;
    }
}

#[test]
fn what_is_no_number_stays_so() {
    use crate::kernels::cpu::Cpu;
    let (shape, window) =
        (MapShape { images: 1, side: 2, channels: 1 }, Window { size: 2, stride: 1, frame: 0 });
    for place in 0..4 {
        let mut x = vec![1.0; 4];
        x[place] = f32::NAN;
        Cpu::ONE.relu(&mut x, 4);
        let mut y = vec![0.0];
        Cpu::ONE.max_pool(&mut y, &x, shape, window);
        assert!(y[0].is_nan(), "place {place}");
    }
}
