//! What the lab holds beside the state: workers, the pad's canvas, and requests under way.

use std::collections::HashMap;

use engine::Graph;
use engine::session::{DeviceKind, RequestId};
use web_sys::Blob;

use super::Lab;
use super::bench_worker::BenchWorker;
use super::pad_canvas::PadCanvas;
use super::painting::Painting;
use super::worker_state::{Engine, Version};

/// Where the opened network's weights are.
#[derive(Clone, Debug, Default)]
pub enum Weights {
    #[default]
    Awaited,
    /// A safetensors file (shipped with the network, or a checkpoint), kept for the next start of an
    /// engine. The browser has its bytes, the page none of them.
    Trained(Blob),
    /// There are none, they did not come or they do not fit: random ones are made from a seed.
    Seeded,
}

/// See the module.
#[derive(Default)]
pub struct Core {
    pub cpu: Option<Engine>,
    pub gpu: Option<Engine>,
    /// The worker that measures pinned networks.
    pub bench: Option<BenchWorker>,
    /// Counts the started workers.
    pub starts: u32,
    /// When workers were started again, in milliseconds of the page's clock.
    pub restarts: Vec<f64>,
    pub weights: Weights,
    /// Weights files that were fetched, by their network's name.
    pub files: HashMap<&'static str, Blob>,
    /// The checkpoints that steps of the history have, by number.
    pub checkpoints: HashMap<u64, Blob>,
    /// The network that is to run.
    pub version: Version,
    /// The network that is to run is given to the engines after a pause …
    pub debouncing: bool,
    /// … unless another edit comes; counts the pauses.
    pub debounces: u64,
    /// The network as it was opened, without edits: its weights file must fit exactly.
    pub pristine: Option<Graph>,
    /// Views have come whose maps are requested at the end of this task.
    pub requesting: bool,

    pub pad_canvas: Option<PadCanvas>,
    /// The input has changed since it was last sent, or other maps of it are requested.
    pub dirty: bool,
    /// When the latest pointer event came whose drawing was not sent yet.
    pub pointed: Option<f64>,
    /// The number of the latest request to any worker.
    pub request: RequestId,
    /// The request whose answer is shown or being painted.
    pub shown: RequestId,
    /// The answer that is being painted.
    pub painting: Option<Painting>,
    /// The next answer's maps are saved as a file.
    pub save: bool,
    /// The drawing's bytes on their way, reused.
    pub ink: Vec<u8>,
    /// The first answer was shown.
    pub ready: bool,

    /// The number of the document's state that runs, as its history counts them.
    pub running_state: u64,
    /// Something of the experiment has changed that was not taken up by whoever keeps it.
    pub unsaved: bool,
    /// Called when something of the experiment has changed.
    pub on_change: Option<fn(Lab)>,
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
        self.request += 1;
        self.request
    }
}
