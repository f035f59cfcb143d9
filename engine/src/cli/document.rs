//! `cnnlab document`: a network as the document that the page saves and opens.

use std::io::Write;

use super::CliError;
use super::source::{Variation, network};
use super::text;
use crate::format::json;

/// Which network.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A network of the zoo, or a file.
    #[arg(value_name = "NAME|FILE")]
    network: String,
    #[command(flatten)]
    variation: Variation,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let graph = network(&args.network, &args.variation)?.graph;
    let document = json::write(&graph).map_err(|source| CliError::Document {
        path: args.network.clone().into(),
        source,
    })?;
    Ok(writeln!(out, "{}", text::json(document.trim_end()))?)
}
