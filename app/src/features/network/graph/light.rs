//! The pixel under the pointer: its value, and the patch of the layer before that it came from.

use engine::NodeId;
use engine::session::Wanted;
use leptos::prelude::*;
use state::look::{Patch, Pixel, patch};
use state::stages::{Card, Cells, MapBox, Point, Rect, Shown, Stage};

use super::paint::{cells_rect, px};
use super::picture::Picture;

/// Where a value of a node is shown, and what it came from, in the picture's coordinates.
#[derive(Clone, Debug, PartialEq)]
struct Lit {
    pixel: Pixel,
    /// Of a vector or of classes.
    vector: bool,
    place: Rect,
    patches: Vec<Rect>,
}

/// A card's content begins within its border.
const BORDER: f32 = 1.0;
/// The most rays that are drawn.
const RAYS: usize = 8;

/// The part of a card that shows this node's values or values of the same places.
fn shown<'a>(stage: &'a Stage, card: &'a Card, node: NodeId) -> Option<Seen<'a>> {
    let at = stage
        .parts
        .iter()
        .position(|part| part.nodes.contains(&node))?;
    let part = &stage.parts[at];
    // A folded block shows its last node only.
    if stage.block.is_some() && node != part.head {
        return None;
    }
    let own = card.parts.get(at)?;
    Some(Seen {
        shown: part.face.shown,
        origin: (
            card.rect.x + own.rect.x + BORDER,
            card.rect.y + own.rect.y + BORDER,
        ),
        maps: &own.maps,
        cells: own.cells,
    })
}

struct Seen<'a> {
    shown: Shown,
    origin: Point,
    maps: &'a [MapBox],
    cells: Option<Cells>,
}

impl Seen<'_> {
    fn moved(&self, rect: Rect) -> Rect {
        Rect {
            x: self.origin.0 + rect.x,
            y: self.origin.1 + rect.y,
            ..rect
        }
    }

    /// Where a value is.
    fn pixel(&self, pixel: Pixel) -> Option<Rect> {
        if let Some(cells) = &self.cells {
            return cell(cells, pixel.channel).map(|rect| self.moved(rect));
        }
        let Shown::Maps(shape) = self.shown else {
            return None;
        };
        let mut maps = self.maps.iter();
        // A photo's channels are one picture.
        let one = self.maps.len() == 1;
        let map = maps.find(|map| one || map.channel == pixel.channel)?.rect;
        let (width, height) = (
            map.width / shape.width as f32,
            map.height / shape.height as f32,
        );
        Some(self.moved(Rect {
            x: map.x + pixel.column as f32 * width,
            y: map.y + pixel.row as f32 * height,
            width,
            height,
        }))
    }

    /// The patch on each map that takes part.
    fn patches(&self, patch: &Patch) -> Vec<Rect> {
        if let Some(cells) = &self.cells {
            return match patch.channels[..] {
                [channel] => cell(cells, channel)
                    .map(|it| self.moved(it))
                    .into_iter()
                    .collect(),
                _ => vec![self.moved(cells_rect(cells))],
            };
        }
        let Shown::Maps(shape) = self.shown else {
            return Vec::new();
        };
        // A flattened map is read whole.
        let whole = patch.map.size() != shape.size();
        let area = patch.area();
        let one = self.maps.len() == 1;
        let taking = self
            .maps
            .iter()
            .filter(|map| whole || one || patch.channels.contains(&map.channel));
        let rect = |map: &MapBox| {
            let map = map.rect;
            if whole {
                return self.moved(map);
            }
            let (width, height) = (
                map.width / shape.width as f32,
                map.height / shape.height as f32,
            );
            self.moved(Rect {
                x: map.x + area.columns.start as f32 * width,
                y: map.y + area.rows.start as f32 * height,
                width: area.columns.len() as f32 * width,
                height: area.rows.len() as f32 * height,
            })
        };
        taking
            .map(rect)
            .filter(|rect| rect.width > 0.0 && rect.height > 0.0)
            .collect()
    }
}

/// The place of one value of a vector.
fn cell(cells: &Cells, at: u32) -> Option<Rect> {
    let rect = cells_rect(cells);
    let (column, row) = (at / cells.rows.max(1), at % cells.rows.max(1));
    let (width, height) = (
        rect.width / cells.columns as f32,
        rect.height / cells.rows as f32,
    );
    (column < cells.columns).then_some(Rect {
        x: rect.x + column as f32 * width,
        y: rect.y + row as f32 * height,
        width,
        height,
    })
}

fn lit(picture: Picture) -> Option<Lit> {
    let pixel = picture.lab.look.lit()?;
    picture.lab.document.graph().with(|graph| {
        let patches = picture
            .lab
            .document
            .analysis
            .with(|it| patch(graph, it, pixel));
        picture.stages.with(|stages| {
            picture.layout.with(|layout| {
                let seen = |node: NodeId| {
                    let at = stages.of(node)?;
                    shown(&stages.all[at], layout.cards.get(at)?, node)
                };
                let own = seen(pixel.node)?;
                let place = own.pixel(pixel)?;
                let patches = patches
                    .iter()
                    .filter_map(|patch| Some((seen(patch.node)?, patch)));
                let patches = patches.flat_map(|(seen, patch)| seen.patches(patch));
                Some(Lit {
                    pixel,
                    vector: own.cells.is_some(),
                    place,
                    patches: patches.collect(),
                })
            })
        })
    })
}

/// The value of a pixel in the latest answer, where that has brought it.
fn value(picture: Picture, pixel: Pixel) -> Option<f32> {
    picture.lab.answer.latest().with(|trace| {
        let (slice, values) = trace.as_ref()?.part(&wanted(pixel))?;
        // While the document has a problem, another network's maps are shown.
        if Some(slice.shape) != picture.lab.document.shape_of(pixel.node) {
            return None;
        }
        let (row, column) = (pixel.row as usize, pixel.column as usize);
        values
            .get(row * slice.sent.width as usize + column)
            .copied()
    })
}

const fn wanted(pixel: Pixel) -> Wanted {
    Wanted {
        node: pixel.node,
        first: pixel.channel,
        channels: Some(1),
        side: None,
    }
}

/// The lit pixel with its patch and rays, over the cards; the value under the pointer beside it.
pub fn light(picture: Picture) -> AnyView {
    let lit = Memo::new(move |_| lit(picture));
    picture.lab.show_parts(move || {
        let pixel = lit.with(|lit| lit.as_ref().map(|lit| lit.pixel));
        pixel.map(wanted).into_iter().collect()
    });
    let frame = |class: &'static str, testid: Option<&'static str>, rect: Rect| {
        view! {
            <i
                class=class
                data-testid=testid
                style:left=px(rect.x)
                style:top=px(rect.y)
                style:width=px(rect.width)
                style:height=px(rect.height)
            ></i>
        }
    };
    let hovered = picture.lab.look.hovered();
    let tip = move || {
        let lit = lit.get()?;
        hovered.get().filter(|it| *it == lit.pixel)?;
        let Pixel {
            channel,
            row,
            column,
            ..
        } = lit.pixel;
        let place = if lit.vector {
            format!("value {}", channel + 1)
        } else {
            format!("row {}, column {}", row + 1, column + 1)
        };
        let value = move || {
            let value = value(picture, lit.pixel);
            value.map_or_else(|| "…".to_owned(), |it| format!("{it:.2}").replace('-', "−"))
        };
        let Rect {
            x,
            y,
            width,
            height,
        } = lit.place;
        // Above it where there is no room below.
        let up = picture
            .layout
            .with_untracked(|layout| y + height + 40.0 > layout.height);
        let left = picture
            .layout
            .with_untracked(|layout| x + 170.0 > layout.width);
        // The panel says it too.
        let chosen = picture.lab.look.chosen().get();
        let twice = chosen.is_some_and(|it| it.shares_map(lit.pixel));
        Some(view! {
            <span
                class="tip"
                data-testid=(!twice).then_some("map-value")
                role="status"
                data-up=up.to_string()
                data-left=left.to_string()
                style:left=px(x + width)
                style:top=px(if up { y } else { y + height })
            >
                {place} ": " {value}
            </span>
        })
    };
    let marks = move || {
        let lit = lit.get()?;
        let (x, y) = (lit.place.x, lit.place.middle().1);
        let ray = |rect: &Rect| {
            format!(
                "M{} {}L{x} {y}M{} {}L{x} {y}",
                rect.right(),
                rect.y,
                rect.right(),
                rect.bottom()
            )
        };
        // Whole vectors and maps have none, and neither have those that stand behind.
        let narrow = lit
            .patches
            .iter()
            .filter(|rect| rect.right() < x && rect.height < 60.0);
        let rays: String = narrow.take(RAYS).map(ray).collect();
        let patches = lit
            .patches
            .iter()
            .map(|rect| frame("patch", Some("patch"), *rect));
        Some(view! {
            <svg class="rays" aria-hidden="true" width="1" height="1"><path d=rays></path></svg>
            {patches.collect_view()}
            {frame("lit", None, lit.place)}
        })
    };
    view! {
        <div class="light">
            {marks}
            {tip}
        </div>
    }
    .into_any()
}
