//! The whole tool box of the lab: `cargo xtask <verb>`.

// The list of types that fail in wasm is not for this program: it never runs there.
#![allow(clippy::disallowed_types)]

mod bench;
mod bind;
mod browser;
mod build;
mod data;
mod deny;
mod dist;
mod files;
mod licences;
mod page;
mod screens;
mod serve;
mod setup;
mod shell;
mod site_files;
mod size;
mod test;
mod texts;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The whole tool box of the lab.")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build the release site and serve it on this machine; with --watch rebuild it on a change.
    Serve(serve::Args),
    /// Build the release site into dist/: relative paths, any static host.
    Build(build::Args),
    /// Pack the release site into dist.zip, to be unpacked on any static host.
    Dist(dist::Args),
    /// Run everything CI runs, fast checks first.
    Test(test::Args),
    /// Measure the served release build in a browser and print the tables.
    Bench(bench::Args),
    /// Take pictures of every area at three sizes, light and dark, into the target folder.
    Screens(screens::Args),
    /// Print the gzip sizes of page, workers and weights against their budgets.
    Size(size::Args),
    /// List the page's texts, and fail if a language lacks one.
    Texts(texts::Args),
    /// Make public/data (and with --train public/models) again from the published packages.
    Data(data::Args),
    /// Install what a build needs (the other verbs do it when they need it).
    Setup,
    /// Build the site into trunk's staging folder; called by trunk, as Trunk.toml says.
    #[command(hide = true)]
    Trunk,
    /// Check the licences and sources of all dependencies against deny.toml.
    Deny,
}

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Serve(args) => serve::run(&args),
        Verb::Build(args) => build::run(&args),
        Verb::Dist(args) => dist::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Bench(args) => bench::run(&args),
        Verb::Screens(args) => screens::run(&args),
        Verb::Size(args) => size::run(&args),
        Verb::Texts(args) => texts::run(&args),
        Verb::Data(args) => data::run(&args),
        Verb::Setup => setup::wasm_target(),
        Verb::Trunk => build::for_trunk(),
        Verb::Deny => deny::run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_takes_its_own_options_and_those_of_build() {
        let line = [
            "xtask", "serve", "--port", "0", "--base", "/lab/", "--no-gpu", "--open", "--watch",
        ];
        assert!(matches!(Cli::parse_from(line).verb, Verb::Serve(_)));
    }
}
