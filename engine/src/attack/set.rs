//! A study of a network on images of a data set, pass by pass.

mod finish;
mod tasks;
mod work;

use self::tasks::{count, drawn};
use super::{
    Attack, AttackError, Certificate, RunError, SetOrder, Settings, Sizes, Smoother, Study,
    Universal, Victim,
};
use crate::data::{DataSet, Part, Scaling};
use crate::run::Network;
use crate::train::check_head;

/// The images of one pass.
#[derive(Clone, Debug, Default)]
struct Chunk {
    pictures: Vec<f32>,
    labels: Vec<usize>,
    ids: Vec<u64>,
}

/// What is under way on a chunk.
#[derive(Debug)]
enum Under {
    Nothing,
    Attack(Box<Attack>, Settings),
    Smooth(Box<Smoother>),
}

/// A study under way.
#[derive(Debug)]
pub struct SetAttack {
    order: SetOrder,
    plain: Victim,
    defended: Victim,
    images: Vec<u32>,
    /// Training images of a universal noise.
    training: Vec<u32>,
    universal: Option<Universal>,
    universal_steps: u64,
    /// The first image that is not looked at yet.
    at: usize,
    chunk: Chunk,
    /// Which of the chunk the undisturbed network answers rightly, and its answers.
    right: Vec<bool>,
    answers: Vec<usize>,
    task: usize,
    under: Under,
    clean: u64,
    /// Right answers of each task.
    counts: Vec<u64>,
    /// For each attack without an ε, the sizes of the noise that it needed, in its norm.
    needed: Vec<Vec<f64>>,
    fooled: u64,
    certificates: Vec<(Certificate, usize)>,
    made: Vec<f32>,
    sizes: Sizes,
}

impl SetAttack {
    /// On images of this data set; the payload has the pictures that are judged.
    ///
    /// # Errors
    /// When the settings, the network and the data do not fit each other.
    pub fn new(
        network: &Network,
        data: &DataSet,
        order: SetOrder,
        payload: Vec<f32>,
    ) -> Result<Self, RunError> {
        let target = network.graph().input();
        let scaling = Scaling::of_images(&order.means, data.shape(), target);
        let plain = Victim::new(network, scaling)?;
        check_head(network.graph(), data.classes())?;
        for settings in order.study.settings() {
            settings.check(plain.classes)?;
        }
        if let Study::Smoothed { smoothing, .. } = &order.study {
            smoothing.check()?;
        }
        let parts = data.split(&order.split);
        let draw = |part: Part, count: u32| drawn(parts.of(part), data, count);
        let images = draw(order.part, order.images);
        if images.is_empty() {
            return Err(AttackError::NoImages.into());
        }
        let mut attack = Self {
            defended: plain.behind(&order.sanitation),
            images,
            training: Vec::new(),
            universal: None,
            universal_steps: 0,
            at: 0,
            chunk: Chunk::default(),
            right: Vec::new(),
            answers: Vec::new(),
            task: 0,
            under: Under::Nothing,
            clean: 0,
            counts: vec![0; order.study.tasks()],
            needed: vec![Vec::new(); order.study.settings().len()],
            fooled: 0,
            certificates: Vec::new(),
            made: Vec::new(),
            sizes: Sizes::default(),
            plain,
            order,
        };
        match &attack.order.study {
            Study::Universal { settings, training } => {
                attack.training = draw(Part::Training, *training);
                if attack.training.is_empty() {
                    return Err(AttackError::NoImages.into());
                }
                attack.universal = Some(Universal::new(&attack.plain, settings));
            }
            Study::Judge => {
                let wanted = attack.plain.size() * attack.images.len();
                if payload.len() != wanted {
                    let (got, wanted) = (payload.len(), wanted);
                    return Err(AttackError::OtherInput { got, wanted }.into());
                }
                attack.made = payload;
            }
            _ => {}
        }
        Ok(attack)
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, network: &Network, data: &DataSet) -> Result<bool, RunError> {
        if self.universal_steps < self.universal_total() {
            self.universal_step(network, data).await?;
            return Ok(false);
        }
        if self.chunk.labels.is_empty() {
            self.look(network, data).await?;
            return Ok(false);
        }
        if self.task < self.tasks() {
            self.work(network).await?;
        }
        if self.task >= self.tasks() {
            self.at += self.chunk.labels.len();
            self.chunk = Chunk::default();
            self.task = 0;
        }
        Ok(self.at >= self.images.len())
    }

    /// Passes over a chunk after the first one.
    fn tasks(&self) -> usize {
        match self.order.study {
            Study::Smoothed { .. } => self.chunk.labels.len(),
            _ => self.counts.len(),
        }
    }

    /// The network that gives the answers.
    fn answering(&self) -> &Victim {
        &self.defended
    }

    /// The network whose gradients the attack has.
    fn attacked(&self) -> &Victim {
        if self.order.adaptive {
            &self.defended
        } else {
            &self.plain
        }
    }

    fn chunk_of(&self, images: &[u32], data: &DataSet) -> Result<Chunk, RunError> {
        let mut chunk = Chunk::default();
        let target = self.plain.shape;
        for &image in images {
            let input = data.input(image as usize, None, self.order.means, target);
            let input = input.ok_or(AttackError::NoImages)?;
            chunk.pictures.extend(self.plain.picture(&input)?);
            let label = data.labels().get(image as usize).copied();
            chunk.labels.push(label.unwrap_or_default().into());
            chunk.ids.push(image.into());
        }
        Ok(chunk)
    }

    /// The next images, and the answers to them undisturbed.
    async fn look(&mut self, network: &Network, data: &DataSet) -> Result<(), RunError> {
        let end = (self.at + self.plain.rows).min(self.images.len());
        self.chunk = self.chunk_of(&self.images[self.at..end], data)?;
        if matches!(self.order.study, Study::Judge) {
            let size = self.plain.size();
            self.chunk.pictures = self.made[self.at * size..end * size].to_vec();
        }
        let logits = self
            .answering()
            .logits(network, &self.chunk.pictures)
            .await?;
        self.answers = self.answering().answers(&logits);
        let right = self.answers.iter().zip(&self.chunk.labels);
        self.right = right.map(|(answer, label)| answer == label).collect();
        self.clean += count(&self.right);
        Ok(())
    }

    fn universal_total(&self) -> u64 {
        match &self.order.study {
            Study::Universal { settings, .. } => settings.steps.into(),
            _ => 0,
        }
    }

    /// Images that are done, and of how many; a universal noise's steps count as images.
    pub fn progress(&self) -> [u64; 2] {
        let total = self.universal_total();
        let within = self.chunk.labels.len() * self.task / self.tasks().max(1);
        let done = self.universal_steps + (self.at + within) as u64;
        [done, total + self.images.len() as u64]
    }
}
