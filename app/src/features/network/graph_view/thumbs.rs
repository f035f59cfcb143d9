//! The live maps inside a box: one for each of the first channels.

use engine::NodeId;
use leptos::prelude::*;

use super::graph_state::GraphState;
use crate::ui::{Layout, LiveMaps, Pictured};
use state::answer::Detail;

/// Larger maps are reduced; two rows of eight fill a box.
pub const SHOWN: Detail = Detail {
    channels: Some(16),
    side: Some(32),
};

/// The first maps of a node; of a vector one strip.
pub fn thumbs(graph_state: GraphState, id: NodeId, layout: Layout, of: Pictured) -> AnyView {
    let maps = LiveMaps::new(graph_state.lab, id, layout, of, SHOWN);
    let atlas = std::rc::Rc::clone(&maps.atlas);
    Effect::new(move |_| atlas.enlarge(graph_state.enlarged.get()));
    let kind = match layout.shown {
        _ if layout.strip => "vector",
        ..=5 => "large",
        6 => "medium",
        7..=8 => "small",
        _ => "two-rows",
    };
    view! {
        <span class="thumbs" data-kind=kind>
            {maps.view()}
        </span>
    }
    .into_any()
}
