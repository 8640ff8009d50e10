//! Sums on their way to the host.

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use super::part::State;
use crate::error::Error;
use crate::kernels::{Download, Kernels};
use crate::learn::Site;

/// Sums that are read: of each part its place, its length, and what it is.
pub(crate) struct Held<'a, K: Kernels>(Vec<HeldPart<'a, K>>);

type HeldPart<'a, K> = (Site, usize, MutexGuard<'a, State<K>>);

impl<'a, K: Kernels> Held<'a, K> {
    pub(super) fn new(parts: impl Iterator<Item = HeldPart<'a, K>>) -> Self {
        Self(parts.collect())
    }

    /// Room for them on the host.
    pub(in crate::net::vit) fn zeros(&self) -> BTreeMap<Site, Vec<f32>> {
        let mut lens: BTreeMap<Site, usize> = BTreeMap::new();
        self.0.iter().for_each(|(site, len, _)| *lens.entry(*site).or_default() += len);
        lens.into_iter().map(|(site, len)| (site, vec![0.0; len])).collect()
    }

    /// What is to be fetched, and where to.
    pub(in crate::net::vit) fn downloads<'h>(
        &'h self,
        host: &'h mut BTreeMap<Site, Vec<f32>>,
    ) -> Vec<Download<'h, K::Buffer>> {
        let mut rest: BTreeMap<Site, &mut [f32]> =
            host.iter_mut().map(|(site, whole)| (*site, &mut whole[..])).collect();
        let mut parts = Vec::with_capacity(self.0.len());
        for (site, len, state) in &self.0 {
            let whole = rest.remove(site).unwrap_or_default();
            let (part, more) = whole.split_at_mut(*len);
            rest.insert(*site, more);
            // Nothing was added to what nobody came to.
            if state.turns > 0 {
                parts.push((state.sum.get(), part));
            }
        }
        parts
    }

    /// Waits for the device and fetches them all.
    ///
    /// # Errors
    /// The device failed on the way.
    pub(crate) fn download(&self, k: &K) -> Result<BTreeMap<Site, Vec<f32>>, Error> {
        let mut host = self.zeros();
        if !host.is_empty() {
            k.download(&mut self.downloads(&mut host))?;
        }
        Ok(host)
    }
}
