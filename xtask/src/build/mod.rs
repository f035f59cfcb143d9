//! `cargo xtask build`: the page and the engine's workers, all of it in `dist/`.
//!
//! The page must load in a browser without WebAssembly SIMD, so that it can say what is missing;
//! the workers are built with SIMD.

mod site;
mod worker;

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};

use crate::{files::read, page, setup, shell};
pub use site::Reload;
use site::{Site, WebGpu};
pub use worker::checks;
use worker::{CPU, CPU_DEV, FIRST, FIRST_DEV, GPU, Worker};

#[derive(clap::Args, Clone, Default)]
// Other verbs take these options too, beside their own `Args`.
#[group(id = "build")]
pub struct Args {
    /// Leave out the WebGPU worker: its first build takes a quarter of an hour.
    #[arg(long)]
    pub no_gpu: bool,
    /// Build the page without optimising it; the workers stay as in a release.
    #[arg(long)]
    pub dev: bool,
    /// Build the page only, and take the workers as they were built last.
    #[arg(long)]
    pub page: bool,
    /// Keep the functions' names in the page's wasm, for a profiler or to look for its size.
    #[arg(long)]
    pub names: bool,
}

/// Where the site is put together.
pub fn dist() -> PathBuf {
    shell::root().join("dist")
}

/// Where what it is put together from is kept.
fn staging() -> PathBuf {
    shell::target_folder().join("site")
}

pub fn run(args: &Args) -> Result<()> {
    release(args, &dist(), Reload::Never)
}

fn release(args: &Args, folder: &Path, reload: Reload) -> Result<()> {
    let started = Instant::now();
    setup::wasm_target()?;
    let engine = engine_folder("engine")?;
    let workers: &[Worker] = match (args.page, args.no_gpu) {
        (true, _) => &[],
        (false, true) => &[FIRST, CPU],
        (false, false) => &[FIRST, CPU, GPU],
    };
    let page = page_and(args, || {
        workers.iter().try_for_each(|worker| worker.build(&engine))
    })?;
    let webgpu = if args.no_gpu {
        WebGpu::LeftOut
    } else {
        WebGpu::Built
    };
    let site = Site {
        page: &page,
        engine: &engine,
        webgpu,
        reload,
    };
    site.assemble(folder)?;
    tell(folder, started);
    Ok(())
}

/// The WebGPU engine, still being built.
pub struct Pending(Receiver<Result<()>>);

/// As [`run`], but does not wait for the WebGPU engine when it takes long: then the site lacks it
/// until [`Pending::finish`] returns.
pub fn for_serving(args: &Args) -> Result<Option<Pending>> {
    if args.no_gpu || args.page {
        run(args)?;
        return Ok(None);
    }
    let started = Instant::now();
    setup::wasm_target()?;
    let engine = engine_folder("engine")?;
    let page = page_and(args, || {
        FIRST.build(&engine).and_then(|()| CPU.build(&engine))
    })?;
    let (done, pending) = mpsc::channel();
    let folder = engine.clone();
    thread::spawn(move || done.send(GPU.build(&folder)));
    // A build that has nothing to do takes a second.
    let early = pending.recv_timeout(Duration::from_secs(2));
    let webgpu = match early {
        Ok(built) => {
            built?;
            WebGpu::Built
        }
        Err(RecvTimeoutError::Timeout) => WebGpu::Pending,
        Err(RecvTimeoutError::Disconnected) => {
            return Err(anyhow!("the build of the WebGPU engine ended"));
        }
    };
    let site = Site {
        page: &page,
        engine: &engine,
        webgpu,
        reload: Reload::Never,
    };
    site.assemble(&dist())?;
    tell(&dist(), started);
    Ok((webgpu == WebGpu::Pending).then_some(Pending(pending)))
}

impl Pending {
    /// Waits for the WebGPU engine and adds it to the site in `dist/`.
    pub fn finish(self) -> Result<()> {
        self.0
            .recv()
            .context("the build of the WebGPU engine ended")??;
        let site = Site {
            page: &staging().join("page"),
            engine: &staging().join("engine"),
            webgpu: WebGpu::Built,
            reload: Reload::Never,
        };
        site.complete(&dist())
    }
}

/// A site for work on it, in `folder`: built fast, and without the WebGPU engine.
pub fn for_work(folder: &Path, reload: Reload) -> Result<()> {
    let started = Instant::now();
    setup::wasm_target()?;
    let engine = engine_folder("engine-dev")?;
    let args = Args {
        dev: true,
        ..Args::default()
    };
    let workers = || {
        FIRST_DEV
            .build(&engine)
            .and_then(|()| CPU_DEV.build(&engine))
    };
    let page = page_and(&args, workers)?;
    let site = Site {
        page: &page,
        engine: &engine,
        webgpu: WebGpu::LeftOut,
        reload,
    };
    site.assemble(folder)?;
    tell(folder, started);
    Ok(())
}

/// The site for trunk, which runs this program after its own part of the build (Trunk.toml): a
/// release for `trunk build --release`, else one that is built fast.
pub fn for_trunk() -> Result<()> {
    let folder = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .with_context(|| format!("{name} is not set: this verb is called by trunk"))
    };
    let staged = folder("TRUNK_STAGING_DIR")?;
    // `trunk serve` has put its script into the page, `trunk build` has not.
    let served = read(&staged.join("index.html"))?.contains(".well-known/trunk/ws");
    let reload = if served { Reload::Trunk } else { Reload::Never };
    if env::var("TRUNK_PROFILE").is_ok_and(|it| it == "release") {
        release(&Args::default(), &staged, reload)
    } else {
        for_work(&staged, reload)
    }
}

/// Builds the page while `workers` are being built; the page's folder. Each uses only one core while
/// it links, so together they take less time than one after the other.
fn page_and(args: &Args, workers: impl FnOnce() -> Result<()> + Send) -> Result<PathBuf> {
    let page = staging().join(if args.dev { "page-dev" } else { "page" });
    thread::scope(|scope| {
        let workers = scope.spawn(workers);
        let built = page::build(&page, args.dev, args.names);
        let workers = workers
            .join()
            .map_err(|_| anyhow!("the workers' build panicked"))?;
        workers.and(built)
    })?;
    Ok(page)
}

fn engine_folder(name: &str) -> Result<PathBuf> {
    let folder = staging().join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn tell(folder: &Path, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("Built {} in {seconds:.1} s.", folder.display());
}
