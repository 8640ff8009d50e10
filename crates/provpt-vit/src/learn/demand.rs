//! What a backward pass is to find out beside the prompts' gradients.

use super::{Array, Part, Site};
use crate::Architecture;

/// The arrays that learn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// In order.
    sites: Vec<Site>,
}

impl Demand {
    pub(crate) fn new(sites: impl IntoIterator<Item = Site>) -> Self {
        let mut sites: Vec<Site> =
            sites.into_iter().filter(|site| *site != Site::LowScale).collect();
        sites.sort_unstable();
        Self { sites }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }

    /// Whether something learns that tokens are made of.
    pub(crate) fn has_embedding(&self) -> bool {
        self.sites.iter().any(|site| site.is_embedding())
    }

    /// The first block that the backward pass goes through; none if it ends at the final norm.
    pub(crate) fn first_block(&self) -> Option<usize> {
        if self.has_embedding() {
            return Some(0);
        }
        let block = |site: &Site| match site {
            Site::Block(block, ..) | Site::Merge(block, ..) => Some(*block),
            _ => None,
        };
        self.sites.iter().filter_map(block).min()
    }

    /// Whether the gradient has to reach the queries, keys and values of a block.
    pub(crate) fn reaches_attention(&self, block: usize) -> bool {
        let early = |part| matches!(part, Part::Norm1 | Part::Query | Part::KeyValue);
        self.sites
            .iter()
            .any(|site| matches!(site, Site::Block(b, part, _) if *b == block && early(*part)))
    }

    /// Whether blocks have to keep what attention and MLP put out.
    pub(crate) fn keeps_outputs(&self) -> bool {
        let kept = |site: &Site| match site {
            Site::Block(_, Part::Proj, array) => *array != Array::Bias,
            Site::Block(_, part, _) => matches!(part, Part::Scale1 | Part::Scale2),
            _ => false,
        };
        self.sites.iter().any(kept)
    }

    /// The backbone's own matrices that learn, and their inputs and outputs.
    pub(crate) fn matrices<'a>(
        &'a self,
        a: &'a Architecture,
    ) -> impl Iterator<Item = (Site, [usize; 2])> + 'a {
        self.sites.iter().filter_map(|site| Some((*site, site.matrix(a)?)))
    }

    /// The sums that gradients are made of, in order: one of the tokens' gradients serves all that
    /// is added to tokens.
    pub(crate) fn sums(&self) -> impl Iterator<Item = Site> + '_ {
        let is_added =
            |site: &Site| matches!(site, Site::Position | Site::Cls | Site::Patch(Array::Bias));
        let tokens = self.sites.iter().any(is_added).then_some(Site::Position);
        tokens.into_iter().chain(self.sites.iter().copied().filter(move |site| !is_added(site)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_place_that_learns_is_where_the_way_back_ends() {
        let fc1 = Site::Block(2, Part::Fc1, Array::Bias);
        let norm = Site::Norm(Array::Bias);
        let query = Site::Block(3, Part::Query, Array::Bias);
        assert_eq!(Demand::default().first_block(), None);
        assert_eq!(Demand::new([norm]).first_block(), None);
        let demand = Demand::new([query, norm, fc1]);
        assert_eq!((demand.first_block(), demand.has_embedding()), (Some(2), false));
        assert_eq!([2, 3].map(|block| demand.reaches_attention(block)), [false, true]);
        let demand = Demand::new([fc1, Site::Cls]);
        assert_eq!((demand.first_block(), demand.has_embedding()), (Some(0), true));
    }

    #[test]
    fn one_sum_serves_all_that_is_added_to_tokens() {
        let weight = Site::Patch(Array::Weight);
        let demand = Demand::new([Site::Patch(Array::Bias), weight, Site::Cls]);
        assert_eq!(demand.sums().collect::<Vec<_>>(), [Site::Position, weight]);
        assert_eq!(Demand::new([weight]).sums().collect::<Vec<_>>(), [weight]);
    }
}
