//! The header of a block: fold, rename, duplicate, ungroup, remove.

use engine::graph::Edit;
use leptos::ev::{Event, MouseEvent};
use leptos::prelude::*;

use super::list::Item;
use crate::lab::Lab;
use crate::ui::format::count;

#[component]
pub fn BlockRow(item: Item, depth: u32, hidden: bool) -> impl IntoView {
    let lab = expect_context::<Lab>();
    // Its current index among the blocks.
    let place = move || {
        lab.document.graph().with(|graph| {
            graph
                .blocks()
                .iter()
                .position(|block| Item::of(block) == Some(item))
        })
    };
    let facts = Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            let block = graph
                .blocks()
                .iter()
                .find(|block| Item::of(block) == Some(item))?;
            let params: u64 = lab.document.analysis.with(|analysis| {
                let nodes = block.nodes.iter().filter_map(|id| analysis.node(*id));
                nodes.map(|node| node.cost.params()).sum()
            });
            let folded = lab.selection.folding().with(|folding| folding.folds(block));
            Some((block.name.clone(), block.nodes.len(), params, folded))
        })
    });
    let name = move || facts.get().map(|(name, ..)| name).unwrap_or_default();
    let folded = move || facts.get().is_some_and(|(_, _, _, folded)| folded);
    let size = move || {
        let (_, nodes, params, _) = facts.get()?;
        Some(format!("{nodes} layers · {} par", count(params)))
    };
    let fold = move |_| {
        if let Some(at) = untrack(place) {
            lab.fold(at);
        }
    };
    let rename = move |event: Event| {
        let name = event_target_value(&event).trim().to_owned();
        if let Some(block) = untrack(place) {
            lab.apply(Edit::RenameBlock { block, name });
        }
    };
    let act = move |name: &'static str, edit: fn(usize) -> Edit| {
        let click = move |_: MouseEvent| {
            if let Some(at) = untrack(place) {
                lab.apply(edit(at));
            }
        };
        view! { <button type="button" class="quiet" on:click=click>{name}</button> }
    };
    let select = move |_| {
        let nodes = lab.document.graph().with_untracked(|graph| {
            let mut blocks = graph.blocks().iter();
            blocks
                .find(|block| Item::of(block) == Some(item))
                .map(|block| block.nodes.clone())
        });
        lab.selection.select_all(nodes.unwrap_or_default());
    };
    view! {
        <li
            class="block-row"
            data-testid="block"
            data-name=name
            style:--depth=depth.to_string()
            hidden=hidden
        >
            <button
                type="button"
                class="fold"
                aria-expanded=move || (!folded()).to_string()
                aria-label=move || format!("{} {}", if folded() { "Open" } else { "Fold" }, name())
                on:click=fold
            >
                {move || if folded() { "▸" } else { "▾" }}
            </button>
            <input
                type="text"
                class="value"
                aria-label="Name of the block"
                prop:value=name
                on:change=rename
            />
            <span class="hint">{size}</span>
            <span class="spring"></span>
            <button type="button" class="quiet" on:click=select>"Select"</button>
            {act("Duplicate", |block| Edit::DuplicateBlock { block })}
            {act("Unwrap", |block| Edit::Unwrap { block })}
            {act("Delete", |block| Edit::RemoveBlock { block })}
        </li>
    }
}
