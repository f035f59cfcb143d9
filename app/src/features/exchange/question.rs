//! A dialog: open the part of a file that is supported, say which size its pictures have, or paste a
//! network as text.

use engine::Shape;
use leptos::html::Dialog;
use leptos::prelude::*;
use state::exchange::{Asked, Question as About};

use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::fields::{Input, Take, text_field, whole};

#[component]
pub fn Question() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let dialog = NodeRef::<Dialog>::new();
    let asked = lab.exchange.asked();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (asked.with(Option::is_some), dialog.open()) {
            (true, false) => {
                let shown = dialog.show_modal();
                debug_assert!(shown.is_ok());
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let body = move || {
        let asked = asked.get()?;
        Some(match asked.question.clone() {
            About::Part {
                unsupported,
                behind,
                layers,
            } => part(lab, asked, unsupported, behind, layers),
            About::Size { why } => size(lab, asked, why),
            About::Unread { lines, layers } => unread(lab, asked, lines, layers),
            About::Paste { wrong } => paste(lab, wrong),
        })
    };
    // Closed by Escape: nothing is opened.
    let closed = move |_| {
        if asked.with_untracked(Option::is_some) {
            lab.close_onnx();
        }
    };
    view! {
        <dialog
            class="dialog"
            node_ref=dialog
            aria-label="Open a network"
            data-testid="import-dialog"
            on:close=closed
        >
            {body}
        </dialog>
    }
}

fn part(lab: Lab, asked: Asked, unsupported: Vec<String>, behind: usize, layers: usize) -> AnyView {
    let title = format!("{} is not supported whole", asked.file);
    let count = match unsupported.len() {
        1 => "One of its nodes is no layer of the lab".to_owned(),
        count => format!("{count} of its nodes are no layers of the lab"),
    };
    let count = match behind {
        0 => format!("{count}:"),
        1 => format!("{count}, and one needs what they give:"),
        behind => format!("{count}, and {behind} need what they give:"),
    };
    let open = match layers {
        1 => "Open the layer before them".to_owned(),
        layers => format!("Open the {layers} layers before them"),
    };
    let take = move |_| {
        let asked = asked.clone();
        soon(move || lab.open_onnx_part(asked));
    };
    let rows = unsupported
        .into_iter()
        .map(|text| view! { <li>{text}</li> });
    view! {
        <div class="dialog-head"><h2>{title}</h2></div>
        <p>{count}</p>
        <ul class="unsupported" data-testid="unsupported" tabindex="0" aria-label="Nodes that are not supported">
            {rows.collect_view()}
        </ul>
        <div class="dialog-tools">
            <button type="button" class="primary" data-testid="import-part" on:click=take>
                {open}
            </button>
            <button type="button" data-testid="import-cancel" on:click=move |_| lab.close_onnx()>
                "Cancel"
            </button>
        </div>
    }
    .into_any()
}

fn unread(lab: Lab, asked: Asked, lines: Vec<String>, layers: usize) -> AnyView {
    let title = format!("{} is not understood whole", asked.file);
    let open = match layers {
        1 => "Open the layer that is".to_owned(),
        layers => format!("Open the {layers} layers that are"),
    };
    let take = move |_| {
        let asked = asked.clone();
        soon(move || lab.open_text_part(asked));
    };
    let rows = lines.into_iter().map(|text| view! { <li>{text}</li> });
    view! {
        <div class="dialog-head"><h2>{title}</h2></div>
        <ul class="unsupported" data-testid="unsupported" tabindex="0" aria-label="Lines that are not understood">
            {rows.collect_view()}
        </ul>
        <div class="dialog-tools">
            <button type="button" class="primary" data-testid="import-part" on:click=take>
                {open}
            </button>
            <button type="button" data-testid="import-cancel" on:click=move |_| lab.close_onnx()>
                "Cancel"
            </button>
        </div>
    }
    .into_any()
}

fn paste(lab: Lab, wrong: Option<String>) -> AnyView {
    let text = lab.exchange.text();
    let take = move |_| {
        let text = text.get_untracked();
        soon(move || lab.open_text(text));
    };
    view! {
        <div class="dialog-head"><h2>"Paste code"</h2></div>
        <label for="import-text" class="note">
            "nn.Sequential(…) of PyTorch, what print(model) shows, Sequential([…]) of Keras, or what model.summary() shows"
        </label>
        <textarea
            id="import-text"
            class="import-text"
            data-testid="import-text"
            rows="14"
            spellcheck="false"
            autocomplete="off"
            prop:value=move || text.get()
            on:input=move |event| lab.exchange.paste(event_target_value(&event))
        ></textarea>
        {wrong.map(|why| view! { <p class="dialog-wrong" role="alert">{why}</p> })}
        <div class="dialog-tools">
            <button type="button" class="primary" data-testid="import-open" on:click=take>
                "Open"
            </button>
            <button type="button" data-testid="import-cancel" on:click=move |_| lab.close_onnx()>
                "Cancel"
            </button>
        </div>
    }
    .into_any()
}

fn size(lab: Lab, asked: Asked, why: String) -> AnyView {
    let shape = RwSignal::new([3_u32, 224, 224]);
    let side = move |at: usize, label: &str| {
        let error = RwSignal::new(None);
        let value = Signal::derive(move || shape.get()[at].to_string());
        let take = Take::new(move |text: String| {
            let number = whole(&text)?
                .as_u64()
                .and_then(|number| u32::try_from(number).ok());
            let number = number
                .filter(|number| *number > 0)
                .ok_or("At least 1 is needed.")?;
            shape.update(|shape| shape[at] = number);
            Ok(())
        });
        let input = Input {
            step: Some(1.0),
            least: 0.0,
            field: "import-size",
        };
        view! {
            {text_field(label.to_owned(), value, error, input, take)}
            {move || error.get().map(|why| view! { <span class="field-wrong" role="alert">{why}</span> })}
        }
    };
    let title = format!("The size of the pictures of {}", asked.file);
    let take = move |_| {
        let [channels, height, width] = shape.get_untracked();
        let asked = asked.clone();
        soon(move || lab.open_onnx_for(asked, Shape::new(channels, height, width)));
    };
    view! {
        <div class="dialog-head"><h2>{title}</h2></div>
        <p class="note">{format!("In this file {why}.")}</p>
        <div class="picker-own">
            {side(0, "Channels of the picture")} "×" {side(1, "Height of the picture")} "×"
            {side(2, "Width of the picture")}
        </div>
        <div class="dialog-tools">
            <button type="button" class="primary" data-testid="import-size" on:click=take>
                "Open"
            </button>
            <button type="button" data-testid="import-cancel" on:click=move |_| lab.close_onnx()>
                "Cancel"
            </button>
        </div>
    }
    .into_any()
}
