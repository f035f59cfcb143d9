//! The workspace's folders, and running other programs: each command is printed before it runs.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// The workspace's root folder.
///
/// Asked at run time: a shared target folder may hold an `xtask` compiled for another checkout.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or(package.clone(), Path::to_path_buf)
}

/// The folder for tools of exactly the versions wanted: `CNN_LAB_TOOLS`, else `.tools` in the
/// workspace. It holds `bin/` (programs), `downloads/` (packages) and, while installing, `build/`.
pub fn tools_folder() -> PathBuf {
    env::var_os("CNN_LAB_TOOLS").map_or_else(|| root().join(".tools"), PathBuf::from)
}

/// Cargo's target folder: `CARGO_TARGET_DIR`, else `target` in the workspace.
pub fn target_folder() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |it| root().join(it))
}

/// A command that runs in the workspace's root, with the tools folder first in the PATH.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    let path = env::var_os("PATH").unwrap_or_default();
    let tools = std::iter::once(tools_folder().join("bin"));
    // A folder with a path separator in its name cannot be in the PATH: leave the PATH as it is.
    if let Ok(joined) = env::join_paths(tools.chain(env::split_paths(&path))) {
        command.env("PATH", joined);
    }
    command
}

/// `cargo`, the same one that runs this program.
pub fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Prints and runs a command; any exit code but 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", line_of(command));
    let status = command.status().with_context(|| missing(command))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line_of(command));
    }
    Ok(())
}

/// Runs a command quietly and gives its standard output; `None` when it is missing or fails.
pub fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|it| it.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command as a person would type it, with the variables that were set for it.
pub fn line_of(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        let (name, value) = (name.to_string_lossy(), value?.to_string_lossy());
        (name != "PATH").then(|| format!("{name}={}", quoted(&value)))
    });
    let program = Path::new(command.get_program());
    let program = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy();
    let arguments = command.get_args().map(|it| quoted(&it.to_string_lossy()));
    variables
        .chain([program.into_owned()])
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains([' ', '"', '$', '*', '|']) {
        format!("'{word}'")
    } else {
        word.to_owned()
    }
}

fn missing(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    format!("`{program}` could not be started; is it installed and in the PATH?")
}
