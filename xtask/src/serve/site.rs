//! What the server answers: files of one folder, with their type, compressed, never stale.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use anyhow::{Context, Result, ensure};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Method, Response, StatusCode, header, request::Parts},
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use super::address::{decoded, is_worth_compressing, mime};
use crate::size;

/// A folder served below a path.
pub struct Site {
    folder: PathBuf,
    /// From `/` to `/`.
    base: String,
    files: Mutex<HashMap<PathBuf, Arc<ServedFile>>>,
}

/// A file as it was read, kept as long as it does not change.
struct ServedFile {
    changed: SystemTime,
    etag: String,
    bytes: Bytes,
    /// When it is of a type worth compressing.
    gzipped: Option<Bytes>,
}

impl Site {
    pub fn new(folder: PathBuf, base: &str) -> Result<Self> {
        let inner = base.trim_matches('/');
        ensure!(
            inner
                .split('/')
                .all(|it| it != ".." && !it.contains(['%', '?', '#', ' '])),
            "the base path {base:?} is not one; give a path such as /courses/lab/"
        );
        let base = if inner.is_empty() {
            "/".to_owned()
        } else {
            format!("/{inner}/")
        };
        Ok(Self {
            folder,
            base,
            files: Mutex::default(),
        })
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// Reads and compresses all files ahead; one that cannot be read will say so when asked for.
    pub fn warm_up(&self) {
        for file in size::files_of(&self.folder).unwrap_or_default() {
            drop(self.read(&self.folder.join(file)));
        }
    }

    pub fn answer(&self, request: &Parts) -> Response<Body> {
        if request.method != Method::GET && request.method != Method::HEAD {
            return plain(405, "Only GET and HEAD are answered here.");
        }
        let path = request.uri.path();
        let Some(file) = path
            .strip_prefix(&self.base)
            .and_then(decoded)
            .map(|it| self.locate(&it))
        else {
            // The site's own path without its last slash: relative addresses would miss it.
            if format!("{path}/") == self.base {
                return moved(&self.base);
            }
            return plain(404, &format!("There is nothing at {path}"));
        };
        match file {
            Some(file) if file.is_dir() => moved(&format!("{path}/")),
            Some(file) if file.is_file() => match self.read(&file) {
                Ok(served) => respond(&file, &served, &request.headers),
                Err(error) => plain(500, &format!("{error:#}")),
            },
            Some(_) | None => plain(404, &format!("There is nothing at {path}")),
        }
    }

    /// The file of a decoded path inside the site; `None` when it leads out of the folder.
    fn locate(&self, path: &str) -> Option<PathBuf> {
        let wanted = Path::new(path);
        let inside = wanted
            .components()
            .all(|it| matches!(it, Component::Normal(_)));
        if !inside || path.contains(['\\', ':', '\0']) {
            return None;
        }
        let file = self.folder.join(wanted);
        Some(if path.is_empty() || path.ends_with('/') {
            file.join("index.html")
        } else {
            file
        })
    }

    fn read(&self, path: &Path) -> Result<Arc<ServedFile>> {
        let what = || format!("cannot read {}", path.display());
        let changed = fs::metadata(path)
            .and_then(|it| it.modified())
            .with_context(what)?;
        let known = self
            .files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path)
            .cloned();
        if let Some(known) = known.filter(|it| it.changed == changed) {
            return Ok(known);
        }
        let bytes = fs::read(path).with_context(what)?;
        let etag = format!("\"{:.32}\"", format!("{:x}", Sha256::digest(&bytes)));
        let gzipped = if is_worth_compressing(path) {
            Some(gzip(&bytes)?.into())
        } else {
            None
        };
        let served = Arc::new(ServedFile {
            changed,
            etag,
            bytes: bytes.into(),
            gzipped,
        });
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(path.to_owned(), Arc::clone(&served));
        Ok(served)
    }
}

fn respond(path: &Path, file: &ServedFile, asked: &HeaderMap) -> Response<Body> {
    let has = |name, value: &str| {
        let values = asked.get_all(name).iter().filter_map(|it| it.to_str().ok());
        values
            .flat_map(|it| it.split(','))
            .any(|it| it.split(';').next().is_some_and(|it| it.trim() == value))
    };
    let gzipped = file
        .gzipped
        .as_ref()
        .filter(|_| has(header::ACCEPT_ENCODING, "gzip"));
    // A compressed body is another representation: it has a tag of its own.
    let etag = match gzipped {
        Some(_) => format!("{}-gz\"", file.etag.trim_end_matches('"')),
        None => file.etag.clone(),
    };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    // Ask each time, send only what changed: a rebuilt site is never mixed with an old one.
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-cache"),
    );
    headers.insert(
        header::VARY,
        header::HeaderValue::from_static("accept-encoding"),
    );
    if let Ok(etag) = etag.parse() {
        headers.insert(header::ETAG, etag);
    }
    if has(header::IF_NONE_MATCH, &etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(mime(path)),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        header::HeaderValue::from_static("nosniff"),
    );
    if gzipped.is_some() {
        headers.insert(
            header::CONTENT_ENCODING,
            header::HeaderValue::from_static("gzip"),
        );
    }
    *response.body_mut() = Body::from(gzipped.unwrap_or(&file.bytes).clone());
    response
}

/// A plain-text answer.
pub fn plain(status: u16, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

fn moved(to: &str) -> Response<Body> {
    let mut response = plain(308, &format!("See {to}"));
    if let Ok(to) = to.parse() {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// At the level static hosts use.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::http::Request;
    use flate2::read::GzDecoder;

    use super::*;

    /// A site of its own for each test, with a file outside it that must stay unseen.
    fn site(test: &str, base: &str) -> Site {
        let folder = std::env::temp_dir().join(format!("cnn-lab-{}-{test}", std::process::id()));
        let dist = folder.join("dist");
        fs::create_dir_all(dist.join("engine")).unwrap();
        fs::write(folder.join("secret.txt"), "secret").unwrap();
        fs::write(dist.join("index.html"), "<p>the page</p>").unwrap();
        fs::write(dist.join("engine/engine-cpu.wasm"), b"\0asm").unwrap();
        fs::write(dist.join("digits.idx3.gz"), b"gz").unwrap();
        Site::new(dist, base).unwrap()
    }

    fn get(site: &Site, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        site.answer(&request.body(()).unwrap().into_parts().0)
    }

    fn body(response: Response<Body>) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime
            .block_on(axum::body::to_bytes(response.into_body(), 1_000))
            .unwrap()
            .to_vec()
    }

    #[test]
    fn paths_that_lead_out_of_the_folder_are_not_found() {
        let site = site("traversal", "/");
        for path in [
            "/../secret.txt",
            "/engine/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/%2e%2e%5csecret.txt",
            "//etc/passwd",
            "/%2fetc%2fpasswd",
            "/engine%00",
            "/%ff",
            "/%2",
        ] {
            assert_eq!(get(&site, path, &[]).status(), 404, "{path}");
        }
    }

    #[test]
    fn files_have_the_type_a_browser_needs() {
        let site = site("types", "/");
        for (path, mime) in [
            ("/", "text/html; charset=utf-8"),
            ("/index.html", "text/html; charset=utf-8"),
            ("/engine/engine-cpu.wasm", "application/wasm"),
            ("/digits.idx3.gz", "application/gzip"),
        ] {
            let response = get(&site, path, &[]);
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], mime, "{path}");
        }
    }

    #[test]
    fn text_is_gzipped_only_for_those_who_take_it_and_gz_files_never() {
        let site = site("gzip", "/");
        let accepts = [("accept-encoding", "br, gzip;q=0.8")];
        let zipped = get(&site, "/", &accepts);
        assert_eq!(zipped.headers()[header::CONTENT_ENCODING], "gzip");
        let mut text = String::new();
        GzDecoder::new(body(zipped).as_slice())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "<p>the page</p>");
        assert_eq!(body(get(&site, "/", &[])), b"<p>the page</p>");
        let data = get(&site, "/digits.idx3.gz", &accepts);
        assert!(!data.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(body(data), b"gz");
    }

    #[test]
    fn a_known_file_is_not_sent_again_until_it_changes() {
        let site = site("etag", "/");
        let etag = get(&site, "/", &[]).headers()[header::ETAG]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(get(&site, "/", &[("if-none-match", &etag)]).status(), 304);
        fs::write(site.folder.join("index.html"), "<p>another page</p>").unwrap();
        let file = fs::File::open(site.folder.join("index.html")).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let changed = get(&site, "/", &[("if-none-match", &etag)]);
        assert_eq!(changed.status(), 200);
        assert_eq!(body(changed), b"<p>another page</p>");
    }

    #[test]
    fn below_a_base_path_only_that_path_is_answered() {
        let site = site("base", "/some/path");
        assert_eq!(get(&site, "/some/path/", &[]).status(), 200);
        assert_eq!(
            get(&site, "/some/path", &[]).headers()[header::LOCATION],
            "/some/path/"
        );
        assert_eq!(get(&site, "/", &[]).status(), 404);
        assert_eq!(get(&site, "/some/pathology", &[]).status(), 404);
    }

    #[test]
    fn folders_need_their_last_slash_and_writing_is_refused() {
        let site = site("folders", "/");
        assert_eq!(
            get(&site, "/engine", &[]).headers()[header::LOCATION],
            "/engine/"
        );
        assert_eq!(get(&site, "/engine/", &[]).status(), 404);
        let put = Request::put("/index.html").body(()).unwrap().into_parts().0;
        assert_eq!(site.answer(&put).status(), 405);
    }
}
