//! The settings from visit to visit, and what follows the network.

use engine::Graph;
use leptos::prelude::*;
use state::engine::WeightState;
use state::train::settings::{Kept, Starting};

use crate::lab::Lab;
use crate::platform::local_storage;

/// The name in the browser's storage.
const NAME: &str = "training";

/// Reads the kept settings once, and keeps them while the calling component is mounted.
pub fn keep(lab: Lab) {
    let (train, graph) = (lab.train, lab.document.graph());
    if train.kept().with_untracked(Option::is_none) {
        let text = local_storage::read(NAME);
        // What cannot be read gives the defaults, as if nothing was kept.
        let read = text.and_then(|text| graph.with_untracked(|graph| Kept::read(&text, graph)));
        if let Some(Kept { task: kept, .. }) = &read {
            train.edit(|task| {
                task.settings = kept.settings.clone();
                task.split = kept.split;
            });
        }
        train.keep_settings(read.unwrap_or_default());
    }
    Effect::new(move |_| graph.with(|graph| follow_nodes(lab, graph)));
    Effect::new(move |_| follow_weights(lab));
    Effect::new(move |_| {
        let Some(kept) = train.kept().get() else {
            return;
        };
        let text = train.task().with(|task| {
            let now = graph.with(|graph| Kept::of(task, graph.name(), kept.chose_start));
            match now.frozen.is_empty() {
                // Frozen nodes of another network wait for it.
                true => Kept {
                    network: kept.network,
                    frozen: kept.frozen,
                    ..now
                },
                false => now,
            }
            .text()
        });
        local_storage::write(NAME, &text);
    });
}

/// Frozen nodes are nodes of the network; kept ones come back with it.
fn follow_nodes(lab: Lab, graph: &Graph) {
    let train = lab.train;
    if let Some(kept) = train.kept().get_untracked()
        && !kept.frozen.is_empty()
        && let Some(frozen) = kept.frozen_of(graph)
    {
        train.edit(|task| task.settings.frozen = frozen);
        train.keep_settings(Kept {
            frozen: Vec::new(),
            ..kept
        });
    }
    train.edit(|task| {
        let frozen = &mut task.settings.frozen;
        frozen.retain(|node| graph.node(*node).is_some());
    });
}

/// New weights for a network without trained ones, unless the person chose.
fn follow_weights(lab: Lab) {
    let train = lab.train;
    let chosen = train
        .kept()
        .with(|kept| kept.as_ref().is_none_or(|it| it.chose_start));
    let Some(WeightState { trained, .. }) = lab.engine.weights().get() else {
        return;
    };
    if chosen || train.is_busy() {
        return;
    }
    train.edit(|task| {
        let Starting(natural) = Starting::natural(trained > 0);
        task.settings.initialisation = natural;
    });
}

/// The person chose the weights to start from, or left it to the page.
pub fn chose_start(lab: Lab, chose: bool) {
    let kept = lab.train.kept().get_untracked().unwrap_or_default();
    lab.train.keep_settings(Kept {
        chose_start: chose,
        ..kept
    });
}
