//! `cnnlab compare`: networks beside each other.

use std::io::Write;

use super::CliError;
use super::source::{Source, Variation, network};
use super::table::{Side, Table};
use super::text;
use crate::compare::{Column, Row, as_csv, as_json, source_of};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Networks of the zoo (see `cnnlab list`) or files of saved ones, two or more.
    #[arg(value_name = "NAME|FILE", num_args = 2.., required = true)]
    networks: Vec<String>,
    /// Print JSON, for programs.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values, for spreadsheets.
    #[arg(long)]
    csv: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let mut rows = Vec::with_capacity(args.networks.len());
    for name in &args.networks {
        let Source { graph, entry } = network(name, &Variation::default())?;
        rows.push(Row::of(&graph, entry.map(|entry| entry.name)));
    }
    if args.json {
        let json = as_json(&Column::KNOWN, &rows);
        text::write_json(&json, out)?;
    } else if args.csv {
        write!(out, "{}", as_csv(&Column::KNOWN, &rows))?;
    } else {
        write_text(&rows, out)?;
    }
    let invalid = rows.iter().filter(|row| row.problems > 0);
    let lines = invalid.map(|row| {
        format!(
            "  {}: {} problems; `cnnlab summary` names them",
            text::line(&row.name),
            row.problems
        )
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        Ok(())
    } else {
        Err(CliError::Problems(lines))
    }
}

fn write_text(rows: &[Row], out: &mut dyn Write) -> std::io::Result<()> {
    let heading = Column::KNOWN.map(|column| match column {
        Column::Network => (column.title(), Side::Left),
        Column::WeightBytes => ("Weight bytes", Side::Right),
        Column::PeakBytes => ("Peak bytes", Side::Right),
        _ => (column.title(), Side::Right),
    });
    let mut table = Table::new(heading);
    for row in rows {
        table.row(Column::KNOWN.map(|column| column.grouped(row)));
    }
    table.write(out)?;
    for row in rows {
        if let Some(accuracy) = row.accuracy {
            let name = text::line(&row.name);
            writeln!(out, "Top-1 of {name}: {}", source_of(accuracy))?;
        }
    }
    Ok(())
}
