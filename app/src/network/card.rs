//! One node: what it is, what it costs, and its maps.

use std::cell::RefCell;

use engine::layer::{Cost, Family};
use engine::{Analysis, Graph, NodeId, Shape};
use leptos::html::Canvas;
use leptos::prelude::*;

use super::facts::{costs, share};
use crate::format::value;
use crate::lab::{Lab, Trace};
use crate::maps::{Painter, Palette, Range, Table};

/// A card shows this many channels at most.
const SHOWN_CHANNELS: u32 = 64;

/// What a card says of a node; it is drawn anew only when this changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Card {
    id: NodeId,
    name: String,
    title: String,
    /// `None` for the input.
    family: Option<Family>,
    shape: Option<Shape>,
    params: u64,
    macs: u64,
    costs: String,
    /// Shares of the whole in hundredths of a percent.
    params_share: u32,
    macs_share: u32,
    /// The inputs' names, when they are not simply the node before.
    from: Option<String>,
    problem: Option<String>,
}

impl Card {
    /// The cards of a graph: the input and every node in order.
    pub fn all(graph: &Graph, analysis: &Analysis) -> Vec<Self> {
        let mut cards = vec![Self::input(graph)];
        let mut before = NodeId::INPUT;
        for node in graph.nodes() {
            let facts = analysis.node(node.id);
            let cost = facts.map(|facts| facts.cost).unwrap_or_default();
            let name = |id: &NodeId| graph.node(*id).map_or("input", |node| node.name.as_str());
            let from = (node.inputs != [before])
                .then(|| node.inputs.iter().map(name).collect::<Vec<_>>().join(", "));
            let problem = analysis
                .problems
                .iter()
                .find(|problem| problem.node == node.id);
            cards.push(Self {
                id: node.id,
                name: node.name.clone(),
                title: node.layer.title(),
                family: Some(node.layer.family()),
                shape: facts.and_then(|facts| facts.shape),
                problem: problem.map(|problem| problem.error.to_string()),
                from,
                ..Self::cost(&cost, &analysis.total)
            });
            before = node.id;
        }
        cards
    }

    fn input(graph: &Graph) -> Self {
        Self {
            name: "input".into(),
            title: "prepared drawing".into(),
            shape: Some(graph.input()),
            ..Self::cost(&Cost::default(), &Cost::default())
        }
    }

    fn cost(cost: &Cost, total: &Cost) -> Self {
        let hundredths = |part, whole| (share(part, whole) * 100.0).round() as u32;
        Self {
            id: NodeId::INPUT,
            name: String::new(),
            title: String::new(),
            family: None,
            shape: None,
            params: cost.params(),
            macs: cost.macs,
            costs: costs(cost),
            params_share: hundredths(cost.params(), total.params()),
            macs_share: hundredths(cost.macs, total.macs),
            from: None,
            problem: None,
        }
    }
}

#[component]
pub fn CardView(card: Card) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let id = card.id;
    let pressed = move || (lab.selected.get() == id).to_string();
    let family = card.family.map_or("input", Family::name);
    let shape = card
        .shape
        .map(|shape| shape.to_string())
        .unwrap_or_default();
    let title = card.title.clone();
    // A vector's shape is its length; a map's is channels × height × width.
    let size = card.shape.map(|shape| {
        if shape.is_vector() {
            shape.channels.to_string()
        } else {
            shape.to_string().replace('x', "×")
        }
    });
    let bar = |name: &'static str, hundredths: u32| {
        let percent = f64::from(hundredths) / 100.0;
        (hundredths > 0).then(|| {
            view! {
                <span
                    class="share"
                    role="img"
                    aria-label=format!("{percent:.1} % of the network's {name}")
                    title=format!("{percent:.1} % of the network's {name}")
                >
                    <span style:width=format!("{percent}%")></span>
                </span>
            }
        })
    };
    view! {
        <li
            class="node"
            data-testid="node"
            data-family=family
            data-name=card.name.clone()
            data-shape=shape
            data-params=card.params.to_string()
            data-macs=card.macs.to_string()
            data-selected=pressed
        >
            <button
                type="button"
                class="node-head"
                aria-pressed=pressed
                on:click=move |_| lab.select(id)
            >
                <span class="node-name">{card.name.clone()}</span>
                <span class="node-title">{title}</span>
                <span class="node-shape">{size}</span>
                <span class="node-costs">{card.costs.clone()}</span>
                {card.from.clone().map(|from| view! { <span class="node-from">"from " {from}</span> })}
            </button>
            <div class="node-shares">
                {bar("parameters", card.params_share)} {bar("MACs", card.macs_share)}
            </div>
            {match (card.problem, card.shape) {
                (Some(problem), _) => view! { <p class="node-problem">{problem}</p> }.into_any(),
                (None, Some(shape)) => view! { <Maps id shape name=card.name.clone() /> }.into_any(),
                (None, None) => view! { <p class="hint">"Waits for the nodes before it."</p> }.into_any(),
            }}
        </li>
    }
}

/// The live maps of one node: a canvas a channel, or one strip for a vector.
#[component]
fn Maps(id: NodeId, shape: Shape, name: String) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let strip = shape.is_vector();
    let shown = if strip {
        1
    } else {
        shape.channels.min(SHOWN_CHANNELS)
    };
    // A strip has one pixel for each value of the vector.
    let (width, height) = if strip {
        (shape.channels, 1)
    } else {
        (shape.width, shape.height)
    };
    let canvases: Vec<NodeRef<Canvas>> = (0..shown).map(|_| NodeRef::new()).collect();
    let palette = lab
        .palettes
        .with_untracked(|palettes| palettes.get(&id).copied());
    let table = Table::new(palette.unwrap_or(Palette::Signed));
    let work = RefCell::new((Vec::new(), Vec::new()));
    let refs = canvases.clone();
    let paint = move |trace: &Trace| {
        let Some((slice, values)) = trace.map(id).filter(|(slice, _)| slice.shape == shape) else {
            return;
        };
        let (painters, rgba) = &mut *work.borrow_mut();
        if painters.is_empty() {
            let canvases = refs.iter().filter_map(NodeRef::get_untracked);
            painters.extend(canvases.filter_map(|it| Painter::new(&it, width, height).ok()));
        }
        let range = Range {
            min: slice.min,
            max: slice.max,
        };
        let channels = values.chunks_exact(width as usize * height as usize);
        for (painter, values) in painters.iter().zip(channels) {
            painter.paint(values, &table, range, rgba);
        }
    };
    lab.on_trace(paint);
    // A card that comes later than the answer shows it all the same.
    let first = refs_mounted(&canvases);
    Effect::new(move |_| {
        if first() {
            lab.repaint();
        }
    });
    let channels = shape.channels;
    let more = (!strip && channels > shown)
        .then(|| view! { <p class="hint">{format!("{shown} of {channels} channels")}</p> });
    let label = move |channel: usize| {
        if strip {
            format!("{name}: {channels} values")
        } else {
            format!("{name}, channel {}", channel + 1)
        }
    };
    let tip = move |event: leptos::ev::PointerEvent| strip_tip(lab, id, channels, &event);
    let hovered = RwSignal::new(None::<String>);
    view! {
        <div
            class="maps"
            data-kind=if strip { "vector" } else { "maps" }
            style=format!("--map-width: {width}; --map-height: {height}")
            on:click=move |_| lab.select(id)
        >
            {canvases
                .into_iter()
                .enumerate()
                .map(|(channel, canvas)| {
                    view! {
                        <canvas
                            node_ref=canvas
                            class="pixels"
                            data-testid="map"
                            data-channel=channel.to_string()
                            role="img"
                            aria-label=label(channel)
                            width=width
                            height=height
                            on:pointermove=move |event| {
                                if strip {
                                    hovered.set(tip(event));
                                }
                            }
                            on:pointerleave=move |_| hovered.set(None)
                        ></canvas>
                    }
                })
                .collect_view()}
            <span class="map-value" aria-hidden="true">{move || hovered.get()}</span>
        </div>
        {more}
    }
}

/// Whether all of these canvases are in the page.
fn refs_mounted(canvases: &[NodeRef<Canvas>]) -> impl Fn() -> bool + 'static {
    let last = canvases.last().copied();
    move || last.is_some_and(|canvas| canvas.get().is_some())
}

/// The value under the pointer in a vector's strip.
fn strip_tip(
    lab: Lab,
    id: NodeId,
    channels: u32,
    event: &leptos::ev::PointerEvent,
) -> Option<String> {
    let canvas: web_sys::HtmlElement = event_target(event);
    let width = f64::from(canvas.client_width());
    let at = (f64::from(event.offset_x()) / width.max(1.0) * f64::from(channels)) as usize;
    let at = at.min(channels.saturating_sub(1) as usize);
    lab.latest.with_untracked(|trace| {
        let (_, values) = trace.as_ref()?.map(id)?;
        Some(format!("{at}: {}", value(*values.get(at)?)))
    })
}
