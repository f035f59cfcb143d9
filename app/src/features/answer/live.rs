//! The answer in one line, always on screen.

use std::cell::RefCell;
use std::time::Duration;

use engine::Layer;
use engine::layer::Activation;
use leptos::html::Output;
use leptos::prelude::*;

use super::on_answer;
use crate::lab::Lab;
use crate::ui::format::percent;
use state::answer::Trace;
use state::answer::best;

/// The placeholder of a class.
const NONE: &str = "–";

/// The debounce time of the announcement for screen readers.
const SETTLED: Duration = Duration::from_millis(800);

/// The most probable class and its probability.
#[component]
pub fn Live() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let digit = NodeRef::<Output>::new();
    let ends_in_shares = ends_in_shares(lab);
    let shown = RefCell::new(String::new());
    let say = move |text: &str| {
        let shown = &mut *shown.borrow_mut();
        if let Some(digit) = digit.get_untracked().filter(|_| shown != text) {
            digit.set_text_content(Some(text));
            // A name needs more room than a digit.
            let long = if text.chars().count() > 1 {
                "true"
            } else {
                "false"
            };
            let set = digit.set_attribute("data-long", long);
            debug_assert!(set.is_ok());
            text.clone_into(shown);
        }
    };
    on_answer(lab, move |trace| {
        let class = trace.and_then(|trace| best(&trace.answer).filter(|_| !trace.blank));
        let text = class.map(|class| lab.answer.names.with_untracked(|names| names.of(class)));
        say(text.as_deref().unwrap_or(NONE));
    });
    let sentence = move || {
        lab.answer.latest().with(|trace| {
            let Some(trace) = trace else {
                return if lab.engine.is_refused() {
                    "The network is too large to run here, so there is no answer.".to_owned()
                } else {
                    "The network is being loaded.".to_owned()
                };
            };
            if trace.blank {
                return "The paper is blank, so nothing is read.".to_owned();
            }
            if trace.has_no_digit() {
                return "No digit found in the picture.".to_owned();
            }
            if trace.answer.is_empty() {
                return "The network ends in no answer.".to_owned();
            }
            let shares = shares(trace, ends_in_shares.get());
            let sure = best(&shares).and_then(|class| shares.get(class).copied());
            // A number and its unit stay on one line.
            let label = |share| format!("softmax {}", percent(share).replace(' ', "\u{a0}"));
            let none = || "An output is not a number, so there is no answer.".to_owned();
            sure.map_or_else(none, label)
        })
    };
    view! {
        <div class="live">
            <h2 class="visually-hidden">"Answer"</h2>
            <output node_ref=digit class="digit" data-testid="prediction" aria-live="off">
                {NONE}
            </output>
            <p class="sure">{sentence}</p>
            {read_out(lab, sentence)}
        </div>
    }
}

/// The answer as a live region for screen readers.
fn read_out(lab: Lab, sentence: impl Fn() -> String + Copy + Send + Sync + 'static) -> AnyView {
    let announcement = RwSignal::new(String::new());
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(handle) = before.flatten() {
            handle.clear();
        }
        lab.answer.latest().track();
        let say = move || {
            let class = lab.answer.latest().with_untracked(|trace| {
                let trace = trace.as_ref().filter(|trace| !trace.blank)?;
                best(&trace.answer)
            });
            let name = class.map(|class| lab.answer.names.with_untracked(|names| names.of(class)));
            let sentence = untrack(sentence);
            let words = match name {
                Some(name) => format!("The network reads {name}: {sentence}"),
                None => sentence,
            };
            // Setting the same text would announce it again.
            if announcement.with_untracked(|announcement| *announcement != words) {
                announcement.set(words);
            }
        };
        set_timeout_with_handle(say, SETTLED).ok()
    });
    view! { <p class="visually-hidden" role="status" data-testid="said">{announcement}</p> }
        .into_any()
}

/// Whether the last node of the running network is a softmax.
pub fn ends_in_shares(lab: Lab) -> Memo<bool> {
    Memo::new(move |_| {
        lab.document.running().with(|graph| {
            let last = graph.nodes().last().map(|node| &node.layer);
            last == Some(&Layer::Activation(Activation::Softmax))
        })
    })
}

/// The answer as probabilities: unchanged after a softmax, else with softmax applied.
pub fn shares(trace: &Trace, ends_in_shares: bool) -> Vec<f32> {
    if ends_in_shares {
        trace.answer.clone()
    } else {
        softmax(&trace.answer)
    }
}

fn softmax(values: &[f32]) -> Vec<f32> {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = values.iter().map(|value| (value - most).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one_and_large_values_do_not_overflow() {
        // e⁰ : e^ln3 = 1 : 3.
        let shares = softmax(&[1000.0, 1000.0 + 3.0_f32.ln()]);
        assert!((shares[0] - 0.25).abs() < 1e-4 && (shares[1] - 0.75).abs() < 1e-4);
    }
}
