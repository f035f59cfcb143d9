//! The boxes of the picture: nodes, folded blocks, and the frames of open ones.

use leptos::either::Either;
use leptos::prelude::*;

use super::face::Face;
use super::layout::{Frame, Item};
use super::stage::{Stage, key};
use super::thumbs::Thumbs;

/// One box. Its attributes are those of a node in the list, too.
#[component]
pub fn Box(item: Item, stage: Stage) -> impl IntoView {
    // An item that has just gone keeps its face until its box goes, too.
    let face = Memo::new(move |before: Option<&Option<Face>>| {
        let face = stage.faces.with(|faces| faces.get(&item).cloned());
        face.or_else(|| before.cloned().flatten())
    });
    let rect = Memo::new(move |_| {
        stage
            .rects
            .with(|rects| rects.get(&item).copied())
            .unwrap_or_default()
    });
    let say = move |read: fn(&Face) -> String| {
        move || face.with(|face| face.as_ref().map(read).unwrap_or_default())
    };
    let selected = Memo::new(move |_| {
        stage.lab.selection.with(|selection| match item.node() {
            Some(node) => selection.contains(&node),
            None => {
                let nodes = stage.nodes(item);
                !nodes.is_empty() && nodes.iter().all(|id| selection.contains(id))
            }
        })
    });
    let pressed = move || selected.get().to_string();
    let tab = move || if stage.at.get() == item { "0" } else { "-1" };
    let transform = move || rect.with(|rect| format!("translate({}px,{}px)", rect.x, rect.y));
    let near = Memo::new(move |_| stage.near.with(|near| near.overlaps(&rect.get())));
    let folded = matches!(item, Item::Block(_));
    // The maps are made anew only when what they are of changes.
    let pictured = Memo::new(move |_| {
        let node = item.node().filter(|_| near.get())?;
        face.with(|face| {
            let card = &face.as_ref()?.card;
            let shape = card.shape.filter(|_| card.problem.is_none())?;
            Some((node, shape, card.name.clone()))
        })
    });
    let maps = move || {
        pictured
            .get()
            .map(|(id, shape, name)| view! { <Thumbs id shape name /> })
    };
    view! {
        <div
            class="box"
            class:folded=folded
            data-item=key(item)
            data-testid=if folded { "block" } else { "node" }
            data-family=say(|face| face.card.family_name().to_owned())
            data-name=say(|face| face.card.name.clone())
            data-shape=say(|face| face.card.shape.map(|shape| shape.to_string()).unwrap_or_default())
            data-params=say(|face| face.card.params.to_string())
            data-macs=say(|face| face.card.macs.to_string())
            data-selected=pressed
            role="button"
            tabindex=tab
            aria-pressed=pressed
            aria-expanded=folded.then_some("false")
            aria-label=say(|face| face.spoken.clone())
            style:transform=transform
        >
            {move || face.with(|face| face.as_ref().map(inside))}
            {maps}
            <span class="box-port" data-port="" title="Drag to another node to connect"></span>
            {folded.then(|| view! { <span class="box-open" data-open="">"open"</span> })}
        </div>
    }
    .into_any()
}

/// What is written in a box.
fn inside(face: &Face) -> impl IntoView + use<> {
    let card = &face.card;
    let bar = |hundredths: u32| {
        let width = format!("{}%", f64::from(hundredths) / 100.0);
        view! { <span class="share" hidden=hundredths == 0><span style:width=width></span></span> }
    };
    let title = if card.title == card.name {
        String::new()
    } else {
        card.title.clone()
    };
    let problem = card.problem.clone();
    let name = card.name.clone();
    view! {
        <span class="box-name">{face.label.clone()}</span>" "
        <span class="box-shape">{card.size()}</span>" "
        <span class="box-title">{title}</span>" "
        <span class="box-costs">{card.costs.clone()}</span>
        <span class="box-shares">{bar(card.params_share)} {bar(card.macs_share)}</span>
        {match problem {
            Some(problem) => {
                let tip = problem.clone();
                Either::Left(
                    view! {
                        <span class="box-problem" data-testid="problem" data-node=name title=tip>
                            {problem}
                        </span>
                    },
                )
            }
            None => Either::Right(()),
        }}
    }
}

/// The frame of an open block; its title folds it.
#[component]
pub fn FrameBox(block: usize, stage: Stage) -> impl IntoView {
    let rect = Memo::new(move |_| {
        stage
            .layout
            .with(|layout| {
                let mine = |frame: &&Frame| frame.block == block;
                layout.frames.iter().find(mine).map(|frame| frame.rect)
            })
            .unwrap_or_default()
    });
    let name = Memo::new(move |_| {
        let name = |graph: &engine::Graph| graph.blocks().get(block).map(|it| it.name.clone());
        stage.lab.graph.with(name).unwrap_or_default()
    });
    let length = move |value: f32| format!("{value}px");
    view! {
        <div
            class="frame"
            data-testid="frame"
            data-name=name
            style:transform=move || rect.with(|rect| format!("translate({}px,{}px)", rect.x, rect.y))
            style:width=move || length(rect.get().width)
            style:height=move || length(rect.get().height)
        >
            <button
                type="button"
                class="frame-title"
                data-fold=block.to_string()
                aria-expanded="true"
                title="Fold this block"
            >
                {name}
            </button>
        </div>
    }
    .into_any()
}
