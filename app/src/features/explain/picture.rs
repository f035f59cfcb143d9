//! A map over the input: the input in pale grey, what speaks for the class and against it above.

use std::cell::RefCell;
use std::sync::Arc;

use engine::NodeId;
use engine::session::Wanted;
use leptos::html::Canvas;
use leptos::prelude::*;
use state::explain::Map;

use super::why::Shared;
use crate::ui::maps::{Palette, Range, Resizing, Table, paint_rgb};

/// The map over the input.
pub fn over_input(
    shared: Shared,
    map: impl Fn() -> Option<Arc<Map>> + Copy + Send + Sync + 'static,
    label: impl Fn() -> String + Send + 'static,
) -> AnyView {
    let place = Memo::new(move |_| map().map(|map| map.place(shared.picture.get())));
    let at = move |part: usize| {
        let place = place.get().unwrap_or([0.0, 0.0, 100.0, 100.0]);
        format!("{}%", place[part])
    };
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        shared.lab.screen.dark().track();
        let (Some(canvas), Some(map)) = (canvas.get(), map()) else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        if let Ok(painter) = painter.fit(&canvas, map.width, map.height) {
            Table::of(Palette::Signed).paint_veil(&map.values, map.most, rgba);
            painter.put(rgba);
        }
    });
    let ratio = move || {
        let picture = shared.picture.get();
        format!("{} / {}", picture.width, picture.height)
    };
    view! {
        <div class="why-picture" role="img" aria-label=label style:aspect-ratio=ratio>
            {input(shared)}
            <canvas
                node_ref=canvas
                class="pixels why-map"
                aria-hidden="true"
                hidden=move || place.get().is_none()
                style:left=move || at(0)
                style:top=move || at(1)
                style:width=move || at(2)
                style:height=move || at(3)
            ></canvas>
        </div>
    }
    .into_any()
}

/// The input as the network got it.
fn input(shared: Shared) -> AnyView {
    let lab = shared.lab;
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        lab.screen.dark().track();
        let (Some(canvas), Some(trace)) = (canvas.get(), lab.answer.latest().get()) else {
            return;
        };
        let shape = shared.picture.get();
        let part = trace.part(&Wanted::all(NodeId::INPUT));
        let Some((slice, values)) = part.filter(|(slice, _)| slice.shape == shape) else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        let Ok(painter) = painter.fit(&canvas, shape.width, shape.height) else {
            return;
        };
        let range = Range {
            min: slice.min,
            max: slice.max,
        };
        if shape.channels == 3 {
            paint_rgb(values, lab.document.preparation().order, range, rgba);
            painter.put(rgba);
        } else {
            let area = shape.positions() as usize;
            let grey = Table::of(Palette::Grey);
            painter.paint(values.get(..area).unwrap_or_default(), grey, range, rgba);
        }
    });
    view! { <canvas node_ref=canvas class="pixels why-input" aria-hidden="true"></canvas> }
        .into_any()
}
