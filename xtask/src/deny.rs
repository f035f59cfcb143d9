//! `cargo xtask deny`: licences and sources of all dependencies. By hand, not in CI.

use anyhow::Result;

use crate::{setup, shell};

pub fn run() -> Result<()> {
    setup::cargo_deny()?;
    // Not `advisories`: its database is one more download that CI cannot count on.
    shell::run(shell::command("cargo-deny").args([
        "--workspace",
        "--all-features",
        "check",
        "licenses",
        "bans",
        "sources",
    ]))
}
