//! The whole tool box of the lab: `cargo xtask <verb>`.

mod data;
mod shell;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "The whole tool box of the lab",
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make public/data (and with --train public/models) again from the published packages.
    Data(data::Args),
}

fn main() -> Result<()> {
    match Cli::parse().verb {
        Verb::Data(args) => data::run(&args),
    }
}
