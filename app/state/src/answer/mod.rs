//! The network's answer: the latest forward pass, the class names, and which maps are requested.

pub mod map_requests;
mod maps_file;
mod names;
mod range;
mod reading;
mod standing;
mod trace;

use std::rc::Rc;
use std::sync::Arc;

use engine::NodeId;
use engine::session::{DeviceKind, Wanted};
use engine::zoo::Classes;
use reactive_graph::computed::Memo;
use reactive_graph::owner::{LocalStorage, StoredValue};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get, GetUntracked, Set, UpdateValue, With, WithUntracked, WithValue};

pub use self::map_requests::{Detail, MapRequests};
pub use self::maps_file::maps_file;
pub use self::names::Names;
pub use self::range::{Range, Ranges};
pub use self::reading::Reading;
pub use self::standing::{Facts, Standing};
pub use self::trace::{Trace, best, top};

use crate::document::{Document, holds};
use crate::engine::Engine;
use crate::input::Input;
use crate::train::Train;

/// A callback that paints an answer.
pub type Painter = Rc<dyn Fn(&Trace)>;

/// The registered painters, in the order of registration.
#[derive(Default)]
struct Views {
    painters: Vec<(u64, Painter)>,
    next: u64,
    requests: MapRequests,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Answer {
    latest: RwSignal<Option<Arc<Trace>>>,
    pace: RwSignal<Option<(DeviceKind, f64)>>,
    imagenet: RwSignal<Option<Arc<Vec<String>>>>,
    views: StoredValue<Views, LocalStorage>,
    /// The classes of the network's outputs, if they are known.
    pub classes: Memo<Option<Classes>>,
    /// The class names of the network's outputs.
    pub names: Memo<Names>,
    /// The latest answer as probabilities.
    pub reading: Memo<Option<Reading>>,
    /// What the answer is worth.
    pub standing: Memo<Standing>,
}

readable!(Answer {
    /// The latest answer, set after all views have painted it.
    latest: Option<Arc<Trace>>,
    /// The device that gave the latest answer, and the milliseconds of its forward pass.
    pace: Option<(DeviceKind, f64)>,
});

impl Answer {
    pub(crate) fn new(document: Document, input: Input, engine: Engine, train: Train) -> Self {
        let latest = RwSignal::new(None);
        let imagenet = RwSignal::new(None);
        let classes: Memo<Option<Classes>> =
            Memo::new(move |before| names::classes(document, input, before));
        let standing = Memo::new(move |_| {
            Standing::of(Facts {
                // Of a network of the person's own they are those of what is on the pad.
                classes: document.origin().get().and(classes.get()),
                own: document.weights().with(Option::is_some),
                weights: engine.weights().get(),
                kind: input.kind(),
                valid: document.unchanged.with(Option::is_none),
            })
        });
        Self {
            latest,
            pace: RwSignal::new(None),
            imagenet,
            views: StoredValue::new_local(Views::default()),
            classes,
            names: Memo::new(move |_| names::names(classes.get(), imagenet, train)),
            reading: Memo::new(move |_| reading::reading(document, latest)),
            standing,
        }
    }

    /// Sets the latest answer, after all views have painted it.
    pub fn set_latest(self, trace: Arc<Trace>) {
        self.pace.set(Some((trace.device, trace.forward_ms)));
        self.latest.set(Some(trace));
    }

    /// Clears the last answer, which is of another network.
    pub fn clear(self) {
        if self.latest.with_untracked(Option::is_some) {
            self.latest.set(None);
        }
    }

    /// The device that gave the latest answer.
    pub fn device(self) -> DeviceKind {
        let pace = self.pace.get_untracked();
        pace.map_or(DeviceKind::Cpu, |(device, _)| device)
    }

    /// Stores ImageNet's class names.
    pub fn set_imagenet(self, names: Vec<String>) {
        self.imagenet.set(Some(Arc::new(names)));
    }

    /// Registers a painter and returns its number, which removes it.
    pub fn add_painter(self, painter: Painter) -> u64 {
        let mut number = 0;
        self.views.update_value(|views| {
            views.next += 1;
            number = views.next;
            views.painters.push((number, painter));
        });
        number
    }

    /// Removes a painter.
    pub fn remove_painter(self, number: u64) {
        // At the page's end the state may be disposed before its views.
        self.views
            .try_update_value(|views| views.painters.retain(|(it, _)| *it != number));
    }

    /// The painter registered next after this number.
    pub fn painter_after(self, number: u64) -> Option<(u64, Painter)> {
        self.views.with_value(|views| {
            let next = views.painters.partition_point(|(it, _)| *it <= number);
            views.painters.get(next).cloned()
        })
    }

    /// Adds a view that shows maps and returns its number.
    pub fn add_view(self) -> u64 {
        let mut view = 0;
        self.views.update_value(|views| view = views.requests.add());
        view
    }

    /// Sets the parts of maps that this view shows.
    pub fn request(self, view: u64, parts: Vec<Wanted>) {
        self.views
            .update_value(|views| views.requests.set(view, parts));
    }

    /// Removes the view.
    pub fn remove_view(self, view: u64) {
        // At the page's end the state may be disposed before its views.
        self.views
            .try_update_value(|views| views.requests.remove(view));
    }

    /// The maps that the next run returns: those on the screen, or all of the network's.
    pub fn requested(self, document: Document, all: bool) -> Vec<Wanted> {
        document.running().with_untracked(|graph| {
            if all {
                let nodes = graph.nodes().iter().map(|node| node.id);
                return [NodeId::INPUT]
                    .into_iter()
                    .chain(nodes)
                    .map(Wanted::all)
                    .collect();
            }
            let mut wanted = self.views.with_value(|views| views.requests.wanted());
            wanted.retain(|it| holds(graph, it.node));
            wanted
        })
    }
}
