//! What answers the commands: owns the device and the network. The worker and the native tests
//! drive the same one.

use burn::tensor::Device;
use web_time::Instant;

use super::{Command, DeviceKind, Drawing, Event, MapSlice, Message, StepPicture, Weights};
use crate::data::{Prepared, Recipe, prepare};
use crate::run::{Network, read_weights};
use crate::{Graph, NodeId};

/// The running side of the lab.
#[derive(Debug)]
pub struct Session {
    device: Device,
    kind: DeviceKind,
    network: Option<Network>,
    /// The last input that was run, for measuring.
    input: Option<Vec<f32>>,
}

/// An error on its way to the person.
type Failure = Box<dyn std::error::Error>;

/// What a command without a network is answered with.
const NO_NETWORK: &str = "no network is loaded yet, so there is nothing to run";

impl Session {
    /// A session on the CPU.
    pub fn on_cpu() -> Self {
        Self::on(crate::run::cpu(), DeviceKind::Cpu)
    }

    /// A session on WebGPU.
    ///
    /// # Errors
    /// When there is no adapter, or it refuses the device.
    #[cfg(feature = "gpu")]
    pub async fn on_webgpu() -> Result<Self, crate::run::DeviceError> {
        Ok(Self::on(crate::run::webgpu().await?, DeviceKind::WebGpu))
    }

    fn on(device: Device, kind: DeviceKind) -> Self {
        Self {
            device,
            kind,
            network: None,
            input: None,
        }
    }

    /// The greeting.
    pub const fn ready(&self) -> Message<Event> {
        Message::new(Event::Ready { device: self.kind })
    }

    /// Carries out one command.
    pub async fn answer(&mut self, command: Message<Command>) -> Message<Event> {
        let Message { header, payload } = command;
        let (generation, answer) = match header {
            Command::Load { graph, weights } => (None, self.load(graph, weights, &payload)),
            Command::Run {
                generation,
                drawing,
                recipe,
                maps,
            } => {
                let answer = self.run(generation, drawing, recipe, &maps, &payload).await;
                (Some(generation), answer)
            }
            Command::Measure { runs } => (None, self.measure(runs).await),
        };
        answer.unwrap_or_else(|failure| {
            Message::new(Event::Failed {
                generation,
                message: failure.to_string(),
            })
        })
    }

    fn load(
        &mut self,
        graph: Graph,
        weights: Weights,
        payload: &[u8],
    ) -> Result<Message<Event>, Failure> {
        let (network, trained) = match weights {
            Weights::Payload => {
                let mut network = Network::seeded(graph, 0, &self.device)?;
                read_weights(&mut network, payload)?;
                (network, true)
            }
            Weights::Seeded { seed } => (Network::seeded(graph, seed, &self.device)?, false),
        };
        self.network = Some(network);
        self.input = None;
        Ok(Message::new(Event::Loaded { trained }))
    }

    async fn run(
        &mut self,
        generation: u64,
        drawing: Drawing,
        recipe: Recipe,
        maps: &[NodeId],
        ink: &[u8],
    ) -> Result<Message<Event>, Failure> {
        let started = Instant::now();
        let network = self.network.as_ref().ok_or(NO_NETWORK)?;
        let (width, height) = (drawing.width as usize, drawing.height as usize);
        let prepared = prepare(ink, width, height, recipe, network.graph().input())?;

        let mut wanted = maps.to_vec();
        wanted.push(network.graph().output());
        let forward = Instant::now();
        let traced = network.trace(prepared.input.clone(), &wanted).await?;
        let forward_ms = milliseconds(forward);

        let warning = traced.warning.map(|warning| warning.to_string());
        let mut traced = traced.values;
        let answer = traced.pop().unwrap_or_default();
        let mut values = Vec::new();
        let steps = append_steps(&prepared, &mut values);
        let maps = append_maps(network, maps, &traced, &mut values);
        self.input = Some(prepared.input);
        let total_ms = milliseconds(started);
        let event = Event::Traced {
            generation,
            forward_ms,
            total_ms,
            steps,
            maps,
            answer,
            warning,
        };
        Ok(Message::with_values(event, &values))
    }

    async fn measure(&mut self, runs: u32) -> Result<Message<Event>, Failure> {
        let network = self.network.as_ref().ok_or(NO_NETWORK)?;
        let blank = || vec![0.0; network.graph().input().elements() as usize];
        let input = self.input.clone().unwrap_or_else(blank);
        let output = [network.graph().output()];
        // Once for what is made on first use only: shaders, buffers.
        network.trace(input.clone(), &output).await?;
        let mut times = Vec::new();
        for _ in 0..runs.clamp(1, 100) {
            let started = Instant::now();
            network.trace(input.clone(), &output).await?;
            times.push(milliseconds(started));
        }
        times.sort_by(f64::total_cmp);
        Ok(Message::new(Event::Measured {
            forward_ms: times[times.len() / 2],
        }))
    }
}

fn append_steps(prepared: &Prepared, values: &mut Vec<f32>) -> Vec<StepPicture> {
    let append = |(step, picture): &(_, crate::data::Picture)| {
        let offset = values.len();
        values.extend_from_slice(&picture.values);
        let (width, height) = (picture.width as u32, picture.height as u32);
        StepPicture {
            step: *step,
            width,
            height,
            offset,
        }
    };
    prepared.steps.iter().map(append).collect()
}

fn append_maps(
    network: &Network,
    nodes: &[NodeId],
    traced: &[Vec<f32>],
    values: &mut Vec<f32>,
) -> Vec<MapSlice> {
    let append = |(&node, map): (&NodeId, &Vec<f32>)| {
        let offset = values.len();
        values.extend_from_slice(map);
        let finite = || map.iter().copied().filter(|value| value.is_finite());
        let (min, max) = (finite().fold(0.0, f32::min), finite().fold(0.0, f32::max));
        Some(MapSlice {
            node,
            shape: network.shape(node)?,
            offset,
            min,
            max,
        })
    };
    nodes.iter().zip(traced).filter_map(append).collect()
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
