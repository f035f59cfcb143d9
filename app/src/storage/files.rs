//! The experiment as a file.

use engine::format::{Experiment, Locks, UnknownKey, json, link, share, told};
use js_sys::Uint8Array;
use state::notices::Place;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;

use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;

/// The extension of the lab's files.
pub const ENDING: &str = ".cnnlab.json";

/// The largest file that is read: the limit of a document.
const LARGEST: f64 = 2_097_152.0;

impl Lab {
    /// Downloads the experiment as a file, with these locks if any.
    pub fn save_file(self, locks: Locks) {
        let mut experiment = self.experiment();
        experiment.settings.name = Some(self.document.name());
        experiment.settings.locks.extend(locks);
        let file = format!("{}{ENDING}", file_name(&self.document.name()));
        let saved = json::write_experiment(&experiment).map_err(|error| error.to_string());
        let saved =
            saved.and_then(|text| download(&file, text.as_bytes()).map_err(|error| reason(&error)));
        match saved {
            Ok(()) => self.notices.dismiss(Place::File),
            Err(why) => self
                .notices
                .fail(Place::File, format!("{file} cannot be saved: {why}.")),
        }
    }

    /// Opens a file as a new experiment; the current one stays in the list.
    pub fn open_file(self, file: File) {
        let name = file.name();
        spawn_local(async move {
            match read_file(&file).await {
                Ok((experiment, unknown)) => {
                    self.notices.dismiss(Place::File);
                    if let Some(text) = told(&unknown) {
                        self.notices
                            .fail(Place::File, format!("{name} is opened, but {text}"));
                    }
                    self.open_new(experiment);
                }
                Err(why) => self.notices.fail(
                    Place::File,
                    format!("{name} cannot be opened: {why}. Your work is as it was."),
                ),
            }
        });
    }
}

/// The experiment of a file, and the keys of the document that were passed over.
async fn read_file(file: &File) -> Result<(Experiment, Vec<UnknownKey>), String> {
    // Before it is read: a browser would take all of it into memory.
    if file.size() > LARGEST {
        let megabytes = file.size() / 1e6;
        return Err(format!(
            "it has {megabytes:.1} MB, and the largest document of the lab has 2 MB; this is \
             another kind of file"
        ));
    }
    let bytes = JsFuture::from(file.array_buffer()).await;
    let bytes =
        bytes.map_err(|error| format!("the browser does not read it: {}", reason(&error)))?;
    let bytes = Uint8Array::new(&bytes).to_vec();
    // A file may also contain a link.
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    if text.len() <= share::MAX_SENT && link::is_link(text) {
        let experiment = share::decode_experiment(text).map_err(|error| error.to_string())?;
        return Ok((experiment, Vec::new()));
    }
    let experiment = json::read_experiment(&bytes).map_err(|error| error.to_string())?;
    Ok((experiment, json::unknown_keys(&bytes)))
}

/// The name with characters not allowed in file names replaced.
fn file_name(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_alphanumeric() || "-_.".contains(letter) {
            letter
        } else {
            '-'
        }
    };
    let name: String = name.to_lowercase().chars().map(letter).take(60).collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "experiment" } else { name }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_has_letters_and_lines_only() {
        assert_eq!(file_name("LeNet-5 (copy)"), "lenet-5--copy");
        assert_eq!(file_name("../../é?"), "é");
        assert_eq!(file_name("//"), "experiment");
    }
}
