//! Files for other programs, in the dialog “Share”.

use engine::format::Locks;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::lab::{Format, Lab};
use crate::storage::link::LONGEST;
use crate::ui::rove;

type Done = std::pin::Pin<Box<dyn Future<Output = Result<(), String>>>>;

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn exported(lab: Lab, format: Format) -> Result<Done, SplitLoaderError> {
    let link = lab.link(&Locks::new()).ok();
    let link = link.filter(|link| link.len() <= LONGEST);
    Ok(Box::pin(lab.export(format, link)))
}

/// A button for each format.
pub(super) fn export(lab: Lab) -> AnyView {
    let status = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let write = move |format: Format| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        status.set(format!("Writing {} …", format.title()));
        spawn_local(async move {
            let done = match exported(lab, format).await {
                Ok(done) => done.await,
                Err(_) => Err("a part of this page did not come. Try again".to_owned()),
            };
            busy.set(false);
            status.set(match done {
                Ok(()) => String::new(),
                Err(why) => format!("{} is not written: {why}.", format.title()),
            });
        });
    };
    let has_grids = lab.grids().is_some();
    let formats = Format::ALL.into_iter();
    let formats = formats.filter(move |&it| it != Format::Onnx8 || has_grids);
    let one = |(place, format): (usize, Format)| {
        view! {
            <button
                type="button"
                data-testid="export"
                data-format=format.name()
                title=format.about()
                tabindex=if place == 0 { "0" } else { "-1" }
                on:click=move |_| write(format)
            >
                {format.title()}
            </button>
        }
    };
    view! {
        <div>
            <h3 id="export-title">"For other programs"</h3>
            <div
                class="dialog-tools"
                role="toolbar"
                aria-labelledby="export-title"
                aria-busy=move || busy.get().to_string()
                on:keydown=rove
            >
                {formats.enumerate().map(one).collect_view()}
            </div>
            <p class="note" role="status" data-testid="export-status">{status}</p>
        </div>
    }
    .into_any()
}
