//! Imports in the page's source go down only: shell, features, {ui, storage}, lab, client, platform.
//! The state crate is below all of them, which cargo enforces.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of `app/src` by layer, lowest first; those of one layer do not import each other.
const LAYERS: [&[&str]; 6] = [
    &["platform"],
    &["client"],
    &["lab"],
    &["ui", "storage"],
    &["features"],
    &["shell"],
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../src")
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

fn layer(folder: &str) -> usize {
    let layer = LAYERS.iter().position(|layer| layer.contains(&folder));
    layer.unwrap_or_else(|| panic!("app/src/{folder} has no layer in this test"))
}

/// The paths after each `crate::` in a text; a group in braces gives one path for each of its
/// names.
fn paths(text: &str) -> Vec<Vec<String>> {
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|it| it.is_alphanumeric() || *it == '_')
            .collect()
    };
    let mut all = Vec::new();
    for (at, found) in text.match_indices("crate::") {
        let mut rest = &text[at + found.len()..];
        let mut path = Vec::new();
        loop {
            if let Some(group) = rest.strip_prefix('{') {
                let group = &group[..group.find('}').unwrap_or(group.len())];
                for one in group.split(',').map(str::trim).filter(|it| !it.is_empty()) {
                    let mut path = path.clone();
                    path.push(name(one));
                    all.push(path);
                }
                break;
            }
            let next = name(rest);
            if next.is_empty() {
                break;
            }
            rest = &rest[next.len()..];
            path.push(next);
            match rest.strip_prefix("::") {
                Some(further) => rest = further,
                None => {
                    all.push(path);
                    break;
                }
            }
        }
    }
    all
}

/// The imports of one file that go up, or from one feature to another.
fn wrong(folders: &[&str], text: &str) -> Vec<String> {
    let own = folders[0];
    let mut wrong = Vec::new();
    for path in paths(text) {
        let to = path[0].as_str();
        let up = to != own && layer(to) >= layer(own);
        let sideways = own == "features"
            && to == own
            && path.get(1).map(String::as_str) != folders.get(1).copied();
        if up || sideways {
            wrong.push(path.join("::"));
        }
    }
    wrong
}

#[test]
fn no_import_goes_up_or_from_one_feature_to_another() {
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    assert!(files.len() > 100, "the page's source was not found");
    let mut all = Vec::new();
    for file in files {
        let inside = file.strip_prefix(source()).unwrap().to_owned();
        let folders: Vec<&str> = inside.iter().map(|it| it.to_str().unwrap()).collect();
        // main.rs and features/mod.rs hold the others.
        if folders.len() < 2 || folders == ["features", "mod.rs"] {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let found = wrong(&folders, &text);
        all.extend(
            found
                .into_iter()
                .map(|it| format!("{}: {it}", inside.display())),
        );
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn an_import_up_and_one_sideways_are_found() {
    let file = ["features", "answer", "bars.rs"];
    assert_eq!(wrong(&file, "use crate::lab::Lab;"), [""; 0]);
    assert_eq!(wrong(&file, "use crate::features::answer::x;"), [""; 0]);
    assert_eq!(
        wrong(&file, "use crate::{shell::Page, lab::Lab};"),
        ["shell"]
    );
    let sideways = "fn f() { crate::features::compare::tray() }";
    assert_eq!(wrong(&file, sideways), ["features::compare::tray"]);
    assert_eq!(wrong(&["platform", "clock.rs"], "use crate::lab;"), ["lab"]);
    assert_eq!(wrong(&["ui", "x.rs"], "use crate::storage;"), ["storage"]);
}
