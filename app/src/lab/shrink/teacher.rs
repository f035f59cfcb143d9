//! The teacher of a distillation: a variant, with its weights.

use engine::compress::Distillation;
use engine::compress::prune::{Gradual, Scope};
use engine::session::Command;
use engine::train::{Length, Pruning};
use engine::zoo::Pretrained;
use engine::{Graph, zoo};
use js_sys::Date;
use leptos::prelude::*;
use state::screen::Area;
use state::shrink::{New, Variant, VariantId};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use crate::client::sentence;
use crate::lab::Lab;
use crate::lab::weights::random_number;
use crate::platform::fetch::fetch_blob;

/// A gradual pruning is made of so many.
const PRUNINGS: u32 = 20;
/// Training images where their number is not known yet, and steps of a training by the clock.
const USUAL_IMAGES: u64 = 50_000;
const USUAL_STEPS: u64 = 400;

/// A network that others learn from.
#[derive(Clone, Debug)]
pub struct Teacher {
    pub graph: Graph,
    pub file: Blob,
}

/// The shipped weights of a variant that is a network of the zoo as it is.
fn shipped(variant: &Variant) -> Option<&'static Pretrained> {
    let snapshot = &variant.snapshot;
    let origin = snapshot.origin.filter(|_| !snapshot.is_own());
    origin.and_then(zoo::pretrained)
}

impl Lab {
    /// Keeps the network as it is among the variants, so that it can teach others.
    pub fn keep_teacher(self) {
        self.shrink.begin();
        let before = self.document.snapshot();
        let device = self.answer.device();
        spawn_local(async move {
            let file = match self.query(device, Command::Checkpoint, Vec::new()) {
                Ok((_, replies)) => replies.file().await,
                Err(error) => Err(error),
            };
            let file = match file {
                Ok(file) => file,
                Err(error) => return self.shrink.fail(error.sentence()),
            };
            if self.document.snapshot() != before {
                let why = "The network was changed meanwhile. Keep it once more.";
                return self.shrink.fail(why.to_owned());
            }
            let figures = self.document.analysis.with_untracked(|analysis| {
                let total = analysis.total;
                engine::compress::Figures {
                    parameters: total.trainable + total.other,
                    nonzero: total.trainable + total.other,
                    macs: total.macs,
                    bytes: engine::compress::Bytes {
                        dense: 4 * (total.trainable + total.other),
                        sparse: 4 * (total.trainable + total.other),
                        deflated: 4 * (total.trainable + total.other),
                    },
                    accuracy: None,
                }
            });
            let new = New {
                id: VariantId(random_number()),
                made: Date::now(),
                snapshot: before,
                figures,
                set: None,
                bytes: file.size() as u64,
            };
            let known = self.shrink.peek(|held| {
                let weights = new.snapshot.weights.as_ref();
                held.variants
                    .of(&new.snapshot.graph, weights, new.snapshot.origin)
                    .map(|it| it.id)
            });
            // It is there before the list has the variant, so that both are stored.
            let id = known.unwrap_or(new.id);
            self.core(|core| {
                core.teacher_files.insert(id, file.clone());
                if let Some(own) = &new.snapshot.weights {
                    core.variant_files.entry(own.number).or_insert(file);
                }
            });
            self.shrink.edit(|held| {
                let id = held.variants.keep(new);
                held.teacher = Some(id);
                held.note = held.variants.thin(&[id]).sentence();
            });
            self.forget_variant_files();
        });
    }

    /// The weights of a variant that can teach; shipped ones once they were fetched.
    pub fn teacher_file(self, variant: &Variant) -> Option<Blob> {
        let fetched = || {
            let network = shipped(variant)?.network;
            self.core(|core| core.files.get(network).cloned())
        };
        self.variant_file(variant).or_else(fetched)
    }

    /// Fetches the shipped weights of a variant, then learns from it if it is still the teacher.
    fn fetch_teacher(
        self,
        id: VariantId,
        distillation: Distillation,
        shipped: &'static Pretrained,
    ) {
        spawn_local(async move {
            match fetch_blob(shipped.file).await {
                Ok(file) => {
                    self.core(|core| core.files.insert(shipped.network, file));
                    // The panel looks again whether the teacher is here.
                    self.shrink.begin();
                    if self.shrink.peek(|held| held.teacher) == Some(id) {
                        self.learn_from(Some(id), distillation);
                    }
                }
                Err(error) => self.shrink.fail(sentence(&error)),
            }
        });
    }

    /// The next training of the open network learns from this variant.
    pub fn learn_from(self, id: Option<VariantId>, distillation: Distillation) {
        let variant = id.and_then(|id| self.shrink.peek(|held| held.variants.get(id).cloned()));
        let of = |variant: &Variant| {
            let file = self.teacher_file(variant)?;
            let graph = variant.snapshot.graph.clone();
            Some(Teacher { graph, file })
        };
        let teacher = variant.as_ref().and_then(of);
        let teacher = self.core(|core| {
            core.teacher = teacher;
            core.teacher.is_some()
        });
        self.train.edit(|task| {
            task.settings.teacher = teacher.then_some(distillation);
        });
        if teacher {
            return;
        }
        let shipped = variant.as_ref().and_then(shipped);
        if let (Some(id), Some(shipped)) = (id, shipped) {
            self.fetch_teacher(id, distillation, shipped);
        } else if id.is_some() {
            let why = "The weights of this variant are not kept. Open it and keep it as a teacher.";
            self.shrink.fail(why.to_owned());
        }
    }

    /// The next trainings prune up to this share, or not at all: within three quarters of the steps.
    pub fn prune_while_training(self, share: Option<f64>) {
        let task = self.train.task().get_untracked();
        let steps = match task.settings.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => {
                let images = untrack(|| {
                    let set = self.data.chosen()?.id;
                    Some(self.data.divided(set, &task.split)?.training)
                });
                let batch = task.settings.batch.max(1) as u64;
                u64::from(epochs) * images.unwrap_or(USUAL_IMAGES).div_ceil(batch)
            }
            Length::Seconds(_) => USUAL_STEPS,
        };
        let end = u32::try_from(steps * 3 / 4).unwrap_or(u32::MAX).max(1);
        let pruning = share.map(|last| Pruning {
            gradual: Gradual {
                initial: 0.0,
                last,
                begin: 0,
                end,
            },
            every: end.div_ceil(PRUNINGS),
            scope: Scope::Global,
        });
        self.train.edit(|task| task.settings.pruning = pruning);
    }

    /// Goes to the area Train.
    pub fn go_to_training(self) {
        self.screen.show_area(Area::Train);
    }
}
