//! The lab sheets that come with the lab: exercises of 45 minutes each. Every number in them is computed
//! here from the network that they start from.

use super::{Bound, Check, Drawing, Exercise, Item, Quantity, Question};
use crate::format::Experiment;
use crate::graph::GraphError;
use crate::layer::{Activation, Conv, GlobalPool, Linear, PoolMode};
use crate::{Analysis, Graph, GraphBuilder, Shape, zoo};

/// A sheet with its name, which is that of its file and of its link.
pub struct Sheet {
    pub name: &'static str,
    pub exercise: Exercise,
}

/// All sheets.
///
/// # Errors
/// Never: the networks that they start from are built by the lab.
pub fn sheets() -> Result<Vec<Sheet>, GraphError> {
    Ok(vec![counting()?, reach()?, training()?, attacking()?])
}

fn items(checks: Vec<(u32, Check)>) -> Vec<Item> {
    let checks = checks.into_iter();
    checks
        .map(|(points, check)| Item { points, check })
        .collect()
}

const fn count(quantity: Quantity, bound: Bound) -> Check {
    Check::Count { quantity, bound }
}

fn layers(kind: &str, bound: Bound) -> Check {
    let layer = kind.to_owned();
    count(Quantity::Layers { layer }, bound)
}

const fn answer(question: Question) -> Check {
    Check::Answer { question }
}

/// Parameters and multiply-adds of the node of this name.
fn costs(graph: &Graph, name: &str) -> [f64; 2] {
    let analysis = Analysis::of(graph);
    let node = graph.nodes().iter().find(|node| node.name == name);
    let facts = node.and_then(|node| analysis.node(node.id));
    facts.map_or([0.0; 2], |it| {
        [it.cost.params() as f64, it.cost.macs as f64]
    })
}

fn counting() -> Result<Sheet, GraphError> {
    let graph = zoo::lenet5()?;
    let [params, macs] = costs(&graph, "C1");
    let nodes = ["C1", "C3", "F5", "F6", "output"];
    let most = { nodes.into_iter() }
        .max_by(|one, other| costs(&graph, one)[0].total_cmp(&costs(&graph, other)[0]));
    let right = nodes.iter().position(|it| Some(*it) == most).unwrap_or(0);
    let checks = items(vec![
        (
            1,
            answer(Question::number(
                "How many parameters does C1 have, biases included?",
                params,
                0.0,
                "sheet counting 1",
            )),
        ),
        (
            1,
            answer(Question::number(
                "How many multiply-adds does C1 take for one image?",
                macs,
                0.0,
                "sheet counting 2",
            )),
        ),
        (
            1,
            answer(Question::choice(
                "Which layer has most parameters?",
                &nodes,
                right,
                "sheet counting 3",
            )),
        ),
        (2, count(Quantity::Parameters, Bound::AtMost(30_000))),
        (1, layers("conv", Bound::AtLeast(2))),
        (
            1,
            Check::Output {
                shape: Shape::vector(10),
            },
        ),
    ]);
    let text = "## Before you start\n\nA convolution shares its weights over all places: its \
                parameters depend on its kernels, its multiply-adds on the size of its output as \
                well. A linear layer has a weight for each pair of an input and an output.\n\n## \
                Task (45 minutes)\n\n1. Compute the parameters and the multiply-adds of **C1** by \
                hand. The panel of the layer shows the formula; try without it first.\n2. Find the \
                layer that has most parameters.\n3. Change the network in *Build* so that it has at \
                most 30,000 parameters, still has two convolutions and ten outputs.\n4. Write down \
                which change saved most, and what it did to the multiply-adds.\n";
    let exercise = Exercise {
        title: "Counting parameters and multiply-adds".to_owned(),
        text: text.to_owned(),
        start: started(graph, "lenet-5"),
        checks,
    };
    let name = "counting";
    Ok(Sheet { name, exercise })
}

/// Two convolutions of 3×3, and no pooling between them.
fn two_convolutions() -> Result<Graph, GraphError> {
    let mut net = GraphBuilder::new("Two convolutions", Shape::new(1, 28, 28));
    net.then("conv1", Conv::new(8, 3));
    net.then("relu1", Activation::Relu);
    net.then("conv2", Conv::new(8, 3));
    net.then("relu2", Activation::Relu);
    let mode = PoolMode::Avg;
    net.then("pool", GlobalPool { mode });
    net.then("output", Linear::new(10));
    net.finish()
}

fn reach() -> Result<Sheet, GraphError> {
    let graph = two_convolutions()?;
    let analysis = Analysis::of(&graph);
    let field = analysis.last_receptive_field().map_or(0, |it| it.size[0]);
    let checks = items(vec![
        (
            1,
            answer(Question::number(
                "How many pixels wide is the receptive field of a value of conv2?",
                field as f64,
                0.0,
                "sheet reach 1",
            )),
        ),
        (
            1,
            answer(Question::choice(
                "With 8 channels in and out and the same receptive field, which has fewer weights?",
                &["one convolution of 5×5", "two convolutions of 3×3"],
                1,
                "sheet reach 2",
            )),
        ),
        (
            3,
            count(Quantity::ReceptiveField { node: None }, Bound::AtLeast(15)),
        ),
        (1, layers("max_pool", Bound::AtMost(0))),
        (1, layers("avg_pool", Bound::AtMost(0))),
        (2, count(Quantity::Parameters, Bound::AtMost(2_000))),
    ]);
    let text = "## Before you start\n\nThe receptive field is the part of the picture that a value \
                depends on. Each convolution widens it by *(kernel − 1) · dilation · stride before \
                it*. Dilation widens it without a weight more.\n\n## Task (45 minutes)\n\n1. Compute \
                the receptive field of **conv2** by hand; click a map and compare.\n2. Compare one \
                5×5 with two 3×3 convolutions (Simonyan and Zisserman 2014).\n3. Reach at least 15 \
                pixels with at most 2,000 parameters and without pooling between the \
                convolutions.\n4. Say what a network with much dilation does not see (gridding; \
                Wang et al. 2018).\n";
    let exercise = Exercise {
        title: "Receptive fields without pooling".to_owned(),
        text: text.to_owned(),
        start: Experiment::of(graph),
        checks,
    };
    let name = "reach";
    Ok(Sheet { name, exercise })
}

fn training() -> Result<Sheet, GraphError> {
    let graph = zoo::lenet5()?;
    let total = Analysis::of(&graph).total.params();
    let checks = items(vec![
        (
            1,
            answer(Question::choice(
                "The loss on the training images falls, that on the validation images rises. What \
                 is it?",
                &["underfitting", "overfitting", "a rate that is too low"],
                1,
                "sheet training 1",
            )),
        ),
        (
            1,
            answer(Question::number(
                "54,000 images in batches of 60: how many steps has an epoch?",
                f64::from(54_000 / 60),
                0.0,
                "sheet training 2",
            )),
        ),
        (
            1,
            answer(Question::text(
                "Which layer sets a random part of its values to 0 while it is trained?",
                "dropout",
                "sheet training 3",
            )),
        ),
        (1, count(Quantity::Parameters, Bound::AtMost(total))),
        (1, layers("dropout", Bound::AtLeast(1))),
        (
            4,
            Check::Accuracy {
                data: "mnist".to_owned(),
                images: 1_000,
                seed: 1,
                least: 0.95,
            },
        ),
    ]);
    let text = "## Before you start\n\nThe network has random weights: it guesses. Look at its answers \
                first.\n\n## Task (45 minutes)\n\n1. Answer the questions.\n2. Put a layer **Dropout** \
                before the last one.\n3. Train it in *Train* on MNIST until it reads at least 95 % of \
                the first 1,000 test images. Wait until all images are loaded before you start.\n4. \
                Train it again with a rate ten times as large, and write down what the curve \
                does.\n";
    let exercise = Exercise {
        title: "Training and overfitting".to_owned(),
        text: text.to_owned(),
        start: Experiment::of(graph),
        checks,
    };
    let name = "training";
    Ok(Sheet { name, exercise })
}

/// A seven: a bar and a slanted stem, three pixels wide.
fn seven() -> Drawing {
    const SIDE: usize = 28;
    let mut ink = vec![0; SIDE * SIDE];
    let mut dot = |x: usize, y: usize| {
        for row in y.saturating_sub(1)..(y + 2).min(SIDE) {
            for column in x.saturating_sub(1)..(x + 2).min(SIDE) {
                if let Some(pixel) = ink.get_mut(row * SIDE + column) {
                    *pixel = 255;
                }
            }
        }
    };
    for x in 7..21 {
        dot(x, 7);
    }
    for y in 7..23 {
        dot(20 - (y - 7) / 2, y);
    }
    Drawing {
        width: SIDE as u32,
        height: SIDE as u32,
        ink,
    }
}

fn attacking() -> Result<Sheet, GraphError> {
    let graph = zoo::lenet5()?;
    let checks = items(vec![
        (
            1,
            answer(Question::choice(
                "Which norm does “each pixel changes by ε at most” bound?",
                &["L1", "L2", "L∞"],
                2,
                "sheet attacking 1",
            )),
        ),
        (
            1,
            answer(Question::number(
                "How many values of the input may FGSM change at once?",
                graph.input().elements() as f64,
                0.0,
                "sheet attacking 2",
            )),
        ),
        (
            1,
            answer(Question::choice(
                "What does adversarial training do to the accuracy on clean images, as a rule?",
                &["It raises it.", "It lowers it."],
                1,
                "sheet attacking 3",
            )),
        ),
        (
            1,
            Check::Reads {
                drawing: seven(),
                class: 7,
            },
        ),
        (
            3,
            Check::Flips {
                drawing: seven(),
                epsilon: 0.25,
            },
        ),
    ]);
    let text = "## Before you start\n\nThe network has trained weights and reads the drawing as a \
                seven. An attack changes each pixel a little, in the direction that raises the loss \
                (Goodfellow et al. 2015).\n\n## Task (45 minutes)\n\n1. Draw a seven, open *Attack* and \
                raise ε until the answer changes.\n2. Answer the questions.\n3. Choose method, steps and \
                ε so that the answer to the drawing of this sheet changes with ε of at most 0.25; \
                *Check* runs your attack on it.\n4. Try a defence, and write down whether it holds when \
                the attack knows of it (Athalye et al. 2018).\n";
    let exercise = Exercise {
        title: "Attacks and what they prove".to_owned(),
        text: text.to_owned(),
        start: started(graph, "lenet-5"),
        checks,
    };
    let name = "attacking";
    Ok(Sheet { name, exercise })
}

/// With the trained weights of the zoo's network of this name.
fn started(graph: Graph, origin: &str) -> Experiment {
    let mut start = Experiment::of(graph);
    start.settings.origin = Some(origin.to_owned());
    start
}
