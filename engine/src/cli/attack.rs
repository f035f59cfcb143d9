//! `cnnlab attack`: noise that changes a network's answers, on pictures or on a data set.

mod on_set;
mod options;

use std::io::Write;
use std::path::{Path, PathBuf};

use pollster::block_on;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::head::Head;
use super::run::{load, running};
use super::source::{Source, Variation, network};
use super::{CliError, data, input, text};
use crate::Shape;
use crate::attack::{PictureAttack, PictureOrder, PictureReport, answer_of};
use crate::data::Means;
use crate::run::Network;
use crate::zoo;
use options::Options;

/// What is attacked are the pixels of the prepared picture, from 0 to 1, before their normalisation. Of
/// a drawing or the digit in a photo that is the network's input after cropping and centring, which
/// have no gradient.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name that `cnnlab list` prints, or a document.
    network: String,
    /// Its weights: a checkpoint or another safetensors file.
    #[arg(long)]
    weights: PathBuf,
    #[command(flatten)]
    head: Head,
    /// Attack this photo, or the pictures of a safetensors file as for `run`, instead of a data set.
    #[arg(long)]
    input: Option<PathBuf>,
    #[command(flatten)]
    source: data::Source,
    #[command(flatten)]
    options: Options,
    /// Where to write the pictures, as safetensors: `picture` and `adversarial` of 0 to 1, and `input`,
    /// the attacked ones as the network takes them, for `cnnlab run`.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Attacks and prints what came out.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let Source { graph, entry } = network(&args.network, &Variation::default())?;
    let means = entry.map(|it| zoo::means(it.name)).unwrap_or_default();
    match &args.input {
        Some(path) => {
            let (network, notes) = load(graph, Some(&args.weights), 0)?;
            // Not into the result, which may be JSON.
            for note in notes {
                eprintln!("note: {note}");
            }
            on_pictures(args, &network, path, means, out)
        }
        None => {
            let data = args.source.load(graph.input())?;
            let graph = args.head.fitted(graph, data.classes())?;
            let (network, notes) = load(graph, Some(&args.weights), 0)?;
            for note in notes {
                eprintln!("note: {note}");
            }
            on_set::run(args, &network, &data, means, out)
        }
    }
}

/// Attacks each picture of a file by itself.
fn on_pictures(
    args: &Args,
    network: &Network,
    path: &Path,
    means: Means,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let shape = network.graph().input();
    let read = input::input(path, shape, means)?;
    if let Some(note) = read.note {
        eprintln!("note: {note}");
    }
    let order = PictureOrder {
        means,
        settings: args.options.settings()?,
        label: None,
        smallest: args.options.smallest,
        sanitation: args.options.sanitise.clone(),
        adaptive: args.options.adaptive,
        smoothing: args.options.smoothing(),
    };
    let (mut reports, mut made) = (Vec::new(), Made::new(shape));
    for values in read.values.chunks(shape.elements() as usize) {
        let attack = PictureAttack::new(network, values, order.clone());
        let mut attack = attack.map_err(running)?;
        while !block_on(attack.advance(network)).map_err(running)? {}
        made.inputs.extend(attack.input());
        let (report, before, after) = attack.finish();
        made.pictures.extend(before);
        made.adversarial.extend(after);
        reports.push(report);
    }
    if let Some(path) = &args.out {
        std::fs::write(path, made.packed()?)?;
    }
    if args.json {
        return text::write_json(&reports, out);
    }
    for (number, report) in reports.iter().enumerate() {
        write_report(number, report, &order, out)?;
    }
    if let Some(path) = &args.out {
        writeln!(out, "wrote {}", text::line(&path.display().to_string()))?;
    }
    Ok(())
}

fn write_report(
    number: usize,
    report: &PictureReport,
    order: &PictureOrder,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let settings = &order.settings;
    writeln!(
        out,
        "picture {number}: {} by {}, {}",
        settings.method.name(),
        settings.norm.name(),
        if report.success {
            "the answer is changed as wanted"
        } else {
            "the answer is not changed as wanted"
        }
    )?;
    let line = |of: &[f64]| {
        let logits: Vec<f32> = of.iter().map(|&it| it as f32).collect();
        let class = answer_of(&logits).unwrap_or_default();
        let share = of.get(class).copied().unwrap_or_default();
        format!("class {class} with {:.2} %", 100.0 * share)
    };
    writeln!(out, "  before   {}", line(&report.before))?;
    writeln!(out, "  after    {}", line(&report.after))?;
    let sizes = report.sizes;
    writeln!(
        out,
        "  noise    L2 {:.4}, L∞ {:.4}, {} values changed, {} iterations",
        sizes.l2, sizes.linf, sizes.changed, report.iterations
    )?;
    if order.smallest && settings.method.has_epsilon() {
        match report.smallest {
            Some(epsilon) => writeln!(out, "  smallest ε that changes the answer: {epsilon:.4}")?,
            None => writeln!(out, "  no ε up to the largest changes the answer")?,
        }
    }
    if let Some([before, after]) = &report.defended {
        let (before, after) = (line(before), line(after));
        writeln!(out, "  behind the sanitation: {before}, then {after}")?;
    }
    if let Some(certificates) = &report.smoothed {
        for (name, it) in ["before", "after"].iter().zip(certificates) {
            let class = if it.answers() {
                format!("class {}, certified within L2 {:.4}", it.class, it.radius)
            } else {
                "no answer that can be certified".to_owned()
            };
            writeln!(
                out,
                "  smoothed {name}: {class} ({} of {})",
                it.count, it.samples
            )?;
        }
    }
    Ok(())
}

/// Pictures for a file.
struct Made {
    shape: Shape,
    pictures: Vec<f32>,
    adversarial: Vec<f32>,
    inputs: Vec<f32>,
}

impl Made {
    const fn new(shape: Shape) -> Self {
        Self {
            shape,
            pictures: Vec::new(),
            adversarial: Vec::new(),
            inputs: Vec::new(),
        }
    }

    fn packed(&self) -> Result<Vec<u8>, CliError> {
        let [channels, height, width] =
            [self.shape.channels, self.shape.height, self.shape.width].map(|it| it as usize);
        let arrays = [
            ("picture", &self.pictures),
            ("adversarial", &self.adversarial),
            ("input", &self.inputs),
        ];
        let arrays = arrays.map(|(name, values)| {
            let bytes: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
            (name, values.len(), bytes)
        });
        let views = arrays
            .iter()
            .filter(|it| it.1 > 0)
            .map(|(name, count, bytes)| {
                let pictures = count / (channels * height * width).max(1);
                let dims = vec![pictures, channels, height, width];
                let view = TensorView::new(Dtype::F32, dims, bytes).map_err(running)?;
                Ok((*name, view))
            });
        let views = views.collect::<Result<Vec<_>, CliError>>()?;
        safetensors::serialize(views, None).map_err(running)
    }
}
