//! Adversarial training (Madry et al. 2018): a share of each batch is attacked by PGD with the weights
//! of the moment before the step.

use burn::tensor::{Tensor, TensorData};

use super::batch::{Batch, Of};
use super::{TrainError, logits};
use crate::NodeId;
use crate::data::{Random, Scaling};
use crate::run::{NetworkError, read};

/// The stream of the random starts.
const START: u64 = 0x6164_7673;

impl Batch {
    /// Attacks the first images of the batch, as the settings ask; `images` are their numbers. What is
    /// random depends on the image and the epoch only.
    pub(super) async fn harden(
        &mut self,
        of: Of<'_>,
        images: &[u32],
        epoch: u32,
    ) -> Result<(), TrainError> {
        let Of {
            network,
            data,
            task,
        } = of;
        let Some(adversarial) = task.settings.adversarial else {
            return Ok(());
        };
        let Some(input) = self.given.get(&NodeId::INPUT).cloned() else {
            return Ok(());
        };
        let count = adversarial.of(images.len());
        if count == 0 {
            return Ok(());
        }
        let shape = network.graph().input();
        let size = shape.elements() as usize;
        let scaling = Scaling::of_images(&task.means, data.shape(), shape);
        let dims = input.dims();
        let values = read(vec![input.inner()]).await?.pop().unwrap_or_default();
        let (attacked, others) = values.split_at(count * size);
        let clean = scaling.picture(attacked, shape);
        let (epsilon, alpha) = (adversarial.epsilon, adversarial.step());
        let mut pictures = clean.clone();
        for (picture, &image) in pictures.chunks_mut(size).zip(images) {
            let seed = task.settings.seed;
            let mut random = Random::of(&[seed, START, epoch.into(), image.into()]);
            for value in picture {
                *value = (*value + random.within(epsilon)).clamp(0.0, 1.0);
            }
        }
        let from = logits(network.graph());
        for _ in 0..adversarial.steps {
            let given = vec![(NodeId::INPUT, scaling.input(&pictures, shape))];
            let labels = &self.labels[..count];
            let upstream = |logits: &[f32]| {
                let rows = logits.chunks(logits.len() / count).zip(labels);
                rows.flat_map(|(row, &label)| loss_gradient(row, label))
                    .collect()
            };
            let pulled = network.pull_back(given, from, &[NodeId::INPUT], upstream);
            let gradient = pulled.await?.gradients.pop().unwrap_or_default();
            // Dividing by the deviations, which are positive, changes no sign.
            for ((value, &clean), &up) in pictures.iter_mut().zip(&clean).zip(&gradient) {
                let sign = if up == 0.0 { 0.0 } else { up.signum() };
                let by = (*value + alpha * sign - clean).clamp(-epsilon, epsilon);
                *value = (clean + by).clamp(0.0, 1.0);
            }
        }
        let mut all = scaling.input(&pictures, shape);
        all.extend_from_slice(others);
        if all.len() != values.len() {
            let (got, wanted) = (all.len(), values.len());
            return Err(NetworkError::Input { got, wanted, shape }.into());
        }
        let input = Tensor::<4>::from_data(TensorData::new(all, dims), network.device());
        self.given.insert(NodeId::INPUT, input);
        Ok(())
    }
}

/// The gradient of the cross-entropy with respect to the logits.
fn loss_gradient(logits: &[f32], label: usize) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponential = |&it: &f32| libm::exp(f64::from(it) - f64::from(largest));
    let parts: Vec<f64> = logits.iter().map(exponential).collect();
    let total: f64 = parts.iter().sum();
    let shares = parts.iter().enumerate();
    let gradient = shares.map(|(class, part)| part / total - f64::from(u8::from(class == label)));
    gradient.map(|it| it as f32).collect()
}
