//! How long a training step of 64 pictures takes on one thread by the compiled plan and, built with
//! `run`, by burn, one after the other so that both meet the same machine: natively, and built for
//! wasm with `simd128` in node (`cargo xtask bench training`).

#[path = "clock/mod.rs"]
mod clock;

use clock::{now, print};
use engine::data::made_up;
use engine::plan::{Params, Rule, Trainer};
use engine::zoo::{self, Options};
use engine::{Analysis, Graph};

const BATCH: usize = 64;
/// A step of the plan, and how often it is taken.
const NETWORKS: [(&str, usize); 2] = [("lenet-5", 60), ("resnet-mini", 12)];
/// Steps that are not counted: a browser compiles what is hot once more, and better.
const WARM: usize = 8;

type Failed = Box<dyn std::error::Error>;

/// One way to compute a step.
struct Way {
    name: &'static str,
    step: Box<dyn FnMut() -> Result<(), Failed>>,
    times: Vec<f64>,
}

/// The pictures of a step, and their classes.
fn batch(graph: &Graph) -> (Vec<f32>, Vec<usize>) {
    let analysis = Analysis::of(graph);
    let last = analysis.nodes.iter().find(|it| it.id == graph.logits());
    let shape = last.and_then(|it| it.shape);
    let classes = shape.map_or(1, |it| it.elements()) as usize;
    let pictures = made_up(graph.input().elements() as usize * BATCH);
    (pictures, (0..BATCH).map(|at| at % classes).collect())
}

fn by_plan(graph: &Graph) -> Result<Way, Failed> {
    let mut trainer = Trainer::new(graph, &Params::made_up(graph))?;
    let (pictures, labels) = batch(graph);
    let rule = Rule::Sgd {
        momentum: 0.0,
        weight_decay: 0.0,
    };
    let step = move || {
        trainer.step(&pictures, &labels, rule, 1e-3)?;
        Ok(())
    };
    Ok(Way::new("plan", step))
}

impl Way {
    fn new(name: &'static str, step: impl FnMut() -> Result<(), Failed> + 'static) -> Self {
        Self {
            name,
            step: Box::new(step),
            times: Vec::new(),
        }
    }

    /// The least and the median, in milliseconds.
    fn figures(&mut self) -> [f64; 2] {
        self.times.sort_by(f64::total_cmp);
        let middle = self.times.len() / 2;
        [0, middle].map(|at| self.times.get(at).copied().unwrap_or(f64::NAN))
    }
}

#[cfg(not(feature = "run"))]
fn others(_: &Graph) -> Result<Vec<Way>, Failed> {
    Ok(Vec::new())
}

#[cfg(feature = "run")]
use with_burn::others;

#[cfg(feature = "run")]
mod with_burn {
    use std::collections::HashMap;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use engine::data::{DataSet, Labelled};
    use engine::run::{Mode, Network, Training, cpu, read};
    use engine::train::{
        Course, CrossEntropy, Happened, Length, Method, Optimiser, Plan, Settings, Task, one_hot,
        step,
    };
    use engine::{Graph, NodeId};

    use super::{BATCH, Failed, Way, batch};

    /// The gradients by burn, and what a person's training does: by the plan, with preparation,
    /// Adam and what is told of the step.
    pub(super) fn others(graph: &Graph) -> Result<Vec<Way>, Failed> {
        Ok(vec![by_burn(graph)?, in_a_training(graph)?])
    }

    fn by_burn(graph: &Graph) -> Result<Way, Failed> {
        let device = cpu();
        let mut network = Network::seeded(graph.clone(), 0, &device)?;
        let (pictures, labels) = batch(graph);
        let classes = labels.iter().max().map_or(1, |it| it + 1);
        let mut optimiser = Optimiser::new(Method::Sgd);
        let mut plan = Plan::default();
        plan.update.rate = 1e-3;
        let taken = move || {
            let input = network.input(pictures.clone())?;
            let targets = one_hot(&labels, classes, &device).ok_or("a label is no class")?;
            let targets = targets.autodiff();
            let loss = |logits| CrossEntropy::default().of(logits, targets);
            let mut training = Training::seeded(0);
            let mode = Mode::Training(&mut training);
            let given = HashMap::from([(NodeId::INPUT, input)]);
            let stepped = step(&mut network, given, mode, loss, &mut optimiser, &plan)?;
            ready(read(vec![stepped.loss.reshape([1, 1, 1, 1])]))??;
            Ok(())
        };
        Ok(Way::new("burn", taken))
    }

    fn in_a_training(graph: &Graph) -> Result<Way, Failed> {
        let mut network = Network::seeded(graph.clone(), 0, &cpu())?;
        let shape = graph.input();
        let (pictures, labels) = batch(graph);
        let classes = labels.iter().max().map_or(1, |it| it + 1);
        let mut data = DataSet::new(shape, classes as u32)?;
        let pixels = pictures.iter().map(|value| (value * 100.0 + 128.0) as u8);
        let labels = labels.into_iter().map(|label| label as u16);
        let images = Labelled {
            shape,
            pixels: pixels.collect(),
            labels: labels.collect(),
        };
        data.append(&images, false)?;
        let mut task = Task {
            settings: Settings {
                batch: BATCH,
                length: Length::Steps(1_000_000),
                ..Settings::default()
            },
            ..Task::default()
        };
        task.split.validation = 0.0;
        task.split.test = 0.0;
        let mut course = Course::start(task, &mut network, &data)?;
        let taken = move || loop {
            match ready(course.advance(&mut network, &data))?? {
                Happened::Stepped(_) => return Ok(()),
                Happened::Ended(end) => return Err(format!("{end:?}").into()),
                _ => {}
            }
        };
        Ok(Way::new("a training", taken))
    }

    /// On the CPU nothing is waited for.
    fn ready<T>(future: impl Future<Output = T>) -> Result<T, Failed> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Ok(value),
            Poll::Pending => Err("the CPU's engine waits".into()),
        }
    }
}

fn measure() -> Result<(), Failed> {
    for (name, steps) in NETWORKS {
        let graph = zoo::build(name, &Options::default())?;
        let mut ways = vec![by_plan(&graph)?];
        ways.extend(others(&graph)?);
        for round in 0..WARM + steps {
            for way in &mut ways {
                let start = now();
                (way.step)()?;
                if round >= WARM {
                    way.times.push(now() - start);
                }
            }
        }
        let mut of_plan = f64::NAN;
        for way in &mut ways {
            let [least, median] = way.figures();
            if of_plan.is_nan() {
                of_plan = median;
            }
            print(&format!(
                "{name}, a step of {BATCH}, {:10}: median {median:8.2} ms, least {least:8.2}, {:.2} times the plan's",
                way.name,
                median / of_plan
            ));
        }
    }
    Ok(())
}

fn main() {
    if let Err(error) = measure() {
        print(&error.to_string());
        clock::fail();
    }
}
