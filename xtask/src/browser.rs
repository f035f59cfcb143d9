//! Finds or installs Chromium and the browser tests' packages.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::shell;

/// The browser tests' folder.
pub fn folder() -> PathBuf {
    shell::root().join("tests/e2e")
}

/// Chromium's program: `CHROMIUM`, else one in the usual places, else Debian's package.
pub fn chromium() -> Result<PathBuf> {
    if let Some(path) = env::var_os("CHROMIUM")
        .filter(|it| !it.is_empty())
        .map(PathBuf::from)
    {
        if !path.is_file() {
            bail!("CHROMIUM is {}, which is not a file", path.display());
        }
        return Ok(path);
    }
    if let Some(path) = installed_chromium() {
        return Ok(path);
    }
    let is_root = shell::output_of(shell::command("id").arg("-u")).as_deref() == Some("0");
    if !(is_root && Path::new("/etc/debian_version").exists()) {
        bail!(
            "no Chromium found. Install it (Debian or Ubuntu: `sudo apt-get install chromium`; \
             Fedora: `sudo dnf install chromium`; macOS: `brew install --cask google-chrome`; \
             Windows: `winget install Google.Chrome`), or set CHROMIUM to the path of its program"
        );
    }
    println!("Installing Chromium (about 2 minutes, once).");
    shell::run(shell::command("apt-get").arg("update"))?;
    shell::run(
        shell::command("apt-get")
            .args(["install", "--yes", "--no-install-recommends", "chromium"])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    installed_chromium().context("apt-get installed chromium, but its program is not in the PATH")
}

fn installed_chromium() -> Option<PathBuf> {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome.exe",
    ];
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .collect::<Vec<_>>();
    let elsewhere = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];
    in_path
        .into_iter()
        .chain(elsewhere.map(PathBuf::from))
        .find(|it| it.is_file())
}

/// Installs the packages of the committed lock file, when it changed since the last time.
pub fn packages() -> Result<()> {
    let folder = folder();
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|it| it == wanted) {
        return Ok(());
    }
    println!("Installing the browser tests' packages (seconds, once).");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    shell::run(
        shell::command(npm)
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            // The browser is the system's.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )
    .context("Node and npm are needed for the browser tests: https://nodejs.org")?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}
