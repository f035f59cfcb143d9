//! Opening an experiment.

use engine::Analysis;
use engine::format::{Control, Experiment};
use leptos::prelude::*;
use state::document::Snapshot;
use state::experiment::Beside;
use state::input::Sample;
use wasm_bindgen_futures::spawn_local;

use super::Lab;

impl Lab {
    /// Puts an experiment on the screen in the place of all that was there, with what it was kept
    /// with.
    pub fn put(self, experiment: &Experiment, beside: Beside) {
        let Beside {
            history,
            weights,
            running,
        } = beside;
        self.put_experiment(experiment, history, weights);
        self.put_running(running);
        let wanted = self.put_input(&experiment.settings.input);
        if let Some(photo) = wanted.photo {
            self.fetch_sample_photo(photo);
        }
        self.redraw();
        if let Some(sample) = wanted.sample {
            self.fetch_sample(sample);
        }
        self.follow_source(wanted.source);
    }

    /// The running graph: the network itself, or its last valid state.
    pub(super) fn put_running(self, last: Option<Snapshot>) {
        let graph = self.document.graph().get_untracked();
        if self.document.analysis.with_untracked(Analysis::is_valid) {
            self.run_network(graph);
        } else if let Some(last) = last {
            self.run_network(last.graph);
        } else {
            // The engine must not keep weights of the previous experiment.
            self.load_everywhere();
        }
    }

    /// Puts a test image on the pad once it is loaded.
    pub(super) fn fetch_sample(self, sample: Sample) {
        spawn_local(async move {
            let come = self.fetch_gallery(sample.set).await;
            match self.input.settle_sample(sample, come) {
                None => {}
                Some(true) => self.put_on_pad(sample),
                Some(false) => self.drawing_changed(),
            }
        });
    }

    /// Puts a test image on the pad.
    pub fn show_sample(self, sample: Sample) {
        if self.permits(Control::Input) {
            self.put_on_pad(sample);
        }
    }

    fn put_on_pad(self, sample: Sample) {
        if self.input.show_sample(sample) {
            self.redraw();
        }
    }
}
