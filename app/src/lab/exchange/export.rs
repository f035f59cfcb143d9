//! Writes the network for other programs: the weights come from the engine, the rest is made here.

use std::collections::BTreeMap;

use engine::checkpoint::{Weights, pack};
use engine::compress::quantise::Activations;
use engine::export::{self, Curve, Facts, Library, SAMPLE_FILE, Table, WEIGHTS_FILE};
use engine::session::{Command, Event, Input, Wanted};
use engine::{Graph, NodeId, Shape, onnx};
use js_sys::Uint8Array;
use leptos::prelude::*;
use state::notices::Place;
use state::shrink::Variant;
use state::train::confusion::Confusion;
use wasm_bindgen_futures::JsFuture;

use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;

/// What a network is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Onnx,
    /// A variant of 8 bits with its whole numbers.
    Onnx8,
    Weights,
    Code(Library),
    Report,
}

impl Format {
    pub const ALL: [Self; 7] = [
        Self::Onnx,
        Self::Onnx8,
        Self::Weights,
        Self::Code(Library::PyTorch),
        Self::Code(Library::Keras),
        Self::Code(Library::Burn),
        Self::Report,
    ];

    /// As on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::Onnx8 => "onnx-int8",
            Self::Weights => "safetensors",
            Self::Code(library) => library.name(),
            Self::Report => "report",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Onnx => "ONNX",
            Self::Onnx8 => "ONNX, 8 bits",
            Self::Weights => "safetensors",
            Self::Code(library) => library.title(),
            Self::Report => "Report",
        }
    }

    /// What the file has in it.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Onnx8 => "The variant of 8 bits with its whole numbers, operator set 17",
            Self::Onnx => "The network with its weights, operator set 17",
            Self::Weights => "The weights, with torchvision's names for its networks",
            Self::Code(_) => "Code, weights and a sample in a zip; running it compares the outputs",
            Self::Report => "The network, its costs, settings and curves as one HTML file",
        }
    }
}

impl Lab {
    /// Writes and downloads the network that runs. `link` opens the experiment again.
    ///
    /// # Errors
    /// Why nothing is written, in words.
    pub async fn export(self, format: Format, link: Option<String>) -> Result<(), String> {
        let graph = self.document.running().get_untracked();
        let stem = file_stem(graph.name());
        let (name, bytes) = match format {
            Format::Report => (
                format!("{stem}.html"),
                self.report(&graph, link).into_bytes(),
            ),
            Format::Onnx8 => {
                let grids = self.grids().ok_or("the network is no variant of 8 bits")?;
                let weights = self.weights_of(&graph).await?;
                let origin = self.document.origin().get_untracked();
                let preparation = export::preparation(origin.unwrap_or_default(), &graph);
                let file = onnx::write_quantised(&graph, &weights, &preparation, &grids);
                (
                    format!("{stem}-int8.onnx"),
                    file.map_err(|error| error.to_string())?,
                )
            }
            Format::Onnx => {
                let weights = self.weights_of(&graph).await?;
                let origin = self.document.origin().get_untracked();
                let preparation = export::preparation(origin.unwrap_or_default(), &graph);
                let file = onnx::write(&graph, &weights, &preparation);
                (
                    format!("{stem}.onnx"),
                    file.map_err(|error| error.to_string())?,
                )
            }
            Format::Weights => {
                let weights = self.weights_of(&graph).await?;
                let file = weights.write(export::known_names(&graph), &BTreeMap::new());
                let file = file.map_err(|error| error.to_string())?;
                (format!("{stem}.safetensors"), file)
            }
            Format::Code(library) => {
                let listing = export::code(&graph, library).map_err(|error| error.to_string())?;
                let weights = self.weights_of(&graph).await?;
                let weights = export::code_weights(&graph, &weights, library);
                let files = [
                    (library.file(), listing.text.into_bytes()),
                    (WEIGHTS_FILE, weights.map_err(|error| error.to_string())?),
                    (SAMPLE_FILE, self.sample(graph.output()).await?),
                ];
                let zip = export::zip(&files).map_err(|error| error.to_string())?;
                (format!("{stem}-{}.zip", library.name()), zip)
            }
        };
        download(&name, &bytes).map_err(|error| reason(&error))?;
        self.notices.dismiss(Place::File);
        Ok(())
    }

    /// The grids of the variant of 8 bits that the network is.
    pub fn grids(self) -> Option<Activations> {
        let graph = self.document.running().get_untracked();
        let weights = self.document.weights().get_untracked();
        self.shrink
            .peek(|held| held.variants.grids(&graph, weights.as_ref()).cloned())
    }

    /// The weights that the engine has.
    pub(super) async fn weights_of(self, graph: &Graph) -> Result<Weights, String> {
        let asked = self.query(self.answer.device(), Command::Checkpoint, Vec::new());
        let (_, replies) = asked.map_err(|error| error.to_string())?;
        let file = replies.file().await.map_err(|error| error.to_string())?;
        let bytes = JsFuture::from(file.array_buffer()).await;
        let bytes = bytes.map_err(|error| reason(&error))?;
        let bytes = Uint8Array::new(&bytes).to_vec();
        let (weights, _) = Weights::read(graph, &bytes).map_err(|error| error.to_string())?;
        Ok(weights)
    }

    /// The input that is on the screen with its output, as the code compares it.
    pub(super) async fn sample(self, output: NodeId) -> Result<Vec<u8>, String> {
        let whole = |node| Wanted {
            node,
            first: 0,
            channels: None,
            side: None,
        };
        let command = Command::Run {
            input: Input::Last,
            maps: vec![whole(NodeId::INPUT), whole(output)],
        };
        let answer = self
            .request(self.answer.device(), command, Vec::new())
            .await;
        let message = answer.map_err(|error| error.sentence())?;
        let Event::Traced { maps, .. } = &message.header else {
            return Err("the engine gives no sample; draw something and try again".to_owned());
        };
        let floats = message.values().map_err(|error| error.to_string())?;
        let mut arrays: Vec<(String, Vec<usize>, &[f32])> = Vec::new();
        for (name, slice) in ["input", "output"].into_iter().zip(maps) {
            let Shape {
                channels,
                height,
                width,
            } = slice.shape;
            let mut dims = vec![1, channels as usize];
            if !slice.shape.is_vector() {
                dims.extend([height as usize, width as usize]);
            }
            let end = slice.offset + dims.iter().product::<usize>();
            let values = floats.get(slice.offset..end);
            let values = values.ok_or("the engine's sample is incomplete; try again")?;
            arrays.push((name.to_owned(), dims, values));
        }
        let arrays = arrays
            .iter()
            .map(|(name, dims, values)| (name.clone(), dims.as_slice(), *values));
        pack(arrays.collect(), &BTreeMap::new()).map_err(|error| error.to_string())
    }

    fn report(self, graph: &Graph, link: Option<String>) -> String {
        let mut facts = Facts {
            subtitle: "Written by the CNN lab".to_owned(),
            link,
            ..Facts::default()
        };
        let weights = self.document.weights().get_untracked();
        facts.settings.push(match weights {
            Some(weights) => (
                "Weights".to_owned(),
                format!("from {}, step {}", weights.from, weights.step),
            ),
            None => {
                let told = self
                    .engine
                    .weights()
                    .with_untracked(|it| it.as_ref().map(|it| it.trained));
                let told = match told {
                    Some(0) | None => "random",
                    Some(_) => "as shipped",
                };
                ("Weights".to_owned(), told.to_owned())
            }
        });
        self.train.curve().with_untracked(|curve| {
            let samples = curve.samples();
            if samples.is_empty() {
                return;
            }
            let checks = curve.checks();
            let line = |of: fn(&state::train::Sample) -> f64| {
                samples
                    .iter()
                    .map(|it| (it.step as f64, of(it)))
                    .collect::<Vec<_>>()
            };
            let points = |of: fn(&state::train::Check) -> f64| {
                checks
                    .iter()
                    .map(|it| (it.step as f64, of(it)))
                    .collect::<Vec<_>>()
            };
            let two = |training, validation| {
                vec![
                    ("training".to_owned(), training),
                    ("validation".to_owned(), validation),
                ]
            };
            facts.settings.push((
                "Training".to_owned(),
                self.train.with_run_task(state::train::settings::summary),
            ));
            facts.curves = vec![
                Curve {
                    title: "Loss".to_owned(),
                    axis: "steps".to_owned(),
                    series: two(line(|it| it.loss), points(|it| it.loss)),
                },
                Curve {
                    title: "Accuracy".to_owned(),
                    axis: "steps".to_owned(),
                    series: two(line(|it| it.accuracy), points(|it| it.accuracy)),
                },
            ];
            if let Some(last) = checks.last() {
                let told = format!("{:.2} % after step {}", last.accuracy * 100.0, last.step);
                facts
                    .checks
                    .push(("Accuracy on the validation images".to_owned(), told));
            }
        });
        facts.tables = [self.variants_table(), self.confusion_table()]
            .into_iter()
            .flatten()
            .collect();
        export::report(graph, &facts)
    }

    /// The variants that smaller networks were made as.
    fn variants_table(self) -> Option<Table> {
        let percent = |share: f64| format!("{:.2} %", share * 100.0);
        let rows = self.shrink.peek(|held| {
            let row = |it: &Variant| {
                vec![
                    it.name.clone(),
                    it.steps.join("; "),
                    it.figures.parameters.to_string(),
                    it.figures.macs.to_string(),
                    it.figures.bytes.dense.to_string(),
                    it.accuracy().map_or_else(String::new, percent),
                ]
            };
            held.variants.all().iter().map(row).collect::<Vec<_>>()
        });
        let head = ["Name", "Steps", "Parameters", "MACs", "Bytes", "Accuracy"];
        (!rows.is_empty()).then(|| Table {
            title: "Variants".to_owned(),
            caption: String::new(),
            head: head.map(str::to_owned).to_vec(),
            rows,
        })
    }

    /// The answers after the last epoch: a row for each class that images have.
    fn confusion_table(self) -> Option<Table> {
        let validation = self.train.validation().get_untracked()?;
        let evaluation = &validation.evaluation;
        let confusion = Confusion::of(&evaluation.confusion)?;
        let count = evaluation.confusion.len().isqrt();
        let info = untrack(|| self.data.info(validation.set));
        let named = info.map(|it| it.classes).unwrap_or_default();
        let name = |at: usize| named.get(at).cloned().unwrap_or_else(|| at.to_string());
        let row = |label: usize| {
            let answers = (0..count).map(|answer| confusion.count(label, answer).to_string());
            std::iter::once(name(label)).chain(answers).collect()
        };
        Some(Table {
            title: "Confusion".to_owned(),
            caption: "Rows are the labels of the validation images, columns the network’s answers"
                .to_owned(),
            head: std::iter::once(String::new())
                .chain((0..count).map(name))
                .collect(),
            rows: (0..count).map(row).collect(),
        })
    }
}

/// The network's name as the start of a file's.
pub(super) fn file_stem(name: &str) -> String {
    let letter = |it: char| {
        if it.is_alphanumeric() || "-_.".contains(it) {
            it
        } else {
            '-'
        }
    };
    let stem: String = name.to_lowercase().chars().map(letter).take(60).collect();
    let stem = stem.trim_matches(['-', '.']);
    if stem.is_empty() { "network" } else { stem }.to_owned()
}
