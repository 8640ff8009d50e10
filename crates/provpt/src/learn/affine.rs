//! Affine maps of a few rows, and the way back through them: of prompts that do not come as rows of
//! the backbone's width.

use crate::math::vector::{axpy, dot};

/// `y[rows, outputs] = x[rows, inner] Wᵀ + b` for `W [outputs, inner]`.
pub(crate) fn apply(x: &[f32], weight: &[f32], bias: Option<&[f32]>, inner: usize) -> Vec<f32> {
    let outputs = weight.chunks_exact(inner).enumerate();
    let row = |x| outputs.clone().map(move |(i, w)| bias.map_or(0.0, |bias| bias[i]) + dot(w, x));
    x.chunks_exact(inner).flat_map(row).collect()
}

/// The gradient by `x`, given that by `y`.
pub(crate) fn by_input(dy: &[f32], weight: &[f32], inner: usize) -> Vec<f32> {
    let outputs = weight.len() / inner;
    let mut dx = vec![0.0; dy.len() / outputs * inner];
    for (dx, dy) in dx.chunks_exact_mut(inner).zip(dy.chunks_exact(outputs)) {
        weight.chunks_exact(inner).zip(dy).for_each(|(w, &dy)| axpy(dx, dy, w));
    }
    dx
}

/// The gradient by `W`, given that by `y`.
pub(crate) fn by_weight(dy: &[f32], x: &[f32], outputs: usize, inner: usize) -> Vec<f32> {
    let mut dw = vec![0.0; outputs * inner];
    for (x, dy) in x.chunks_exact(inner).zip(dy.chunks_exact(outputs)) {
        dw.chunks_exact_mut(inner).zip(dy).for_each(|(dw, &dy)| axpy(dw, dy, x));
    }
    dw
}

/// The gradient by `b`, given that by `y`.
pub(crate) fn by_bias(dy: &[f32], outputs: usize) -> Vec<f32> {
    let mut db = vec![0.0; outputs];
    dy.chunks_exact(outputs).for_each(|dy| axpy(&mut db, 1.0, dy));
    db
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_the_map() {
        let value = |i: usize| ((i * 7919) % 101) as f32 / 50.0 - 1.0;
        let values = |from: usize, len: usize| (from..from + len).map(value).collect::<Vec<f32>>();
        let (x, w, b, c) = (values(0, 6), values(10, 15), values(30, 5), values(40, 10));
        // The sum of c times y.
        let loss = |x: &[f32], w: &[f32], b: &[f32]| -> f32 { dot(&apply(x, w, Some(b), 3), &c) };
        let gradients = [by_input(&c, &w, 3), by_weight(&c, &x, 5, 3), by_bias(&c, 5)];
        for (array, gradient) in gradients.iter().enumerate() {
            for (place, gradient) in gradient.iter().enumerate() {
                let at = |step: f32| {
                    let mut arrays = [x.clone(), w.clone(), b.clone()];
                    arrays[array][place] += step;
                    loss(&arrays[0], &arrays[1], &arrays[2])
                };
                let slope = (at(0.5) - at(-0.5)) / 1.0;
                assert!((slope - gradient).abs() < 1e-4, "{array}[{place}]: {gradient} {slope}");
            }
        }
    }
}
