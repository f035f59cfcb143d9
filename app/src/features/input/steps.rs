//! The preprocessing of a photo: a picture, a sentence and the numbers of each step.

use std::cell::RefCell;

use engine::data::{ChannelOrder, PhotoStep};
use engine::session::InputStep;
use leptos::html::Canvas;
use leptos::prelude::*;

use super::frame::{frame, opaque};
use crate::lab::Lab;
use crate::ui::format::exact;
use crate::ui::maps::Resizing;

#[component]
pub fn PhotoSteps() -> impl IntoView {
    view! {
        <h2 class="section-title">"Preprocessing"</h2>
        <ol class="recipe">
            {PhotoStep::ALL.map(|step| view! { <StepView step /> })}
        </ol>
    }
}

const fn words(step: PhotoStep) -> (&'static str, &'static str) {
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

#[component]
fn StepView(step: PhotoStep) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let (key, title) = words(step);
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    lab.on_trace(move |trace| {
        let (Some((picture, levels)), Some(canvas)) =
            (trace.step(InputStep::Photo(step)), canvas.get_untracked())
        else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        if let Ok(painter) = painter.fit(&canvas, picture.width, picture.height) {
            opaque(levels, rgba);
            painter.put(rgba);
        }
    });
    view! {
        <li class="step-row">
            {frame(canvas, key, format!("The photo after: {title}"))}
            <span class="step-words">
                <span class="step-title">{title}</span>
                <span class="hint" data-testid="step-sentence">{move || sentence(lab, step)}</span>
            </span>
        </li>
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
