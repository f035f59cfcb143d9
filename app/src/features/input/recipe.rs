//! The preprocessing strip: a picture, a switch and a sentence for each step.

use std::cell::RefCell;

use engine::data::{Recipe, Step};
use engine::session::InputStep;
use leptos::html::Canvas;
use leptos::prelude::*;

use super::frame::{frame, opaque};
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
        Step::Paper => (
            "paper",
            "Find the paper",
            "Estimates the background at each pixel, in light and shadow. Off: one colour for all of it.",
        ),
        Step::Ink => (
            "ink",
            "Ink by contrast",
            "What differs from the paper in colour. Off: in brightness only.",
        ),
        Step::Largest => (
            "largest",
            "Largest shape",
            "Leaves out specks and smaller shapes; strokes close together are one shape.",
        ),
        Step::Strengthen => (
            "strengthen",
            "Strengthen",
            "Stretches the ink to full contrast and widens thin strokes.",
        ),
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
        Step::Paper => &mut recipe.paper,
        Step::Ink => &mut recipe.colour,
        Step::Largest => &mut recipe.largest,
        Step::Strengthen => &mut recipe.strengthen,
        Step::Crop => &mut recipe.crop,
        Step::Fit => &mut recipe.fit,
        Step::Centre => &mut recipe.centre,
        Step::Pad => &mut recipe.pad,
        Step::Normalise => &mut recipe.normalise,
    }
}

/// The steps of a drawing; before them those that make a drawing of a photo, if `photo`.
#[component]
pub fn RecipeView(photo: bool) -> impl IntoView {
    let first: &[Step] = if photo { &Step::OF_PHOTO } else { &[] };
    let steps = first.iter().chain(&Step::OF_DRAWING);
    let steps = steps.map(|&step| view! { <StepView step /> });
    view! {
        <h2 class="section-title">"Preprocessing"</h2>
        <ol class="recipe">{steps.collect_view()}</ol>
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
        let Some(canvas) = canvas.get_untracked() else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        let Some((picture, values)) = trace.step(InputStep::Drawing(step)) else {
            // No digit was found, so the steps after that have no picture.
            if trace.note.is_some()
                && let Ok(painter) = painter.fit(&canvas, 1, 1)
            {
                painter.paint(&[0.0], &table, grey_range(step, &[0.0]), rgba);
            }
            return;
        };
        let Ok(painter) = painter.fit(&canvas, picture.width, picture.height) else {
            return;
        };
        if picture.channels == 3 {
            opaque(values, rgba);
            painter.put(rgba);
        } else {
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
            {frame(canvas, key, format!("The input after: {title}"))}
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
        Step::Paper
        | Step::Ink
        | Step::Largest
        | Step::Strengthen
        | Step::Crop
        | Step::Fit
        | Step::Centre
        | Step::Pad => Range { min: 0.0, max: 1.0 },
        Step::Normalise => {
            let min = values.iter().copied().fold(f32::INFINITY, f32::min);
            let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            Range { min, max }
        }
    }
}
