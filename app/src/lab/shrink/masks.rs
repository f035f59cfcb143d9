//! Which weights of the open network are 0.

use engine::session::Command;
use js_sys::Uint8Array;
use leptos::prelude::*;
use state::shrink::masks::{LayerMask, masks};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::client::sentence;
use crate::lab::Lab;
use crate::platform::fetch::reason;

/// The bytes of a file.
///
/// # Errors
/// Why the browser does not give them, as a sentence.
pub(super) async fn bytes_of(file: &Blob) -> Result<Vec<u8>, String> {
    let buffer = JsFuture::from(file.array_buffer()).await;
    let buffer = buffer.map_err(|error| sentence(&reason(&error)))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

impl Lab {
    /// Reads the weights of the network that runs.
    ///
    /// # Errors
    /// Why they are not known, as a sentence.
    pub async fn read_masks(self) -> Result<Vec<LayerMask>, String> {
        let graph = self.document.running().get_untracked();
        let device = self.answer.device();
        let (_, replies) = self
            .query(device, Command::Checkpoint, Vec::new())
            .map_err(|error| error.sentence())?;
        let file = replies.file().await.map_err(|error| error.sentence())?;
        masks(&graph, &bytes_of(&file).await?).map_err(|error| sentence(&error))
    }
}
