//! The last step of a build: the service worker's list of the site's files, and LICENSES.txt.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::{
    files::{read, write},
    licences, size,
};

/// The line of public/sw.js that the list replaces.
const PLACEHOLDER: &str = "const SITE = { version: \"unbuilt\", files: {} };";

/// Writes LICENSES.txt, and the list into sw.js.
pub fn finish(dist: &Path) -> Result<()> {
    let licences = licences::gather()?;
    write(&dist.join("LICENSES.txt"), &licences)?;
    let worker = dist.join("sw.js");
    let script = read(&worker)?;
    ensure!(
        script.contains(PLACEHOLDER),
        "{} has no line for the list of the site's files",
        worker.display()
    );
    let site = site(dist)?;
    write(&worker, &script.replace(PLACEHOLDER, &site))
}

/// `const SITE = …;` with each file's hash (SHA-256, its first half), bytes, and whether the first
/// screen needs it.
fn site(dist: &Path) -> Result<String> {
    let mut files = BTreeMap::new();
    let mut version = Sha256::new();
    for file in size::files_of(dist)? {
        // The browser itself updates the service worker.
        if file == "sw.js" {
            continue;
        }
        let path = dist.join(&file);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let hash = format!("{:x}", Sha256::digest(&bytes))[..32].to_owned();
        version.update(format!("{file} {hash}\n"));
        let first = u8::from(is_first(&file));
        files.insert(file, (hash, bytes.len(), first));
    }
    let version = format!("{:x}", version.finalize())[..12].to_owned();
    let site = serde_json::json!({ "version": version, "files": files });
    Ok(format!("const SITE = {site};"))
}

/// Whether the first screen needs a file: the page, the CPU engine, LeNet's weights and the first
/// digits. The service worker keeps the rest when it is first used.
fn is_first(file: &str) -> bool {
    let first_of_its_kind = ["data/mnist/test-00-", "models/lenet-5."];
    let later = ["data/", "models/", "photos/", "engine/engine-gpu", "icons/"];
    let is = |prefixes: &[&str]| prefixes.iter().any(|it| file.starts_with(it));
    !file.ends_with(".txt") && (is(&first_of_its_kind) || !is(&later))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn dist(test: &str) -> PathBuf {
        let name = format!("cnn-lab-{}-site-{test}", std::process::id());
        let dist = std::env::temp_dir().join(name);
        fs::create_dir_all(dist.join("engine")).unwrap();
        for (file, text) in [
            ("page.js", "abc"),
            ("engine/engine-gpu.wasm", "gpu"),
            ("sw.js", PLACEHOLDER),
        ] {
            fs::write(dist.join(file), text).unwrap();
        }
        dist
    }

    #[test]
    fn the_list_names_every_file_but_the_worker_s_own_and_its_version_follows_their_content() {
        let dist = dist("list");
        let before = site(&dist).unwrap();
        // SHA-256 of "abc": FIPS 180-2, appendix B.1.
        assert!(before.contains("\"page.js\":[\"ba7816bf8f01cfea414140de5dae2223\",3,1]"));
        assert!(before.contains("\"engine/engine-gpu.wasm\":"));
        assert!(!before.contains("sw.js"));
        assert_eq!(site(&dist).unwrap(), before);
        fs::write(dist.join("page.js"), "abd").unwrap();
        let version = |site: &str| {
            let (_, after) = site.split_once("\"version\":").unwrap();
            after[..14].to_owned()
        };
        assert_ne!(version(&site(&dist).unwrap()), version(&before));
    }

    #[test]
    fn the_service_worker_has_the_line_that_is_replaced() {
        let script = fs::read_to_string(crate::shell::root().join("public/sw.js")).unwrap();
        assert_eq!(script.matches(PLACEHOLDER).count(), 1);
    }

    #[test]
    fn the_first_screen_needs_the_page_the_cpu_engine_lenet_and_the_first_digits() {
        for file in [
            "index.html",
            "page-0a1b_bg.wasm",
            "manifest.webmanifest",
            "worker.js",
            "engine/engine-cpu.wasm",
            "models/lenet-5.safetensors",
            "data/mnist/test-00-images.idx3.gz",
        ] {
            assert!(is_first(file), "{file}");
        }
        for file in [
            "engine/engine-gpu.wasm",
            "models/squeezenet-1.1.safetensors",
            "data/mnist/train-00-images.idx3.gz",
            "data/mnist/test-01-images.idx3.gz",
            "data/fashion-mnist/test-00-images.idx3.gz",
            "data/fashion-mnist/train-00-images.idx3.gz",
            "photos/chelsea.png",
            "LICENSES.txt",
        ] {
            assert!(!is_first(file), "{file}");
        }
    }
}
