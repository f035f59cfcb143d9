//! The live maps inside a box: one for each of the first channels.

use engine::NodeId;
use leptos::prelude::*;

use super::stage::Stage;
use crate::ui::{Layout, LiveMaps, Pictured};
use state::answer::Detail;

/// Larger maps come reduced; two rows of eight fill a box.
pub const SHOWN: Detail = Detail {
    channels: Some(16),
    side: Some(32),
};

/// The first maps of a node; of a vector one strip.
pub fn thumbs(stage: Stage, id: NodeId, layout: Layout, of: Pictured) -> AnyView {
    let maps = LiveMaps::new(stage.lab, id, layout, of, SHOWN);
    let contact = std::rc::Rc::clone(&maps.contact);
    Effect::new(move |_| contact.enlarge(stage.enlarged.get()));
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
