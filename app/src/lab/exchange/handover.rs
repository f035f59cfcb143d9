//! Hands the next training over to other engines: a folder as a zip.

use engine::export;
use engine::export::handover::{Data, Handover, data_files, handover, trained};
use engine::train::check_head;
use engine::weights::redrawn;
use leptos::prelude::*;
use state::data::Origin;

use super::export::file_stem;
use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;

impl Lab {
    /// Writes and downloads the next training of the network that runs. Gives what differs from the
    /// lab, in sentences.
    ///
    /// # Errors
    /// Why nothing is written, in words.
    pub async fn hand_over(self) -> Result<Vec<String>, String> {
        let graph = self.document.running().get_untracked();
        let task = self.next_task();
        let told = |error: &dyn std::fmt::Display| error.to_string();
        task.settings.check(&graph).map_err(|error| told(&error))?;
        let chosen = untrack(|| self.data.chosen());
        if let Some(set) = &chosen {
            check_head(&graph, set.classes.len() as u32).map_err(|error| told(&error))?;
        }
        let weights = redrawn(&graph, self.weights_of(&graph).await?, &task.settings);
        let sample = self.sample(graph.logits()).await?;
        let labels = chosen.as_ref().and_then(|set| self.data.labels(set.id));
        let data = chosen.as_ref().zip(labels.as_deref());
        let data = data.map(|(set, labels)| Data {
            name: &set.name,
            shape: set.shape,
            classes: set.classes.len() as u32,
            labels: &labels.labels,
            held_out: &labels.held_out,
            limit: None,
        });
        let made = handover(&trained(&graph), &weights, sample, &task, data);
        let Handover { mut files, notes } = made.map_err(|error| told(&error))?;
        // Nobody else has the person's own images.
        if let (Some(set), Some(data)) = (&chosen, data)
            && matches!(set.origin, Origin::Own(_) | Origin::Dropped)
        {
            let images = data_files(data, |image| self.data.image(set.id, image));
            files.extend(images.map_err(|error| told(&error))?);
        }
        let stem = file_stem(graph.name());
        let files: Vec<(String, Vec<u8>)> = { files.into_iter() }
            .map(|(name, bytes)| (format!("{stem}/{name}"), bytes))
            .collect();
        let zip = export::zip_of(&files).map_err(|error| told(&error))?;
        download(&format!("{stem}-training.zip"), &zip).map_err(|error| reason(&error))?;
        Ok(notes)
    }
}
