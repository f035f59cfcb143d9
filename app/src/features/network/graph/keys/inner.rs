//! Keys on a map or a layer's name.

use engine::NodeId;
use leptos::prelude::*;
use state::stages::Rect;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::super::gestures;
use super::super::picture::Picture;
use super::way::Way;
use crate::platform::schedule::after_frames;
use crate::ui::focus_still;

impl Picture {
    /// A key on a map or a layer's name.
    pub(super) fn inner_key(self, event: &KeyboardEvent, key: &str, target: &Element) -> bool {
        let Ok(Some(stage)) = target.closest(".stage") else {
            return false;
        };
        let map = target.class_list().contains("map");
        match key {
            "Escape" => {
                let focused = stage
                    .dyn_into::<HtmlElement>()
                    .map(|stage| stage.focus().is_ok());
                debug_assert!(focused.is_ok());
            }
            "Enter" | " " if map => {
                if let Some(pixel) = gestures::pixel(self, target, None) {
                    self.choose(pixel);
                    keep_focus(target);
                }
            }
            "Enter" if event.shift_key() => self.unfold(self.at.get_untracked()),
            "Enter" | " " | "m" | "M" | "c" | "C" => {
                let Some(node) = node_of(target) else {
                    return false;
                };
                match key {
                    "Enter" => self.lab.select(node),
                    " " => self.lab.select_also(node),
                    "m" | "M" => self.start_move_of(node),
                    _ => self.start_connect_of(node),
                }
            }
            _ => {
                let Some(way) = Way::of(key) else {
                    return false;
                };
                let Ok(all) = stage.query_selector_all(".map, .node-head") else {
                    return false;
                };
                let rect = |element: &Element| {
                    let rect = element.get_bounding_client_rect();
                    let [x, y, width, height] =
                        [rect.left(), rect.top(), rect.width(), rect.height()].map(|it| it as f32);
                    Rect {
                        x,
                        y,
                        width,
                        height,
                    }
                };
                let from = rect(target);
                let all =
                    (0..all.length()).filter_map(|at| all.get(at)?.dyn_into::<HtmlElement>().ok());
                let far = all.filter_map(|it| Some((way.far(&from, &rect(&it))?, it)));
                let next = far.min_by(|one, other| one.0.total_cmp(&other.0));
                if let Some((_, next)) = next {
                    let focused = next.focus();
                    debug_assert!(focused.is_ok());
                    let pixel = gestures::pixel(self, &next, None);
                    self.lab.look.hover(pixel);
                }
            }
        }
        true
    }
}

/// The panel that opens lays the picture out anew. That takes a map out of the document and puts it
/// back, without its focus.
fn keep_focus(map: &Element) {
    let Ok(map) = map.clone().dyn_into::<HtmlElement>() else {
        return;
    };
    after_frames(move || {
        let focused = document().active_element();
        if focused.is_none_or(|it| it.local_name() == "body") {
            focus_still(&map);
        }
    });
}

/// The layer that an element is of.
fn node_of(element: &Element) -> Option<NodeId> {
    let node = element.closest("[data-testid='node']").ok().flatten()?;
    node.get_attribute("data-id")?.parse().ok().map(NodeId)
}
