//! Arbitrary bytes as a share text, as they come and packed as a link packs them, so that the
//! fuzzer also gets behind base64 and deflate.
#![no_main]

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::Analysis;
use engine::format::share;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use libfuzzer_sys::fuzz_target;

fn check(text: &str) {
    if let Ok(graph) = share::decode(text) {
        let _ = Analysis::of(&graph);
        if let Ok(again) = share::encode(&graph) {
            assert_eq!(
                share::decode(&again).expect("what was packed can be unpacked"),
                graph
            );
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    deflate.write_all(bytes).expect("memory takes all");
    let packed = deflate.finish().expect("memory takes all");
    let packed = BASE64_URL_SAFE_NO_PAD.encode(packed);
    check(&format!("1{packed}"));
    if let Ok(experiment) = share::decode_experiment(&format!("2{packed}"))
        && let Ok(again) = share::encode_experiment(&experiment)
    {
        assert_eq!(
            share::decode_experiment(&again).expect("what was packed can be unpacked"),
            experiment
        );
    }
});
