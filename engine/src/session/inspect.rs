//! Answers to questions about a node: its parameters, its partial maps, what it sees, gradients.

use std::collections::HashMap;

use burn::tensor::{Tensor, TensorData};

use super::input::values;
use super::{Ended, Event, Failure, Message, ParamSlice, Session, Unit};
use crate::run::{Mode, Network, Param, read};
use crate::train::{CrossEntropy, Method, Optimiser, Plan, logits, one_hot, step};
use crate::{Node, NodeId};

/// Pictures of a timed training step at most.
const MOST_PICTURES: u32 = 1024;

impl Session {
    fn node(&self, id: NodeId) -> Result<(&Network, &Node), Ended> {
        let network = self.network()?;
        let node = network.graph().node(id);
        Ok((network, node.ok_or(Failure::NoNode { node: id.0 })?))
    }

    /// One channel of a convolution before its sum: the convolution of each input channel with its
    /// own kernel, as a grouped convolution of one channel each.
    pub(super) async fn partials(&self, id: NodeId, channel: u32) -> Result<Message<Event>, Ended> {
        let (network, node) = self.node(id)?;
        let name = || node.name.clone();
        let channels = network.shape(id).map_or(0, |shape| shape.channels);
        if channel >= channels {
            return Err(Failure::NoChannel {
                node: name(),
                channels,
                channel,
            }
            .into());
        }
        let before = *node.inputs.first().unwrap_or(&NodeId::INPUT);
        let input = network.input(self.last_input()?)?;
        let x = network.forward(input, &[before])?.remove(0);
        let partials = network
            .partials(node, channel, x)
            .ok_or_else(|| Failure::NoPartials { node: name() })?;
        let [_, _, height, width] = partials.maps.dims();
        let mut wanted = vec![partials.maps];
        wanted.extend(partials.bias.map(|bias| bias.reshape([1, 1, 1, 1])));
        let mut read = read(wanted).await?;
        let bias = read
            .get(1)
            .and_then(|bias| bias.first())
            .copied()
            .unwrap_or(0.0);
        let values = read.remove(0);
        let event = Event::Partials {
            node: id,
            channel,
            inputs: partials.inputs,
            height: height as u32,
            width: width as u32,
            bias,
        };
        Ok(Message::with_values(event, &values))
    }

    /// The gradient of a unit with respect to the last input.
    pub(super) async fn input_gradient(&self, unit: Unit) -> Result<Message<Event>, Ended> {
        let Unit {
            node: id,
            channel,
            row,
            column,
        } = unit;
        let (network, node) = self.node(id)?;
        let shape = network.shape(id).ok_or(Failure::NoNode { node: id.0 })?;
        if channel >= shape.channels || row >= shape.height || column >= shape.width {
            return Err(Failure::NoUnit {
                node: node.name.clone(),
                shape,
                channel,
                row,
                column,
            }
            .into());
        }
        self.budget.check_gradients(network.graph(), 1)?;
        let value = |outputs: Vec<Tensor<4>>| {
            let [channel, row, column] = [channel, row, column].map(|n| n as usize);
            outputs
                .into_iter()
                .map(|map| {
                    map.slice([0..1, channel..channel + 1, row..row + 1, column..column + 1])
                        .sum()
                })
                .reduce(|a, b| a + b)
                .unwrap_or_else(|| Tensor::zeros([1], network.device()))
        };
        let input = network.input(self.last_input()?)?;
        let gradients =
            network.gradients(input, &[NodeId::INPUT], &[id], Mode::Inference, value)?;
        let values = read(gradients.nodes).await?.remove(0);
        Ok(Message::with_values(Event::InputGradient { unit }, &values))
    }

    /// Gradients of the sum of a node's values, each times its weight in the payload.
    pub(super) async fn differentiate(
        &self,
        of: NodeId,
        batch: u32,
        wrt: &[NodeId],
        payload: &[u8],
    ) -> Result<Message<Event>, Ended> {
        let (network, _) = self.node(of)?;
        let shape = network.shape(of).ok_or(Failure::NoNode { node: of.0 })?;
        if batch == 0 {
            return Err(Failure::NoPictures.into());
        }
        let mut input = values(payload)?;
        let inputs = network.graph().input().elements();
        let each = inputs.saturating_add(shape.elements());
        let wanted = u64::from(batch).saturating_mul(each);
        if input.len() as u64 != wanted {
            return Err(Failure::Gradients {
                got: input.len(),
                batch,
                wanted,
            }
            .into());
        }
        self.budget.check_gradients(network.graph(), batch.into())?;
        let weights = input.split_off(batch as usize * inputs as usize);
        let dims = [batch, shape.channels, shape.height, shape.width].map(|n| n as usize);
        let weights = Tensor::<4>::from_data(TensorData::new(weights, dims), network.device());
        let weights = weights.autodiff();
        let sum = |outputs: Vec<Tensor<4>>| {
            let sums = outputs.into_iter().map(|map| (map * weights.clone()).sum());
            sums.reduce(|a, b| a + b)
                .unwrap_or_else(|| Tensor::zeros([1], network.device()))
        };
        let input = network.input(input)?;
        let gradients = network.gradients(input, wrt, &[of], Mode::Inference, sum)?;
        let lengths: Vec<usize> = gradients
            .nodes
            .iter()
            .map(|it| it.dims().iter().product())
            .collect();
        let mut all: Vec<f32> = read(gradients.nodes).await?.concat();
        let of_params = network.params().iter().zip(gradients.params);
        let of_params = of_params.filter_map(|(param, gradient)| Some((param, gradient?)));
        let (mut params, values) = packed(of_params).await?;
        for param in &mut params {
            param.offset += all.len();
        }
        all.extend(values);
        let event = Event::Differentiated {
            wrt: lengths,
            params,
        };
        Ok(Message::with_values(event, &all))
    }

    /// Whether a training step on this many pictures fits the memory.
    pub(super) fn check_training_step(&self, batch: u32) -> Result<(), Ended> {
        let batch = batch.clamp(1, MOST_PICTURES);
        let graph = self.network()?.graph();
        Ok(self.budget.check_gradients(graph, batch.into())?)
    }

    /// Labels of a step on so many pictures, whose time is measured.
    pub(super) fn labels_of_a_step(&self, batch: u32) -> Result<Vec<usize>, Ended> {
        let model = self.model()?;
        let shape = model.shape(logits(&model.graph));
        let classes = shape.map_or(1, |shape| shape.elements()) as usize;
        let batch = batch.clamp(1, MOST_PICTURES) as usize;
        Ok((0..batch).map(|example| example % classes).collect())
    }

    /// One training step on these pictures by burn, for its time.
    pub(super) async fn training_step(
        &self,
        pictures: Vec<f32>,
        labels: &[usize],
    ) -> Result<(), Ended> {
        let device = self.device.clone();
        // A copy, which shares the weights until the step: they are to be what they were, and a step
        // of no length against a gradient that is no number would change them.
        let mut network = self.network()?.clone();
        let classes = network
            .shape(logits(network.graph()))
            .map_or(1, |shape| shape.elements());
        let input = network.input(pictures)?;
        let targets = one_hot(labels, classes as usize, &device)
            .ok_or(Failure::NoClasses)?
            .autodiff();
        let loss = |logits| CrossEntropy::default().of(logits, targets);
        let mut training = crate::run::Training::seeded(0);
        let stepped = step(
            &mut network,
            HashMap::from([(NodeId::INPUT, input)]),
            Mode::Training(&mut training),
            loss,
            &mut Optimiser::new(Method::Sgd),
            &Plan::default(),
        )?;
        read(vec![stepped.loss.reshape([1, 1, 1, 1])]).await?;
        Ok(())
    }
}

/// Values with their parameters' names, one after the other.
async fn packed(
    params: impl Iterator<Item = (&Param, Tensor<1>)>,
) -> Result<(Vec<ParamSlice>, Vec<f32>), Ended> {
    let (mut slices, mut tensors, mut offset) = (Vec::new(), Vec::new(), 0);
    for (param, values) in params {
        let count = values.dims()[0];
        slices.push(ParamSlice {
            name: param.name.clone(),
            role: param.role.name().to_owned(),
            dims: param.dims.clone(),
            offset,
        });
        tensors.push(values.inner().reshape([1, 1, 1, count]));
        offset += count;
    }
    let values = if tensors.is_empty() {
        Vec::new()
    } else {
        read(tensors).await?.concat()
    };
    Ok((slices, values))
}
