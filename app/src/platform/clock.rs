//! The page's clock, and marks on the browser's timeline for the benchmarks.

use js_sys::Object;
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Performance;

// web-sys has a mark's options only behind a compiler flag.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Performance)]
    type Timeline;

    #[wasm_bindgen(method, catch)]
    fn mark(this: &Timeline, name: &str, options: &MarkOptions) -> Result<JsValue, JsValue>;

    type MarkOptions;

    #[wasm_bindgen(method, setter)]
    fn set_detail(this: &MarkOptions, detail: f64);

    #[wasm_bindgen(method, setter, js_name = startTime)]
    fn set_start_time(this: &MarkOptions, ms: f64);
}

const STROKE: &str = "cnnlab:stroke";
const SHOWN: &str = "cnnlab:shown";
const READY: &str = "cnnlab:ready";

/// Milliseconds on the page's clock.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// The drawing as the pointer event at `time` left it is sent to the engine as this generation.
pub fn stroke(time: f64, generation: u64) {
    mark(STROKE, Some(generation), Some(time));
}

/// This answer's maps and bars are drawn.
pub fn shown(generation: u64) {
    mark(SHOWN, Some(generation), None);
}

fn mark(name: &str, generation: Option<u64>, time: Option<f64>) {
    let Some(timeline) = window().performance() else {
        return;
    };
    // One mark of a kind at a time, so that they do not pile up.
    timeline.clear_marks_with_mark_name(name);
    let options: MarkOptions = Object::new().unchecked_into();
    if let Some(generation) = generation {
        options.set_detail(generation as f64);
    }
    if let Some(time) = time {
        options.set_start_time(time);
    }
    // A browser without options throws; it is then without marks, which only a benchmark misses.
    let _unmarked = timeline.unchecked_ref::<Timeline>().mark(name, &options);
}

/// The first answer is shown, with all its maps.
pub fn ready() {
    mark(READY, None, None);
    if let Some(root) = document().document_element() {
        let set = root.set_attribute("data-ready", "true");
        debug_assert!(set.is_ok());
    }
}
