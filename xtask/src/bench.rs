//! `cargo xtask bench`: measures the served release build in a real browser.
//!
//! The measuring is done by the scripts in tests/e2e/bench, which print their own tables:
//! `*.mjs` by node, `*.ts` by Playwright. They find the site at BASE_URL, the browser at CHROMIUM.

use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::{Context, Result, bail};

use crate::{browser, build, serve::Server, shell};

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
    if scripts.is_empty() {
        bail!("no script to run in {}", folder.display());
    }
    if !args.no_build {
        build::run(&args.build)?;
    }
    let chromium = browser::chromium()?;
    browser::packages()?;
    let url = Server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), "/")?.run_in_background();
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
