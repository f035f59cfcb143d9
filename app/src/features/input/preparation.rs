//! What the network gets: the picture after each step of its preparation, which is the step's switch;
//! unfolded, what each step does.

use std::cell::RefCell;

use engine::data::{ChannelOrder, PhotoStep, Recipe, Step};
use engine::format::Control;
use engine::session::InputStep;
use leptos::html::Canvas;
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::exact;
use crate::ui::icon::{Icon, icon};
use crate::ui::maps::{Palette, Range, Resizing, Table};
use crate::ui::{lockable, rove};

/// The name of a step below its picture, its title and what it does.
const fn words(step: Step) -> (&'static str, &'static str, &'static str) {
    match step {
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

/// The steps of a drawing, before them those that make a drawing of a photo if it is one, or the
/// steps of a photo for a network that takes photos.
#[component]
pub fn Preparation(photo: bool, drawing: bool) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let open = RwSignal::new(false);
    let (pictures, rows) = if drawing {
        let first: &[Step] = if photo { &Step::OF_PHOTO } else { &[] };
        let steps: Vec<Step> = first.iter().chain(&Step::OF_DRAWING).copied().collect();
        let pictures = steps.iter().map(|&step| switch_of(lab, step));
        let pictures = pictures.collect_view().into_any();
        let row = |&step: &Step| {
            let (_, title, sentence) = words(step);
            row(title, sentence.into_any())
        };
        let rows = steps.iter().map(row).collect_view().into_any();
        (lockable(lab, Control::Recipe, pictures), rows)
    } else {
        let picture = |step| {
            let (key, title) = photo_words(step);
            view! { <figure>{picture(lab, InputStep::Photo(step), key, title)}</figure> }
        };
        let row = |step| {
            let (_, title) = photo_words(step);
            row(title, (move || sentence(lab, step)).into_any())
        };
        let rows = PhotoStep::ALL.map(row).collect_view().into_any();
        (PhotoStep::ALL.map(picture).collect_view().into_any(), rows)
    };
    // One Tab stop: the arrow keys go from the button to the steps.
    view! {
        <section class="strip preparation" aria-label="What the network gets" on:keydown=rove>
            <div class="strip-head">
                <h2>"What the network gets"</h2>
                <button
                    type="button"
                    class="icon"
                    data-testid="open-recipe"
                    aria-label="What each step does"
                    title="What each step does"
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    {move || icon(if open.get() { Icon::Up } else { Icon::Down })}
                </button>
            </div>
            <div class="step-pictures" role="group" aria-label="Steps">{pictures}</div>
            <dl class="recipe" hidden=move || !open.get()>{rows}</dl>
        </section>
    }
}

/// What a step does.
fn row(title: &'static str, sentence: AnyView) -> AnyView {
    view! { <dt>{title}</dt> <dd data-testid="step-sentence">{sentence}</dd> }.into_any()
}

/// The picture after a step of the recipe, which switches the step off and on.
fn switch_of(lab: Lab, step: Step) -> AnyView {
    let (key, title, _) = words(step);
    let on = move || *switch(&mut lab.input.recipe().get(), step);
    let toggle = move |event| {
        let mut recipe = lab.input.recipe().get_untracked();
        *switch(&mut recipe, step) = event_target_checked(&event);
        lab.set_recipe(recipe);
        // If locked, the switch is reset.
        event_target::<web_sys::HtmlInputElement>(&event).set_checked(untrack(on));
    };
    view! {
        <label data-on=move || on().to_string() title=title>
            <input
                type="checkbox"
                data-testid=format!("step-switch-{key}")
                aria-label=title
                tabindex="-1"
                prop:checked=on
                on:change=toggle
            />
            {picture(lab, InputStep::Drawing(step), key, title)}
        </label>
    }
    .into_any()
}

/// The picture after a step. Hidden while the network is refused, because it would be outdated.
fn picture(lab: Lab, step: InputStep, key: &'static str, title: &'static str) -> AnyView {
    let canvas = NodeRef::<Canvas>::new();
    let table = Table::of(Palette::Grey);
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        let (Some(canvas), Some(trace)) = (canvas.get(), lab.answer.latest().get()) else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        let Some((picture, values)) = trace.step(step) else {
            // No digit was found, so the steps after that have no picture.
            if trace.note.is_some()
                && let Ok(painter) = painter.fit(&canvas, 1, 1)
            {
                painter.put(&[0, 0, 0, 255]);
            }
            return;
        };
        let Ok(painter) = painter.fit(&canvas, picture.width, picture.height) else {
            return;
        };
        if picture.channels == 3 {
            rgba.clear();
            for [red, green, blue] in values.as_chunks().0 {
                rgba.extend_from_slice(&[*red as u8, *green as u8, *blue as u8, 255]);
            }
            painter.put(rgba);
        } else {
            painter.paint(values, table, grey_range(step, values), rgba);
        }
    });
    view! {
        <canvas
            node_ref=canvas
            class="pixels"
            data-testid="step"
            data-step=key
            role="img"
            aria-label=format!("The input after: {title}")
            hidden=move || lab.engine.is_refused()
            width="1"
            height="1"
        ></canvas>
        <span class="step-name" aria-hidden="true">{key}</span>
    }
    .into_any()
}

/// The range of values: 0 to 1, and the actual range after normalisation.
fn grey_range(step: InputStep, values: &[f32]) -> Range {
    match step {
        InputStep::Drawing(Step::Normalise) => {
            Range::of(values).unwrap_or(Range { min: 0.0, max: 1.0 })
        }
        InputStep::Drawing(_) | InputStep::Photo(_) => Range { min: 0.0, max: 1.0 },
    }
}

const fn photo_words(step: PhotoStep) -> (&'static str, &'static str) {
    match step {
        PhotoStep::Crop => ("crop", "Crop"),
        PhotoStep::Resize => ("resize", "Resize"),
        PhotoStep::Normalise => ("normalise", "Normalise"),
    }
}

/// One sentence with the current network's and photo's numbers.
fn sentence(lab: Lab, step: PhotoStep) -> String {
    let preparation = lab.document.preparation();
    let input = lab.document.running().with(engine::Graph::input);
    let colour = input.channels == 3;
    match step {
        PhotoStep::Crop => {
            let share = preparation.crop * 100.0;
            let of = lab.input.photo().with(|photo| {
                photo.as_ref().map_or_else(String::new, |photo| {
                    let shorter = photo.width.min(photo.height);
                    format!(", {} pixels", exact(shorter.into()))
                })
            });
            format!("Cuts out the middle: {share} % of the shorter side{of}.")
        }
        PhotoStep::Resize => {
            let grey = match input.channels {
                3 => String::new(),
                1 => ", in grey".to_owned(),
                many => format!(
                    ", in grey, the same for each of its {} channels",
                    exact(many.into())
                ),
            };
            let (width, height) = (exact(input.width.into()), exact(input.height.into()));
            format!("Scales it to the network's {width}×{height} pixels{grey} (bicubic).")
        }
        PhotoStep::Normalise => {
            let [mean, scale] = if colour {
                [preparation.mean, preparation.scale].map(three)
            } else {
                let (mean, scale) = preparation.of_grey();
                [mean, scale].map(|number| three([number; 3]))
            };
            let order = match preparation.order {
                ChannelOrder::Bgr if colour => ", and puts blue first",
                ChannelOrder::Rgb | ChannelOrder::Bgr => "",
            };
            let divided = if scale == "1" {
                String::new()
            } else {
                format!(" and divides by {scale}")
            };
            format!("Subtracts {mean} from the levels 0 to 255{divided}{order}.")
        }
    }
}

/// The values of red, green and blue, or a single one where they are equal.
fn three(colours: [f32; 3]) -> String {
    let written = colours.map(|it| {
        let rounded = (it * 100.0).round() / 100.0;
        rounded.to_string()
    });
    if written.iter().all(|it| *it == written[0]) {
        written[0].clone()
    } else {
        format!("{} (red, green, blue)", written.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_three_colours_are_written_once_where_they_are_the_same() {
        assert_eq!(three([127.0; 3]), "127");
        assert_eq!(
            three([123.68, 116.779, 103.939]),
            "123.68, 116.78, 103.94 (red, green, blue)"
        );
    }
}
