//! What the address of a file tells: its name on disk, its type, whether compressing it pays.

use std::path::Path;

/// A path with its percent signs resolved; `None` when it is not UTF-8 afterwards.
pub fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let &[high, low, ..] = after else { return None };
            let digit = |it: u8| char::from(it).to_digit(16);
            bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// As registered by IANA; wasm must be exact, or browsers refuse to compile it while it loads.
pub fn mime(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|it| it.to_str());
    match extension.unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

/// Text and code shrink to a third; pictures and gzipped data are compressed already.
pub fn is_worth_compressing(path: &Path) -> bool {
    let mime = mime(path);
    mime.starts_with("text/")
        || mime.ends_with("json")
        || mime.ends_with("xml")
        || mime == "application/wasm"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_resolved_or_the_path_is_refused() {
        assert_eq!(decoded("a%20b/c").as_deref(), Some("a b/c"));
        assert_eq!(decoded("%E2%82%AC").as_deref(), Some("€"));
        for wrong in ["%", "%2", "%zz", "%+1", "%ff", "%\u{e9}x"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn code_is_compressed_and_data_chunks_are_not() {
        assert!(is_worth_compressing(Path::new("engine/engine-cpu.wasm")));
        assert!(is_worth_compressing(Path::new("manifest.json")));
        assert!(!is_worth_compressing(Path::new("test-00-images.idx3.gz")));
        assert!(!is_worth_compressing(Path::new("lenet-5.safetensors")));
    }
}
