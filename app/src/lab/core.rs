//! What the lab holds besides signals: workers, paper, and who wants to see answers.

use std::collections::HashMap;
use std::rc::Rc;

use engine::Graph;
use engine::session::{DeviceKind, RequestId};
use web_sys::Blob;

use super::gallery::Sample;
use super::keep::Keep;
use super::painting::Painting;
use super::sheet::Sheet;
use super::source::Sources;
use super::surface::Surface;
use super::trace::Trace;
use super::wants::Wants;
use super::worker::Engine;

/// One who paints answers.
pub type Watcher = Rc<dyn Fn(&Trace)>;

/// Where the opened network's weights are.
#[derive(Clone, Debug, Default)]
pub enum Weights {
    #[default]
    OnTheirWay,
    /// A safetensors file, kept for the next start of an engine. The browser has its bytes, the page
    /// none of them.
    Trained(Blob),
    /// There are none, they did not come or they do not fit: random ones are made from a seed.
    Seeded,
}

/// Which network an engine has: the how-manieth that was opened, and the how-manieth valid state
/// of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    pub opening: u64,
    pub revision: u64,
}

/// See the module.
#[derive(Default)]
pub struct Core {
    pub cpu: Option<Engine>,
    pub gpu: Option<Engine>,
    /// How many workers were started.
    pub starts: u32,
    /// When workers were started again, in milliseconds of the page's clock.
    pub restarts: Vec<f64>,
    pub weights: Weights,
    /// Weights files that were fetched, by their network's name.
    pub files: HashMap<&'static str, Blob>,
    /// The network that is to run.
    pub version: Version,
    /// The network that is to run waits until the hand rests …
    pub resting: bool,
    /// … after the latest of so many edits.
    pub rests: u64,
    /// The network as it was opened, without edits: its weights file must fit exactly.
    pub pristine: Option<Graph>,
    pub wants: Wants,
    /// Views have come that are to be asked for at the end of this task.
    pub wanting: bool,
    /// How many notices were told.
    pub notices: u32,

    pub surface: Option<Surface>,
    pub sheet: Sheet,
    pub sources: Sources,
    /// The test image that is to come on the pad, as long as nothing else is on it.
    pub awaited: Option<Sample>,
    /// The shipped photo that is on its way.
    pub photo_wanted: Option<&'static str>,
    pub keep: Keep,
    /// How many photos were taken.
    pub photos: u64,
    /// The awaited sample has come, or will not come: blank paper is what the person means.
    pub opened: bool,
    /// The input has changed since it was last sent, or other maps of it are wanted.
    pub dirty: bool,
    /// When the latest pointer event came whose drawing was not sent yet.
    pub pointed: Option<f64>,
    /// The number of the latest request to any engine.
    pub generation: u64,
    /// The latest answer's number of those that are shown or being painted.
    pub shown: u64,
    /// The answer that is being painted.
    pub painting: Option<Painting>,
    /// The next answer's maps are wanted as a file.
    pub save: bool,
    /// The drawing's bytes on their way, reused.
    pub ink: Vec<u8>,
    pub ready: bool,

    /// In the order they came.
    watchers: Vec<(u64, Watcher)>,
    watches: u64,
}

impl Core {
    /// The worker of this device.
    pub const fn engine(&mut self, device: DeviceKind) -> &mut Option<Engine> {
        match device {
            DeviceKind::Cpu => &mut self.cpu,
            DeviceKind::WebGpu => &mut self.gpu,
        }
    }

    /// The number of the next request.
    pub const fn next_request(&mut self) -> RequestId {
        self.generation += 1;
        self.generation
    }

    /// Adds one who paints; the number takes them away again.
    pub fn watch(&mut self, watcher: Watcher) -> u64 {
        self.watches += 1;
        self.watchers.push((self.watches, watcher));
        self.watches
    }

    pub fn unwatch(&mut self, watch: u64) {
        self.watchers.retain(|(number, _)| *number != watch);
    }

    /// The one who came next after that of this number, to be called after the core is let go.
    pub fn watcher_after(&self, number: u64) -> Option<(u64, Watcher)> {
        let next = self.watchers.partition_point(|(it, _)| *it <= number);
        self.watchers.get(next).cloned()
    }
}
