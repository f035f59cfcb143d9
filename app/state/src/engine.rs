//! The state of the engines: which device runs the network and why, measured times, and the
//! weights.

use ::engine::session::{Adapter, Choice, DeviceKind, Difference, Preference, choose};
use reactive_graph::computed::Memo;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get, GetUntracked, Set, Update, With};

use crate::document::OwnWeights;

/// How many nodes have weights, and how many of those have trained ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightState {
    pub trained: usize,
    pub weighted: usize,
}

impl WeightState {
    /// Whose weights they are, in words; `own` are those in the place of the network's.
    pub fn text(self, own: Option<&OwnWeights>) -> String {
        let Self { trained, weighted } = self;
        let whose = own.map_or_else(
            || "trained weights".to_owned(),
            |own| format!("weights from {}", own.from),
        );
        match trained {
            _ if weighted == 0 => "no weights".to_owned(),
            0 => "seeded random weights: the maps are real, the answer is not".to_owned(),
            trained if trained == weighted => whose,
            trained => {
                format!("{whose} in {trained} of {weighted} layers, random ones in the others")
            }
        }
    }
}

/// The download of a large file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    pub what: String,
    /// Bytes received, and the total.
    pub done: u64,
    pub total: u64,
}

/// Devices agree up to this relative difference: 32-bit sums in different orders stay well below
/// it.
pub const AGREED: f32 = 1e-3;

/// The state of the comparison of the two devices.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DeviceAgreement {
    #[default]
    NotAsked,
    Running {
        /// The number of compared layers, and of all.
        done: usize,
        of: usize,
    },
    /// Each layer's largest difference, in the graph's order, with the node's name.
    Done(Vec<(String, Difference)>),
    Failed(String),
}

/// The layer that differs most.
pub fn worst(layers: &[(String, Difference)]) -> Option<&(String, Difference)> {
    let relative = |layer: &&(String, Difference)| layer.1.relative;
    layers
        .iter()
        .max_by(|a, b| relative(a).total_cmp(&relative(b)))
}

/// Milliseconds of a forward pass of the current network, as measured for the choice of device.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Measured {
    cpu: Option<f64>,
    gpu: Option<f64>,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Engine {
    preference: RwSignal<Preference>,
    adapter: RwSignal<Adapter>,
    measured: RwSignal<Measured>,
    webgpu_failure: RwSignal<Option<String>>,
    webgpu_limit: RwSignal<Option<String>>,
    load_refusal: RwSignal<Option<String>>,
    weights: RwSignal<Option<WeightState>>,
    download: RwSignal<Option<Download>>,
    agreement: RwSignal<DeviceAgreement>,
    /// The device to use and why.
    pub choice: Memo<Choice>,
}

readable!(Engine {
    /// The user's choice.
    preference: Preference,
    /// What the browser offers for WebGPU.
    adapter: Adapter,
    /// Why WebGPU does not run here at all.
    webgpu_failure: Option<String>,
    /// Why WebGPU does not run this network.
    webgpu_limit: Option<String>,
    /// Why the CPU engine refused the running network.
    load_refusal: Option<String>,
    /// How many nodes have trained weights; `None` until the engine has the network.
    weights: Option<WeightState>,
    /// The download of a large file.
    download: Option<Download>,
    /// Whether the two devices agree.
    agreement: DeviceAgreement,
});

impl Engine {
    pub(crate) fn new() -> Self {
        let preference = RwSignal::new(Preference::default());
        let adapter = RwSignal::new(Adapter::Unknown);
        let measured = RwSignal::new(Measured::default());
        let (webgpu_failure, webgpu_limit) = (RwSignal::new(None), RwSignal::new(None));
        Self {
            preference,
            adapter,
            measured,
            webgpu_failure,
            webgpu_limit,
            load_refusal: RwSignal::new(None),
            weights: RwSignal::new(None),
            download: RwSignal::new(None),
            agreement: RwSignal::default(),
            choice: Memo::new(move |_| {
                choice(preference, adapter, measured, webgpu_failure, webgpu_limit)
            }),
        }
    }

    /// The user prefers this device; a WebGPU engine that failed may be started again.
    pub fn prefer(self, preference: Preference) {
        self.webgpu_failure.set(None);
        self.preference.set(preference);
    }

    pub(crate) fn set_preference(self, preference: Preference) {
        self.preference.set(preference);
    }

    /// Sets what the browser offers for WebGPU.
    pub fn set_adapter(self, adapter: Adapter) {
        self.adapter.set(adapter);
    }

    /// Another network: clears the times measured with the previous one.
    pub fn forget_measured(self) {
        self.measured.set(Measured::default());
    }

    /// Sets the measured milliseconds of a forward pass of the current network on this device.
    pub fn set_measured(self, device: DeviceKind, ms: f64) {
        self.measured.update(|measured| match device {
            DeviceKind::Cpu => measured.cpu = Some(ms),
            DeviceKind::WebGpu => measured.gpu = Some(ms),
        });
    }

    /// Sets why WebGPU does not run here at all; `None` where it may.
    pub fn set_webgpu_failure(self, why: Option<String>) {
        self.webgpu_failure.set(why);
    }

    /// Sets why WebGPU does not run this network; `None` where it may.
    pub fn set_webgpu_limit(self, why: Option<String>) {
        self.webgpu_limit.set(why);
    }

    /// Sets why the CPU engine refuses the network; `None` where it does not.
    pub fn set_load_refusal(self, why: Option<String>) {
        self.load_refusal.set(why);
    }

    /// Sets the weights of the network that an engine has loaded.
    pub fn set_weights(self, weights: WeightState) {
        self.weights.set(Some(weights));
    }

    /// Sets the progress of a download.
    pub fn set_download(self, download: Option<Download>) {
        self.download.set(download);
    }

    /// Sets the state of the comparison of the devices.
    pub fn set_agreement(self, agreement: DeviceAgreement) {
        self.agreement.set(agreement);
    }

    /// Whether the chosen engine has refused the network because of its size.
    pub fn is_refused(self) -> bool {
        self.load_refusal.with(Option::is_some)
            && self.choice.with(|choice| choice.device == DeviceKind::Cpu)
    }

    /// Why there is no WebGPU to compare with.
    pub fn why_no_webgpu(self) -> String {
        let adapter = self.adapter.get_untracked();
        choose(&adapter, Preference::Automatic, None, None).reason
    }
}

/// The device to use and why: the engine's rules, and whether the WebGPU engine has failed here.
fn choice(
    preference: RwSignal<Preference>,
    adapter: RwSignal<Adapter>,
    measured: RwSignal<Measured>,
    webgpu_failure: RwSignal<Option<String>>,
    webgpu_limit: RwSignal<Option<String>>,
) -> Choice {
    let measured = measured.get();
    let choice = adapter.with(|it| choose(it, preference.get(), measured.cpu, measured.gpu));
    let tried = match preference.get() {
        Preference::Automatic | Preference::WebGpu => adapter.with(Adapter::usable),
        Preference::Cpu => false,
    };
    match webgpu_failure.get().or_else(|| webgpu_limit.get()) {
        Some(why) if tried => Choice {
            device: DeviceKind::Cpu,
            reason: why,
        },
        Some(_) | None => choice,
    }
}
