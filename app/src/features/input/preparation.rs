//! What the network gets: the picture after each step of its preparation; unfolded, the switches of the
//! recipe and what each step does.

use std::cell::RefCell;

use engine::data::{ChannelOrder, PhotoStep, Recipe, Step};
use engine::format::Control;
use engine::session::InputStep;
use leptos::html::Canvas;
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::exact;
use crate::ui::icon::{Icon, icon};
use crate::ui::lockable;
use crate::ui::maps::{Palette, Range, Resizing, Table};

/// The name of a step in tests and below its picture, its title and what it does; that of a photo's
/// depends on the network.
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
        let steps = || first.iter().chain(&Step::OF_DRAWING).copied();
        let picture = |step| {
            let (key, title, _) = words(step);
            let on = move || *switch(&mut lab.input.recipe().get(), step);
            picture(
                lab,
                InputStep::Drawing(step),
                key,
                title,
                Signal::derive(on),
            )
        };
        let rows = move || steps().map(|step| switch_row(lab, step)).collect_view();
        let pictures = steps().map(picture).collect_view();
        (pictures.into_any(), ViewFn::from(rows))
    } else {
        let picture = |step| {
            let (key, title) = photo_words(step);
            let on = Signal::derive(|| true);
            picture(lab, InputStep::Photo(step), key, title, on)
        };
        let rows = move || {
            PhotoStep::ALL
                .map(|step| photo_row(lab, step))
                .collect_view()
        };
        (
            PhotoStep::ALL.map(picture).collect_view().into_any(),
            ViewFn::from(rows),
        )
    };
    view! {
        <section class="strip preparation" aria-label="What the network gets">
            <div class="strip-head">
                <h2>"What the network gets"</h2>
                <button
                    type="button"
                    class="icon"
                    data-testid="open-recipe"
                    aria-label="The steps"
                    title="The steps"
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    {move || icon(if open.get() { Icon::Up } else { Icon::Down })}
                </button>
            </div>
            <div class="step-pictures">{pictures}</div>
            <div hidden=move || !open.get()>
                {lockable(lab, Control::Recipe, view! { <ol class="recipe">{rows.run()}</ol> }.into_any())}
            </div>
        </section>
    }
}

/// The picture after a step. Hidden while the network is refused, because it would be outdated.
fn picture(
    lab: Lab,
    step: InputStep,
    key: &'static str,
    title: &'static str,
    on: Signal<bool>,
) -> AnyView {
    let canvas = NodeRef::<Canvas>::new();
    let table = Table::new(Palette::Grey);
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
            painter.paint(values, &table, grey_range(step, values), rgba);
        }
    });
    view! {
        <figure data-on=move || on.get().to_string()>
            <canvas
                node_ref=canvas
                class="pixels"
                data-testid="step"
                data-step=key
                role="img"
                aria-label=format!("The input after: {title}")
                title=title
                hidden=move || lab.engine.is_refused()
                width="1"
                height="1"
            ></canvas>
            <figcaption aria-hidden="true">{key}</figcaption>
        </figure>
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

/// The switch of a step, and what it does.
fn switch_row(lab: Lab, step: Step) -> AnyView {
    let (key, title, sentence) = words(step);
    let on = move || *switch(&mut lab.input.recipe().get(), step);
    let toggle = move |event| {
        let mut recipe = lab.input.recipe().get_untracked();
        *switch(&mut recipe, step) = event_target_checked(&event);
        lab.set_recipe(recipe);
        // If locked, the switch is reset.
        event_target::<web_sys::HtmlInputElement>(&event).set_checked(untrack(on));
    };
    view! {
        <li>
            <label>
                <input
                    type="checkbox"
                    data-testid=format!("step-switch-{key}")
                    prop:checked=on
                    on:change=toggle
                />
                {title}
            </label>
            <p data-testid="step-sentence">{sentence}</p>
        </li>
    }
    .into_any()
}

const fn photo_words(step: PhotoStep) -> (&'static str, &'static str) {
    match step {
        PhotoStep::Crop => ("crop", "Crop"),
        PhotoStep::Resize => ("resize", "Resize"),
        PhotoStep::Normalise => ("normalise", "Normalise"),
    }
}

fn photo_row(lab: Lab, step: PhotoStep) -> AnyView {
    let (_, title) = photo_words(step);
    view! {
        <li>
            <b>{title}</b>
            <p data-testid="step-sentence">{move || sentence(lab, step)}</p>
        </li>
    }
    .into_any()
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
