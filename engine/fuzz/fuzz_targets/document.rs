//! Arbitrary bytes as a document: an error or a graph that survives being written again.
#![no_main]

use engine::Analysis;
use engine::format::json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(graph) = json::read(bytes) {
        let _ = Analysis::of(&graph);
        let text = json::write(&graph).expect("what was read can be written");
        assert_eq!(
            json::read(text).expect("what was written can be read"),
            graph
        );
    }
});
