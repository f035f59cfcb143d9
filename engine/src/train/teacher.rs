//! A teacher beside the labels (Hinton et al. 2015).

use burn::tensor::{Tensor, activation};

use super::{CrossEntropy, Task, TaskError, TrainError, logits};
use crate::Analysis;
use crate::compress::Distillation;
use crate::data::DataSet;
use crate::run::Network;

/// A trained network that a student learns from.
#[derive(Debug)]
pub struct Teacher {
    network: Network,
}

impl Teacher {
    /// # Errors
    /// When it tells another number of classes apart.
    pub fn new(network: Network, classes: u32) -> Result<Self, TaskError> {
        let graph = network.graph();
        let analysis = Analysis::of(graph);
        let shape = analysis.node(graph.output()).and_then(|it| it.shape);
        let teacher = shape.map_or(0, |shape| shape.elements());
        if teacher != u64::from(classes) {
            return Err(TaskError::TeacherClasses { teacher, classes });
        }
        Ok(Self { network })
    }

    /// Its softmax at the temperature for these images, changed as the student's are.
    pub(super) fn soft(
        &self,
        data: &DataSet,
        task: &Task,
        images: &[u32],
        epoch: u32,
        temperature: f64,
    ) -> Result<Tensor<2>, TrainError> {
        let target = self.network.graph().input();
        let settings = &task.settings;
        let input = |&image: &u32| {
            let change = settings.augmentation.map(|augmentation| {
                augmentation.drawn(settings.seed, epoch.into(), image.into(), data.shape())
            });
            data.input(image as usize, change.as_ref(), task.means, target)
                .unwrap_or_default()
        };
        let values = images.iter().flat_map(input).collect();
        let from = logits(self.network.graph());
        let input = self.network.input(values)?;
        let mut outputs = self.network.forward(input, &[from])?;
        let outputs = outputs.remove(0);
        let [examples, channels, height, width] = outputs.dims();
        let logits: Tensor<2> = outputs.reshape([examples, channels * height * width]);
        Ok(activation::softmax(logits.div_scalar(temperature), 1))
    }
}

/// `alpha · T² · KL + (1 − alpha) · cross-entropy`.
pub(super) fn loss(
    distillation: Distillation,
    labels: CrossEntropy,
    logits: Tensor<2>,
    targets: Tensor<2>,
    soft: Tensor<2>,
) -> Tensor<1> {
    let Distillation { temperature, alpha } = distillation;
    let examples = logits.dims()[0] as f64;
    let of_labels = labels.of(logits.clone(), targets);
    let student = activation::log_softmax(logits.div_scalar(temperature), 1);
    // Where the teacher's is 0, so is its product with the logarithm.
    let teacher = soft.clone().clamp_min(1e-30).log();
    let divergence = (soft * (teacher - student)).sum().div_scalar(examples);
    divergence.mul_scalar(alpha * temperature * temperature) + of_labels.mul_scalar(1.0 - alpha)
}
