//! A network beside the frozen one (Zhang et al., Side-Tuning, ECCV 2020; beside a ViT: Jia et al.,
//! ECCV 2022): `f = s E(x) + (1 - s) W G(x)`, where all but E learns, and `s = 1 / (1 + exp(-alpha))`.

use super::Weight;
use crate::alexnet::AlexNetShape;
use crate::error::Error;

/// In front of the names of the network's own arrays.
const OWN: &str = "side.";
/// `W`, `[d, side's d]`.
const PROJECTION: &str = "side_projection.weight";
/// `alpha`, one value.
const ALPHA: &str = "side_alpha";

/// The arrays of a side network, and of what joins it to the other one.
pub(crate) struct Side<'a> {
    /// The network's own, under its own names.
    pub(crate) own: Vec<Weight<'a>>,
    pub(crate) projection: Projection<'a>,
    pub(crate) joint: Joint,
    /// Which gradient each array has, in the order given.
    places: Vec<Place>,
}

enum Place {
    Own,
    Projection,
    Alpha,
}

/// `W`.
#[derive(Clone, Copy)]
pub(crate) struct Projection<'a> {
    pub(crate) values: &'a [f32],
    /// Width of the side's features.
    inputs: usize,
}

/// How both networks' features become one.
#[derive(Clone, Copy)]
pub(crate) struct Joint {
    /// Of the frozen network.
    share: f32,
}

/// Whether an array is the side's.
pub(crate) fn is_side(name: &str) -> bool {
    name.starts_with(OWN) || name == PROJECTION || name == ALPHA
}

impl<'a> Side<'a> {
    /// Tells them apart, for a frozen network of this width and a side with so many features.
    ///
    /// # Errors
    /// What joins them is missing or of another size, or something else is tuned, too.
    pub(crate) fn new(
        weights: &[Weight<'a>],
        width: usize,
        features: usize,
    ) -> Result<Self, Error> {
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
        let values = sized(PROJECTION, projection, width.saturating_mul(features))?;
        let alpha = sized(ALPHA, alpha, 1)?;
        let joint = Joint { share: 1.0 / (1.0 + (-alpha[0]).exp()) };
        Ok(Self { own, projection: Projection { values, inputs: features }, joint, places })
    }

    /// Gradients in the order of the arrays, given those of the side's own in theirs.
    pub(crate) fn gradients(
        &self,
        own: Vec<Vec<f32>>,
        projection: Vec<f32>,
        alpha: f64,
    ) -> Vec<Vec<f32>> {
        let (mut own, mut projection) = (own.into_iter(), Some(projection));
        let mut gradient = |place: &Place| match place {
            Place::Own => own.next().unwrap_or_default(),
            Place::Projection => projection.take().unwrap_or_default(),
            Place::Alpha => vec![alpha as f32],
        };
        self.places.iter().map(&mut gradient).collect()
    }
}

impl Joint {
    /// `s E + (1 - s) W G` of features `[n, d]` and the side's, projected.
    pub(crate) fn join(self, frozen: &[f32], projected: &[f32]) -> Vec<f32> {
        let joint = frozen.iter().zip(projected);
        joint.map(|(e, g)| self.share * e + (1.0 - self.share) * g).collect()
    }

    /// The gradients of the side's projected features and of alpha, given that of the joint ones.
    pub(crate) fn back(
        self,
        frozen: &[f32],
        projected: &[f32],
        d_features: &[f32],
    ) -> (Vec<f32>, f64) {
        let pairs = d_features.iter().zip(frozen.iter().zip(projected));
        let along: f64 = pairs.map(|(&d, (&e, &s))| f64::from(d) * f64::from(e - s)).sum();
        let share = f64::from(self.share);
        let d_projected = d_features.iter().map(|d| (1.0 - self.share) * d).collect();
        (d_projected, share * (1.0 - share) * along)
    }
}

impl Projection<'_> {
    /// `W G`, `[n, d]`, of features `[n, inputs]`.
    pub(crate) fn forward(&self, side: &[f32]) -> Vec<f32> {
        let outputs = |g| self.values.chunks_exact(self.inputs).map(move |w| dot(w, g));
        side.chunks_exact(self.inputs).flat_map(outputs).collect()
    }

    /// The gradients of the side's features and of `W`, given that of `W G`.
    pub(crate) fn back(&self, side: &[f32], d_projected: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let inputs = self.inputs;
        let (mut d_side, mut d_values) = (vec![0.0; side.len()], vec![0.0; self.values.len()]);
        let images =
            d_projected.chunks_exact(self.values.len() / inputs).zip(side.chunks_exact(inputs));
        for ((d, g), d_g) in images.zip(d_side.chunks_exact_mut(inputs)) {
            let rows = self.values.chunks_exact(inputs).zip(d_values.chunks_exact_mut(inputs));
            for (&d, (w, d_w)) in d.iter().zip(rows) {
                d_g.iter_mut().zip(w).for_each(|(sum, w)| *sum += d * w);
                d_w.iter_mut().zip(g).for_each(|(sum, g)| *sum += d * g);
            }
        }
        (d_side, d_values)
    }
}

/// The arrays of an AlexNet that learns beside another network.
pub(crate) struct SideArrays<'a> {
    /// Of each convolution: weights and biases.
    pub(crate) layers: [[&'a [f32]; 2]; 5],
    pub(crate) projection: &'a [f32],
    /// For each array given, which of these it is.
    pub(crate) order: Vec<usize>,
}

impl<'a> SideArrays<'a> {
    /// # Errors
    /// An array is missing, unknown, given twice or of another size.
    pub(crate) fn new(side: &Side<'a>, shape: AlexNetShape) -> Result<Self, Error> {
        let known = shape.arrays();
        let (mut found, mut order) = ([None; 10], Vec::new());
        for Weight { name, values } in &side.own {
            let own = || (*name).to_owned();
            let place = known.iter().position(|(known, _)| known == name);
            let place = place.ok_or_else(|| Error::UnknownWeight { name: own() })?;
            if found[place].replace(*values).is_some() {
                return Err(Error::WeightTwice { name: own() });
            }
            order.push(place);
        }
        let array = |place: usize| {
            let (name, shape) = &known[place];
            let expected = shape.iter().fold(1, |len: usize, extent| len.saturating_mul(*extent));
            sized(name, found[place], expected)
        };
        let layer =
            |index: usize| -> Result<_, Error> { Ok([array(2 * index)?, array(2 * index + 1)?]) };
        let layers = [layer(0)?, layer(1)?, layer(2)?, layer(3)?, layer(4)?];
        Ok(Self { layers, projection: side.projection.values, order })
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
