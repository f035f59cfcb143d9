//! What several of the page's later parts share, in few files.
//!
//! The splitter makes a file for each set of functions that the same parts need, most of them very
//! small, and a browser asks for each. Here they become sections of one file for
//! each part, the first to come of those that need them; app/shared.js takes them out again.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};

use super::{LINKS, Parts, without_notes};
use crate::{
    files::{read, write},
    shell,
};

/// The parts that come by themselves, in their order; the others come when they are shown.
const FIRST: [&str; 3] = ["network", "keep", "inspector"];

/// How the splitter's names of shared modules begin.
const MODULE: &str = "chunk_";

/// Puts the shared modules together and tells the script that fetches them; the files of each part.
pub fn put_together(code: &Path, parts: &Parts) -> Result<Parts> {
    let link = code.join(LINKS);
    let files = files(parts);
    for (file, modules) in &files {
        let mut sections = Vec::new();
        for module in modules {
            let path = code.join(format!("{module}.wasm"));
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            sections.push((*module, bytes));
        }
        let path = code.join(format!("{file}.wasm"));
        fs::write(&path, together(&sections))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let runtime = read(&shell::root().join("app/shared.js"))?;
    let script = script(&read(&link)?, &runtime, &files)?;
    write(&link, &without_notes(&script))?;
    Ok(listed(parts, &files))
}

/// Which shared modules lie in which file.
fn files(parts: &Parts) -> BTreeMap<String, Vec<&str>> {
    let first = FIRST.iter().filter_map(|name| parts.get_key_value(*name));
    let then = parts
        .iter()
        .filter(|(name, _)| !FIRST.contains(&name.as_str()));
    let mut placed = BTreeSet::new();
    let mut files = BTreeMap::new();
    for (name, needed) in first.chain(then) {
        let modules: Vec<_> = needed
            .iter()
            .map(String::as_str)
            .filter(|it| it.starts_with(MODULE) && placed.insert(*it))
            .collect();
        if !modules.is_empty() {
            files.insert(format!("shared_{name}"), modules);
        }
    }
    files
}

/// The files of each part, each once.
fn listed(parts: &Parts, files: &BTreeMap<String, Vec<&str>>) -> Parts {
    let place = |module: &String| {
        let with = files.iter().find(|it| it.1.contains(&module.as_str()));
        with.map_or_else(|| module.clone(), |(file, _)| file.clone())
    };
    let of = |needed: &Vec<String>| needed.iter().map(place).collect::<BTreeSet<_>>();
    parts
        .iter()
        .map(|(name, needed)| (name.clone(), of(needed).into_iter().collect()))
        .collect()
}

/// A module that has others as custom sections.
fn together(modules: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = wasm_encoder::Module::new();
    for (name, bytes) in modules {
        file.section(&wasm_encoder::CustomSection {
            name: Cow::Borrowed(name),
            data: Cow::Borrowed(bytes),
        });
    }
    file.finish()
}

/// The splitter's script, with `runtime` in it and each shared module taken from its file.
fn script(script: &str, runtime: &str, files: &BTreeMap<String, Vec<&str>>) -> Result<String> {
    let (imports, mut rest) = script
        .split_once("let sharedImports")
        .map(|(imports, _)| (imports, &script[imports.len()..]))
        .context("the splitter's script does not begin as it did")?;
    let mut made = format!("{imports}{runtime}");
    for file in files.keys() {
        made += &format!("const {file} = together(\"./{file}.wasm\");\n");
    }
    let mut told = 0;
    while let Some((before, after)) = rest.split_once("const __chunk_") {
        let (number, after) = after
            .split_once(" = makeLoad(")
            .context("a shared module of the splitter's script has no loader")?;
        let (_, after) = after
            .split_once(", []);")
            .context("a loader of the splitter's script has no end")?;
        let module = format!("{MODULE}{number}");
        let (file, _) = files
            .iter()
            .find(|it| it.1.contains(&module.as_str()))
            .with_context(|| format!("no part needs {module}"))?;
        made += &format!(
            "{before}const __chunk_{number} = makeLoad(section({file}, \"{module}\"), []);"
        );
        told += 1;
        rest = after;
    }
    let all: usize = files.values().map(Vec::len).sum();
    ensure!(
        told == all,
        "the splitter's script fetches {told} of {all} shared modules"
    );
    Ok(made + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        let list = |files: &[&str]| files.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        Parts::from([
            (
                "charts".to_owned(),
                list(&["chunk_2", "chunk_3", "split_charts"]),
            ),
            (
                "inspector".to_owned(),
                list(&["chunk_1", "split_inspector"]),
            ),
            (
                "network".to_owned(),
                list(&["chunk_1", "chunk_2", "split_network"]),
            ),
        ])
    }

    #[test]
    fn a_shared_module_lies_with_the_first_part_to_come_that_needs_it() {
        let parts = parts();
        let files = files(&parts);
        let expected = [
            ("shared_charts".to_owned(), vec!["chunk_3"]),
            ("shared_network".to_owned(), vec!["chunk_1", "chunk_2"]),
        ];
        assert_eq!(files, BTreeMap::from(expected));
        let listed = listed(&parts, &files);
        assert_eq!(
            listed["charts"],
            ["shared_charts", "shared_network", "split_charts"]
        );
        assert_eq!(listed["network"], ["shared_network", "split_network"]);
    }

    #[test]
    fn a_file_is_a_module_and_gives_back_what_was_put_in() {
        let modules = [("chunk_1", b"one".to_vec()), ("chunk_2", Vec::new())];
        let file = together(&modules);
        let mut found = Vec::new();
        for payload in wasmparser::Parser::new(0).parse_all(&file) {
            if let wasmparser::Payload::CustomSection(section) = payload.unwrap() {
                found.push((section.name().to_owned(), section.data().to_vec()));
            }
        }
        let given = modules.map(|(name, bytes)| (name.to_owned(), bytes));
        assert_eq!(found, given);
    }

    #[test]
    fn the_script_takes_shared_modules_from_their_files_and_leaves_the_rest() {
        let splitter = "import { initSync } from \"./app.js\";\n\nlet sharedImports = undefined;\n\
            /* a, b */\nconst __chunk_7 = makeLoad(() => {\n    const src = fetch(new \
            URL(\"./chunk_7.wasm\", import.meta.url));\n}\n, []);\nexport const a = \
            wrapAsyncCb(makeLoad(() => 1, [__chunk_7]));\n";
        let files = BTreeMap::from([("shared_a".to_owned(), vec!["chunk_7"])]);
        let expected = "import { initSync } from \"./app.js\";\n\nR\nconst shared_a = \
            together(\"./shared_a.wasm\");\nlet sharedImports = undefined;\n/* a, b */\n\
            const __chunk_7 = makeLoad(section(shared_a, \"chunk_7\"), []);\nexport const a = \
            wrapAsyncCb(makeLoad(() => 1, [__chunk_7]));\n";
        assert_eq!(script(splitter, "R\n", &files).unwrap(), expected);
        let more = BTreeMap::from([("shared_a".to_owned(), vec!["chunk_7", "chunk_8"])]);
        assert!(script(splitter, "", &more).is_err());
        assert!(script(splitter, "", &BTreeMap::new()).is_err());
    }
}
