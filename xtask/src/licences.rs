//! The licences of everything that is compiled into the site, as one text: `dist/LICENSES.txt`.
//!
//! Most licences require their text beside every copy of the code, compiled copies included.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::shell;

/// Cargo's arguments for each program of the site.
const PROGRAMS: [&[&str]; 2] = [
    &["--package", "app"],
    &[
        "--package",
        "engine",
        "--no-default-features",
        "--features",
        "gpu",
    ],
];
const TARGET: &str = "wasm32-unknown-unknown";

const RULE: &str =
    "\n================================================================================\n";

/// What `cargo metadata` says of a crate.
#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    authors: Vec<String>,
    manifest_path: PathBuf,
    /// `None` for a crate of the workspace.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// The text.
///
/// # Errors
/// When a crate names no licence.
pub fn gather() -> Result<String> {
    let mut wanted = BTreeSet::new();
    for program in PROGRAMS {
        wanted.extend(compiled_in(program)?);
    }
    let mut packages = packages()?;
    packages.retain(|it| {
        it.source.is_some() && wanted.contains(&(it.name.clone(), it.version.clone()))
    });
    packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    let own = shell::root();
    let read = |name: &str| {
        let path = own.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    compose(&packages, &read("LICENSE-MIT")?, &read("LICENSE-APACHE")?)
}

/// Name and version of each crate that is linked into a program: no build scripts, no macros.
fn compiled_in(program: &[&str]) -> Result<BTreeSet<(String, String)>> {
    let mut command = shell::cargo();
    command.args(["tree", "--locked", "--target", TARGET, "--prefix", "none"]);
    command.args(["--edges", "normal,no-proc-macro", "--format", "{p}"]);
    let lines = shell::output_of(command.args(program))
        .with_context(|| format!("`{}` does not answer", shell::line_of(&command)))?;
    let crates = lines.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some((name.to_owned(), version.to_owned()))
    });
    Ok(crates.collect())
}

fn packages() -> Result<Vec<Package>> {
    let mut command = shell::cargo();
    command.args(["metadata", "--locked", "--format-version", "1"]);
    command.args(["--filter-platform", TARGET, "--features", "engine/gpu"]);
    let text = shell::output_of(&mut command)
        .with_context(|| format!("`{}` does not answer", shell::line_of(&command)))?;
    let metadata: Metadata = serde_json::from_str(&text)?;
    Ok(metadata.packages)
}

fn compose(packages: &[Package], mit: &str, apache: &str) -> Result<String> {
    let mut text = format!(
        "Licences of what is compiled into this site\n\n\
         The CNN lab's own code is licensed under the MIT licence or the Apache License 2.0, at\n\
         your choice; data, weights and photos have terms of their own: see NOTICE.txt.\n\n\
         The page and the engine contain Rust's standard library (the Rust Project's\n\
         contributors, MIT or Apache-2.0) and {} crates. Where a crate offers a choice that\n\
         has MIT in it, MIT is taken.\n\n",
        packages.len()
    );
    // Each text once, with the names of its crates.
    let mut texts: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut without = Vec::new();
    for package in packages {
        let Some(licence) = package.license.as_deref() else {
            bail!("{} {} names no licence", package.name, package.version);
        };
        let title = format!("{} {}", package.name, package.version);
        let home = package.repository.as_deref().unwrap_or("https://crates.io");
        text.push_str(&format!("{title}: {licence}, {home}\n"));
        let found = texts_of(package, licence)?;
        if found.is_empty() {
            without.push(format!(
                "{title} ({licence}), {}",
                package.authors.join(", ")
            ));
        }
        for found in found {
            let key = found.split_whitespace().collect::<Vec<_>>().join(" ");
            let entry = texts.entry(key).or_insert_with(|| (found, Vec::new()));
            entry.1.push(title.clone());
        }
    }
    let ours = [("MIT", mit), ("Apache License 2.0", apache)];
    for (name, licence) in ours {
        text.push_str(&format!("{RULE}{name}: the CNN lab"));
        if name == "MIT" {
            text.push_str(", Rust's standard library");
        }
        text.push_str(&format!("{RULE}\n{}\n", licence.trim()));
    }
    if !without.is_empty() {
        text.push_str(&format!(
            "{RULE}Crates whose packages hold no licence text: the named one applies (above, or spdx.org/licenses){RULE}\n{}\n",
            without.join("\n")
        ));
    }
    for (licence, crates) in texts.values() {
        text.push_str(&format!("{RULE}{}{RULE}\n", crates.join(", ")));
        text.push_str(licence.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// The licence files of a crate's package, with Unix line ends.
fn texts_of(package: &Package, licence: &str) -> Result<Vec<String>> {
    let Some(folder) = package.manifest_path.parent() else {
        bail!("{} has no folder", package.manifest_path.display());
    };
    let mut files = licence_files(folder)?;
    // “MIT/Apache-2.0” is how a choice was written before 2018.
    let choice = licence.contains(" OR ") || licence.contains('/');
    let is_mit = |file: &PathBuf| upper_name(file).contains("MIT");
    if choice && licence.contains("MIT") && files.iter().any(is_mit) {
        let kept = |file: &PathBuf| is_mit(file) || upper_name(file).starts_with("NOTICE");
        files.retain(kept);
    }
    let read = |file: &PathBuf| {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
    };
    files.iter().map(read).collect()
}

fn licence_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let what = || format!("cannot read {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(what)? {
        let path = entry.with_context(what)?.path();
        let name = upper_name(&path);
        let starts = ["LICEN", "COPY", "NOTICE", "UNLICENSE"];
        if path.is_file() && starts.iter().any(|it| name.starts_with(it)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn upper_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: Option<&str>, files: &[(&str, &str)]) -> Package {
        let folder = format!("cnn-lab-{}-licences-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
        Package {
            name: name.into(),
            version: "1.0.0".into(),
            license: licence.map(str::to_owned),
            repository: None,
            authors: vec!["An author".into()],
            manifest_path: folder.join("Cargo.toml"),
            source: Some("registry".into()),
        }
    }

    #[test]
    fn a_text_that_crates_share_is_there_once_with_all_their_names() {
        let packages = [
            package("one", Some("MIT"), &[("LICENSE", "Terms  A\n")]),
            package("two", Some("MIT"), &[("license.md", "Terms A\r\n")]),
            package("three", Some("ISC"), &[("COPYING", "Terms B")]),
        ];
        let text = compose(&packages, "our MIT", "our Apache").unwrap();
        assert!(text.contains("one 1.0.0, two 1.0.0"));
        assert_eq!(text.matches("Terms").count(), 2);
        assert!(text.contains("our MIT") && text.contains("our Apache"));
    }

    #[test]
    fn of_a_choice_with_mit_mit_is_taken_and_notices_stay() {
        let files = [
            ("LICENSE-MIT", "mit"),
            ("LICENSE-APACHE", "apache"),
            ("NOTICE", "notice"),
        ];
        let choice = package("choice", Some("MIT OR Apache-2.0"), &files);
        assert_eq!(
            texts_of(&choice, "MIT OR Apache-2.0").unwrap(),
            ["mit", "notice"]
        );
        let both = package("both", Some("MIT AND Apache-2.0"), &files);
        assert_eq!(texts_of(&both, "MIT AND Apache-2.0").unwrap().len(), 3);
    }

    #[test]
    fn a_crate_without_a_text_is_named_with_its_authors_and_one_without_a_licence_is_refused() {
        let silent = package("silent", Some("MIT"), &[]);
        let text = compose(&[silent], "", "").unwrap();
        assert!(text.contains("silent 1.0.0 (MIT), An author"));
        assert!(compose(&[package("none", None, &[])], "", "").is_err());
    }
}
