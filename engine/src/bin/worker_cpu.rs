//! The engine worker that computes on the CPU.

#[cfg(target_arch = "wasm32")]
fn main() -> Result<(), wasm_bindgen::JsValue> {
    console_error_panic_hook::set_once();
    engine::session::worker::serve(engine::session::Session::on_cpu())
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this program runs in a browser's worker; `cargo xtask build` makes it");
}
