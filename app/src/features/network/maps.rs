//! The live maps inside a card.

use engine::NodeId;
use leptos::ev::PointerEvent;
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::value;
use crate::ui::{Layout, LiveMaps, Pictured};
use state::answer::Detail;

/// The detail of a card: its first channels, reduced. The inspector shows all.
pub const SHOWN: Detail = Detail {
    channels: Some(32),
    side: Some(56),
};

/// The live maps of one node; over a vector's strip the value under the pointer.
#[component]
pub fn Maps(id: NodeId, layout: Layout, of: Pictured) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let maps = LiveMaps::new(lab, id, layout, of, SHOWN);
    let Layout { strip, shown } = layout;
    let channels = move || of.with(|of| of.as_ref().map_or(0, |(shape, _)| shape.channels));
    let more = move || {
        let channels = channels();
        (!strip && channels > shown)
            .then(|| view! { <p class="hint">{format!("{shown} of {channels} channels")}</p> })
    };
    let size = maps.size();
    // The index under the pointer and the length of its vector; ignored for a vector of another
    // length.
    let hovered = RwSignal::new(None::<(u32, String)>);
    let tip = move || Some(hovered.get().filter(|(of, _)| *of == channels())?.1);
    view! {
        <div
            class="maps"
            data-kind=if strip { "vector" } else { "maps" }
            style:--map-width=move || size.get().0.to_string()
            style:--map-height=move || size.get().1.to_string()
            style:--map-scale=move || map_scale(size.get().0).to_string()
            on:pointermove=move |event| {
                if strip {
                    let channels = untrack(channels);
                    let tip = strip_tip(lab, id, channels, &event);
                    hovered.set(tip.map(|tip| (channels, tip)));
                }
            }
            on:pointerleave=move |_| hovered.set(None)
        >
            {maps.view()}
            <span class="map-value" aria-hidden="true">{tip}</span>
        </div>
        {more}
    }
}

/// How many screen pixels wide a value is: large maps as they are, small ones enlarged to about 30.
const fn map_scale(width: u32) -> u32 {
    if width > 30 {
        1
    } else {
        30_u32.div_ceil(width)
    }
}

/// The value under the pointer in a vector's strip; nothing beside it.
fn strip_tip(lab: Lab, id: NodeId, channels: u32, event: &PointerEvent) -> Option<String> {
    let canvas: web_sys::HtmlElement = event_target(event);
    if !canvas.has_attribute("data-channel") {
        return None;
    }
    let width = f64::from(canvas.client_width());
    let at = (f64::from(event.offset_x()) / width.max(1.0) * f64::from(channels)) as usize;
    let at = at.min(channels.saturating_sub(1) as usize);
    lab.answer.latest().with_untracked(|trace| {
        let (_, values) = trace.as_ref()?.map(id)?;
        Some(format!("{at}: {}", value(*values.get(at)?)))
    })
}
