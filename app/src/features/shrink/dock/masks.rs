//! Which weights are 0: a small picture of each layer of the open network.

use std::cell::RefCell;

use leptos::html::Canvas;
use leptos::prelude::*;
use state::shrink::masks::LayerMask;

use crate::lab::Lab;
use crate::ui::format::{count, percent};
use crate::ui::maps::{Palette, Range, Resizing, Table};

/// Parameters that are read at most: their file comes to the page.
const MOST: u64 = 10_000_000;

pub fn view(lab: Lab) -> AnyView {
    let fits = Memo::new(move |_| {
        let total = lab.document.analysis.with(|it| it.total);
        total.trainable + total.other <= MOST
    });
    let due = move || {
        lab.engine.weights().track();
        lab.answer.latest().with(Option::is_some) && fits.get()
    };
    let read = lab.keep_making(due, move || lab.read_masks());
    let body = move || {
        if !fits.get() {
            let hint = format!(
                "Masks are shown of networks of up to {} parameters.",
                count(MOST)
            );
            return Some(view! { <p class="hint">{hint}</p> }.into_any());
        }
        Some(match read.get()? {
            Ok(all) => all.iter().map(|it| one(lab, it)).collect_view().into_any(),
            Err(why) => view! { <p class="hint" role="status">{why}</p> }.into_any(),
        })
    };
    view! {
        <p class="hint">"A row is an output. Dense kernels multiply zeros as well, so they take as long."</p>
        <div class="masks" data-testid="masks">{body}</div>
    }
    .into_any()
}

fn one(lab: Lab, mask: &LayerMask) -> AnyView {
    let share = mask.sparsity();
    let pattern = if mask.two_of_four {
        "; 2 of every 4 weights"
    } else {
        ""
    };
    let text = format!(
        "{} of {} weights are 0{pattern}",
        percent(share),
        count(mask.weights as u64)
    );
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    let (left, width, height) = (mask.left.clone(), mask.width, mask.height);
    Effect::new(move |_| {
        lab.screen.dark().track();
        let Some(canvas) = canvas.get() else { return };
        let (painter, rgba) = &mut *work.borrow_mut();
        let Ok(painter) = painter.fit(&canvas, width, height) else {
            return;
        };
        let range = Range { min: 0.0, max: 1.0 };
        Table::of(Palette::Grey).paint(&left, range, rgba);
        painter.put(rgba);
    });
    view! {
        <figure
            data-testid="layer-mask"
            data-layer=mask.name.clone()
            data-sparsity=share.to_string()
            data-two-of-four=mask.two_of_four.then_some("")
        >
            <figcaption>
                <b>{mask.name.clone()}</b>
                <span>{text}</span>
            </figcaption>
            <canvas
                node_ref=canvas
                class="pixels"
                role="img"
                aria-label=format!("Non-zero weights of {}", mask.name)
                style:width=format!("{}px", width.max(64))
                style:height=format!("{}px", height.max(24))
            ></canvas>
        </figure>
    }
    .into_any()
}
