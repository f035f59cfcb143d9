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

const SITE: [Part; 5] = [
    Part {
        // What the first answer waits for; the parts that are fetched later are listed below it.
        name: "page",
        budget: 400_000,
        holds: is_page,
    },
    Part {
        // With training. A small first engine without a tensor library is to come.
        name: "CPU worker",
        budget: 1_150_000,
        holds: |it| it.starts_with("engine/engine-cpu.") || it == "worker.js",
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
        name: "weights",
        budget: 300_000,
        holds: |it| it == "models/lenet-5.safetensors",
    },
];

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
    loaded.iter().any(|it| file.ends_with(it)) && !elsewhere.iter().any(|it| file.starts_with(it))
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

/// The files of each part that is fetched later, without those of the parts before it; in the order
/// of their names, which is that of fetching: after the answer, on demand.
fn later(parts: Parts) -> Vec<(String, Vec<String>)> {
    let mut there: Vec<String> = Vec::new();
    let mut later = Vec::new();
    for (name, mut files) in parts {
        files.sort();
        files.retain(|file| !there.contains(file));
        there.extend(files.iter().cloned());
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
    fn a_file_counts_with_the_first_part_that_needs_it() {
        let list = |files: &[&str]| files.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let parts = Parts::from([
            ("on_demand".to_owned(), list(&["shared", "demand"])),
            ("after_answer".to_owned(), list(&["shared", "answer"])),
        ]);
        let expected = [
            ("after answer".to_owned(), list(&["answer", "shared"])),
            ("on demand".to_owned(), list(&["demand"])),
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
            ("snippets/leptos/inline0.js", Some("page")),
            ("fonts/inter.woff2", Some("typeface")),
            ("worker.js", Some("CPU worker")),
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
