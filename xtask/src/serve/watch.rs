//! `cargo xtask serve --watch`: builds the site again when a source changes, and reloads the page.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use notify::{EventKind, RecursiveMode, Watcher};

use super::{Server, announce};
use crate::{
    build::{self, Reload},
    shell,
};

/// What the site is built from.
const SOURCES: [&str; 7] = [
    "app",
    "engine",
    "styles",
    "public",
    "index.html",
    "Cargo.toml",
    "Cargo.lock",
];

/// Editors and version control change several files at once: the build waits until this long
/// nothing has changed.
const QUIET: Duration = Duration::from_millis(200);

/// Serves below `base` until the program ends.
pub fn run(address: SocketAddr, base: &str, open: bool) -> Result<()> {
    // Before the first build: what changes while it runs is built next.
    let (changed, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // An error may hide a change.
        if event.is_ok_and(|event| is_read(event.kind)) {
            return;
        }
        // The receiver lives as long as the program.
        let _ended = changed.send(());
    })
    .context("cannot watch files")?;
    for source in SOURCES {
        let path = shell::root().join(source);
        watcher
            .watch(&path, RecursiveMode::Recursive)
            .with_context(|| format!("cannot watch {}", path.display()))?;
    }
    let site = site();
    build::for_work(&site, Reload::Events)?;
    let (builds, receiver) = tokio::sync::watch::channel(0);
    let server = Server::of(site.clone(), address, base)?.telling(receiver);
    announce(&server, open)?;
    println!("Watching {}.", SOURCES.join(", "));
    thread::spawn(move || {
        while wait(&changes) {
            match build::for_work(&site, Reload::Events) {
                Ok(()) => builds.send_modify(|count| *count += 1),
                Err(error) => eprintln!("{error:#}\nThe page stays as it was built before."),
            }
        }
    });
    server.run()
}

fn site() -> PathBuf {
    shell::target_folder().join("site/watched")
}

fn is_read(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(_))
}

/// Waits for a change and then until nothing changes; `false` when nobody watches any more.
fn wait(changes: &Receiver<()>) -> bool {
    if changes.recv().is_err() {
        return false;
    }
    while changes.recv_timeout(QUIET).is_ok() {}
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_close_together_are_one() {
        let (changed, changes) = mpsc::channel();
        for _ in 0..5 {
            changed.send(()).unwrap();
        }
        assert!(wait(&changes));
        assert!(changes.try_recv().is_err());
        drop(changed);
        assert!(!wait(&changes));
    }

    #[test]
    fn every_source_is_there() {
        for source in SOURCES {
            assert!(shell::root().join(source).exists(), "{source}");
        }
    }
}
