//! A bar for each class, or for the five most probable of many.

use std::cell::RefCell;

use engine::Shape;
use engine::session::answers;
use leptos::html::Span;
use leptos::prelude::*;
use web_sys::HtmlElement;

use super::live::{ends_in_shares, shares};
use super::on_answer;
use super::state::{Loading, Untrained};
use crate::lab::Lab;
use crate::ui::format::percent;
use state::answer::Names;
use state::answer::Trace;
use state::answer::best;
use state::answer::top;

/// With more classes than this only the most probable have a bar …
const ALL: usize = 10;
/// … , as many as this.
const LIKELIEST: usize = 5;

/// The bars of a network that ends in this shape.
#[component]
pub fn Bars(output: Memo<Option<Shape>>) -> impl IntoView {
    let classes = Memo::new(move |_| {
        let output = output.get().filter(|&shape| answers(shape));
        output.map_or(0, |shape| shape.channels as usize)
    });
    view! {
        <Loading />
        <Untrained />
        // Another network needs other bars.
        {move || view! { <BarList classes=classes.get() /> }}
    }
}

/// What one bar shows: its class, the class's name, the percentage, and whether it is the best.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    class: Option<usize>,
    name: String,
    percent: String,
    best: bool,
}

/// The elements of one bar and their current content, so that only changes are written.
struct Bar {
    row: NodeRef<leptos::html::Li>,
    name: NodeRef<Span>,
    fill: NodeRef<Span>,
    percent: NodeRef<Span>,
    /// `None` until first painted.
    shown: RefCell<Option<Shown>>,
}

impl Bar {
    fn new() -> Self {
        Self {
            row: NodeRef::new(),
            name: NodeRef::new(),
            fill: NodeRef::new(),
            percent: NodeRef::new(),
            shown: RefCell::default(),
        }
    }

    fn show(&self, class: Option<usize>, called: &str, share: f32, best: bool) {
        let (Some(row), Some(name), Some(fill), Some(label)) = (
            self.row.get_untracked(),
            self.name.get_untracked(),
            self.fill.get_untracked(),
            self.percent.get_untracked(),
        ) else {
            return;
        };
        let set = |name, value: &str| {
            let set = row.set_attribute(name, value);
            debug_assert!(set.is_ok());
        };
        let now = Shown {
            class,
            name: called.to_owned(),
            percent: percent(share),
            best,
        };
        let before = self.shown.replace(Some(now.clone()));
        let before = before.as_ref();
        if before.is_none_or(|it| it.class != class) {
            set(
                "data-class",
                &class.map_or_else(String::new, |it| it.to_string()),
            );
        }
        if before.is_none_or(|it| it.name != called) {
            name.set_text_content(Some(called));
        }
        if before.is_none_or(|it| it.percent != now.percent) {
            let style: &HtmlElement = &fill;
            let set = style
                .style()
                .set_property("transform", &format!("scaleX({share})"));
            debug_assert!(set.is_ok());
            label.set_text_content(Some(&now.percent));
        }
        if before.is_none_or(|it| it.best != best) {
            set("data-best", if best { "true" } else { "false" });
        }
    }
}

#[component]
fn BarList(classes: usize) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let ends_in_shares = ends_in_shares(lab);
    let many = classes > ALL;
    let count = if many { LIKELIEST } else { classes };
    let bars: Vec<Bar> = (0..count).map(|_| Bar::new()).collect();
    let rows = bars.iter().enumerate().map(|(place, bar)| {
        view! {
            <li node_ref=bar.row data-best="false" data-testid=many.then_some("top")>
                <span node_ref=bar.name class="bar-name"></span>
                <span class="bar-track">
                    <span node_ref=bar.fill class="bar-fill" style:transform="scaleX(0)"></span>
                </span>
                <span
                    node_ref=bar.percent
                    class="bar-percent"
                    data-testid=(!many).then(|| format!("probability-{place}"))
                >
                    {percent(0.0)}
                </span>
            </li>
        }
    });
    let rows = rows.collect_view();
    on_answer(lab, move |shown| {
        // Not an answer of the previous network.
        let Some(trace) = shown.filter(|trace| trace.answer.len() == classes) else {
            if shown.is_none_or(Trace::has_no_digit) {
                empty(&bars, lab, many);
            }
            return;
        };
        let shares = shares(trace, ends_in_shares.get_untracked());
        let best = best(&shares).filter(|_| !trace.blank);
        let order: Vec<usize> = if many {
            top(&shares, LIKELIEST)
        } else {
            (0..shares.len()).collect()
        };
        lab.answer.names.with_untracked(|names| {
            for (bar, class) in bars.iter().zip(order) {
                bar.show(
                    Some(class),
                    &names.of(class),
                    shares[class],
                    best == Some(class),
                );
            }
        });
    });
    let names = move || {
        let digits = |names: &[&str]| names.iter().all(|name| name.len() == 1);
        lab.answer.names.with(|names| match names {
            Names::Few(names) if digits(names) => "digits",
            Names::Few(_) | Names::Many(_) | Names::Awaited(_) | Names::None if many => "likeliest",
            Names::Few(_) | Names::Many(_) | Names::Awaited(_) | Names::None => "words",
        })
    };
    let title = if many {
        "The likeliest classes and their probabilities"
    } else {
        "Probability of each class"
    };
    view! { <ol class="bars" data-names=names aria-label=title>{rows}</ol> }
}

/// Bars without an answer.
fn empty(bars: &[Bar], lab: Lab, many: bool) {
    let names = lab.answer.names.get_untracked();
    for (class, bar) in bars.iter().enumerate() {
        match many {
            true => bar.show(None, "–", 0.0, false),
            false => bar.show(Some(class), &names.of(class), 0.0, false),
        }
    }
}
