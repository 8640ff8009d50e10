use std::iter::repeat_n;

/// Which way a column leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A small table of text with aligned columns, for terminals and Markdown.
///
/// ```
/// use provpt_report::{Align, Table};
///
/// let mut table = Table::new([("method", Align::Left), ("top-1", Align::Right)]);
/// table.row(["linear probe", "61.3"]);
/// table.row(["PRO-VPT", "7.25"]);
/// assert_eq!(table.plain(), "method        top-1\nlinear probe   61.3\nPRO-VPT        7.25\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    aligns: Vec<Align>,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = (T, Align)>) -> Self {
        let (header, aligns) =
            columns.into_iter().map(|(name, align)| (name.into(), align)).unzip();
        Self { aligns, header, rows: Vec::new() }
    }

    /// Adds a row. Missing cells are empty, cells beyond the last column are left out.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().map(Into::into).chain(std::iter::repeat_with(String::new));
        self.rows.push(cells.take(self.header.len()).collect());
    }

    /// Columns two spaces apart, one line per row.
    pub fn plain(&self) -> String {
        let lines: Vec<Vec<String>> = self.lines().map(one_line).collect();
        let widths = self.widths(&lines);
        let mut text = String::new();
        for cells in &lines {
            text.push_str(self.padded(cells, &widths).join("  ").trim_end());
            text.push('\n');
        }
        text
    }

    /// A GitHub Markdown table, aligned in its source too.
    pub fn markdown(&self) -> String {
        let escape = |cells: &[String]| -> Vec<String> {
            one_line(cells).iter().map(|cell| cell.replace('|', "\\|")).collect()
        };
        let lines: Vec<Vec<String>> = self.lines().map(escape).collect();
        let widths: Vec<usize> = self.widths(&lines).iter().map(|&width| width.max(3)).collect();
        let mut text = String::new();
        for (index, cells) in lines.iter().enumerate() {
            text.push_str(&format!("| {} |\n", self.padded(cells, &widths).join(" | ")));
            if index == 0 {
                text.push_str(&format!("| {} |\n", self.rule(&widths).join(" | ")));
            }
        }
        text
    }

    /// Whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What it is made of: aligns and names of the columns, and the rows.
    pub(crate) fn parts(&self) -> (&[Align], &[String], &[Vec<String>]) {
        (&self.aligns, &self.header, &self.rows)
    }

    fn lines(&self) -> impl Iterator<Item = &[String]> {
        std::iter::once(&self.header).chain(&self.rows).map(Vec::as_slice)
    }

    fn widths(&self, lines: &[Vec<String>]) -> Vec<usize> {
        let width = |column: usize| lines.iter().map(|cells| length(&cells[column])).max();
        (0..self.header.len()).map(|column| width(column).unwrap_or(0)).collect()
    }

    fn padded(&self, cells: &[String], widths: &[usize]) -> Vec<String> {
        let pad = |((cell, &width), align): ((&String, &usize), &Align)| {
            let space: String = repeat_n(' ', width - length(cell)).collect();
            match align {
                Align::Left => format!("{cell}{space}"),
                Align::Right => format!("{space}{cell}"),
            }
        };
        cells.iter().zip(widths).zip(&self.aligns).map(pad).collect()
    }

    fn rule(&self, widths: &[usize]) -> Vec<String> {
        let rule = |(&width, align): (&usize, &Align)| match align {
            Align::Left => "-".repeat(width),
            Align::Right => format!("{}:", "-".repeat(width - 1)),
        };
        widths.iter().zip(&self.aligns).map(rule).collect()
    }
}

fn length(cell: &str) -> usize {
    cell.chars().count()
}

fn one_line(cells: &[String]) -> Vec<String> {
    cells.iter().map(|cell| cell.replace(['\n', '\r'], " ")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn sample() -> Table {
        let mut table =
            Table::new([("method", Align::Left), ("top-1", Align::Right), ("±", Align::Right)]);
        table.row(["linear probe", "61.30", "0.4"]);
        table.row(["PRO-VPT a|b", "7.25"]);
        table.row(["two\nlines", "100.00", "12", "too many"]);
        table
    }

    #[test]
    fn plain() {
        insta::assert_snapshot!(sample().plain(), @r#"
method         top-1    ±
linear probe   61.30  0.4
PRO-VPT a|b     7.25
two lines     100.00   12
"#);
    }

    #[test]
    fn markdown() {
        insta::assert_snapshot!(sample().markdown(), @r#"
| method       |  top-1 |   ± |
| ------------ | -----: | --: |
| linear probe |  61.30 | 0.4 |
| PRO-VPT a\|b |   7.25 |     |
| two lines    | 100.00 |  12 |
"#);
    }

    proptest! {
        #[test]
        fn all_markdown_lines_are_equally_long(rows in vec(vec("[^\r\n]{0,9}", 0..4), 0..5)) {
            let mut table = Table::new([("a", Align::Left), ("b", Align::Right)]);
            rows.iter().for_each(|row| table.row(row.clone()));
            let text = table.markdown();
            let lengths: Vec<usize> = text.split_terminator('\n').map(length).collect();
            prop_assert_eq!(lengths.len(), rows.len() + 2);
            prop_assert!(lengths.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }
}
