//! What of the picture an event is on.

use engine::NodeId;
use leptos::prelude::*;
use state::look::Pixel;
use state::stages::Point;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, MouseEvent};

use super::super::picture::{Picture, key};
use super::super::places::nearest;
use super::Gestures;

/// How close to a wire something is dropped on it.
const REACH: f32 = 48.0;

/// What a press is on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pressed {
    Map(Pixel),
    Node(NodeId),
    Stage(usize),
}

pub fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

pub fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

pub fn number<T: std::str::FromStr>(element: &Element, name: &str) -> Option<T> {
    element.get_attribute(name)?.parse().ok()
}

impl Gestures {
    /// The pointer's place in the picture.
    pub(super) fn point(self, event: &MouseEvent) -> Point {
        let Some(viewport) = self.picture.viewport.get_untracked() else {
            return (0.0, 0.0);
        };
        let rect = viewport.get_bounding_client_rect();
        (
            event.client_x() as f32 - rect.left() as f32 + viewport.scroll_left() as f32,
            event.client_y() as f32 - rect.top() as f32 + viewport.scroll_top() as f32,
        )
    }

    /// The pixel of the map under the pointer.
    pub(super) fn pixel(self, event: &MouseEvent) -> Option<Pixel> {
        let map = closest(&element(event.target())?, ".map")?;
        pixel(
            self.picture,
            &map,
            Some((event.client_x(), event.client_y())),
        )
    }

    pub(super) fn pressed(self, event: &MouseEvent) -> Option<Pressed> {
        if let Some(pixel) = self.pixel(event) {
            return Some(Pressed::Map(pixel));
        }
        let target = element(event.target())?;
        if let Some(node) = closest(&target, "[data-testid='node']") {
            return number(&node, "data-id").map(NodeId).map(Pressed::Node);
        }
        let stage = closest(&target, ".stage")?;
        stage_of(self.picture, &stage).map(Pressed::Stage)
    }

    pub(super) fn place_at(self, point: Point) -> Option<usize> {
        self.picture.places.with_untracked(|places| {
            self.picture
                .layout
                .with_untracked(|layout| nearest(places, layout, point, REACH))
        })
    }
}

/// The stage of a card's element.
pub fn stage_of(picture: Picture, card: &Element) -> Option<usize> {
    let name = card.get_attribute("data-stage")?;
    picture.stages.with_untracked(|stages| {
        let mut all = stages.all.iter();
        all.position(|stage| key(stage.id) == name)
    })
}

/// The pixel of a map's element at this point of the window; without one the middle.
pub fn pixel(picture: Picture, map: &Element, at: Option<(i32, i32)>) -> Option<Pixel> {
    let node = NodeId(number(map, "data-node")?);
    let rect = map.get_bounding_client_rect();
    let (x, y) = match at {
        Some((x, y)) => (
            (f64::from(x) - rect.left()) / rect.width().max(1.0),
            (f64::from(y) - rect.top()) / rect.height().max(1.0),
        ),
        None => (0.5, 0.5),
    };
    let shape = picture.lab.document.shape_of(node)?;
    let place =
        |share: f64, count: u32| ((share * f64::from(count)) as u32).min(count.saturating_sub(1));
    if let Some(rows) = number::<u32>(map, "data-rows") {
        let columns: u32 = number(map, "data-columns")?;
        let channel = place(x, columns) * rows + place(y, rows);
        let (row, column) = (0, 0);
        return (channel < shape.channels).then_some(Pixel {
            node,
            channel,
            row,
            column,
        });
    }
    Some(Pixel {
        node,
        channel: number(map, "data-channel")?,
        row: place(y, shape.height),
        column: place(x, shape.width),
    })
}
