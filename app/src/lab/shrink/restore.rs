//! Going back to a variant.

use engine::compress::Shrink;
use engine::format::Control;
use leptos::prelude::*;
use state::shrink::{Variant, VariantId};
use web_sys::Blob;

use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;

impl Lab {
    /// A variant becomes the network, as one step of the history.
    pub fn restore_variant(self, id: VariantId) {
        let variant = self.shrink.peek(|held| held.variants.get(id).cloned());
        let Some(variant) = variant.filter(|_| self.permits(Control::Network)) else {
            return;
        };
        if untrack(|| self.train.is_busy()) {
            let why = "A training is under way. Pause it in Train, then go back to the variant.";
            return self.shrink.fail(why.to_owned());
        }
        self.shrink.begin();
        if let Some(own) = &variant.snapshot.weights {
            let Some(file) = self.variant_file(&variant) else {
                let why = "The weights of this variant are lost: the browser has deleted them.";
                return self.shrink.fail(why.to_owned());
            };
            self.core(|core| core.checkpoints.insert(own.number, file));
        }
        let mut snapshot = variant.snapshot;
        let next = self
            .document
            .graph()
            .with_untracked(|graph| graph.next_id());
        snapshot.graph = snapshot.graph.with_next_id(next);
        self.document.clear_refusal();
        self.replace_with(snapshot, &format!("restore {}", variant.name));
        self.drawing_changed();
    }

    /// The weights of a variant.
    pub fn variant_file(self, variant: &Variant) -> Option<Blob> {
        let own = variant.snapshot.weights.as_ref().map(|it| it.number);
        self.core(|core| {
            let of_variant = own.and_then(|it| core.variant_files.get(&it));
            let kept = of_variant.or_else(|| core.teacher_files.get(&variant.id));
            kept.cloned()
        })
    }

    /// A variant of an earlier visit.
    pub fn add_variant(self, variant: Variant, file: Option<Blob>) {
        if let Some(file) = file {
            self.core(|core| match &variant.snapshot.weights {
                Some(own) => core.variant_files.insert(own.number, file),
                None => core.teacher_files.insert(variant.id, file),
            });
        }
        self.shrink.edit(|held| held.variants.add(variant));
    }

    /// Takes a variant out of the list; the network stays as it is.
    pub fn remove_variant(self, id: VariantId) {
        self.shrink.edit(|held| {
            held.variants.remove(id);
            held.teacher = held.teacher.filter(|it| *it != id);
        });
        self.forget_variant_files();
    }

    /// Drops the weights that no variant has.
    pub fn forget_variant_files(self) {
        let (numbers, ids) = self.shrink.peek(|held| {
            let all = held.variants.all().iter();
            let own = all.clone().filter_map(|it| it.snapshot.weights.as_ref());
            let numbers: Vec<u64> = own.map(|it| it.number).collect();
            (numbers, all.map(|it| it.id).collect::<Vec<_>>())
        });
        self.core(|core| {
            core.variant_files
                .retain(|number, _| numbers.contains(number));
            core.teacher_files.retain(|id, _| ids.contains(id));
        });
    }

    /// Gives the person the settings of a step as a file, which `cnnlab prune` and `quantise` read.
    pub fn save_shrink(self, shrink: &Shrink) {
        let name = match shrink {
            Shrink::Prune(_) => "prune.json",
            Shrink::Quantise(_) => "quantise.json",
            Shrink::Fold => "fold.json",
        };
        let text = serde_json::to_string_pretty(shrink).map_err(|error| error.to_string());
        let saved = text.and_then(|it| download(name, it.as_bytes()).map_err(|it| reason(&it)));
        if let Err(why) = saved {
            self.shrink.fail(format!(
                "The browser does not save {name}: {why}. Try again."
            ));
        }
    }

    /// Gives the person the table of variants as a file.
    pub fn save_variants(self) {
        let csv = self.shrink.peek(|held| held.variants.csv());
        if let Err(error) = download("variants.csv", csv.as_bytes()) {
            let why = reason(&error);
            self.shrink.fail(format!(
                "The browser does not save variants.csv: {why}. Try again."
            ));
        }
    }
}
