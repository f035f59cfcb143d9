//! `cnnlab train`: fits a network to a data set and writes a checkpoint.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use pollster::block_on;
use web_time::Instant;

use super::head::Head;
use super::source::{Source, Variation, network};
use super::test::{accuracy, percent};
use super::train_options::Options;
use super::train_workers::Workers;
use super::{CliError, data, read, text};
use crate::Graph;
use crate::checkpoint::{self, File, Progress};
use crate::compress::Distillation;
use crate::data::{DataSet, Means, Part};
use crate::run::{Network, Provenance, cpu, read_weights};
use crate::train::{
    Course, End, Evaluation, Happened, Point, SHARDS, Settings, TaskError, check_head,
};
use crate::zoo;

#[derive(Debug, clap::Args)]
// Another verb has these options beside its own.
#[group(id = "training")]
pub(super) struct Args {
    /// A name that `cnnlab list` prints, or a document.
    #[arg(long)]
    arch: String,
    #[command(flatten)]
    source: data::Source,
    #[command(flatten)]
    head: Head,
    #[command(flatten)]
    options: Options,
    /// Cut the batch into four shards and compute them on so many threads; any number of threads
    /// gives the same weights.
    #[arg(long, value_name = "THREADS", value_parser = clap::value_parser!(u32).range(1..=16))]
    workers: Option<u32>,
    /// Start from these weights, as for transfer learning.
    #[arg(long, conflicts_with = "resume")]
    weights: Option<PathBuf>,
    /// Go on from this checkpoint, with its settings.
    #[arg(long)]
    resume: Option<PathBuf>,
    /// Where to write the checkpoint: the weights with the optimiser's state, a safetensors file.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write a checkpoint to --out after so many steps each as well.
    #[arg(long, requires = "out", value_name = "STEPS")]
    save_every: Option<u64>,
    /// Pause after so many steps; --resume goes on from the checkpoint.
    #[arg(long, requires = "out", value_name = "STEPS")]
    pause_after: Option<u64>,
    /// Where to write loss, accuracy, rate and gradient norm of every step, as CSV.
    #[arg(long)]
    metrics: Option<PathBuf>,
}

/// A teacher, and how it is learnt from by what the settings say.
type Taught<'a> = (Network, &'a dyn Fn(Option<Distillation>) -> Distillation);

/// What another verb than `train` adds.
#[derive(Default)]
pub(super) struct With<'a> {
    /// A teacher, and how it is learnt from by what the settings say.
    pub teacher: Option<Taught<'a>>,
    /// The result is printed as JSON.
    pub json: bool,
}

/// Trains, tells each second and each epoch, and writes the weights.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    run_with(args, With::default(), out)
}

/// As [`run`], with a teacher.
pub(super) fn run_with(args: &Args, with: With<'_>, out: &mut dyn Write) -> Result<(), CliError> {
    let Source { graph, entry } = network(&args.arch, &Variation::default())?;
    let data = args.source.load(graph.input())?;
    let fitted = args.head.fitted(graph.clone(), data.classes())?;
    let means = entry.map(|it| zoo::means(it.name)).unwrap_or_default();
    let json = with.json;
    let (mut network, mut course) = start(args, with, graph, fitted, means, &data)?;
    let settings = &course.task().settings;
    if !json {
        let shown = serde_json::to_string(settings)?;
        writeln!(
            out,
            "{} on {}: {} images, {shown}",
            text::line(network.graph().name()),
            text::line(&args.source.data),
            data.len()
        )?;
        let executor = course.executor().to_string();
        writeln!(out, "gradients by {}", text::line(&executor))?;
        out.flush()?;
    }
    let mut told = Told::new(args.metrics.as_deref())?;
    let end = std::thread::scope(|scope| {
        let count = args.workers.unwrap_or(1);
        let mut workers = Workers::start(scope, count, network.graph(), &data);
        train(
            args,
            &mut network,
            &mut course,
            &data,
            &mut workers,
            &mut told,
        )
    })?;
    told.flush()?;
    finish(args, json, end, &network, &course, &data, out)
}

/// Trains until the training ends or pauses.
fn train(
    args: &Args,
    network: &mut Network,
    course: &mut Course,
    data: &DataSet,
    workers: &mut Workers,
    told: &mut Told,
) -> Result<End, CliError> {
    let mut done = 0;
    loop {
        match workers.advance(course, network, data)? {
            Happened::Stepped(point) => {
                told.step(&point)?;
                done += 1;
                if args.pause_after.is_some_and(|steps| done >= steps) {
                    return Ok(End::Paused);
                }
                let due = args
                    .save_every
                    .is_some_and(|every| point.step.is_multiple_of(every.max(1)));
                if let (true, Some(path)) = (due, &args.out) {
                    write_file(
                        path,
                        &args.notes(settings_of(course), None),
                        course,
                        network,
                    )?;
                }
            }
            Happened::Evaluating => {
                if let Some((epoch, [loss, accuracy])) = course.epoch_without_validation() {
                    told.plain_epoch(epoch, loss, accuracy);
                }
            }
            Happened::Evaluated(evaluation, _) => told.epoch(&evaluation)?,
            Happened::Ended(end) => return Ok(end),
            Happened::Shared | Happened::Waiting => {}
        }
    }
}

/// Says how it ended, tests the network and writes it.
fn finish(
    args: &Args,
    json: bool,
    end: End,
    network: &Network,
    course: &Course,
    data: &DataSet,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    match end {
        End::Completed | End::Paused => {}
        End::NoImprovement { .. } if json => {}
        End::NoImprovement { best_epoch } => writeln!(
            out,
            "ended early: the validation loss was least in epoch {best_epoch}, whose weights are taken"
        )?,
        // A file of weights would pass for a result.
        End::Diverged(divergence) => return Err(running(divergence)),
    }
    let test = match block_on(accuracy(network, data, course.task(), Part::Test)) {
        Ok(evaluation) => Some(evaluation),
        Err(CliError::Running(why)) if why == TaskError::NoImages.to_string() => None,
        Err(error) => return Err(error),
    };
    if json {
        let shown = serde_json::to_string_pretty(&test)?;
        writeln!(out, "{}", text::json(&shown))?;
    } else if let Some(test) = &test {
        let (share, examples) = (percent(test.accuracy), test.examples);
        writeln!(out, "test accuracy {share} of {examples} images")?;
    }
    if let Some(path) = &args.out {
        let notes = args.notes(settings_of(course), test.as_ref());
        write_file(path, &notes, course, network)?;
        if !json {
            writeln!(out, "wrote {}", text::line(&path.display().to_string()))?;
        }
    }
    Ok(())
}

fn settings_of(course: &Course) -> &Settings {
    &course.task().settings
}

/// The training of the network `fitted`, which is `graph` with a head for the data.
fn start(
    args: &Args,
    with: With<'_>,
    graph: Graph,
    fitted: Graph,
    means: Means,
    data: &DataSet,
) -> Result<(Network, Course), CliError> {
    if let Some(path) = &args.resume {
        let unusable = |why: String| CliError::File {
            path: path.clone(),
            why,
        };
        let bytes = read(path)?;
        let mut network = Network::seeded(fitted, 0, &cpu()).map_err(running)?;
        let read = read_weights(&mut network, &bytes);
        read.map_err(|error| unusable(error.to_string()))?;
        let file = File::read(&bytes).map_err(|error| unusable(error.to_string()))?;
        let states = file.states().map_err(|error| unusable(error.to_string()))?;
        let run = file.header.about.and_then(|about| about.training);
        let run = run.ok_or_else(|| unusable(TaskError::NoTraining.to_string()))?;
        if args.workers.is_some() && run.task.settings.shards.is_none() {
            let why = "its training does not cut the batch into shards; leave --workers out";
            return Err(unusable(why.to_owned()));
        }
        let course = Course::resume(run, &states, &network, data);
        let mut course = course.map_err(running)?;
        if let Some((teacher, _)) = with.teacher {
            course.learn_from(teacher).map_err(running)?;
        }
        return Ok((network, course));
    }
    let mut task = args.options.task(&fitted)?;
    task.means = means;
    if let Some((_, change)) = &with.teacher {
        task.settings.teacher = Some(change(task.settings.teacher));
    }
    if args.workers.is_some() {
        task.settings.shards.get_or_insert(SHARDS);
    }
    let seed = task.settings.seed;
    let mut network = Network::seeded(fitted.clone(), seed, &cpu()).map_err(running)?;
    if let Some(path) = &args.weights {
        let bytes = read(path)?;
        let unusable = |why: String| CliError::File {
            path: path.clone(),
            why,
        };
        // A file of the network as it is, or of one whose head was repaired before.
        if let Err(error) = read_weights(&mut network, &bytes) {
            let repaired = check_head(&graph, data.classes());
            let mut whole = Network::seeded(graph, seed, &cpu()).map_err(running)?;
            if repaired.is_ok() || read_weights(&mut whole, &bytes).is_err() {
                return Err(unusable(error.to_string()));
            }
            let kept = Network::fitting(fitted, &bytes, seed, &cpu());
            (network, _) = kept.map_err(|error| unusable(error.to_string()))?;
        }
    }
    let mut course = Course::start(task, &mut network, data).map_err(running)?;
    if let Some((teacher, _)) = with.teacher {
        course.learn_from(teacher).map_err(running)?;
    }
    Ok((network, course))
}

pub(super) fn running(error: impl std::fmt::Display) -> CliError {
    CliError::Running(error.to_string())
}

/// What is told while it trains: on stderr, and into the file of metrics.
struct Told {
    metrics: Option<std::io::BufWriter<std::fs::File>>,
    started: Instant,
    last: Instant,
}

impl Told {
    fn new(metrics: Option<&Path>) -> Result<Self, CliError> {
        let metrics = metrics.map(std::fs::File::create).transpose()?;
        let mut metrics = metrics.map(std::io::BufWriter::new);
        if let Some(file) = &mut metrics {
            writeln!(
                file,
                "step,epoch,part,loss,accuracy,rate,gradient_norm,examples_per_second"
            )?;
        }
        let now = Instant::now();
        Ok(Self {
            metrics,
            started: now,
            last: now,
        })
    }

    fn step(&mut self, point: &Point) -> Result<(), CliError> {
        let Point {
            step,
            steps,
            epoch,
            loss,
            accuracy,
            rate,
            gradient_norm,
            examples_per_second,
        } = *point;
        if let Some(file) = &mut self.metrics {
            writeln!(
                file,
                "{step},{epoch},training,{loss},{accuracy},{rate},{gradient_norm},\
                 {examples_per_second:.0}"
            )?;
        }
        // Progress goes to stderr at once, not into the result.
        if self.last.elapsed().as_secs_f64() >= 1.0 {
            self.last = Instant::now();
            eprintln!(
                "step {step}/{steps}  epoch {epoch}  loss {loss:.4}  accuracy {}  rate {rate:.6}  \
                 gradient {gradient_norm:.3}  {examples_per_second:.0} examples/s",
                percent(accuracy)
            );
        }
        Ok(())
    }

    fn epoch(&mut self, evaluation: &Evaluation) -> Result<(), CliError> {
        let Evaluation {
            epoch,
            loss,
            accuracy,
            training,
            ..
        } = evaluation;
        if let Some(file) = &mut self.metrics {
            writeln!(file, ",{epoch},validation,{loss},{accuracy},,,")?;
        }
        let [trained, right] = training.unwrap_or_default();
        eprintln!(
            "epoch {epoch:3}  loss {trained:.4}  accuracy {}  validation loss {loss:.4}  accuracy \
             {}  {} s",
            percent(right),
            percent(*accuracy),
            self.started.elapsed().as_secs()
        );
        Ok(())
    }

    fn plain_epoch(&self, epoch: u32, loss: f64, accuracy: f64) {
        let seconds = self.started.elapsed().as_secs();
        let accuracy = percent(accuracy);
        eprintln!("epoch {epoch:3}  loss {loss:.4}  accuracy {accuracy}  {seconds} s");
    }

    fn flush(&mut self) -> Result<(), CliError> {
        if let Some(file) = &mut self.metrics {
            file.flush()?;
        }
        Ok(())
    }
}

impl Args {
    /// The metadata of the file. One entry, because the format does not keep an order.
    fn notes(&self, settings: &Settings, test: Option<&Evaluation>) -> BTreeMap<String, String> {
        let (arch, data) = (&self.arch, &self.source.data);
        let (batch, seed, rate) = (settings.batch, settings.seed, settings.schedule.rate);
        let (length, method) = (settings.length, settings.method.title());
        let warps = settings.augmentation.is_some();
        let mut text = format!(
            "{arch} on {data}: {method}, {length:?}, batch {batch}, rate {rate}, seed {seed}, warps \
             {warps}"
        );
        if let Some(test) = test {
            text += &format!("; test accuracy {:.4}", test.accuracy);
        }
        BTreeMap::from([("cnn-lab".to_owned(), text)])
    }
}

/// Written beside it first, so that a checkpoint is whole or the one before.
fn write_file(
    path: &Path,
    notes: &BTreeMap<String, String>,
    course: &Course,
    network: &Network,
) -> Result<(), CliError> {
    let provenance = Provenance::all(network, true);
    let (run, states) = (
        course.run(),
        block_on(course.states(network)).map_err(running)?,
    );
    let progress = Progress {
        seed: run.task.settings.seed,
        step: run.position.step,
        states: &states,
        training: Some(&run),
    };
    let file = checkpoint::write(network, &provenance, progress, notes);
    let bytes = block_on(file).map_err(running)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, path)?;
    Ok(())
}
