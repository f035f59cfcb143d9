//! The whole screen as an experiment, and an experiment as the whole screen.

use engine::format::Experiment;
use engine::format::experiment::{
    Input, PARTS, Pad, Settings, Shown, Source as From, Stroke, View,
};
use engine::{Analysis, Graph, NodeId};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::document::holds;
use super::gallery::{DataSet, Sample};
use super::history::{History, State};
use super::sheet::{Mark, Sheet, Stroke as Ink};
use super::{Lab, SAMPLES, Source};
use crate::graph_view::Folding;

impl Lab {
    /// The settings as they are on the screen.
    pub(super) fn settings(self) -> Settings {
        let (usual, folded) = self.graph.with_untracked(|graph| {
            let usual = Folding::usual(graph);
            let folding = self.folding.get_untracked();
            (usual == folding, folding.pairs())
        });
        Settings {
            name: self.title.get_untracked(),
            origin: self.origin.get_untracked().map(str::to_owned),
            seed: self.seed.get_untracked(),
            input: self.input(),
            recipe: self.recipe.get_untracked(),
            device: self.preference.get_untracked(),
            view: View {
                shown: Some(if self.listed.get_untracked() {
                    Shown::List
                } else {
                    Shown::Graph
                }),
                folded: (!usual).then_some(folded),
                selected: Some(self.selected.get_untracked()),
            },
            locks: self.locks.get_untracked(),
        }
    }

    fn input(self) -> Input {
        let (pad, wanted) = self.core(|core| {
            let pad = match core.sheet.visible() {
                [] => core.awaited.map_or(Pad::Strokes(Vec::new()), pad),
                [Mark::Sample(sample)] => pad(*sample),
                marks => Pad::Strokes(marks.iter().filter_map(stroke).collect()),
            };
            (pad, core.photo_wanted)
        });
        let photo = match self.photo.get_untracked() {
            Some(photo) if wanted.is_none() => photo.stem,
            Some(_) | None => wanted,
        };
        Input {
            source: match self.source.get_untracked() {
                Source::Draw => From::Draw,
                Source::Gallery(DataSet::Mnist) => From::Mnist,
                Source::Gallery(DataSet::Fashion) => From::FashionMnist,
                Source::Photo => From::Photo,
            },
            pad,
            photo: photo.map(str::to_owned),
        }
    }

    /// The experiment on the screen.
    pub fn experiment(self) -> Experiment {
        Experiment {
            graph: self.graph.get_untracked(),
            settings: self.settings(),
        }
    }

    /// Puts an experiment on the screen in the place of all that was there, with the history it was
    /// kept with. `running` is what goes on running where the network has problems.
    pub(super) fn put_experiment(
        self,
        experiment: &Experiment,
        history: History,
        running: Option<State>,
    ) {
        let settings = &experiment.settings;
        let State { graph, origin } = State::of(experiment);
        self.refused.set(None);
        self.carrying.set(None);
        self.asked.set(None);
        self.locks.set(settings.locks.clone());
        self.title.set(settings.name.clone());
        self.seed.set(settings.seed);
        self.recipe.set(settings.recipe);
        self.preference.set(settings.device);
        if let Some(shown) = settings.view.shown {
            self.listed.set(shown == Shown::List);
        }
        self.folding.set(match &settings.view.folded {
            Some(folded) => Folding::of(&graph, folded),
            None => Folding::usual(&graph),
        });
        self.origin.set(origin);
        self.opened(origin);
        self.history.set(history);
        let there = |id: &NodeId| holds(&graph, *id);
        let selected = settings.view.selected.filter(there);
        let selected = selected.or_else(|| graph.nodes().first().map(|node| node.id));
        self.put_graph(graph);
        self.select(selected.unwrap_or(NodeId::INPUT));
        self.put_running(running);
        self.put_input(&settings.input);
    }

    /// What runs: the network itself, or the last state of it that could.
    fn put_running(self, last: Option<State>) {
        let graph = self.graph.get_untracked();
        if self.analysis.with_untracked(Analysis::is_valid) {
            self.run_network(graph);
        } else if let Some(last) = last {
            self.run_network(last.graph);
        } else {
            // The engine is to forget the network of the experiment before.
            self.load_everywhere();
        }
    }

    fn put_input(self, input: &Input) {
        let source = match input.source {
            From::Draw => Source::Draw,
            From::Mnist => Source::Gallery(DataSet::Mnist),
            From::FashionMnist => Source::Gallery(DataSet::Fashion),
            From::Photo => Source::Photo,
        };
        let stem = input.photo.as_deref();
        let photo = SAMPLES.into_iter().find(|sample| stem == Some(sample.stem));
        if let Some(photo) = photo {
            let shown = self
                .photo
                .with_untracked(|it| it.as_ref().and_then(|it| it.stem));
            if shown != Some(photo.stem) {
                self.fetch_sample_photo(photo);
            }
        }
        match &input.pad {
            Pad::Mnist(index) => self.put_sample(DataSet::Mnist, *index),
            Pad::FashionMnist(index) => self.put_sample(DataSet::Fashion, *index),
            Pad::Strokes(strokes) => {
                self.core(|core| {
                    (core.awaited, core.opened) = (None, true);
                    core.sheet.replace(strokes.iter().map(ink).collect());
                });
                self.redraw();
            }
        }
        self.follow_source(source);
    }

    /// Puts a test image on fresh paper, as soon as it has come.
    fn put_sample(self, set: DataSet, index: u32) {
        let index = index as usize;
        let sample = Sample { set, index };
        self.core(|core| {
            core.awaited = Some(sample);
            core.opened = false;
            core.sheet = Sheet::default();
        });
        self.redraw();
        spawn_local(async move {
            let come = self.fetch_gallery(set).await;
            if self.core(|core| core.awaited != Some(sample)) {
                return;
            }
            self.core(|core| core.opened = true);
            // The person may have been faster.
            if come && !self.core(|core| core.sheet.can_undo()) {
                self.put_on_pad(sample);
            } else {
                self.drawing_changed();
            }
            if come {
                self.core(|core| core.awaited = None);
            }
        });
    }
}

fn pad(sample: Sample) -> Pad {
    let index = u32::try_from(sample.index).unwrap_or_default();
    match sample.set {
        DataSet::Mnist => Pad::Mnist(index),
        DataSet::Fashion => Pad::FashionMnist(index),
    }
}

/// A stroke in the document's parts of a pixel, which its points were rounded to when it was drawn.
fn stroke(mark: &Mark) -> Option<Stroke> {
    let Mark::Stroke(ink) = mark else {
        return None;
    };
    let part = |value: f64| (value * PARTS).round() as i16;
    let points = ink.points.iter().map(|&(x, y)| [part(x), part(y)]);
    Some(Stroke {
        thickness: (ink.thickness * PARTS).round() as u16,
        points: points.collect(),
    })
}

fn ink(stroke: &Stroke) -> Ink {
    let pixels = |part: i16| f64::from(part) / PARTS;
    let points = stroke.points.iter();
    Ink {
        fresh: false,
        thickness: f64::from(stroke.thickness) / PARTS,
        points: points.map(|&[x, y]| (pixels(x), pixels(y))).collect(),
    }
}

/// The network that the page opens with.
pub(super) fn first() -> Option<Graph> {
    engine::zoo::lenet5().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_stroke_comes_back_point_for_point() {
        let drawn = Ink {
            fresh: false,
            thickness: 22.0,
            points: vec![(0.125, 279.875), (-3.5, 140.0)],
        };
        let kept = stroke(&Mark::Stroke(drawn.clone())).unwrap();
        assert_eq!(ink(&kept), drawn);
    }
}
