//! One picture, large, with the value under the pointer or the keyboard.

use std::cell::RefCell;

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Canvas;
use leptos::prelude::*;

use super::subject::Cell;
use super::tiles::{Live, Scale};
use crate::ui::maps::{Palette, Range, Resizing, Table};

/// The marked cells of a large view.
#[derive(Clone, Copy)]
pub struct CellCursor {
    /// Chosen, by click or key.
    pub cell: RwSignal<Cell>,
    /// Under the pointer.
    pub hovered: RwSignal<Option<Cell>>,
}

/// The picture of number `number`. `turn` is called for the next picture, with `true` for the
/// previous one.
#[component]
pub fn Large(
    tiles: Live,
    #[prop(into)] number: Signal<u32>,
    palette: Palette,
    /// The range of all pictures.
    #[prop(into)]
    range: Signal<Option<Range>>,
    #[prop(into)] scale: Signal<Scale>,
    cursor: CellCursor,
    turn: Callback<bool>,
    testid: &'static str,
    kind: &'static str,
    label: &'static str,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let size = Memo::new(move |_| {
        tiles.with(|tiles| {
            tiles
                .as_ref()
                .map_or((1, 1), |tiles| (tiles.width.max(1), tiles.height.max(1)))
        })
    });
    let table = Table::new(palette);
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        let (Some(canvas), Some(tiles)) = (canvas.get(), tiles.get()) else {
            return;
        };
        let Some(values) = tiles.one(number.get()) else {
            return;
        };
        let own = || Range::of(values);
        let range = match scale.get() {
            Scale::All => range.get().or_else(own),
            Scale::Each => own(),
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        let painter = painter.fit(&canvas, tiles.width, tiles.height);
        if let (Ok(painter), Some(range)) = (painter, range) {
            painter.paint(values, &table, range, rgba);
        }
    });
    let under = move |event: &PointerEvent| -> Cell {
        let shown: web_sys::HtmlElement = event_target(event);
        let at = |offset: i32, length: i32, count: u32| {
            let share = f64::from(offset) / f64::from(length.max(1));
            ((share * f64::from(count)) as u32).min(count - 1)
        };
        let (width, height) = size.get_untracked();
        (
            at(event.offset_x(), shown.client_width(), width),
            at(event.offset_y(), shown.client_height(), height),
        )
    };
    let key = move |event: KeyboardEvent| {
        let name = event.key();
        match name.as_str() {
            "PageUp" | "PageDown" => turn.run(name == "PageUp"),
            arrow => {
                let Some(cell) = moved(cursor.cell.get_untracked(), size.get_untracked(), arrow)
                else {
                    return;
                };
                cursor.hovered.set(None);
                cursor.cell.set(cell);
            }
        }
        event.prevent_default();
    };
    let marked = move || cursor.hovered.get().unwrap_or_else(|| cursor.cell.get());
    // Without a picture the size is 1 × 1, and its cell is marked.
    let place = |at: u32, count: u32| {
        let at = at.min(count - 1);
        format!("{}%", f64::from(at) / f64::from(count) * 100.0)
    };
    let share = |count: u32| format!("{}%", 100.0 / f64::from(count));
    let ratio = move || {
        let (width, height) = size.get();
        format!("{width} / {height}")
    };
    // Limits the width so that the height stays within its limit and cells stay square.
    let width = move || {
        let (width, height) = size.get();
        let share = f64::from(width) / f64::from(height);
        format!("calc(min(1, {share}) * var(--viewer-side))")
    };
    view! {
        <div class="viewer" style:aspect-ratio=ratio style:max-width=width>
            <canvas
                node_ref=canvas
                class="pixels"
                data-testid=testid
                tabindex="0"
                role="application"
                aria-roledescription=kind
                aria-label=label
                on:pointermove=move |event| cursor.hovered.set(Some(under(&event)))
                on:pointerleave=move |_| cursor.hovered.set(None)
                on:pointerdown=move |event| cursor.cell.set(under(&event))
                on:keydown=key
            ></canvas>
            <span
                class="viewer-cell"
                style:left=move || place(marked().0, size.get().0)
                style:top=move || place(marked().1, size.get().1)
                style:width=move || share(size.get().0)
                style:height=move || share(size.get().1)
            ></span>
        </div>
    }
}

/// The cell that an arrow key moves to, clamped to the picture; `None` for another key.
fn moved((column, row): Cell, (width, height): (u32, u32), key: &str) -> Option<Cell> {
    match key {
        "ArrowLeft" => Some((column.saturating_sub(1), row)),
        "ArrowRight" => Some(((column + 1).min(width - 1), row)),
        "ArrowUp" => Some((column, row.saturating_sub(1))),
        "ArrowDown" => Some((column, (row + 1).min(height - 1))),
        "Home" => Some((0, row)),
        "End" => Some((width - 1, row)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_stop_at_the_edge() {
        assert_eq!(moved((1, 1), (2, 2), "ArrowRight"), Some((1, 1)));
        assert_eq!(moved((0, 0), (2, 2), "ArrowDown"), Some((0, 1)));
        assert_eq!(moved((0, 0), (2, 2), "Enter"), None);
    }
}
