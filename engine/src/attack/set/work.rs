//! What is done on the images of one pass.

use super::tasks::{count, place_of, task_of, unequal};
use super::{SetAttack, Under};
use crate::attack::{
    Attack, Corruption, Goal, Norm, Rows, RunError, SEVERITIES, Settings, Sizes, Smoother, Study,
};
use crate::data::{DataSet, Random};
use crate::run::Network;

impl SetAttack {
    pub(super) async fn work(&mut self, network: &Network) -> Result<(), RunError> {
        let under = std::mem::replace(&mut self.under, Under::Nothing);
        match (under, self.order.study.clone()) {
            (Under::Attack(mut attack, settings), _) => {
                if attack.advance(self.attacked(), network).await? {
                    self.attacked_chunk(network, *attack, &settings).await?;
                    self.task += 1;
                } else {
                    self.under = Under::Attack(attack, settings);
                }
            }
            (Under::Smooth(mut smoother), _) => {
                if smoother.advance(&self.plain, network).await? {
                    let label = self.chunk.labels[self.task];
                    self.certificates.push((smoother.certificate(), label));
                    self.task += 1;
                } else {
                    self.under = Under::Smooth(smoother);
                }
            }
            (Under::Nothing, Study::Curve { attacks, epsilons }) => {
                match task_of(&attacks, &epsilons, self.task) {
                    Some(settings) if settings.epsilon > 0.0 || !settings.method.has_epsilon() => {
                        self.begin(settings);
                    }
                    // Without noise.
                    _ => {
                        self.counts[self.task] += count(&self.right);
                        self.task += 1;
                    }
                }
            }
            (Under::Nothing, Study::Craft { settings }) => self.begin(settings),
            (Under::Nothing, Study::Corruptions { corruptions }) => {
                let severity = self.task as u32 % SEVERITIES + 1;
                let corruption = corruptions[self.task / SEVERITIES as usize];
                self.corrupted(network, corruption, severity).await?;
                self.task += 1;
            }
            (Under::Nothing, Study::Smoothed { smoothing, .. }) => {
                let (size, at) = (self.plain.size(), self.task);
                let picture = self.chunk.pictures[at * size..(at + 1) * size].to_vec();
                let smoother = Smoother::new(picture, self.chunk.ids[at], smoothing);
                self.under = Under::Smooth(Box::new(smoother));
            }
            (Under::Nothing, Study::Universal { .. }) => {
                if let Some(universal) = &self.universal {
                    let pictures = universal.add_to(&self.chunk.pictures);
                    let logits = self.answering().logits(network, &pictures).await?;
                    let answers = self.answering().answers(&logits);
                    self.fooled += unequal(&answers, &self.answers);
                    self.counts[0] +=
                        (answers.len() as u64) - unequal(&answers, &self.chunk.labels);
                }
                self.task += 1;
            }
            (Under::Nothing, Study::Judge) => self.task += 1,
        }
        Ok(())
    }

    /// Begins an attack of the chunk.
    fn begin(&mut self, settings: Settings) {
        let labels = self.chunk.labels.iter();
        let rows = Rows {
            pictures: self.chunk.pictures.clone(),
            goals: labels.map(|&label| settings.goal(label)).collect(),
            ids: self.chunk.ids.clone(),
        };
        let attack = Attack::new(self.attacked(), rows, &settings);
        self.under = Under::Attack(Box::new(attack), settings);
    }

    async fn attacked_chunk(
        &mut self,
        network: &Network,
        attack: Attack,
        settings: &Settings,
    ) -> Result<(), RunError> {
        let outcome = attack.finish();
        let same = self.order.adaptive || self.order.sanitation.is_empty();
        let logits = if same {
            outcome.logits
        } else {
            self.answering().logits(network, &outcome.pictures).await?
        };
        let answers = self.answering().answers(&logits);
        let size = self.plain.size();
        let pairs = self
            .chunk
            .pictures
            .chunks(size)
            .zip(outcome.pictures.chunks(size));
        let sizes: Vec<Sizes> = pairs.map(|(from, to)| Sizes::of(from, to)).collect();
        // An image that is wrong undisturbed is wrong under the attack.
        let held: Vec<bool> = (0..answers.len())
            .map(|row| self.right[row] && answers[row] == self.chunk.labels[row])
            .collect();
        self.counts[self.task] += count(&held);
        if let Study::Curve { attacks, epsilons } = &self.order.study
            && !settings.method.has_epsilon()
        {
            let place = place_of(attacks, epsilons, self.task);
            let rows = sizes.iter().zip(self.right.iter().zip(&held));
            let needed = rows.map(
                |(sizes, (right, held))| match (right, held, settings.norm) {
                    (false, ..) => 0.0,
                    (true, true, _) => f64::INFINITY,
                    (true, false, Norm::L2) => sizes.l2,
                    (true, false, Norm::Linf) => sizes.linf,
                },
            );
            self.needed[place].extend(needed);
        }
        if matches!(self.order.study, Study::Craft { .. }) {
            self.made.extend(outcome.pictures);
            for it in sizes {
                self.sizes.l2 += it.l2;
                self.sizes.linf += it.linf;
                self.sizes.changed += it.changed;
            }
        }
        Ok(())
    }

    async fn corrupted(
        &mut self,
        network: &Network,
        corruption: Corruption,
        severity: u32,
    ) -> Result<(), RunError> {
        let mut pictures = Vec::with_capacity(self.chunk.pictures.len());
        let rows = self.chunk.pictures.chunks(self.plain.size());
        for (picture, &id) in rows.zip(&self.chunk.ids) {
            let mut random = Random::of(&[self.order.seed, 0x636f_7272, id, severity.into()]);
            pictures.extend(corruption.apply(picture, self.plain.shape, severity, &mut random));
        }
        let logits = self.answering().logits(network, &pictures).await?;
        let answers = self.answering().answers(&logits);
        let wrong = unequal(&answers, &self.chunk.labels);
        self.counts[self.task] += answers.len() as u64 - wrong;
        Ok(())
    }

    pub(super) async fn universal_step(
        &mut self,
        network: &Network,
        data: &DataSet,
    ) -> Result<(), RunError> {
        let Study::Universal { settings, .. } = self.order.study.clone() else {
            return Ok(());
        };
        let rows = self.plain.rows.min(self.training.len());
        let from = self.universal_steps as usize * rows;
        let images: Vec<u32> = (0..rows)
            .map(|at| self.training[(from + at) % self.training.len()])
            .collect();
        let chunk = self.chunk_of(&images, data)?;
        let goals: Vec<Goal> = chunk.labels.iter().map(|&it| settings.goal(it)).collect();
        let victim = self.attacked().clone();
        if let Some(universal) = &mut self.universal {
            universal
                .step(&victim, network, &chunk.pictures, &goals)
                .await?;
        }
        self.universal_steps += 1;
        Ok(())
    }
}
