//! A grid of pictures in pages, one of which is chosen.

use leptos::ev::KeyboardEvent;
use leptos::html::{Button, Canvas};
use leptos::prelude::*;

use super::tiles::{Live, Scale};
use crate::ui::maps::{Atlas, Palette, Picture, Range, Table};

/// Pictures on a page.
pub const PAGE: u32 = 64;

/// The first picture of the page that this one is on.
pub const fn page_of(number: u32) -> u32 {
    number / PAGE * PAGE
}

#[component]
pub fn MapGrid(
    tiles: Live,
    /// How many pictures there are on all pages.
    count: u32,
    chosen: RwSignal<u32>,
    palette: Palette,
    /// The range of all pictures.
    #[prop(into)]
    range: Signal<Option<Range>>,
    #[prop(into)] scale: Signal<Scale>,
    /// The word for one picture.
    kind: &'static str,
    /// The name of a picture by its number.
    name: Callback<u32, String>,
    testid: &'static str,
) -> impl IntoView {
    let first = Memo::new(move |_| page_of(chosen.get()));
    let last = page_of(count.saturating_sub(1));
    let leaf = move |back: bool| {
        let first = first.get_untracked();
        let to = if back {
            first.saturating_sub(PAGE)
        } else {
            (first + PAGE).min(last)
        };
        chosen.set(to);
    };
    let pages = (count > PAGE).then(|| {
        view! {
            <div class="tools">
                <button
                    type="button"
                    data-testid=format!("{testid}-page-before")
                    aria-label=format!("{PAGE} {kind}s before")
                    disabled=move || first.get() == 0
                    on:click=move |_| leaf(true)
                >
                    "‹"
                </button>
                <span class="figures">
                    {move || {
                        let first = first.get();
                        format!("{kind}s {first} to {} of {count}", (first + PAGE).min(count) - 1)
                    }}
                </span>
                <button
                    type="button"
                    data-testid=format!("{testid}-page-next")
                    aria-label=format!("{PAGE} {kind}s further")
                    disabled=move || first.get() == last
                    on:click=move |_| leaf(false)
                >
                    "›"
                </button>
            </div>
        }
    });
    let page = move || {
        let first = first.get();
        let shown = (count - first.min(count)).min(PAGE);
        let look = Page {
            tiles,
            first,
            shown,
            chosen,
            palette,
            range,
            scale,
        };
        view! { <PageOf look name testid /> }
    };
    view! {
        {pages}
        <div
            class="map-grid"
            role="group"
            aria-label=format!("All {kind}s; arrow keys choose one")
            on:keydown=move |event| key(&event, chosen, count)
        >
            {page}
        </div>
    }
}

#[derive(Clone, Copy)]
struct Page {
    tiles: Live,
    first: u32,
    shown: u32,
    chosen: RwSignal<u32>,
    palette: Palette,
    range: Signal<Option<Range>>,
    scale: Signal<Scale>,
}

#[component]
fn PageOf(look: Page, name: Callback<u32, String>, testid: &'static str) -> impl IntoView {
    let Page {
        tiles,
        first,
        shown,
        chosen,
        palette,
        range,
        scale,
    } = look;
    let canvases: Vec<NodeRef<Canvas>> = (0..shown).map(|_| NodeRef::new()).collect();
    let atlas = Atlas::new(canvases.clone());
    let (cell, over) = (atlas.cell(), atlas.view());
    let table = Table::new(palette);
    let last = canvases.last().copied();
    Effect::new(move |_| {
        let there = last.is_some_and(|canvas| canvas.get().is_some());
        let (range, scale) = (range.get(), scale.get());
        let Some(tiles) = tiles.get().filter(|_| there) else {
            return;
        };
        let pictures = (first..first + shown).map(|number| {
            let values = tiles.one(number)?;
            let own = || Range::of(values);
            let range = match scale {
                Scale::All => range.or_else(own),
                Scale::Each => own(),
            };
            Some(Picture {
                values,
                width: tiles.width,
                height: tiles.height,
                table: &table,
                range: range?,
            })
        });
        atlas.paint(pictures);
    });
    let one = |(number, canvas): (u32, NodeRef<Canvas>)| {
        let button = NodeRef::<Button>::new();
        let is_chosen = move || chosen.get() == number;
        view! {
            <button
                type="button"
                node_ref=button
                class="tile"
                data-number=number.to_string()
                aria-label=move || name.run(number)
                aria-pressed=move || is_chosen().to_string()
                tabindex=move || if is_chosen() { "0" } else { "-1" }
                on:click=move |_| chosen.set(number)
            >
                <canvas node_ref=canvas class="pixels" data-testid=testid data-cell=cell></canvas>
            </button>
        }
    };
    let tiles = (first..).zip(canvases).map(one).collect_view();
    view! {
        {tiles}
        {over}
    }
}

/// Arrow keys choose the neighbours and move the focus.
fn key(event: &KeyboardEvent, chosen: RwSignal<u32>, count: u32) {
    let now = chosen.get_untracked();
    let last = count.saturating_sub(1);
    let next = match event.key().as_str() {
        "ArrowLeft" | "ArrowUp" => now.saturating_sub(1),
        "ArrowRight" | "ArrowDown" => (now + 1).min(last),
        "PageUp" => now.saturating_sub(PAGE),
        "PageDown" => (now + PAGE).min(last),
        "Home" => 0,
        "End" => last,
        _ => return,
    };
    event.prevent_default();
    chosen.set(next);
    let Some(map_grid) = event.current_target() else {
        return;
    };
    let map_grid: web_sys::Element = wasm_bindgen::JsCast::unchecked_into(map_grid);
    // The pictures of another page are mounted after this task.
    request_animation_frame(move || {
        let found = map_grid.query_selector(&format!("[data-number=\"{next}\"]"));
        let button = found
            .ok()
            .flatten()
            .map(wasm_bindgen::JsCast::unchecked_into);
        if let Some(button) = button {
            let button: web_sys::HtmlElement = button;
            let focused = button.focus();
            debug_assert!(focused.is_ok());
        }
    });
}
