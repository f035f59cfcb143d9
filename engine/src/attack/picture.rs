//! Everything that is asked of one picture, pass by pass.

use super::{
    Attack, AttackError, Certificate, Goal, Outcome, PictureOrder, PictureReport, Rows, RunError,
    Sizes, Smallest, Smoother, Victim, probabilities,
};
use crate::data::Scaling;
use crate::run::Network;

/// An attack of one picture under way.
#[derive(Debug)]
pub struct PictureAttack {
    order: PictureOrder,
    /// The network by itself, behind the sanitation, and the one of both that is attacked.
    plain: Victim,
    defended: Victim,
    attacked: Victim,
    picture: Vec<f32>,
    goal: Goal,
    stage: Stage,
    report: PictureReport,
    outcome: Outcome,
    certificates: Vec<Certificate>,
}

#[derive(Debug)]
enum Stage {
    Look,
    Attack(Box<Attack>),
    /// The answers before and after, of the network itself and behind the sanitation.
    Judge,
    Smallest(Box<Smallest>),
    Smooth(Box<Smoother>),
    Over,
}

impl PictureAttack {
    /// Of the picture that this input was made of.
    ///
    /// # Errors
    /// When the settings, the network and the input do not fit each other.
    pub fn new(network: &Network, input: &[f32], order: PictureOrder) -> Result<Self, AttackError> {
        let shape = network.graph().input();
        let plain = Victim::new(network, Scaling::of(&order.means, shape))?;
        order.settings.check(plain.classes)?;
        if let Some(smoothing) = &order.smoothing {
            smoothing.check()?;
        }
        let picture = plain.picture(input)?;
        let defended = plain.behind(&order.sanitation);
        let attacked = if order.adaptive { &defended } else { &plain };
        Ok(Self {
            attacked: attacked.clone(),
            plain,
            defended,
            picture,
            goal: order.settings.goal(0),
            order,
            stage: Stage::Look,
            report: PictureReport {
                label: 0,
                before: Vec::new(),
                after: Vec::new(),
                success: false,
                sizes: Sizes::default(),
                trace: Vec::new(),
                iterations: 0,
                smallest: None,
                defended: None,
                smoothed: None,
            },
            outcome: Outcome::default(),
            certificates: Vec::new(),
        })
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the target is the answer already, the answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, network: &Network) -> Result<bool, RunError> {
        match &mut self.stage {
            Stage::Look => {
                let logits = self.plain.logits(network, &self.picture).await?;
                self.begin(&logits)?;
            }
            Stage::Attack(attack) => {
                if attack.advance(&self.attacked, network).await? {
                    let Stage::Attack(attack) = std::mem::replace(&mut self.stage, Stage::Judge)
                    else {
                        return Ok(false);
                    };
                    self.outcome = attack.finish();
                }
            }
            Stage::Judge => {
                self.judge(network).await?;
                self.stage = self.after_judge();
            }
            Stage::Smallest(smallest) => {
                if smallest.advance(&self.attacked, network).await? {
                    self.report.smallest = smallest.found();
                    self.stage = self.next_certificate();
                }
            }
            Stage::Smooth(smoother) => {
                if smoother.advance(&self.plain, network).await? {
                    self.certificates.push(smoother.certificate());
                    self.stage = self.next_certificate();
                }
            }
            Stage::Over => {}
        }
        Ok(matches!(self.stage, Stage::Over))
    }

    fn begin(&mut self, logits: &[f32]) -> Result<(), AttackError> {
        let answer = self
            .plain
            .answers(logits)
            .first()
            .copied()
            .unwrap_or_default();
        let classes = self.plain.classes;
        self.report.label = match self.order.label {
            Some(target) if target as usize >= classes => {
                return Err(AttackError::Target { target, classes });
            }
            Some(label) => label as usize,
            None => answer,
        };
        self.goal = self.order.settings.goal(self.report.label);
        if self.goal.targeted && self.goal.class == answer {
            return Err(AttackError::TargetIsAnswer { target: answer });
        }
        self.report.before = probabilities(logits);
        let rows = Rows {
            pictures: self.picture.clone(),
            goals: vec![self.goal],
            ids: vec![0],
        };
        let attack = Attack::new(&self.attacked, rows, &self.order.settings);
        self.stage = Stage::Attack(Box::new(attack));
        Ok(())
    }

    async fn judge(&mut self, network: &Network) -> Result<(), RunError> {
        let after = &self.outcome.pictures;
        let logits = self.plain.logits(network, after).await?;
        let mut answer = self.plain.answers(&logits);
        self.report.after = probabilities(&logits);
        if !self.order.sanitation.is_empty() {
            // One by one: a pass of a large network takes one picture only.
            let before = self.defended.logits(network, &self.picture).await?;
            let after = self.defended.logits(network, after).await?;
            if self.order.adaptive {
                answer = self.defended.answers(&after);
            }
            self.report.defended = Some([probabilities(&before), probabilities(&after)]);
        }
        let report = &mut self.report;
        report.success = answer.iter().any(|&it| self.goal.is_reached(it));
        report.sizes = Sizes::of(&self.picture, after);
        let first = |values: &Vec<f64>| values.first().copied();
        report.trace = self.outcome.trace.iter().filter_map(first).collect();
        report.iterations = self.outcome.iterations.first().copied().unwrap_or_default();
        Ok(())
    }

    fn after_judge(&mut self) -> Stage {
        let settings = &self.order.settings;
        if !self.order.smallest || !settings.method.has_epsilon() {
            return self.next_certificate();
        }
        let picture = self.picture.clone();
        let search = Smallest::new(&self.attacked, picture, self.goal, 0, settings);
        Stage::Smallest(Box::new(search))
    }

    fn next_certificate(&mut self) -> Stage {
        let Some(smoothing) = self.order.smoothing else {
            return Stage::Over;
        };
        let picture = match self.certificates.as_slice() {
            [] => &self.picture,
            [_] => &self.outcome.pictures,
            [before, after, ..] => {
                self.report.smoothed = Some([*before, *after]);
                return Stage::Over;
            }
        };
        Stage::Smooth(Box::new(Smoother::new(picture.clone(), 0, smoothing)))
    }

    /// The report, and the picture before and after.
    pub fn finish(self) -> (PictureReport, Vec<f32>, Vec<f32>) {
        (self.report, self.picture, self.outcome.pictures)
    }

    /// The attacked picture as the network's input.
    pub fn input(&self) -> Vec<f32> {
        self.plain
            .scaling
            .input(&self.outcome.pictures, self.plain.shape)
    }

    /// How much is done of the stage under way, and of how much at most.
    pub fn progress(&self) -> [u64; 2] {
        match &self.stage {
            Stage::Look => [0, 1],
            Stage::Attack(attack) => attack.progress(),
            Stage::Judge | Stage::Smallest(_) | Stage::Smooth(_) | Stage::Over => [1, 1],
        }
    }
}
