//! Where the walk is, and what the engine says of it.

use std::sync::Arc;

use engine::explain::{Ask, Backward, BackwardAsk, Told, WeightStep};
use engine::session::{Unit, Wanted};
use engine::{Graph, NodeId, Shape};
use leptos::prelude::*;
use state::answer::Trace;
use state::explain::{Stop, as_trace, stops, unit_at};

use crate::client::QueryError;
use crate::lab::explain::{command, told};
use crate::lab::{Answered, Lab, Pace};

/// Channels of a node that are drawn beside each other, and the side to which they are reduced; values
/// of a vector.
pub const MAPS: u32 = 12;
const SIDE: u32 = 64;
const VALUES: u32 = 256;
/// Networks of up to this many multiply-adds follow the drawing unasked.
const QUICK: u64 = 300_000_000;

/// An answer of the engine.
#[derive(Debug)]
pub struct Seen {
    pub told: Backward,
    /// Its maps.
    pub maps: Arc<Trace>,
}

/// See the module. `Copy`, because it holds signal handles only.
#[derive(Clone, Copy)]
pub struct Walk {
    pub lab: Lab,
    /// The class that should be right; the predicted one if none.
    pub label: RwSignal<Option<u32>>,
    pub stop: Memo<Stop>,
    pub at: Memo<usize>,
    pub count: Memo<usize>,
    place: RwSignal<usize>,
    /// The weight that is moved.
    pub step: RwSignal<Option<WeightStep>>,
    /// A large network goes back when it is asked to.
    asked: RwSignal<bool>,
    answer: Answered<Arc<Seen>>,
    pub unit: Memo<Option<Unit>>,
}

impl Walk {
    pub fn new(lab: Lab) -> Self {
        let running = lab.document.running();
        let label = RwSignal::new(None);
        let stops = Memo::new(move |_| running.with(stops));
        let count = Memo::new(move |_| stops.with(Vec::len));
        let place = RwSignal::new(0_usize);
        let at = Memo::new(move |_| place.get().min(count.get().saturating_sub(1)));
        let stop = Memo::new(move |_| {
            let at = at.get();
            stops.with(|all| all.get(at).copied().unwrap_or(Stop::Loss))
        });
        let step = RwSignal::new(None::<WeightStep>);
        let small = lab
            .document
            .analysis
            .with_untracked(|it| it.total.macs <= QUICK);
        let asked = RwSignal::new(small);
        // Asked for what the answer names, so that the two are made before each other.
        let unit_of = RwSignal::new(None::<Unit>);
        let ask = move || {
            let node = stop.get().node();
            let mut maps: Vec<Wanted> =
                node.map(|node| wanted(running, node)).into_iter().collect();
            if lab.look.gradients().get() {
                // What the cards show may be other parts than at the last answer.
                lab.answer.latest().track();
                maps.extend(lab.answer.requested(lab.document, false));
            }
            let unit = unit_of.get().filter(|it| Some(it.node) == node);
            let step = step.get().filter(|it| Some(it.node) == node);
            let label = label.get();
            asked.get().then(|| {
                command(&Ask::Backward(BackwardAsk {
                    label,
                    maps,
                    unit,
                    step,
                }))
            })
        };
        let answer = lab.keep_querying(Pace::Trace, ask, |message| match told(message)? {
            (Told::Backward(told), values) => {
                let maps = Arc::new(as_trace(&told, values));
                Ok(Arc::new(Seen { told: *told, maps }))
            }
            _ => Err(QueryError::Unexpected.sentence()),
        });
        let unit = Memo::new(move |_| {
            let node = stop.get().node()?;
            let chosen = lab.look.chosen().get().filter(|it| it.node == node);
            if let Some(pixel) = chosen {
                return Some(Unit {
                    node,
                    channel: pixel.channel,
                    row: pixel.row,
                    column: pixel.column,
                });
            }
            // That with the largest gradient.
            let place = answer.with(|answer| {
                let seen = answer.as_ref()?.as_ref().ok()?;
                let slope = seen.told.nodes.iter().find(|it| it.node == node)?;
                Some(slope.place)
            })?;
            Some(unit_at(node, shape(lab, node)?, place))
        });
        Effect::new(move |_| unit_of.set(unit.get()));
        // A layer chosen on the network is where the walk goes on.
        Effect::new(move |_| {
            if let Some(pixel) = lab.look.chosen().get() {
                let here = stops
                    .with_untracked(|all| all.iter().position(|it| *it == Stop::Node(pixel.node)));
                if let Some(here) = here {
                    place.set(here);
                }
            }
        });
        Effect::new(move |_| {
            let maps =
                answer.with(|answer| Some(Arc::clone(&answer.as_ref()?.as_ref().ok()?.maps)));
            lab.look.set_slopes(maps);
        });
        // The activations beside the gradients.
        lab.show_parts(move || {
            let node = stop.get().node();
            node.map(|node| wanted(running, node)).into_iter().collect()
        });
        on_cleanup(move || {
            lab.look.show_gradients(false);
            lab.look.set_slopes(None);
        });
        Self {
            lab,
            label,
            stop,
            at,
            count,
            place,
            step,
            asked,
            answer,
            unit,
        }
    }

    /// So many stops on.
    pub fn go(self, by: isize) {
        let last = self.count.get_untracked().saturating_sub(1);
        let next = self.at.get_untracked().saturating_add_signed(by).min(last);
        self.go_to(next);
    }

    pub fn go_to(self, place: usize) {
        self.place.set(place);
    }

    /// The latest answer.
    pub fn seen(self) -> Option<Arc<Seen>> {
        self.answer
            .with(|answer| answer.as_ref()?.as_ref().ok().cloned())
    }

    pub fn failure(self) -> Option<String> {
        self.answer
            .with(|answer| answer.as_ref()?.as_ref().err().cloned())
    }

    /// The name of the stop.
    pub fn name(self) -> String {
        match self.stop.get() {
            Stop::Loss => "loss".to_owned(),
            Stop::Logits => "logits".to_owned(),
            Stop::Node(node) => name(self.lab, node),
        }
    }

    /// Starts what takes long on a large network.
    pub fn large(self) -> AnyView {
        let button = move || {
            (!self.asked.get()).then(|| {
                view! {
                    <button
                        type="button"
                        data-testid="backward-compute"
                        title="This network takes a while for each pass"
                        on:click=move |_| self.asked.set(true)
                    >
                        "Go back"
                    </button>
                }
            })
        };
        view! { {button} }.into_any()
    }

    /// The shape of a node.
    pub fn shape(self, node: NodeId) -> Option<Shape> {
        shape(self.lab, node)
    }
}

pub fn name(lab: Lab, node: NodeId) -> String {
    let running = lab.document.running();
    running.with(|graph: &Graph| {
        graph
            .node(node)
            .map_or_else(|| "input".to_owned(), |it| it.name.clone())
    })
}

fn shape(lab: Lab, node: NodeId) -> Option<Shape> {
    let running = lab.document.running();
    if node == NodeId::INPUT {
        return Some(running.with_untracked(Graph::input));
    }
    running.with_untracked(|graph| engine::Analysis::of(graph).node(node)?.shape)
}

/// The parts of a node that are drawn, of both activations and gradients.
pub fn wanted(running: state::ReadOnly<Graph>, node: NodeId) -> Wanted {
    let vector = running.with_untracked(|graph| {
        let analysis = engine::Analysis::of(graph);
        let shape = analysis.node(node).and_then(|it| it.shape);
        shape.is_some_and(|it| it.positions() == 1)
    });
    Wanted {
        channels: Some(if vector { VALUES } else { MAPS }),
        side: Some(SIDE),
        ..Wanted::all(node)
    }
}
