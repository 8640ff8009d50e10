//! Where things go on the page.

/// Longest side of a picture.
pub(super) const SIDE: usize = 128;
/// Between cells, and around all.
const GAP: usize = 14;
const MARGIN: usize = 24;
/// Title, picture's colour bar, and lines of text.
const TITLE: usize = 44;
pub(super) const BAR: usize = 4;
pub(super) const LINE: usize = 16;
const CELL: usize = BAR + SIDE + 4 + 3 * LINE;
/// Most cells in a row.
const COLUMNS: usize = 10;

/// A grid in which every class has a block of cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    columns: usize,
    rows: usize,
    /// Cell of each picture, counted along the rows.
    cells: Vec<usize>,
}

impl Layout {
    /// Places pictures sorted by class. Blocks are as wide as the largest class, as many beside
    /// each other as fit; classes beyond a row's length take whole rows.
    pub(super) fn new(labels: &[usize]) -> Self {
        let classes: Vec<usize> = labels.chunk_by(|a, b| a == b).map(<[usize]>::len).collect();
        let largest = classes.iter().copied().max().unwrap_or(0).max(1);
        let columns = match largest {
            COLUMNS.. => COLUMNS,
            block => (COLUMNS / block).min(classes.len().max(1)) * block,
        };
        let block = largest.min(columns);
        let (mut cells, mut start) = (Vec::with_capacity(labels.len()), 0);
        for length in classes {
            cells.extend(start..start + length);
            start += length.div_ceil(block) * block;
        }
        let rows = cells.last().map_or(1, |last| last / columns + 1);
        Self { columns, rows, cells }
    }

    /// Width and height of the page.
    pub(super) fn page(&self) -> (usize, usize) {
        // A single narrow column still needs room for the title.
        let width = (self.columns * (SIDE + GAP) - GAP + 2 * MARGIN).max(6 * SIDE);
        (width, TITLE + self.rows * (CELL + GAP) - GAP + 2 * MARGIN)
    }

    /// Left and top of the title.
    pub(super) fn title(&self) -> (usize, usize) {
        (MARGIN, MARGIN - 4)
    }

    /// Left and top of each picture's cell.
    pub(super) fn corners(&self) -> impl Iterator<Item = (usize, usize)> {
        self.cells.iter().map(|cell| {
            let (row, column) = (cell / self.columns, cell % self.columns);
            (MARGIN + column * (SIDE + GAP), MARGIN + TITLE + row * (CELL + GAP))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(counts: &[usize]) -> (usize, usize, Vec<usize>) {
        let labels = counts.iter().enumerate().flat_map(|(c, &n)| vec![c; n]);
        let Layout { columns, rows, cells } = Layout::new(&labels.collect::<Vec<_>>());
        (columns, rows, cells)
    }

    #[test]
    fn classes_have_blocks() {
        assert_eq!(grid(&[2, 3, 1]), (9, 1, vec![0, 1, 3, 4, 5, 6]));
        let (columns, rows, cells) = grid(&[7, 6, 6]);
        assert_eq!((columns, rows, cells[7], cells[13]), (7, 3, 7, 14));
        let (columns, rows, cells) = grid(&[14, 2]);
        assert_eq!((columns, rows, cells[13], cells[14]), (10, 3, 13, 20));
        assert_eq!(grid(&[1; 13]), (10, 2, (0..13).collect()));
        assert_eq!(grid(&[]), (1, 1, vec![]));
    }

    #[test]
    fn cells_lie_on_the_page() {
        for counts in [vec![1], vec![4; 16], vec![40, 1], vec![1; 64]] {
            let labels = counts.iter().enumerate().flat_map(|(c, &n)| vec![c; n]);
            let layout = Layout::new(&labels.collect::<Vec<_>>());
            let (width, height) = layout.page();
            let inside =
                |(x, y): (usize, usize)| x + SIDE + MARGIN <= width && y + CELL + MARGIN <= height;
            assert!(layout.corners().all(inside), "{counts:?}");
        }
    }
}
