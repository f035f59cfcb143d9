//! Columns of text, as wide as a terminal shows it.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::text;

/// The alignment of a column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Rows under a heading, each column as wide as its widest cell.
pub(super) struct Table<const N: usize> {
    heading: [(&'static str, Side); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub const fn new(heading: [(&'static str, Side); N]) -> Self {
        Self {
            heading,
            rows: Vec::new(),
        }
    }

    /// Adds a row; each cell is shown on one line.
    pub fn row(&mut self, cells: [String; N]) {
        self.rows
            .push(cells.map(|cell| text::line(&cell).into_owned()));
    }

    /// Heading and rows between rules, as torchinfo prints.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].width());
            cells
                .chain([self.heading[column].0.width()])
                .max()
                .unwrap_or(0)
        };
        let widths: [usize; N] = std::array::from_fn(width);
        let rule = "=".repeat(widths.iter().sum::<usize>() + 2 * N.saturating_sub(1));
        let line = |cells: [&str; N]| {
            let cells = cells.into_iter().zip(widths).zip(self.heading);
            let padded = cells.map(|((cell, width), (_, side))| {
                let spaces = " ".repeat(width.saturating_sub(cell.width()));
                match side {
                    Side::Left => format!("{cell}{spaces}"),
                    Side::Right => format!("{spaces}{cell}"),
                }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        writeln!(
            out,
            "{rule}\n{}\n{rule}",
            line(self.heading.map(|(title, _)| title))
        )?;
        for row in &self.rows {
            writeln!(
                out,
                "{}",
                line(std::array::from_fn(|column| row[column].as_str()))
            )?;
        }
        writeln!(out, "{rule}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_whatever_script_their_cells_are_in() {
        let mut table = Table::new([("Name", Side::Left), ("#", Side::Right)]);
        // Two columns a character in East Asian scripts and emoji; a combining accent has none.
        for (name, width) in [
            ("畳み込み", 8),
            ("ascii", 5),
            ("e\u{301}", 1),
            ("🙂", 2),
            ("a\nb", 4),
        ] {
            assert_eq!(text::line(name).width(), width, "{name:?}");
            table.row([name.to_owned(), "7".to_owned()]);
        }
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let mut lines = text.lines();
        let rule = lines.next().unwrap();
        assert_eq!(rule, "=".repeat(8 + 2 + 1));
        for line in lines {
            assert_eq!(line.width(), rule.width(), "{text}");
        }
    }
}
