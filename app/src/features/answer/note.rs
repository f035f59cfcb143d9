//! That an answer means nothing, with the way to a network that knows such inputs; and the progress
//! of a download.

use engine::format::Control;
use engine::zoo::Pretrained;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use state::answer::Standing;
use state::notices::Place;

use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::format::bytes;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(note_code))]
fn note_part() -> Part {
    Ok(note(expect_context()))
}

/// What is to be said of the worth of an answer, once there is one.
pub fn notes(lab: Lab) -> AnyView {
    // Mounted from the start, because screen readers announce changes of existing live regions only.
    view! { <div class="notes" role="status">{lazy::unnoticed(lab, note_code, note_part)}</div> }
        .into_any()
}

fn note(lab: Lab) -> AnyView {
    let name = move || lab.document.running().with(|graph| graph.name().to_owned());
    let there = Memo::new(move |_| {
        // Nothing is read from blank paper.
        let latest = lab.answer.latest();
        latest.with(|trace| trace.as_ref().is_some_and(|trace| !trace.blank))
    });
    let note = move || {
        let standing = lab.answer.standing.get();
        let sentence = standing.sentence(&name());
        match standing {
            Standing::Foreign(_, open) if there.get() => Some(domain(
                lab,
                sentence,
                "This looks like something else.",
                open,
                true,
            )),
            Standing::Perhaps(_, open) if there.get() => {
                let more = "Of a photo it reads the largest shape as a digit.";
                Some(domain(lab, sentence, more, open, false))
            }
            Standing::Untrained { open, .. } => Some(
                view! {
                    <p class="untrained" data-testid="untrained">{sentence}</p>
                    {way_out(lab, open, |title| format!("Open {title}, trained"), false)}
                }
                .into_any(),
            ),
            _ => None,
        }
    };
    note.into_any()
}

/// What the network knows, and the network that knows this input.
fn domain(
    lab: Lab,
    knows: String,
    more: &'static str,
    open: Option<&'static Pretrained>,
    sure: bool,
) -> AnyView {
    view! {
        <div class="domain-note" data-testid="domain-note" data-sure=sure.to_string()>
            {icon(Icon::Warning)}
            <p><b>{knows}</b> " " {more}</p>
            {way_out(lab, open, |title| format!("Open {title}"), sure)}
        </div>
    }
    .into_any()
}

/// Opens a network of the zoo, whose code is not part of the page's start.
#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible)]
fn open_network(lab: Lab, name: &'static str) -> Result<(), SplitLoaderError> {
    if let Err(error) = lab.open_preset(name) {
        let text = error.to_string();
        lab.document.refuse(engine::NodeId::INPUT, &text);
    }
    Ok(())
}

/// A button that opens this network; none where that is locked.
fn way_out(
    lab: Lab,
    open: Option<&'static Pretrained>,
    words: fn(&str) -> String,
    primary: bool,
) -> Option<AnyView> {
    let open = open.filter(|_| lab.document.allows(Control::Presets))?;
    let act = move |_| {
        soon(move || {
            spawn_local(async move {
                if open_network(lab, open.network).await.is_err() {
                    lab.notices.fail(
                        Place::Offline,
                        "The list of networks did not load: a file of this page is missing or the \
                         connection is lost. Nothing was lost; try again.",
                    );
                }
            });
        });
    };
    Some(
        view! {
            <button
                type="button"
                class:primary=primary
                data-testid="open-expert"
                data-preset=open.network
                on:click=act
            >
                {words(open.title)}
            </button>
        }
        .into_any(),
    )
}

/// The progress of a large download.
#[component]
pub fn Loading() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let there = Memo::new(move |_| lab.engine.download().with(Option::is_some));
    let part = move || {
        lab.engine.download().with(|progress| {
            progress
                .as_ref()
                .map_or((0, 1), |it| (it.done, it.total.max(1)))
        })
    };
    let words = move || {
        lab.engine.download().with(|progress| {
            progress.as_ref().map_or_else(String::new, |it| {
                format!("{}: {} of {}", it.what, bytes(it.done), bytes(it.total))
            })
        })
    };
    let scale = move || {
        let (done, total) = part();
        format!("scaleX({})", (done as f64 / total as f64).min(1.0))
    };
    let bar = move || {
        there.get().then(|| {
            view! {
                <div class="loading">
                    <p class="hint">{words}</p>
                    <div
                        class="bar-track"
                        data-testid="progress"
                        role="progressbar"
                        aria-label="What has come of the weights"
                        aria-valuemin="0"
                        aria-valuemax=move || part().1.to_string()
                        aria-valuenow=move || part().0.to_string()
                        aria-valuetext=words
                    >
                        <span class="bar-fill" style:transform=scale></span>
                    </div>
                </div>
            }
        })
    };
    view! { {bar} }
}
