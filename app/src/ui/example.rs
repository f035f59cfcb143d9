//! An image of the data set, as a button that shows it to the network.

use leptos::html::Canvas;
use leptos::prelude::*;
use state::data::SetId;
use wasm_bindgen::Clamped;
use web_sys::ImageData;

use crate::lab::Lab;
use crate::platform::canvas::context;

/// One image with its label and the network's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub set: SetId,
    pub image: u32,
    pub label: String,
    pub answer: String,
    /// Where it is known.
    pub loss: Option<f64>,
}

/// A row of images that wraps, with one Tab stop.
pub fn examples(lab: Lab, all: Vec<Example>) -> AnyView {
    let one = |(at, example): (usize, Example)| one(lab, &example, at == 0);
    view! {
        <div class="examples" role="group" aria-label="Images" on:keydown=super::rove>
            {all.into_iter().enumerate().map(one).collect_view()}
        </div>
    }
    .into_any()
}

fn one(lab: Lab, example: &Example, first: bool) -> AnyView {
    let Example {
        set,
        image,
        label,
        answer,
        loss,
    } = example.clone();
    let canvas = NodeRef::<Canvas>::new();
    let there = lab.picture(set, image).is_some();
    Effect::new(move |_| {
        let Some(canvas) = canvas.get() else { return };
        let Some(([width, height], rgba)) = lab.picture(set, image) else {
            return;
        };
        canvas.set_width(width);
        canvas.set_height(height);
        let picture =
            ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba.as_slice()), width, height);
        // Without a context the label and the answer stay.
        if let (Ok(picture), Ok(context)) = (picture, context(&canvas)) {
            let drawn = context.put_image_data(&picture, 0.0, 0.0);
            debug_assert!(drawn.is_ok(), "a picture of the canvas's own size");
        }
    });
    let loss = loss.map_or_else(String::new, |loss| format!(", loss {loss:.2}"));
    let name = format!("Image {image}: {label}, answered {answer}{loss}");
    let title = if there {
        name.clone()
    } else {
        format!("{name}. Its pixels are not in memory.")
    };
    let right = label == answer;
    view! {
        <button
            type="button"
            class="example"
            data-testid="example"
            data-image=image.to_string()
            aria-label=name
            aria-disabled=(!there).then_some("true")
            title=title
            tabindex=(!first).then_some("-1")
            on:click=move |_| {
                lab.show_picture(set, image);
            }
        >
            <canvas node_ref=canvas class="pixels" width="28" height="28"></canvas>
            <span class="example-words" data-right=right.then_some("true")>
                {label}
                "→"
                <b>{answer}</b>
            </span>
        </button>
    }
    .into_any()
}
