//! `cnnlab document`: a network as the document that the page saves and opens.

use std::io::Write;

use super::CliError;
use super::source::Chosen;
use super::text;
use crate::format::json;

/// Which network.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    chosen: Chosen,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let graph = args.chosen.source()?.graph;
    let document = json::write(&graph).map_err(|source| CliError::Document {
        path: args.chosen.network.clone().into(),
        source,
    })?;
    Ok(writeln!(out, "{}", text::json(document.trim_end()))?)
}
