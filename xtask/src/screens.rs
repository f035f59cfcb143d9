//! `cargo xtask screens`: pictures of every area at 1440, 1024 and 390 pixels, light and dark, to be
//! looked at.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::{Context, Result};

use crate::{browser, build, serve::Server, shell};

#[derive(clap::Args)]
pub struct Args {
    /// Show dist/ as it is.
    #[arg(long)]
    no_build: bool,
    /// Only the pictures whose file name contains this.
    filter: Option<String>,
    #[command(flatten)]
    build: build::Args,
}

pub fn run(args: &Args) -> Result<()> {
    let chromium = browser::chromium()?;
    browser::packages()?;
    if !args.no_build {
        build::run(&args.build)?;
    }
    let folder = shell::target_folder().join("screens");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let url = Server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), "/")?.run_in_background();
    let script = browser::folder().join("screens.mjs");
    shell::run(
        shell::command("node")
            .arg(script)
            .args(&args.filter)
            .current_dir(browser::folder())
            .env("BASE_URL", url)
            .env("CHROMIUM", chromium)
            .env("SCREENS", &folder),
    )?;
    println!("The pictures are in {}.", folder.display());
    Ok(())
}
