//! Opens files of ONNX and Keras, and files of text. They are read in the page, by the part `exchange` that comes when
//! it is needed: the engine's worker then needs no code for them, and a file that is refused costs it nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engine::Shape;
use engine::format::Experiment;
use engine::import_text;
use engine::keras_file::{self, KerasError};
use engine::onnx::{self, Import, OnnxError, Options};
use js_sys::{Array, Uint8Array};
use state::exchange::{Asked, Question};
use state::notices::Place;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::lab::Lab;
use crate::lab::weights::start_of;
use crate::platform::fetch::reason;

/// The largest file: its bytes, its weights as numbers and the file for the engine are in the page's
/// memory together, which has 4 GB.
const LARGEST: f64 = 700e6;

/// A file that something is asked about.
enum Held {
    Part(Box<Import>),
    Size(Vec<File>),
}

thread_local! {
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// A network to open, with its weights as a file.
pub struct Opened {
    pub experiment: Experiment,
    /// None of a text.
    pub weights: Option<File>,
}

impl Lab {
    /// Reads a file of ONNX or Keras and those that lie beside it; the first that is one is it. `None` where
    /// it is refused, something is asked first, or it has weights only, which the network that is open takes.
    pub async fn read_onnx(self, files: Vec<File>, input: Option<Shape>) -> Option<Opened> {
        let is_model = |file: &File| {
            let name = file.name().to_lowercase();
            [".onnx", ".keras", ".h5"]
                .iter()
                .any(|end| name.ends_with(end))
        };
        let place = files.iter().position(is_model).unwrap_or(0);
        let name = files.get(place)?.name();
        self.exchange.answered();
        HELD.take();
        if let Some(text) = text_of(files.get(place)?).await {
            let experiment = self.read_text(Some(&name), &text)?;
            return Some(Opened {
                experiment,
                weights: None,
            });
        }
        match read(&files, place, input).await {
            Ok(import) if import.is_complete() => self.opened_import(&name, &import),
            Ok(import) => {
                let question = Question::Part {
                    unsupported: import.unsupported.iter().map(ToString::to_string).collect(),
                    behind: import.behind,
                    layers: import.graph.nodes().len(),
                };
                HELD.replace(Some(Held::Part(Box::new(import))));
                self.exchange.ask(Asked {
                    file: name,
                    question,
                });
                None
            }
            Err(Refusal::Size(why)) => {
                HELD.replace(Some(Held::Size(files)));
                let question = Question::Size { why };
                self.exchange.ask(Asked {
                    file: name,
                    question,
                });
                None
            }
            Err(Refusal::Weights(file)) => {
                self.open_weights(file);
                None
            }
            Err(Refusal::Told(why)) => {
                self.refuse_onnx(&name, &why);
                None
            }
        }
    }

    /// Opens the weights of a file of Keras for the network that runs; any other as it is.
    pub async fn read_keras_weights(self, file: File) {
        let is_keras = start_of(&file)
            .await
            .is_ok_and(|start| keras_file::is_file(&start));
        if !is_keras {
            self.open_weights(file);
            return;
        }
        match keras_weights(&file).await {
            Ok(weights) => self.open_weights(weights),
            Err(Refusal::Told(why) | Refusal::Size(why)) => self.refuse_onnx(&file.name(), &why),
            Err(Refusal::Weights(_)) => {}
        }
    }

    /// The part of the file that is asked about.
    pub fn part_of_onnx(self, name: &str) -> Option<Opened> {
        self.exchange.answered();
        match HELD.take() {
            Some(Held::Part(import)) => self.opened_import(name, &import),
            _ => None,
        }
    }

    /// The files whose pictures' size is asked.
    pub fn files_of_onnx(self) -> Vec<File> {
        self.exchange.answered();
        match HELD.take() {
            Some(Held::Size(files)) => files,
            _ => Vec::new(),
        }
    }

    /// Nothing of the file that is asked about is opened.
    pub fn forget_onnx(self) {
        self.exchange.answered();
        HELD.take();
    }

    fn refuse_onnx(self, name: &str, why: &str) {
        let text = format!("{name} cannot be opened: {why}. Your work is as it was.");
        self.notices.fail(Place::File, text);
    }

    fn opened_import(self, name: &str, import: &Import) -> Option<Opened> {
        match weights_file(name, import) {
            Ok(weights) => {
                self.notices.dismiss(Place::File);
                if !import.notes.is_empty() {
                    self.notices
                        .tell(format!("{name} is open: {}.", import.notes.join("; ")));
                }
                let experiment = Experiment {
                    graph: import.graph.clone(),
                    settings: Default::default(),
                };
                Some(Opened {
                    experiment,
                    weights: Some(weights),
                })
            }
            Err(why) => {
                self.refuse_onnx(name, &why);
                None
            }
        }
    }
}

/// The text of a file that is a network as text.
async fn text_of(file: &File) -> Option<String> {
    if file.size() > import_text::MAX_TEXT as f64 {
        return None;
    }
    let bytes = bytes(file).await.ok()?;
    let is_text = import_text::is_text(&bytes);
    is_text.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

enum Refusal {
    /// The size of its pictures is to be asked.
    Size(String),
    /// It has weights only, as the lab reads them.
    Weights(File),
    Told(String),
}

async fn read(files: &[File], place: usize, input: Option<Shape>) -> Result<Import, Refusal> {
    check_size(files.iter().map(|file| file.size()).sum())?;
    let start = start_of(&files[place]).await.map_err(Refusal::Told)?;
    if keras_file::is_file(&start) {
        return read_keras(&files[place], input).await;
    }
    let model = bytes(&files[place]).await?;
    let file = files[place].name();
    let told = |error: OnnxError| match error {
        OnnxError::OpenInput { .. } => Refusal::Size(error.to_string()),
        other => Refusal::Told(other.of_file(&file, &start)),
    };
    let mut beside = Vec::new();
    for path in onnx::external_files(&model).map_err(told)? {
        let name = path.rsplit('/').next().unwrap_or(&path);
        // One that is missing is told by the reader.
        if let Some(file) = files.iter().find(|file| file.name() == name) {
            beside.push((path.clone(), bytes(file).await?));
        }
    }
    let external: Vec<(String, &[u8])> = { beside.iter() }
        .map(|(path, bytes)| (path.clone(), bytes.as_slice()))
        .collect();
    let options = Options {
        input,
        external: &external,
        name: Some(file.strip_suffix(".onnx").unwrap_or(&file)),
    };
    onnx::read(&model, &options).map_err(told)
}

fn check_size(size: f64) -> Result<(), Refusal> {
    if size <= LARGEST {
        return Ok(());
    }
    Err(Refusal::Told(format!(
        "it has {:.0} MB, and the page reads at most {:.0}; `cnnlab import` reads larger ones",
        size / 1e6,
        LARGEST / 1e6
    )))
}

async fn read_keras(file: &File, input: Option<Shape>) -> Result<Import, Refusal> {
    let model = bytes(file).await?;
    let name = file.name();
    let stem = name
        .rsplit_once('.')
        .map_or(name.as_str(), |(stem, _)| stem);
    let options = keras_file::Options {
        input,
        name: Some(stem),
    };
    match keras_file::read(&model, &options) {
        Ok(import) => Ok(import),
        Err(KerasError::WeightsOnly) => Err(Refusal::Weights(keras_weights(file).await?)),
        Err(error @ KerasError::OpenInput { .. }) => Err(Refusal::Size(error.to_string())),
        Err(error) => Err(Refusal::Told(error.to_string())),
    }
}

/// The weights of a file of Keras as the lab reads them.
async fn keras_weights(file: &File) -> Result<File, Refusal> {
    check_size(file.size())?;
    let weights = keras_file::weights(&bytes(file).await?);
    let weights = weights.map_err(|error| Refusal::Told(error.to_string()))?;
    as_file(&file.name(), &weights).map_err(Refusal::Told)
}

async fn bytes(file: &File) -> Result<Vec<u8>, Refusal> {
    let bytes = JsFuture::from(file.array_buffer()).await;
    let bytes = bytes.map_err(|error| {
        Refusal::Told(format!("the browser does not read it: {}", reason(&error)))
    })?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

/// The weights as a file of the lab's own names.
fn weights_file(name: &str, import: &Import) -> Result<File, String> {
    let file = import.weights.write(|it| it.name.clone(), &BTreeMap::new());
    as_file(name, &file.map_err(|error| error.to_string())?)
}

fn as_file(name: &str, bytes: &[u8]) -> Result<File, String> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    File::new_with_u8_array_sequence(&parts, name).map_err(|error| reason(&error))
}
