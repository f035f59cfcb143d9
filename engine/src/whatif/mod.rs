//! What if: the cost of a network for each value of one setting (a knob). Nothing is run; each value
//! gives a graph and its analysis.

mod convolution;
mod depth;
mod scale;

use crate::analysis::Precision;
use crate::{Analysis, Graph, NodeId};

/// The setting that varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Knob {
    /// The width multiplier α of the zoo's scalable families (Howard et al. 2017).
    Width,
    /// The resolution multiplier ρ of the input's height and width (Howard et al. 2017).
    Resolution,
    /// The output channels of one convolution.
    Filters,
    Groups,
    Kernel,
    Dilation,
    /// How often a stage that keeps its shape is repeated.
    Depth,
}

impl Knob {
    /// Every knob, in the order of a list.
    pub const ALL: [Self; 7] = [
        Self::Width,
        Self::Resolution,
        Self::Filters,
        Self::Groups,
        Self::Kernel,
        Self::Dilation,
        Self::Depth,
    ];

    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Width => "width multiplier α",
            Self::Resolution => "resolution multiplier ρ",
            Self::Filters => "filters",
            Self::Groups => "groups",
            Self::Kernel => "kernel size",
            Self::Dilation => "dilation",
            Self::Depth => "depth",
        }
    }

    /// What it does, in a sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Width => "Every layer has α times its published channels; cost falls with α².",
            Self::Resolution => {
                "The picture has ρ times the height and width; convolutions cost ρ² times as much."
            }
            Self::Filters => {
                "As many maps come out as there are filters, and the next layer reads all of them."
            }
            Self::Groups => {
                "Input and output channels are split into groups that do not see each other; \
                 weights and MACs are divided by their number. What does not divide stays."
            }
            Self::Kernel => {
                "The side of the square kernel; padding that kept the size goes on keeping it."
            }
            Self::Dilation => {
                "The step between a kernel's positions: a wider field for the same weights."
            }
            Self::Depth => "How often the part that keeps its shape is repeated; 0 takes it out.",
        }
    }
}

/// What a knob changes: the whole network or some of its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub name: String,
    /// The nodes it changes; none for a knob of the whole network.
    pub nodes: Vec<NodeId>,
}

/// The points of a knob, in order.
pub type Curve = Box<dyn Iterator<Item = Point>>;

/// The network at one value of a knob.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub value: f64,
    /// The value as people write it: “0.75”, “0.857 (192 px)”.
    pub label: String,
    pub graph: Graph,
    /// Its first problem; layers behind a problem are not counted in the numbers.
    pub problem: Option<String>,
    pub params: u64,
    pub macs: u64,
    pub weight_bytes: u64,
    pub peak_bytes: u64,
    /// Height of the receptive field of the last node whose receptive field is not the whole input.
    pub field: Option<u64>,
}

impl Point {
    fn of(value: f64, label: String, graph: Graph) -> Self {
        let analysis = Analysis::of(&graph);
        let problem = analysis.problems.first().map(|it| it.message(&graph));
        Self {
            value,
            label,
            problem,
            params: analysis.total.params(),
            macs: analysis.total.macs,
            weight_bytes: analysis.weight_bytes(Precision::F32),
            peak_bytes: analysis.inference.bytes(Precision::F32),
            field: analysis.last_receptive_field().map(|field| field.size[0]),
            graph,
        }
    }
}

/// What this knob can change in this graph; empty if there is nothing. `origin` is the name of the
/// zoo's network that the graph was opened as.
pub fn targets(knob: Knob, graph: &Graph, origin: Option<&str>) -> Vec<Target> {
    let whole = || Target {
        name: "the whole network".into(),
        nodes: Vec::new(),
    };
    match knob {
        Knob::Width => scale::family(origin).map(|_| whole()).into_iter().collect(),
        Knob::Resolution => vec![whole()],
        Knob::Filters | Knob::Groups | Knob::Kernel | Knob::Dilation => {
            convolution::targets(knob, graph)
        }
        Knob::Depth => depth::targets(graph),
    }
}

/// The network at each value of the knob, in rising order. If the present value is among them, the
/// graph of that point equals `graph`. Points are computed lazily: all of a network of hundreds of
/// layers would block a page for too long.
pub fn curve(knob: Knob, target: &Target, graph: &Graph, origin: Option<&str>) -> Curve {
    match knob {
        Knob::Width => scale::width(graph, origin),
        Knob::Resolution => scale::resolution(graph, origin),
        Knob::Filters | Knob::Groups | Knob::Kernel | Knob::Dilation => {
            convolution::curve(knob, target, graph)
        }
        Knob::Depth => depth::curve(target, graph),
    }
}

/// The index of the point of the present network in a curve.
pub fn present(curve: &[Point], graph: &Graph) -> Option<usize> {
    curve.iter().position(|point| point.graph == *graph)
}
