//! Programs of the engine that measure in wasm, in node.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    bind::{self, Target},
    setup, shell,
};

pub struct Program {
    /// After `cargo xtask bench`.
    verb: &'static str,
    bin: &'static str,
    features: &'static str,
    profile: &'static str,
    /// As the engine that the page gets.
    flags: &'static str,
    /// Runs without being named.
    always: bool,
}

/// The file that the site has: the same bits on every machine.
const STRICT: &str = "-C target-feature=+simd128";
/// A product and its sum rounded once, where the machine can.
const RELAXED: &str = "-C target-feature=+simd128,+relaxed-simd";
const RELAXED_IN_NODE: &str = "--experimental-wasm-relaxed-simd";
/// How often the two are run by turns.
const TURNS: usize = 3;

const PLAN: Program = Program {
    verb: "plan",
    bin: "plan_speed",
    features: "plan,integer,speed",
    profile: "worker",
    flags: STRICT,
    always: false,
};

impl Program {
    pub const ALL: [Self; 3] = [
        Self {
            verb: "analysis",
            bin: "analysis_speed",
            features: "speed",
            profile: "release",
            flags: "",
            always: true,
        },
        PLAN,
        // With burn, beside which the plan's steps are measured.
        Self {
            verb: "training",
            bin: "training_speed",
            features: "run,speed",
            profile: "worker",
            flags: STRICT,
            always: false,
        },
    ];

    pub fn is_wanted(&self, filter: Option<&str>) -> bool {
        match filter {
            None => self.always,
            Some(filter) if self.always => self.verb.contains(filter),
            Some(filter) => self.verb == filter,
        }
    }

    /// Builds it for wasm and runs it in node.
    pub fn run(&self) -> Result<()> {
        shell::run(shell::command("node").arg(self.build(self.bin)?))
    }

    /// Its script for node, of that name.
    fn build(&self, name: &str) -> Result<PathBuf> {
        setup::wasm_target()?;
        let mut build = shell::cargo();
        build.args(["build", "--profile", self.profile, "--package", "engine"]);
        build.args(["--no-default-features", "--features", self.features]);
        build.args(["--bin", self.bin, "--target", "wasm32-unknown-unknown"]);
        if !self.flags.is_empty() {
            build.env("RUSTFLAGS", self.flags);
        }
        shell::run(&mut build)?;
        let target = shell::target_folder();
        let made = target
            .join("wasm32-unknown-unknown")
            .join(self.profile)
            .join(self.bin)
            .with_extension("wasm");
        let out = target.join("bench");
        fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
        bind::bind(&made, &out, name, Target::Node)?;
        Ok(out.join(name).with_extension("js"))
    }
}

/// What a file with relaxed SIMD would gain: the plan's passes with it and without, by turns.
pub fn relaxed() -> Result<()> {
    let mut scripts = Vec::new();
    for (name, flags) in [("plan_strict", STRICT), ("plan_relaxed", RELAXED)] {
        scripts.push(Program { flags, ..PLAN }.build(name)?);
    }
    let mut best: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for _ in 0..TURNS {
        for (place, script) in scripts.iter().enumerate() {
            let printed = node()?.arg(script).output()?;
            if !printed.status.success() {
                bail!("{} failed", script.display());
            }
            for line in String::from_utf8_lossy(&printed.stdout).lines() {
                let Some((name, ms)) = best_of(line) else {
                    continue;
                };
                let times = best.entry(name.to_owned()).or_insert([f64::INFINITY; 2]);
                times[place] = times[place].min(ms);
            }
        }
    }
    println!("| the least of {TURNS} runs, ms | strict | relaxed | gain |");
    println!("| --- | --- | --- | --- |");
    for (name, [strict, relaxed]) in &best {
        let gain = 100.0 * (strict / relaxed - 1.0);
        println!("| {name} | {strict:.3} | {relaxed:.3} | {gain:.0} % |");
    }
    Ok(())
}

/// Node with relaxed SIMD, which older ones have behind a flag.
fn node() -> Result<Command> {
    let options = shell::command("node").arg("--v8-options").output()?;
    let mut node = shell::command("node");
    if String::from_utf8_lossy(&options.stdout).contains(RELAXED_IN_NODE) {
        node.arg(RELAXED_IN_NODE);
    }
    Ok(node)
}

/// The network's name and its time in `name: best 1.2 ms …`.
fn best_of(line: &str) -> Option<(&str, f64)> {
    let (name, rest) = line.split_once(": best ")?;
    Some((name, rest.split(' ').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_program_has_a_name_and_a_time() {
        let line = "lenet-5: best 0.027 ms (30.9 GFLOP/s), median 0.028, first 0.1, lowered in 2.0";
        assert_eq!(best_of(line), Some(("lenet-5", 0.027)));
        assert_eq!(best_of("  conv  6x 28x 28  0.01 ms"), None);
    }
}
