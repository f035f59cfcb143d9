//! `cargo xtask serve`: builds the site and serves it, as any static host would.

mod server;
mod watch;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    thread,
};

use anyhow::{Context, Result};

use crate::{build, shell};
pub use server::Server;

#[derive(clap::Args)]
pub struct Args {
    /// 0 takes any free port.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address to listen on; 0.0.0.0 lets a phone in the same network in.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Serve below this path, as on a host where the site is not at the root.
    #[arg(long, default_value = "/")]
    base: String,
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
    /// Serve dist/ as it is.
    #[arg(long, conflicts_with = "watch")]
    no_build: bool,
    /// Build fast and without the WebGPU engine, rebuild on each change of the sources, and reload
    /// the page. The site is built outside of dist/.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    build: build::Args,
}

pub fn run(args: &Args) -> Result<()> {
    let address = SocketAddr::new(args.host, args.port);
    if args.watch {
        return watch::run(address, &args.base, args.open);
    }
    let pending = if args.no_build {
        None
    } else {
        build::for_serving(&args.build)?
    };
    let server = Server::bind(address, &args.base)?.compressed();
    announce(&server, args.open)?;
    if let Some(pending) = pending {
        println!(
            "The page runs on the CPU engine. The WebGPU engine is being built meanwhile (the \
             first time about a quarter of an hour)."
        );
        thread::spawn(move || match pending.finish() {
            Ok(()) => println!("The WebGPU engine is ready: reload the page."),
            Err(error) => eprintln!(
                "The WebGPU engine could not be built; the page goes on with the CPU engine. \
                 {error:#}"
            ),
        });
    }
    server.run()
}

/// Says where the page is, and opens it.
fn announce(server: &Server, open: bool) -> Result<()> {
    println!("Serving the lab until Ctrl+C at");
    println!("{}", server.url());
    if open {
        self::open(&server.url())?;
    }
    Ok(())
}

fn open(url: &str) -> Result<()> {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(target_os = "windows") {
        "explorer"
    } else {
        "xdg-open"
    };
    println!("$ {program} {url}");
    shell::command(program)
        .arg(url)
        .spawn()
        .with_context(|| format!("`{program}` could not be started; open the address by hand"))?;
    Ok(())
}
