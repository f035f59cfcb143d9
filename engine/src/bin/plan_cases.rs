//! The WGSL plan in a browser's worker, without burn: the reference's operations with the code of the
//! native test, and how long networks take. A message is a pair: a case as JSON text and its file's
//! bytes, or `{"time": network, "runs": count}`; the answer is JSON text.
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
    use std::rc::Rc;

    use engine::data::made_up;
    use engine::plan::gpu::{Gpu, GpuExecutor};
    use engine::plan::wgsl::Program;
    use engine::plan::{Packer, Params};
    use engine::zoo::{self, Options};
    use js_sys::{Array, Uint8Array};
    use serde::Deserialize;
    use serde_json::{Value, json};
    use wasm_bindgen::closure::Closure;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::spawn_local;
    use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
    use web_time::Instant;

    use crate::reference_run::arrays_in;
    use crate::reference_run::wgsl_case::PlanCase;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Asked {
        Time { time: String, runs: u32 },
        Case(PlanCase),
    }

    pub fn main() {
        console_error_panic_hook::set_once();
        spawn_local(async {
            let gpu = Rc::new(Gpu::find().await.unwrap());
            let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
            let answer_to = scope.clone();
            let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let (gpu, scope) = (Rc::clone(&gpu), answer_to.clone());
                spawn_local(async move {
                    let pair: Array = event.data().unchecked_into();
                    let asked = pair.get(0).as_string().unwrap();
                    let answer = match serde_json::from_str(&asked).unwrap() {
                        Asked::Time { time, runs } => timed(&gpu, &time, runs).await,
                        Asked::Case(case) => {
                            let file = Uint8Array::new(&pair.get(1)).to_vec();
                            let (compared, wrong) =
                                case.run(&arrays_in(&file).unwrap(), &gpu).await;
                            json!({ "compared": compared, "wrong": wrong })
                        }
                    };
                    post(&scope, &answer.to_string());
                });
            });
            scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
            on_message.forget();
            post(&scope, "ready");
        });
    }

    /// Milliseconds of each pass, and of what comes before the first.
    async fn timed(gpu: &Rc<Gpu>, name: &str, runs: u32) -> Value {
        let graph = zoo::build(name, &Options::default()).unwrap();
        let params = Params::made_up(&graph);
        let start = Instant::now();
        let program = Program::lower(&graph, &params, vec![], &mut Packer::default()).unwrap();
        let dispatches = program.dispatches.len();
        let lowered = milliseconds(start);
        let made = GpuExecutor::new(Rc::clone(gpu), program, false).await;
        let mut executor = made.unwrap();
        let made = milliseconds(start);
        let input = made_up(graph.input().elements() as usize);
        let mut passes = Vec::new();
        for _ in 0..=runs {
            let start = Instant::now();
            executor.run(&input, &[]).await.unwrap();
            passes.push(milliseconds(start));
        }
        let first = passes.remove(0);
        passes.sort_by(f64::total_cmp);
        json!({
            "network": name,
            "dispatches": dispatches,
            "lowered_ms": lowered,
            "made_ms": made,
            "first_ms": first,
            "median_ms": passes.get(passes.len() / 2),
            "best_ms": passes.first(),
        })
    }

    fn milliseconds(start: Instant) -> f64 {
        start.elapsed().as_secs_f64() * 1e3
    }

    fn post(scope: &DedicatedWorkerGlobalScope, text: &str) {
        scope.post_message(&JsValue::from_str(text)).unwrap();
    }
}
