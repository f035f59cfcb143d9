//! The engine worker that computes on WebGPU.

#[cfg(target_arch = "wasm32")]
fn main() {
    use engine::session::{Session, worker};

    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        let told = match Session::on_webgpu(worker::buffer_bytes().await).await {
            Ok(session) => worker::serve(session),
            Err(error) => worker::refuse(error.to_string()),
        };
        if let Err(error) = told {
            web_sys::console::error_1(&error);
        }
    });
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this program runs in a browser's worker; `cargo xtask build` makes it");
}
