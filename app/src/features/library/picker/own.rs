//! The person's own network: an empty one, and the name of the open one.

use engine::Shape;
use engine::graph::{Edit, GraphBuilder};
use leptos::prelude::*;

use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::fields::{Input, Take, text_field, whole};

/// The name of the open network.
pub fn rename(lab: Lab) -> AnyView {
    let error = RwSignal::new(None);
    let name = Signal::derive(move || lab.document.graph().with(|graph| graph.name().to_owned()));
    let take = Take::new(move |name: String| {
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err("A network has a name: type one.".into());
        }
        if lab.apply(Edit::RenameGraph { name }) {
            return Ok(());
        }
        let refusal = lab.document.refusal().get_untracked();
        Err(refusal.map(|refusal| refusal.text).unwrap_or_default())
    });
    let (step, field) = (None, "network");
    let input = Input {
        step,
        least: 0.0,
        field,
    };
    view! {
        <label class="picker-own">
            <span>"Name"</span>
            {text_field("Name of this network".into(), name, error, input, take)}
            {move || error.get().map(|why| view! { <span class="field-wrong" role="alert">{why}</span> })}
        </label>
    }
    .into_any()
}

/// The empty network.
pub fn empty(lab: Lab, close: Callback<()>) -> AnyView {
    let shape = RwSignal::new([1_u32, 32, 32]);
    let part = move |at: usize, label: &str| {
        let error = RwSignal::new(None);
        let value = Signal::derive(move || shape.get()[at].to_string());
        let take = Take::new(move |text: String| {
            let number = whole(&text)?
                .as_u64()
                .and_then(|number| u32::try_from(number).ok());
            let number = number
                .filter(|number| *number > 0)
                .ok_or("At least 1 is needed.")?;
            shape.update(|shape| shape[at] = number);
            Ok(())
        });
        let (step, field) = (Some(1.0), "empty");
        view! {
            {text_field(label.to_owned(), value, error, Input { step, least: 0.0, field }, take)}
            {move || error.get().map(|why| view! { <span class="field-wrong" role="alert">{why}</span> })}
        }
    };
    let start = move || {
        let [channels, height, width] = shape.get_untracked();
        let input = Shape::new(channels, height, width);
        match GraphBuilder::new("My network", input).finish() {
            Ok(graph) => lab.open_beside(graph, None),
            Err(error) => {
                lab.document
                    .refuse(engine::NodeId::INPUT, &error.to_string());
                lab.select(engine::NodeId::INPUT);
            }
        }
    };
    let start = move |_| {
        close.run(());
        soon(start);
    };
    view! {
        <div class="picker-own">
            <button type="button" data-testid="preset" data-preset="empty" on:click=start>
                "Empty network"
            </button>
            <span>"for pictures of"</span>
            {part(0, "Channels of the picture")} "×" {part(1, "Height of the picture")} "×"
            {part(2, "Width of the picture")}
        </div>
    }
    .into_any()
}
