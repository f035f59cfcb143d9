//! `cnnlab import`: a file of ONNX or Keras, or a network as text, as a document of the lab, with its
//! weights.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{CliError, pth, read, source, text, unchanged};
use crate::format::json;
use crate::import_text;
use crate::keras_file::{self, KerasError};
use crate::onnx::{self, Import, Options};
use crate::{Analysis, Graph, Shape};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An ONNX file (files of weights that it names lie beside it); a model of Keras (.keras, .h5); a
    /// text: code of PyTorch's or Keras' Sequential, what print(model) shows, what model.summary()
    /// shows; or weights of PyTorch (.pth) or Keras (.weights.h5), which become safetensors.
    file: PathBuf,
    /// Where to write the network, as the document that the page opens; of weights alone these.
    #[arg(long)]
    out: PathBuf,
    /// Where to write the weights, as safetensors.
    #[arg(long)]
    weights_out: Option<PathBuf>,
    /// The picture's shape, as CxHxW, where the file leaves it open.
    #[arg(long, value_name = "CxHxW", value_parser = source::shape)]
    input: Option<Shape>,
    /// Where a node is not supported, open the part before it.
    #[arg(long)]
    part: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    if pth::is_named(&args.file) {
        return weights_alone(args, &read(&args.file)?, out);
    }
    let file = unchanged(&args.file)?;
    let import = if keras_file::is_file(&file) {
        match of_keras(args, &file)? {
            Some(import) => import,
            None => return weights_alone(args, &read(&args.file)?, out),
        }
    } else if import_text::is_text(&file) {
        return of_text(args, &file, out);
    } else {
        opened(&args.file, &file, args.input)?
    };
    for note in &import.notes {
        writeln!(out, "note: {}", text::line(note))?;
    }
    if !import.is_complete() {
        writeln!(out, "not supported ({}):", import.unsupported.len())?;
        for unsupported in &import.unsupported {
            writeln!(out, "  {}", text::line(&unsupported.to_string()))?;
        }
        writeln!(out, "nodes behind these: {}", import.behind)?;
        if !args.part {
            return Err(wrong(
                &args.file,
                "not all of it is supported; --part opens what comes before",
            ));
        }
    }
    write_document(args, &import.graph, out)?;
    if let Some(path) = &args.weights_out {
        let file = import.weights.write(|it| it.name.clone(), &BTreeMap::new());
        std::fs::write(
            path,
            file.map_err(|error| wrong(&args.file, &error.to_string()))?,
        )?;
        writeln!(out, "wrote {}", text::line(&path.display().to_string()))?;
    }
    Ok(())
}

fn write_document(args: &Args, graph: &Graph, out: &mut dyn Write) -> Result<(), CliError> {
    let document = json::write(graph).map_err(|source| CliError::Document {
        path: args.file.clone(),
        source,
    })?;
    std::fs::write(&args.out, document)?;
    let total = Analysis::of(graph).total;
    writeln!(
        out,
        "{}: {} layers, {} parameters, {} multiply-adds",
        text::line(graph.name()),
        graph.nodes().len(),
        total.params(),
        total.macs
    )?;
    writeln!(out, "wrote {}", text::line(&args.out.display().to_string()))?;
    Ok(())
}

fn weights_alone(args: &Args, weights: &[u8], out: &mut dyn Write) -> Result<(), CliError> {
    std::fs::write(&args.out, weights)?;
    let path = text::line(&args.out.display().to_string()).into_owned();
    Ok(writeln!(
        out,
        "wrote {path}: the weights, for --weights of the other verbs"
    )?)
}

/// `None` of a file that has weights only.
fn of_keras(args: &Args, file: &[u8]) -> Result<Option<Import>, CliError> {
    let options = keras_file::Options {
        input: args.input,
        name: args.file.file_stem().and_then(|name| name.to_str()),
    };
    match keras_file::read(file, &options) {
        Ok(import) => Ok(Some(import)),
        Err(KerasError::WeightsOnly) => Ok(None),
        Err(error) => Err(wrong(&args.file, &error.to_string())),
    }
}

/// A network as text, which has no weights.
fn of_text(args: &Args, file: &[u8], out: &mut dyn Write) -> Result<(), CliError> {
    let told = |error: import_text::TextError| wrong(&args.file, &error.to_string());
    let file = String::from_utf8_lossy(file);
    let import = import_text::read(&file, args.input).map_err(told)?;
    for assumed in &import.assumed {
        writeln!(out, "assumed: {}", text::line(assumed))?;
    }
    if !import.is_complete() {
        writeln!(out, "not understood ({}):", import.unread.len())?;
        for unread in &import.unread {
            writeln!(out, "  {}", text::line(&unread.to_string()))?;
        }
        if !args.part {
            let why = "not all of it is understood; --part opens the network without these lines";
            return Err(wrong(&args.file, why));
        }
    }
    if args.weights_out.is_some() {
        return Err(wrong(
            &args.file,
            "a text has no weights; leave --weights-out out",
        ));
    }
    let name = args.file.file_stem().and_then(|name| name.to_str());
    let graph = import_text::named(&import.graph, name.unwrap_or("network"));
    write_document(args, &graph, out)?;
    for problem in import_text::problems(&graph) {
        writeln!(out, "problem: {}", text::line(&problem))?;
    }
    Ok(())
}

/// Reads an ONNX file with those beside it.
fn opened(path: &Path, file: &[u8], input: Option<Shape>) -> Result<Import, CliError> {
    let told = |error: onnx::OnnxError| wrong(path, &error.to_string());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = Vec::new();
    for name in onnx::external_files(file).map_err(told)? {
        let bytes = read(&folder.join(&name))?;
        beside.push((name, bytes));
    }
    let external: Vec<(String, &[u8])> = { beside.iter() }
        .map(|(name, bytes)| (name.clone(), bytes.as_slice()))
        .collect();
    let options = Options {
        input,
        external: &external,
        name: path.file_stem().and_then(|name| name.to_str()),
    };
    onnx::read(file, &options).map_err(told)
}

fn wrong(path: &Path, why: &str) -> CliError {
    CliError::File {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}
