//! What the panel follows: the chosen pixel, the values that it needs, and the arithmetic.

use std::sync::Arc;

use engine::session::{Command, Event, Message, Wanted};
use engine::{NodeId, Shape};
use leptos::prelude::*;
use state::answer::Trace;
use state::look::{Patch, Pixel, patch};
use state::screen::Palette;

use super::filters::{Filters, Params};
use super::made::{Made, Missing, made};
use super::subject::Subject;
use crate::lab::{Answered, Lab, Pace};
use crate::ui::maps::Range;

/// Maps of up to this many values (a megabyte) are requested whole; of larger ones only the chosen
/// channel.
const WHOLE: u64 = 1 << 18;
/// The values before a layer are requested up to this many (16 MB).
const MOST: u64 = 1 << 22;
/// Weights of up to this many bytes are loaded unasked.
const UNASKED: u64 = 16_000_000;
/// Larger ones would fill the page's memory.
pub const TOO_MANY: u64 = 256_000_000;

/// A node's values in full, from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    pub wanted: Wanted,
    pub shape: Shape,
}

impl Source {
    /// All channels of a small node, else this one.
    pub fn of(node: NodeId, shape: Shape, channel: u32) -> Self {
        let wanted = if shape.is_vector() || shape.elements() <= WHOLE {
            Wanted::all(node)
        } else {
            Wanted {
                first: channel,
                channels: Some(1),
                ..Wanted::all(node)
            }
        };
        Self { wanted, shape }
    }

    /// The channels that a patch reads; of a vector all, so that the next value needs no other.
    /// `None` where they are too many.
    fn before(patch: &Patch, whole: bool) -> Option<Self> {
        let first = patch.channels.iter().min().copied().filter(|_| !whole);
        let last = patch.channels.iter().max();
        let wanted = match first.zip(last) {
            Some((first, last)) => Wanted {
                first,
                channels: Some(last - first + 1),
                ..Wanted::all(patch.node)
            },
            None => Wanted::all(patch.node),
        };
        let shape = patch.map;
        (wanted.sent(shape).elements() <= MOST).then_some(Self { wanted, shape })
    }

    /// The received values, channel after channel.
    pub fn values<'a>(&self, trace: &'a Trace) -> Option<&'a [f32]> {
        let (slice, values) = trace.part(&self.wanted)?;
        // An answer from before the last edit may have another shape.
        (slice.shape == self.shape).then_some(values)
    }

    /// The values of one channel.
    pub fn channel<'a>(&self, trace: &'a Trace, channel: u32) -> Option<&'a [f32]> {
        let area = self.shape.positions() as usize;
        let start = channel.checked_sub(self.wanted.first)? as usize * area;
        self.values(trace)?.get(start..start + area)
    }

    /// One value.
    pub fn value(&self, trace: &Trace, channel: u32, row: u32, column: u32) -> Option<f32> {
        let place = row as usize * self.shape.width as usize + column as usize;
        self.channel(trace, channel)?.get(place).copied()
    }

    /// What the colours of this node stand for: by all that has come of it.
    pub fn range(&self, trace: &Trace, palette: Palette) -> Option<Range> {
        match trace.map(self.wanted.node) {
            Some((slice, _)) if slice.shape == self.shape => trace.range(self.wanted.node, palette),
            _ => Range::of_layer(self.values(trace)?, palette),
        }
    }
}

/// Which of the kernels of the output channel is shown, and which of its products; kept when an edit
/// of the layer makes its panel again.
#[derive(Clone, Copy)]
pub struct Steps {
    pub kernel: RwSignal<usize>,
    pub step: RwSignal<usize>,
}

impl Steps {
    pub fn new() -> Self {
        Self {
            kernel: RwSignal::new(0),
            step: RwSignal::new(0),
        }
    }

    /// Begins with the first ones, for another layer.
    pub fn reset(self) {
        self.kernel.set(0);
        self.step.set(0);
    }
}

/// See the module. `Copy`, because it holds signal handles only.
#[derive(Clone, Copy)]
pub struct Looking {
    pub lab: Lab,
    pub subject: StoredValue<Subject>,
    /// The chosen pixel, and the one whose arithmetic is shown.
    pub chosen: Memo<Pixel>,
    pub shown: Memo<Pixel>,
    /// Whether the network that runs has this node as it is.
    pub runs: Memo<bool>,
    pub own: Memo<Source>,
    /// The values before the layer, one for each input that the pixel is made of; `None` where they
    /// are too many.
    pub inputs: Memo<Option<Vec<(usize, Source)>>>,
    pub palette: Palette,
    pub params: Answered<Arc<Params>>,
    /// Whether weights may be loaded: more than a few only when the person asks.
    pub allowed: RwSignal<bool>,
    pub filters: Memo<Option<Arc<Filters>>>,
    pub made: Memo<Result<Arc<Made>, Missing>>,
    pub kernel: RwSignal<usize>,
    pub step: RwSignal<usize>,
}

impl Looking {
    pub fn new(lab: Lab, of: Subject, Steps { kernel, step }: Steps) -> Self {
        let id = of.id;
        let (vector, shape) = (of.shape.is_vector(), of.shape);
        let bytes = of.params.saturating_mul(4);
        let palette = palette_of(lab, id);
        let subject = StoredValue::new(of);
        let start = Pixel {
            node: id,
            channel: 0,
            row: 0,
            column: 0,
        };
        // Until the panel of another node takes its place.
        let chosen = Memo::new(move |before: Option<&Pixel>| {
            let now = lab.look.chosen().get().filter(|it| it.node == id);
            now.unwrap_or_else(|| before.copied().unwrap_or(start))
        });
        let shown = Memo::new(move |_| {
            let chosen = chosen.get();
            let hovered = lab.look.hovered().get();
            let here = |it: &Pixel| {
                if vector {
                    it.node == id
                } else {
                    it.shares_map(chosen)
                }
            };
            hovered.filter(here).unwrap_or(chosen)
        });
        let runs = Memo::new(move |_| lab.runs(id));
        let own = Memo::new(move |_| Source::of(id, shape, chosen.get().channel));
        let patches = move |pixel: Pixel| {
            lab.document
                .graph()
                .with(|graph| lab.document.analysis.with(|it| patch(graph, it, pixel)))
        };
        let inputs = Memo::new(move |_| {
            let patches = patches(chosen.get());
            let one = |patch: &Patch| Some((patch.slot, Source::before(patch, vector)?));
            patches.iter().map(one).collect::<Option<Vec<_>>>()
        });
        let after = move || subject.with_value(|it| it.after.map(|(node, _)| node));
        lab.show_parts(move || {
            if !runs.get() {
                return Vec::new();
            }
            let channel = chosen.get().channel;
            let after = after().map(|node| Source::of(node, shape, channel).wanted);
            let inputs = inputs.get().unwrap_or_default();
            let inputs = inputs.into_iter().map(|(_, source)| source.wanted);
            let picture = Wanted::all(NodeId::INPUT);
            let own = [own.get().wanted, picture];
            own.into_iter().chain(after).chain(inputs).collect()
        });
        let allowed = RwSignal::new(bytes <= UNASKED);
        let question = move || {
            (bytes > 0 && allowed.get() && runs.get()).then_some(Command::Params { node: id })
        };
        let params = lab.keep_querying(Pace::Network, question, |message: Message<Event>| {
            let values = message.values().map_err(|error| error.to_string())?;
            match message.header {
                Event::Params { params: slices, .. } => Ok(Arc::new(Params { slices, values })),
                other => Err(format!("The engine answered something else: {other:?}.")),
            }
        });
        let known = move || params.with(|answer| answer.as_ref()?.as_ref().ok().cloned());
        let filters = Memo::new_with_compare(
            move |_| {
                let params = known()?;
                subject.with_value(|subject| Filters::of(subject, &params).map(Arc::new))
            },
            |_: Option<&Option<Arc<Filters>>>, _| true,
        );
        let arithmetic = Memo::new_with_compare(
            move |_| {
                let pixel = shown.get();
                let (patches, inputs) = (patches(pixel), inputs.get());
                let (params, filters) = (known(), filters.get());
                let trace = lab.answer.latest().get().filter(|_| runs.get());
                let (Some(trace), Some(inputs)) = (trace, inputs) else {
                    return Err(Missing::Values);
                };
                let read = |slot, channel, row, column| {
                    let (_, source) = inputs.iter().find(|(it, _)| *it == slot)?;
                    source.value(&trace, channel, row, column)
                };
                subject.with_value(|subject| {
                    let (params, filters) = (params.as_deref(), filters.as_deref());
                    made(subject, pixel, &patches, &read, params, filters).map(Arc::new)
                })
            },
            |_: Option<&Result<Arc<Made>, Missing>>, _| true,
        );
        Self {
            lab,
            subject,
            chosen,
            shown,
            runs,
            own,
            inputs,
            palette,
            params,
            allowed,
            filters,
            made: arithmetic,
            kernel,
            step,
        }
    }

    /// The latest answer, if it is of this node.
    pub fn trace(self) -> Option<Arc<Trace>> {
        let runs = self.runs.get();
        self.lab.answer.latest().get().filter(|_| runs)
    }

    /// The engine's value at a pixel of this node.
    pub fn value(self, pixel: Pixel) -> Option<f32> {
        let trace = self.trace()?;
        let Pixel {
            channel,
            row,
            column,
            ..
        } = pixel;
        self.own.get().value(&trace, channel, row, column)
    }

    /// The value that the activation behind makes of it.
    pub fn after(self, pixel: Pixel) -> Option<(&'static str, f32)> {
        let (after, shape) = self.subject.with_value(|it| (it.after, it.shape));
        let (node, title) = after?;
        let source = Source::of(node, shape, self.chosen.get().channel);
        let value = source.value(&*self.trace()?, pixel.channel, pixel.row, pixel.column)?;
        Some((title, value))
    }

    /// Chooses another channel at the same place.
    pub fn choose_channel(self, channel: u32) {
        let chosen = self.chosen.get_untracked();
        self.lab.look.choose(Some(Pixel { channel, ..chosen }));
    }
}

/// The palette of this node's maps.
pub fn palette_of(lab: Lab, id: NodeId) -> Palette {
    let palettes = lab.palettes;
    let palette = palettes.with_untracked(|palettes| palettes.get(&id).copied());
    palette.unwrap_or(Palette::Signed)
}
