//! The reference's operations in a browser's worker, on the CPU or, built with `gpu`, on WebGPU:
//! the same code that the native tests run, on the CPU also by the compiled plan. A message is a pair,
//! the case as JSON text and its file's bytes; the answer is JSON text, how many arrays were compared
//! and what was wrong.
#![allow(clippy::unwrap_used, reason = "a program that only tests run")]

#[cfg(target_arch = "wasm32")]
#[path = "../../tests/reference_run/mod.rs"]
mod reference_run;

#[cfg(target_arch = "wasm32")]
fn main() {
    wasm::main();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this program runs in a browser's worker; the browser tests build it");
}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use std::collections::BTreeMap;

    use js_sys::Uint8Array;
    use wasm_bindgen::closure::Closure;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::spawn_local;
    use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

    use crate::reference_run::op_case::Case;
    use crate::reference_run::{Array, arrays_in};

    pub fn main() {
        console_error_panic_hook::set_once();
        spawn_local(async {
            let device = device().await;
            let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
            let answer_to = scope.clone();
            let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let (device, scope) = (device.clone(), answer_to.clone());
                spawn_local(async move {
                    let pair: js_sys::Array = event.data().unchecked_into();
                    let case = pair.get(0).as_string().unwrap();
                    let case: Case = serde_json::from_str(&case).unwrap();
                    let tensors = arrays_in(&Uint8Array::new(&pair.get(1)).to_vec()).unwrap();
                    let (compared, wrong) = case.run(&tensors, &device).await;
                    let (planned, gradients, more) = by_plan(&case, &tensors);
                    let wrong: Vec<String> = wrong.into_iter().chain(more).collect();
                    let answer = serde_json::json!({
                        "compared": compared,
                        "planned": planned,
                        "gradients": gradients,
                        "wrong": wrong,
                    });
                    post(&scope, &answer.to_string());
                });
            });
            scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
            on_message.forget();
            post(&scope, "ready");
        });
    }

    /// Passes and gradients by the compiled plan that were compared, and what was wrong.
    #[cfg(not(feature = "gpu"))]
    fn by_plan(case: &Case, tensors: &BTreeMap<String, Array>) -> (usize, usize, Vec<String>) {
        let planned = case.by_plan(tensors);
        (planned.forward, planned.gradients, planned.wrong)
    }

    /// The CPU's program has run them.
    #[cfg(feature = "gpu")]
    fn by_plan(_: &Case, _: &BTreeMap<String, Array>) -> (usize, usize, Vec<String>) {
        (0, 0, Vec::new())
    }

    fn post(scope: &DedicatedWorkerGlobalScope, text: &str) {
        scope.post_message(&JsValue::from_str(text)).unwrap();
    }

    #[cfg(not(feature = "gpu"))]
    #[allow(clippy::unused_async, reason = "as the other one")]
    async fn device() -> burn::tensor::Device {
        engine::run::cpu()
    }

    #[cfg(feature = "gpu")]
    async fn device() -> burn::tensor::Device {
        engine::run::webgpu().await.unwrap().0
    }
}
