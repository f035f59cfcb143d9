//! Finds or installs the browsers and the browser tests' packages.

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
    if !debian_as_root() {
        bail!(
            "no Chromium found. Install it (Debian or Ubuntu: `sudo apt-get install chromium`; \
             Fedora: `sudo dnf install chromium`; macOS: `brew install --cask google-chrome`; \
             Windows: `winget install Google.Chrome`), or set CHROMIUM to the path of its program"
        );
    }
    install("Chromium", 2, &["chromium"])?;
    installed_chromium().context("apt-get installed chromium, but its program is not in the PATH")
}

/// Firefox's program, for the long stories: `FIREFOX`, else the one in the PATH, else Debian's package.
pub fn firefox() -> Result<PathBuf> {
    other_browser(
        "FIREFOX",
        "Firefox",
        &["firefox-esr", "firefox"],
        &["firefox-esr"],
    )
}

/// The driver of WebKitGTK's browser, for the long stories: `WEBKIT_DRIVER`, else the one in the
/// PATH, else Debian's packages. The browser has no mode without a screen: Xvfb gives it one.
pub fn webkit_driver() -> Result<PathBuf> {
    let driver = other_browser(
        "WEBKIT_DRIVER",
        "WebKitGTK and Xvfb",
        &["WebKitWebDriver"],
        &["webkit2gtk-driver", "xvfb"],
    )?;
    if in_path(&["Xvfb"]).is_none() {
        if !debian_as_root() {
            bail!(
                "no Xvfb found, which WebKitGTK needs. Install it (Debian: `sudo apt-get install xvfb`)"
            );
        }
        install("Xvfb", 1, &["xvfb"])?;
    }
    Ok(driver)
}

fn other_browser(
    variable: &str,
    title: &str,
    programs: &[&str],
    packages: &[&str],
) -> Result<PathBuf> {
    if let Some(path) = env::var_os(variable).filter(|it| !it.is_empty()) {
        return Ok(path.into());
    }
    if let Some(path) = in_path(programs) {
        return Ok(path);
    }
    if !debian_as_root() {
        bail!(
            "no {title} found, which the long stories need. Install it (Debian: `sudo apt-get \
             install {}`), or set {variable} to the path of its program",
            packages.join(" ")
        );
    }
    install(title, 2, packages)?;
    in_path(programs)
        .with_context(|| format!("apt-get installed {title}, but its program is not in the PATH"))
}

/// Whether a package of Debian's can be installed without asking anybody.
fn debian_as_root() -> bool {
    let is_root = shell::output_of(shell::command("id").arg("-u")).as_deref() == Some("0");
    is_root && Path::new("/etc/debian_version").exists()
}

fn install(title: &str, minutes: u32, packages: &[&str]) -> Result<()> {
    println!("Installing {title} (about {minutes} minutes, once).");
    shell::run(shell::command("apt-get").arg("update"))?;
    shell::run(
        shell::command("apt-get")
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// The first of these programs that is in the PATH.
fn in_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let places = |name| env::split_paths(&path).map(move |folder| folder.join(name));
    names.iter().flat_map(places).find(|it| it.is_file())
}

fn installed_chromium() -> Option<PathBuf> {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome.exe",
    ];
    let elsewhere = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];
    in_path(&names).or_else(|| {
        elsewhere
            .map(PathBuf::from)
            .into_iter()
            .find(|it| it.is_file())
    })
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
