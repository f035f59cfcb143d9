//! Composes the state with the engines' workers and the page's files. Components read signals of
//! [`State`] and call methods of [`Lab`].

mod attack;
mod bench_worker;
mod classes;
mod clipboard;
mod core;
mod data;
mod deploy;
mod device_agreement;
mod document;
mod draw;
mod engine;
mod exchange;
mod exercise;
mod experiment;
pub mod explain;
mod job;
mod learn;
mod map_requests;
mod network;
mod pad_canvas;
mod painting;
mod photo;
mod query;
mod reduce_workers;
mod request;
mod requests;
mod settle;
mod shrink;
mod side_worker;
mod site;
mod source;
mod stage_workers;
mod train;
mod versions;
mod weights;
mod worker_state;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use ::engine::data::Recipe;
use ::engine::format::{Control, Experiment};
use ::engine::session::{DeviceKind, EncodedFailure};
use ::engine::{Analysis, Graph, NodeId};
use leptos::prelude::*;
use state::State;
use state::answer::Trace;
use state::data::SetId;
use state::document::History;
use state::experiment::Beside;
use state::notices::Place;
use state::screen::{Embed, Palette, PanelKey, Preferences, Theme, palettes};

use self::core::Core;
use crate::platform::decode::{Coded, Decoding};
use crate::platform::{address, local_storage};

pub use self::attack::Part as AttackPart;
pub use self::data::SetError;
pub use self::exchange::{Format, Opened};
pub use self::job::Job;
pub use self::learn::Work;
pub use self::query::{Answered, Pace};
pub use self::shrink::{Compared, MapsBeside};
pub use self::train::most_workers;
pub use self::weights::start_of;

/// A sentence that comes with the code that makes it.
pub type Sentence = Pin<Box<dyn Future<Output = String>>>;

/// The images of a collection on their way.
pub type OwnImages = Pin<Box<dyn Future<Output = Result<(), SetError>>>>;

/// Code of the page that is fetched after its start.
#[derive(Clone, Copy)]
pub struct Lazy {
    /// Opens links and autosaves, at once if there is a link; [`Lab::keeping_failed`] is called
    /// when the code cannot be loaded.
    pub keep: fn(Lab, bool),
    /// Puts a failure into words.
    pub sentence: fn(EncodedFailure) -> Sentence,
    /// [`Lab::settle`].
    pub settle: fn(Lab),
    /// [`Lab::measure`].
    pub measure: fn(Lab, DeviceKind),
    /// [`Lab::download_maps`].
    pub download_maps: fn(Lab, Arc<Trace>),
    /// Reads a picture.
    pub decode: fn(Coded) -> Decoding,
    /// Loads the images of one of the person's own collections.
    pub own_images: fn(Lab, SetId) -> OwnImages,
}

/// The state of the page and its actions. `Copy`, because it holds handles only.
#[derive(Clone, Copy)]
pub struct Lab {
    state: State,
    /// The colours of each node's maps.
    pub palettes: Memo<HashMap<NodeId, Palette>>,
    lazy: Lazy,
    /// The comparison of the two devices.
    pub agreement_job: Job,
    /// The rate finder.
    pub rate_job: Job,
    /// The evaluation of a training's weights.
    pub evaluation_job: Job,
    /// The measurement of latencies.
    pub latency_job: Job,
    /// A step that makes the network smaller.
    pub shrink_job: Job,
    core: StoredValue<Rc<RefCell<Core>>, LocalStorage>,
}

impl Deref for Lab {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

/// The network that the page opens with, by its name in the zoo.
const FIRST: &str = "lenet-5";

impl Lab {
    /// Creates the lab with this network and these embeddable panels. Nothing runs yet; see
    /// [`Lab::start`] and [`Lab::open`].
    pub fn new(graph: Graph, lazy: Lazy, panels: &'static [PanelKey]) -> Self {
        let after = |delay, act: Box<dyn FnOnce()>| set_timeout(act, delay);
        let state = State::new(graph, preferences(panels), after);
        let graph = state.document.graph();
        let lab = Self {
            state,
            palettes: Memo::new(move |_| graph.with(palettes)),
            lazy,
            agreement_job: Job::new(),
            rate_job: Job::new(),
            evaluation_job: Job::new(),
            latency_job: Job::new(),
            shrink_job: Job::new(),
            core: StoredValue::new_local(Rc::default()),
        };
        state
            .document
            .when_opened(move |opening| lab.opened(opening));
        lab.core(|core| core.owner = Owner::current());
        lab
    }

    /// Makes signals and effects that live as long as the page.
    pub fn for_life<T>(self, make: impl FnOnce() -> T) -> T {
        match self.core(|core| core.owner.clone()) {
            Some(owner) => owner.with(make),
            None => make(),
        }
    }

    /// Starts the engine: fetching it takes longer than all else.
    pub fn start(self) {
        self.start_engine(DeviceKind::Cpu);
    }

    /// Opens the first network and starts the effects.
    pub fn open(self) {
        self.begin();
        self.tell_unknown_parts();
        self.follow_network();
        self.fetch_names();
        self.run_valid_states();
        self.forget_unused_checkpoints();
        Effect::new(move |_| {
            // Clear the last answer when the engine refuses the network.
            if self.engine.is_refused() {
                self.clear_answer();
            }
        });
        Effect::new(move |_| {
            // The user's preference or a measurement changed the device.
            let wanted = self.engine.choice.with(|choice| choice.device);
            self.use_device(wanted);
        });
        Effect::new(move |before: Option<Recipe>| {
            let recipe = self.input.recipe().get();
            if before.is_some_and(|before| before != recipe) {
                self.drawing_changed();
            }
            recipe
        });
        Effect::new(move |_| local_storage::write("theme", self.screen.theme().get().name()));
        Effect::new(move |_| {
            local_storage::write("thickness", &self.input.thickness().get().to_string());
        });
    }

    /// Runs every valid state of the document; while it has problems the last valid one keeps
    /// running.
    fn run_valid_states(self) {
        Effect::new(move |_| {
            let valid = self.document.analysis.with(Analysis::is_valid);
            // A rename changes the names of weights and nothing in the analysis.
            let graph = self.document.graph().get();
            let other = self
                .document
                .running()
                .with_untracked(|running| *running != graph);
            if valid && other {
                self.run_network(graph);
            } else if !valid {
                // Dismiss failures that are about the previously running network.
                self.notices.dismiss(Place::Load);
            } else if let Some(why) = self.engine.load_refusal().get_untracked() {
                self.notices.fail(Place::Load, why);
            }
            if valid {
                let now = self.document.history().with_untracked(History::now);
                self.core(|core| core.running_state = now);
            }
        });
    }

    /// Opens the first network, or waits for the code that opens links; the same code reads the
    /// storage in the background.
    fn begin(self) {
        let linked = address::has_link();
        if !linked {
            self.open_first();
        }
        (self.lazy.keep)(self, linked);
    }

    /// The code that opens links and autosaves could not be loaded; `linked` when there was a link
    /// to open.
    pub fn keeping_failed(self, linked: bool) {
        if linked {
            self.open_first();
        }
        self.notices.fail(
            Place::Storage,
            "Your work is not being kept, and links are not opened: a file of this page did not \
             come. Reload the page to try again.",
        );
    }

    /// Opens the default network with a digit.
    pub fn open_first(self) {
        let graph = self.document.graph().get_untracked();
        let mut first = Experiment::of(graph.clone());
        first.settings.origin = Some(FIRST.to_owned());
        self.put(&first, Beside::default());
        self.core(|core| core.pristine = Some(graph));
    }

    /// A new experiment with the network that the page opens with.
    pub fn first_experiment() -> Option<Experiment> {
        let mut experiment = Experiment::of(::engine::zoo::lenet5().ok()?);
        experiment.settings.origin = Some(FIRST.to_owned());
        Some(experiment)
    }

    /// Reports words in the address of an embedded page that name no panel.
    fn tell_unknown_parts(self) {
        let unknown = address::embed().map(|value| Embed::read(&value, self.screen.panels).1);
        if let Some(unknown) = unknown.filter(|unknown| !unknown.is_empty()) {
            let known = self.screen.panels.iter().map(|panel| panel.key);
            let known = known.collect::<Vec<_>>().join(", ");
            self.notices.tell(format!(
                "This frame's address asks for “{}”, which the lab does not have; it knows {known}.",
                unknown.join("”, “")
            ));
        }
    }

    /// Calls `paint` with every new answer before it becomes the latest, for the life of the
    /// calling component.
    pub fn on_trace(self, paint: impl Fn(&Trace) + 'static) {
        let painter = self.answer.add_painter(Rc::new(paint));
        on_cleanup(move || self.answer.remove_painter(painter));
    }

    /// Switches steps of the preprocessing.
    pub fn set_recipe(self, recipe: Recipe) {
        if self.permits(Control::Recipe) {
            self.input.set_recipe(recipe);
        }
    }

    /// Marks the experiment as changed. The code that saves it is loaded lazily.
    pub fn touched(self) {
        let changed = self.core(|core| {
            core.unsaved = true;
            core.on_change
        });
        if let Some(changed) = changed {
            changed(self);
        }
    }

    /// Sets the function that is called when something of the experiment has changed.
    pub fn when_changed(self, act: fn(Self)) {
        self.core(|core| core.on_change = Some(act));
    }

    /// Returns whether the experiment has changed since the last call.
    pub fn take_unsaved(self) -> bool {
        self.core(|core| std::mem::take(&mut core.unsaved))
    }

    /// Whether something has changed since [`Self::take_unsaved`].
    pub fn is_unsaved(self) -> bool {
        self.core(|core| core.unsaved)
    }

    /// The number of the running state in the document's history.
    pub fn running_state(self) -> u64 {
        self.core(|core| core.running_state)
    }

    /// Sets the number of the running state of a stored experiment.
    pub fn set_running_state(self, number: u64) {
        self.core(|core| core.running_state = number);
    }

    /// Borrows the core for a short change; `change` must not call methods of the lab.
    fn core<T>(self, change: impl FnOnce(&mut Core) -> T) -> T {
        self.core.with_value(|core| change(&mut core.borrow_mut()))
    }
}

/// What earlier visits and the page's address say about the screen.
fn preferences(panels: &'static [PanelKey]) -> Preferences {
    let embed = address::embed().map(|value| Embed::read(&value, panels).0);
    Preferences {
        panels,
        embed,
        listed: local_storage::read("view").as_deref() == Some("list"),
        palette_open: local_storage::read("palette").as_deref() == Some("all"),
        theme: local_storage::read("theme").and_then(|name| Theme::named(&name)),
        thickness: local_storage::read("thickness").and_then(|text| text.parse().ok()),
    }
}
