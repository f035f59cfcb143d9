//! `cargo xtask size`: the gzipped sizes of the site's parts against their budgets.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, write::GzEncoder};

use crate::{
    build,
    page::{PARTS, Parts},
};

#[derive(clap::Args, Default)]
pub struct Args {
    /// The site was built without the WebGPU worker.
    #[arg(long)]
    pub no_gpu: bool,
}

/// A part of the site that is loaded as a whole; sizes in bytes, gzip -9.
struct Part {
    name: &'static str,
    /// The largest size allowed.
    budget: u64,
    holds: fn(&str) -> bool,
}

const SITE: [Part; 7] = [
    Part {
        // What the first answer waits for; the parts that are fetched later are listed below it.
        name: "page",
        budget: 410_000,
        holds: is_page,
    },
    Part {
        // Answers first, without a tensor library.
        name: "first worker",
        // The goal is 300 kB.
        budget: 362_000,
        holds: |it| it.starts_with("engine/engine-first.") || it == "worker.js",
    },
    Part {
        // With training, explanations, attacks and compression; fetched after the first answer.
        name: "CPU worker",
        budget: 2_200_000,
        holds: |it| it.starts_with("engine/engine-cpu."),
    },
    Part {
        name: "GPU worker",
        budget: 5_000_000,
        holds: |it| it.starts_with("engine/engine-gpu."),
    },
    Part {
        // Fetched after the first answer (styles/tokens.css).
        name: "typeface",
        budget: 70_000,
        holds: |it| it.ends_with(".woff2"),
    },
    Part {
        // What another language than English waits for, beside its texts.
        name: "languages",
        budget: 6_000,
        holds: is_languages,
    },
    Part {
        name: "weights",
        budget: 300_000,
        holds: |it| it == "models/lenet-5.safetensors",
    },
];

/// The part that is fetched after the first answer.
const AFTER_ANSWER: &str = "after_answer";

/// Weights that are loaded with their network: listed, without a budget.
fn on_demand(file: &str) -> bool {
    file.ends_with(".safetensors") && !SITE.iter().any(|it| (it.holds)(file))
}

/// What the browser loads to show the page, the parts that are fetched later included: not the
/// engine, not data, not the notices.
fn is_page(file: &str) -> bool {
    let loaded = [".html", ".js", ".wasm", ".css", ".svg"];
    // The service worker and the styles of what is opened come after the first answer.
    let elsewhere = [
        "engine/",
        "data/",
        "models/",
        "worker.js",
        "sw.js",
        "later-",
    ];
    loaded.iter().any(|it| file.ends_with(it))
        && !elsewhere.iter().any(|it| file.starts_with(it))
        && !is_languages(file)
}

fn is_languages(file: &str) -> bool {
    file.ends_with("/languages.js")
}

pub fn run(args: &Args) -> Result<()> {
    let dist = build::dist();
    ensure!(
        dist.is_dir(),
        "{} is not there; run `cargo xtask build` first",
        dist.display()
    );
    let parts = fs::read_to_string(dist.join(PARTS))
        .with_context(|| format!("{} has no {PARTS}; build it anew", dist.display()))?;
    let later = later(serde_json::from_str(&parts)?);
    let files = files_of(&dist)?;
    let mut problems = Vec::new();
    println!(
        "{:<22} {:>12} {:>12} {:>12}",
        "part", "raw", "gzip -9", "budget"
    );
    for part in SITE
        .iter()
        .filter(|it| !(args.no_gpu && it.name == "GPU worker"))
    {
        let Part { name, budget, .. } = *part;
        let now =
            |file: &&String| (part.holds)(file) && !later.iter().any(|it| it.1.contains(*file));
        let (raw, gzip) = sum(&dist, files.iter().filter(now))?;
        let verdict = match gzip {
            0 => "missing",
            _ if gzip > budget => "over its budget",
            _ => "",
        };
        println!("{name:<22} {raw:>12} {gzip:>12} {budget:>12} {verdict}");
        if !verdict.is_empty() {
            problems.push(format!("{name} is {verdict}"));
        }
    }
    for (name, files) in &later {
        let (raw, gzip) = sum(&dist, files.iter())?;
        println!("{name:<22} {raw:>12} {gzip:>12} {:>12}", "-");
    }
    for file in files.iter().filter(|it| on_demand(it)) {
        let (raw, gzip) = sizes_of(&dist.join(file))?;
        println!(
            "{:<22} {raw:>12} {gzip:>12} {:>12} {file}",
            "with its network", "-"
        );
    }
    if !problems.is_empty() {
        bail!("{}", problems.join(", "));
    }
    Ok(())
}

/// The files of each part that is fetched later, without those that come after the answer, which are
/// there when something is clicked. A file that several clicks fetch counts with each of them.
fn later(parts: Parts) -> Vec<(String, Vec<String>)> {
    let there = parts.get(AFTER_ANSWER).cloned().unwrap_or_default();
    let mut later = Vec::new();
    for (name, mut files) in parts {
        files.sort();
        files.retain(|file| name == AFTER_ANSWER || !there.contains(file));
        later.push((name.replace('_', " "), files));
    }
    later
}

/// Raw and gzipped sizes of several files together.
fn sum<'a>(dist: &Path, files: impl Iterator<Item = &'a String>) -> Result<(u64, u64)> {
    let mut all = (0, 0);
    for file in files {
        let (raw, gzip) = sizes_of(&dist.join(file))?;
        all = (all.0 + raw, all.1 + gzip);
    }
    Ok(all)
}

/// Raw and gzipped.
fn sizes_of(path: &Path) -> Result<(u64, u64)> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((bytes.len() as u64, gzipped_size(&bytes)?))
}

fn gzipped_size(bytes: &[u8]) -> Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}

/// All files below a folder, as paths from it with `/` between the names, sorted.
pub fn files_of(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let path = folder.join(&inner);
        let entries =
            fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(name);
            } else {
                files.push(name.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_counts_what_its_click_fetches() {
        let list = |files: &[&str]| files.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let parts = Parts::from([
            ("on_demand".to_owned(), list(&["shared", "both", "demand"])),
            ("after_answer".to_owned(), list(&["shared", "answer"])),
            ("train".to_owned(), list(&["train", "both"])),
        ]);
        let expected = [
            ("after answer".to_owned(), list(&["answer", "shared"])),
            ("on demand".to_owned(), list(&["both", "demand"])),
            ("train".to_owned(), list(&["both", "train"])),
        ];
        assert_eq!(later(parts), expected);
    }

    #[test]
    fn each_file_of_a_site_counts_in_at_most_one_part() {
        let site = [
            ("index.html", Some("page")),
            ("page-0a1b.js", Some("page")),
            ("page-0a1b_bg.wasm", Some("page")),
            ("styles-77.css", Some("page")),
            ("page-0a1b/languages.js", Some("languages")),
            ("snippets/leptos/inline0.js", Some("page")),
            ("fonts/inter.woff2", Some("typeface")),
            ("worker.js", Some("first worker")),
            ("engine/engine-first.wasm", Some("first worker")),
            ("engine/engine-cpu.wasm", Some("CPU worker")),
            ("engine/engine-gpu.js", Some("GPU worker")),
            ("models/lenet-5.safetensors", Some("weights")),
            ("models/efficientnet-lite0.safetensors", None),
            ("models/imagenet-classes.txt", None),
            ("photos/chelsea.png", None),
            ("data/mnist/test-00-images.idx3.gz", None),
            ("NOTICE.txt", None),
        ];
        for (file, part) in site {
            let found: Vec<_> = SITE
                .iter()
                .filter(|it| (it.holds)(file))
                .map(|it| it.name)
                .collect();
            assert_eq!(found, part.into_iter().collect::<Vec<_>>(), "{file}");
            let weights = file == "models/efficientnet-lite0.safetensors";
            assert_eq!(on_demand(file), weights, "{file}");
        }
    }
}
