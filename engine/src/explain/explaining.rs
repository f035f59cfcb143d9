//! An explanation under way: the passes of one method, some each turn.

use super::explanation::per_position;
use super::guided::Guided;
use super::picture::extremes;
use super::scope::{finite, largest};
use super::{
    Area, Completeness, ExplainError, ExplainNote, Explanation, GradCam, Method, STEPS, Scope,
    enlarge, gaussian,
};
use crate::analysis::{Budget, BudgetError};
use crate::run::{Network, NetworkError};
use crate::session::{Cause, NonFinite};
use crate::{Analysis, NodeId, Shape};

/// Multiply-adds of one turn, about.
const TURN: u64 = 1_000_000_000;
/// A pass with gradients takes about so many forward passes.
const BACKWARD: u64 = 3;
/// Pictures of one turn at most.
const MOST_PICTURES: u64 = 64;

/// Why an answer could not be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainFailure {
    #[error(transparent)]
    Explain(#[from] ExplainError),
    #[error(transparent)]
    Budget(#[from] BudgetError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The answer itself is not finite.
    #[error("{0}")]
    NotFinite(NonFinite),
}

/// An explanation with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub about: Explanation,
    /// Channel after channel, row by row; see [`Explanation::shape`].
    pub values: Vec<f32>,
    /// The logits of the input.
    pub logits: Vec<f32>,
    /// Grad-CAM at the node, before it is enlarged, and the node's shape.
    pub cam: Option<(GradCam, Shape)>,
}

/// An explanation under way.
#[derive(Debug)]
pub struct Explaining {
    scope: Scope,
    method: Method,
    /// The asked class; the predicted one if none.
    class: Option<usize>,
    input: Vec<f32>,
    shape: Shape,
    /// Noise for SmoothGrad in place of the seeded one.
    noise: Option<Vec<f32>>,
    /// Pictures of a turn: with gradients, and without.
    each: [usize; 2],
    logits: Vec<f32>,
    /// Pictures done.
    at: usize,
    sums: Vec<f64>,
    values: Vec<f32>,
    baseline: f32,
    guided: Option<Guided>,
    cam: Option<(GradCam, Shape)>,
}

impl Explaining {
    /// Of this class (or the predicted one) for one picture.
    ///
    /// # Errors
    /// When the network has no classes, a setting is out of its range, or the gradients do not fit the
    /// memory.
    pub fn new(
        network: &Network,
        method: Method,
        class: Option<u32>,
        input: Vec<f32>,
        budget: Budget,
    ) -> Result<Self, ExplainFailure> {
        let graph = network.graph();
        let scope = Scope::of(graph)?;
        let class = class.map(|it| scope.class(it)).transpose()?;
        method.check()?;
        let shape = graph.input();
        let (got, wanted) = (input.len(), shape.elements() as usize);
        if got != wanted {
            return Err(NetworkError::Input { got, wanted, shape }.into());
        }
        if !finite(&input) {
            return Err(ExplainError::Input.into());
        }
        let method = match method {
            Method::GradCam { node } => Method::GradCam {
                node: Some(scope.cam_node(graph, node)?),
            },
            Method::Occlusion(occlusion) => {
                occlusion.check(shape)?;
                method
            }
            Method::Gradient
            | Method::GradientInput
            | Method::SmoothGrad { .. }
            | Method::IntegratedGradients
            | Method::Guided => method,
        };
        budget.check_gradients(graph, 1)?;
        let macs = Analysis::of(graph).total.macs.max(1);
        let each = [BACKWARD, 1].map(|passes| {
            let most = TURN / macs.saturating_mul(passes);
            let mut each = most.clamp(1, MOST_PICTURES);
            while each > 1 && budget.check_gradients(graph, each).is_err() {
                each /= 2;
            }
            each as usize
        });
        Ok(Self {
            scope,
            method,
            class,
            input,
            shape,
            noise: None,
            each,
            logits: Vec::new(),
            at: 0,
            sums: Vec::new(),
            values: Vec::new(),
            baseline: 0.0,
            guided: None,
            cam: None,
        })
    }

    /// SmoothGrad with this noise, sample after sample, in place of seeded noise.
    #[must_use]
    pub fn with_noise(mut self, noise: Vec<f32>) -> Self {
        let given = (noise.len() / self.input.len().max(1)) as u32;
        if let Method::SmoothGrad { samples, .. } = &mut self.method {
            *samples = given;
        }
        self.noise = Some(noise);
        self
    }

    /// Passes done, and of how many; each picture of a batch counts.
    pub fn progress(&self) -> [u64; 2] {
        let start = u64::from(!self.logits.is_empty());
        if let Some(guided) = &self.guided {
            let [done, total] = guided.progress();
            return [start + done, 1 + total];
        }
        [start + self.at as u64, 1 + self.count() as u64]
    }

    /// Pictures after the first pass.
    fn count(&self) -> usize {
        match self.method {
            Method::Gradient | Method::GradientInput => 0,
            Method::Guided => self.scope.nodes.len(),
            Method::GradCam { .. } => 1,
            Method::SmoothGrad { samples, .. } => samples as usize,
            Method::IntegratedGradients => STEPS,
            Method::Occlusion(occlusion) => occlusion.grid(self.shape).iter().product(),
        }
    }

    /// Runs the next pictures; the result when it is complete.
    ///
    /// # Errors
    /// When the device fails, or a value is not finite.
    pub async fn advance(
        &mut self,
        network: &Network,
    ) -> Result<Option<Explained>, ExplainFailure> {
        if self.logits.is_empty() {
            self.start(network).await?;
        } else {
            self.go_on(network).await?;
        }
        if self.at < self.count() {
            return Ok(None);
        }
        self.result().map(Some)
    }

    fn class(&self) -> usize {
        self.class.unwrap_or_else(|| largest(&self.logits))
    }

    /// The first pass: the logits, with what is to be had along with them.
    async fn start(&mut self, network: &Network) -> Result<(), ExplainFailure> {
        let (logits, input) = (self.scope.logits, self.input.clone());
        let given = |values: Vec<f32>| vec![(NodeId::INPUT, values)];
        match self.method {
            Method::Gradient | Method::GradientInput => {
                let asked = self.class;
                let upstream = |logits: &[f32]| {
                    one_hot(asked.unwrap_or_else(|| largest(logits)), logits.len(), 1)
                };
                let of = [NodeId::INPUT];
                let mut pulled = network
                    .pull_back(given(input), logits, &of, upstream)
                    .await?;
                self.logits = pulled.output;
                self.values = pulled.gradients.pop().unwrap_or_default();
            }
            Method::Guided => {
                let nodes = &self.scope.nodes;
                let outputs = network.outputs_from(given(input), nodes).await?;
                let mut guided = Guided::new(network.graph(), nodes, outputs, &self.input);
                self.logits = guided.output(logits).to_vec();
                guided.begin(logits, one_hot(self.class(), self.scope.classes, 1));
                self.guided = Some(guided);
            }
            Method::IntegratedGradients => {
                let both = [input, vec![0.0; self.input.len()]].concat();
                let mut outputs = network.outputs_from(given(both), &[logits]).await?;
                let mut both = outputs.pop().unwrap_or_default();
                let of_zeros = both.split_off(self.scope.classes);
                self.logits = both;
                self.baseline = of_zeros.get(self.class()).copied().unwrap_or_default();
            }
            Method::SmoothGrad { .. } | Method::GradCam { .. } | Method::Occlusion(_) => {
                let mut outputs = network.outputs_from(given(input), &[logits]).await?;
                self.logits = outputs.pop().unwrap_or_default();
            }
        }
        self.check_logits(network).await
    }

    async fn check_logits(&self, network: &Network) -> Result<(), ExplainFailure> {
        if finite(&self.logits) {
            return Ok(());
        }
        let found = network.find_non_finite(self.input.clone()).await?;
        let somewhere = || NonFinite {
            node: self.scope.logits,
            name: "output".to_owned(),
            nan: self.logits.iter().any(|it| it.is_nan()),
            cause: Cause::Arithmetic,
        };
        Err(ExplainFailure::NotFinite(found.unwrap_or_else(somewhere)))
    }

    /// The next pictures after the first pass.
    async fn go_on(&mut self, network: &Network) -> Result<(), ExplainFailure> {
        match self.method {
            Method::Gradient | Method::GradientInput => {}
            Method::Guided => {
                if let Some(guided) = &mut self.guided {
                    guided.advance(network, TURN).await?;
                    self.at = guided.progress()[0] as usize;
                }
            }
            Method::GradCam { node } => {
                let node = node.unwrap_or(NodeId::INPUT);
                let given = || vec![(NodeId::INPUT, self.input.clone())];
                let (classes, class) = (self.scope.classes, self.class());
                let one = |_: &[f32]| one_hot(class, classes, 1);
                let logits = self.scope.logits;
                let maps = network.outputs_from(given(), &[node]).await?.concat();
                let pulled = network.pull_back(given(), logits, &[node], one).await?;
                let shape = network.shape(node).unwrap_or(self.shape);
                let cam = GradCam::new(&maps, &pulled.gradients.concat(), shape);
                let from = [shape.height, shape.width].map(|side| side as usize);
                let to = [self.shape.height, self.shape.width].map(|side| side as usize);
                self.values = enlarge(&cam.map, from, to);
                self.cam = Some((cam, shape));
                self.at = 1;
            }
            Method::SmoothGrad { .. } | Method::IntegratedGradients => {
                let end = (self.at + self.each[0]).min(self.count());
                self.add_gradients(network, end).await?;
            }
            Method::Occlusion(occlusion) => {
                let end = (self.at + self.each[1]).min(self.count());
                let cover = |place| occlusion.cover(&self.input, self.shape, place);
                let covered: Vec<Vec<f32>> = (self.at..end).map(cover).collect();
                let given = vec![(NodeId::INPUT, covered.concat())];
                let outputs = network.outputs_from(given, &[self.scope.logits]).await?;
                let logits = outputs.concat();
                let class = self.class();
                let whole = self.logits[class];
                let each = logits.chunks_exact(self.scope.classes);
                self.values.extend(each.map(|logits| whole - logits[class]));
                self.at = end;
            }
        }
        Ok(())
    }

    /// Adds the gradients at the points from the present one to this.
    async fn add_gradients(&mut self, network: &Network, end: usize) -> Result<(), ExplainFailure> {
        let points: Vec<Vec<f32>> = (self.at..end).map(|point| self.point(point)).collect();
        let given = vec![(NodeId::INPUT, points.concat())];
        let (class, classes, count) = (self.class(), self.scope.classes, end - self.at);
        let upstream = |_: &[f32]| one_hot(class, classes, count);
        let of = [NodeId::INPUT];
        let pulled = { network.pull_back(given, self.scope.logits, &of, upstream) }.await?;
        self.sums.resize(self.input.len(), 0.0);
        for gradient in pulled.gradients.concat().chunks_exact(self.input.len()) {
            for (sum, &value) in self.sums.iter_mut().zip(gradient) {
                *sum += f64::from(value);
            }
        }
        self.at = end;
        Ok(())
    }

    /// An input at which the gradient is taken.
    fn point(&self, number: usize) -> Vec<f32> {
        let input = self.input.iter();
        let Method::SmoothGrad { spread, seed, .. } = self.method else {
            let share = (number as f32 + 0.5) / STEPS as f32;
            return input.map(|value| share * value).collect();
        };
        let length = self.input.len();
        let (noise, deviation) = match &self.noise {
            Some(noise) => (noise[number * length..][..length].to_vec(), 1.0),
            None => {
                let (least, largest) = extremes(&self.input);
                let noise = gaussian(seed, number as u64, length);
                (noise, spread * (largest - least))
            }
        };
        let noisy = input.zip(noise);
        noisy
            .map(|(value, noise)| value + deviation * noise)
            .collect()
    }

    fn result(&mut self) -> Result<Explained, ExplainFailure> {
        let mean = |sums: &[f64], count: usize| -> Vec<f64> {
            sums.iter().map(|sum| sum / count.max(1) as f64).collect()
        };
        let mut notes = Vec::new();
        let (mut shape, mut area) = (self.shape, Area::all(self.shape));
        let mut completeness = None;
        let class = self.class();
        let logit = self.logits[class];
        let values: Vec<f32> = match self.method {
            Method::Gradient => std::mem::take(&mut self.values),
            Method::GradientInput => {
                let both = self.values.iter().zip(&self.input);
                both.map(|(gradient, value)| gradient * value).collect()
            }
            Method::SmoothGrad { .. } => {
                let mean = mean(&self.sums, self.count());
                mean.into_iter().map(|it| it as f32).collect()
            }
            Method::IntegratedGradients => {
                let mean = mean(&self.sums, STEPS);
                let both = mean.iter().zip(&self.input);
                let values: Vec<f64> = both.map(|(it, &value)| it * f64::from(value)).collect();
                let sum = values.iter().sum();
                completeness = Some(Completeness::new(sum, logit.into(), self.baseline.into()));
                values.into_iter().map(|it| it as f32).collect()
            }
            Method::Guided => {
                let guided = self.guided.take();
                if guided.as_ref().is_some_and(|it| !it.has_relu()) {
                    notes.push(ExplainNote::NoRelu);
                }
                guided.map(Guided::of_input).unwrap_or_default()
            }
            Method::GradCam { .. } => {
                shape = Shape::new(1, self.shape.height, self.shape.width);
                std::mem::take(&mut self.values)
            }
            Method::Occlusion(occlusion) => {
                let [rows, columns] = occlusion.grid(self.shape).map(|side| side as u32);
                shape = Shape::new(1, rows, columns);
                // Each place is drawn as large as a stride, in the middle of its patch.
                let (patch, stride) = (occlusion.patch as f32, occlusion.stride as f32);
                let start = (patch - stride) / 2.0;
                area = Area {
                    top: start,
                    left: start,
                    height: stride * rows as f32,
                    width: stride * columns as f32,
                };
                std::mem::take(&mut self.values)
            }
        };
        let wrong = values.iter().filter(|value| !value.is_finite()).count() as u64;
        if wrong > 0 {
            let all = values.len() as u64;
            return Err(ExplainError::NotDifferentiable { wrong, all }.into());
        }
        if values.iter().all(|value| *value == 0.0) {
            notes.push(match self.method {
                Method::GradCam { .. } => ExplainNote::NothingFor,
                _ => ExplainNote::AllZero,
            });
        }
        let (least, most) = extremes(&per_position(&values, shape));
        let about = Explanation {
            method: self.method,
            class: class as u32,
            predicted: largest(&self.logits) as u32,
            logit,
            shape,
            area,
            least,
            largest: most,
            completeness,
            notes,
        };
        Ok(Explained {
            about,
            values,
            logits: std::mem::take(&mut self.logits),
            cam: self.cam.take(),
        })
    }
}

/// 1 at the class of each picture, else 0.
fn one_hot(class: usize, classes: usize, pictures: usize) -> Vec<f32> {
    let mut values = vec![0.0; classes * pictures];
    for picture in values.chunks_exact_mut(classes.max(1)) {
        if let Some(value) = picture.get_mut(class) {
            *value = 1.0;
        }
    }
    values
}
