//! `cnnlab list`: every network of the zoo.

use std::io::Write;

use super::CliError;
use super::table::{Side, Table};
use crate::Analysis;
use crate::analysis::grouped;
use crate::zoo::{CATALOGUE, Options};

/// No choices so far.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let mut table = Table::new([
        ("Name", Side::Left),
        ("Network", Side::Left),
        ("Year", Side::Right),
        ("Input", Side::Right),
        ("Trainable params", Side::Right),
        ("Mult-adds", Side::Right),
    ]);
    for entry in CATALOGUE {
        let graph = entry.graph(&Options::default())?;
        let total = Analysis::of(&graph).total;
        table.row([
            entry.name.to_owned(),
            entry.title.to_owned(),
            entry.year.to_string(),
            graph.input().to_string(),
            grouped(total.trainable),
            grouped(total.macs),
        ]);
    }
    Ok(table.write(out)?)
}
