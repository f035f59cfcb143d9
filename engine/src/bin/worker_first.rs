//! The small engine worker that answers first, on the CPU, until the whole one is there.

#[cfg(target_arch = "wasm32")]
fn main() -> Result<(), wasm_bindgen::JsValue> {
    console_error_panic_hook::set_once();
    engine::session::worker::serve_first(engine::session::Session::on_cpu())
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this program runs in a browser's worker; `cargo xtask build` makes it");
}
