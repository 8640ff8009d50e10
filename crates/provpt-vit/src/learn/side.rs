//! A network beside the frozen one (Zhang et al., Side-Tuning, ECCV 2020; beside a ViT: Jia et al.,
//! ECCV 2022): `f = s E(x) + (1 - s) W G(x)`, where all but E learns, and `s = 1 / (1 + exp(-alpha))`.

use super::{Pieces, Weight};
use crate::Architecture;
use crate::error::Error;

/// In front of the names of the network's own arrays.
const OWN: &str = "side.";
/// `W`, `[d, side's d]`.
const PROJECTION: &str = "side_projection.weight";
/// `alpha`, one value.
const ALPHA: &str = "side_alpha";

/// What joins the side to the other network.
pub(crate) struct Side<'a> {
    projection: &'a [f32],
    /// Share of the frozen network.
    share: f32,
    /// Which gradient each array of the side has, in the order given.
    places: Vec<Place>,
    /// Widths of features: the frozen network's and the side's.
    widths: [usize; 2],
}

enum Place {
    Own,
    Projection,
    Alpha,
}

/// What the loss says of some images: gradients of the projection and of alpha.
pub(crate) struct Joint {
    pub(crate) projection: Vec<f32>,
    pub(crate) alpha: f64,
}

/// Whether an array is the side's.
pub(crate) fn is_side(name: &str) -> bool {
    name.starts_with(OWN) || name == PROJECTION || name == ALPHA
}

impl<'a> Side<'a> {
    /// The joint, and the side's own arrays.
    ///
    /// # Errors
    /// An array is missing, unknown or of another size, or something else is tuned, too.
    pub(crate) fn new(
        weights: &[Weight<'a>],
        frozen: &Architecture,
        side: &Architecture,
    ) -> Result<(Self, Pieces<'a>), Error> {
        let (mut own, mut places) = (Vec::new(), Vec::new());
        let (mut projection, mut alpha) = (None, None);
        for weight in weights {
            let place = match weight.name {
                PROJECTION => {
                    projection = Some(weight.values);
                    Place::Projection
                }
                ALPHA => {
                    alpha = Some(weight.values);
                    Place::Alpha
                }
                name => {
                    let other = || Error::BesideSide { name: name.to_owned() };
                    let name = name.strip_prefix(OWN).ok_or_else(other)?;
                    own.push(Weight { name, values: weight.values });
                    Place::Own
                }
            };
            places.push(place);
        }
        let widths = [frozen.width, side.width];
        let projection = sized(PROJECTION, projection, widths[0] * widths[1])?;
        let alpha = sized(ALPHA, alpha, 1)?;
        let share = 1.0 / (1.0 + (-alpha[0]).exp());
        Ok((Self { projection, share, places, widths }, Pieces::new(&own, side)?))
    }

    /// `s E + (1 - s) W G` of features `[n, d]` and the side's.
    pub(crate) fn join(&self, frozen: &[f32], side: &[f32]) -> Vec<f32> {
        let joint = frozen.iter().zip(self.projected(side));
        joint.map(|(e, g)| self.share * e + (1.0 - self.share) * g).collect()
    }

    /// `W G`, `[n, d]`.
    fn projected(&self, side: &[f32]) -> Vec<f32> {
        let inputs = self.widths[1];
        let outputs = |g| self.projection.chunks_exact(inputs).map(move |w| dot(w, g));
        side.chunks_exact(inputs).flat_map(outputs).collect()
    }

    /// The gradient of the side's features, given that of the joint ones; and what the loss says of
    /// the joint.
    pub(crate) fn back(
        &self,
        frozen: &[f32],
        side: &[f32],
        d_features: &[f32],
    ) -> (Vec<f32>, Joint) {
        let [width, inputs] = self.widths;
        let pairs = d_features.iter().zip(frozen.iter().zip(self.projected(side)));
        let along: f64 = pairs.map(|(&d, (&e, s))| f64::from(d) * f64::from(e - s)).sum();
        let share = f64::from(self.share);
        let mut joint =
            Joint { projection: vec![0.0; width * inputs], alpha: share * (1.0 - share) * along };
        let mut d_side = vec![0.0; side.len()];
        let images = d_features.chunks_exact(width).zip(side.chunks_exact(inputs));
        for ((d, g), d_g) in images.zip(d_side.chunks_exact_mut(inputs)) {
            let rows = self.projection.chunks_exact(inputs);
            for ((d, w), d_w) in d.iter().zip(rows).zip(joint.projection.chunks_exact_mut(inputs)) {
                let d = (1.0 - self.share) * d;
                d_g.iter_mut().zip(w).for_each(|(sum, w)| *sum += d * w);
                d_w.iter_mut().zip(g).for_each(|(sum, g)| *sum += d * g);
            }
        }
        (d_side, joint)
    }

    /// Gradients in the order of the arrays, given those of the side's own in theirs, and of the
    /// joint by parts of the batch.
    pub(crate) fn gradients(
        &self,
        own: Vec<Vec<f32>>,
        joints: impl Iterator<Item = Joint>,
    ) -> Vec<Vec<f32>> {
        let (mut projection, mut alpha) = (vec![0.0; self.projection.len()], 0.0);
        for joint in joints {
            projection.iter_mut().zip(&joint.projection).for_each(|(sum, part)| *sum += part);
            alpha += joint.alpha;
        }
        let mut own = own.into_iter();
        let gradient = |place: &Place| match place {
            Place::Own => own.next().unwrap_or_default(),
            Place::Projection => projection.clone(),
            Place::Alpha => vec![alpha as f32],
        };
        self.places.iter().map(gradient).collect()
    }
}

fn sized<'a>(name: &str, values: Option<&'a [f32]>, expected: usize) -> Result<&'a [f32], Error> {
    let name = || name.to_owned();
    let values = values.ok_or_else(|| Error::MissingTensor { name: name() })?;
    if values.len() == expected {
        return Ok(values);
    }
    Err(Error::TensorLength { name: name(), expected, got: values.len() })
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
