use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::records::{self, Entry};
use super::{Example, Feature, RecordPlace, Tfds, TfdsError};

/// The examples of one split, in the order of the files: shard by shard, record by record. This is
/// what `train[:800]` counts in. (The official library shows examples of several shards in turn
/// unless its `interleave_cycle_length` is 1.)
///
/// Knows where each record is; examples are read and checked when asked for, from any thread.
#[derive(Debug, Clone)]
pub struct TfdsSplit<'a> {
    name: &'a str,
    features: &'a [Feature],
    shards: Arc<Shards>,
}

/// Where every record of a split is.
#[derive(Debug)]
pub(super) struct Shards {
    shards: Vec<Shard>,
    len: usize,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    /// None where the shard is not wanted.
    entries: Vec<Entry>,
    /// Examples in the shards before.
    start: usize,
}

impl<'a> TfdsSplit<'a> {
    /// With the shards that hold examples of `part`, or with all.
    pub(super) fn open(
        set: &'a Tfds,
        name: &str,
        part: Option<Range<usize>>,
    ) -> Result<Self, TfdsError> {
        let split = set.info.split(&set.folder, name)?;
        let shards = split.shard_lengths.len();
        let (mut starts, mut len) = (Vec::with_capacity(shards), 0_usize);
        for length in &split.shard_lengths {
            starts.push(len);
            len = len.saturating_add(usize::try_from(length.0).unwrap_or(usize::MAX));
        }
        let wanted = |i: usize| {
            let end = starts.get(i + 1).copied().unwrap_or(len);
            part.as_ref().is_none_or(|part| starts[i] < part.end && part.start < end)
        };
        let indexed: Vec<_> = (0..shards)
            .into_par_iter()
            .map(|i| {
                let path = set.info.shard(&set.folder, split, i)?;
                if !wanted(i) {
                    return Ok((path, Vec::new()));
                }
                if !path.is_file() {
                    return Err(TfdsError::MissingShard { path, number: i + 1, shards });
                }
                let entries = records::index(&path)?;
                let (expected, got) = (split.shard_lengths[i].0, entries.len() as u64);
                if got != expected {
                    return Err(TfdsError::RecordCount { path, expected, got });
                }
                Ok((path, entries))
            })
            .collect();
        let mut shards = Vec::with_capacity(indexed.len());
        for (shard, &start) in indexed.into_iter().zip(&starts) {
            let (path, entries) = shard?;
            shards.push(Shard { path, entries, start });
        }
        let shards = Arc::new(Shards { shards, len });
        Ok(Self { name: &split.name, features: &set.features, shards })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.shards.len
    }

    /// True when there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads example `index`, counted over all shards.
    ///
    /// # Errors
    /// [`TfdsError::Range`]; [`TfdsError::Checksum`], [`TfdsError::Truncated`] and
    /// [`TfdsError::Malformed`] for a damaged record.
    pub fn example(&self, index: usize) -> Result<Example<'a>, TfdsError> {
        self.check(&(index..index.saturating_add(1)))?;
        self.shards.example(index, self.features)
    }

    /// Reads the examples of a range one after the other.
    ///
    /// # Errors
    /// [`TfdsError::Range`]; each example as [`Self::example`].
    pub fn examples(
        &self,
        range: Range<usize>,
    ) -> Result<impl Iterator<Item = Result<Example<'a>, TfdsError>>, TfdsError> {
        self.check(&range)?;
        Ok(range.map(move |index| self.example(index)))
    }

    pub(super) fn features(&self) -> &'a [Feature] {
        self.features
    }

    /// Where its records are, for longer than the data set is open.
    pub(super) fn shards(&self) -> Arc<Shards> {
        Arc::clone(&self.shards)
    }

    fn check(&self, &Range { start, end }: &Range<usize>) -> Result<(), TfdsError> {
        if start <= end && end <= self.len() {
            return Ok(());
        }
        let (split, len) = (self.name.to_owned(), self.len());
        Err(TfdsError::Range { split, len, start, end })
    }
}

impl Shards {
    /// Reads example `index`, which must be there.
    pub(super) fn example<'f>(
        &self,
        index: usize,
        features: &'f [Feature],
    ) -> Result<Example<'f>, TfdsError> {
        let (shard, number) = self.locate(index);
        let entry = shard.entries.get(number).copied().ok_or_else(|| TfdsError::RecordCount {
            path: shard.path.clone(),
            expected: number as u64 + 1,
            got: shard.entries.len() as u64,
        })?;
        let data = records::read(&shard.path, entry)?;
        let place = RecordPlace { shard: shard.path.clone(), offset: entry.offset };
        Example::new(data, features, place, number)
    }

    /// The shard of example `index`, and where in it the record starts.
    pub(super) fn place(&self, index: usize) -> (&Path, u64) {
        let (shard, number) = self.locate(index);
        (&shard.path, shard.entries.get(number).map_or(0, |entry| entry.offset))
    }

    fn locate(&self, index: usize) -> (&Shard, usize) {
        let after = self.shards.partition_point(|shard| shard.start <= index);
        let shard = &self.shards[after - 1];
        (shard, index - shard.start)
    }
}
