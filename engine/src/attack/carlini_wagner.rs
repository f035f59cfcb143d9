//! The attack of Carlini and Wagner 2017 for L2: `‖x − x₀‖² + c · max(margin, −κ)` made small by Adam
//! over w, where `x = (tanh(w) + 1) / 2` is a picture whatever w is.

use super::machine::Outcome;
use super::{Goal, RunError, Settings, Victim, answer_of};
use crate::run::Network;

const BETAS: [f64; 2] = [0.9, 0.999];
const EPS: f64 = 1e-8;
/// Keeps w finite for black and white.
const INSIDE: f64 = 0.999;

/// What was recorded before each step and at the end, each one value a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    pub loss: Vec<Vec<f64>>,
    pub l2_squared: Vec<Vec<f64>>,
    pub margin: Vec<Vec<f64>>,
}

/// An attack under way.
#[derive(Debug)]
pub struct CarliniWagner {
    goals: Vec<Goal>,
    kappa: f64,
    rate: f64,
    steps: u32,
    rounds: u32,
    at: u32,
    round: u32,
    size: usize,
    x0: Vec<f32>,
    w: Vec<f64>,
    moments: [Vec<f64>; 2],
    /// The weight of each picture, and the bounds that are known of it.
    c: Vec<[f64; 3]>,
    /// In this round.
    succeeded: Vec<bool>,
    best: Vec<f32>,
    /// Its squared distance; infinite without one.
    least: Vec<f64>,
    recorded: Recorded,
    logits: Vec<f32>,
}

impl CarliniWagner {
    /// Of these pictures.
    pub fn new(pictures: Vec<f32>, goals: Vec<Goal>, settings: &Settings) -> Self {
        let count = goals.len();
        let w = start(&pictures);
        Self {
            kappa: settings.kappa.into(),
            rate: settings.rate.into(),
            steps: settings.steps,
            rounds: settings.rounds,
            at: 0,
            round: 0,
            size: (pictures.len() / count.max(1)).max(1),
            moments: [vec![0.0; w.len()], vec![0.0; w.len()]],
            c: vec![[f64::from(settings.c), 0.0, f64::INFINITY]; count],
            succeeded: vec![false; count],
            best: pictures.clone(),
            least: vec![f64::INFINITY; count],
            recorded: Recorded::default(),
            logits: Vec::new(),
            w,
            x0: pictures,
            goals,
        }
    }

    /// The variable of the optimisation.
    pub fn w(&self) -> &[f64] {
        &self.w
    }

    /// The picture of the step that is next.
    pub fn pictures(&self) -> Vec<f32> {
        self.w.iter().map(|&w| picture(w) as f32).collect()
    }

    /// The successful picture of least distance, or the original.
    pub fn best(&self) -> &[f32] {
        &self.best
    }

    /// Which pictures have a successful one.
    pub fn found(&self) -> Vec<bool> {
        self.least.iter().map(|it| it.is_finite()).collect()
    }

    /// Of the last round.
    pub const fn recorded(&self) -> &Recorded {
        &self.recorded
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, victim: &Victim, network: &Network) -> Result<bool, RunError> {
        if self.round == self.rounds {
            self.logits = victim.logits(network, &self.best).await?;
            return Ok(true);
        }
        let classes = victim.classes;
        let x = self.pictures();
        if self.at == self.steps {
            let logits = victim.logits(network, &x).await?;
            self.record(&logits, classes, &x);
            self.round += 1;
            self.at = 0;
            if self.round < self.rounds {
                self.next_round();
            }
            return Ok(false);
        }
        let (goals, kappa, c) = (&self.goals, self.kappa, &self.c);
        let upstream = |logits: &[f32]| {
            let mut upstream = vec![0.0; logits.len()];
            let rows = logits.chunks(classes).zip(upstream.chunks_mut(classes));
            for ((row, weights), (goal, c)) in rows.zip(goals.iter().zip(c)) {
                let (margin, other) = margin(row, *goal);
                if margin > -kappa {
                    let up = goal.sign() * c[0];
                    weights[goal.class] = up as f32;
                    weights[other] = -up as f32;
                }
            }
            upstream
        };
        let (logits, gradient) = victim.gradient(network, &x, upstream).await?;
        self.record(&logits, classes, &x);
        self.step(&gradient);
        self.at += 1;
        Ok(false)
    }

    fn record(&mut self, logits: &[f32], classes: usize, x: &[f32]) {
        let (mut loss, mut squared, mut margins) = (Vec::new(), Vec::new(), Vec::new());
        for (row, (logits, &goal)) in logits.chunks(classes).zip(&self.goals).enumerate() {
            let place = row * self.size..(row + 1) * self.size;
            let distance = self.w[place.clone()].iter().zip(&self.x0[place.clone()]);
            let distance: f64 = distance
                .map(|(&w, &x0)| (picture(w) - f64::from(x0)).powi(2))
                .sum();
            let margin = margin(logits, goal).0.max(-self.kappa);
            loss.push(distance + self.c[row][0] * margin);
            squared.push(distance);
            margins.push(margin);
            let reached = answer_of(logits).is_some_and(|answer| goal.is_reached(answer));
            if reached && margin <= -self.kappa {
                self.succeeded[row] = true;
                if distance < self.least[row] {
                    self.least[row] = distance;
                    self.best[place.clone()].copy_from_slice(&x[place]);
                }
            }
        }
        self.recorded.loss.push(loss);
        self.recorded.l2_squared.push(squared);
        self.recorded.margin.push(margins);
    }

    fn step(&mut self, gradient: &[f32]) {
        let time = f64::from(self.at + 1);
        let [beta1, beta2] = BETAS;
        let corrections = BETAS.map(|beta| 1.0 - libm::pow(beta, time));
        let [first, second] = &mut self.moments;
        let values = self.w.iter_mut().zip(&self.x0).zip(gradient);
        for (((w, &x0), &gradient), (first, second)) in
            values.zip(first.iter_mut().zip(second.iter_mut()))
        {
            let tanh = libm::tanh(*w);
            let of_x = 2.0 * (picture(*w) - f64::from(x0)) + f64::from(gradient);
            let of_w = of_x * 0.5 * (1.0 - tanh * tanh);
            *first = beta1 * *first + (1.0 - beta1) * of_w;
            *second = beta2 * *second + (1.0 - beta2) * of_w * of_w;
            let deviation = (*second / corrections[1]).sqrt() + EPS;
            *w -= self.rate * (*first / corrections[0]) / deviation;
        }
    }

    /// A smaller weight for pictures that succeeded, a larger one for the others.
    fn next_round(&mut self) {
        for ([c, low, high], succeeded) in self.c.iter_mut().zip(&mut self.succeeded) {
            if std::mem::take(succeeded) {
                *high = high.min(*c);
            } else {
                *low = low.max(*c);
            }
            *c = if high.is_finite() {
                f64::midpoint(*low, *high)
            } else {
                *c * 10.0
            };
        }
        self.w = start(&self.x0);
        for moments in &mut self.moments {
            moments.fill(0.0);
        }
        self.recorded = Recorded::default();
    }

    pub(super) fn finish(self) -> Outcome {
        let steps = self.steps * self.rounds;
        Outcome {
            iterations: vec![steps; self.goals.len()],
            pictures: self.best,
            logits: self.logits,
            trace: self.recorded.loss,
        }
    }

    pub(super) const fn progress(&self) -> [u64; 2] {
        let done = self.round as u64 * self.steps as u64 + self.at as u64;
        [done, self.rounds as u64 * self.steps as u64 + 1]
    }
}

fn start(pictures: &[f32]) -> Vec<f64> {
    let w = |&x: &f32| libm::atanh(INSIDE * (2.0 * f64::from(x) - 1.0));
    pictures.iter().map(w).collect()
}

fn picture(w: f64) -> f64 {
    0.5 * (libm::tanh(w) + 1.0)
}

/// By how much the goal is missed, and the largest logit of another class than the goal's.
fn margin(logits: &[f32], goal: Goal) -> (f64, usize) {
    let others = logits.iter().enumerate().filter(|it| it.0 != goal.class);
    // The first of equal ones, as the answer is.
    let other = others.rev().max_by(|a, b| a.1.total_cmp(b.1));
    let Some((class, &other)) = other else {
        return (0.0, goal.class);
    };
    let own = logits.get(goal.class).copied().unwrap_or_default();
    (goal.sign() * (f64::from(own) - f64::from(other)), class)
}
