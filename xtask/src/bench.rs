//! `cargo xtask bench`: measures the served release build in a real browser.
//!
//! The measuring is done by the scripts in tests/e2e/bench, which print their own tables:
//! `*.mjs` by node, `*.ts` by Playwright. They find the site at BASE_URL, the browser at CHROMIUM.
//! `analysis` measures the pure half's speed in wasm, run in node. `tasks`, only when named, runs all
//! browser stories while their pages' tasks are recorded, which takes half an hour.

use std::{
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::{Context, Result, bail};

use crate::{
    bind::{self, Target},
    browser, build,
    serve::Server,
    setup, shell, test,
};

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
    let analysis = args
        .filter
        .as_deref()
        .is_none_or(|it| "analysis".contains(it));
    if analysis {
        analysis_in_wasm()?;
    }
    if scripts.is_empty() && analysis {
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

/// Builds the engine's program of that name for wasm and runs it in node.
fn analysis_in_wasm() -> Result<()> {
    setup::wasm_target()?;
    let mut build = shell::cargo();
    build.args([
        "build",
        "--release",
        "--package",
        "engine",
        "--no-default-features",
    ]);
    build.args([
        "--features",
        "speed",
        "--bin",
        "analysis_speed",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    shell::run(&mut build)?;
    let target = shell::target_folder();
    let made = target.join("wasm32-unknown-unknown/release/analysis_speed.wasm");
    let out = target.join("bench");
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    bind::bind(&made, &out, "analysis_speed", Target::Node)?;
    shell::run(shell::command("node").arg(out.join("analysis_speed.js")))
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
