//! The section “Hand over”: the training as a folder for PyTorch and burn.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::lab::Lab;

type Done = std::pin::Pin<Box<dyn Future<Output = Result<Vec<String>, String>>>>;

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn handed(lab: Lab) -> Result<Done, SplitLoaderError> {
    Ok(Box::pin(lab.hand_over()))
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    Nothing,
    Writing,
    Written(Vec<String>),
    Refused(String),
}

#[component]
pub fn HandoverSection() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let status = RwSignal::new(Status::Nothing);
    let busy = move || status.with(|it| *it == Status::Writing);
    let write = move |_| {
        if busy() {
            return;
        }
        status.set(Status::Writing);
        spawn_local(async move {
            let done = match handed(lab).await {
                Ok(done) => done.await,
                Err(_) => Err("a part of this page did not come. Try again".to_owned()),
            };
            status.try_set(match done {
                Ok(notes) => Status::Written(notes),
                Err(why) => Status::Refused(why),
            });
        });
    };
    let told = move || match status.get() {
        Status::Nothing => ().into_any(),
        Status::Writing => view! { <p class="train-hint">"Writing …"</p> }.into_any(),
        Status::Written(notes) => {
            let rows = notes.into_iter().map(|note| view! { <li>{note}</li> });
            view! {
                <p class="train-hint">
                    "In the folder: " <code>"torchrun --nproc-per-node=2 train.py --data DIR"</code>
                </p>
                <ul class="train-hint" data-testid="handover-notes">{rows.collect_view()}</ul>
            }
            .into_any()
        }
        Status::Refused(why) => {
            view! { <p class="train-note" role="alert">{format!("Nothing is written: {why}.")}</p> }
                .into_any()
        }
    };
    view! {
        <section aria-label="Hand over">
            <h2>"Hand over"</h2>
            <button
                type="button"
                data-testid="handover"
                title="The network, its weights and the settings of Train as a folder that PyTorch (torchrun) and burn carry out"
                aria-busy=move || busy().to_string()
                on:click=write
            >
                "Hand the training over"
            </button>
            <div role="status">{told}</div>
        </section>
    }
}
