//! Columns of text.

use std::io::{self, Write};

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

    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// Heading and rows between rules, as torchinfo prints.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells
                .chain([self.heading[column].0.chars().count()])
                .max()
                .unwrap_or(0)
        };
        let widths: [usize; N] = std::array::from_fn(width);
        let rule = "=".repeat(widths.iter().sum::<usize>() + 2 * N.saturating_sub(1));
        let line = |cells: [&str; N]| {
            let cells = cells.into_iter().zip(widths).zip(self.heading);
            let padded = cells.map(|((cell, width), (_, side))| match side {
                Side::Left => format!("{cell:width$}"),
                Side::Right => format!("{cell:>width$}"),
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
