//! Given arrays, cut into what stands at one place each.

use std::collections::BTreeMap;

use super::site::DOWN;
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
}

impl<'a> Pieces<'a> {
    /// # Errors
    /// The network has no array of such a name, or of another size, or it is given twice.
    pub(crate) fn new(weights: &[Weight<'a>], a: &Architecture) -> Result<Self, Error> {
        let (mut pieces, mut counts) = (Vec::new(), Vec::new());
        let bottleneck = bottleneck(weights, a)?;
        for &Weight { name, values } in weights {
            let unknown = || Error::UnknownWeight { name: name.to_owned() };
            let sites = Site::of(name, a, bottleneck).ok_or_else(unknown)?;
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
        Ok(Self { pieces, counts, demand })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Site, &'a [f32])> + '_ {
        self.pieces.iter().copied()
    }

    /// What a backward pass is asked for if all of them learn.
    pub(crate) fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Gradients of the given arrays, from the sums that [`Demand::sums`] names.
    pub(crate) fn gradients(
        &self,
        mut sums: BTreeMap<Site, Vec<f32>>,
        a: &Architecture,
    ) -> Vec<Vec<f32>> {
        let mut sites = self.pieces.iter().map(|(site, _)| *site);
        let join = |&count: &usize| {
            let mut parts = sites.by_ref().take(count).map(|site| gradient(site, &mut sums, a));
            let first = parts.next().unwrap_or_default();
            parts.fold(first, |mut all, part| {
                all.extend(part);
                all
            })
        };
        self.counts.iter().map(join).collect()
    }
}

/// Values between the two maps of the adapters, if there are any: as many as the first bias there.
fn bottleneck(weights: &[Weight<'_>], a: &Architecture) -> Result<Option<usize>, Error> {
    let end = format!(".{DOWN}.bias");
    let Some(bias) = weights.iter().find(|weight| weight.name.ends_with(&end)) else {
        return Ok(None);
    };
    match bias.values.len() {
        got if (1..=a.mlp_width).contains(&got) => Ok(Some(got)),
        got => {
            let (name, expected) = (bias.name.to_owned(), a.mlp_width);
            Err(Error::Bottleneck { name, expected, got })
        }
    }
}

/// The gradient of one piece.
fn gradient(site: Site, sums: &mut BTreeMap<Site, Vec<f32>>, a: &Architecture) -> Vec<f32> {
    let tokens = || sums.get(&Site::Position).map_or(&[][..], Vec::as_slice);
    match site {
        Site::Position => tokens().to_vec(),
        Site::Cls => tokens().chunks(a.width).next().unwrap_or_default().to_vec(),
        Site::Patch(Array::Bias) => {
            let mut total = vec![0.0; a.width];
            for row in tokens().chunks_exact(a.width).skip(1) {
                total.iter_mut().zip(row).for_each(|(total, value)| *total += value);
            }
            total
        }
        _ => {
            let mut sum = sums.remove(&site).unwrap_or_default();
            match site {
                Site::Block(block, Part::KeyValue, Array::Bias) => {
                    // The bias of keys shifts a whole row of logits: what is found is rounding
                    // noise, which some optimizers would divide by itself.
                    sum.iter_mut().take(a.block_width(block)).for_each(|value| *value = 0.0);
                    sum
                }
                Site::Block(block, Part::Positions, _) => {
                    position_table::fold(&sum, a.block_window(block), a.block_heads(block))
                }
                _ => sum,
            }
        }
    }
}
