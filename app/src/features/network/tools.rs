//! What is done seldom, in a menu: weights as files, maps as a file, blocks folded.

use engine::format::Control;
use leptos::html;
use leptos::prelude::*;
use state::screen::{Area, LookTab};
use state::weights_file::ENDING;

use super::graph::Picture;
use crate::lab::Lab;
use crate::ui::icon::Icon;
use crate::ui::lockable;
use crate::ui::menu::menu;

pub fn tools(lab: Lab, picture: Picture) -> AnyView {
    // In the page always, so that it takes a file while the menu is closed.
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            lab.open_any_weights(file);
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    let open = move || {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let body = move |close: Callback<()>| {
        let item = move |testid: &'static str,
                         name: &'static str,
                         title: &'static str,
                         act: Box<dyn Fn()>| {
            view! {
                <button
                    type="button"
                    data-testid=testid
                    title=title
                    on:click=move |_| {
                        act();
                        close.run(());
                    }
                >
                    {name}
                </button>
            }
        };
        let blocks = move || {
            let some = lab
                .document
                .graph()
                .with(|graph| !graph.blocks().is_empty());
            some.then(|| {
                view! {
                    {item("fold-all", "Fold all blocks", "One card a block", Box::new(move || picture.fold_all(true)))}
                    {item("open-all", "Open all blocks", "The cards of all layers", Box::new(move || picture.fold_all(false)))}
                }
            })
        };
        let overlay = move || {
            let shown = lab.look.gradients().get();
            let look = lab.screen.area().get() == Area::Look;
            let (name, title) = if shown {
                ("Show activations", "The values of each layer on its card")
            } else {
                (
                    "Show gradients",
                    "How much the loss changes with each value, on each layer's card",
                )
            };
            let act = Box::new(move || {
                if !shown {
                    lab.screen.show_look_tab(LookTab::Backward);
                    lab.screen.open_dock(true);
                }
                lab.look.show_gradients(!shown);
            });
            look.then(|| item("show-gradients", name, title, act))
        };
        view! {
            {overlay}
            {item(
                "choose-weights",
                "Open weights …",
                "A safetensors file with weights for this network; dropping one on the page does the same",
                Box::new(open),
            )}
            {item(
                "save-weights",
                "Save weights",
                "The network's weights as they are now, as one safetensors file",
                Box::new(move || lab.save_weights()),
            )}
            {item(
                "save-maps",
                "Save maps",
                "The input and every map of this drawing as one safetensors file",
                Box::new(move || lab.save_maps()),
            )}
            {blocks}
        }
        .into_any()
    };
    let framed = lab.screen.embed.is_some();
    (!framed)
        .then(|| {
            let tools = view! {
                <input
                    node_ref=input
                    type="file"
                    accept=format!("{ENDING},.keras,.h5")
                    hidden
                    aria-label="A file of weights"
                    data-testid="open-weights"
                    on:change=take
                />
                {menu("Weights, maps and blocks", "network-menu", Icon::More, body)}
            };
            lockable(lab, Control::Network, tools.into_any())
        })
        .into_any()
}
