//! Conversion between the state of the page and an experiment.

use engine::NodeId;
use engine::format::Experiment;
use engine::format::experiment::{
    Input as Kept, PARTS, Pad, Settings, Shown, Source as From, Stroke, View,
};
use reactive_graph::traits::{GetUntracked, WithUntracked};

use crate::State;
use crate::document::{History, Opening, OwnWeights, Snapshot, holds};
use crate::input::strokes::{Mark, Stroke as Ink};
use crate::input::{DataSet, SAMPLES, Sample, SamplePhoto, Source};
use crate::selection::Folding;

/// What an experiment was kept with, beside its document and its input.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    pub history: History,
    pub weights: Option<OwnWeights>,
    /// What goes on running where the network has problems.
    pub running: Option<Snapshot>,
}

/// Input files of an experiment that must be fetched, and its source of input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    pub photo: Option<SamplePhoto>,
    pub sample: Option<Sample>,
    pub source: Source,
}

impl State {
    /// The current settings.
    pub fn settings(self) -> Settings {
        let (document, screen) = (self.document, self.screen);
        let (usual, folded) = document.graph().with_untracked(|graph| {
            let usual = Folding::usual(graph);
            let folding = self.selection.folding().get_untracked();
            (usual == folding, folding.pairs())
        });
        Settings {
            name: document.title().get_untracked(),
            origin: document.origin().get_untracked().map(str::to_owned),
            seed: document.seed().get_untracked(),
            input: self.kept_input(),
            recipe: self.input.recipe().get_untracked(),
            data: self.data.kept().get_untracked(),
            device: self.engine.preference().get_untracked(),
            view: View {
                shown: Some(if screen.listed().get_untracked() {
                    Shown::List
                } else {
                    Shown::Graph
                }),
                folded: (!usual).then_some(folded),
                selected: Some(self.selection.node().get_untracked()),
            },
            locks: document.locks().get_untracked(),
        }
    }

    fn kept_input(self) -> Kept {
        let awaited = self.input.awaited();
        let pad = self.input.with_marks(|marks| match marks {
            [] => awaited.map_or(Pad::Strokes(Vec::new()), pad),
            [Mark::Sample(sample)] => pad(*sample),
            marks => Pad::Strokes(marks.iter().filter_map(stroke).collect()),
        });
        Kept {
            source: match self.input.source().get_untracked() {
                Source::Draw => From::Draw,
                Source::Gallery(DataSet::Mnist) => From::Mnist,
                Source::Gallery(DataSet::Fashion) => From::FashionMnist,
                Source::Photo => From::Photo,
            },
            pad,
            photo: self.input.shipped_photo().map(str::to_owned),
        }
    }

    /// The current experiment.
    pub fn experiment(self) -> Experiment {
        Experiment {
            graph: self.document.graph().get_untracked(),
            settings: self.settings(),
        }
    }

    /// Puts an experiment's document and settings in the place of all that was there, with the
    /// history and the weights it was kept with. Its input is put by [`State::put_input`].
    pub fn put_experiment(
        self,
        experiment: &Experiment,
        history: History,
        weights: Option<OwnWeights>,
    ) {
        let settings = &experiment.settings;
        let Snapshot { graph, origin, .. } = Snapshot::of(experiment);
        let document = self.document;
        document.clear_refusal();
        self.selection.drag(None);
        self.screen.explain(None);
        document.set_locks(settings.locks.clone());
        document.set_title(settings.name.clone());
        document.set_seed(settings.seed);
        self.input.set_recipe(settings.recipe);
        self.data.choose_kept(settings.data.clone());
        self.engine.set_preference(settings.device);
        if let Some(shown) = settings.view.shown {
            self.screen.show_list(shown == Shown::List);
        }
        self.selection.set_folding(match &settings.view.folded {
            Some(folded) => Folding::of(&graph, folded),
            None => Folding::usual(&graph),
        });
        document.set_source(Opening {
            origin,
            weights,
            network: true,
        });
        document.set_history(history);
        let there = |id: &NodeId| holds(&graph, *id);
        let selected = settings.view.selected.filter(there);
        let selected = selected.or_else(|| graph.nodes().first().map(|node| node.id));
        self.put_graph(graph);
        self.select(selected.unwrap_or(NodeId::INPUT));
    }

    /// Draws an experiment's strokes on the pad; returns the files that must be fetched.
    pub fn put_input(self, input: &Kept) -> Wanted {
        let source = match input.source {
            From::Draw => Source::Draw,
            From::Mnist => Source::Gallery(DataSet::Mnist),
            From::FashionMnist => Source::Gallery(DataSet::Fashion),
            From::Photo => Source::Photo,
        };
        let stem = input.photo.as_deref();
        let photo = SAMPLES.into_iter().find(|sample| stem == Some(sample.stem));
        let shown = self
            .input
            .photo()
            .with_untracked(|it| it.as_ref().and_then(|it| it.stem));
        let photo = photo.filter(|photo| shown != Some(photo.stem));
        let index = |index: &u32| *index as usize;
        let sample = match &input.pad {
            Pad::Mnist(at) => Some((DataSet::Mnist, index(at))),
            Pad::FashionMnist(at) => Some((DataSet::Fashion, index(at))),
            Pad::Strokes(strokes) => {
                self.input
                    .replace_strokes(strokes.iter().map(ink).collect());
                None
            }
        };
        let sample = sample.map(|(set, index)| Sample { set, index });
        if let Some(sample) = sample {
            self.input.await_sample(sample);
        }
        Wanted {
            photo,
            sample,
            source,
        }
    }
}

fn pad(sample: Sample) -> Pad {
    let index = u32::try_from(sample.index).unwrap_or_default();
    match sample.set {
        DataSet::Mnist => Pad::Mnist(index),
        DataSet::Fashion => Pad::FashionMnist(index),
    }
}

/// A stroke in the document's fractions of a pixel, to which its points were rounded when drawn.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_stroke_is_restored_exactly() {
        let drawn = Ink {
            fresh: false,
            thickness: 22.0,
            points: vec![(0.125, 279.875), (-3.5, 140.0)],
        };
        let kept = stroke(&Mark::Stroke(drawn.clone())).unwrap();
        assert_eq!(ink(&kept), drawn);
    }
}
