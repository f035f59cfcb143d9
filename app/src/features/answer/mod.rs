//! The answer, at the end of the input column: the digit and a bar for each class.

mod bars;
mod live;
mod state;

use std::borrow::Cow;
use std::rc::Rc;

use engine::session::{MOST_CLASSES, answers};
use engine::{Analysis, Shape};
use leptos::prelude::*;

pub use self::live::{Live, ends_in_shares, shares};

use self::bars::Bars;
use crate::lab::Lab;
use crate::ui::format::exact;
use ::state::answer::Trace;

#[component]
pub fn Answer() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let blank = Memo::new(move |_| {
        lab.answer
            .latest()
            .with(|trace| trace.as_ref().is_some_and(|trace| trace.blank))
    });
    let no_digit = Memo::new(move |_| {
        lab.answer
            .latest()
            .with(|trace| trace.as_ref().is_some_and(|trace| trace.has_no_digit()))
    });
    let output = output(lab);
    view! {
        <div class="answer-bars" data-blank=move || blank.get().to_string()>
            <Bars output />
            <p class="hint">
                {move || match (output.get().and_then(no_answer), blank.get()) {
                    (Some(why), _) => why.into(),
                    (None, _) if no_digit.get() => {
                        "No digit was found, so there is no answer. The maps are those of blank paper."
                            .into()
                    }
                    (None, true) => {
                        Cow::from("A network always answers; this is what it makes of blank paper.")
                    }
                    (None, false) => "The softmax of the last layer: shares that add up to 100 %.".into(),
                }}
            </p>
        </div>
    }
}

/// Calls `paint` with every new answer, with the latest again when the class names change, and with
/// `None` when another network without an answer is opened.
fn on_answer(lab: Lab, paint: impl Fn(Option<&Trace>) + 'static) {
    let paint = Rc::new(paint);
    let again = Rc::clone(&paint);
    lab.on_trace(move |trace| paint(Some(trace)));
    let answered = Memo::new(move |_| lab.answer.latest().with(Option::is_some));
    Effect::new(move |_| {
        lab.answer.names.track();
        // An answer that is still being painted is discarded with its network.
        lab.document.opening().track();
        answered.track();
        again(lab.newest().as_deref());
    });
}

/// The shape of the last node.
fn output(lab: Lab) -> Memo<Option<Shape>> {
    // While the document has problems, the last valid network keeps running.
    Memo::new(move |before: Option<&Option<Shape>>| {
        lab.document.graph().with(|graph| {
            if graph.nodes().is_empty() {
                return Some(graph.input());
            }
            let shape = |analysis: &Analysis| analysis.node(graph.output())?.shape;
            let shape = lab.document.analysis.with(shape);
            shape.or(before.copied().flatten())
        })
    })
}

/// Why a network with this output shape gives no answer, and how to change that.
fn no_answer(shape: Shape) -> Option<String> {
    let Shape {
        channels,
        height,
        width,
    } = shape;
    let end = if answers(shape) {
        return None;
    } else if shape.is_vector() {
        format!(
            "{} values, and an answer has at most {} classes. A linear layer makes",
            exact(channels.into()),
            exact(MOST_CLASSES)
        )
    } else {
        let maps = if channels == 1 { "map" } else { "maps" };
        let channels = exact(channels.into());
        format!(
            "{channels} {maps} of {height} × {width}: a value for each place, not one a class. A \
             flatten and a linear layer, or a global average pool, make"
        )
    };
    Some(format!("The network ends in {end} an answer of it."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_without_an_answer_explains_how_to_get_one() {
        assert_eq!(no_answer(Shape::new(1000, 1, 1)), None);
        let maps = no_answer(Shape::new(1, 1, 28)).unwrap();
        assert!(
            maps.contains("1 map of 1 × 28:") && maps.contains("flatten"),
            "{maps}"
        );
        let values = no_answer(Shape::new(3_211_264, 1, 1)).unwrap();
        assert!(
            values.contains("3,211,264 values") && values.contains("32,768"),
            "{values}"
        );
    }
}
