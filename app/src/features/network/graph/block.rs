//! What is done with an open block: rename, duplicate, take apart, delete.

use engine::graph::Edit;
use leptos::ev::Event;
use leptos::prelude::*;

use super::picture::Picture;

/// The controls beside the name of an open block; shown while the block is pointed at, has the
/// focus, or the network is a list.
pub fn block_tools(picture: Picture, block: usize) -> AnyView {
    let lab = picture.lab;
    let name = move || {
        lab.document.graph().with(|graph| {
            let block = graph.blocks().get(block);
            block.map(|block| block.name.clone()).unwrap_or_default()
        })
    };
    let rename = move |event: Event| {
        let name = event_target_value(&event).trim().to_owned();
        lab.apply(Edit::RenameBlock { block, name });
    };
    let act = move |name: &'static str, edit: Edit| {
        view! {
            <button type="button" class="quiet" tabindex="-1" on:click=move |_| {
                lab.apply(edit.clone());
            }>
                {name}
            </button>
        }
    };
    view! {
        <span class="block-tools" role="group" aria-label=move || format!("Block {}", name())>
            <input
                type="text"
                tabindex="-1"
                aria-label="Name of the block"
                prop:value=name
                on:change=rename
            />
            {act("Duplicate", Edit::DuplicateBlock { block })}
            {act("Unwrap", Edit::Unwrap { block })}
            {act("Delete", Edit::RemoveBlock { block })}
        </span>
    }
    .into_any()
}
