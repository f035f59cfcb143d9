//! Installs tools of exactly the versions wanted into the tools folder, and says how long it takes.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::shell;

const WASM: &str = "wasm32-unknown-unknown";
const CARGO_DENY: &str = "0.20.2";

/// A program installed by `cargo install` from its crate.
struct Tool<'a> {
    krate: &'a str,
    program: &'a str,
    version: &'a str,
    /// With the lock file its authors published.
    locked: bool,
    /// On two cores.
    minutes: u32,
}

/// The version of wasm-bindgen that the workspace is locked to.
pub fn bindgen_version() -> Result<String> {
    let lock = shell::root().join("Cargo.lock");
    let lock = fs::read_to_string(&lock)
        .with_context(|| format!("cannot read {}; is this the workspace?", lock.display()))?;
    locked_version(&lock, "wasm-bindgen")
        .map(str::to_owned)
        .context("Cargo.lock has no wasm-bindgen; the site cannot be built without it")
}

/// cargo-deny.
pub fn cargo_deny() -> Result<()> {
    install(&[Tool {
        krate: "cargo-deny",
        program: "cargo-deny",
        version: CARGO_DENY,
        locked: true,
        minutes: 8,
    }])
}

/// Rust's wasm target: all that a build of the site needs.
pub fn wasm_target() -> Result<()> {
    let mut ask = shell::command("rustc");
    let folder = shell::output_of(ask.args(["--print", "target-libdir", "--target", WASM]));
    if folder.is_some_and(|it| Path::new(&it).is_dir()) {
        return Ok(());
    }
    println!("Adding Rust's {WASM} target (half a minute, once).");
    shell::run(shell::command("rustup").args(["target", "add", WASM])).with_context(|| {
        format!("Rust's {WASM} target is missing; install Rust by https://rustup.rs and try again")
    })
}

fn install(tools: &[Tool]) -> Result<()> {
    let folder = shell::tools_folder();
    let missing: Vec<_> = tools
        .iter()
        .filter(|it| !it.is_installed(&folder))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    // A target folder of its own: what is being built in the workspace is not disturbed.
    let build = folder.join("build");
    for tool in missing {
        println!(
            "Installing {} {} into {} (once; about {} minutes on two cores).",
            tool.krate,
            tool.version,
            folder.display(),
            tool.minutes
        );
        let mut command = shell::cargo();
        command.args(["install", tool.krate, "--version", tool.version, "--force"]);
        command
            .arg("--root")
            .arg(&folder)
            .arg("--target-dir")
            .arg(&build);
        if tool.locked {
            command.arg("--locked");
        }
        // Flags meant for the workspace's own crates have no business in a tool.
        command
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        shell::run(&mut command)?;
        if !tool.is_installed(&folder) {
            bail!(
                "{} was installed, but does not answer as version {}",
                tool.krate,
                tool.version
            );
        }
    }
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
}

impl Tool<'_> {
    fn is_installed(&self, folder: &Path) -> bool {
        let program = folder.join("bin").join(self.program);
        shell::output_of(shell::command(program).arg("--version"))
            .is_some_and(|answer| answer.split_whitespace().nth(1) == Some(self.version))
    }
}

/// The version of a package in the text of a `Cargo.lock`; the first when there are several.
pub fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
[[package]]
name = "wasm-bindgen-futures"
version = "0.4.80"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
source = "registry"
"#;

    #[test]
    fn locked_version_is_that_of_the_package_with_the_whole_name() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm"), None);
    }

    #[test]
    fn the_library_that_binds_has_the_version_of_the_crate_that_is_bound() {
        let lock = fs::read_to_string(shell::root().join("Cargo.lock")).unwrap();
        assert_eq!(
            locked_version(&lock, "wasm-bindgen-cli-support"),
            Some(&*bindgen_version().unwrap())
        );
    }
}
