//! `cnnlab explain`: how much each part of an input counts for a class.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use image::RgbImage;
use pollster::block_on;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::run::{load, running};
use super::source::{Source, Variation, network};
use super::{CliError, answer, input, text};
use crate::analysis::Budget;
use crate::explain::{Explained, Explaining, Method, Occlusion, SanityCheck, over_input};
use crate::run::Network;
use crate::zoo::{means, pretrained};
use crate::{Graph, NodeId, Shape};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A network of the zoo (see `cnnlab list`), or the file of a saved one.
    #[arg(value_name = "NAME|FILE")]
    network: String,
    /// Its weights, a checkpoint or a plain safetensors file; without one they are random numbers
    /// from --seed.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// A photo (PNG or JPEG), or a safetensors file with an array `input`, one picture of channels ×
    /// height × width.
    #[arg(long)]
    input: PathBuf,
    /// How it is computed.
    #[arg(long, value_enum)]
    method: Kind,
    /// The class, from 0; the one with the largest logit when left out.
    #[arg(long)]
    class: Option<u32>,
    /// The node of Grad-CAM; the last one with maps before the classes when left out.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    node: Option<String>,
    /// The samples of SmoothGrad [default: 25].
    #[arg(long)]
    samples: Option<u32>,
    /// The deviation of SmoothGrad's noise as a share of the input's range [default: 0.15].
    #[arg(long)]
    spread: Option<f32>,
    /// Of SmoothGrad's noise, of random weights and of --sanity.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The side of occlusion's square in pixels [default: a seventh of the input].
    #[arg(long)]
    patch: Option<u32>,
    /// From one square to the next in pixels [default: a fourteenth of the input].
    #[arg(long)]
    stride: Option<u32>,
    /// What covered pixels are [default: 0].
    #[arg(long, allow_hyphen_values = true)]
    fill: Option<f32>,
    /// Also make the weights random layer by layer from the logits down, and print how far the map
    /// stays the same (Adebayo et al. 2018).
    #[arg(long)]
    sanity: bool,
    /// Where to write the map: safetensors, or a picture when the name ends in .png.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The gradient of the logit.
    Gradient,
    /// That, times the input.
    GradientInput,
    /// The mean gradient of noisy copies of the input.
    #[value(name = "smoothgrad")]
    SmoothGrad,
    /// The input, times the mean gradient on the way from zeros to it.
    IntegratedGradients,
    /// The gradient with only what is positive at each ReLU.
    Guided,
    /// The maps of a node, weighted by their mean gradients.
    GradCam,
    /// How far the logit falls when a square is covered.
    Occlusion,
}

/// Prints the class and the range of the map, and writes the map.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let Source { graph, entry } = network(&args.network, &Variation::default())?;
    let name = entry.map_or("", |entry| entry.name);
    let method = method(args, &graph)?;
    let (network, notes) = load(graph, args.weights.as_deref(), args.seed)?;
    for note in notes {
        writeln!(out, "note: {note}")?;
    }
    let target = network.graph().input();
    let read = input::input(&args.input, target, means(name))?;
    if let Some(note) = read.note {
        writeln!(out, "note: {note}")?;
    }
    let pictures = read.values.len() / target.elements() as usize;
    if pictures != 1 {
        return Err(CliError::File {
            path: args.input.clone(),
            why: format!("it has {pictures} pictures; an explanation is of one"),
        });
    }
    let values = read.values;
    let (class, budget) = (args.class, Budget::default());
    let explaining = Explaining::new(&network, method, class, values.clone(), budget);
    let mut explaining = explaining.map_err(running)?;
    let explained = loop {
        if let Some(it) = block_on(explaining.advance(&network)).map_err(running)? {
            break it;
        }
    };
    let trained = args.weights.as_ref().and_then(|_| pretrained(name));
    let classes = trained.map(|it| answer::names(it.classes));
    describe(
        &explained,
        network.graph(),
        &classes.unwrap_or_default(),
        out,
    )?;
    if args.weights.is_none() && !network.params().is_empty() {
        writeln!(
            out,
            "the weights are random (seed {}), so the map means nothing; --weights names a file of \
             trained ones",
            args.seed
        )?;
    }
    if args.sanity {
        sanity(args, &network, method, &values, out)?;
    }
    if let Some(path) = &args.out {
        written(path, &explained, &values, target)?;
        writeln!(out, "wrote {}", text::line(&path.display().to_string()))?;
    }
    Ok(())
}

/// The method with its settings; a setting of another method is refused.
fn method(args: &Args, graph: &Graph) -> Result<Method, CliError> {
    let kind = args.method;
    for (given, option, of) in [
        (args.node.is_some(), "node", Kind::GradCam),
        (args.samples.is_some(), "samples", Kind::SmoothGrad),
        (args.spread.is_some(), "spread", Kind::SmoothGrad),
        (args.patch.is_some(), "patch", Kind::Occlusion),
        (args.stride.is_some(), "stride", Kind::Occlusion),
        (args.fill.is_some(), "fill", Kind::Occlusion),
    ] {
        if given && kind != of {
            let of = of.to_possible_value();
            let of = of.as_ref().map_or("another one", |it| it.get_name());
            return Err(running(format!(
                "--{option} is a setting of the method {of} only; leave it out"
            )));
        }
    }
    Ok(match kind {
        Kind::Gradient => Method::Gradient,
        Kind::GradientInput => Method::GradientInput,
        Kind::SmoothGrad => {
            let (mut samples, mut spread) = (25, 0.15);
            if let Method::SmoothGrad {
                samples: usual,
                spread: share,
                ..
            } = Method::SMOOTH_GRAD
            {
                (samples, spread) = (usual, share);
            }
            Method::SmoothGrad {
                samples: args.samples.unwrap_or(samples),
                spread: args.spread.unwrap_or(spread),
                seed: args.seed,
            }
        }
        Kind::IntegratedGradients => Method::IntegratedGradients,
        Kind::Guided => Method::Guided,
        Kind::GradCam => Method::GradCam {
            node: args
                .node
                .as_ref()
                .map(|name| named(name, graph))
                .transpose()?,
        },
        Kind::Occlusion => {
            let usual = Occlusion::usual(graph.input());
            Method::Occlusion(Occlusion {
                patch: args.patch.unwrap_or(usual.patch),
                stride: args.stride.unwrap_or(usual.stride),
                fill: args.fill.unwrap_or(usual.fill),
            })
        }
    })
}

/// The node of this name, which may be given as it is shown.
fn named(name: &str, graph: &Graph) -> Result<NodeId, CliError> {
    let shown = |node: &&crate::Node| node.name == name || text::line(&node.name) == name;
    let node = graph.nodes().iter().find(shown).map(|node| node.id);
    node.ok_or_else(|| CliError::Node {
        name: name.to_owned(),
    })
}

fn describe(
    explained: &Explained,
    graph: &Graph,
    classes: &[&str],
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let about = &explained.about;
    let name = |class: u32| {
        let name = classes.get(class as usize);
        name.map_or_else(|| class.to_string(), |it| format!("{class}, {it}"))
    };
    let logit = about.logit;
    write!(out, "class {}: logit {logit}", name(about.class))?;
    if about.class != about.predicted {
        write!(out, "; predicted is {}", name(about.predicted))?;
    }
    writeln!(out)?;
    let title = about.method.title();
    write!(out, "{title}")?;
    if let Method::GradCam { node: Some(id) } = about.method
        && let Some(node) = graph.node(id)
    {
        write!(out, " at “{}”", text::line(&node.name))?;
    }
    writeln!(out, ": {} to {}", about.least, about.largest)?;
    if let Some(it) = about.completeness {
        writeln!(
            out,
            "sum {}, of a difference of {} from zeros to the input; residual {}",
            it.sum,
            it.input - it.baseline,
            it.residual
        )?;
    }
    for note in &about.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}

fn sanity(
    args: &Args,
    network: &Network,
    method: Method,
    input: &[f32],
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let (input, budget) = (input.to_vec(), Budget::default());
    let check = SanityCheck::new(network, method, args.class, input, args.seed, budget);
    let mut check = check.map_err(running)?;
    let sanity = loop {
        if let Some(it) = block_on(check.advance(network)).map_err(running)? {
            break it;
        }
    };
    writeln!(
        out,
        "rank correlation with the map of random weights, from the logits down to"
    )?;
    for (level, _) in &sanity.levels {
        let name = text::line(&level.name);
        match level.correlation {
            Some(it) => writeln!(out, "{it:8.3}  {name}")?,
            None => writeln!(out, "{:>8}  {name}", "–")?,
        }
    }
    Ok(())
}

fn written(
    path: &Path,
    explained: &Explained,
    input: &[f32],
    shape: Shape,
) -> Result<(), CliError> {
    let is_png = path
        .extension()
        .is_some_and(|it| it.eq_ignore_ascii_case("png"));
    let bytes = if is_png {
        let ([height, width], rgb) = over_input(&explained.about, &explained.values, input, shape);
        let picture = RgbImage::from_raw(width as u32, height as u32, rgb);
        let picture = picture.ok_or_else(|| running("the picture is too large"))?;
        let mut bytes = std::io::Cursor::new(Vec::new());
        { picture.write_to(&mut bytes, image::ImageFormat::Png) }.map_err(running)?;
        bytes.into_inner()
    } else {
        packed(explained, input, shape)?
    };
    Ok(std::fs::write(path, bytes)?)
}

/// The map and what it was made of, under the method's name with `_` for `-`.
fn packed(explained: &Explained, input: &[f32], shape: Shape) -> Result<Vec<u8>, CliError> {
    let sides = |shape: Shape| [shape.channels, shape.height, shape.width].map(|it| it as usize);
    let picture = |shape: Shape| [vec![1], sides(shape).to_vec()].concat();
    let plane = |shape: Shape| sides(shape)[1..].to_vec();
    let single =
        |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|it| it.to_le_bytes()).collect() };
    let Explained {
        about,
        values,
        logits,
        cam,
    } = explained;
    let mut arrays = vec![
        ("input", Dtype::F32, picture(shape), single(input)),
        ("logits", Dtype::F32, vec![1, logits.len()], single(logits)),
    ];
    let name = about.method.name().replace('-', "_");
    match cam {
        Some((cam, of)) => {
            let weights = vec![1, cam.weights.len()];
            arrays.push(("grad_cam", Dtype::F32, plane(*of), single(&cam.map)));
            arrays.push((
                "grad_cam_weights",
                Dtype::F32,
                weights,
                single(&cam.weights),
            ));
            let enlarged = plane(about.shape);
            arrays.push(("grad_cam_upsampled", Dtype::F32, enlarged, single(values)));
        }
        None => {
            let dims = match about.method {
                Method::Occlusion(_) => plane(about.shape),
                _ => picture(about.shape),
            };
            arrays.push((&name, Dtype::F32, dims, single(values)));
        }
    }
    if let Some(it) = about.completeness {
        for (name, value) in [
            ("ig_sum", it.sum),
            ("ig_logit_input", it.input),
            ("ig_logit_baseline", it.baseline),
            ("ig_residual", it.residual),
        ] {
            arrays.push((name, Dtype::F64, vec![1], value.to_le_bytes().to_vec()));
        }
    }
    let views = { arrays.iter() }
        .map(|(name, dtype, dims, bytes)| {
            let view = TensorView::new(*dtype, dims.clone(), bytes);
            Ok((*name, view.map_err(running)?))
        })
        .collect::<Result<Vec<_>, CliError>>()?;
    let about = [
        ("method".to_owned(), about.method.name().to_owned()),
        ("class".to_owned(), about.class.to_string()),
        ("predicted".to_owned(), about.predicted.to_string()),
    ];
    safetensors::serialize(views, Some(about.into())).map_err(running)
}
