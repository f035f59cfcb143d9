//! Predicted times of layers on a machine: the roofline model of Williams, Waterman and Patterson
//! (2009), with an overhead for each layer.

use serde::{Deserialize, Serialize};

use super::least_squares::nonnegative;
use super::{Analysis, NodeFacts, Precision};
use crate::layer::Arithmetic;
use crate::{Graph, Node};

/// The work of one layer for one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// The kind of its multiply-adds.
    pub arithmetic: Option<Arithmetic>,
    pub macs: u64,
    /// All other arithmetic: biases, norms, activations, pooling, merges.
    pub element_flops: u64,
    /// Parameters and inputs read once, the output written once, as 32-bit floats.
    pub bytes: u64,
}

impl Work {
    /// The work of this node.
    pub fn of(node: &Node, facts: &NodeFacts) -> Self {
        Self {
            arithmetic: node.layer.rule().arithmetic(),
            macs: facts.cost.macs,
            element_flops: facts.cost.element_flops,
            bytes: facts.moved_bytes(Precision::F32),
        }
    }

    /// The work of each node, in the graph's order.
    pub fn of_all(graph: &Graph, analysis: &Analysis) -> Vec<Self> {
        let nodes = graph.nodes().iter().zip(&analysis.nodes);
        nodes.map(|(node, facts)| Self::of(node, facts)).collect()
    }
}

/// A machine as seconds for each unit of work. 0 where nothing was measured, or where the time was
/// too short to be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The latency of reading a result, once for each pass.
    pub wait_secs: f64,
    /// The overhead of a layer.
    pub overhead_secs: f64,
    /// Per byte.
    pub byte_secs: f64,
    /// Per operation other than multiply-adds.
    pub element_secs: f64,
    /// Per multiply-add, in the order of [`Arithmetic::ALL`].
    pub mac_secs: [f64; 4],
}

/// A measurement: layers run one after another, and the seconds until the last output could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub layers: Vec<Work>,
    pub secs: f64,
}

/// The unknowns of a machine: wait, overhead, byte, element, and one for each arithmetic.
const NUMBERS: usize = 4 + Arithmetic::ALL.len();
const WAIT: usize = 0;
const OVERHEAD: usize = 1;
const BYTE: usize = 2;
const ELEMENT: usize = 3;
const MAC: usize = 4;

/// How often the machine is fitted at most. Each fit changes which layers are memory-bound; a few
/// are enough to converge.
const ROUNDS: usize = 30;

impl Machine {
    /// Seconds of a layer's arithmetic.
    pub fn compute_secs(&self, work: &Work) -> f64 {
        let macs = work
            .arithmetic
            .map_or(0.0, |kind| self.mac_secs[kind as usize]);
        macs * work.macs as f64 + self.element_secs * work.element_flops as f64
    }

    /// Seconds of a layer's memory traffic.
    pub fn traffic_secs(&self, work: &Work) -> f64 {
        self.byte_secs * work.bytes as f64
    }

    /// Whether the memory traffic of this layer takes longer than its arithmetic.
    pub fn bound_by_memory(&self, work: &Work) -> bool {
        self.traffic_secs(work) > self.compute_secs(work)
    }

    /// Seconds of one layer in a pass: the overhead, and the longer of arithmetic and traffic.
    pub fn layer_secs(&self, work: &Work) -> f64 {
        self.overhead_secs + self.compute_secs(work).max(self.traffic_secs(work))
    }

    /// Seconds of a pass through these layers until the last output can be read.
    pub fn pass_secs(&self, layers: &[Work]) -> f64 {
        let layers: f64 = layers.iter().map(|work| self.layer_secs(work)).sum();
        self.wait_secs + layers
    }

    /// Fits a machine to measurements: non-negative least squares of the relative differences.
    /// Samples with a time of 0 are left out; `None` if none is left.
    pub fn fit(samples: &[Sample]) -> Option<Self> {
        let samples: Vec<&Sample> = samples.iter().filter(|it| it.secs > 0.0).collect();
        if samples.is_empty() {
            return None;
        }
        // First assume that the layers without multiply-adds are the memory-bound ones.
        let first = Self::fitted(&samples, |work| work.arithmetic.is_none());
        let mut best = first.settled(&samples);
        // A kind of arithmetic that is assumed to be memory-bound everywhere would stay so in every
        // further fit. Therefore try for each kind that it is not.
        for _ in 0..Arithmetic::ALL.len() {
            let others = Arithmetic::ALL.map(|kind| {
                let by_memory =
                    |work: &Work| work.arithmetic != Some(kind) && best.bound_by_memory(work);
                Self::fitted(&samples, by_memory).settled(&samples)
            });
            let Some(other) = others
                .into_iter()
                .min_by(|a, b| a.error(&samples).total_cmp(&b.error(&samples)))
            else {
                break;
            };
            if other.error(&samples) >= best.error(&samples) {
                break;
            }
            best = other;
        }
        Some(best)
    }

    /// Fits repeatedly, with the memory-bound layers of the previous fit; the best of all fits.
    fn settled(self, samples: &[&Sample]) -> Self {
        let (mut best, mut machine) = (self, self);
        for _ in 0..ROUNDS {
            let next = Self::fitted(samples, |work| machine.bound_by_memory(work));
            if next.error(samples) < best.error(samples) {
                best = next;
            }
            if next == machine {
                break;
            }
            machine = next;
        }
        best
    }

    /// The mean relative difference from these measurements, squared.
    fn error(&self, samples: &[&Sample]) -> f64 {
        let off = |sample: &&Sample| self.pass_secs(&sample.layers) / sample.secs - 1.0;
        let squares: f64 = samples.iter().map(|sample| off(sample).powi(2)).sum();
        squares / samples.len() as f64
    }

    /// One fit with a given choice of memory-bound layers.
    fn fitted(samples: &[&Sample], by_memory: impl Fn(&Work) -> bool) -> Self {
        let rows = samples.iter().map(|sample| {
            let mut row = [0.0; NUMBERS];
            row[WAIT] = 1.0;
            for work in &sample.layers {
                row[OVERHEAD] += 1.0;
                if by_memory(work) {
                    row[BYTE] += work.bytes as f64;
                    continue;
                }
                row[ELEMENT] += work.element_flops as f64;
                if let Some(kind) = work.arithmetic {
                    row[MAC + kind as usize] += work.macs as f64;
                }
            }
            // Relative differences count: a layer of a millisecond as much as one of a second.
            row.map(|term| term / sample.secs)
        });
        let found = nonnegative(&rows.collect::<Vec<_>>());
        Self {
            wait_secs: found[WAIT],
            overhead_secs: found[OVERHEAD],
            byte_secs: found[BYTE],
            element_secs: found[ELEMENT],
            mac_secs: std::array::from_fn(|kind| found[MAC + kind]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    /// 5 GMAC/s dense, 8 pointwise, 1 grouped, 2 linear; 10 GB/s; 20 µs a layer, 50 µs to read.
    const KNOWN: Machine = Machine {
        wait_secs: 50e-6,
        overhead_secs: 20e-6,
        byte_secs: 1e-10,
        element_secs: 1e-9,
        mac_secs: [2e-10, 1.25e-10, 1e-9, 5e-10],
    };

    /// What `machine` would take for each layer of these networks, and for all of each together.
    fn measured(machine: &Machine, names: &[&str]) -> Vec<Sample> {
        let mut samples = Vec::new();
        for name in names {
            let graph = zoo::build(name, &zoo::Options::default()).unwrap();
            let layers = Work::of_all(&graph, &Analysis::of(&graph));
            let alone = layers.iter().map(|work| vec![*work]);
            for layers in alone.chain([layers.clone()]) {
                let secs = machine.pass_secs(&layers);
                samples.push(Sample { layers, secs });
            }
        }
        samples
    }

    #[test]
    fn a_machine_is_found_again_from_what_it_takes() {
        let samples = measured(&KNOWN, &["mobilenet", "vgg-16", "lenet-5"]);
        let found = Machine::fit(&samples).unwrap();
        for sample in &samples {
            let off = found.pass_secs(&sample.layers) / sample.secs - 1.0;
            assert!(off.abs() < 0.02, "{found:?}");
        }
        for (found, known) in found.mac_secs.iter().zip(KNOWN.mac_secs) {
            assert!((found / known - 1.0).abs() < 0.05, "{found} {known}");
        }
        assert!((found.overhead_secs / KNOWN.overhead_secs - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_layer_takes_the_longer_of_arithmetic_and_traffic() {
        let work = |macs, bytes| Work {
            arithmetic: Some(Arithmetic::Dense),
            macs,
            element_flops: 0,
            bytes,
        };
        let (heavy, wide) = (work(1_000_000_000, 1000), work(1000, 1_000_000_000));
        assert!((KNOWN.layer_secs(&heavy) - (0.2 + 20e-6)).abs() < 1e-9);
        assert!((KNOWN.layer_secs(&wide) - (0.1 + 20e-6)).abs() < 1e-9);
        assert!(KNOWN.bound_by_memory(&wide) && !KNOWN.bound_by_memory(&heavy));
    }

    #[test]
    fn no_number_is_negative_however_wild_the_measurements() {
        let mut samples = measured(&KNOWN, &["squeezenet-mini", "mobilenet-mini"]);
        for (place, sample) in samples.iter_mut().enumerate() {
            sample.secs *= [0.1, 1.0, 30.0][place % 3];
        }
        let found = Machine::fit(&samples).unwrap();
        let Machine { mac_secs, .. } = found;
        let numbers = [
            found.wait_secs,
            found.overhead_secs,
            found.byte_secs,
            found.element_secs,
        ];
        assert!(
            numbers
                .into_iter()
                .chain(mac_secs)
                .all(|it| it >= 0.0 && it.is_finite())
        );
    }

    #[test]
    fn nothing_measured_is_no_machine() {
        assert_eq!(Machine::fit(&[]), None);
        let layers = Vec::new();
        assert_eq!(Machine::fit(&[Sample { layers, secs: 0.0 }]), None);
    }
}
