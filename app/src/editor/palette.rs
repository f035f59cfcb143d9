//! The palette: every layer and block, to be put behind the selected node or carried to a wire.

use std::rc::Rc;

use engine::{NodeId, Shape};
use leptos::ev::{DragEvent, KeyboardEvent};
use leptos::prelude::*;

use super::pieces::{Entry, palette, shape_of};
use crate::lab::Lab;

#[component]
pub fn Palette() -> impl IntoView {
    let entries: Rc<[Entry]> = palette().into();
    let entries = StoredValue::new_local(entries);
    let wanted = RwSignal::new(String::new());
    let found = move |entry: &Entry| {
        let wanted = wanted.get().to_lowercase();
        let variant = entry.variant.unwrap_or_default();
        let texts = [&*entry.kind, variant, entry.title, entry.sentence];
        texts
            .iter()
            .any(|text| text.to_lowercase().contains(wanted.trim()))
    };
    let groups = move || {
        let all = entries.get_value();
        let mut groups: Vec<(&'static str, Vec<AnyView>)> = Vec::new();
        for (at, entry) in all.iter().enumerate().filter(|(_, entry)| found(entry)) {
            let name = entry.family.map_or("blocks", engine::layer::Family::name);
            let item = item(entries, at, entry);
            match groups.iter_mut().find(|(other, _)| *other == name) {
                Some((_, items)) => items.push(item),
                None => groups.push((name, vec![item])),
            }
        }
        if groups.is_empty() {
            return view! { <p class="hint">"No layer or block of this name."</p> }.into_any();
        }
        let group = |(name, items): (&'static str, Vec<AnyView>)| {
            view! {
                <div class="palette-group" role="group" aria-label=name data-family=name>
                    <h3 class="palette-family">{name}</h3>
                    {items}
                </div>
            }
        };
        groups.into_iter().map(group).collect_view().into_any()
    };
    view! {
        <div class="palette" data-testid="palette" role="group" aria-label="Palette">
            <div class="palette-head">
                <input
                    type="search"
                    class="value"
                    placeholder="Search layers and blocks"
                    aria-label="Search layers and blocks"
                    prop:value=wanted
                    on:input=move |event| wanted.set(event_target_value(&event))
                />
                <p class="hint">
                    "A click or Enter puts it behind the selected node; drag it, or Shift+Enter, to \
                     choose the place."
                </p>
            </div>
            <div class="palette-items">{groups}</div>
        </div>
    }
}

fn item(entries: StoredValue<Rc<[Entry]>, LocalStorage>, at: usize, entry: &Entry) -> AnyView {
    let lab = expect_context::<Lab>();
    let with = move |act: &dyn Fn(&Entry)| {
        entries.with_value(|entries| {
            if let Some(entry) = entries.get(at) {
                act(entry);
            }
        });
    };
    let carry = move || {
        let node = lab.selected.get_untracked();
        let shape = lab.graph.with_untracked(|graph| {
            lab.analysis
                .with_untracked(|analysis| shape_of(graph, analysis, node))
        });
        let shape = shape.unwrap_or(Shape::new(16, 16, 16));
        with(&|entry| lab.carry(Some(entry.piece(shape))));
    };
    let insert = move || {
        let node = lab.selected.get_untracked();
        let node = if lab.graph.with_untracked(|graph| graph.node(node).is_some()) {
            node
        } else {
            NodeId::INPUT
        };
        let selection = lab.selection.get_untracked();
        with(&|entry| {
            let edits = lab.graph.with_untracked(|graph| {
                let analysis = lab.analysis;
                analysis.with_untracked(|it| entry.behind(graph, it, node, &selection))
            });
            lab.carry(None);
            lab.insert(&edits);
        });
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && event.shift_key() {
            event.prevent_default();
            carry();
        }
    };
    let drag = move |event: DragEvent| {
        if let Some(data) = event.data_transfer() {
            // Some browsers drag nothing that has no text.
            let _unsupported = data.set_data("text/plain", "layer");
            data.set_effect_allowed("copy");
        }
        // A browser ends the drag when the page changes within its first event.
        set_timeout(carry, std::time::Duration::ZERO);
    };
    view! {
        <button
            type="button"
            class="palette-item"
            data-testid="palette-item"
            data-layer=entry.kind.clone()
            data-variant=entry.variant
            title=entry.sentence
            draggable="true"
            on:click=move |_| insert()
            on:keydown=key
            on:dragstart=drag
            on:dragend=move |_| lab.carry(None)
        >
            <span>{entry.title}</span>
            <small>{entry.sentence}</small>
        </button>
    }
    .into_any()
}
