//! One card: a stage with its layers, maps, caption and costs.

mod classes;
mod costs;
mod facts;
mod maps;
mod padlock;
mod part;

use std::sync::Arc;

use engine::NodeId;
use leptos::prelude::*;
use state::stages::{Card, Level, Part, PartBox, Stage, StageId};

use self::costs::costs;
use self::facts::{AllFacts, facts};
use self::maps::piece;
use self::padlock::padlock;
use self::part::part;
use super::paint::{Plan, painted, px};
use super::picture::{Picture, key};
use crate::ui::icon::{Icon, icon};

/// A stage with its place.
type Own = Memo<Option<Arc<(Stage, Card)>>>;

/// Reads the stage of a card.
fn stage<T: Default>(own: Own, read: impl FnOnce(&Stage) -> T) -> T {
    own.with(|own| own.as_ref().map(|own| read(&own.0)).unwrap_or_default())
}

/// What a card shows; it is made anew when this changes.
#[derive(Clone, Debug, PartialEq)]
struct Content {
    parts: Vec<Part>,
    boxes: Vec<PartBox>,
    block: Option<usize>,
    whole: Option<NodeId>,
    unfolds: bool,
    caption: Option<String>,
    level: Level,
    narrow: bool,
    costs: bool,
    skips: bool,
}

pub fn card(picture: Picture, id: StageId) -> AnyView {
    let lab = picture.lab;
    // The last known one, while the card is being removed.
    let own: Own = Memo::new(move |before: Option<&Option<Arc<(Stage, Card)>>>| {
        let now = picture.card(id).map(Arc::new);
        now.or_else(|| before.cloned().flatten())
    });
    let rect =
        Memo::new(move |_| own.with(|own| own.as_ref().map(|own| own.1.rect).unwrap_or_default()));
    let content: Memo<Option<Arc<Content>>> = Memo::new(move |_| {
        let style = picture.layout.with(|layout| layout.style);
        own.with(|own| {
            let (stage, card) = &**own.as_ref()?;
            Some(Arc::new(Content {
                parts: stage.parts.clone(),
                boxes: card.parts.clone(),
                block: stage.block,
                whole: stage.unfolded,
                unfolds: stage.unfolds(),
                caption: stage.caption.clone().filter(|_| style.captions),
                level: style.level,
                narrow: style.narrow,
                costs: style.costs > 0.0 || style.level == Level::Far,
                skips: stage.skips,
            }))
        })
    });
    let facts = facts(lab, own);
    let selected = move || {
        let nodes = lab.selection.nodes();
        nodes.with(|all| stage(own, |stage| stage.nodes().any(|id| all.contains(&id))))
    };
    let wrong = move || {
        stage(own, |it| {
            it.parts.iter().any(|it| it.face.problem.is_some())
        })
    };
    let runs = move || !stage(own, |it| it.parts.iter().any(|part| !lab.runs(part.head)));
    let chosen = move || {
        let chosen = lab.look.chosen().get();
        chosen.is_some_and(|it| stage(own, |stage| stage.nodes().any(|id| id == it.node)))
    };
    let spoken = move || stage(own, |stage| spoken(stage, |id| lab.runs(id)));
    let tab = move || if picture.at.get() == id { "0" } else { "-1" };
    let body = move || Some(body(picture, id, &*content.get()?, own, facts));
    view! {
        <div
            class="stage"
            data-testid="stage"
            data-stage=key(id)
            data-input=(id == StageId::Input).then_some("")
            data-selected=move || selected().to_string()
            data-chosen=move || chosen().then_some("true")
            data-wrong=move || wrong().to_string()
            data-runs=move || runs().to_string()
            role="group"
            aria-label=spoken
            tabindex=tab
            style:left=move || px(rect.get().x)
            style:top=move || px(rect.get().y)
            style:width=move || px(rect.get().width)
            style:height=move || px(rect.get().height)
        >
            {body}
        </div>
    }
    .into_any()
}

/// The card in words.
fn spoken(stage: &Stage, runs: impl Fn(NodeId) -> bool) -> String {
    let part = |part: &Part| {
        let face = &part.face;
        let tail = face.tail.iter().map(|(_, name)| format!(" and {name}"));
        let mut text = format!("{}{}", face.name, tail.collect::<String>());
        for more in [&face.operation, &face.size] {
            if !more.is_empty() && *more != face.name {
                text += &format!(", {more}");
            }
        }
        if let Some(problem) = &face.problem {
            text += &format!(", problem: {problem}");
        }
        if !runs(part.head) {
            text += ", does not run as it stands";
        }
        text
    };
    let parts: Vec<_> = stage.parts.iter().map(part).collect();
    parts.join("; ")
}

fn body(picture: Picture, id: StageId, content: &Content, own: Own, facts: AllFacts) -> AnyView {
    let level = content.level;
    let pieces = content
        .parts
        .iter()
        .zip(&content.boxes)
        .map(|(part, place)| piece(part, place, id));
    let canvas = Plan::of(pieces.flatten().collect()).map(|plan| painted(picture, plan));
    let parts = content.boxes.iter().enumerate().map(|(at, place)| {
        // What has no place of its own is named behind the others.
        let inline: &[Part] = if at + 1 == content.boxes.len() {
            content.parts.get(at + 1..).unwrap_or_default()
        } else {
            &[]
        };
        part(
            picture,
            content,
            (&content.parts[at], place),
            inline,
            own,
            facts,
        )
    });
    let parts = parts.collect_view();
    let name = content.parts.first().map_or("", |part| &part.face.name);
    let open = content.unfolds.then(|| {
        let label = format!("Open {name}");
        fold_button(label, "Show each layer (Shift+Enter)", Icon::Unfold)
    });
    let whole = content.whole.map(StageId::Layers);
    let close = (whole == Some(id)).then(|| {
        let label = format!("Close {name} and the layers behind it");
        fold_button(label, "Show as one card (Shift+Enter)", Icon::Fold)
    });
    let lock = (id != StageId::Input).then(|| padlock(picture.lab, own));
    let sums = (content.costs && id != StageId::Input).then(|| costs(own, content));
    // The labels of the rows of costs stand once, under the input.
    let labelled = matches!(level, Level::Near | Level::Block);
    let labels =
        (labelled && !content.narrow && content.costs && id == StageId::Input).then(|| {
            view! {
                <dl class="costs labels" aria-hidden="true">
                    {move || costs::labels(picture.lab).map(|name| view! { <dt>{name}</dt> })}
                </dl>
            }
        });
    let caption = content
        .caption
        .clone()
        .map(|text| view! { <p class="stage-caption">{text}</p> });
    let port =
        view! { <span class="port" data-port="" title="Drag to another card to connect"></span> };
    view! {
        {canvas}
        {parts}
        {caption}
        {sums}
        {labels}
        {open}
        {close}
        {lock}
        {port}
    }
    .into_any()
}

/// Splits a card into one a layer, or the reverse.
fn fold_button(label: String, title: &'static str, picture: Icon) -> AnyView {
    view! {
        <button
            type="button"
            class="unfold icon"
            tabindex="-1"
            data-unfold=""
            aria-label=label
            title=title
        >
            {icon(picture)}
        </button>
    }
    .into_any()
}
