//! DeepFool (Moosavi-Dezfooli et al. 2016): steps across the nearest boundary of the linearised network.

use std::collections::BTreeMap;

use super::machine::Outcome;
use super::numbers::cross_entropy;
use super::{RunError, Victim};
use crate::run::Network;

/// Which boundaries are crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeepFoolForm {
    /// Algorithm 2: the nearest of those to the likeliest so many other classes.
    Nearest { classes: usize },
    /// Algorithm 1 on the difference of two logits, one pair for each picture.
    Binary { pairs: Vec<[usize; 2]> },
    /// Algorithm 1 on the answer's logit and that of this class, until it is the answer.
    Towards { targets: Vec<usize> },
}

/// An attack under way.
#[derive(Debug)]
pub struct DeepFool {
    pub form: DeepFoolForm,
    /// How far beyond the boundary, as a share of the way to it.
    pub overshoot: f64,
    /// Added to the way to the boundary.
    pub offset: f64,
    /// Keep pictures within 0 to 1.
    pub clip: bool,
    pub most: u32,
    size: usize,
    x0: Vec<f32>,
    x: Vec<f32>,
    /// The sum of the steps.
    total: Vec<f64>,
    logits: Vec<f32>,
    /// The answer to each picture before the attack.
    origin: Vec<usize>,
    /// The first difference of the logits of a pair.
    first: Vec<f64>,
    /// The classes whose gradients are computed; the first is left.
    candidates: Vec<Vec<usize>>,
    active: Vec<usize>,
    looked: usize,
    queue: Vec<(usize, usize)>,
    gradients: BTreeMap<(usize, usize), Vec<f32>>,
    iterations: Vec<u32>,
    /// Picture, iteration and class of each step.
    chosen: Vec<[usize; 3]>,
    trace: Vec<Vec<f64>>,
}

impl DeepFool {
    /// Of these pictures.
    pub fn new(pictures: Vec<f32>, count: usize, form: DeepFoolForm) -> Self {
        Self {
            form,
            overshoot: 0.02,
            offset: 0.0,
            clip: false,
            most: 50,
            size: (pictures.len() / count.max(1)).max(1),
            total: vec![0.0; pictures.len()],
            x: pictures.clone(),
            x0: pictures,
            logits: Vec::new(),
            origin: Vec::new(),
            first: Vec::new(),
            candidates: Vec::new(),
            active: (0..count).collect(),
            looked: 0,
            queue: Vec::new(),
            gradients: BTreeMap::new(),
            iterations: vec![0; count],
            chosen: Vec::new(),
            trace: Vec::new(),
        }
    }

    pub fn pictures(&self) -> &[f32] {
        &self.x
    }

    pub fn logits(&self) -> &[f32] {
        &self.logits
    }

    pub fn iterations(&self) -> &[u32] {
        &self.iterations
    }

    pub fn chosen(&self) -> &[[usize; 3]] {
        &self.chosen
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, victim: &Victim, network: &Network) -> Result<bool, RunError> {
        if self.queue.is_empty() {
            return self.look(victim, network).await;
        }
        let count = self.queue.len().min(victim.rows);
        let rows: Vec<(usize, usize)> = self.queue.drain(..count).collect();
        let pictures = rows.iter().flat_map(|&(row, _)| self.row(row));
        let pictures: Vec<f32> = pictures.copied().collect();
        let binary = !matches!(self.form, DeepFoolForm::Nearest { .. });
        let upstream = |logits: &[f32]| {
            let mut upstream = vec![0.0; logits.len()];
            for (weights, &(row, place)) in upstream.chunks_mut(victim.classes).zip(&rows) {
                let candidates = &self.candidates[row];
                weights[candidates[place]] = 1.0;
                if binary {
                    weights[candidates[1]] -= 1.0;
                }
            }
            upstream
        };
        let (_, gradients) = victim.gradient(network, &pictures, upstream).await?;
        for (&at, gradient) in rows.iter().zip(gradients.chunks(self.size)) {
            self.gradients.insert(at, gradient.to_vec());
        }
        if self.queue.is_empty() {
            for row in self.active.clone() {
                self.step(row, victim.classes);
            }
            self.gradients.clear();
            self.looked = 0;
        }
        Ok(false)
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.x[row * self.size..(row + 1) * self.size]
    }

    /// The answers to the next of the pictures that are not over.
    async fn look(&mut self, victim: &Victim, network: &Network) -> Result<bool, RunError> {
        let classes = victim.classes;
        let end = (self.looked + victim.rows).min(self.active.len());
        let rows = self.active[self.looked..end].to_vec();
        if !rows.is_empty() {
            let pictures: Vec<f32> = rows
                .iter()
                .flat_map(|&row| self.row(row))
                .copied()
                .collect();
            let logits = victim.logits(network, &pictures).await?;
            self.logits.resize(self.iterations.len() * classes, 0.0);
            for (&row, logits) in rows.iter().zip(logits.chunks(classes)) {
                self.logits[row * classes..(row + 1) * classes].copy_from_slice(logits);
            }
        }
        self.looked = end;
        if self.looked < self.active.len() {
            return Ok(false);
        }
        let answers = victim.answers(&self.logits);
        if self.origin.is_empty() {
            self.origin.clone_from(&answers);
            self.begin(classes);
        }
        let losses = self.logits.chunks(classes).zip(&self.origin);
        let losses = losses.map(|(row, &class)| cross_entropy(row, class));
        self.trace.push(losses.collect());
        if let DeepFoolForm::Towards { targets } = &self.form {
            self.candidates = answers
                .iter()
                .zip(targets)
                .map(|(&a, &b)| vec![a, b])
                .collect();
        }
        let going = |&row: &usize| {
            self.iterations[row] < self.most
                && match &self.form {
                    DeepFoolForm::Nearest { .. } => answers[row] == self.origin[row],
                    DeepFoolForm::Binary { .. } => {
                        self.difference(row, classes) * self.first[row] > 0.0
                    }
                    DeepFoolForm::Towards { targets } => answers[row] != targets[row],
                }
        };
        self.active = self.active.iter().copied().filter(going).collect();
        for &row in &self.active {
            let places = match self.form {
                DeepFoolForm::Nearest { .. } => self.candidates[row].len(),
                // One gradient, of the difference.
                _ => 1,
            };
            self.queue.extend((0..places).map(|place| (row, place)));
        }
        Ok(self.active.is_empty())
    }

    fn begin(&mut self, classes: usize) {
        match &self.form {
            DeepFoolForm::Nearest { classes: most } => {
                for (logits, &origin) in self.logits.chunks(classes).zip(&self.origin) {
                    let mut others: Vec<usize> = (0..classes).filter(|&it| it != origin).collect();
                    others.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
                    others.truncate(*most);
                    others.sort_unstable();
                    others.insert(0, origin);
                    self.candidates.push(others);
                }
            }
            DeepFoolForm::Binary { pairs } => {
                self.candidates = pairs.iter().map(|pair| pair.to_vec()).collect();
                let rows = 0..self.iterations.len();
                self.first = rows.map(|row| self.difference(row, classes)).collect();
            }
            DeepFoolForm::Towards { .. } => {}
        }
    }

    /// The difference of the logits of a picture's pair.
    fn difference(&self, row: usize, classes: usize) -> f64 {
        let logits = &self.logits[row * classes..(row + 1) * classes];
        let pair = &self.candidates[row];
        f64::from(logits[pair[0]]) - f64::from(logits[pair[1]])
    }

    fn step(&mut self, row: usize, classes: usize) {
        let by = match self.form {
            DeepFoolForm::Nearest { .. } => self.to_nearest(row, classes),
            _ => self.to_pair(row, classes),
        };
        let Some((by, class)) = by else {
            // No class is reached by a gradient of 0.
            self.iterations[row] = self.most;
            return;
        };
        let iteration = self.iterations[row] as usize;
        self.chosen.push([row, iteration, class]);
        self.iterations[row] += 1;
        let beyond = 1.0 + self.overshoot;
        let place = row * self.size..(row + 1) * self.size;
        let x = self.x[place.clone()]
            .iter_mut()
            .zip(&self.x0[place.clone()]);
        for ((x, &x0), (total, by)) in x.zip(self.total[place].iter_mut().zip(by)) {
            *total += by;
            *x = if self.clip {
                (f64::from(*x) + beyond * by).clamp(0.0, 1.0) as f32
            } else {
                (f64::from(x0) + beyond * *total) as f32
            };
        }
    }

    fn to_nearest(&self, row: usize, classes: usize) -> Option<(Vec<f64>, usize)> {
        let logits = &self.logits[row * classes..(row + 1) * classes];
        let candidates = &self.candidates[row];
        let own = self.gradients.get(&(row, 0))?;
        let z = f64::from(logits[candidates[0]]);
        let mut nearest: Option<(f64, Vec<f64>, f64, usize)> = None;
        for (place, &class) in candidates.iter().enumerate().skip(1) {
            let gradient = self.gradients.get(&(row, place))?;
            let w = gradient
                .iter()
                .zip(own)
                .map(|(&k, &own)| f64::from(k) - f64::from(own));
            let w: Vec<f64> = w.collect();
            let norm = w.iter().map(|it| it * it).sum::<f64>().sqrt();
            if norm == 0.0 {
                continue;
            }
            let way = (f64::from(logits[class]) - z).abs() / norm;
            if nearest.as_ref().is_none_or(|it| way < it.0) {
                nearest = Some((way, w, norm, class));
            }
        }
        let (way, w, norm, class) = nearest?;
        let scale = (way + self.offset) / norm;
        Some((w.iter().map(|it| scale * it).collect(), class))
    }

    fn to_pair(&self, row: usize, classes: usize) -> Option<(Vec<f64>, usize)> {
        let gradient = self.gradients.get(&(row, 0))?;
        let by = binary_step(self.difference(row, classes), gradient)?;
        // The offset is a length, as above.
        let length = by.iter().map(|it| it * it).sum::<f64>().sqrt();
        let scale = 1.0
            + if length > 0.0 {
                self.offset / length
            } else {
                0.0
            };
        let class = self.candidates[row][1];
        Some((by.iter().map(|it| scale * it).collect(), class))
    }

    pub(super) fn finish(self) -> Outcome {
        Outcome {
            pictures: self.x,
            logits: self.logits,
            trace: self.trace,
            iterations: self.iterations,
        }
    }

    pub(super) fn progress(&self) -> [u64; 2] {
        let done = self.iterations.iter().max().copied().unwrap_or_default();
        [done.into(), u64::from(self.most) + 1]
    }
}

/// The step to where a linear function of this value and gradient is 0; none where the gradient is 0.
pub fn binary_step(value: f64, gradient: &[f32]) -> Option<Vec<f64>> {
    let square: f64 = gradient
        .iter()
        .map(|&it| f64::from(it) * f64::from(it))
        .sum();
    if square == 0.0 {
        return None;
    }
    let scale = -value / square;
    Some(gradient.iter().map(|&it| scale * f64::from(it)).collect())
}
