//! A static server of one folder: tower-http's `ServeDir` with the headers that the lab needs.

use std::{
    convert::Infallible,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    thread,
};

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Version,
        header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::{
        Redirect,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::stream;
use tokio::sync::watch;
use tower::ServiceBuilder;
use tower_http::{
    compression::CompressionLayer, services::ServeDir, set_header::SetResponseHeaderLayer,
};

use crate::build;

/// The address of the events that tell a page to reload, below the site's path.
const RELOAD: &str = "reload";

/// A bound, not yet running server of a site.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    folder: PathBuf,
    /// From `/` to `/`.
    base: String,
    compressed: bool,
    /// Counts the site's builds.
    builds: Option<watch::Receiver<u64>>,
}

impl Server {
    /// A server of `dist/`; `base` is the path of the site, from `/` to `/`.
    pub fn bind(address: SocketAddr, base: &str) -> Result<Self> {
        Self::of(build::dist(), address, base)
    }

    /// A server of the site in another folder.
    pub fn of(folder: PathBuf, address: SocketAddr, base: &str) -> Result<Self> {
        ensure!(
            folder.join("index.html").is_file(),
            "{} has no site; run `cargo xtask build` first",
            folder.display()
        );
        let base = base_path(base)?;
        let listener = TcpListener::bind(address).with_context(|| {
            format!("cannot listen on {address}; `--port 0` takes any free port")
        })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            folder,
            base,
            compressed: false,
            builds: None,
        })
    }

    /// Compresses text and code, as most hosts do.
    pub fn compressed(mut self) -> Self {
        self.compressed = true;
        self
    }

    /// Tells the pages that are open when the number of builds changes.
    pub fn telling(mut self, builds: watch::Receiver<u64>) -> Self {
        self.builds = Some(builds);
        self
    }

    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.base)
    }

    /// Serves until the program ends.
    pub fn run(self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let router = self.router();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            axum::serve(listener, router)
                .await
                .context("the server stopped")
        })
    }

    /// Serves from a thread of its own as long as this program lives; gives the URL.
    pub fn run_in_background(self) -> String {
        let url = self.url();
        thread::spawn(move || {
            if let Err(error) = self.run() {
                eprintln!("{error:#}");
            }
        });
        url
    }

    fn router(&self) -> Router {
        let bare = self.base.trim_end_matches('/');
        let header = |name: HeaderName, value| {
            SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
        };
        let compressing = self.compressed;
        let compression = CompressionLayer::new().compress_when(
            move |_: StatusCode, _: Version, headers: &HeaderMap, _: &axum::http::Extensions| {
                compressing && is_worth_compressing(headers)
            },
        );
        let files = ServiceBuilder::new()
            // The browser asks each time and gets what changed: builds never mix.
            .layer(header(CACHE_CONTROL, "no-cache"))
            .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(compression)
            .service(ServeDir::new(&self.folder).redirect_path_prefix(bare));
        let mut router = Router::new();
        if let Some(builds) = &self.builds {
            let builds = builds.clone();
            router = router.route(
                &format!("{}{RELOAD}", self.base),
                get(move || {
                    let mut builds = builds.clone();
                    builds.mark_unchanged();
                    let events = stream::unfold(builds, async |mut builds| {
                        builds.changed().await.ok()?;
                        let event = Event::default().data("reload");
                        Some((Ok::<_, Infallible>(event), builds))
                    });
                    async { Sse::new(events).keep_alive(KeepAlive::default()) }
                }),
            );
        }
        if bare.is_empty() {
            router.fallback_service(files)
        } else {
            let base = self.base.clone();
            router
                // Relative addresses need the last slash.
                .route(bare, get(async move || Redirect::permanent(&base)))
                .nest_service(&self.base, files)
        }
    }
}

/// A path from `/` to `/`.
fn base_path(base: &str) -> Result<String> {
    let inner = base.trim_matches('/');
    ensure!(
        inner
            .split('/')
            .all(|it| it != ".." && !it.contains(['%', '?', '#', ' ', '{', '}'])),
        "the base path {base:?} is not one; give a path such as /courses/lab/"
    );
    Ok(if inner.is_empty() {
        "/".to_owned()
    } else {
        format!("/{inner}/")
    })
}

/// Text and code shrink to a third; pictures and gzipped data are compressed already.
fn is_worth_compressing(headers: &HeaderMap) -> bool {
    let mime = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    mime.is_some_and(|mime| {
        mime.starts_with("text/")
            || mime.ends_with("json")
            || mime.ends_with("xml")
            || mime == "application/wasm"
            || mime == "application/javascript"
    })
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::Read,
        net::Ipv4Addr,
        time::{Duration, SystemTime},
    };

    use axum::{
        body::Body,
        http::{Request, Response, header},
    };
    use flate2::read::GzDecoder;
    use tower::ServiceExt;

    use super::*;

    /// A site of its own for each test, with a file outside it that must not be served.
    fn site(test: &str, base: &str) -> Server {
        let folder = std::env::temp_dir().join(format!("cnn-lab-{}-{test}", std::process::id()));
        let dist = folder.join("dist");
        fs::create_dir_all(dist.join("engine")).unwrap();
        fs::write(folder.join("secret.txt"), "secret").unwrap();
        fs::write(dist.join("index.html"), "<p>the page</p>").unwrap();
        fs::write(dist.join("start.js"), "start()").unwrap();
        fs::write(dist.join("manifest.webmanifest"), "{}").unwrap();
        fs::write(dist.join("engine/engine-cpu.wasm"), b"\0asm").unwrap();
        fs::write(dist.join("digits.idx3.gz"), b"gz").unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Server::of(dist, address, base).unwrap().compressed()
    }

    fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let runtime = runtime();
        runtime.block_on(server.router().oneshot(request)).unwrap()
    }

    fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        ask(server, "GET", path, headers)
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    }

    fn body(response: Response<Body>) -> Vec<u8> {
        let bytes = axum::body::to_bytes(response.into_body(), 1_000);
        runtime().block_on(bytes).unwrap().to_vec()
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
            let response = get(&site, path, &[]);
            assert!(response.status().is_client_error(), "{path}");
            assert!(!body(response).starts_with(b"secret"), "{path}");
        }
    }

    #[test]
    fn files_have_the_type_a_browser_needs_and_are_asked_for_each_time() {
        let site = site("types", "/");
        for (path, mime) in [
            ("/", "text/html"),
            ("/index.html", "text/html"),
            ("/start.js", "text/javascript"),
            ("/manifest.webmanifest", "application/manifest+json"),
            ("/engine/engine-cpu.wasm", "application/wasm"),
            ("/digits.idx3.gz", "application/gzip"),
        ] {
            let response = get(&site, path, &[]);
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(response.headers()[CONTENT_TYPE], mime, "{path}");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-cache", "{path}");
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
        let file = fs::File::options()
            .write(true)
            .open(site.folder.join("index.html"));
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.unwrap().set_modified(long_ago).unwrap();
        let changed = get(&site, "/", &[("if-none-match", &etag)]);
        assert_eq!(changed.status(), 200);
        assert_eq!(body(changed), b"<p>another page</p>");
    }

    #[test]
    fn below_a_base_path_only_that_path_is_answered() {
        let site = site("base", "/some/path");
        assert_eq!(get(&site, "/some/path/", &[]).status(), 200);
        let moved = get(&site, "/some/path", &[]);
        assert_eq!(moved.headers()[header::LOCATION], "/some/path/");
        let folder = get(&site, "/some/path/engine", &[]);
        assert_eq!(folder.headers()[header::LOCATION], "/some/path/engine/");
        assert_eq!(get(&site, "/", &[]).status(), 404);
        assert_eq!(get(&site, "/some/pathology", &[]).status(), 404);
    }

    #[test]
    fn a_base_path_that_is_not_one_is_refused() {
        for base in ["/a/../b", "/a%20b", "/a b", "/{a}"] {
            assert!(base_path(base).is_err(), "{base}");
        }
    }

    #[test]
    fn writing_is_refused() {
        let site = site("writing", "/");
        assert_eq!(ask(&site, "PUT", "/index.html", &[]).status(), 405);
    }

    #[test]
    fn a_build_is_told_to_the_pages_that_are_open() {
        let (builds, receiver) = watch::channel(0);
        let site = site("reload", "/lab/").telling(receiver);
        // One runtime for all of it: the stream's timer belongs to the one it was made in.
        runtime().block_on(async {
            let request = Request::builder().uri("/lab/reload");
            let request = request.body(Body::empty()).unwrap();
            let response = site.router().oneshot(request).await.unwrap();
            assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
            builds.send_modify(|count| *count += 1);
            // The stream ends when nobody builds any more.
            drop(builds);
            let body = axum::body::to_bytes(response.into_body(), 1_000).await;
            assert_eq!(body.unwrap(), &b"data: reload\n\n"[..]);
        });
    }
}
