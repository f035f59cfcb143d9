//! One card: a stage with its layers, maps, caption and costs.

use std::collections::HashMap;
use std::sync::Arc;

use engine::NodeId;
use engine::layer::Family;
use leptos::prelude::*;
use state::answer::top;
use state::stages::{Cells, Level, Part, PartBox, Rect, Shown, Stage, StageId};

use super::paint::{Piece, Plan, SCORE, cells_rect, painted, px};
use super::picture::{Picture, key};
use crate::ui::card::Card;
use crate::ui::format::count;
use crate::ui::icon::{Icon, icon};

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

/// Facts of the layers of a card by node.
type Facts = Memo<HashMap<NodeId, Card>>;

pub fn card(picture: Picture, id: StageId) -> AnyView {
    let lab = picture.lab;
    // The last known one, while the card is being removed.
    let own = Memo::new(
        move |before: Option<&Option<Arc<(Stage, state::stages::Card)>>>| {
            let now = picture.card(id).map(Arc::new);
            now.or_else(|| before.cloned().flatten())
        },
    );
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
    let nodes = Memo::new(move |_| {
        own.with(|own| {
            own.as_ref()
                .map(|own| own.0.nodes().collect::<Vec<_>>())
                .unwrap_or_default()
        })
    });
    let facts: Facts = Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            lab.document.analysis.with(|analysis| {
                let card = |&id: &NodeId| {
                    let card = match graph.node(id) {
                        Some(node) => Card::of(node, analysis),
                        None => Card::input(graph),
                    };
                    (id, card)
                };
                nodes.with(|nodes| nodes.iter().map(card).collect())
            })
        })
    });
    let costs = Memo::new(move |_| {
        own.with(|own| {
            own.as_ref().map(|own| {
                let Stage {
                    params,
                    macs,
                    params_share,
                    macs_share,
                    ..
                } = own.0;
                (params, macs, params_share, macs_share)
            })
        })
    });
    let selected = Memo::new(move |_| {
        let nodes = nodes.get();
        lab.selection
            .nodes()
            .with(|all| all.iter().any(|id| nodes.contains(id)))
    });
    let wrong = Memo::new(move |_| {
        own.with(|own| {
            let mut parts = own.iter().flat_map(|own| &own.0.parts);
            parts.any(|part| part.face.problem.is_some())
        })
    });
    let runs = Memo::new(move |_| {
        let head = content.with(|it| it.as_ref().and_then(|it| Some(it.parts.last()?.head)));
        head.is_none_or(|head| lab.runs(head))
    });
    let chosen = Memo::new(move |_| {
        let chosen = lab.look.chosen().get();
        chosen.is_some_and(|it| nodes.with(|nodes| nodes.contains(&it.node)))
    });
    let spoken = move || {
        let card = own.with(|own| own.as_ref().map(|own| spoken(&own.0)).unwrap_or_default());
        if runs.get() {
            card
        } else {
            format!("{card}; does not run as it stands")
        }
    };
    let tab = move || if picture.at.get() == id { "0" } else { "-1" };
    let body = move || Some(body(picture, id, &*content.get()?, facts, costs));
    view! {
        <div
            class="stage"
            data-testid="stage"
            data-stage=key(id)
            data-input=(id == StageId::Input).then_some("")
            data-selected=move || selected.get().to_string()
            data-chosen=move || chosen.get().then_some("true")
            data-wrong=move || wrong.get().to_string()
            data-runs=move || runs.get().to_string()
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
fn spoken(stage: &Stage) -> String {
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
        text
    };
    let parts: Vec<_> = stage.parts.iter().map(part).collect();
    parts.join("; ")
}

fn body(
    picture: Picture,
    id: StageId,
    content: &Content,
    facts: Facts,
    costs: Memo<Option<(u64, u64, f64, f64)>>,
) -> AnyView {
    let level = content.level;
    let open = level == Level::Near || content.narrow;
    let pieces = content
        .parts
        .iter()
        .zip(&content.boxes)
        .map(|(part, own)| piece(part, own, id));
    let canvas = Plan::of(pieces.flatten().collect()).map(|plan| painted(picture, plan));
    let parts = content.boxes.iter().enumerate().map(|(at, own)| {
        // What has no place of its own is named behind the others.
        let inline: &[Part] = if at + 1 == content.boxes.len() {
            content.parts.get(at + 1..).unwrap_or_default()
        } else {
            &[]
        };
        part(picture, content, &content.parts[at], inline, own, facts)
    });
    let parts = parts.collect_view();
    let name = content
        .parts
        .first()
        .map(|part| part.face.name.clone())
        .unwrap_or_default();
    let button = content.unfolds.then(|| {
        view! {
            <button
                type="button"
                class="unfold icon"
                tabindex="-1"
                data-unfold=""
                aria-label=format!("Open {name}")
                title="Show each layer (Shift+Enter)"
            >
                {icon(Icon::Unfold)}
            </button>
        }
    });
    let fold = content
        .whole
        .filter(|whole| id == StageId::Layers(*whole))
        .map(|_| {
            view! {
                <button
                    type="button"
                    class="unfold icon"
                    tabindex="-1"
                    data-unfold=""
                    aria-label=format!("Close {name} and the layers behind it")
                    title="Show as one card (Shift+Enter)"
                >
                    {icon(Icon::Fold)}
                </button>
            }
        });
    let costs = (content.costs && id != StageId::Input).then(|| bars(costs, content));
    // The labels of the rows of costs stand once, under the input.
    let labelled = open || level == Level::Block;
    let labels =
        (labelled && !content.narrow && content.costs && id == StageId::Input).then(|| {
            view! {
                <dl class="costs labels" aria-hidden="true">
                    <dt>"Parameters"</dt>
                    <dt>"MACs"</dt>
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
        {costs}
        {labels}
        {button}
        {fold}
        {port}
    }
    .into_any()
}

/// What the canvas shows of a part.
fn piece(part: &Part, own: &PartBox, id: StageId) -> Option<Piece> {
    let moved = |rect: Rect| Rect {
        x: rect.x + own.rect.x,
        y: rect.y + own.rect.y,
        ..rect
    };
    let mut maps = own.maps.clone();
    for map in &mut maps {
        map.rect = moved(map.rect);
    }
    let cells = own.cells.filter(|cells| !cells.top).map(|cells| Cells {
        rect: moved(cells.rect),
        ..cells
    });
    let colour =
        id == StageId::Input && matches!(part.face.shown, Shown::Maps(it) if it.channels == 3);
    (!maps.is_empty() || cells.is_some()).then_some(Piece {
        node: part.head,
        colour,
        maps,
        cells,
    })
}

/// The family names of the bar's pieces.
const fn family(part: &Part) -> &'static str {
    match part.face.families.as_slice() {
        [(family, _), ..] => family.name(),
        [] => "input",
    }
}

fn part(
    picture: Picture,
    content: &Content,
    part: &Part,
    inline: &[Part],
    own: &PartBox,
    facts: Facts,
) -> AnyView {
    let rect = own.rect;
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
    let unknown = face.problem.is_some() && matches!(face.shown, Shown::Nothing);
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
    let tails = (!tail.is_empty()).then(|| {
        let one = |(at, (id, name)): (usize, (NodeId, String))| {
            let before = if at == 0 { " + " } else { ", " };
            view! { <span aria-hidden="true">{before}</span> {node(picture, id, "tail", facts, name.clone(), ().into_any())} }
        };
        view! {
            <span class="tails">
                <span class="ghost" aria-hidden="true">{ghost}</span>
                {tail.into_iter().enumerate().map(one).collect_view()}
            </span>
        }
    });
    let maps = maps(picture, part, own);
    let rest = (own.rest > 0 && content.level == Level::Near).then(|| {
        view! { <span class="rest">{format!("+{}", own.rest)}</span> }
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
        Some(_) => block(picture, part, words.into_any()),
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
            data-unknown=unknown.then_some("")
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
    facts: Facts,
    name: String,
    inside: AnyView,
) -> AnyView {
    let lab = picture.lab;
    let say = move |read: fn(&Card) -> String| {
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
            data-family=say(|card| card.family_name().to_owned())
            data-name=say(|card| card.name.clone())
            data-shape=say(|card| card.shape.map(|shape| shape.to_string()).unwrap_or_default())
            data-params=say(|card| card.params.to_string())
            data-macs=say(|card| card.macs.to_string())
            data-wrong=say(|card| card.problem.is_some().to_string())
            data-selected=pressed
        >
            <button type="button" class="node-head" tabindex="-1" aria-pressed=pressed title=say(|card| format!("{}: {}", card.name, card.title))>
                {name}
            </button>
            {inside}
        </div>
    }
    .into_any()
}

/// A folded block.
fn block(picture: Picture, part: &Part, inside: AnyView) -> AnyView {
    let lab = picture.lab;
    let (first, last, head) = (
        part.nodes.first().copied(),
        part.nodes.last().copied(),
        part.head,
    );
    let say = move |read: fn(&Stage) -> String| {
        move || {
            let id = first
                .zip(last)
                .map(|(first, last)| StageId::Block(first, last));
            let stage = id.and_then(|id| picture.card(id));
            stage.map(|(stage, _)| read(&stage)).unwrap_or_default()
        }
    };
    let name = part.face.name.clone();
    let said = name.clone();
    let nodes = part.nodes.clone();
    let pressed = Memo::new(move |_| {
        let selected = |all: &Vec<NodeId>| nodes.iter().any(|id| all.contains(id));
        lab.selection.nodes().with(selected).to_string()
    });
    let also = pressed;
    view! {
        <div
            class="layer"
            data-testid="block"
            tabindex="-1"
            data-last=head.0.to_string()
            data-name=said
            data-shape=say(|stage| stage.parts.first().map(|it| it.face.size.replace('×', "x")).unwrap_or_default())
            data-params=say(|stage| stage.params.to_string())
            data-macs=say(|stage| stage.macs.to_string())
            data-wrong=say(|stage| stage.parts.iter().any(|it| it.face.problem.is_some()).to_string())
            data-selected=pressed
        >
            <button type="button" class="node-head" tabindex="-1" aria-pressed=also>
                {name}
            </button>
            {inside}
        </div>
    }
    .into_any()
}

/// The places of the maps: what is hovered, pressed and read aloud. The canvas shows them.
fn maps(picture: Picture, part: &Part, own: &PartBox) -> AnyView {
    let lab = picture.lab;
    let id = part.head;
    let name = part.face.name.clone();
    let chosen = move |channel: u32| {
        let map = move |it: state::look::Pixel| it.node == id && it.channel == channel;
        move || lab.look.chosen().get().is_some_and(map).then_some("true")
    };
    let count = match part.face.shown {
        Shown::Maps(shape) => shape.channels,
        _ => 1,
    };
    let channels = own.maps.iter().map(|map| {
        let channel = map.channel;
        view! {
            <span
                class="map"
                data-testid="map"
                data-node=id.0.to_string()
                data-channel=channel.to_string()
                data-chosen=chosen(channel)
                role="img"
                tabindex="-1"
                aria-label=format!("{name}, map {} of {count}", channel + 1)
                style:left=px(map.rect.x)
                style:top=px(map.rect.y)
                style:width=px(map.rect.width)
                style:height=px(map.rect.height)
            ></span>
        }
    });
    let channels = channels.collect_view();
    let cells = own.cells.map(|cells| match cells.top {
        true => likeliest(picture, cells),
        false => vector(picture, part, cells),
    });
    view! { {channels} {cells} }.into_any()
}

/// The place of a vector's cells, and the names and bars of classes.
fn vector(picture: Picture, part: &Part, cells: Cells) -> AnyView {
    let rect = cells_rect(&cells);
    let (count, classes) = match part.face.shown {
        Shown::Classes(count) => (count, true),
        Shown::Vector(count) => (count, false),
        _ => (0, false),
    };
    let bars = (classes && cells.classes).then(|| class_bars(picture, cells));
    view! {
        {bars}
        <span
            class="map cells"
            data-testid="map"
            data-node=part.head.0.to_string()
            data-channel="0"
            data-columns=cells.columns.to_string()
            data-rows=cells.rows.to_string()
            role="img"
            tabindex="-1"
            aria-label=format!("{}: {count} values", part.face.name)
            style:left=px(rect.x)
            style:top=px(rect.y)
            style:width=px(rect.width)
            style:height=px(rect.height)
        ></span>
    }
    .into_any()
}

/// The name and the share of each class, beside its score.
fn class_bars(picture: Picture, cells: Cells) -> AnyView {
    let lab = picture.lab;
    let reading = lab.answer.reading;
    let top = Memo::new(move |_| reading.with(|it| it.as_ref().and_then(|it| it.best)));
    let row = move |class: usize| {
        let share = move || {
            let share = reading.with(|it| it.as_ref()?.shares.get(class).copied());
            share.unwrap_or_default()
        };
        let name = move || {
            lab.answer
                .names
                .with(|names| names.of(class).trim_start_matches("output ").to_owned())
        };
        view! {
            <li data-top=move || (top.get() == Some(class)).then_some("true")>
                <span class="class-name">{name}</span>
                <i class="score"></i>
                <span class="class-bar"><i style:width=move || format!("{}%", (share() * 100.0).clamp(0.0, 100.0))></i></span>
            </li>
        }
    };
    let Rect {
        x,
        y,
        width,
        height,
    } = cells.rect;
    view! {
        <ol
            class="class-rows"
            aria-hidden="true"
            style:left=px(x)
            style:top=px(y)
            style:width=px(width)
            style:height=px(height)
            style:--score=px(SCORE)
        >
            {(0..cells.rows as usize).map(row).collect_view()}
        </ol>
    }
    .into_any()
}

/// The likeliest of many classes.
fn likeliest(picture: Picture, cells: Cells) -> AnyView {
    let lab = picture.lab;
    let reading = lab.answer.reading;
    let shares = Memo::new(move |_| {
        reading.with(|it| {
            let shares = it
                .as_ref()
                .map(|it| it.shares.as_slice())
                .unwrap_or_default();
            let top = top(shares, cells.rows as usize).into_iter();
            top.map(|class| (class, shares[class])).collect::<Vec<_>>()
        })
    });
    let row = move |at: usize| {
        let share = move || shares.with(|shares| shares.get(at).map_or(0.0, |it| it.1)) * 100.0;
        let name = move || {
            let class = shares.with(|shares| shares.get(at).map(|it| it.0))?;
            Some(lab.answer.names.with(|names| names.of(class)))
        };
        view! {
            <li data-top=(at == 0).then_some("true")>
                <span class="class-name">{name}</span>
                <span>{move || format!("{:.0} %", share())}</span>
                <span class="class-bar"><i style:width=move || format!("{}%", share())></i></span>
            </li>
        }
    };
    let Rect {
        x,
        y,
        width,
        height,
    } = cells.rect;
    view! {
        <ol
            class="class-rows likeliest"
            style:left=px(x)
            style:top=px(y)
            style:width=px(width)
            style:height=px(height)
        >
            {(0..cells.rows as usize).map(row).collect_view()}
        </ol>
    }
    .into_any()
}

/// Parameters and multiply-adds with their shares of the whole.
fn bars(costs: Memo<Option<(u64, u64, f64, f64)>>, content: &Content) -> AnyView {
    let numbers = content.level != Level::Far || content.narrow;
    let said = if content.narrow {
        [" parameters", " MACs"]
    } else {
        ["", ""]
    };
    let family = content.parts.first().map_or("input", family);
    let bar = move |at: usize, of: &'static str| {
        let value = move || costs.get().map_or(0, |costs| [costs.0, costs.1][at]);
        let share = move || costs.get().map_or(0.0, |costs| [costs.2, costs.3][at]) * 100.0;
        let number = move || {
            if value() == 0 {
                "–".to_owned()
            } else {
                count(value()) + said[at]
            }
        };
        view! {
            <div title=move || format!("{of}: {:.1} % of all", share())>
                <dt class="visually-hidden">{of}</dt>
                <dd>{numbers.then_some(number)}<i class="cost" data-none=move || (value() == 0).then_some("")><i style:width=move || format!("{}%", share())></i></i></dd>
            </div>
        }
        .into_any()
    };
    view! { <dl class="costs" data-family=family>{bar(0, "Parameters")} {bar(1, "MACs")}</dl> }
        .into_any()
}
