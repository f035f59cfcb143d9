//! The mistakes with the greatest loss.

use leptos::prelude::*;

use super::Choice;
use super::subject::{Subject, classes, head, subject};
use crate::lab::Lab;
use crate::ui::example::{Example, examples};
use crate::ui::format::exact;

pub fn mistakes(lab: Lab, choice: Choice) -> AnyView {
    let subject = subject(lab, choice);
    view! {
        {head(lab, choice, subject)}
        {move || subject.get().map(|subject| worst(lab, &subject, usize::MAX))}
    }
    .into_any()
}

/// The worst mistakes, at most so many.
pub fn worst(lab: Lab, subject: &Subject, most: usize) -> AnyView {
    let names = classes(lab, subject);
    let evaluation = &subject.validation.evaluation;
    let name = |class: u16| names.get(usize::from(class)).cloned().unwrap_or_default();
    let all = evaluation.worst.iter().take(most).map(|it| Example {
        set: subject.validation.set,
        image: it.image,
        label: name(it.label),
        answer: name(it.answer),
        loss: Some(it.loss),
    });
    let all: Vec<Example> = all.collect();
    if all.is_empty() {
        let text = format!(
            "None of {} images is a mistake.",
            exact(evaluation.examples)
        );
        return view! { <p class="hint">{text}</p> }.into_any();
    }
    view! { <div data-testid="mistakes">{examples(lab, all)}</div> }.into_any()
}
