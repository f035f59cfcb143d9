//! Runs `cnnlab` and makes the files that it reads.
#![allow(dead_code, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use engine::Graph;
use engine::format::json;

pub fn cnnlab(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cnnlab"))
        .args(args)
        .output()
        .unwrap()
}

/// What it prints when all is well, with nothing on stderr.
pub fn printed(args: &[&str]) -> String {
    let (text, error) = succeeded(args);
    assert!(error.is_empty(), "{args:?}: {error}");
    text
}

/// What it prints on stdout and on stderr, where its progress goes, when all is well.
pub fn succeeded(args: &[&str]) -> (String, String) {
    let output = cnnlab(args);
    let [text, error] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success(), "{args:?}: {error}");
    (text, error)
}

/// What it says when the input is bad.
pub fn refused(args: &[&str]) -> String {
    let output = cnnlab(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A file that the page fetches.
pub fn public(file: &str) -> String {
    text(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../public")
            .join(file),
    )
}

/// A file of this folder.
pub fn of_tests(file: &str) -> String {
    text(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(file),
    )
}

pub fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A file of these bytes.
pub fn written(name: &str, bytes: &[u8]) -> String {
    let path = temporary(name);
    std::fs::write(&path, bytes).unwrap();
    text(&path)
}

/// A document of this graph in a file of this name.
pub fn document(name: &str, graph: &Graph) -> String {
    written(name, json::write(graph).unwrap().as_bytes())
}
