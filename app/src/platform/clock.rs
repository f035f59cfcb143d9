//! The page's clock, and marks on the browser's timeline for the benchmarks.

use js_sys::{Function, Object, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};

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
    let options = Object::new();
    let set = |key: &str, value: f64| Reflect::set(&options, &key.into(), &value.into()).is_ok();
    let complete = generation.is_none_or(|number| set("detail", number as f64))
        && time.is_none_or(|time| set("startTime", time));
    // web-sys has a mark's options only behind a compiler flag.
    let Ok(mark) = Reflect::get(&timeline, &"mark".into()) else {
        return;
    };
    if let (true, Ok(mark)) = (complete, mark.dyn_into::<Function>()) {
        // A browser without options throws; it is then without marks, which only a benchmark
        // misses.
        let _unmarked: Result<JsValue, JsValue> = mark.call2(&timeline, &name.into(), &options);
    }
}

/// The first answer is shown, with all its maps.
pub fn ready() {
    mark(READY, None, None);
    if let Some(root) = document().document_element() {
        let set = root.set_attribute("data-ready", "true");
        debug_assert!(set.is_ok());
    }
}
