//! What is done with the selected layers, behind one button.

use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::icon::Icon;
use crate::ui::menu::menu;

/// An action: its words, `data-testid`, keys and effect.
type Action = (&'static str, &'static str, &'static str, fn(Lab));

const ACTIONS: [Action; 8] = [
    ("Duplicate", "duplicate", "Ctrl+D", |lab| {
        lab.duplicate();
    }),
    ("Move up", "move-up", "Alt+↑", |lab| {
        lab.move_by(true);
    }),
    ("Move down", "move-down", "Alt+↓", |lab| {
        lab.move_by(false);
    }),
    ("Wrap into a block", "wrap", "Ctrl+G", |lab| {
        lab.wrap();
    }),
    ("Copy", "copy", "Ctrl+C", |lab| lab.copy_selected(false)),
    ("Cut", "cut", "Ctrl+X", |lab| lab.copy_selected(true)),
    ("Paste", "paste", "Ctrl+V", Lab::paste_clipboard),
    ("Delete", "delete", "Delete", |lab| {
        lab.remove_selected();
    }),
];

/// The button and its menu. `layers` is whether layers are selected, not the input alone.
pub fn actions(lab: Lab, layers: Memo<bool>) -> AnyView {
    menu("Actions", "layer-menu", Icon::More, move |close| {
        let item = move |(name, testid, keys, act): Action| {
            view! {
                <button
                    type="button"
                    class="layer-action"
                    data-testid=testid
                    disabled=move || testid != "paste" && !layers.get()
                    on:click=move |_| {
                        close.run(());
                        act(lab);
                    }
                >
                    {name}
                    <span aria-hidden="true">{keys}</span>
                </button>
            }
        };
        ACTIONS.map(item).into_any()
    })
}
