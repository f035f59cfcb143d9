//! The engine's builds for a Web Worker.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    bind::{self, Target},
    setup, shell,
};

/// A build of the engine for a Web Worker.
#[derive(Clone, Copy)]
pub struct Worker {
    /// Also the stem of the file names in `dist/engine/`.
    name: &'static str,
    bin: &'static str,
    features: &'static str,
    profile: &'static str,
    /// What its script defines.
    global: &'static str,
    /// Of a first build on two cores.
    minutes: u32,
}

pub const CPU: Worker = Worker {
    name: "engine-cpu",
    bin: "worker_cpu",
    features: "run",
    profile: "worker",
    global: "wasm_bindgen",
    minutes: 6,
};

/// The small engine that answers first.
pub const FIRST: Worker = Worker {
    name: "engine-first",
    bin: "worker_first",
    features: "plan",
    profile: "worker-first",
    global: "wasm_bindgen_first",
    minutes: 1,
};

/// The small engine while one works on it.
pub const FIRST_DEV: Worker = Worker {
    profile: "worker-dev",
    ..FIRST
};

/// The CPU engine while one works on it.
pub const CPU_DEV: Worker = Worker {
    profile: "worker-dev",
    minutes: 4,
    ..CPU
};

pub const GPU: Worker = Worker {
    name: "engine-gpu",
    bin: "worker_gpu",
    features: "gpu",
    profile: "worker-gpu",
    global: "wasm_bindgen",
    minutes: 15,
};

/// The programs that run the reference's operations, on the CPU, on WebGPU and through the WGSL plan:
/// not part of the site.
const CHECKS: [Worker; 3] = [
    Worker {
        name: "op-cases-cpu",
        bin: "op_cases",
        features: "check",
        profile: "worker",
        global: "wasm_bindgen",
        minutes: 6,
    },
    Worker {
        name: "op-cases-gpu",
        bin: "op_cases",
        features: "check,gpu",
        profile: "worker-gpu",
        global: "wasm_bindgen",
        minutes: 15,
    },
    Worker {
        name: "plan-cases-gpu",
        bin: "plan_cases",
        features: "plan-gpu",
        profile: "worker-gpu",
        global: "wasm_bindgen",
        minutes: 2,
    },
];

/// Builds the first, with `gpu` all; the folder they are in.
pub fn checks(gpu: bool) -> Result<PathBuf> {
    setup::wasm_target()?;
    let folder = shell::target_folder().join("checks");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for check in CHECKS.iter().take(if gpu { CHECKS.len() } else { 1 }) {
        check.build(&folder)?;
    }
    Ok(folder)
}

impl Worker {
    /// Compiles the engine and writes this worker's files into `folder`.
    pub fn build(&self, folder: &Path) -> Result<()> {
        let wasm = shell::target_folder()
            .join("wasm32-unknown-unknown")
            .join(self.profile)
            .join(self.bin)
            .with_extension("wasm");
        if !wasm.exists() {
            let Self { name, minutes, .. } = self;
            println!("Building {name} (the first time about {minutes} minutes on two cores).");
        }
        let mut command = shell::cargo();
        command.args(["build", "--package", "engine", "--bin", self.bin]);
        command.args(["--no-default-features", "--features", self.features]);
        command.args(["--profile", self.profile]);
        command.args(["--target", "wasm32-unknown-unknown"]);
        shell::run(command.env("RUSTFLAGS", "-C target-feature=+simd128"))?;
        self.bind(&wasm, folder)
    }

    /// Makes the JavaScript side, unless it was made from the very same wasm before.
    fn bind(&self, wasm: &Path, folder: &Path) -> Result<()> {
        let bytes = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
        let mark = format!("{} {:x}", setup::bindgen_version()?, Sha256::digest(&bytes));
        let stamp = folder.join(self.name).with_extension("stamp");
        if fs::read_to_string(&stamp).is_ok_and(|it| it == mark) {
            return Ok(());
        }
        let global = self.global;
        bind::bind(wasm, folder, self.name, Target::Worker { global })?;
        let made = folder.join(format!("{}_bg.wasm", self.name));
        fs::rename(&made, folder.join(self.name).with_extension("wasm"))
            .with_context(|| format!("cannot rename {}", made.display()))?;
        fs::write(&stamp, mark).with_context(|| format!("cannot write {}", stamp.display()))
    }

    /// The names of its files.
    pub fn files(&self) -> [String; 2] {
        ["js", "wasm"].map(|extension| format!("{}.{extension}", self.name))
    }
}
