//! Distillation (Hinton et al. 2015): a student that learns from a teacher's soft answers.

use serde::{Deserialize, Serialize};

/// How a student learns from its teacher.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Distillation {
    /// Logits are divided by it before the softmax; the higher, the softer.
    pub temperature: f64,
    /// The share of the teacher in the loss; the rest is the labels'.
    pub alpha: f64,
}

/// As in the paper's experiments on MNIST and speech: a high temperature, most of the loss the
/// teacher's.
impl Default for Distillation {
    fn default() -> Self {
        Self {
            temperature: 4.0,
            alpha: 0.9,
        }
    }
}

/// The loss of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Distilled {
    /// `alpha · T² · kl + (1 − alpha) · ce`.
    pub loss: f64,
    /// Mean over the examples of the divergence of the student's softmax from the teacher's, both at
    /// the temperature.
    pub kl: f64,
    /// Mean cross-entropy with the labels, at temperature 1.
    pub ce: f64,
    /// With respect to the student's logits.
    pub gradient: Vec<f32>,
}

/// The softmax of each row of `classes` logits, divided by the temperature.
pub fn soft(logits: &[f32], classes: usize, temperature: f64) -> Vec<f32> {
    let rows = logits.chunks_exact(classes.max(1));
    rows.flat_map(|row| logs(row, temperature))
        .map(|it| libm::exp(it) as f32)
        .collect()
}

/// Log-softmax of one row.
fn logs(row: &[f32], temperature: f64) -> Vec<f64> {
    let divided: Vec<f64> = row.iter().map(|&it| f64::from(it) / temperature).collect();
    let most = divided.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = divided.iter().map(|it| libm::exp(it - most)).sum();
    let log = most + libm::log(sum);
    divided.into_iter().map(|it| it - log).collect()
}

impl Distillation {
    /// The loss and its gradient, of logits row by row.
    pub fn of(&self, student: &[f32], teacher: &[f32], labels: &[usize]) -> Distilled {
        let &Self { temperature, alpha } = self;
        let examples = labels.len().max(1);
        let classes = (student.len() / examples).max(1);
        let (mut kl, mut ce) = (0.0, 0.0);
        let mut gradient = Vec::with_capacity(student.len());
        let rows = student
            .chunks_exact(classes)
            .zip(teacher.chunks_exact(classes));
        for ((student, teacher), &label) in rows.zip(labels) {
            let (p, q) = (logs(teacher, temperature), logs(student, temperature));
            let hard = logs(student, 1.0);
            kl += { p.iter().zip(&q) }
                .map(|(p, q)| libm::exp(*p) * (p - q))
                .sum::<f64>();
            ce -= hard.get(label).copied().unwrap_or(f64::NAN);
            for class in 0..classes {
                let of_teacher = libm::exp(q[class]) - libm::exp(p[class]);
                let of_label = libm::exp(hard[class]) - f64::from(u8::from(class == label));
                let sum = alpha * temperature * of_teacher + (1.0 - alpha) * of_label;
                gradient.push((sum / examples as f64) as f32);
            }
        }
        let (kl, ce) = (kl / examples as f64, ce / examples as f64);
        Distilled {
            loss: alpha * temperature * temperature * kl + (1.0 - alpha) * ce,
            kl,
            ce,
            gradient,
        }
    }
}
