//! Prompts of a network in stages: blocks of different stages have tokens of different widths, and so
//! have their prompts. There is one learned array for each stage, `prompts.0` `[K_0, d_0]` and so on,
//! whose rows stand in the order of the bank.

use provpt_vit::{Architecture, Placement};

use crate::learn::parameters::PROMPTS;
use crate::learn::set::{Param, Set};

/// Where the rows of prompts stand that are not all of one width.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StageRows {
    /// `[S]`: width of each stage.
    widths: Vec<usize>,
    /// `[L]`: stage of each block.
    stage_of: Vec<usize>,
}

/// The place of a prompt's row among the learned arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowPlace {
    pub(crate) array: String,
    pub(crate) row: usize,
    pub(crate) width: usize,
}

impl RowPlace {
    /// The row, given the values of its array; none where rows come of other arrays.
    pub(crate) fn of<'v>(&self, values: &'v mut [f32]) -> Option<&'v mut [f32]> {
        values.chunks_exact_mut(self.width).nth(self.row)
    }
}

impl StageRows {
    /// None where all rows are of one width: in a plain network, or before the first block.
    pub(crate) fn of(a: &Architecture, placement: Placement) -> Option<Self> {
        let rows = matches!(placement, Placement::Deep | Placement::DeepNormed);
        let stages = a.stages.filter(|_| rows)?;
        let widths = (0..stages.blocks().len()).map(|stage| a.block_width(0) << stage).collect();
        let stage_of = (0..a.depth).map(|block| stages.place(block).0).collect();
        Some(Self { widths, stage_of })
    }

    /// The stage of a block.
    pub(crate) fn stage(&self, block: usize) -> usize {
        self.stage_of[block]
    }

    /// Blocks of each stage.
    pub(crate) fn blocks(&self) -> Vec<usize> {
        let count = |stage| self.stage_of.iter().filter(|&&other| other == stage).count();
        (0..self.widths.len()).map(count).collect()
    }

    /// The blocks of the stage of a block.
    pub(crate) fn siblings(&self, block: usize) -> std::ops::Range<usize> {
        let stage = self.stage_of[block];
        let start = self.stage_of.partition_point(|other| *other < stage);
        start..self.stage_of.partition_point(|other| *other <= stage)
    }

    /// How wide the prompts of a block are.
    pub(crate) fn width(&self, block: usize) -> usize {
        self.widths[self.stage_of[block]]
    }

    /// How many values prompts in these blocks have.
    pub(crate) fn values_len(&self, block_of: &[usize]) -> usize {
        block_of.iter().map(|&block| self.width(block)).sum()
    }

    /// The names of the arrays, in order.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = String> {
        (0..self.widths.len()).map(array)
    }

    /// The axes of the arrays, in order, for prompts in these blocks.
    pub(crate) fn shapes(&self, block_of: &[usize]) -> Vec<[usize; 2]> {
        let mut shapes: Vec<[usize; 2]> = self.widths.iter().map(|&width| [0, width]).collect();
        block_of.iter().for_each(|&block| shapes[self.stage_of[block]][0] += 1);
        shapes
    }

    /// Where a prompt's row stands.
    pub(crate) fn place(&self, block_of: &[usize], prompt: usize) -> RowPlace {
        let stage = self.stage_of[block_of[prompt]];
        let before = block_of[..prompt].iter().filter(|&&block| self.stage_of[block] == stage);
        RowPlace { array: array(stage), row: before.count(), width: self.widths[stage] }
    }

    /// All rows one after another, in the order of the bank.
    pub(crate) fn join<'v>(
        &self,
        block_of: &[usize],
        values: impl Fn(&str) -> &'v [f32],
    ) -> Vec<f32> {
        let mut rest: Vec<&[f32]> = self.arrays().map(|name| values(&name)).collect();
        let mut rows = Vec::with_capacity(self.values_len(block_of));
        for &block in block_of {
            let rest = &mut rest[self.stage_of[block]];
            let (row, others) = rest.split_at(self.width(block).min(rest.len()));
            rows.extend_from_slice(row);
            *rest = others;
        }
        rows
    }

    /// The values of each array, by name, given all rows one after another.
    pub(crate) fn split(&self, block_of: &[usize], mut rows: &[f32]) -> Vec<(String, Vec<f32>)> {
        let mut parts: Vec<(String, Vec<f32>)> =
            self.arrays().map(|name| (name, Vec::new())).collect();
        for &block in block_of {
            let (row, others) = rows.split_at(self.width(block).min(rows.len()));
            parts[self.stage_of[block]].1.extend_from_slice(row);
            rows = others;
        }
        parts
    }

    /// The arrays, given all rows one after another.
    pub(crate) fn params(&self, block_of: &[usize], rows: &[f32]) -> Vec<Param> {
        let parts = self.split(block_of, rows).into_iter().zip(self.shapes(block_of));
        parts.map(|((name, values), shape)| Param::new(&name, &shape, values)).collect()
    }

    /// Makes room in a set for prompts in these blocks.
    pub(crate) fn resize(&self, set: &mut Set, block_of: &[usize]) {
        for (name, shape) in self.arrays().zip(self.shapes(block_of)) {
            if let Some(param) = set.param_mut(&name) {
                param.values.resize(shape.iter().product(), 0.0);
                param.shape = shape.to_vec();
            }
        }
    }

    /// Takes a row out of its array.
    pub(crate) fn take(set: &mut Set, place: &RowPlace) -> Vec<f32> {
        let &RowPlace { ref array, row, width } = place;
        set.param_mut(array).map_or_else(Vec::new, |param| {
            param.shape[0] -= 1;
            param.values.drain(row * width..(row + 1) * width).collect()
        })
    }

    /// Puts a row into an array, in front of what stands at its place.
    pub(crate) fn put(set: &mut Set, place: &RowPlace, values: Vec<f32>) {
        let &RowPlace { ref array, row, width } = place;
        if let Some(param) = set.param_mut(array) {
            param.shape[0] += 1;
            param.values.splice(row * width..row * width, values);
        }
    }
}

/// The name of a stage's array.
fn array(stage: usize) -> String {
    format!("{PROMPTS}.{stage}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> StageRows {
        StageRows::of(&Architecture::swin(64, 2, [2, 1], [1, 2], 4), Placement::Deep).unwrap()
    }

    #[test]
    fn rows_are_joined_in_the_order_of_the_bank_and_split_again() {
        let (rows, block_of) = (rows(), [2, 0, 2, 1]);
        let arrays = |name: &str| -> &[f32] {
            match name {
                "prompts.0" => &[1.0, 2.0, 3.0, 4.0],
                _ => &[5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0],
            }
        };
        let joined = rows.join(&block_of, arrays);
        assert_eq!(joined, [5., 6., 7., 8., 1., 2., 9., 10., 11., 12., 3., 4.]);
        for (name, values) in rows.split(&block_of, &joined) {
            assert_eq!(values, arrays(&name), "{name}");
        }
        assert_eq!(rows.shapes(&block_of), [[2, 2], [2, 4]]);
        let place = |prompt| rows.place(&block_of, prompt);
        assert_eq!(place(2), RowPlace { array: "prompts.1".into(), row: 1, width: 4 });
        assert_eq!(place(3), RowPlace { array: "prompts.0".into(), row: 1, width: 2 });
    }

    #[test]
    fn blocks_of_one_stage_are_siblings() {
        let rows = rows();
        assert_eq!([0, 1, 2].map(|block| rows.siblings(block)), [0..2, 0..2, 2..3]);
        assert_eq!(rows.blocks(), [2, 1]);
    }

    #[test]
    fn rows_of_one_width_need_no_stages() {
        let a = Architecture::swin(64, 2, [2, 1], [1, 2], 4);
        assert_eq!(StageRows::of(&a, Placement::Shallow), None);
        let plain = Architecture::plain(32, 8, 6, 4, 2);
        assert_eq!(StageRows::of(&plain, Placement::Deep), None);
    }
}
