//! Explanations of numbers: the formula, the formula with a layer's values, the result.

mod extent;

use serde::{Deserialize, Serialize};

use super::{Analysis, NodeFacts, Peak, Precision, ReceptiveField};
use crate::layer::{Formula, grouped, named, number, quotient, sum, times};
use crate::{Graph, Layer, NodeId, Shape};

/// A number of a node or of the whole network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// The output's channels, height and width.
    Shape,
    /// Parameters that training changes.
    Trainable,
    /// Stored values that training does not fit by gradient.
    Other,
    Macs,
    Flops,
    /// Bytes of the parameters.
    WeightBytes(Precision),
    /// Bytes of the output.
    ActivationBytes(Precision),
    /// Rows and columns of the receptive field.
    ReceptiveField,
    /// Pixels of the input between neighbouring output values.
    OutputStride,
    /// FLOPs for each byte moved.
    Intensity(Precision),
    /// Bytes of feature maps alive at once at inference; of the whole network only.
    InferencePeak(Precision),
    /// Bytes of feature maps and their gradients alive at once in training; of the whole network
    /// only.
    TrainingPeak(Precision),
}

/// How a number is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// In words: “channels × (input channels × kernel height × kernel width + 1)”.
    pub formula: String,
    /// With this layer's values: “16 × (6 × 5 × 5 + 1)”.
    pub with_values: String,
    /// The result, with its unit if it has one: “2,416”.
    pub result: String,
}

impl Explanation {
    pub(super) fn new(formula: &Formula, result: String) -> Self {
        let (with_names, with_values) = (formula.with_names(), formula.with_values());
        Self {
            formula: with_names,
            with_values,
            result,
        }
    }

    fn words(formula: &str, result: impl Into<String>) -> Self {
        let result = result.into();
        Self {
            formula: formula.into(),
            with_values: result.clone(),
            result,
        }
    }
}

/// “16 × (6 × 5 × 5 + 1) = 2,416”.
impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.with_values == self.result {
            return f.write_str(&self.result);
        }
        write!(f, "{} = {}", self.with_values, self.result)
    }
}

/// A node and the values that explanations need.
struct Subject<'a> {
    layer: &'a Layer,
    /// The shapes of its inputs, at least one.
    inputs: Vec<Shape>,
    /// The receptive fields of its inputs, in the same order.
    fields: Vec<Option<ReceptiveField>>,
    output: Shape,
    facts: &'a NodeFacts,
}

impl Subject<'_> {
    fn input(&self) -> Shape {
        self.inputs.first().copied().unwrap_or(self.output)
    }
}

impl Analysis {
    /// How this number of this node is computed. `None` for unknown nodes, where a problem makes the
    /// shape unknown, and for quantities of the whole network only.
    ///
    /// `graph` is the graph that was analysed.
    pub fn explain(&self, graph: &Graph, node: NodeId, quantity: Quantity) -> Option<Explanation> {
        let (node, facts) = (graph.node(node)?, self.node(node)?);
        let known = node.inputs.iter().map(|&input| match self.node(input) {
            Some(facts) => facts.shape.map(|shape| (shape, facts.receptive_field)),
            None => Some((graph.input(), Some(ReceptiveField::PIXEL))),
        });
        let (inputs, fields) = known.collect::<Option<Vec<_>>>()?.into_iter().unzip();
        let subject = Subject {
            layer: &node.layer,
            inputs,
            fields,
            output: facts.shape?,
            facts,
        };
        let (cost, rule) = (facts.cost, node.layer.rule());
        if matches!(quantity, Quantity::Trainable | Quantity::Other)
            && let Some(source) = node.shares.and_then(|id| graph.node(id))
        {
            let words = format!(
                "shares the weights of {}, where they are counted",
                source.name
            );
            return Some(Explanation::words(&words, "0"));
        }
        match quantity {
            Quantity::Shape => Some(extent::shape(&subject)),
            Quantity::Trainable => Some(
                match rule.trainable_formula(&subject.inputs, subject.output) {
                    Some(formula) => Explanation::new(&formula, grouped(cost.trainable)),
                    None => Explanation::words("this layer learns nothing", "0"),
                },
            ),
            Quantity::Other => Some(match rule.other_formula(&subject.inputs, subject.output) {
                Some(formula) => Explanation::new(&formula, grouped(cost.other)),
                None => Explanation::words("this layer stores nothing but what it learns", "0"),
            }),
            Quantity::Macs => Some(match rule.mac_formula(&subject.inputs, subject.output) {
                Some(formula) => Explanation::new(&formula, grouped(cost.macs)),
                None => Explanation::words(
                    "multiply-adds are counted in convolutions and linear layers",
                    "0",
                ),
            }),
            Quantity::Flops => Some(flops(&subject)),
            Quantity::WeightBytes(precision) => {
                let params = named("parameters", cost.params());
                Some(bytes(
                    times([params, each(precision)]),
                    facts.weight_bytes(precision),
                ))
            }
            Quantity::ActivationBytes(precision) => {
                let Shape {
                    channels,
                    height,
                    width,
                } = subject.output;
                let values = [
                    named("channels", channels),
                    named("height", height),
                    named("width", width),
                    each(precision),
                ];
                Some(bytes(times(values), facts.activation_bytes(precision)))
            }
            Quantity::ReceptiveField => Some(extent::field(&subject)),
            Quantity::OutputStride => Some(extent::stride(&subject)),
            Quantity::Intensity(precision) => {
                let moved = [
                    named("parameters", cost.params()),
                    named("values read", facts.reads),
                    named("values written", facts.elements()),
                ];
                let moved = times([sum(moved), each(precision)]);
                Some(intensity(cost.flops(), moved, facts.intensity(precision)))
            }
            Quantity::InferencePeak(_) | Quantity::TrainingPeak(_) => None,
        }
    }

    /// How this total of the network is computed. `None` for quantities of nodes only, and where a
    /// problem makes it unknown.
    ///
    /// `graph` is the graph that was analysed.
    pub fn explain_total(&self, graph: &Graph, quantity: Quantity) -> Option<Explanation> {
        let total = self.total;
        let over_nodes = |of: fn(&NodeFacts) -> u64, result| {
            Explanation::new(&self.sum_over(graph, of), grouped(result))
        };
        match quantity {
            Quantity::Trainable => Some(over_nodes(|node| node.cost.trainable, total.trainable)),
            Quantity::Other => Some(over_nodes(|node| node.cost.other, total.other)),
            Quantity::Macs => Some(over_nodes(|node| node.cost.macs, total.macs)),
            Quantity::Flops => {
                let parts = [
                    named("MACs", total.macs),
                    named("other operations", total.element_flops),
                ];
                let [macs, other] = parts;
                let formula = sum([times([number(2), macs]), other]);
                Some(Explanation::new(&formula, grouped(total.flops())))
            }
            Quantity::WeightBytes(precision) => {
                let params = named("parameters", total.params());
                Some(bytes(
                    times([params, each(precision)]),
                    self.weight_bytes(precision),
                ))
            }
            Quantity::ActivationBytes(precision) => {
                let values = self.nodes.iter().map(NodeFacts::elements).sum::<u64>();
                let values = named("values of all outputs", values);
                Some(bytes(
                    times([values, each(precision)]),
                    self.activation_bytes(precision),
                ))
            }
            Quantity::Intensity(precision) => {
                let moved = named("bytes moved, node by node", self.moved_bytes(precision));
                Some(intensity(total.flops(), moved, self.intensity(precision)))
            }
            Quantity::InferencePeak(precision) => {
                Some(self.peak(graph, &self.inference, precision))
            }
            Quantity::TrainingPeak(precision) => Some(self.peak(graph, &self.training, precision)),
            Quantity::Shape => {
                let shape = self
                    .nodes
                    .last()
                    .map_or(Some(graph.input()), |node| node.shape)?;
                Some(Explanation::words(
                    "the shape of the last node's output",
                    shape.to_string(),
                ))
            }
            Quantity::ReceptiveField | Quantity::OutputStride => None,
        }
    }

    /// The sum over the nodes by name, zeros left out; a long list is one number.
    fn sum_over(&self, graph: &Graph, of: fn(&NodeFacts) -> u64) -> Formula {
        let shares = self.nodes.iter().map(|facts| (facts.id, of(facts)));
        let shares: Vec<_> = shares.filter(|&(_, share)| share > 0).collect();
        listed(
            graph,
            &shares,
            "",
            &format!("sum over {} layers", shares.len()),
        )
    }

    /// The feature maps and gradients that are alive at the peak, each by its node.
    fn peak(&self, graph: &Graph, peak: &Peak, precision: Precision) -> Explanation {
        let sizes = self.nodes.iter().map(NodeFacts::elements);
        let [maps, gradients] = peak.alive(graph, graph.input().elements(), sizes);
        let count = maps.len();
        let maps = listed(
            graph,
            &maps,
            "",
            &format!("values of {count} feature maps alive"),
        );
        let mut alive = vec![maps];
        if !gradients.is_empty() {
            let count = gradients.len();
            let long = format!("values of {count} gradients alive");
            alive.push(listed(graph, &gradients, "gradient of ", &long));
        }
        bytes(times([sum(alive), each(precision)]), peak.bytes(precision))
    }
}

/// The sum of these values by node name, each with the prefix `before`; one number named `long` if
/// the list is too long to read.
fn listed(graph: &Graph, shares: &[(NodeId, u64)], before: &str, long: &str) -> Formula {
    const LONGEST: usize = 24;
    if shares.is_empty() || shares.len() > LONGEST {
        let total = shares.iter().map(|&(_, share)| share).sum::<u64>();
        return named(long.to_owned(), total);
    }
    let name = |id| graph.node(id).map_or("input", |node| node.name.as_str());
    sum(shares
        .iter()
        .map(|&(id, share)| named(format!("{before}{}", name(id)), share)))
}

fn each(precision: Precision) -> Formula {
    named(
        format!("bytes of one {}", precision.name()),
        precision.bytes_each(),
    )
}

pub(super) fn bytes(formula: Formula, result: u64) -> Explanation {
    Explanation::new(&formula, format!("{} bytes", grouped(result)))
}

fn flops(subject: &Subject<'_>) -> Explanation {
    let (rule, inputs, output) = (subject.layer.rule(), &subject.inputs, subject.output);
    let macs = rule.mac_formula(inputs, output);
    let macs = macs.map(|_| times([number(2), named("MACs", subject.facts.cost.macs)]));
    let element = rule.element_formula(inputs, output);
    let terms: Vec<Formula> = macs.into_iter().chain(element).collect();
    if terms.is_empty() {
        return Explanation::words("this layer only moves values", "0");
    }
    Explanation::new(&sum(terms), grouped(subject.facts.cost.flops()))
}

fn intensity(flops: u64, moved: Formula, result: Option<f64>) -> Explanation {
    match result {
        Some(result) => {
            let formula = quotient(named("FLOPs", flops), moved);
            Explanation::new(&formula, format!("{result:.2} FLOPs a byte"))
        }
        None => Explanation::words("nothing is moved", "0 FLOPs a byte"),
    }
}
