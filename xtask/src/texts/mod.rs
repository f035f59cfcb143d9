//! `cargo xtask texts`: the texts of the page, and which of them a language lacks.
//!
//! The key of a text is its English text (app/languages/text.mjs). Here the keys are read from the
//! source. It cannot tell every text that a person reads from others, so a language may have texts that
//! are not found here; a browser story finds what is missing on the screen.

mod literal;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    files::{read, write},
    shell,
};

/// The languages beside English.
pub const LANGUAGES: [&str; 2] = ["de", "es"];

/// Where texts stand that the page shows. The engine has texts for other programs as well.
const FOLDERS: [&str; 2] = ["app/src", "app/state/src"];
const ENGINE: &str = "engine/src";
/// What of the engine no page shows: the command line, the code of other libraries, files' fields.
const SILENT: [&str; 15] = [
    "engine/src/cli",
    "engine/src/bin",
    "engine/src/export/pytorch",
    "engine/src/export/keras",
    "engine/src/export/burn",
    "engine/src/export/handover/crate",
    "engine/src/plan/wgsl",
    "engine/src/export/handover/readme",
    "engine/src/import_text/torch",
    "engine/src/import_text/keras",
    "engine/src/main.rs",
    "engine/src/exercise/sheets",
    "engine/src/onnx/wire",
    "engine/src/onnx/proto",
    "engine/src/handover",
];

/// Where a word alone is a name of another program.
const OF_OTHERS: [&str; 5] = [
    "engine/src/onnx",
    "engine/src/import_text",
    "engine/src/checkpoint",
    "engine/src/plan",
    "engine/src/keras_file",
];

/// Texts that look like names in the source, and those that are put together there: one a line.
const WORDS: &str = "app/languages/words.txt";

#[derive(clap::Args)]
pub struct Args {
    /// Sort the texts of each language, and drop those that the source has no longer.
    #[arg(long)]
    write: bool,
    /// Print every key with the file where it stands first, as JSON, for a new language.
    #[arg(long)]
    keys: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let keys = keys()?;
    if args.keys {
        println!("{}", serde_json::to_string_pretty(&keys)?);
        return Ok(());
    }
    let mut lacking = 0;
    for language in LANGUAGES {
        let mut texts = texts(language)?;
        let missing: Vec<_> = keys
            .iter()
            .filter(|(key, _)| !texts.contains_key(*key))
            .collect();
        println!(
            "{language}: {} texts, {} of {} keys missing",
            texts.len(),
            missing.len(),
            keys.len()
        );
        for (key, file) in &missing {
            println!("  {file}: {}", Value::from(key.as_str()));
        }
        lacking += missing.len();
        if args.write {
            texts.retain(|key, _| keys.contains_key(key));
            write(&file(language), &sorted(&texts)?)?;
        }
    }
    ensure!(lacking == 0, "texts are missing; they are shown in English");
    Ok(())
}

/// Every key, with the file where it stands first.
fn keys() -> Result<BTreeMap<String, String>> {
    let mut keys = BTreeMap::new();
    for folder in FOLDERS.into_iter().chain([ENGINE]) {
        visit(&shell::root().join(folder), &mut keys)?;
    }
    for word in read(&shell::root().join(WORDS))?.lines() {
        keys.entry(word.to_owned())
            .or_insert_with(|| WORDS.to_owned());
    }
    Ok(keys)
}

fn visit(path: &Path, keys: &mut BTreeMap<String, String>) -> Result<()> {
    let name = path.strip_prefix(shell::root()).unwrap_or(path);
    let name = name.display().to_string();
    if SILENT
        .iter()
        .any(|silent| name.trim_end_matches(".rs") == silent.trim_end_matches(".rs"))
    {
        return Ok(());
    }
    if path.is_dir() {
        let entries = path
            .read_dir()
            .with_context(|| format!("cannot read {name}"))?;
        let mut paths = entries
            .map(|it| Ok(it?.path()))
            .collect::<Result<Vec<_>>>()?;
        paths.sort();
        return paths.iter().try_for_each(|path| visit(path, keys));
    }
    let is_test = path.file_stem().is_some_and(|it| it == "tests");
    if path.extension().is_none_or(|it| it != "rs") || is_test {
        return Ok(());
    }
    let found = source::texts(&read(path)?).with_context(|| format!("cannot read {name}"))?;
    // Names of other programs' operations.
    let names = OF_OTHERS.iter().any(|folder| name.starts_with(folder));
    let found = found.into_iter().filter(|key| !names || key.contains(' '));
    for key in found {
        keys.entry(key).or_insert_with(|| name.clone());
    }
    Ok(())
}

fn file(language: &str) -> PathBuf {
    shell::root().join(format!("public/texts/{language}.json"))
}

/// The texts of a language.
fn texts(language: &str) -> Result<BTreeMap<String, Value>> {
    let file = file(language);
    serde_json::from_str(&read(&file)?)
        .with_context(|| format!("{} is no list of texts", file.display()))
}

/// A file of texts: one a line, in the order of the keys, so that two people change different lines.
fn sorted(texts: &BTreeMap<String, Value>) -> Result<String> {
    Ok(serde_json::to_string_pretty(texts)? + "\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The categories that a language's whole numbers have: CLDR's plural rules.
    const PLURALS: [(&str, &[&str]); 2] =
        [("de", &["one", "other"]), ("es", &["one", "many", "other"])];

    fn places(text: &str) -> BTreeSet<&str> {
        let rest = text.split('{').skip(1);
        rest.filter_map(|it| it.split_once('}').map(|(name, _)| name))
            .collect()
    }

    #[test]
    fn every_text_has_the_places_of_its_key_and_the_plurals_of_its_language() {
        for (language, categories) in PLURALS {
            assert!(LANGUAGES.contains(&language));
            for (key, text) in texts(language).unwrap() {
                let forms: Vec<(&str, &str)> = match &text {
                    Value::String(text) => vec![("other", text)],
                    Value::Object(forms) => forms
                        .iter()
                        .map(|(category, text)| (category.as_str(), text.as_str().unwrap()))
                        .collect(),
                    other => panic!("{language}: “{key}” is {other}"),
                };
                assert!(
                    forms.iter().any(|(it, _)| *it == "other"),
                    "{language}: {key}"
                );
                for (category, text) in forms {
                    if category == "by" {
                        assert!(places(&key).contains(text), "{language}: {key}");
                        continue;
                    }
                    assert!(
                        categories.contains(&category),
                        "{language}: {key}: {category}"
                    );
                    assert!(!text.trim().is_empty(), "{language}: {key}");
                    // A form for one may say it in a word.
                    if category == "other" {
                        assert_eq!(places(text), places(&key), "{language}: {key}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_language_lacks_a_text_and_none_has_one_that_is_not_shown() {
        let keys: BTreeSet<String> = keys().unwrap().into_keys().collect();
        for language in LANGUAGES {
            let texts: BTreeSet<String> = texts(language).unwrap().into_keys().collect();
            let missing: Vec<_> = keys.difference(&texts).collect();
            assert!(missing.is_empty(), "{language} lacks {missing:#?}");
            let unknown: Vec<_> = texts.difference(&keys).collect();
            assert!(
                unknown.is_empty(),
                "{language} has {unknown:#?}, which the source has not"
            );
        }
    }

    #[test]
    fn files_of_texts_are_sorted() {
        for language in LANGUAGES {
            let sorted = sorted(&texts(language).unwrap()).unwrap();
            let written = read(&file(language)).unwrap();
            assert!(
                written == sorted,
                "{language}: `cargo xtask texts --write` sorts it"
            );
        }
    }
}
