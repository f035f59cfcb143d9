//! The link to the current experiment: what it contains, what its author locks or hides, and the
//! code to embed it.

use engine::format::{Control, Lock, Locks};
use leptos::html;
use leptos::prelude::*;

use super::export::export;
use super::head;
use crate::lab::Lab;
use crate::storage::link::LONGEST;
use crate::storage::link::frame;
use crate::ui::format::exact;
use state::document::title;

/// The content of the panel.
pub fn share(lab: Lab, close: Callback<()>) -> AnyView {
    let locks = RwSignal::new(Locks::new());
    // Nothing else changes while the panel is open.
    let link = Memo::new(move |_| locks.with(|locks| lab.link(locks)));
    let carried = move || {
        link.with(|link| match link {
            Err(why) => format!("There is no link: {why}. Hand out a file instead."),
            Ok(link) if link.len() > LONGEST => format!(
                "The link would have {} characters. Programs that carry links often cut those \
                 beyond {}: hand out a file instead.",
                exact(link.len() as u64),
                exact(LONGEST as u64)
            ),
            Ok(link) => format!("{} characters.", exact(link.len() as u64)),
        })
    };
    let short =
        Memo::new(move |_| link.with(|link| link.as_ref().is_ok_and(|link| link.len() <= LONGEST)));
    let text = Signal::derive(move || link.get().unwrap_or_default());
    let embed = Signal::derive(move || {
        let name = untrack(|| lab.document.name());
        frame(&text.get(), &name, lab.screen.panels)
    });
    let own = lab
        .input
        .photo()
        .with_untracked(|photo| photo.as_ref().is_some_and(|photo| photo.stem.is_none()));
    let weights = lab.document.weights().with_untracked(|weights| {
        let from = &weights.as_ref()?.from;
        Some(format!(
            " The weights from {from} stay here too: save them by “Save weights” and hand that file \
             out beside the link."
        ))
    });
    view! {
        {head("Share", close)}
        <div class="sharing">
            <div hidden=move || !short.get()>{copied(lab, "Link", "share-link", text)}</div>
            <p class="note" role="status" data-testid="share-length">{carried}</p>
            <p class="note">
                "The link holds the network, the input and the settings, behind the # that browsers send \
                 to no server. History and other experiments stay here."
                {own.then_some(" Your own photo stays here too.")} {weights}
            </p>
            <div class="dialog-tools">
                <button
                    type="button"
                    data-testid="share-file"
                    on:click=move |_| lab.save_file(locks.get_untracked())
                >
                    "Save as a file"
                </button>
            </div>
            {export(lab)}
            {exercise(lab, locks)}
            <div hidden=move || !short.get()>
                {copied(lab, "Frame for another page", "share-frame", embed)}
            </div>
        </div>
    }
    .into_any()
}

/// A text to be copied, by a button or by hand.
fn copied(lab: Lab, name: &'static str, testid: &'static str, text: Signal<String>) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    let status = RwSignal::new(String::new());
    let mark = move || {
        if let Some(field) = field.get_untracked() {
            field.select();
        }
    };
    let copy = move |_| {
        mark();
        lab.copy_text(text.get_untracked(), status);
    };
    view! {
        <div class="share-text">
            <label>
                <span>{name}</span>
                <input
                    node_ref=field
                    type="text"
                    data-testid=testid
                    readonly
                    prop:value=text
                    on:focus=move |_| mark()
                />
            </label>
            <button type="button" data-testid=format!("{testid}-copy") on:click=copy>
                "Copy"
            </button>
            <span class="note" role="status">{status}</span>
        </div>
    }
    .into_any()
}

/// The controls that are locked or hidden for those who open the link.
fn exercise(lab: Lab, locks: RwSignal<Locks>) -> AnyView {
    let rows = Control::ALL.map(|control| {
        let box_of = |lock: Lock, name: &'static str| {
            let there = move || locks.with(|locks| locks.get(&control) == Some(&lock));
            let own = lab
                .document
                .locks()
                .with_untracked(|locks| locks.contains_key(&control));
            let possible = !own && (lock == Lock::Hidden || control.can_be_locked());
            let set = move |event| {
                locks.update(|locks| {
                    if event_target_checked(&event) {
                        locks.insert(control, lock);
                    } else {
                        locks.remove(&control);
                    }
                });
            };
            view! {
                <td>
                    <input
                        type="checkbox"
                        data-testid=format!("{name}-{control:?}").to_lowercase()
                        aria-label=format!("{name}: {}", title(control))
                        disabled=!possible
                        prop:checked=there
                        on:change=set
                    />
                </td>
            }
            .into_any()
        };
        view! {
            <tr>
                <th scope="row">{title(control)}</th>
                {box_of(Lock::Locked, "Locked")}
                {box_of(Lock::Hidden, "Hidden")}
            </tr>
        }
        .into_any()
    });
    view! {
        <details class="share-locks" data-testid="share-locks">
            <summary>"As an exercise: lock or hide parts"</summary>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Control"</th>
                        <th scope="col">"Locked"</th>
                        <th scope="col">"Hidden"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().collect_view()}</tbody>
            </table>
        </details>
    }
    .into_any()
}
