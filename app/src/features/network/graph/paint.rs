//! The maps of a card, painted on its one canvas.

use std::cell::RefCell;
use std::rc::Rc;

use engine::NodeId;
use engine::session::Wanted;
use leptos::html::Canvas;
use leptos::prelude::*;
use state::answer::{Detail, Trace};
use state::stages::{Cells, MapBox, Rect};
use wasm_bindgen::Clamped;
use web_sys::{HtmlCanvasElement, ImageData};

use super::picture::Picture;
use crate::lab::Lab;
use crate::platform::canvas::context;
use crate::ui::maps::{self, Palette, Range, Table};

/// The maps or cells of one node, in the canvas's coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub node: NodeId,
    /// Three channels as one picture.
    pub colour: bool,
    pub maps: Vec<MapBox>,
    pub cells: Option<Cells>,
}

/// What one canvas shows, and where it stands in its card.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub rect: Rect,
    pub pieces: Vec<Piece>,
}

impl Plan {
    /// The plan of these pieces, whose places are relative to the card.
    pub fn of(mut pieces: Vec<Piece>) -> Option<Self> {
        let cells = |piece: &Piece| piece.cells.map(|cells| cells_rect(&cells));
        let rects = pieces.iter().flat_map(|piece| {
            let maps = piece.maps.iter().map(|map| map.rect);
            maps.chain(cells(piece))
        });
        let rect = rects.reduce(|one, other| one.union(&other))?;
        let (x, y) = (rect.x.floor(), rect.y.floor());
        for piece in &mut pieces {
            for map in &mut piece.maps {
                map.rect.x -= x;
                map.rect.y -= y;
            }
            if let Some(cells) = &mut piece.cells {
                cells.rect = cells_rect(cells);
                cells.rect.x -= x;
                cells.rect.y -= y;
            }
        }
        let rect = Rect {
            x,
            y,
            width: (rect.right() - x).ceil(),
            height: (rect.bottom() - y).ceil(),
        };
        Some(Self { rect, pieces })
    }

    /// The maps that this card needs.
    fn wanted(&self) -> Vec<Wanted> {
        let fineness = window().device_pixel_ratio().max(1.0) as f32;
        let one = |piece: &Piece| {
            let detail = match piece.maps.last() {
                None => Detail::ALL,
                Some(last) => Detail {
                    channels: Some(if piece.colour { 3 } else { last.channel + 1 }),
                    side: Some((last.rect.width.max(last.rect.height) * fineness).ceil() as u32),
                },
            };
            detail.of(piece.node)
        };
        self.pieces.iter().map(one).collect()
    }
}

/// The room beside the names and bars of classes.
pub const SCORE: f32 = 22.0;

/// Where the cells themselves are: of classes only a column of scores.
pub fn cells_rect(cells: &Cells) -> Rect {
    if !cells.classes {
        return cells.rect;
    }
    let Rect { x, y, height, .. } = cells.rect;
    Rect {
        x: x + (cells.rect.width - SCORE).clamp(0.0, 14.0),
        y,
        width: SCORE.min(cells.rect.width),
        height,
    }
}

/// Reused from answer to answer.
#[derive(Default)]
struct Work {
    whole: Vec<u8>,
    one: Vec<u8>,
}

/// Requests the maps of a plan, and paints every answer on the canvas, while the picture is on the
/// screen.
pub fn painted(picture: Picture, plan: Plan) -> AnyView {
    let (lab, shown) = (picture.lab, picture.shown);
    let wanted = plan.wanted();
    lab.show_parts(move || {
        if shown.get() {
            wanted.clone()
        } else {
            Vec::new()
        }
    });
    let canvas = NodeRef::<Canvas>::new();
    let rect = plan.rect;
    let work = RefCell::new(Work::default());
    let paint = Rc::new(move |trace: &Trace, gradients: bool| {
        if let Some(canvas) = canvas.try_get_untracked().flatten() {
            draw(
                lab,
                &canvas,
                &plan,
                trace,
                gradients,
                &mut work.borrow_mut(),
            );
        }
    });
    let again = Rc::clone(&paint);
    let gradients = lab.look.gradients();
    lab.on_trace(move |trace| {
        if shown.get_untracked() && !gradients.get_untracked() {
            again(trace, false);
        }
    });
    Effect::new(move |_| {
        // In another theme other colours.
        lab.screen.dark().track();
        let slopes = gradients.get().then(|| lab.look.slopes().get());
        if !shown.get() || canvas.get().is_none() {
            return;
        }
        match slopes {
            Some(Some(slopes)) => paint(&slopes, true),
            // They have not come yet.
            Some(None) => {}
            None => {
                if let Some(trace) = lab.newest() {
                    paint(&trace, false);
                }
            }
        }
    });
    view! {
        <canvas
            node_ref=canvas
            class="stage-maps"
            aria-hidden="true"
            width="1"
            height="1"
            style:left=px(rect.x)
            style:top=px(rect.y)
            style:width=px(rect.width)
            style:height=px(rect.height)
        ></canvas>
    }
    .into_any()
}

pub fn px(value: f32) -> String {
    format!("{value}px")
}

fn draw(
    lab: Lab,
    canvas: &HtmlCanvasElement,
    plan: &Plan,
    trace: &Trace,
    gradients: bool,
    work: &mut Work,
) {
    let area = f64::from(plan.rect.width) * f64::from(plan.rect.height);
    let scale = maps::fineness(area, window().device_pixel_ratio());
    let size = |side: f32| (f64::from(side) * scale).round().max(1.0) as u32;
    let (width, height) = (size(plan.rect.width), size(plan.rect.height));
    work.whole.clear();
    work.whole.resize(width as usize * height as usize * 4, 0);
    let mut painted = false;
    for piece in &plan.pieces {
        painted |= draw_piece(lab, piece, (trace, gradients), work, (width, height), scale);
    }
    // Nothing of this answer: the maps of the last one stay. No gradient comes back to a layer behind the
    // logits.
    if !painted && !gradients {
        return;
    }
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let picture = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&work.whole), width, height);
    if let (Ok(context), Ok(picture)) = (context(canvas), picture) {
        let put = context.put_image_data(&picture, 0.0, 0.0);
        debug_assert!(put.is_ok());
    }
}

fn draw_piece(
    lab: Lab,
    piece: &Piece,
    (trace, gradients): (&Trace, bool),
    work: &mut Work,
    size: (u32, u32),
    scale: f64,
) -> bool {
    let Some((slice, values)) = trace.map(piece.node) else {
        return false;
    };
    let palettes = lab.palettes;
    let palette = palettes.with_untracked(|palettes| palettes.get(&piece.node).copied());
    let palette = palette.filter(|_| !gradients).unwrap_or(Palette::Signed);
    let Work { whole, one } = work;
    let table = Table::of(palette);
    let range = trace.range(piece.node, palette).unwrap_or(Range {
        min: slice.min,
        max: slice.max,
    });
    let place = |rect: &Rect| {
        let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(f64::from);
        let place = maps::Place {
            x,
            y,
            width,
            height,
        };
        place.at(scale)
    };
    let sent = (slice.sent.width, slice.sent.height);
    let length = sent.0 as usize * sent.1 as usize;
    if let (true, Some(map)) = (piece.colour, piece.maps.first()) {
        let Some(values) = values.get(..3 * length) else {
            return false;
        };
        maps::paint_rgb(
            values,
            untrack(|| lab.document.preparation().order),
            range,
            one,
        );
        maps::copy(one, sent, whole, size, place(&map.rect));
        return true;
    }
    for map in &piece.maps {
        let from = map.channel as usize * length;
        if let Some(values) = values.get(from..from + length) {
            table.paint(values, range, one);
            maps::copy(one, sent, whole, size, place(&map.rect));
        }
    }
    if let Some(cells) = &piece.cells {
        table.paint(values, range, one);
        draw_cells(one, cells, place(&cells.rect), whole, size, scale);
    }
    true
}

/// A rectangle a value, from the top down and then to the right, with a line between them.
fn draw_cells(
    colours: &[u8],
    cells: &Cells,
    place: maps::Place,
    whole: &mut [u8],
    (width, height): (u32, u32),
    scale: f64,
) {
    let (across, down) = (
        place.width / f64::from(cells.columns.max(1)),
        place.height / f64::from(cells.rows.max(1)),
    );
    let line = if across.min(down) >= 4.0 * scale {
        scale.round()
    } else {
        0.0
    };
    let shown = colours
        .chunks_exact(4)
        .take((cells.columns * cells.rows) as usize);
    for (at, colour) in shown.enumerate() {
        let (column, row) = (at as u32 / cells.rows, at as u32 % cells.rows);
        let from = |start: f64, step: f64, at: u32| (start + step * f64::from(at)).round();
        let left = from(place.x, across, column) as u32;
        let right = (from(place.x, across, column + 1) - line) as u32;
        let top = from(place.y, down, row) as u32;
        let bottom = (from(place.y, down, row + 1) - line) as u32;
        for y in top..bottom.min(height) {
            for x in left..right.min(width) {
                let to = (y as usize * width as usize + x as usize) * 4;
                whole[to..to + 4].copy_from_slice(colour);
            }
        }
    }
}
