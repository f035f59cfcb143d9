//! What is known of a network of the zoo.

use engine::zoo::{Agreement, Entry, Figure, Quantity};
use leptos::prelude::*;

use crate::ui::format::exact;

/// Paper, story, variant, and the figures that others published.
pub fn about(entry: &'static Entry) -> AnyView {
    let figures = entry.published.iter().map(|figure| {
        let Figure {
            quantity,
            value,
            agreement,
            source,
        } = *figure;
        let quantity = match quantity {
            Quantity::Trainable => "trainable parameters",
            Quantity::Parameters => "parameters",
            Quantity::Macs => "MACs",
        };
        let agreement = match agreement {
            Agreement::Exact => "ours is equal".to_owned(),
            Agreement::Rounded(share) => {
                format!(
                    "ours is equal within {} %, as the source rounds",
                    share * 100.0
                )
            }
            Agreement::Differs(why) => format!("ours differs: {why}"),
        };
        view! { <li>{exact(value)} " " {quantity} " (" {source} "): " {agreement}</li> }
    });
    view! {
        <p><strong>{entry.title}</strong> ", " {entry.year} ". " {entry.variant}</p>
        <p>{entry.story}</p>
        <p translate="no">{entry.paper}</p>
        <ul class="picker-figures">{figures.collect_view()}</ul>
    }
    .into_any()
}
