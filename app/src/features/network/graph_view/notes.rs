//! Notes at nodes: problems with their arithmetic and repairs, and refused edits.

use std::collections::HashSet;

use engine::NodeId;
use leptos::html::Div;
use leptos::prelude::*;

use super::graph_state::GraphState;

/// Notes below their boxes, not scaled by the zoom.
pub fn notes(graph_state: GraphState) -> AnyView {
    let lab = graph_state.lab;
    // A folded block shows the note of its first node with one.
    let noted = Memo::new(move |_| {
        let mut all = lab.document.noted();
        let mut known = HashSet::new();
        graph_state.layout.with(|layout| {
            graph_state
                .graph(|graph| all.retain(|&node| known.insert(layout.showing(node, graph))));
        });
        all
    });
    view! {
        <For each=move || noted.get() key=|node| *node let:node>
            {note(node, graph_state)}
        </For>
    }
    .into_any()
}

fn note(node: NodeId, graph_state: GraphState) -> AnyView {
    let place = Memo::new(move |_| {
        let rect = graph_state.layout.with(|layout| {
            let item = graph_state.graph(|graph| layout.showing(node, graph))?;
            layout.placed(item).map(|placed| placed.rect)
        });
        rect.map(|rect| {
            let transform = graph_state.transform.get();
            let (x, y) = transform.scroll((rect.x, rect.bottom()), (0.0, 0.0));
            // The room scrolls, and the notes with it; while it does not, they move as the picture.
            graph_state.zooming.track();
            let (across, down) = graph_state.drift();
            (x + across, y + down)
        })
    });
    // Refusals, and problems in view, are shown at once; repairs follow.
    let element = NodeRef::<Div>::new();
    let lab = graph_state.lab;
    Effect::new(move |_| {
        let refused = lab
            .document
            .refusal()
            .with(|it| it.as_ref().is_some_and(|it| it.node == node));
        if refused || lab.selection.node().get() == node {
            // Its height is known after it is rendered.
            request_animation_frame(move || {
                let below = element.try_get_untracked().flatten();
                if let Some(below) = below {
                    graph_state.show_noted(node, below.offset_height() as f32);
                }
            });
        }
    });
    let transform = move || {
        let (x, y) = place.get().unwrap_or_default();
        format!("translate({x}px,{y}px)")
    };
    view! {
        <div class="note" node_ref=element hidden=move || place.get().is_none() style:transform=transform>
            <p class="node-problem">"does not fit"</p>
        </div>
    }
    .into_any()
}
