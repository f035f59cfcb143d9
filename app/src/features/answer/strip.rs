//! The maps of one layer below the pad, on a phone: they follow the pen while the network is out of
//! sight.

use engine::layer::Family;
use engine::{Graph, NodeId};
use leptos::html::Canvas;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::answer::{Detail, Trace};
use state::screen::{Area, View};

use crate::lab::Lab;
use crate::ui::lazy::{self, Part};
use crate::ui::maps::{Palette, Resizing, Table};

/// Maps in the strip.
const SHOWN: u32 = 6;
/// Pixels between two maps.
const GAP: usize = 2;

/// The layers that the picker offers: those that look for something or make maps smaller.
fn layers(graph: &Graph) -> Vec<(NodeId, String)> {
    let shown = |family| {
        matches!(
            family,
            Family::Convolution | Family::Pooling | Family::Linear
        )
    };
    let nodes = graph.nodes().iter();
    let nodes = nodes.filter(|node| shown(node.layer.rule().family()));
    nodes.map(|node| (node.id, node.name.clone())).collect()
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(strip_code))]
fn strip_part() -> Part {
    Ok(view! { <Strip /> }.into_any())
}

/// See the module.
pub fn strip(lab: Lab) -> AnyView {
    // Its room is kept while its code is fetched.
    view! { <div class="strip-room">{lazy::unnoticed(lab, strip_code, strip_part)}</div> }
        .into_any()
}

#[component]
fn Strip() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let layers = Memo::new(move |_| lab.document.running().with(layers));
    let chosen = RwSignal::new(None::<NodeId>);
    let node = Memo::new(move |_| {
        layers.with(|layers| {
            let there = |id: &NodeId| layers.iter().any(|(it, _)| it == id);
            chosen
                .get()
                .filter(there)
                .or_else(|| Some(layers.first()?.0))
        })
    });
    // Another view takes the strip's place.
    let shown = Memo::new(move |_| {
        lab.screen.area().get() == Area::Look && lab.screen.view().get() == View::Draw
    });
    lab.show_maps(move || {
        let node = node.get().filter(|_| shown.get())?;
        let shape = lab.document.analysis.with(|it| it.node(node)?.shape)?;
        let maps = Detail {
            channels: Some(SHOWN),
            side: None,
        };
        let detail = if shape.is_vector() { Detail::ALL } else { maps };
        Some((node, detail))
    });
    let canvas = NodeRef::<Canvas>::new();
    let painter = StoredValue::new_local(Resizing::default());
    Effect::new(move |_| {
        let (Some(canvas), Some(node), true) = (canvas.get(), node.get(), shown.get()) else {
            return;
        };
        let palette = lab.palettes.with(|palettes| palettes.get(&node).copied());
        let palette = palette.unwrap_or(Palette::Signed);
        lab.answer.latest().with(|trace| {
            let Some((width, height, rgba)) = trace
                .as_ref()
                .and_then(|trace| picture(trace, node, palette))
            else {
                return;
            };
            painter.update_value(|painter| {
                if let Ok(painter) = painter.fit(&canvas, width, height) {
                    painter.put(&rgba);
                }
            });
        });
    });
    let caption = move || {
        let node = node.get()?;
        let title = lab.document.running().with(|graph| {
            let node = graph.node(node)?;
            Some((node.name.clone(), node.layer.rule().title()))
        });
        let shape = lab.document.analysis.with(|it| it.node(node)?.shape);
        let (name, title) = title?;
        Some(view! {
            <b>{name.clone()}</b> " " {title}
            <span>{shape.map(|shape| shape.to_string().replace('x', "×"))}</span>
        })
    };
    let pick = move |(id, name): (NodeId, String)| {
        view! {
            <button
                type="button"
                data-testid="strip-layer"
                aria-pressed=move || (node.get() == Some(id)).to_string()
                on:click=move |_| chosen.set(Some(id))
            >
                {name}
            </button>
        }
    };
    view! {
        <div class="live-strip" data-testid="live-strip">
            <div class="strip-picker" role="group" aria-label="Layer">
                {move || layers.get().into_iter().map(pick).collect_view()}
            </div>
            <p class="strip-caption">{caption}</p>
            <canvas
                node_ref=canvas
                class="strip-maps"
                role="img"
                aria-label="Maps of this layer"
                width="1"
                height="1"
            ></canvas>
        </div>
    }
}

/// The first maps of a node beside each other; of a vector one row of cells.
fn picture(trace: &Trace, node: NodeId, palette: Palette) -> Option<(u32, u32, Vec<u8>)> {
    let (slice, values) = trace.map(node)?;
    let range = trace.range(node, palette)?;
    let mut colours = Vec::new();
    Table::of(palette).paint(values, range, &mut colours);
    if slice.shape.is_vector() {
        return Some((slice.sent.channels, 1, colours));
    }
    let (width, height) = (slice.sent.width as usize, slice.sent.height as usize);
    let count = slice.sent.channels.min(SHOWN) as usize;
    let across = SHOWN as usize * (width + GAP) - GAP;
    let mut rgba = vec![0; across * height * 4];
    for map in 0..count {
        for row in 0..height {
            let from = (map * height + row) * width * 4;
            let to = (row * across + map * (width + GAP)) * 4;
            let line = colours.get(from..from + width * 4)?;
            rgba.get_mut(to..to + width * 4)?.copy_from_slice(line);
        }
    }
    Some((u32::try_from(across).ok()?, slice.sent.height, rgba))
}
