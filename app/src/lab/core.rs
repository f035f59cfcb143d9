//! The lab's non-reactive data: workers, the pad's canvas, and requests under way.

use std::collections::HashMap;

use engine::Graph;
use engine::session::{DeviceKind, RequestId};
use leptos::prelude::Owner;
use state::data::SetId;
use state::shrink::VariantId;
use state::train::runs::RunOf;
use web_sys::Blob;

use super::Lab;
use super::attack::Part as AttackPart;
use super::data::HeldSet;
use super::exercise::Part as ExercisePart;
use super::pad_canvas::PadCanvas;
use super::painting::Painting;
use super::shrink::Teacher;
use super::side_worker::SideWorker;
use super::train::{Machine, Pool, UnderWay};
use super::worker_state::{Engine, Version};

/// Where the opened network's weights are.
#[derive(Clone, Debug, Default)]
pub enum Weights {
    #[default]
    Awaited,
    /// A safetensors file (shipped with the network, or a checkpoint), kept for the next start of an
    /// engine. The browser has its bytes, the page none of them.
    Trained(Blob),
    /// None, not loaded or not fitting: random ones are made from a seed.
    Seeded,
}

/// See the module.
#[derive(Default)]
pub struct Core {
    /// Owns the signals of areas whose state is made when they are first shown.
    pub owner: Option<Owner>,
    /// The area Attack.
    pub attack: Option<AttackPart>,
    /// Exercises.
    pub exercise: Option<ExercisePart>,
    pub cpu: Option<Engine>,
    pub gpu: Option<Engine>,
    /// The images of data sets, as far as they are loaded.
    pub data: HashMap<SetId, HeldSet>,
    /// The worker that measures pinned networks.
    pub bench: Option<SideWorker>,
    /// The worker of the race under way.
    pub race: Option<SideWorker>,
    /// The number of races started so far.
    pub races: u64,
    /// The number of workers started so far.
    pub starts: u32,
    /// Times of restarts of workers in milliseconds of the page's clock.
    pub restarts: Vec<f64>,
    pub weights: Weights,
    /// Downloaded weights files by the network's name.
    pub files: HashMap<&'static str, Blob>,
    /// The checkpoints that steps of the history have, by number.
    pub checkpoints: HashMap<u64, Blob>,
    /// The checkpoints of the time machine, by number.
    pub snapshots: HashMap<u64, Blob>,
    /// Called when another network is opened. Training's code is loaded with its panel.
    pub leave_training: Option<fn(Lab)>,
    /// The training under way.
    pub training: Option<UnderWay>,
    /// The other workers of the training under way.
    pub pool: Pool,
    /// The number of the checkpoint that the history has of the training.
    pub kept_training: Option<u64>,
    /// When it was kept, in milliseconds of the page's clock.
    pub kept_at: f64,
    /// The number of trainings started so far.
    pub trainings: u64,
    /// The run that the training on the screen is.
    pub run: Option<RunOf>,
    /// The number of the last checkpoint that the history has of it.
    pub run_kept: Option<u64>,
    /// The seconds that its steps took.
    pub run_seconds: f64,
    /// The last checkpoints of kept runs, by the run's number.
    pub run_files: HashMap<u64, Blob>,
    /// Called when the kept runs have changed.
    pub on_runs: Option<fn(Lab)>,
    /// The checkpoints of variants, by number.
    pub variant_files: HashMap<u64, Blob>,
    /// The weights of versions, by the version's number.
    pub version_files: HashMap<u64, Blob>,
    /// The weights of variants that were kept as teachers.
    pub teacher_files: HashMap<VariantId, Blob>,
    /// Whom the next training learns from, if its settings say so.
    pub teacher: Option<Teacher>,
    /// Which earlier step is shown next.
    pub machine: Machine,
    /// The network that is to run.
    pub version: Version,
    /// Sending the running network to the engines is debounced …
    pub debouncing: bool,
    /// … ; the number of debounce timers so far, of which only the last fires.
    pub debounces: u64,
    /// The network as it was opened, without edits: its weights file must fit exactly.
    pub pristine: Option<Graph>,
    /// Newly added views request their maps at the end of this task.
    pub requesting: bool,

    pub pad_canvas: Option<PadCanvas>,
    /// The input has changed since it was last sent, or other maps of it are requested.
    pub dirty: bool,
    /// The time of the latest pointer event whose drawing was not sent yet.
    pub pointed: Option<f64>,
    /// The number of the latest request to any worker.
    pub request: RequestId,
    /// The request whose answer is shown or being painted.
    pub shown: RequestId,
    /// The answer that is being painted.
    pub painting: Option<Painting>,
    /// The next answer's maps are saved as a file.
    pub save: bool,
    /// A reused buffer for the drawing's bytes.
    pub ink: Vec<u8>,
    /// The first answer was shown.
    pub ready: bool,

    /// The number of the running state in the document's history.
    pub running_state: u64,
    /// The experiment has changes that autosave has not taken yet.
    pub unsaved: bool,
    /// Called when the experiment has changed.
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
