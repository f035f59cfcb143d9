//! The part of the drawing that the lit pixel was computed from.

use engine::data::Placement;
use leptos::prelude::*;
use state::input::SIDE;
use state::look::sees;

use crate::lab::Lab;

/// A square over the pad, inside an element of the pad's size that is positioned.
pub fn seen_on_pad(lab: Lab) -> AnyView {
    let lit = Memo::new(move |_| lab.look.lit());
    // For all pixels of an answer the same.
    let placement = Memo::new(move |_| -> Option<Placement> {
        if lit.with(Option::is_none) {
            return None;
        }
        lab.answer.latest().track();
        lab.placement()
    });
    let square = move || {
        let (pixel, placement) = (lit.get()?, placement.get()?);
        let area = lab
            .document
            .graph()
            .with(|graph| lab.document.analysis.with(|it| sees(graph, it, pixel)))?;
        let side = f64::from(SIDE);
        let span = |axis: usize, part: &std::ops::Range<u32>| {
            let at = |place: u32| placement.at(axis, place.into()).clamp(0.0, side);
            let (start, end) = (at(part.start), at(part.end));
            let share = |length: f64| format!("{}%", length / side * 100.0);
            (end > start).then(|| (share(start), share(end - start)))
        };
        let ((top, height), (left, width)) = (span(0, &area.rows)?, span(1, &area.columns)?);
        Some(view! {
            <i
                class="seen-square"
                data-testid="seen-on-pad"
                aria-hidden="true"
                style:top=top
                style:left=left
                style:height=height
                style:width=width
            ></i>
        })
    };
    square.into_any()
}
