//! A bar for each class, or for the ten likeliest of many.

use std::cell::RefCell;

use leptos::html::Span;
use leptos::prelude::*;

use super::live::{ends_in_shares, shares};
use crate::format::percent;
use crate::lab::{Lab, top};

/// At most this many bars.
const SHOWN: usize = 10;

#[component]
pub fn Bars() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let classes = Memo::new(move |_| {
        lab.graph.with(|graph| {
            lab.analysis.with(|analysis| {
                let shape = analysis.node(graph.output()).and_then(|facts| facts.shape);
                shape.map_or(0, |shape| shape.channels as usize)
            })
        })
    });
    // Another network has other bars.
    move || view! { <BarList classes=classes.get() /> }
}

/// The elements of one bar and what they show, so that only changes are written.
struct Bar {
    row: NodeRef<leptos::html::Li>,
    name: NodeRef<Span>,
    fill: NodeRef<Span>,
    percent: NodeRef<Span>,
    shown: RefCell<(usize, String, bool)>,
}

impl Bar {
    fn new(class: usize) -> Self {
        Self {
            row: NodeRef::new(),
            name: NodeRef::new(),
            fill: NodeRef::new(),
            percent: NodeRef::new(),
            shown: RefCell::new((class, percent(0.0), false)),
        }
    }

    fn show(&self, class: usize, share: f32, best: bool) {
        let (Some(row), Some(name), Some(fill), Some(label)) = (
            self.row.get_untracked(),
            self.name.get_untracked(),
            self.fill.get_untracked(),
            self.percent.get_untracked(),
        ) else {
            return;
        };
        let shown = &mut *self.shown.borrow_mut();
        if shown.0 != class {
            shown.0 = class;
            name.set_text_content(Some(&class.to_string()));
        }
        let text = percent(share);
        if shown.1 != text {
            let style: &web_sys::HtmlElement = &fill;
            let set = style
                .style()
                .set_property("transform", &format!("scaleX({share})"));
            debug_assert!(set.is_ok());
            label.set_text_content(Some(&text));
            shown.1 = text;
        }
        if shown.2 != best {
            shown.2 = best;
            let set = row.set_attribute("data-best", if best { "true" } else { "false" });
            debug_assert!(set.is_ok());
        }
    }
}

#[component]
fn BarList(classes: usize) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let ends_in_shares = ends_in_shares(lab);
    let bars: Vec<Bar> = (0..classes.min(SHOWN)).map(Bar::new).collect();
    let rows = bars.iter().enumerate().map(|(place, bar)| {
        view! {
            <li node_ref=bar.row data-best="false">
                <span node_ref=bar.name class="bar-name">{place.to_string()}</span>
                <span class="bar-track">
                    <span node_ref=bar.fill class="bar-fill" style:transform="scaleX(0)"></span>
                </span>
                <span
                    node_ref=bar.percent
                    class="bar-percent"
                    data-testid=format!("probability-{place}")
                >
                    {percent(0.0)}
                </span>
            </li>
        }
    });
    let rows = rows.collect_view();
    lab.on_trace(move |trace| {
        let shares = shares(trace, ends_in_shares.get_untracked());
        let best = crate::lab::best(&shares).filter(|_| !trace.blank);
        let order: Vec<usize> = if classes > SHOWN {
            top(&shares, SHOWN)
        } else {
            (0..shares.len()).collect()
        };
        for (bar, class) in bars.iter().zip(order) {
            bar.show(class, shares[class], best == Some(class));
        }
    });
    Effect::new(move |_| lab.repaint());
    view! { <ol class="bars" aria-label="Probability of each class">{rows}</ol> }
}
