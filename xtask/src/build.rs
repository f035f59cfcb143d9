//! `cargo xtask build`: the page and the engine's workers, all of it in `dist/`.
//!
//! The page must load in a browser without WebAssembly SIMD, so that it can say what is missing;
//! the workers are built with SIMD.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{page, setup, shell, site_files};

#[derive(clap::Args, Default)]
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
    /// Keep the functions' names in the page's wasm, for a profiler and for who looks for its size.
    #[arg(long)]
    pub names: bool,
}

/// A build of the engine for a Web Worker.
struct Worker {
    /// Also the stem of the file names in `dist/engine/`.
    name: &'static str,
    bin: &'static str,
    features: &'static str,
    profile: &'static str,
    /// Of a first build on two cores.
    minutes: u32,
}

const CPU: Worker = Worker {
    name: "engine-cpu",
    bin: "worker_cpu",
    features: "run",
    profile: "worker",
    minutes: 6,
};

const GPU: Worker = Worker {
    name: "engine-gpu",
    bin: "worker_gpu",
    features: "gpu",
    profile: "worker-gpu",
    minutes: 15,
};

/// The programs that run the reference's operations, on the CPU and on WebGPU: not part of the site.
const CHECKS: [Worker; 2] = [
    Worker {
        name: "op-cases-cpu",
        bin: "op_cases",
        features: "check",
        profile: "worker",
        minutes: 6,
    },
    Worker {
        name: "op-cases-gpu",
        bin: "op_cases",
        features: "check,gpu",
        profile: "worker-gpu",
        minutes: 15,
    },
];

/// Builds the first, with `gpu` both; the folder they are in.
pub fn checks(gpu: bool) -> Result<PathBuf> {
    setup::for_site()?;
    let folder = shell::target_folder().join("checks");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for check in CHECKS.iter().take(if gpu { 2 } else { 1 }) {
        check.build(&folder)?;
    }
    Ok(folder)
}

/// Where the site is assembled.
pub fn dist() -> PathBuf {
    shell::root().join("dist")
}

pub fn run(args: &Args) -> Result<()> {
    let started = Instant::now();
    setup::for_site()?;
    let staging = shell::target_folder().join("site");
    let engine = staging.join("engine");
    fs::create_dir_all(&engine).with_context(|| format!("cannot make {}", engine.display()))?;
    let workers: &[Worker] = if args.no_gpu { &[CPU] } else { &[CPU, GPU] };
    if !args.page {
        for worker in workers {
            worker.build(&engine)?;
        }
    }
    let page = staging.join("page");
    page::build(&page, args.dev, args.names)?;
    assemble(&page, &engine, workers)?;
    println!(
        "Built {} in {:.1} s.",
        dist().display(),
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

impl Worker {
    fn build(&self, engine: &Path) -> Result<()> {
        let target = shell::target_folder()
            .join("wasm32-unknown-unknown")
            .join(self.profile);
        let wasm = target.join(self.bin).with_extension("wasm");
        if !wasm.exists() {
            let Self { name, minutes, .. } = self;
            println!("Building {name} (the first time about {minutes} minutes on two cores).");
        }
        let mut command = shell::cargo();
        command.args([
            "build",
            "--package",
            "engine",
            "--bin",
            self.bin,
            "--no-default-features",
        ]);
        command.args(["--features", self.features, "--profile", self.profile]);
        command.args(["--target", "wasm32-unknown-unknown"]);
        shell::run(command.env("RUSTFLAGS", "-C target-feature=+simd128"))?;
        self.bind(&wasm, engine)
    }

    /// Makes the JavaScript side, unless it was made from the very same wasm before.
    fn bind(&self, wasm: &Path, engine: &Path) -> Result<()> {
        let bindgen = shell::output_of(shell::command("wasm-bindgen").arg("--version"))
            .context("wasm-bindgen does not answer; try `cargo xtask setup`")?;
        let bytes = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
        let mark = format!("{bindgen} {:x}", Sha256::digest(&bytes));
        let stamp = engine.join(self.name).with_extension("stamp");
        if fs::read_to_string(&stamp).is_ok_and(|it| it == mark) {
            return Ok(());
        }
        let mut command = shell::command("wasm-bindgen");
        // A classic worker: module workers came to browsers years later.
        command.args([
            "--target",
            "no-modules",
            "--no-typescript",
            "--out-name",
            self.name,
        ]);
        shell::run(command.arg("--out-dir").arg(engine).arg(wasm))?;
        let made = engine.join(format!("{}_bg.wasm", self.name));
        fs::rename(&made, engine.join(self.name).with_extension("wasm"))
            .with_context(|| format!("cannot rename {}", made.display()))?;
        fs::write(&stamp, mark).with_context(|| format!("cannot write {}", stamp.display()))
    }

    fn files(&self) -> [String; 2] {
        ["js", "wasm"].map(|extension| format!("{}.{extension}", self.name))
    }
}

/// Puts the parts together in `dist/`, anew each time so that nothing old is left.
fn assemble(page: &Path, engine: &Path, workers: &[Worker]) -> Result<()> {
    let (root, dist) = (shell::root(), dist());
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| format!("cannot remove {}", dist.display()))?;
    }
    copy(page, &dist)?;
    for file in workers.iter().flat_map(Worker::files) {
        copy(&engine.join(&file), &dist.join("engine").join(file))?;
    }
    let public = root.join("public");
    copy(&public, &dist)?;
    copy(&root.join("NOTICE"), &dist.join("NOTICE.txt"))?;
    site_files::finish(&dist)
}

/// Copies a file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let what = || format!("cannot copy {} to {}", from.display(), to.display());
    if from.is_dir() {
        fs::create_dir_all(to).with_context(what)?;
        for entry in fs::read_dir(from).with_context(what)? {
            let name = entry.with_context(what)?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).with_context(what)?;
        }
        fs::copy(from, to).with_context(what)?;
    }
    Ok(())
}
