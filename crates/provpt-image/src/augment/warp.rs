//! Other shapes: rotated, sheared, moved.

use super::colour::Colours;

/// What shows where an image has been moved away.
const GREY: [f32; 3] = [128.0; 3];

/// An affine map of target places to source places, both counted from the centre.
#[derive(Clone, Copy)]
pub(super) struct Affine {
    /// Rows of the matrix.
    pub(super) matrix: [[f32; 2]; 2],
    /// Added behind it, in pixels.
    pub(super) offset: [f32; 2],
}

impl Affine {
    pub(super) fn rotation(degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self { matrix: [[cos, -sin], [sin, cos]], offset: [0.0; 2] }
    }

    pub(super) fn shear(x: f32, y: f32) -> Self {
        Self { matrix: [[1.0, x], [y, 1.0]], offset: [0.0; 2] }
    }

    pub(super) fn shift(x: f32, y: f32) -> Self {
        Self { matrix: [[1.0, 0.0], [0.0, 1.0]], offset: [x, y] }
    }
}

impl Colours {
    /// Shows at every place what stands where `affine` sends it, interpolated between pixels.
    pub(super) fn warp(&mut self, affine: Affine) {
        let (side, old) = (self.side, self.pixels.clone());
        let centre = (side as f32 - 1.0) / 2.0;
        let Affine { matrix: [row_x, row_y], offset } = affine;
        for (place, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = ((place % side) as f32 - centre, (place / side) as f32 - centre);
            let from_x = row_x[0] * x + row_x[1] * y + offset[0] + centre;
            let from_y = row_y[0] * x + row_y[1] * y + offset[1] + centre;
            *pixel = between(&old, side, from_x, from_y);
        }
    }
}

/// The colour at a place between pixels.
fn between(pixels: &[[f32; 3]], side: usize, x: f32, y: f32) -> [f32; 3] {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, lower_share) = (x - left, y - top);
    let at = |x: f32, y: f32| {
        let inside = |place: f32| (0.0..side as f32).contains(&place);
        if inside(x) && inside(y) { pixels[y as usize * side + x as usize] } else { GREY }
    };
    let corners =
        [at(left, top), at(left + 1.0, top), at(left, top + 1.0), at(left + 1.0, top + 1.0)];
    std::array::from_fn(|c| {
        let [a, b, d, e] = corners.map(|corner| corner[c]);
        let (upper, lower) = (a + right_share * (b - a), d + right_share * (e - d));
        upper + lower_share * (lower - upper)
    })
}
