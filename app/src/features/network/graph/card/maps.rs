//! Where the maps of a part are: what is hovered, pressed and read aloud. The card's canvas shows them.

use leptos::prelude::*;
use state::stages::{Cells, Part, PartBox, Rect, Shown, StageId};

use super::super::paint::{Piece, cells_rect, px};
use super::super::picture::Picture;
use super::classes::{class_bars, likeliest};

/// What the canvas shows of a part.
pub fn piece(part: &Part, own: &PartBox, id: StageId) -> Option<Piece> {
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

/// The places of the maps and of the values.
pub fn maps(picture: Picture, part: &Part, own: &PartBox) -> AnyView {
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
