//! Measures the time and memory of each layer.

use std::collections::HashMap;

use burn::tensor::Tensor;
use web_time::Instant;

use super::forward::{NodeParams, forward};
use super::network::{Network, NetworkError, read};
use super::params::Param;
use crate::NodeId;
use crate::session::{Repeats, milliseconds};

/// A step ends with the layer during which so many milliseconds have gone.
const SLICE_MS: f64 = 20.0;

/// The time and memory of one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerTime {
    pub node: NodeId,
    /// Milliseconds until its output could be read, the median of the runs. On WebGPU this has
    /// the way to the device and back in it, which every layer pays here and a whole pass once:
    /// nothing is subtracted, so the layers together take longer than the pass. What is short for
    /// the clock is repeated and divided; 0 where all repetitions are below the clock's step.
    pub ms: f64,
    /// Bytes of the feature maps held when its output was done: that output, the layer's inputs
    /// and whatever a later layer still needs; 4 bytes a value, for all pictures of the input.
    pub live_bytes: u64,
}

/// The times of each layer and of a whole pass.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerTimes {
    /// In the graph's order.
    pub layers: Vec<LayerTime>,
    /// Milliseconds of a pass without waiting between the layers, until the answer is read: the
    /// median of the runs.
    pub total_ms: f64,
    /// The most bytes of feature maps held at once, the network's input among them.
    pub peak_live_bytes: u64,
}

/// Times `runs` passes (at least one) in inference mode on an input of one or more pictures: as a
/// whole, then layer by layer. A pass before them is not counted; it warms up memory and shaders.
///
/// # Errors
/// When the input does not fit, or the device fails.
pub async fn time_layers(
    network: &Network,
    input: Vec<f32>,
    runs: u32,
) -> Result<LayerTimes, NetworkError> {
    let mut timer = LayerTimer::new(network, input, runs)?;
    while !timer.step(network).await? {}
    Ok(timer.times(network))
}

/// [`time_layers`] in steps of one pass, or of some layers of one.
#[derive(Debug)]
pub struct LayerTimer {
    input: Tensor<4>,
    runs: u32,
    repeats: Repeats,
    /// Passes so far: one to warm up, `runs` as a whole, `runs` layer by layer.
    done: u32,
    /// Milliseconds of whole passes.
    passes: Vec<f64>,
    /// Milliseconds of each node, in the graph's order.
    times: Vec<Vec<f64>>,
    /// The pass under way, layer by layer.
    walk: Option<Walk>,
    live: Vec<u64>,
}

impl LayerTimer {
    /// # Errors
    /// When the input does not fit.
    pub fn new(network: &Network, input: Vec<f32>, runs: u32) -> Result<Self, NetworkError> {
        Ok(Self {
            input: network.input(input)?,
            runs: runs.max(1),
            repeats: Repeats::here(),
            done: 0,
            passes: Vec::new(),
            times: vec![Vec::new(); network.graph().nodes().len()],
            walk: None,
            live: Vec::new(),
        })
    }

    /// The number of completed passes, and of all.
    pub const fn progress(&self) -> [u32; 2] {
        [self.done, self.runs.saturating_mul(2).saturating_add(1)]
    }

    /// One step of the network that the timer was made for; `true` when it was the last.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn step(&mut self, network: &Network) -> Result<bool, NetworkError> {
        if self.done == 0 {
            self.whole(network).await?;
        } else if self.done <= self.runs {
            let (started, mut count) = (Instant::now(), 0);
            loop {
                self.whole(network).await?;
                count += 1;
                let elapsed = milliseconds(started);
                if self.repeats.is_enough(elapsed, count) {
                    self.passes.push(self.repeats.each(elapsed, count));
                    break;
                }
            }
        } else {
            let walk = self.walk.take();
            let mut walk = walk.unwrap_or_else(|| Walk::new(network, self.input.clone()));
            if !walk.go_on(network, self.repeats, &mut self.times).await? {
                self.walk = Some(walk);
                return Ok(false);
            }
            self.live = walk.live;
        }
        self.done += 1;
        let [done, total] = self.progress();
        Ok(done >= total)
    }

    async fn whole(&self, network: &Network) -> Result<(), NetworkError> {
        let answer = network.forward(self.input.clone(), &[network.graph().output()])?;
        read(answer).await?;
        Ok(())
    }

    /// The medians of the passes so far.
    pub fn times(&self, network: &Network) -> LayerTimes {
        let nodes = network.graph().nodes().iter();
        let layers = nodes.zip(&self.times).zip(&self.live);
        LayerTimes {
            layers: layers
                .map(|((node, times), &live_bytes)| LayerTime {
                    node: node.id,
                    ms: median(times.clone()),
                    live_bytes,
                })
                .collect(),
            total_ms: median(self.passes.clone()),
            peak_live_bytes: self.live.iter().copied().fold(bytes(&self.input), u64::max),
        }
    }
}

/// A pass in which each layer is waited for.
#[derive(Debug)]
struct Walk {
    /// Outputs that a later layer still needs.
    held: HashMap<NodeId, Tensor<4>>,
    /// How many layers still need each output.
    uses: HashMap<NodeId, usize>,
    /// Bytes held after each layer.
    live: Vec<u64>,
}

impl Walk {
    fn new(network: &Network, input: Tensor<4>) -> Self {
        let graph = network.graph();
        let mut uses: HashMap<NodeId, usize> = HashMap::from([(graph.output(), 1)]);
        for &id in graph.nodes().iter().flat_map(|node| &node.inputs) {
            *uses.entry(id).or_default() += 1;
        }
        Self {
            held: HashMap::from([(NodeId::INPUT, input)]),
            uses,
            live: Vec::with_capacity(graph.nodes().len()),
        }
    }

    /// Some more layers, whose milliseconds are added to `times`; `true` after the last.
    async fn go_on(
        &mut self,
        network: &Network,
        repeats: Repeats,
        times: &mut [Vec<f64>],
    ) -> Result<bool, NetworkError> {
        let graph = network.graph();
        let params: HashMap<NodeId, &[Param]> = network
            .params()
            .chunk_by(|a, b| a.node == b.node)
            .filter_map(|of_one| Some((of_one.first()?.node, of_one)))
            .collect();
        let began = Instant::now();
        let first = self.live.len();
        for (node, times) in graph.nodes().iter().zip(times).skip(first) {
            let missing = || NetworkError::MissingWeights {
                node: node.name.clone(),
            };
            let inputs = node.inputs.iter().map(|id| self.held.get(id).cloned());
            let inputs: Vec<_> = inputs.collect::<Option<_>>().ok_or_else(missing)?;
            let own = NodeParams(params.get(&node.owner()).copied().unwrap_or_default());
            let (started, mut count) = (Instant::now(), 0);
            let output = loop {
                let output = forward(&node.layer, &inputs, &own).ok_or_else(missing)?;
                // The device continues after the call; reading one value waits until it is done.
                read(vec![output.clone().slice([0..1, 0..1, 0..1, 0..1])]).await?;
                count += 1;
                let elapsed = milliseconds(started);
                if repeats.is_enough(elapsed, count) {
                    times.push(repeats.each(elapsed, count));
                    break output;
                }
            };
            self.held.insert(node.id, output);
            self.live.push(self.held.values().map(bytes).sum());
            for id in &node.inputs {
                if let Some(left) = self.uses.get_mut(id) {
                    *left -= 1;
                }
            }
            let uses = &self.uses;
            self.held
                .retain(|id, _| uses.get(id).is_some_and(|left| *left > 0));
            if milliseconds(began) >= SLICE_MS {
                break;
            }
        }
        Ok(self.live.len() == graph.nodes().len())
    }
}

fn bytes(map: &Tensor<4>) -> u64 {
    map.dims().iter().map(|&side| side as u64).product::<u64>() * 4
}

/// The median; 0 for none.
fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    match times.len() {
        0 => 0.0,
        even if even.is_multiple_of(2) => f64::midpoint(times[middle - 1], times[middle]),
        _ => times[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_run_does_not_move_the_median() {
        assert_eq!(median(vec![3.0, 1.0, 900.0]), 3.0);
        assert_eq!(median(vec![4.0, 900.0, 1.0, 2.0]), 3.0);
        assert_eq!(median(vec![]), 0.0);
    }
}
