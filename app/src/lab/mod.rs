//! The lab's state. It is written only here; components read signals and call methods.

mod adapter;
mod ask;
mod classes;
mod clipboard;
mod compare;
mod core;
mod decode;
mod document;
mod draw;
mod embed;
mod engine;
mod fetch;
mod gallery;
mod header;
mod history;
mod inquiry;
mod keep;
mod link;
mod locks;
mod network;
mod notice;
mod painting;
mod parity;
mod photo;
mod picture;
mod record;
mod repairs;
mod requests;
mod save;
mod screen;
mod second;
pub mod settings;
mod sheet;
mod shelf;
mod source;
mod store;
mod surface;
mod timing;
mod trace;
mod unchanged;
mod update;
mod wants;
mod worker;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use ::engine::analysis::{Quantity, Repair};
use ::engine::data::Recipe;
use ::engine::format::experiment::USUAL_SEED;
use ::engine::format::{Control, Experiment, Locks};
use ::engine::graph::Piece;
use ::engine::session::{Adapter, Choice, DeviceKind, Preference};
use ::engine::{Analysis, Graph, NodeId, Shape};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use self::core::Core;
use self::embed::Embed;
use crate::graph_view::Folding;
use crate::maps::{Palette, palettes};

pub use self::classes::Names;
pub use self::compare::{Compare, MOST_PINS, Pin, letter, place};
pub use self::decode::decode;
pub use self::document::{Refusal, changed};
pub use self::embed::Part;
pub use self::gallery::{DataSet, Galleries, IMAGE_SIDE, Sample};
pub use self::history::History;
pub use self::inquiry::{Answered, Pace};
pub use self::link::{LONGEST, frame};
pub use self::locks::{LOCKED, title};
pub use self::network::WeightState;
pub use self::notice::{Failure, Place};
pub use self::parity::{AGREED, Parity, worst};
pub use self::photo::{Coded, Decoding, Photo, PhotoError, SAMPLES};
pub use self::second::Job;
pub use self::shelf::{ENDING, Listed, when};
pub use self::source::Source;
pub use self::surface::{SIDE, to_pad};
pub use self::timing::now;
pub use self::trace::{Trace, best, top};
pub use self::update::{Newer, Offline};
pub use self::wants::Detail;

/// A piece of the palette that is carried: what it is for the shape that it is put behind.
pub type Carried = Arc<dyn Fn(Shape) -> Piece + Send + Sync>;

/// Everything the page knows. Copied freely: it holds handles only.
#[derive(Clone, Copy)]
pub struct Lab {
    /// The document, which may have problems while it is edited.
    pub graph: RwSignal<Graph>,
    /// The last valid state of the document: what runs.
    pub running: RwSignal<Graph>,
    /// The nodes that run as they stand in the document; `None` while all do.
    unchanged: Memo<Option<HashSet<NodeId>>>,
    /// Why the CPU's engine has refused the network that runs.
    load_refused: RwSignal<Option<String>>,
    /// The zoo's name of the network that the document was opened as.
    pub origin: RwSignal<Option<&'static str>>,
    /// How many networks were opened: with another number it is another network.
    pub opening: RwSignal<u64>,
    pub history: RwSignal<History>,
    /// The last edit that was refused, until one is made.
    pub refused: RwSignal<Option<Refusal>>,
    /// What the person calls the experiment; without it the network's name stands for it.
    pub title: RwSignal<Option<String>>,
    /// What random weights are made from.
    pub seed: RwSignal<u64>,
    /// What the experiment's author has locked or hidden.
    pub locks: RwSignal<Locks>,
    /// The kept experiments, while the person looks at them; `None` until they are read.
    pub shelf: RwSignal<Option<Vec<Listed>>>,
    /// The person looks at the list of experiments.
    shelf_open: RwSignal<bool>,
    /// What is shown in another page's frame; `None` for the whole lab.
    pub embed: Option<Embed>,
    /// Which blocks the graph's picture shows as one box.
    pub folding: RwSignal<Folding>,
    /// The network is shown as a list, not as a picture.
    pub listed: RwSignal<bool>,
    /// Not all of the network's boxes or rows are in the page yet.
    pub growing: RwSignal<bool>,
    pub palette_open: RwSignal<bool>,
    /// What a screen reader is told of the last edit.
    pub said: RwSignal<String>,
    /// Repairs of the document's problems; `None` while they are looked for.
    pub repairs: RwSignal<HashMap<NodeId, Option<Vec<Repair>>>>,
    /// The numbers whose formula the person reads.
    pub asked: RwSignal<Option<Asked>>,
    /// A layer or block from the palette, to be put down on a wire.
    pub carrying: RwSignal<Option<Carried>>,
    pub analysis: Memo<Analysis>,
    pub palettes: Memo<HashMap<NodeId, Palette>>,
    /// Where the weights come from; `None` until the engine has the network.
    pub weights: RwSignal<Option<WeightState>>,
    /// A large file on its way.
    pub progress: RwSignal<Option<Progress>>,
    /// The node the person looks at.
    pub selected: RwSignal<NodeId>,
    /// All nodes that the person has selected, in the order they were.
    pub selection: RwSignal<Vec<NodeId>>,
    pub recipe: RwSignal<Recipe>,
    pub thickness: RwSignal<f64>,
    pub theme: RwSignal<Theme>,

    pub preference: RwSignal<Preference>,
    pub adapter: RwSignal<Adapter>,
    pub choice: Memo<Choice>,
    /// The device that gave the latest answer, and the milliseconds of its forward pass.
    pub pace: RwSignal<Option<(DeviceKind, f64)>>,
    measured: RwSignal<Measured>,
    /// Why WebGPU does not run here at all.
    gpu_failure: RwSignal<Option<String>>,
    /// Why WebGPU does not run this network.
    gpu_limit: RwSignal<Option<String>>,

    pub parity: RwSignal<Parity>,
    /// Where the input comes from.
    pub source: RwSignal<Source>,
    pub galleries: RwSignal<Galleries>,
    /// The gallery image on the pad, untouched.
    pub sample: RwSignal<Option<Sample>>,
    /// The photo that is the input, or would be.
    pub photo: RwSignal<Option<Arc<Photo>>>,
    /// A photo is being read.
    pub reading: RwSignal<bool>,
    /// What the network's outputs are called.
    pub names: Memo<Names>,
    /// ImageNet's names, once they have come.
    imagenet: RwSignal<Option<Arc<Vec<String>>>>,
    pub can_undo: RwSignal<bool>,
    /// The latest answer, for text; pictures follow [`Lab::on_trace`].
    pub latest: RwSignal<Option<Arc<Trace>>>,
    pub failures: RwSignal<Vec<Failure>>,
    pub notice: RwSignal<Option<String>>,
    /// Networks pinned beside each other.
    pub compare: Compare,
    /// How much of the site is kept on this machine.
    pub offline: RwSignal<Offline>,
    /// All of the site is being fetched, to be kept.
    pub keeping: RwSignal<bool>,
    pub newer: RwSignal<Newer>,

    core: StoredValue<Rc<RefCell<Core>>, LocalStorage>,
}

/// Numbers that the person wants explained, and where on the screen they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The whole network's where there is none.
    pub node: Option<NodeId>,
    pub title: &'static str,
    pub quantities: &'static [(Quantity, &'static str)],
    /// The number's left edge and its top and bottom, in pixels of the window.
    pub at: [f64; 3],
}

/// A large file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub what: String,
    /// Bytes that have come, and that there are.
    pub done: u64,
    pub total: u64,
}

/// From this width on there is room for the palette beside the network, in pixels.
const WIDE: f64 = 1200.0;

/// The network that the page opens with, by its name in the zoo.
const FIRST: &str = "lenet-5";

/// Milliseconds of a forward pass of the current network, as measured for the choice of device.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Measured {
    cpu: Option<f64>,
    gpu: Option<f64>,
}

/// The page's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The pen's limits and usual width, in the pad's pixels: MNIST's strokes are two to three of its
/// 28 pixels wide.
pub const THICKNESS: (f64, f64, f64) = (8.0, 40.0, 22.0);

impl Lab {
    /// The lab with this network. Nothing runs yet; see [`Lab::start`] and [`Lab::open`].
    pub fn new(graph: Graph) -> Self {
        let first = document::first(&graph);
        let running = RwSignal::new(graph.clone());
        let folding = RwSignal::new(Folding::usual(&graph));
        let graph = RwSignal::new(graph);
        let origin = RwSignal::new(None);
        let analysis = Memo::new(move |_| graph.with(Analysis::of));
        let unchanged = Memo::new(move |_| {
            let valid = analysis.with(Analysis::is_valid);
            (!valid).then(|| graph.with(|graph| running.with(|it| unchanged::of(graph, it))))
        });
        let imagenet = RwSignal::new(None);
        let preference = RwSignal::new(Preference::default());
        let adapter = RwSignal::new(Adapter::Unknown);
        let measured = RwSignal::new(Measured::default());
        let (gpu_failure, gpu_limit) = (RwSignal::new(None), RwSignal::new(None));
        let (least, most, usual) = THICKNESS;
        let wide = window().inner_width().ok().and_then(|it| it.as_f64());
        let embed = embed::asked().map(|value| Embed::read(&value).0);
        let palette_open = embed.is_none()
            && wide.is_none_or(|width| width >= WIDE)
            && settings::read("palette").as_deref() != Some("closed");
        let thickness = settings::read("thickness").and_then(|text| text.parse().ok());
        let theme = settings::read("theme")
            .and_then(|name| Theme::ALL.into_iter().find(|theme| theme.name() == name));
        Self {
            graph,
            running,
            unchanged,
            load_refused: RwSignal::new(None),
            origin,
            opening: RwSignal::new(0),
            history: RwSignal::default(),
            refused: RwSignal::new(None),
            title: RwSignal::new(None),
            seed: RwSignal::new(USUAL_SEED),
            locks: RwSignal::default(),
            shelf: RwSignal::default(),
            shelf_open: RwSignal::new(false),
            embed,
            folding,
            listed: RwSignal::new(settings::read("view").as_deref() == Some("list")),
            growing: RwSignal::new(false),
            palette_open: RwSignal::new(palette_open),
            said: RwSignal::default(),
            repairs: RwSignal::default(),
            asked: RwSignal::new(None),
            carrying: RwSignal::new(None),
            analysis,
            palettes: Memo::new(move |_| graph.with(palettes)),
            weights: RwSignal::new(None),
            progress: RwSignal::new(None),
            selected: RwSignal::new(first),
            selection: RwSignal::new(vec![first]),
            recipe: RwSignal::new(Recipe::default()),
            thickness: RwSignal::new(thickness.unwrap_or(usual).clamp(least, most)),
            theme: RwSignal::new(theme.unwrap_or_default()),
            preference,
            adapter,
            choice: Memo::new(move |_| {
                engine::choice(preference, adapter, measured, gpu_failure, gpu_limit)
            }),
            pace: RwSignal::new(None),
            measured,
            gpu_failure,
            gpu_limit,
            parity: RwSignal::default(),
            source: RwSignal::new(Source::Draw),
            galleries: RwSignal::default(),
            sample: RwSignal::new(None),
            photo: RwSignal::new(None),
            reading: RwSignal::new(false),
            names: Memo::new(move |before| {
                classes::names(origin, graph, analysis, imagenet, before)
            }),
            imagenet,
            can_undo: RwSignal::new(false),
            latest: RwSignal::new(None),
            failures: RwSignal::new(Vec::new()),
            notice: RwSignal::new(None),
            compare: Compare::new(),
            offline: RwSignal::default(),
            keeping: RwSignal::new(false),
            newer: RwSignal::default(),
            core: StoredValue::new_local(Rc::default()),
        }
    }

    /// Starts the engine: fetching it takes longer than all else.
    pub fn start(self) {
        self.start_engine(DeviceKind::Cpu);
    }

    /// Opens the first network and follows what the person does.
    pub fn open(self) {
        self.begin();
        self.tell_unknown_parts();
        self.follow_network();
        self.fetch_names();
        Effect::new(move |_| {
            // Every valid state of the document runs; while it has problems the last one goes on.
            let valid = self.analysis.with(Analysis::is_valid);
            // A rename changes what the weights are called, and nothing in the analysis.
            let graph = self.graph.get();
            let other = self.running.with_untracked(|running| *running != graph);
            if valid && other {
                self.run_network(graph);
            } else if !valid {
                // What is told of the network that runs is not true of this one.
                self.dismiss(Place::Load);
            } else if let Some(why) = self.load_refused.get_untracked() {
                self.fail(Place::Load, why);
            }
            if valid {
                let now = self.history.with_untracked(History::now);
                self.core(|core| core.keep.running = now);
            }
        });
        Effect::new(move |_| {
            // The last answer is no answer of a network that does not run.
            if self.is_refused() {
                self.leave_answer();
            }
        });
        Effect::new(move |_| {
            // The person's preference or a measurement has changed the device.
            let wanted = self.choice.with(|choice| choice.device);
            self.use_device(wanted);
        });
        Effect::new(move |before: Option<Recipe>| {
            let recipe = self.recipe.get();
            if before.is_some_and(|before| before != recipe) {
                self.drawing_changed();
            }
            recipe
        });
        Effect::new(move |_| settings::write("theme", self.theme.get().name()));
        Effect::new(move |_| settings::write("thickness", &self.thickness.get().to_string()));
    }

    /// Opens the network that everybody begins with, or waits for the code that opens links; the
    /// same code looks into the storage beside everything else.
    fn begin(self) {
        let linked = link::is_there();
        if !linked {
            self.open_first();
        }
        let keep = async move {
            if crate::later::keep(self).await.is_ok() {
                return;
            }
            if linked {
                self.open_first();
            }
            self.fail(
                Place::Storage,
                "Your work is not being kept, and links are not opened: a file of this page did \
                 not come. Reload the page to try again.",
            );
        };
        crate::later::once_due(self, linked, move || spawn_local(keep));
    }

    /// The network that everybody begins with, and a digit.
    fn open_first(self) {
        let graph = self.graph.get_untracked();
        let mut first = Experiment::of(graph.clone());
        first.settings.origin = Some(FIRST.to_owned());
        self.put_experiment(&first, History::default(), None);
        self.core(|core| core.pristine = Some(graph));
    }

    /// Says which words in a frame's address are no parts of the screen.
    fn tell_unknown_parts(self) {
        let unknown = embed::asked().map(|value| Embed::read(&value).1);
        if let Some(unknown) = unknown.filter(|unknown| !unknown.is_empty()) {
            let known = Part::ALL.map(Part::key).join(", ");
            self.tell(format!(
                "This frame's address asks for “{}”, which the lab does not have; it knows {known}.",
                unknown.join("”, “")
            ));
        }
    }

    /// Calls `paint` with every new answer, before it is the latest, for as long as the calling
    /// component lives.
    pub fn on_trace(self, paint: impl Fn(&Trace) + 'static) {
        let watch = self
            .core
            .with_value(|core| core.borrow_mut().watch(Rc::new(paint)));
        on_cleanup(move || {
            // At the page's end the core may be gone before its watchers.
            self.core
                .try_with_value(|core| core.borrow_mut().unwatch(watch));
        });
    }

    /// The person chooses the page's colours.
    pub fn paint_page(self, theme: Theme) {
        self.theme.set(theme);
    }

    /// The person chooses the pen's width; beyond the limits it is the limit.
    pub fn set_thickness(self, thickness: f64) {
        let (least, most, _) = THICKNESS;
        self.thickness.set(thickness.clamp(least, most));
    }

    /// The person switches steps of the preprocessing.
    pub fn set_recipe(self, recipe: Recipe) {
        if !self.permits(Control::Recipe) {
            return;
        }
        self.recipe.set(recipe);
    }

    /// The core, for one short change; nothing that may call back runs inside.
    fn core<T>(self, change: impl FnOnce(&mut Core) -> T) -> T {
        self.core.with_value(|core| change(&mut core.borrow_mut()))
    }
}
