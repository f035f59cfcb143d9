//! The node's maps: a grid of all, one enlarged, and the histogram of its values.

use engine::session::Wanted;
use engine::{NodeId, Shape};
use leptos::prelude::*;

use super::extent::extent;
use super::histogram::HistogramView;
use super::large::{CellCursor, Large};
use super::map_grid::{MapGrid, PAGE, page_of};
use super::section::Seen;
use super::subject::{Look, Subject};
use super::tiles::{Live, Scale, Tiles, live};
use crate::lab::Lab;
use crate::ui::format::value;
use crate::ui::maps::{Palette, Range};

/// Maps of up to this many values (a megabyte) are requested whole; of larger ones only what is
/// shown.
const WHOLE: u64 = 1 << 18;
/// The side to which maps in the grid are reduced.
pub const SHEET_SIDE: u32 = 56;

/// The maps that the maps section and related sections request and read.
#[derive(Clone, Copy)]
pub struct MapsOf {
    /// The page of channels with the chosen one.
    pub map_grid: Live,
    /// The chosen channel in full; a vector in rows.
    pub one: Live,
    /// The range of the received values.
    pub range: Memo<Option<Range>>,
}

/// Whether all of a node's maps are requested, unreduced.
pub fn comes_whole(shape: Shape) -> bool {
    shape.is_vector() || shape.elements() <= WHOLE
}

/// The channel of the large view.
const fn shown_channel(subject: &Subject, channel: u32) -> u32 {
    if subject.shape.is_vector() {
        0
    } else {
        channel
    }
}

fn parts(subject: &Subject, channel: u32) -> [Wanted; 2] {
    let node = subject.id;
    if comes_whole(subject.shape) {
        return [Wanted::all(node); 2];
    }
    let map_grid = Wanted {
        first: page_of(channel),
        channels: Some(PAGE),
        side: Some(SHEET_SIDE),
        node,
    };
    let one = Wanted {
        first: channel,
        channels: Some(1),
        side: None,
        node,
    };
    [map_grid, one]
}

/// Requests the maps while `shown` is true.
pub fn maps_of(
    lab: Lab,
    subject: &Subject,
    look: Look,
    shown: impl Fn() -> bool + Send + Sync + 'static,
) -> MapsOf {
    let kept = StoredValue::new(subject.clone());
    let wanted = Memo::new(move |_| {
        let channel = look.channel.get();
        kept.with_value(|subject| parts(subject, shown_channel(subject, channel)))
    });
    lab.show_parts(move || {
        if shown() {
            wanted.get().to_vec()
        } else {
            Vec::new()
        }
    });
    let shape = subject.shape;
    let read = move |part: usize| {
        let wanted = wanted.get().get(part).copied()?;
        lab.answer.latest().with(|trace| {
            let (slice, values) = trace.as_ref()?.part(&wanted)?;
            // An answer from before the last edit may have another shape.
            (slice.shape == shape).then(|| (slice, values.to_vec()))
        })
    };
    let map_grid = live(move || {
        let (slice, values) = read(0)?;
        Some(Tiles {
            width: slice.sent.width,
            height: slice.sent.height,
            first: slice.first,
            values,
            empty: 0,
        })
    });
    let grid = subject.grid();
    let one = live(move || {
        let (slice, values) = read(1)?;
        let (width, height, first) = (grid.width, grid.height, slice.first);
        if !grid.is_vector() {
            return Some(Tiles {
                width,
                height,
                first,
                values,
                empty: 0,
            });
        }
        let picture = grid.picture(&values);
        Some(Tiles {
            width,
            height,
            first,
            empty: picture.len() - values.len(),
            values: picture,
        })
    });
    let range = Memo::new(move |_| {
        lab.answer.latest().with(|trace| {
            let (slice, _) = trace.as_ref()?.part(&wanted.get()[0])?;
            Some(Range {
                min: slice.min,
                max: slice.max,
            })
        })
    });
    MapsOf {
        map_grid,
        one,
        range,
    }
}

/// The palette of this node's maps.
pub fn palette_of(lab: Lab, id: NodeId) -> Palette {
    let palettes = lab.palettes;
    let palette = palettes.with_untracked(|palettes| palettes.get(&id).copied());
    palette.unwrap_or(Palette::Signed)
}

#[component]
pub fn MapsView(subject: Subject, look: Look) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let seen = Seen::here();
    let maps = maps_of(lab, &subject, look, move || seen.get());
    let palette = palette_of(lab, subject.id);
    let grid = subject.grid();
    let count = if grid.is_vector() { 1 } else { grid.channels };
    let number = Memo::new(move |_| {
        if grid.is_vector() {
            0
        } else {
            look.channel.get()
        }
    });
    let turn = Callback::new(move |back: bool| {
        let by = if back { count - 1 } else { 1 };
        look.channel
            .update(|channel| *channel = (*channel + by) % count);
    });
    let reading = Memo::new(move |_| {
        let cell = look.current_cell();
        let found = maps.one.with(|one| one.as_ref()?.value(number.get(), cell));
        (grid.describe(number.get(), cell), found)
    });
    let extent = move || {
        maps.map_grid
            .with(|map_grid| extent(subject.shape, map_grid.as_deref()?))
    };
    let map_grid = (count > 1).then(|| {
        view! {
            <MapGrid
                tiles=maps.map_grid
                count
                chosen=look.channel
                palette
                range=maps.range
                scale=look.scale
                kind="map"
                name=Callback::new(|channel| format!("Channel {channel}"))
                testid="sheet-map"
            />
        }
    });
    let picker = (count > 1).then(|| {
        view! {
            <div class="tools">
                <button type="button" aria-label="Previous channel" on:click=move |_| turn.run(true)>
                    "‹"
                </button>
                <span class="figures">
                    {move || format!("channel {} of 0 to {}", number.get(), count - 1)}
                </span>
                <button type="button" aria-label="Next channel" on:click=move |_| turn.run(false)>
                    "›"
                </button>
                <ScaleSwitch scale=look.scale testid="map-range" each="this map alone" />
            </div>
        }
    });
    view! {
        {map_grid}
        {picker}
        <Large
            tiles=maps.one
            number
            palette
            range=maps.range
            scale=look.scale
            cursor=CellCursor { cell: look.cell, hovered: look.hovered }
            turn
            testid="viewer"
            kind="feature map"
            label="Feature map; arrow keys move from value to value, Page Up and Page Down from \
                   channel to channel"
        />
        <p
            class="figures"
            data-testid="map-value"
            data-value=move || reading.get().1.map(|it| it.to_string())
        >
            {move || {
                let (place, found) = reading.get();
                format!("{place}: {}", found.map_or_else(|| "–".to_owned(), value))
            }}
        </p>
        <p class="hint figures" data-testid="map-extent">{extent}</p>
        <HistogramView tiles=maps.one number open=look.chosen.counts />
    }
}

/// The choice of the colour scale: over all maps or for each.
#[component]
pub fn ScaleSwitch(
    scale: RwSignal<Scale>,
    testid: &'static str,
    each: &'static str,
) -> impl IntoView {
    let is_each = move || scale.get() == Scale::Each;
    let flip = move |_| {
        scale.update(|scale| {
            *scale = match scale {
                Scale::All => Scale::Each,
                Scale::Each => Scale::All,
            };
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" data-testid=testid prop:checked=is_each on:change=flip />
            {format!("colours for {each}")}
        </label>
    }
}

#[cfg(test)]
mod tests {
    use engine::{Analysis, Shape};

    use super::*;

    #[test]
    fn of_a_large_layer_only_the_shown_page_and_channel_are_requested() {
        let graph = engine::zoo::lenet5().unwrap();
        let id = graph.named("C3").unwrap().id;
        let mut subject = Subject::of(&graph, &Analysis::of(&graph), id).unwrap();
        assert_eq!(parts(&subject, 3), [Wanted::all(id); 2]);
        subject.shape = Shape::new(2048, 56, 56);
        let [map_grid, one] = parts(&subject, 70);
        assert_eq!((map_grid.first, map_grid.channels), (64, Some(64)));
        assert_eq!((one.first, one.channels, one.side), (70, Some(1), None));
    }
}
