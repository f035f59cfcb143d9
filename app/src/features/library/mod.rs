//! Choosing a network, storing and sharing experiments: buttons of the header with their dialogs.

mod experiments;
mod export;
mod picker;
mod share;

use crate::ui::lazy::{self, Part};
use engine::format::Control;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

pub use self::picker::Networks;

use self::experiments::experiments;
use self::share::share;

use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::icon::{Icon, icon};
use crate::ui::lockable;

/// The header's buttons “Experiments” and “Share”.
pub fn buttons(lab: Lab) -> AnyView {
    let close: fn(Lab) = |lab| lab.hide_library();
    let open: fn(Lab) -> bool = |_| true;
    let shares: fn(Lab) -> bool = |lab| lab.permits(Control::Share);
    let nothing: fn(Lab) = |_| {};
    let list = dialog(
        lab,
        ("Experiments", "experiments", Icon::Folder),
        open,
        close,
        experiment_list,
    );
    let link = dialog(
        lab,
        ("Share", "share", Icon::Share),
        shares,
        nothing,
        share_panel,
    );
    let shared = lockable(lab, Control::Share, link);
    view! { <div class="keep-buttons">{list} {shared}</div> }.into_any()
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(experiment_code))]
fn experiment_dialog(close: Callback<()>) -> Part {
    Ok(experiments(expect_context(), close))
}

/// The stored experiments.
fn experiment_list(close: Callback<()>) -> AnyView {
    lazy::on_demand("The list of experiments", experiment_code, move || {
        experiment_dialog(close)
    })
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(share_code))]
fn share_dialog(close: Callback<()>) -> Part {
    Ok(share(expect_context(), close))
}

/// The link to the experiment.
fn share_panel(close: Callback<()>) -> AnyView {
    lazy::on_demand("The link", share_code, move || share_dialog(close))
}

/// A button and the dialog that it opens unless `on_open` returns `false`; the body is created when
/// the dialog opens.
fn dialog(
    lab: Lab,
    (name, testid, picture): (&'static str, &'static str, Icon),
    on_open: fn(Lab) -> bool,
    on_close: fn(Lab),
    body: fn(Callback<()>) -> AnyView,
) -> AnyView {
    let dialog = NodeRef::<Dialog>::new();
    let opened = RwSignal::new(false);
    let open = move |_| {
        if let Some(dialog) = dialog.get_untracked()
            && on_open(lab)
        {
            opened.set(true);
            soon(move || {
                // Fails only if it is open already.
                let _open = dialog.show_modal();
            });
        }
    };
    let close = Callback::new(move |()| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    });
    view! {
        <button
            type="button"
            aria-haspopup="dialog"
            aria-label=name
            title=name
            data-testid=testid
            on:click=open
        >
            {icon(picture)}
            <span>{name}</span>
        </button>
        <dialog
            class="dialog"
            node_ref=dialog
            aria-label=name
            data-testid=format!("{testid}-dialog")
            on:close=move |_| {
                // The event comes later: it may be open again.
                if dialog.get_untracked().is_some_and(|dialog| dialog.open()) {
                    return;
                }
                // Rebuilt with the current state the next time.
                opened.set(false);
                on_close(lab);
            }
        >
            {move || opened.get().then(|| body(close))}
        </dialog>
    }
    .into_any()
}

/// A dialog's head.
fn head(title: &'static str, close: Callback<()>) -> AnyView {
    view! {
        <div class="dialog-head">
            <h2>{title}</h2>
            <button
                type="button"
                class="icon"
                aria-label="Close"
                data-testid="close"
                on:click=move |_| close.run(())
            >
                {icon(Icon::Close)}
            </button>
        </div>
    }
    .into_any()
}
