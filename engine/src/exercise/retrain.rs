//! A hand-in's training done again.

use super::{Data, HandIn, Training};
use crate::Analysis;
use crate::checkpoint::Weights;
use crate::run::{Network, cpu};
use crate::train::{Course, Happened};

/// Multiply-adds of a training that is done again, at most; some minutes.
const MOST: u64 = 2_000_000_000_000;

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Retrained {
    /// The same weights bit for bit.
    Same,
    /// Other weights; the largest difference, and the largest weight.
    Differs { difference: f32, largest: f32 },
    /// It was not done, and why.
    Not { why: String },
}

/// Trains again as the hand-in says, and compares the weights.
pub async fn retrain(hand_in: &HandIn, data: &mut Data<'_>) -> Retrained {
    let not = |why: String| Retrained::Not { why };
    let (Some(training), Some(file)) = (&hand_in.training, &hand_in.weights) else {
        return not("the file has no training of its weights".to_owned());
    };
    match trained(hand_in, training, data).await {
        Err(why) => not(why),
        Ok(network) => compared(network, file).await.unwrap_or_else(not),
    }
}

async fn trained(
    hand_in: &HandIn,
    training: &Training,
    data: &mut Data<'_>,
) -> Result<Network, String> {
    let graph = &hand_in.experiment.graph;
    let Training { run, .. } = training;
    let task = run.task.clone();
    let seed = match (training.first_seed, &task.settings.initialisation) {
        (Some(seed), _) => seed,
        (None, Some(_)) => task.settings.seed,
        (None, None) => {
            return Err("the training began with weights that the file does not have".to_owned());
        }
    };
    if task.settings.teacher.is_some() {
        return Err("the training had a teacher, which the file does not have".to_owned());
    }
    let steps = run.position.step;
    let macs = Analysis::of(graph).total.macs.max(1);
    let batch = task.settings.batch as u64;
    let total = { 3_u64.saturating_mul(macs) }
        .saturating_mul(batch)
        .saturating_mul(steps);
    if total > MOST {
        return Err(format!(
            "the training takes too long to be done again ({steps} steps)"
        ));
    }
    let set = data.get(&training.data, graph.input())?;
    let mut set = set.clone();
    if (set.len() as u64) < training.images {
        return Err(format!(
            "the data set here has {} images, and the training had {}",
            set.len(),
            training.images
        ));
    }
    // Images come in the same order everywhere.
    set.truncate(training.images as usize);
    let mut network =
        Network::seeded(graph.clone(), seed, &cpu()).map_err(|error| error.to_string())?;
    let course = Course::start(task, &mut network, &set);
    let mut course = course.map_err(|error| error.to_string())?;
    let mut done = 0;
    while done < steps {
        let happened = course.advance(&mut network, &set).await;
        match happened.map_err(|error| error.to_string())? {
            Happened::Stepped(point) => done = point.step,
            Happened::Ended(_) => break,
            _ => {}
        }
    }
    Ok(network)
}

async fn compared(network: Network, file: &[u8]) -> Result<Retrained, String> {
    let graph = network.graph().clone();
    let failed = |error: crate::checkpoint::WeightsError| error.to_string();
    let (claimed, _) = Weights::read(&graph, file).map_err(failed)?;
    let bytes = crate::run::write_weights(&network, Default::default());
    let (again, _) = Weights::read(&graph, &bytes.await.map_err(failed)?).map_err(failed)?;
    let mut same = true;
    let (mut difference, mut largest) = (0.0_f32, 0.0_f32);
    for ((_, one), (_, other)) in claimed.iter().zip(again.iter()) {
        for (one, other) in one.iter().zip(other) {
            same &= one.to_bits() == other.to_bits();
            difference = difference.max((one - other).abs());
            largest = largest.max(other.abs());
        }
    }
    Ok(match same {
        true => Retrained::Same,
        false => Retrained::Differs {
            difference,
            largest,
        },
    })
}
