//! The site put together from the page, the workers and the shipped files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::worker::{CPU, FIRST, GPU};
use crate::{
    files::{copy, read, write},
    shell, site_files,
};

/// The service worker of a site that will change soon: it keeps nothing.
const KEEP_NOTHING: &str = include_str!("keep_nothing.js");
/// Reloads the page when it was built anew.
const RELOAD: &str = include_str!("reload.js");

/// The attribute of the page's root that says why there is no WebGPU engine; the page shows it
/// beside the device (app/src/platform/webgpu.rs).
const NO_WEBGPU: &str = "data-no-webgpu";

/// Whether the WebGPU engine is part of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebGpu {
    Built,
    /// It is being built while the site is served already.
    Pending,
    LeftOut,
}

impl WebGpu {
    /// Why it is missing, as the page says it: a clause that follows others.
    const fn missing(self) -> Option<&'static str> {
        match self {
            Self::Built => None,
            Self::Pending => Some(
                "the WebGPU engine is still being built: reload the page when the terminal says \
                 that it is ready",
            ),
            Self::LeftOut => Some("this site was built without the WebGPU engine"),
        }
    }
}

/// Who tells the page that it was built anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// Nobody: what releases are.
    Never,
    /// `cargo xtask serve --watch`, by server-sent events.
    Events,
    /// `trunk serve`, by its WebSocket.
    Trunk,
}

/// A site to be put together.
pub struct Site<'a> {
    /// The page as `page::build` left it.
    pub page: &'a Path,
    /// The workers' files.
    pub engine: &'a Path,
    pub webgpu: WebGpu,
    pub reload: Reload,
}

impl Site<'_> {
    /// Puts it together in `folder`, anew so that nothing old is left.
    pub fn assemble(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        copy(self.page, folder)?;
        copy(&shell::root().join("public"), folder)?;
        copy(&shell::root().join("NOTICE"), &folder.join("NOTICE.txt"))?;
        self.add_engine(folder, &FIRST.files())?;
        self.add_engine(folder, &CPU.files())?;
        if self.webgpu == WebGpu::Built {
            self.add_engine(folder, &GPU.files())?;
        }
        self.finish(folder)
    }

    /// Adds the WebGPU engine to a site that was put together without it.
    pub fn complete(&self, folder: &Path) -> Result<()> {
        ensure!(
            self.webgpu == WebGpu::Built,
            "only a site with a WebGPU engine is complete"
        );
        self.add_engine(folder, &GPU.files())?;
        let file = |name: &str| PathBuf::from(name);
        for (from, name) in [
            (self.page.join("index.html"), file("index.html")),
            (shell::root().join("public/sw.js"), file("sw.js")),
        ] {
            copy(&from, &folder.join(name))?;
        }
        self.finish(folder)
    }

    fn add_engine(&self, folder: &Path, files: &[String]) -> Result<()> {
        for file in files {
            copy(&self.engine.join(file), &folder.join("engine").join(file))?;
        }
        Ok(())
    }

    /// What the site says about its own files.
    fn finish(&self, folder: &Path) -> Result<()> {
        let index = folder.join("index.html");
        let html = read(&index)?;
        write(&index, &self.marked(&html)?)?;
        if self.reload != Reload::Never {
            write(&folder.join("reload.js"), RELOAD)?;
        }
        if self.reload == Reload::Never && self.webgpu != WebGpu::Pending {
            site_files::finish(folder)
        } else {
            write(&folder.join("sw.js"), KEEP_NOTHING)
        }
    }

    /// The page's HTML with what only this kind of site has.
    fn marked(&self, html: &str) -> Result<String> {
        let mut html = html.to_owned();
        if let Some(why) = self.webgpu.missing() {
            html = replaced(&html, "<html ", &format!("<html {NO_WEBGPU}=\"{why}\" "))?;
        }
        let by = match self.reload {
            Reload::Never => return Ok(html),
            Reload::Events => "events",
            Reload::Trunk => "trunk",
        };
        let script =
            format!("    <script type=\"module\" src=\"reload.js?by={by}\"></script>\n  </head>");
        replaced(&html, "  </head>", &script)
    }
}

/// A text with its one `from` replaced.
fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    ensure!(
        text.matches(from).count() == 1,
        "index.html must have {from:?} exactly once"
    );
    Ok(text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(webgpu: WebGpu, reload: Reload) -> String {
        let site = Site {
            page: Path::new("page"),
            engine: Path::new("engine"),
            webgpu,
            reload,
        };
        let html = read(&shell::root().join("index.html")).unwrap();
        site.marked(&html).unwrap()
    }

    #[test]
    fn a_release_is_the_page_as_it_is() {
        let html = read(&shell::root().join("index.html")).unwrap();
        assert_eq!(marked(WebGpu::Built, Reload::Never), html);
    }

    #[test]
    fn a_missing_engine_is_told_in_the_root_s_attribute() {
        let html = marked(WebGpu::Pending, Reload::Never);
        assert!(html.contains("<html data-no-webgpu=\"the WebGPU engine is still being built"));
        assert!(!html.contains("reload.js"));
    }

    #[test]
    fn a_page_that_reloads_itself_has_a_script_file_and_no_inline_script() {
        for (reload, by) in [(Reload::Events, "events"), (Reload::Trunk, "trunk")] {
            let html = marked(WebGpu::Built, reload);
            let script = format!("<script type=\"module\" src=\"reload.js?by={by}\"></script>");
            assert!(html.contains(&script));
        }
    }
}
