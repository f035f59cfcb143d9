//! `cargo xtask dist`: the finished site as one file, to be unpacked on any static host.

use std::{
    fs::File,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{build, shell, size};

#[derive(clap::Args)]
pub struct Args {
    /// Pack dist/ as it is.
    #[arg(long)]
    no_build: bool,
    #[command(flatten)]
    build: build::Args,
}

pub fn run(args: &Args) -> Result<()> {
    if !args.no_build {
        build::run(&args.build)?;
    }
    let path = shell::root().join("dist.zip");
    write(&build::dist(), &path)?;
    println!(
        "Packed {} ({} bytes). How to host it: docs/hosting.md.",
        path.display(),
        path.metadata()?.len()
    );
    Ok(())
}

/// Packs a site; the same site gives the same bytes at any time and on any machine.
pub fn write(site: &Path, path: &Path) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    pack(site, file).with_context(|| format!("cannot pack {}", site.display()))
}

fn pack(site: &Path, to: impl Write + Seek) -> Result<()> {
    let mut zip = ZipWriter::new(to);
    // The earliest time that a zip can express, and rights that do not depend on the umask.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for name in size::files_of(site)? {
        zip.start_file(&*name, options)?;
        let mut file = File::open(site.join(&name)).with_context(|| name.clone())?;
        io::copy(&mut file, &mut zip).with_context(|| name.clone())?;
    }
    zip.finish()?;
    Ok(())
}

/// Unpacks a packed site into a folder.
pub fn unpack(path: &Path, folder: PathBuf) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    ZipArchive::new(file)?
        .extract(&folder)
        .with_context(|| format!("cannot unpack {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        time::{Duration, SystemTime},
    };

    use super::*;

    fn folder(test: &str) -> PathBuf {
        let name = format!("cnn-lab-{}-dist-{test}", std::process::id());
        std::env::temp_dir().join(name)
    }

    fn site(test: &str, files: &[(&str, &[u8])]) -> PathBuf {
        let site = folder(test);
        for (name, bytes) in files {
            let path = site.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        site
    }

    const FILES: [(&str, &[u8]); 3] = [
        ("index.html", b"<p>the page</p>"),
        ("engine/engine-cpu.wasm", b"\0asm"),
        ("data/mnist/test-00-images.idx3.gz", b"\x1f\x8b"),
    ];

    #[test]
    fn the_same_site_gives_the_same_bytes_whatever_the_order_and_the_times() {
        let packed = |site: &Path| {
            let path = site.with_extension("zip");
            write(site, &path).unwrap();
            fs::read(path).unwrap()
        };
        let now = site("now", &FILES);
        let mut backwards = FILES;
        backwards.reverse();
        let then = site("then", &backwards);
        let file = File::options().write(true).open(then.join("index.html"));
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.unwrap().set_modified(long_ago).unwrap();
        assert_eq!(packed(&now), packed(&then));
    }

    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        let from = site("round", &FILES);
        let path = from.with_extension("zip");
        write(&from, &path).unwrap();
        let to = folder("round-unpacked");
        unpack(&path, to.clone()).unwrap();
        assert_eq!(size::files_of(&to).unwrap().len(), FILES.len());
        for (name, bytes) in FILES {
            assert_eq!(fs::read(to.join(name)).unwrap(), bytes, "{name}");
        }
    }
}
