//! One pixel (Su et al. 2019): differential evolution over the place and colour of a few pixels.

use super::machine::Outcome;
use super::numbers::{normal, probabilities};
use super::{Goal, RunError, Settings, Victim, answer_of};
use crate::Shape;
use crate::data::Random;
use crate::run::Network;

/// The weight of a difference in the evolution.
const F: f32 = 0.5;

/// Column, row and the values of the channels, for each pixel.
type Genes = Vec<f32>;

/// An attack under way, one picture after the other.
#[derive(Debug)]
pub struct OnePixel {
    goals: Vec<Goal>,
    ids: Vec<u64>,
    seed: u64,
    pixels: usize,
    population: usize,
    most: u32,
    shape: Shape,
    size: usize,
    x: Vec<f32>,
    row: usize,
    generation: u32,
    random: Random,
    parents: Vec<(f64, Genes)>,
    children: Vec<Genes>,
    /// Of the children, and whether each succeeds.
    scores: Vec<(f64, bool)>,
    iterations: Vec<u32>,
    /// The best score of each generation of the last picture.
    trace: Vec<Vec<f64>>,
    logits: Vec<f32>,
}

impl OnePixel {
    /// Of these pictures of this shape.
    pub fn new(
        pictures: Vec<f32>,
        goals: Vec<Goal>,
        ids: Vec<u64>,
        shape: Shape,
        settings: &Settings,
    ) -> Self {
        let mut attack = Self {
            iterations: vec![0; goals.len()],
            goals,
            ids,
            seed: settings.seed,
            pixels: settings.pixels as usize,
            population: settings.population as usize,
            most: settings.steps,
            shape,
            size: (shape.elements() as usize).max(1),
            x: pictures,
            row: 0,
            generation: 0,
            random: Random::new(0),
            parents: Vec::new(),
            children: Vec::new(),
            scores: Vec::new(),
            trace: Vec::new(),
            logits: Vec::new(),
        };
        attack.begin();
        attack
    }

    /// The first generation of the next picture.
    fn begin(&mut self) {
        let id = self.ids.get(self.row).copied().unwrap_or_default();
        self.random = Random::of(&[self.seed, 0x7069_7865, id]);
        self.generation = 0;
        self.parents.clear();
        self.scores.clear();
        self.trace.clear();
        let (shape, random) = (self.shape, &mut self.random);
        let mut genes = || {
            let mut genes = Vec::new();
            for _ in 0..self.pixels {
                genes.push(random.unit() * (shape.width as f32 - 1.0));
                genes.push(random.unit() * (shape.height as f32 - 1.0));
                // The paper's colours, of 0 to 255: normal, mean 128, deviation 127.
                let colours = (0..shape.channels).map(|_| (128.0 + 127.0 * normal(random)) / 255.0);
                genes.extend(colours.map(|it| it.clamp(0.0, 1.0)));
            }
            genes
        };
        self.children = (0..self.population).map(|_| genes()).collect();
    }

    fn painted(&self, picture: &[f32], genes: &[f32]) -> Vec<f32> {
        let mut picture = picture.to_vec();
        let (width, area) = (self.shape.width as usize, self.shape.positions() as usize);
        for pixel in genes.chunks(2 + self.shape.channels as usize) {
            if let [x, y, colours @ ..] = pixel {
                let place = y.round() as usize * width + x.round() as usize;
                for (channel, &colour) in colours.iter().enumerate() {
                    picture[channel * area + place] = colour;
                }
            }
        }
        picture
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, victim: &Victim, network: &Network) -> Result<bool, RunError> {
        let Some(&goal) = self.goals.get(self.row) else {
            self.logits = victim.logits(network, &self.x).await?;
            return Ok(true);
        };
        let from = self.scores.len();
        let end = (from + victim.rows).min(self.children.len());
        let picture = &self.x[self.row * self.size..(self.row + 1) * self.size];
        let pictures = self.children[from..end].iter();
        let pictures: Vec<f32> = pictures.flat_map(|it| self.painted(picture, it)).collect();
        let logits = victim.logits(network, &pictures).await?;
        for row in logits.chunks(victim.classes) {
            let share = probabilities(row)[goal.class];
            let score = if goal.targeted { 1.0 - share } else { share };
            let reached = answer_of(row).is_some_and(|answer| goal.is_reached(answer));
            self.scores.push((score, reached));
        }
        if self.scores.len() == self.children.len() {
            self.select();
        }
        Ok(false)
    }

    /// Children that are better than their parents take their places.
    fn select(&mut self) {
        let scored = self.scores.drain(..).zip(self.children.drain(..));
        let mut winner: Option<(f64, Genes)> = None;
        let mut next = Vec::with_capacity(self.population);
        for (place, ((score, reached), genes)) in scored.enumerate() {
            if reached && winner.as_ref().is_none_or(|it| score < it.0) {
                winner = Some((score, genes.clone()));
            }
            next.push(match self.parents.get(place) {
                Some(parent) if parent.0 <= score => parent.clone(),
                _ => (score, genes),
            });
        }
        self.parents = next;
        let best = self
            .parents
            .iter()
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .cloned();
        let best = winner.clone().or(best);
        self.trace.push(best.iter().map(|it| it.0).collect());
        if winner.is_none() && self.generation < self.most {
            self.generation += 1;
            self.children = (0..self.population).map(|_| self.child()).collect();
            return;
        }
        if let Some((_, genes)) = best {
            let place = self.row * self.size..(self.row + 1) * self.size;
            let painted = self.painted(&self.x[place.clone()], &genes);
            self.x[place].copy_from_slice(&painted);
        }
        self.iterations[self.row] = self.generation;
        self.row += 1;
        if self.row < self.goals.len() {
            self.begin();
        }
    }

    /// One candidate plus half the difference of two others.
    fn child(&mut self) -> Genes {
        let mut places = [0; 3];
        for at in 0..3 {
            places[at] = loop {
                let place = self.random.below(self.parents.len());
                if !places[..at].contains(&place) {
                    break place;
                }
            };
        }
        let [a, b, c] = places.map(|place| &self.parents[place].1);
        let of_pixel = 2 + self.shape.channels as usize;
        let genes = a.iter().zip(b.iter().zip(c)).enumerate();
        let genes = genes.map(|(at, (a, (b, c)))| {
            let most = match at % of_pixel {
                0 => self.shape.width as f32 - 1.0,
                1 => self.shape.height as f32 - 1.0,
                _ => 1.0,
            };
            (a + F * (b - c)).clamp(0.0, most)
        });
        genes.collect()
    }

    pub(super) fn finish(self) -> Outcome {
        // One line a generation, of the last picture.
        Outcome {
            pictures: self.x,
            logits: self.logits,
            trace: self.trace,
            iterations: self.iterations,
        }
    }

    pub(super) fn progress(&self) -> [u64; 2] {
        let each = u64::from(self.most) + 1;
        let done = self.row as u64 * each + u64::from(self.generation);
        [done, self.goals.len() as u64 * each + 1]
    }
}
