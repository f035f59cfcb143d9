//! The network's answer: the latest forward pass, what its outputs are called, and which of its
//! maps are requested.

pub mod map_requests;
mod maps_file;
mod names;
mod trace;

use std::rc::Rc;
use std::sync::Arc;

use engine::NodeId;
use engine::session::{DeviceKind, Wanted};
use reactive_graph::computed::Memo;
use reactive_graph::owner::{LocalStorage, StoredValue};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set, UpdateValue, WithUntracked, WithValue};

pub use self::map_requests::{Detail, MapRequests};
pub use self::maps_file::maps_file;
pub use self::names::Names;
pub use self::trace::{Trace, best, top};

use crate::document::{Document, holds};

/// Paints an answer.
pub type Painter = Rc<dyn Fn(&Trace)>;

/// Those who paint answers, in the order they came.
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
    /// What the network's outputs are called.
    pub names: Memo<Names>,
}

readable!(Answer {
    /// The latest answer, for text; pictures are painted before.
    latest: Option<Arc<Trace>>,
    /// The device that gave the latest answer, and the milliseconds of its forward pass.
    pace: Option<(DeviceKind, f64)>,
});

impl Answer {
    pub(crate) fn new(document: Document) -> Self {
        let imagenet = RwSignal::new(None);
        Self {
            latest: RwSignal::new(None),
            pace: RwSignal::new(None),
            imagenet,
            views: StoredValue::new_local(Views::default()),
            names: Memo::new(move |before| names::names(document, imagenet, before)),
        }
    }

    /// This answer is the latest: every view has painted it.
    pub fn set_latest(self, trace: Arc<Trace>) {
        self.pace.set(Some((trace.device, trace.forward_ms)));
        self.latest.set(Some(trace));
    }

    /// The last answer belongs to no network on the screen.
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

    /// ImageNet's class names have come.
    pub fn set_imagenet(self, names: Vec<String>) {
        self.imagenet.set(Some(Arc::new(names)));
    }

    /// Adds one who paints answers: the number that takes them away again.
    pub fn add_painter(self, painter: Painter) -> u64 {
        let mut number = 0;
        self.views.update_value(|views| {
            views.next += 1;
            number = views.next;
            views.painters.push((number, painter));
        });
        number
    }

    /// Takes one away who paints answers.
    pub fn remove_painter(self, number: u64) {
        // At the page's end the state may be gone before its views.
        self.views
            .try_update_value(|views| views.painters.retain(|(it, _)| *it != number));
    }

    /// The one who came next after that of this number.
    pub fn painter_after(self, number: u64) -> Option<(u64, Painter)> {
        self.views.with_value(|views| {
            let next = views.painters.partition_point(|(it, _)| *it <= number);
            views.painters.get(next).cloned()
        })
    }

    /// Adds a view that shows maps: its number.
    pub fn add_view(self) -> u64 {
        let mut view = 0;
        self.views.update_value(|views| view = views.requests.add());
        view
    }

    /// This view shows these parts of maps.
    pub fn request(self, view: u64, parts: Vec<Wanted>) {
        self.views
            .update_value(|views| views.requests.set(view, parts));
    }

    /// The view has gone.
    pub fn remove_view(self, view: u64) {
        // At the page's end the state may be gone before its views.
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
