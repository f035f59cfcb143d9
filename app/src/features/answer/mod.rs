//! The answer, directly below the picture: what it is worth, the class and its probability, a bar for
//! each class, and what the network knows.

mod bars;
mod big;
mod note;
mod strip;

use engine::session::{MOST_CLASSES, answers};
use engine::{Analysis, Shape};
use leptos::prelude::*;
use state::answer::{Names, Standing};
use state::train::Status;

use self::bars::{All, Bars};
use self::big::Big;
use self::note::{Loading, notes};
use self::strip::strip;
use crate::lab::Lab;
use crate::ui::format::exact;
use crate::ui::narrow;

#[component]
pub fn Answer() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let output = output(lab);
    let classes = Memo::new(move |_| {
        let output = output.get().filter(|&shape| answers(shape));
        output.map_or(0, |shape| shape.channels as usize)
    });
    let blank = Memo::new(move |_| {
        let latest = lab.answer.latest();
        latest.with(|trace| trace.as_ref().is_some_and(|trace| trace.blank))
    });
    // A digit stands beside its bar, a word above it.
    let words = Memo::new(move |_| {
        lab.answer.names.with(|names| match names {
            Names::Few(names) => names.iter().any(|name| name.len() > 1),
            Names::Many(names) => names.iter().any(|name| name.len() > 1),
            Names::Awaited(_) | Names::None => true,
        })
    });
    let all = RwSignal::new(false);
    let says = move || says(lab, output.get());
    let (whole, narrow) = (lab.screen.embed.is_none(), narrow());
    view! {
        <div
            class="answer-body"
            data-standing=move || lab.answer.standing.get().name()
            data-void=move || lab.answer.standing.get().is_void().to_string()
            data-blank=move || blank.get().to_string()
            data-words=move || words.get().to_string()
        >
            <h2 class="visually-hidden">"Answer"</h2>
            <Loading />
            {notes(lab)}
            <div class="reading">
                <Big says=Signal::derive(says) />
                {move || view! { <Bars classes=classes.get() /> }}
            </div>
            <p class="says" data-testid="answer-says">
                {says}
                " "
                <All classes open=all />
            </p>
            {move || (whole && narrow.get()).then(|| strip(lab))}
        </div>
    }
}

/// What is to be said of the answer in one sentence; empty where a note says it.
fn says(lab: Lab, output: Option<Shape>) -> String {
    let trace = lab.answer.latest().get();
    let Some(trace) = trace else {
        return if lab.engine.is_refused() {
            "The network is too large to run here, so there is no answer.".to_owned()
        } else {
            "The network is being loaded.".to_owned()
        };
    };
    if let Some(why) = output.and_then(no_answer) {
        return why;
    }
    if trace.blank {
        return "The paper is blank, so nothing is read.".to_owned();
    }
    let standing = lab.answer.standing.get();
    if trace.has_no_digit() {
        // Of a photo of the person's own the input says why.
        let said = matches!(standing, Standing::Perhaps(..));
        let text = if said {
            ""
        } else {
            "No digit was found, so there is no answer."
        };
        return text.to_owned();
    }
    if trace.answer.iter().any(|value| value.is_nan()) {
        return "An output is not a number, so there is no answer.".to_owned();
    }
    match standing {
        Standing::Known(_) | Standing::Last => {
            let name = lab.document.running().with(|graph| graph.name().to_owned());
            standing.sentence(&name)
        }
        Standing::Untrained { .. } => {
            format!("Random weights, seed {}.", lab.document.seed().get())
        }
        Standing::Unknown if lab.train.trained_weights(lab.document).is_some() => {
            let busy = lab.train.status().with(Status::is_busy);
            let step = lab.train.latest().get().filter(|_| busy).map(|it| it.step);
            step.map_or_else(
                || "The answer of the weights trained here.".to_owned(),
                |step| format!("The answer of step {}.", exact(step)),
            )
        }
        Standing::Unknown => lab.document.weights().with(|own| {
            let from = own
                .as_ref()
                .map(|own| format!("Weights from {}.", own.from));
            from.unwrap_or_default()
        }),
        Standing::Foreign(..) | Standing::Perhaps(..) => String::new(),
    }
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
            "{channels} {maps} of {height} × {width}: a value for each position, but an answer is \
             one for each class. A flatten and a linear layer, or a global average pool, make"
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
