//! `cargo xtask serve`: builds the site and serves it, as any static host would.

mod address;
mod site;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    thread,
};

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
};

use crate::{build, shell};
use site::Site;

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
    #[arg(long)]
    no_build: bool,
    #[command(flatten)]
    build: build::Args,
}

pub fn run(args: &Args) -> Result<()> {
    if !args.no_build {
        build::run(&args.build)?;
    }
    let server = Server::bind(SocketAddr::new(args.host, args.port), &args.base)?;
    println!("Serving dist/ until Ctrl+C at");
    println!("{}", server.url());
    if args.open {
        open(&server.url())?;
    }
    server.run()
}

/// A bound, not yet running server of a site.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    site: Arc<Site>,
}

impl Server {
    /// A server of `dist/`; `base` is the path of the site, from `/` to `/`.
    pub fn bind(address: SocketAddr, base: &str) -> Result<Self> {
        Self::of(build::dist(), address, base)
    }

    /// A server of the site in another folder.
    pub fn of(dist: PathBuf, address: SocketAddr, base: &str) -> Result<Self> {
        ensure!(
            dist.join("index.html").is_file(),
            "{} has no site; run `cargo xtask build` first",
            dist.display()
        );
        let listener = TcpListener::bind(address).with_context(|| {
            format!("cannot listen on {address}; `--port 0` takes any free port")
        })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            site: Arc::new(Site::new(dist, base)?),
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.site.base())
    }

    /// Serves for ever.
    pub fn run(self) -> Result<()> {
        // Compressing tens of megabytes takes seconds: not while the first visitor waits.
        let site = Arc::clone(&self.site);
        thread::spawn(move || site.warm_up());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let router = Router::new().fallback(answer).with_state(self.site);
            axum::serve(listener, router)
                .await
                .context("the server stopped")
        })
    }

    /// Serves from a thread of its own as long as this program lives; gives the URL.
    pub fn run_in_background(self) -> String {
        let url = self.url();
        thread::spawn(move || {
            if let Err(error) = self.run() {
                eprintln!("{error:#}");
            }
        });
        url
    }
}

async fn answer(State(site): State<Arc<Site>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    // Files are read and compressed off the thread that talks to the browsers.
    match tokio::task::spawn_blocking(move || site.answer(&head)).await {
        Ok(response) => response,
        Err(error) => site::plain(500, &format!("The server failed: {error}")),
    }
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
