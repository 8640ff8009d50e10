//! In which order shards add to the parts of a sum.

/// Chunks of each shard.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    pub(super) chunks: Vec<usize>,
}

impl Turns {
    /// How often is added to a part before a shard does so for the `visit`th time: all shards' visits
    /// of before, and those of the same number by shards that come to this part sooner.
    ///
    /// A shard begins with the part of its own number, goes on to the last, and then to the first.
    /// So whoever waits, waits for a shard that is not so far yet: never for itself, nor in a ring.
    pub(super) fn before(
        &self,
        (visits, parts): (usize, usize),
        part: usize,
        (shard, visit): (usize, usize),
    ) -> usize {
        let place = |shard: usize| ((part + parts - shard % parts) % parts, shard);
        let earlier = |(other, chunks): (usize, &usize)| {
            let all = chunks * visits;
            all.min(visit) + usize::from(all > visit && place(other) < place(shard))
        };
        self.chunks.iter().enumerate().map(earlier).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;

    #[test]
    fn every_turn_is_somebodys() {
        let cases = [
            (vec![3, 3], 2),
            (vec![2, 3, 2], 3),
            (vec![1, 2, 0], 4),
            (vec![2, 2, 3], 2),
            (vec![4], 1),
        ];
        for (chunks, parts) in cases {
            let turns = Turns { chunks };
            for visits in [1, 2] {
                for part in 0..parts {
                    let of = |(shard, chunks): (usize, &usize)| {
                        let all = (0..chunks * visits).map(move |visit| (shard, visit));
                        all.map(|turn| turns.before((visits, parts), part, turn))
                            .collect::<Vec<_>>()
                    };
                    let mut all: Vec<usize> =
                        turns.chunks.iter().enumerate().flat_map(of).collect();
                    all.sort_unstable();
                    assert_eq!(all, (0..all.len()).collect::<Vec<_>>(), "{turns:?} {parts}");
                }
            }
        }
    }

    #[test]
    fn shards_that_are_equally_fast_find_different_parts() {
        let turns = Turns { chunks: vec![2, 2] };
        let before = |part, shard, visit| turns.before((1, 2), part, (shard, visit));
        assert_eq!([before(0, 0, 0), before(1, 1, 0)], [0, 0]);
        assert_eq!([before(1, 0, 0), before(0, 1, 0)], [1, 1]);
        assert_eq!([before(0, 0, 1), before(1, 1, 1)], [2, 2]);
    }
}
