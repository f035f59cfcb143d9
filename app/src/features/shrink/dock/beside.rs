//! Each layer's maps beside those of the network that the open variant was made of, following the
//! drawing.

use std::cell::RefCell;
use std::sync::Arc;

use engine::{NodeId, Shape};
use leptos::html::Canvas;
use leptos::prelude::*;
use state::shrink::beside::LayerError;
use state::shrink::{Held, VariantId};

use crate::lab::{Answered, Compared, Lab, MapsBeside};
use crate::ui::format::{percent, value};
use crate::ui::maps::{Palette, Range, Resizing, Table};
use crate::ui::rove;

/// Channels that are shown at most.
const MOST_CHANNELS: u32 = 16;
/// The longer side of what is shown of a layer, in pixels.
const SIDE: u32 = 224;

pub fn view(lab: Lab) -> AnyView {
    // What the person chose; else the network that the open variant was made of.
    let wanted = RwSignal::new(None::<VariantId>);
    let open = Memo::new(move |_| {
        let weights = lab.document.weights().get();
        let origin = lab.document.origin().get();
        lab.document.graph().with(|graph| {
            let open = |held: &Held| {
                let open = held.variants.of(graph, weights.as_ref(), origin)?;
                Some((open.id, open.network.clone()))
            };
            lab.shrink.read(open)
        })
    });
    let others = Memo::new(move |_| {
        let Some((id, network)) = open.get() else {
            return Vec::new();
        };
        let list = |held: &Held| {
            let all = held.variants.of_network(Some(&network)).into_iter();
            let others = all.filter(|it| it.id != id);
            others
                .map(|it| (it.id, it.name.clone()))
                .collect::<Vec<_>>()
        };
        lab.shrink.read(list)
    });
    let original = Memo::new(move |_| {
        others.with(|all| {
            let wanted = wanted.get().filter(|id| all.iter().any(|it| it.0 == *id));
            wanted.or_else(|| all.first().map(|it| it.0))
        })
    });
    let beside = StoredValue::new_local(MapsBeside::default());
    let due = move || {
        lab.answer.latest().track();
        lab.engine.weights().track();
        original.get().is_some() && lab.answer.latest().with(Option::is_some)
    };
    let compared = lab.keep_making(due, move || {
        let original = original.get_untracked();
        let beside = beside.get_value();
        async move {
            let original = original.ok_or("There is no variant to compare with.")?;
            lab.compare_maps(beside, original).await
        }
    });
    let chosen = RwSignal::new(None::<NodeId>);
    // The layer that is chosen in the network is chosen here as well.
    Effect::new(move |_| chosen.set(Some(lab.selection.node().get())));
    let one = move |(id, name): (VariantId, String)| {
        let selected = move || original.get() == Some(id);
        view! { <option value=id.0.to_string() prop:selected=selected>{name}</option> }
    };
    let choose = move |event| {
        let id = event_target_value(&event).parse().ok().map(VariantId);
        wanted.set(id);
    };
    let choice = move || {
        let all = others.get();
        if all.is_empty() {
            let hint = "Open a variant: its maps are shown beside those of the network that it was made of.";
            return view! { <p class="hint">{hint}</p> }.into_any();
        }
        view! {
            <label class="variants-of">
                "Beside "
                <select data-testid="maps-beside" on:change=choose>
                    {all.into_iter().map(one).collect_view()}
                </select>
            </label>
        }
        .into_any()
    };
    // Rows and pictures stay while what they show follows the drawing.
    let layers = Memo::new(move |_| {
        compared.with(|it| match it {
            Some(Ok(it)) => it
                .layers
                .iter()
                .map(|it| (it.node, it.name.clone()))
                .collect(),
            _ => Vec::new(),
        })
    });
    let shown = Memo::new(move |_| {
        let wanted = chosen.get();
        let known = |node: &NodeId| layers.with(|all| all.iter().any(|it| it.0 == *node));
        wanted
            .filter(known)
            .or_else(|| layers.with(|all| all.first().map(|it| it.0)))
    });
    let layer = Memo::new(move |_| {
        let node = shown.get()?;
        compared.with(|it| match it {
            Some(Ok(it)) => it.layers.iter().find(|it| it.node == node).cloned(),
            _ => None,
        })
    });
    let there = Memo::new(move |_| {
        others.with(|all| !all.is_empty()) && layers.with(|all| !all.is_empty())
    });
    let body = move || {
        there.get().then(|| {
            view! {
                {table(compared, layers, shown, chosen)}
                {pictures(lab, layer)}
            }
        })
    };
    let note = move || {
        others.with(|all| !all.is_empty()).then_some(())?;
        let text = compared.with(|it| match it.as_ref()? {
            Err(why) => Some(why.clone()),
            Ok(it) if it.other.is_empty() => None,
            Ok(it) => Some(format!(
                "Without a map beside, because their channels differ: {}.",
                it.other.join(", ")
            )),
        })?;
        Some(view! { <p class="hint" role="status">{text}</p> })
    };
    view! {
        {choice}
        {note}
        <div class="beside" data-testid="map-errors">{body}</div>
    }
    .into_any()
}

fn table(
    compared: Answered<Compared>,
    layers: Memo<Vec<(NodeId, String)>>,
    shown: Memo<Option<NodeId>>,
    chosen: RwSignal<Option<NodeId>>,
) -> AnyView {
    let most = Memo::new(move |_| {
        compared.with(|it| match it {
            Some(Ok(it)) => it
                .layers
                .iter()
                .filter_map(|it| it.relative)
                .fold(0.0, f64::max),
            _ => 0.0,
        })
    });
    let row = move |(node, name): (NodeId, String)| {
        let error = Memo::new(move |_| {
            compared.with(|it| match it {
                Some(Ok(it)) => {
                    let layer = it.layers.iter().find(|it| it.node == node);
                    layer.map(|it| (it.rms, it.largest, it.relative))
                }
                _ => None,
            })
        });
        let of = move |read: fn((f64, f64, Option<f64>)) -> f64| error.get().map(read);
        let words = move |read: fn((f64, f64, Option<f64>)) -> f64| {
            of(read).map_or_else(String::new, |it| value(it as f32))
        };
        let title = name.clone();
        let open = move || shown.get() == Some(node);
        let relative = move || error.get().and_then(|it| it.2);
        view! {
            <tr
                data-layer=title
                data-rms=move || of(|it| it.0).map(|it| it.to_string())
                data-largest=move || of(|it| it.1).map(|it| it.to_string())
                data-open=move || open().then_some("")
            >
                <th scope="row">
                    <button
                        type="button"
                        class="quiet"
                        aria-pressed=move || open().to_string()
                        tabindex=move || if open() { "0" } else { "-1" }
                        on:click=move |_| chosen.set(Some(node))
                    >
                        {name}
                    </button>
                </th>
                <td>{move || words(|it| it.0)}</td>
                <td>{move || words(|it| it.1)}</td>
                <td>{move || relative().map_or_else(|| "–".to_owned(), percent)}</td>
                <td class="error-bar">
                    <i style:width=move || {
                        let share = relative().unwrap_or(0.0) / most.get().max(f64::MIN_POSITIVE);
                        format!("{:.1}%", 100.0 * share)
                    }></i>
                </td>
            </tr>
        }
    };
    view! {
        <div class="training-table">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Layer"</th>
                        <th scope="col">"RMS error"</th>
                        <th scope="col">"Largest"</th>
                        <th scope="col">"Of the RMS"</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody on:keydown=rove>
                    <For each=move || layers.get() key=|it| it.0 let:one>
                        {row(one)}
                    </For>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Which of the three pictures of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Original,
    Variant,
    Difference,
}

impl Side {
    const fn title(self) -> &'static str {
        match self {
            Self::Original => "Original",
            Self::Variant => "Variant",
            Self::Difference => "Difference",
        }
    }

    fn values(self, layer: &LayerError) -> Vec<f32> {
        match self {
            Self::Original => layer.original.clone(),
            Self::Variant => layer.variant.clone(),
            Self::Difference => layer.difference(),
        }
    }

    /// The colours of the first two are those of the original's values.
    fn range(self, layer: &LayerError) -> Range {
        let range = match self {
            Self::Original | Self::Variant => Range::of(&layer.original),
            Self::Difference => Range::of(&layer.difference()),
        };
        range.unwrap_or(Range { min: 0.0, max: 0.0 })
    }
}

fn pictures(lab: Lab, layer: Memo<Option<Arc<LayerError>>>) -> AnyView {
    let name = Memo::new(move |_| layer.with(|it| it.as_ref().map(|it| it.name.clone())));
    let name = move || name.get().unwrap_or_default();
    let size = Memo::new(move |_| layer.with(|it| it.as_ref().map(|it| size_of(it.shape))));
    let one = move |side: Side| {
        let canvas = NodeRef::<Canvas>::new();
        let work = RefCell::new((Resizing::default(), Vec::new()));
        Effect::new(move |_| {
            lab.screen.dark().track();
            let (Some(canvas), Some(layer)) = (canvas.get(), layer.get()) else {
                return;
            };
            let (width, height, sheet) = sheet(layer.shape, &side.values(&layer));
            let (painter, rgba) = &mut *work.borrow_mut();
            if let Ok(painter) = painter.fit(&canvas, width, height) {
                let table = Table::of(Palette::Signed);
                painter.paint(&sheet, table, side.range(&layer), rgba);
            }
        });
        let side_of = move |of: fn([u32; 2]) -> u32| {
            let [width, height] = size.get().unwrap_or([1, 1]);
            let scale = f64::from(SIDE) / f64::from(width.max(height).max(1));
            format!(
                "{:.0}px",
                (f64::from(of([width, height])) * scale).max(12.0)
            )
        };
        view! {
            <figure data-testid="map-beside">
                <figcaption>{side.title()}</figcaption>
                <canvas
                    node_ref=canvas
                    class="pixels"
                    role="img"
                    aria-label=move || format!("{}, {}", side.title(), name())
                    style:width=move || side_of(|it| it[0])
                    style:height=move || side_of(|it| it[1])
                ></canvas>
            </figure>
        }
    };
    let most = move || {
        let layer = layer.get()?;
        let text = format!(
            "The difference's colours end at ±{}.",
            value(layer.largest as f32)
        );
        let shown = layer.shape.channels.min(MOST_CHANNELS);
        let first = (shown < layer.shape.channels && layer.shape.positions() > 1)
            .then(|| format!(" The first {shown} of {} maps.", layer.shape.channels));
        Some(text + &first.unwrap_or_default())
    };
    view! {
        <div class="beside-maps" role="group" aria-label=move || format!("Maps of {}", name())>
            {[Side::Original, Side::Variant, Side::Difference].map(one).collect_view()}
            <p class="hint">{most}</p>
        </div>
    }
    .into_any()
}

/// Width and height of [`sheet`].
fn size_of(shape: Shape) -> [u32; 2] {
    // Values without places stand in rows.
    if shape.positions() == 1 {
        let width = shape.channels.clamp(1, MOST_CHANNELS);
        let channels = shape.channels.min(MOST_CHANNELS * MOST_CHANNELS);
        return [width, channels.div_ceil(width).max(1)];
    }
    let channels = shape.channels.clamp(1, MOST_CHANNELS);
    let columns = f64::from(channels).sqrt().ceil() as u32;
    let rows = channels.div_ceil(columns);
    [
        columns * (shape.width + 1) - 1,
        rows * (shape.height + 1) - 1,
    ]
}

/// The maps of the first channels side by side, a pixel between two: width, height and values.
fn sheet(shape: Shape, values: &[f32]) -> (u32, u32, Vec<f32>) {
    let [width, height] = size_of(shape);
    if shape.positions() == 1 {
        let mut sheet = values.to_vec();
        sheet.resize((width * height) as usize, 0.0);
        return (width, height, sheet);
    }
    let columns = (width + 1) / (shape.width + 1);
    let mut sheet = vec![0.0; (width * height) as usize];
    let area = (shape.width * shape.height) as usize;
    for (channel, map) in (0..MOST_CHANNELS).zip(values.chunks_exact(area.max(1))) {
        let left = channel % columns * (shape.width + 1);
        let top = channel / columns * (shape.height + 1);
        for (row, line) in (0..).zip(map.chunks_exact(shape.width as usize)) {
            let start = ((top + row) * width + left) as usize;
            if let Some(place) = sheet.get_mut(start..start + line.len()) {
                place.copy_from_slice(line);
            }
        }
    }
    (width, height, sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_stand_in_a_square_with_a_gap() {
        let values: Vec<f32> = (1..=12).map(|it| it as f32).collect();
        let (width, height, sheet) = sheet(Shape::new(3, 2, 2), &values);
        assert_eq!((width, height), (5, 5));
        assert_eq!(sheet[..5], [1.0, 2.0, 0.0, 5.0, 6.0]);
        assert_eq!(sheet[10..15], [0.0; 5]);
        assert_eq!(sheet[15..20], [9.0, 10.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn values_without_places_stand_in_rows() {
        let values: Vec<f32> = (0..20).map(|it| it as f32).collect();
        let (width, height, sheet) = sheet(Shape::new(20, 1, 1), &values);
        assert_eq!((width, height, sheet.len()), (16, 2, 32));
        assert_eq!(sheet[19], 19.0);
    }
}
