//! A part of a card: the names of its layers, operation, shape, and the places of its maps.

use engine::NodeId;
use engine::layer::Family;
use leptos::prelude::*;
use state::stages::{Level, Part, PartBox, Shown, Stage};

use super::super::paint::px;
use super::super::picture::Picture;
use super::facts::{AllFacts, Facts};
use super::maps::maps;
use super::{Content, Own, stage};

/// The family names of the bar's pieces.
pub const fn family(part: &Part) -> &'static str {
    match part.face.families.as_slice() {
        [(family, _), ..] => family.name(),
        [] => "input",
    }
}

pub fn part(
    picture: Picture,
    content: &Content,
    (part, place): (&Part, &PartBox),
    inline: &[Part],
    own: Own,
    facts: AllFacts,
) -> AnyView {
    let (lab, rect, head) = (picture.lab, place.rect, part.head);
    let face = part.face.clone();
    let activation = face
        .families
        .iter()
        .any(|(it, _)| *it == Family::Activation)
        && face.families.len() > 1;
    let pooled = inline.first().map(|part| family(part));
    let last = inline.last().unwrap_or(part);
    let size = last.face.size.clone();
    let operations: Vec<_> = std::iter::once(part)
        .chain(inline)
        .map(|it| it.face.operation.clone())
        .collect();
    let operation = operations.join(", ");
    let operation = if operation == face.name {
        String::new()
    } else {
        operation
    };
    let wrong = face.problem.is_some();
    let unknown = std::iter::once(part)
        .chain(inline)
        .any(|it| it.face.problem.is_some() && it.face.shown == Shown::Nothing);
    let tail: Vec<(NodeId, String)> = { face.tail.iter().cloned() }
        .chain(inline.iter().flat_map(|part| {
            let head = (part.head, part.face.name.clone());
            std::iter::once(head).chain(part.face.tail.iter().cloned())
        }))
        .collect();
    let ghost = if content.level == Level::Block && !content.narrow {
        operation.clone()
    } else {
        face.name.clone()
    };
    let tailed = !tail.is_empty();
    let tails = tailed.then(|| {
        let one = |(at, (id, name)): (usize, (NodeId, String))| {
            let before = if at == 0 { "+ " } else { ", " };
            view! { <span aria-hidden="true">{before}</span> {node(picture, id, "tail", facts, name.clone(), ().into_any())} }
        };
        view! {
            <span class="tails">
                <span class="ghost" aria-hidden="true">{ghost}</span>
                <span class="behind">{tail.into_iter().enumerate().map(one).collect_view()}</span>
            </span>
        }
    });
    let maps = maps(picture, part, place);
    let rest = (place.rest > 0 && content.level == Level::Near).then(|| {
        view! { <span class="rest">{format!("+{}", place.rest)}</span> }
    });
    let words = view! {
        <span class="op">{operation}</span>
        <span class="shape">{match (unknown, size.is_empty()) {
            (true, _) => "does not fit".to_owned(),
            (false, true) => "waits for the layers before it".to_owned(),
            (false, false) => size,
        }}</span>
        {maps}
        {rest}
    };
    let node = match content.block {
        Some(_) => block(picture, part, own, words.into_any()),
        None => node(
            picture,
            part.head,
            "layer",
            facts,
            face.name.clone(),
            words.into_any(),
        ),
    };
    view! {
        <div
            class="stage-part"
            data-family=family(part)
            data-tail=tailed.then_some("")
            data-unknown=unknown.then_some("")
            data-wrong=wrong.then_some("")
            data-runs=move || lab.runs(head).to_string()
            style:left=px(rect.x)
            style:top=px(rect.y)
            style:width=px(rect.width)
            style:height=px(rect.height)
        >
            <span class="fam" aria-hidden="true">
                <i></i>
                {activation.then(|| view! { <i data-family="activation"></i> })}
                {pooled.map(|family| view! { <i data-family=family></i> })}
                {content.skips.then(|| view! { <i data-family="merge"></i> })}
            </span>
            {node}
            {tails}
        </div>
    }
    .into_any()
}

/// A layer, with its facts as attributes.
fn node(
    picture: Picture,
    id: NodeId,
    class: &'static str,
    facts: AllFacts,
    name: String,
    inside: AnyView,
) -> AnyView {
    let lab = picture.lab;
    let say = move |read: fn(&Facts) -> String| {
        move || facts.with(|facts| facts.get(&id).map(read).unwrap_or_default())
    };
    let pressed = move || {
        lab.selection
            .nodes()
            .with(|all| all.contains(&id))
            .to_string()
    };
    view! {
        <div
            class=class
            data-testid="node"
            tabindex="-1"
            data-id=id.0.to_string()
            data-family=say(|it| it.family.to_owned())
            data-name=say(|it| it.name.clone())
            data-shape=say(|it| it.shape.map(|shape| shape.to_string()).unwrap_or_default())
            data-params=say(|it| it.params.to_string())
            data-macs=say(|it| it.macs.to_string())
            data-wrong=say(|it| it.wrong.to_string())
            data-selected=pressed
        >
            <button type="button" class="node-head" tabindex="-1" aria-pressed=pressed title=say(|it| format!("{}: {}", it.name, it.title))>
                <span translate="no">{name}</span>
            </button>
            {inside}
        </div>
    }
    .into_any()
}

/// A folded block.
fn block(picture: Picture, part: &Part, own: Own, inside: AnyView) -> AnyView {
    let lab = picture.lab;
    let say = move |read: fn(&Stage) -> String| move || stage(own, read);
    let size = |stage: &Stage| stage.parts.first().map(|it| it.face.size.replace('×', "x"));
    let nodes = part.nodes.clone();
    let pressed = Memo::new(move |_| {
        let selected = |all: &Vec<NodeId>| nodes.iter().any(|id| all.contains(id));
        lab.selection.nodes().with(selected).to_string()
    });
    view! {
        <div
            class="layer"
            data-testid="block"
            tabindex="-1"
            data-last=part.head.0.to_string()
            data-name=part.face.name.clone()
            data-shape=move || stage(own, size)
            data-params=say(|stage| stage.params.to_string())
            data-macs=say(|stage| stage.macs.to_string())
            data-wrong=part.face.problem.is_some().to_string()
            data-selected=pressed
        >
            <button type="button" class="node-head" tabindex="-1" translate="no" aria-pressed=pressed>
                <bdi>{part.face.name.clone()}</bdi>
            </button>
            {inside}
        </div>
    }
    .into_any()
}
