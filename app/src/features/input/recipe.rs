//! The preprocessing strip: a picture, a switch and a sentence for each step.

use std::cell::RefCell;

use engine::data::{Recipe, Step};
use engine::session::InputStep;
use leptos::html::Canvas;
use leptos::prelude::*;

use super::frame::frame;
use crate::lab::Lab;
use crate::ui::maps::{Palette, Range, Resizing, Table};

/// The description of a step.
struct Words {
    key: &'static str,
    title: &'static str,
    sentence: &'static str,
}

const fn words(step: Step) -> Words {
    let (key, title, sentence) = match step {
        Step::Crop => (
            "crop",
            "Crop",
            "Cuts to the ink, so that where you draw does not matter.",
        ),
        Step::Fit => (
            "fit",
            "Fit into 20×20",
            "Scales the longer side to 20 and keeps the aspect.",
        ),
        Step::Centre => (
            "centre",
            "Centre of mass",
            "Moves the ink's centre of mass to 28×28's middle.",
        ),
        Step::Pad => (
            "pad",
            "Pad to the input",
            "Surrounds it with paper to the network's size.",
        ),
        Step::Normalise => (
            "normalise",
            "Normalise",
            "Subtracts MNIST's mean 0.1307 and divides by its deviation 0.3081.",
        ),
    };
    Words {
        key,
        title,
        sentence,
    }
}

/// The recipe's switch for a step.
const fn switch(recipe: &mut Recipe, step: Step) -> &mut bool {
    match step {
        Step::Crop => &mut recipe.crop,
        Step::Fit => &mut recipe.fit,
        Step::Centre => &mut recipe.centre,
        Step::Pad => &mut recipe.pad,
        Step::Normalise => &mut recipe.normalise,
    }
}

#[component]
pub fn RecipeView() -> impl IntoView {
    view! {
        <h2 class="section-title">"Preprocessing"</h2>
        <ol class="recipe">
            {Step::ALL.map(|step| view! { <StepView step /> })}
        </ol>
    }
}

#[component]
fn StepView(step: Step) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let Words {
        key,
        title,
        sentence,
    } = words(step);
    let canvas = NodeRef::<Canvas>::new();
    let table = Table::new(Palette::Grey);
    let work = RefCell::new((Resizing::default(), Vec::new()));
    lab.on_trace(move |trace| {
        let (Some((picture, values)), Some(canvas)) =
            (trace.step(InputStep::Drawing(step)), canvas.get_untracked())
        else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        if let Ok(painter) = painter.fit(&canvas, picture.width, picture.height) {
            painter.paint(values, &table, grey_range(step, values), rgba);
        }
    });
    let on = move || {
        let mut recipe = lab.input.recipe().get();
        *switch(&mut recipe, step)
    };
    let toggle = move |event| {
        let mut recipe = lab.input.recipe().get_untracked();
        *switch(&mut recipe, step) = event_target_checked(&event);
        lab.set_recipe(recipe);
        // If locked, the switch is reset.
        event_target::<web_sys::HtmlInputElement>(&event).set_checked(untrack(on));
    };
    view! {
        <li class="step-row">
            {frame(canvas, key, format!("The drawing after: {title}"))}
            <label class="step-words">
                <span class="step-title">
                    <input
                        type="checkbox"
                        data-testid=format!("step-switch-{key}")
                        prop:checked=on
                        on:change=toggle
                    />
                    {title}
                </span>
                <span class="hint">{sentence}</span>
            </label>
        </li>
    }
}

/// The range of values: 0 to 1, and the actual range after normalisation.
fn grey_range(step: Step, values: &[f32]) -> Range {
    match step {
        Step::Crop | Step::Fit | Step::Centre | Step::Pad => Range { min: 0.0, max: 1.0 },
        Step::Normalise => {
            let min = values.iter().copied().fold(f32::INFINITY, f32::min);
            let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            Range { min, max }
        }
    }
}
