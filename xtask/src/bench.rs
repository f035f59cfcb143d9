//! `cargo xtask bench`: measures the served release build in a real browser.
//!
//! The measuring is done by the scripts in tests/e2e/bench, which print their own tables:
//! `*.mjs` by node, `*.ts` by Playwright. They find the site at BASE_URL, the browser at CHROMIUM.
//! `analysis`, `plan`, `training` and `relaxed` measure parts of the engine in wasm, run in node; all
//! but the first only when named. `tasks`, only when named, runs all browser stories while their
//! pages' tasks are recorded, which takes half an hour.

mod program;

use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::{Context, Result, bail};

use crate::{browser, build, serve::Server, shell, test};
use program::Program;

#[derive(clap::Args)]
pub struct Args {
    /// Measure dist/ as it is.
    #[arg(long)]
    no_build: bool,
    /// Only the scripts whose file name contains this.
    filter: Option<String>,
    #[command(flatten)]
    build: build::Args,
}

pub fn run(args: &Args) -> Result<()> {
    if args.filter.as_deref() == Some("tasks") {
        if !args.no_build {
            build::run(&args.build)?;
        }
        return test::record_tasks();
    }
    if args.filter.as_deref() == Some("relaxed") {
        return program::relaxed();
    }
    let folder = browser::folder().join("bench");
    let mut scripts = Vec::new();
    for entry in folder
        .read_dir()
        .with_context(|| format!("cannot read {}", folder.display()))?
    {
        let name = entry?.file_name();
        let shown = name.to_string_lossy();
        let wanted = args
            .filter
            .as_ref()
            .is_none_or(|it| shown.contains(it.as_str()));
        if wanted && (shown.ends_with(".mjs") || shown.ends_with(".ts")) {
            scripts.push(name);
        }
    }
    scripts.sort();
    let programs = Program::ALL
        .iter()
        .filter(|it| it.is_wanted(args.filter.as_deref()));
    let mut measured = false;
    for program in programs {
        program.run()?;
        measured = true;
    }
    if scripts.is_empty() && measured {
        return Ok(());
    }
    if scripts.is_empty() {
        bail!("no script to run in {}", folder.display());
    }
    if !args.no_build {
        build::run(&args.build)?;
    }
    let chromium = browser::chromium()?;
    browser::packages()?;
    let url = Server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), "/")?
        .compressed()
        .run_in_background();
    for script in scripts {
        let mut command = runner_of(&script);
        command.current_dir(browser::folder());
        shell::run(command.env("BASE_URL", &url).env("CHROMIUM", &chromium))?;
    }
    Ok(())
}

fn runner_of(script: &OsString) -> std::process::Command {
    if script.to_string_lossy().ends_with(".mjs") {
        let mut command = shell::command("node");
        command.arg(browser::folder().join("bench").join(script));
        command
    } else {
        let mut command = shell::command("node");
        command.args([
            "node_modules/@playwright/test/cli.js",
            "test",
            "--workers=1",
        ]);
        command
            .args(["--reporter=line"])
            .arg(script)
            .env("BENCH", "1");
        command
    }
}
