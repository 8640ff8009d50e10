//! Given arrays, cut into what stands at one place each.

use std::collections::BTreeMap;

use super::low;
use super::site::{DOWN, Inside};
use super::{Array, Demand, Part, Site, Weight};
use crate::Architecture;
use crate::error::Error;
use crate::position_table;

/// What is in the place of the backbone's own arrays.
pub(crate) struct Pieces<'a> {
    /// Where, and the values there.
    pieces: Vec<(Site, &'a [f32])>,
    /// How many pieces each of the arrays consists of.
    counts: Vec<usize>,
    demand: Demand,
    /// What matrices of low rank are multiplied with.
    low_scale: f32,
}

impl<'a> Pieces<'a> {
    /// # Errors
    /// The network has no array of such a name, or of another size, or it is given twice.
    pub(crate) fn new(weights: &[Weight<'a>], a: &Architecture) -> Result<Self, Error> {
        let (mut pieces, mut counts) = (Vec::new(), Vec::new());
        let rank = low::rank(weights, a)?;
        let inside = Inside { bottlenecks: bottlenecks(weights, a)?, rank };
        for &Weight { name, values } in weights {
            let unknown = || Error::UnknownWeight { name: name.to_owned() };
            let sites = Site::of(name, a, &inside).ok_or_else(unknown)?;
            if pieces.iter().any(|(site, _)| *site == sites[0]) {
                return Err(Error::WeightTwice { name: name.to_owned() });
            }
            let expected = sites.iter().map(|site| site.len(a)).sum();
            if values.len() != expected {
                let (name, got) = (name.to_owned(), values.len());
                return Err(Error::TensorLength { name, expected, got });
            }
            counts.push(sites.len());
            let mut rest = values;
            for site in sites {
                let (piece, more) = rest.split_at(site.len(a));
                pieces.push((site, piece));
                rest = more;
            }
        }
        let demand = Demand::new(pieces.iter().map(|(site, _)| *site));
        let low_scale = low::scale(&pieces);
        Ok(Self { pieces, counts, demand, low_scale })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Site, &'a [f32])> + '_ {
        self.pieces.iter().copied()
    }

    /// What a backward pass is asked for if all of them learn.
    pub(crate) fn demand(&self) -> &Demand {
        &self.demand
    }

    /// What matrices of low rank are multiplied with.
    pub(crate) fn low_scale(&self) -> f32 {
        self.low_scale
    }

    /// Puts gradients of matrices in the places that [`Self::gradients`] left empty.
    pub(crate) fn put_matrices(
        &self,
        mut sums: BTreeMap<Site, Vec<f32>>,
        gradients: &mut [Vec<f32>],
    ) {
        let mut sites = self.pieces.iter().map(|(site, _)| site);
        for (&count, gradient) in self.counts.iter().zip(gradients) {
            for sum in sites.by_ref().take(count).filter_map(|site| sums.remove(site)) {
                if gradient.is_empty() {
                    *gradient = sum;
                } else {
                    gradient.extend(sum);
                }
            }
        }
    }

    /// Gradients of the given arrays, from the sums that [`Demand::sums`] names; without values where
    /// there is none.
    pub(crate) fn gradients(
        &self,
        mut sums: BTreeMap<Site, Vec<f32>>,
        a: &Architecture,
    ) -> Vec<Vec<f32>> {
        let mut sites = self.pieces.iter().map(|(site, _)| *site);
        let join = |&count: &usize| {
            let mut parts =
                sites.by_ref().take(count).map(|site| self.gradient(site, &mut sums, a));
            let first = parts.next().unwrap_or_default();
            parts.fold(first, |mut all, part| {
                all.extend(part);
                all
            })
        };
        self.counts.iter().map(join).collect()
    }

    /// The gradient of one piece.
    fn gradient(
        &self,
        site: Site,
        sums: &mut BTreeMap<Site, Vec<f32>>,
        a: &Architecture,
    ) -> Vec<f32> {
        let tokens = || sums.get(&Site::Position).map_or(&[][..], Vec::as_slice);
        match site {
            Site::Position => tokens().to_vec(),
            Site::Cls => tokens().chunks(a.width).next().unwrap_or_default().to_vec(),
            Site::Patch(Array::Bias) => {
                let mut total = vec![0.0; a.width];
                for row in tokens().chunks_exact(a.width).skip(1) {
                    total.iter_mut().zip(row).for_each(|(total, value)| *total += value);
                }
                // What is behind it is between the tokens and it.
                let scale = self.iter().find(|(site, _)| *site == Site::Patch(Array::Scale));
                let scale = scale.map_or(&[][..], |(_, scale)| scale);
                total.iter_mut().zip(scale).for_each(|(total, scale)| *total *= scale);
                total
            }
            Site::LowScale => vec![0.0],
            Site::Block(block, part, Array::LowB(low)) => {
                let sum = sums.remove(&site).unwrap_or_default();
                low.own(&sum, self.low_scale, part.outputs(a, block))
            }
            Site::Block(block, Part::Positions, _) => {
                let sum = sums.remove(&site).unwrap_or_default();
                position_table::fold(&sum, a.block_window(block), a.block_heads(block))
            }
            _ => {
                let mut sum = sums.remove(&site).unwrap_or_default();
                if let Site::Block(block, Part::KeyValue, Array::Bias) = site {
                    // The bias of keys shifts a whole row of logits: what is found is rounding noise,
                    // which some optimizers would divide by itself.
                    sum.iter_mut().take(a.block_width(block)).for_each(|value| *value = 0.0);
                }
                sum
            }
        }
    }
}

/// Values between the two maps of each block's adapter, if it has one: as many as the first bias
/// there.
fn bottlenecks(weights: &[Weight<'_>], a: &Architecture) -> Result<BTreeMap<usize, usize>, Error> {
    let end = format!("{DOWN}.bias");
    let biases = weights.iter().filter_map(|weight| {
        let (block, part) = a.block_in(weight.name)?;
        (part == end).then_some((block, weight))
    });
    let bottleneck = |(block, weight): (usize, &Weight<'_>)| {
        let (expected, got) = (a.block_mlp_width(block), weight.values.len());
        if (1..=expected).contains(&got) {
            return Ok((block, got));
        }
        Err(Error::Bottleneck { name: weight.name.to_owned(), expected, got })
    };
    biases.map(bottleneck).collect()
}
