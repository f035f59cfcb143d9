//! How a lesson begins: a network and what is beside it. The input is the first test digit.

use engine::data::Recipe;
use engine::format::Experiment;
use engine::graph::{Graph, GraphBuilder, GraphError};
use engine::layer::{Activation, Conv, Flatten, GlobalPool, Linear, Merge, Padding, PoolMode};
use engine::zoo::{self, Options, ZooError};
use engine::{NodeId, Shape};

use crate::screen::Area;

/// A network that a text or a lesson names.
pub type Name = &'static str;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// A network of the zoo, or one of [`own`].
    pub network: Name,
    pub area: Area,
}

impl Start {
    pub const fn of(network: Name, area: Area) -> Self {
        Self { network, area }
    }

    /// The experiment that is put on the screen.
    ///
    /// # Errors
    /// When there is no network of this name.
    pub fn experiment(&self, title: &str) -> Result<Experiment, ZooError> {
        let mut experiment = Experiment::of(network(self.network)?);
        let settings = &mut experiment.settings;
        settings.name = Some(title.to_owned());
        let origin = zoo::NAMES.contains(&self.network).then_some(self.network);
        settings.origin = origin.map(str::to_owned);
        settings.recipe = zoo::recipe(origin);
        Ok(experiment)
    }

    /// The preprocessing that the lesson begins with.
    pub fn recipe(&self) -> Recipe {
        zoo::recipe(zoo::NAMES.contains(&self.network).then_some(self.network))
    }
}

/// The network of this name: one of [`own`] or of the zoo. `mobilenet*0.5` is MobileNet with
/// α = 0.5, `mobilenet~0.5` with ρ = 0.5.
///
/// # Errors
/// When there is none.
pub fn network(name: &str) -> Result<Graph, ZooError> {
    if let Some(graph) = own(name) {
        return Ok(graph?);
    }
    let mut options = Options::default();
    let mut base = name;
    if let Some((before, alpha)) = name.split_once('*') {
        (base, options.alpha) = (before, alpha.parse().ok());
    } else if let Some((before, rho)) = name.split_once('~') {
        (base, options.rho) = (before, rho.parse().ok());
    }
    zoo::build(base, &options)
}

/// Small networks that only the lessons have.
fn own(name: &str) -> Option<Result<Graph, GraphError>> {
    Some(match name {
        "five" => stack("One 5×5", &[5]),
        "threes" => stack("Two 3×3", &[3, 3]),
        "seven" => stack("One 7×7", &[7]),
        "three-threes" => stack("Three 3×3", &[3, 3, 3]),
        "shortcut" => deep("Deep, with shortcuts", true),
        "plain" => deep("Deep, plain", false),
        "beginner" => beginner(),
        _ => return None,
    })
}

/// Convolutions of these kernels, 16 channels wide, behind a 1×1 that makes the 16 channels.
fn stack(name: &str, kernels: &[u32]) -> Result<Graph, GraphError> {
    let mut net = GraphBuilder::new(name, Shape::new(1, 28, 28));
    net.then("widen", Conv::new(16, 1));
    for (number, &side) in (1..).zip(kernels) {
        net.then(format!("conv{number}"), padded(16, side));
        net.then(format!("relu{number}"), Activation::Relu);
    }
    head(&mut net);
    net.finish()
}

/// Eight 3×3 convolutions, two by two with a shortcut or without.
fn deep(name: &str, shortcuts: bool) -> Result<Graph, GraphError> {
    let mut net = GraphBuilder::new(name, Shape::new(1, 28, 28));
    net.then(
        "stem",
        Conv {
            stride: [2, 2],
            ..padded(8, 3)
        },
    );
    net.then("stem_relu", Activation::Relu);
    for number in 1..=4 {
        let from = net.last();
        net.then(format!("conv{number}a"), padded(8, 3));
        net.then(format!("relu{number}a"), Activation::Relu);
        let made = net.then(format!("conv{number}b"), padded(8, 3));
        if shortcuts {
            net.from(&[made, from], format!("add{number}"), Merge::Add);
        }
        net.then(format!("relu{number}b"), Activation::Relu);
    }
    head(&mut net);
    net.finish()
}

/// A small network to train: a pass takes a fraction of a millisecond.
fn beginner() -> Result<Graph, GraphError> {
    let mut net = GraphBuilder::new("Beginner", Shape::new(1, 28, 28));
    net.then(
        "conv1",
        Conv {
            stride: [2, 2],
            ..padded(8, 5)
        },
    );
    net.then("relu1", Activation::Relu);
    net.then(
        "conv2",
        Conv {
            stride: [2, 2],
            ..padded(16, 3)
        },
    );
    net.then("relu2", Activation::Relu);
    net.then("flatten", Flatten::default());
    net.then("output", Linear::new(10));
    net.then("softmax", Activation::Softmax);
    net.finish()
}

fn head(net: &mut GraphBuilder) {
    net.then(
        "average",
        GlobalPool {
            mode: PoolMode::Avg,
        },
    );
    net.then("flatten", Flatten::default());
    net.then("output", Linear::new(10));
    net.then("softmax", Activation::Softmax);
}

/// A square convolution that keeps the map's size.
fn padded(channels: u32, side: u32) -> Conv {
    Conv {
        padding: match side / 2 {
            0 => Padding::Valid,
            around => Padding::Sides([around; 4]),
        },
        ..Conv::new(channels, side)
    }
}

/// The node of this name; `input` is the network's input.
pub fn node(graph: &Graph, name: &str) -> Option<NodeId> {
    if name == "input" {
        return Some(NodeId::INPUT);
    }
    graph.named(name).map(|node| node.id)
}
