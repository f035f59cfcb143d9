//! A network's parameters on the host, as plain numbers that no backend owns.

use std::collections::HashMap;
use std::sync::Arc;

use half::{bf16, f16};

use crate::checkpoint::{Header, LENGTH_BYTES, Parameter, Stored, WeightsError, adapt};
use crate::layer::Layer;
use crate::{Analysis, Graph, NodeId, Shape};

/// One parameter: its axes and values, laid out as PyTorch does (convolution: out, in / groups,
/// kernel height, kernel width; linear: out, in).
#[derive(Clone, Debug)]
pub struct Array {
    pub dims: Vec<usize>,
    /// A clone shares them, so that a plan knows by the address what has changed.
    pub values: Arc<[f32]>,
}

/// The parameters of a network by node and role (`weight`, `bias`, `running_mean`, `running_var`,
/// `coef`, `codes`).
#[derive(Clone, Debug, Default)]
pub struct Params {
    arrays: HashMap<(NodeId, &'static str), Array>,
}

impl Params {
    /// Every parameter that the graph has, with these values.
    pub fn made(graph: &Graph, mut values: impl FnMut(&Parameter) -> Vec<f32>) -> Self {
        let mut params = Self::default();
        for parameter in parameters(graph) {
            let values = values(&parameter);
            params.set(parameter.node, parameter.role, parameter.dims, values);
        }
        params
    }

    /// Every parameter that the graph has, from numbers that look random and keep the values of a
    /// deep network within bounds: weights within ± √(6 / inputs of a value). The same at each call.
    pub fn made_up(graph: &Graph) -> Self {
        let mut state = 0x2545_f491_u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        Self::made(graph, |parameter| {
            let count = parameter.dims.iter().product::<usize>();
            let inputs = parameter.dims[1..].iter().product::<usize>().max(1) as f32;
            let mut numbers = |middle: f32, spread: f32| -> Vec<f32> {
                (0..count).map(|_| middle + spread * next()).collect()
            };
            match parameter.role {
                "weight" if parameter.dims.len() > 1 => numbers(0.0, (6.0 / inputs).sqrt()),
                "weight" | "running_var" => numbers(1.0, 0.2),
                "coef" => numbers(0.25, 0.1),
                "codes" => numbers(0.0, 1.0),
                _ => numbers(0.0, 0.1),
            }
        })
    }

    /// The weights of a checkpoint or a safetensors file of this or another program.
    ///
    /// # Errors
    /// When the file is not one, its names and shapes are not exactly the network's, or a value is
    /// not a finite 32-bit float.
    pub fn read(graph: &Graph, file: &[u8]) -> Result<Self, WeightsError> {
        let header = Header::of_file(file)?;
        let data = &file[LENGTH_BYTES + Header::length(file)?..];
        let wanted = parameters(graph);
        let fit = adapt(&header, &wanted, graph);
        if !fit.mismatch.is_empty() {
            return Err(WeightsError::Mismatch(fit.mismatch));
        }
        let mut params = Self::default();
        let places = fit.found.into_iter().flatten();
        for (number, (parameter, place)) in wanted.into_iter().zip(places).enumerate() {
            let values = finite(&header.tensors[place], data)?;
            let values = match fit.turns.get(number) {
                Some(Some(turn)) => turn.apply(&values),
                _ => values,
            };
            params.set(parameter.node, parameter.role, parameter.dims, values);
        }
        Ok(params)
    }

    pub fn set(&mut self, node: NodeId, role: &'static str, dims: Vec<usize>, values: Vec<f32>) {
        let values = values.into();
        self.arrays.insert((node, role), Array { dims, values });
    }

    pub fn get(&self, node: NodeId, role: &'static str) -> Option<&Array> {
        self.arrays.get(&(node, role))
    }
}

/// Every parameter that a valid graph has, in the graph's order; none of a graph with problems.
pub fn parameters(graph: &Graph) -> Vec<Parameter> {
    let analysis = Analysis::of(graph);
    if !analysis.is_valid() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for node in graph.nodes() {
        let input = match node.inputs.first().copied() {
            Some(id) if id != NodeId::INPUT => analysis.node(id).and_then(|facts| facts.shape),
            _ => Some(graph.input()),
        };
        let Some(input) = input else { continue };
        for (role, dims) in roles(&node.layer, input) {
            all.push(Parameter {
                node: node.id,
                role,
                name: format!("{}.{role}", node.name),
                dims,
            });
        }
    }
    all
}

/// The parameters of a layer on this input: the last part of the name, and the axes.
fn roles(layer: &Layer, input: Shape) -> Vec<(&'static str, Vec<usize>)> {
    let channels = input.channels as usize;
    let of_each = |role| (role, vec![channels]);
    let weighted = |dims: Vec<usize>, bias: bool| {
        let outputs = dims[0];
        let bias = bias.then(|| ("bias", vec![outputs]));
        [("weight", dims)].into_iter().chain(bias).collect()
    };
    match layer {
        Layer::Conv(conv) => {
            let dims = conv.weight_dims(input).map(|side| side as usize);
            weighted(dims.to_vec(), conv.bias)
        }
        Layer::TableConv(conv) => {
            let [height, width] = conv.kernel.map(|side| side as usize);
            let weight = vec![conv.connections() as usize, height, width];
            let bias = conv.bias.then(|| ("bias", vec![conv.table.len()]));
            [("weight", weight)].into_iter().chain(bias).collect()
        }
        Layer::Linear(linear) => {
            let dims = vec![linear.features as usize, input.elements() as usize];
            weighted(dims, linear.bias)
        }
        Layer::BatchNorm(norm) => {
            let weight = norm.scale.then(|| of_each("weight"));
            let bias = norm.shift.then(|| of_each("bias"));
            let running = [of_each("running_mean"), of_each("running_var")];
            weight.into_iter().chain(bias).chain(running).collect()
        }
        Layer::Subsample(pool) => {
            let maps = vec![channels * pool.fan as usize];
            vec![("coef", maps.clone()), ("bias", maps)]
        }
        Layer::Rbf(rbf) => vec![("codes", vec![rbf.classes as usize, channels])],
        Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => Vec::new(),
    }
}

/// The values of a tensor, all finite; 64-bit ones are rounded.
fn finite(stored: &Stored, data: &[u8]) -> Result<Vec<f32>, WeightsError> {
    let [start, end] = stored.offsets.map(|offset| offset as usize);
    let bytes = &data[start..end];
    let halves =
        |value: fn([u8; 2]) -> f32| bytes.as_chunks().0.iter().map(|&it| value(it)).collect();
    let values: Vec<f32> = match stored.dtype.as_str() {
        "F64" => {
            let wide = bytes.as_chunks().0.iter();
            wide.map(|&it| f64::from_le_bytes(it) as f32).collect()
        }
        "F32" => {
            let single = bytes.as_chunks().0.iter();
            single.map(|&it| f32::from_le_bytes(it)).collect()
        }
        "F16" => halves(|it| f16::from_le_bytes(it).to_f32()),
        "BF16" => halves(|it| bf16::from_le_bytes(it).to_f32()),
        got => {
            return Err(WeightsError::Dtype {
                name: stored.name.clone(),
                got: got.to_owned(),
            });
        }
    };
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        return Err(WeightsError::NotFinite {
            name: stored.name.clone(),
            index: place_along(place, &stored.dims),
            value: values[place].to_string(),
            count: values.iter().filter(|value| !value.is_finite()).count(),
        });
    }
    Ok(values)
}

/// The place along each axis of the value that is the `place`-th in rows.
fn place_along(place: usize, dims: &[usize]) -> Vec<usize> {
    let mut rest = place;
    let along = dims.iter().rev().map(|&side| {
        let along = rest % side.max(1);
        rest /= side.max(1);
        along
    });
    let mut index: Vec<usize> = along.collect();
    index.reverse();
    index
}
