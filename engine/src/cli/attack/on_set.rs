//! Attacks on the test images of a data set.

use std::io::Write;

use pollster::block_on;

use super::options::Kind;
use super::{Args, Made};
use crate::attack::{Corruption, SetAttack, SetOrder, SetReport, Study, Transfer, fits, refit};
use crate::cli::run::{load, running};
use crate::cli::source::{Source, Variation, network};
use crate::cli::test::percent;
use crate::cli::{CliError, text};
use crate::data::{DataSet, Means, Scaling};
use crate::run::Network;
use crate::zoo;

/// Carries out the study and prints it.
pub(super) fn run(
    args: &Args,
    network: &Network,
    data: &DataSet,
    means: Means,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let options = &args.options;
    if options.study == Kind::Transfer {
        return transfer(args, network, data, means, out);
    }
    let study = match options.study {
        Kind::Curve | Kind::Transfer => Study::Curve {
            attacks: options.attacks(),
            epsilons: options.epsilon.clone(),
        },
        Kind::Corruptions => Study::Corruptions {
            corruptions: Corruption::ALL.to_vec(),
        },
        Kind::Universal => Study::Universal {
            settings: options.settings()?,
            training: 1000,
        },
        Kind::Smoothed => Study::Smoothed {
            smoothing: options.smoothing_or_usual(),
            radii: (0..=10).map(|it| 0.1 * f64::from(it)).collect(),
        },
    };
    // One attack of one strength: its pictures can be written.
    let study = match (study, &args.out) {
        (Study::Curve { attacks, epsilons }, Some(_)) => match (attacks.as_slice(), epsilons.len())
        {
            ([settings], 1) => Study::Craft {
                settings: settings.clone(),
            },
            _ => {
                return Err(CliError::Running(
                    "--out writes the pictures of one attack; name one --method and one --epsilon"
                        .to_owned(),
                ));
            }
        },
        (study, _) => study,
    };
    let (report, pictures) = carried_out(network, data, order(args, means, study), Vec::new())?;
    if let Some(path) = &args.out {
        let shape = network.graph().input();
        let scaling = Scaling::of_images(&means, data.shape(), shape);
        let mut made = Made::new(shape);
        // A universal noise is no picture, but has the shape of one.
        made.inputs = scaling.input(&pictures, shape);
        made.adversarial = pictures;
        std::fs::write(path, made.packed()?)?;
    }
    if args.json {
        return text::write_json(&report, out);
    }
    write_report(&report, out)?;
    if let Some(path) = &args.out {
        writeln!(out, "wrote {}", text::line(&path.display().to_string()))?;
    }
    Ok(())
}

fn order(args: &Args, means: Means, study: Study) -> SetOrder {
    let options = &args.options;
    SetOrder {
        means,
        images: options.count,
        seed: options.seed,
        sanitation: options.sanitise.clone(),
        adaptive: options.adaptive,
        study,
        ..SetOrder::default()
    }
}

fn carried_out(
    network: &Network,
    data: &DataSet,
    order: SetOrder,
    pictures: Vec<f32>,
) -> Result<(SetReport, Vec<f32>), CliError> {
    let attack = SetAttack::new(network, data, order, pictures);
    let mut attack = attack.map_err(running)?;
    while !block_on(attack.advance(network, data)).map_err(running)? {}
    Ok(attack.finish())
}

/// Each network's pictures judged by each.
fn transfer(
    args: &Args,
    first: &Network,
    data: &DataSet,
    means: Means,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let mut networks = vec![(args.network.clone(), first.clone(), means)];
    for pair in args.options.against.chunks(2) {
        let [name, weights] = pair else { continue };
        let name = name.display().to_string();
        let Source { graph, entry } = network(&name, &Variation::default())?;
        let graph = args.head.fitted(graph, data.classes())?;
        let means = entry.map(|it| zoo::means(it.name)).unwrap_or_default();
        let (other, _) = load(graph, Some(weights), 0)?;
        networks.push((name, other, means));
    }
    if networks.len() < 2 {
        return Err(CliError::Running(
            "a transfer needs another network; name it with --against NETWORK WEIGHTS".to_owned(),
        ));
    }
    let settings = args.options.settings()?;
    let mut result = Transfer::default();
    for (name, source, means) in &networks {
        let craft = Study::Craft {
            settings: settings.clone(),
        };
        let (report, pictures) = carried_out(source, data, order(args, *means, craft), Vec::new())?;
        if let SetReport::Crafted { clean, .. } = report {
            result.clean.push(clean);
        }
        let mut row = Vec::new();
        for (_, judge, means) in &networks {
            let order = order(args, *means, Study::Judge);
            let [from, to] = [source, judge].map(|it| it.graph().input());
            let made = if fits(from, to) {
                refit(&pictures, from, to)
            } else {
                pictures.clone()
            };
            let (report, _) = carried_out(judge, data, order, made)?;
            if let SetReport::Judged { accuracy, .. } = report {
                row.push(accuracy);
            }
        }
        result.networks.push(name.clone());
        result.accuracy.push(row);
    }
    if args.json {
        return text::write_json(&result, out);
    }
    writeln!(
        out,
        "rows: whose pictures, cropped or padded for another size; columns: accuracy of"
    )?;
    write!(out, "{:>16}", "")?;
    for name in &result.networks {
        write!(out, "{:>16}", text::line(name))?;
    }
    writeln!(out)?;
    let clean = ("undisturbed".to_owned(), &result.clean);
    let rows = result.networks.iter().cloned().zip(&result.accuracy);
    for (name, row) in [clean].into_iter().chain(rows) {
        write!(out, "{:>16}", text::line(&name))?;
        for &share in row {
            write!(out, "{:>16}", percent(share))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_report(report: &SetReport, out: &mut dyn Write) -> Result<(), CliError> {
    match report {
        SetReport::Curve {
            images,
            clean,
            curves,
        } => {
            writeln!(out, "accuracy on {images} images: {}", percent(*clean))?;
            for curve in curves {
                let settings = &curve.settings;
                for [epsilon, accuracy] in &curve.points {
                    let (method, norm) = (settings.method.name(), settings.norm.name());
                    let share = percent(*accuracy);
                    writeln!(out, "{method:>16} {norm:>3}  ε {epsilon:<8.4} {share:>9}")?;
                }
            }
        }
        SetReport::Corruptions {
            images,
            clean,
            rows,
        } => {
            writeln!(out, "accuracy on {images} images: {}", percent(*clean))?;
            for row in rows {
                write!(out, "{:>16}", row.corruption.name())?;
                for [number, accuracy] in row.severities {
                    let described = row.corruption.described(number as f32);
                    write!(out, "  {described}: {}", percent(accuracy))?;
                }
                writeln!(out)?;
            }
        }
        SetReport::Universal {
            images,
            clean,
            accuracy,
            fooled,
            sizes,
        } => {
            writeln!(
                out,
                "accuracy on {images} images: {}; with one noise for all (L2 {:.4}, L∞ {:.4}): {}, \
                 {} of the answers changed",
                percent(*clean),
                sizes.l2,
                sizes.linf,
                percent(*accuracy),
                percent(*fooled)
            )?;
        }
        SetReport::Smoothed {
            images,
            clean,
            points,
            abstained,
        } => {
            writeln!(out, "accuracy on {images} images: {}", percent(*clean))?;
            writeln!(out, "smoothed, no answer: {}", percent(*abstained))?;
            for [radius, share] in points {
                writeln!(out, "  right within L2 {radius:.2}: {}", percent(*share))?;
            }
        }
        SetReport::Crafted {
            images,
            clean,
            accuracy,
            mean,
        } => {
            writeln!(
                out,
                "accuracy on {images} images: {}, attacked {}; noise on average L2 {:.4}, L∞ {:.4}",
                percent(*clean),
                percent(*accuracy),
                mean.l2,
                mean.linf
            )?;
        }
        SetReport::Judged { images, accuracy } => {
            writeln!(out, "accuracy on {images} images: {}", percent(*accuracy))?;
        }
    }
    Ok(())
}
