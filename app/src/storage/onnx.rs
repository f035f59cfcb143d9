//! Files of ONNX and Keras become experiments. Their code is a part of the page of its own.

use engine::Shape;
use engine::format::Control;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use state::exchange::Asked;
use state::notices::Place;
use web_sys::File;

use crate::lab::{Lab, Opened};

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn begin(lab: Lab, files: Vec<File>, input: Option<Shape>) -> Result<(), SplitLoaderError> {
    spawn_local(async move {
        if let Some(opened) = lab.read_onnx(files, input).await {
            opened_new(lab, opened);
        }
    });
    Ok(())
}

fn opened_new(lab: Lab, opened: Opened) {
    match opened.weights {
        Some(weights) => lab.open_with_weights(opened.experiment, weights),
        None => lab.open_new(opened.experiment),
    }
}

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn take_weights(lab: Lab, file: File) -> Result<(), SplitLoaderError> {
    spawn_local(lab.read_keras_weights(file));
    Ok(())
}

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn take_text(lab: Lab, text: String) -> Result<(), SplitLoaderError> {
    if let Some(experiment) = lab.read_text(None, &text) {
        lab.open_new(experiment);
    }
    Ok(())
}

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn take_lines(lab: Lab) -> Result<(), SplitLoaderError> {
    if let Some(experiment) = lab.part_of_text() {
        lab.open_new(experiment);
    }
    Ok(())
}

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn take_part(lab: Lab, name: String) -> Result<(), SplitLoaderError> {
    if let Some(opened) = lab.part_of_onnx(&name) {
        opened_new(lab, opened);
    }
    Ok(())
}

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn take_size(lab: Lab, input: Shape) -> Result<(), SplitLoaderError> {
    let files = lab.files_of_onnx();
    spawn_local(async move {
        if let Some(opened) = lab.read_onnx(files, Some(input)).await {
            opened_new(lab, opened);
        }
    });
    Ok(())
}

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible)]
fn forget(lab: Lab) -> Result<(), SplitLoaderError> {
    lab.forget_onnx();
    Ok(())
}

impl Lab {
    /// Opens a person's file of weights, of Keras as well, for the network that runs.
    pub fn open_any_weights(self, file: File) {
        let name = file.name();
        let lower = name.to_lowercase();
        if ![".keras", ".h5", ".hdf5"]
            .iter()
            .any(|end| lower.ends_with(end))
        {
            self.open_weights(file);
        } else if self.permits(Control::Network) {
            self.load_exchange(name, async move { take_weights(self, file).await.is_ok() });
        }
    }

    /// Opens a file of ONNX or Keras, with those that lie beside it, as a new experiment; the current one
    /// stays in the list.
    pub fn open_onnx(self, files: Vec<File>) {
        if !self.permits(Control::Network) {
            return;
        }
        let name = files.first().map_or_else(String::new, File::name);
        self.load_exchange(name, async move { begin(self, files, None).await.is_ok() });
    }

    /// Opens the part of the file that is asked about.
    pub fn open_onnx_part(self, asked: Asked) {
        let name = asked.file.clone();
        self.load_exchange(
            asked.file,
            async move { take_part(self, name).await.is_ok() },
        );
    }

    /// Opens the file that is asked about for pictures of this size.
    pub fn open_onnx_for(self, asked: Asked, input: Shape) {
        self.load_exchange(
            asked.file,
            async move { take_size(self, input).await.is_ok() },
        );
    }

    /// Opens the text that was pasted.
    pub fn open_text(self, text: String) {
        if !self.permits(Control::Network) {
            return;
        }
        let act = async move { take_text(self, text).await.is_ok() };
        self.load_exchange("The text".to_owned(), act);
    }

    /// Opens the network without the lines that are not understood.
    pub fn open_text_part(self, asked: Asked) {
        self.load_exchange(asked.file, async move { take_lines(self).await.is_ok() });
    }

    /// Opens nothing of the file that is asked about.
    pub fn close_onnx(self) {
        self.load_exchange(String::new(), async move { forget(self).await.is_ok() });
    }

    fn load_exchange(self, name: String, act: impl Future<Output = bool> + 'static) {
        spawn_local(async move {
            if !act.await {
                let text = format!(
                    "{name} cannot be opened: a part of this page did not come. Try again."
                );
                self.notices.fail(Place::File, text);
            }
        });
    }
}
