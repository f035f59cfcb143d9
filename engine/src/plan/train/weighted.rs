//! Layers with weights in training: convolutions and linear layers, batch norms.

use kernels::train::norm::{self, Statistics};
use kernels::train::{Grouped, Rule, Scratch, State, Sums};
use kernels::{Eight, Four};

use crate::checkpoint::Role;
use crate::layer::BatchNorm;
use crate::plan::{LowerError, Params};
use crate::{Node, NodeId};

/// What moves over the map.
#[derive(Clone, Debug)]
pub(super) enum Window {
    Dense(Sums),
    Grouped(Grouped),
}

/// A convolution or linear layer, and the slopes of its weights.
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    window: Window,
    /// In the window's order; of groups as PyTorch has them, four by four.
    weights: Vec<Four>,
    bias: Vec<f32>,
    weight_slopes: Vec<Four>,
    bias_slopes: Vec<f32>,
    /// Of a layer with one window: its inputs and the slopes of its outputs, chunk after chunk, so
    /// that the slopes of its weights are summed once.
    kept: [Vec<Eight>; 2],
    /// The weights as the way back reads them, unless they are many.
    turned: Vec<Four>,
    states: [State; 2],
    /// The axes of the weights' array.
    dims: Vec<usize>,
    has_bias: bool,
}

/// Fours of weights that are kept in two orders.
const MOST_TURNED: usize = 1 << 18;

impl Window {
    const fn outputs(&self) -> usize {
        match self {
            Self::Dense(it) => it.outputs,
            Self::Grouped(it) => it.outputs,
        }
    }

    /// How many weights there are.
    const fn count(&self) -> usize {
        match self {
            Self::Dense(it) => it.outputs * it.depth(),
            Self::Grouped(it) => it.outputs * it.depth(),
        }
    }

    fn pack(&self, values: &[f32], packed: &mut [Four]) {
        match self {
            Self::Dense(it) => it.pack(values, packed),
            Self::Grouped(_) => packed.as_flattened_mut()[..values.len()].copy_from_slice(values),
        }
    }

    fn unpacked(&self, packed: &[Four]) -> Vec<f32> {
        let mut values = vec![0.0; self.count()];
        match self {
            Self::Dense(it) => it.unpack(packed, &mut values),
            Self::Grouped(_) => {
                let count = values.len();
                values.copy_from_slice(&packed.as_flattened()[..count]);
            }
        }
        values
    }
}

impl Weighted {
    pub fn new(node: &Node, window: Window, params: &Params) -> Result<Box<Self>, LowerError> {
        let missing = || LowerError::MissingParameter {
            name: format!("{}.weight", node.name),
        };
        let array = params.get(node.id, Role::Weight).ok_or_else(missing)?;
        let bias = params.get(node.id, Role::Bias);
        let padded = window.outputs().next_multiple_of(4);
        let fours = match &window {
            Window::Dense(it) => padded / 4 * it.depth(),
            Window::Grouped(_) => window.count().div_ceil(4),
        };
        let mut weights = vec![[0.0; 4]; fours];
        window.pack(&array.values, &mut weights);
        let mut values = bias.map_or_else(Vec::new, |bias| bias.values.to_vec());
        values.resize(padded, 0.0);
        Ok(Box::new(Self {
            weight_slopes: vec![[0.0; 4]; weights.len()],
            bias_slopes: vec![0.0; padded],
            kept: Default::default(),
            turned: Vec::new(),
            states: Default::default(),
            dims: array.dims.clone(),
            has_bias: bias.is_some(),
            bias: values,
            weights,
            window,
        }))
    }

    pub fn forward(&self, input: &[Eight], output: &mut [Eight]) {
        let weights = &self.weights;
        match &self.window {
            Window::Dense(it) => it.forward(weights, &self.bias, input, output),
            Window::Grouped(it) => it.forward(weights.as_flattened(), &self.bias, input, output),
        }
    }

    /// The slopes of the weights, and where it is `wanted` those of the input.
    pub fn backward(
        &mut self,
        input: &[Eight],
        slope: &[Eight],
        into: &mut [Eight],
        wanted: bool,
        scratch: &mut Scratch,
    ) {
        let (weights, bias) = (&mut self.weight_slopes, &mut self.bias_slopes);
        match &self.window {
            Window::Dense(it) => {
                if it.is_linear() {
                    self.kept[0].extend_from_slice(input);
                    self.kept[1].extend_from_slice(slope);
                } else {
                    it.slopes([input, slope], weights, bias, scratch);
                }
                if !wanted {
                    return;
                }
                if self.weights.len() > MOST_TURNED {
                    it.backward_turning(&self.weights, slope, into, &mut self.turned);
                } else {
                    if self.turned.is_empty() {
                        it.turn(&self.weights, &mut self.turned);
                    }
                    it.backward(&self.turned, slope, into);
                }
            }
            Window::Grouped(it) => {
                it.slopes(input, slope, weights.as_flattened_mut(), bias);
                if wanted {
                    it.backward(self.weights.as_flattened(), slope, into);
                }
            }
        }
    }

    /// After the last chunk.
    pub fn conclude(&mut self, scratch: &mut Scratch) {
        if let Window::Dense(it) = &self.window
            && !self.kept[0].is_empty()
        {
            let (weights, bias) = (&mut self.weight_slopes, &mut self.bias_slopes);
            let maps = self.kept.each_ref().map(Vec::as_slice);
            it.slopes_of_all(maps, weights, bias, scratch);
        }
        self.kept.iter_mut().for_each(Vec::clear);
    }

    pub fn forget(&mut self) {
        self.turned.clear();
        self.kept.iter_mut().for_each(Vec::clear);
        self.weight_slopes.fill([0.0; 4]);
        self.bias_slopes.fill(0.0);
    }

    pub fn step(&mut self, rule: Rule, rate: f64) {
        let [weights, bias] = &mut self.states;
        let slopes = self.weight_slopes.as_flattened_mut();
        weights.step(rule, rate, self.weights.as_flattened_mut(), slopes);
        if self.has_bias {
            bias.step(rule, rate, &mut self.bias, &mut self.bias_slopes);
        }
    }

    /// Takes these values of a role; `None` when they are not as many as it has.
    pub fn load<'a>(&mut self, values: impl Fn(Role) -> Option<&'a [f32]>) -> Option<()> {
        let weights = values(Role::Weight)?;
        if weights.len() != self.window.count() {
            return None;
        }
        self.window.pack(weights, &mut self.weights);
        if self.has_bias {
            let bias = values(Role::Bias)?;
            let own = self.bias.get_mut(..self.window.outputs())?;
            if bias.len() != own.len() {
                return None;
            }
            own.copy_from_slice(bias);
        }
        Some(())
    }

    /// Its arrays as PyTorch has them, with their axes: the weights, or their slopes.
    pub fn arrays(&self, slopes: bool) -> Vec<(Role, Vec<usize>, Vec<f32>)> {
        let (weights, bias) = match slopes {
            true => (&self.weight_slopes, &self.bias_slopes),
            false => (&self.weights, &self.bias),
        };
        let values = self.window.unpacked(weights);
        let mut all = vec![(Role::Weight, self.dims.clone(), values)];
        if self.has_bias {
            let outputs = self.window.outputs();
            all.push((Role::Bias, vec![outputs], bias[..outputs].to_vec()));
        }
        all
    }
}

/// A batch norm, and the slopes of its weights.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    layer: BatchNorm,
    statistics: Statistics,
    /// Scale and shift; 1 and 0 where it has none.
    values: [Vec<f32>; 2],
    slopes: [Vec<f32>; 2],
    states: [State; 2],
}

impl Norm {
    pub fn new(layer: &BatchNorm, channels: usize, node: NodeId, params: &Params) -> Box<Self> {
        let array = |role: Role, usual: f32| {
            let array = params.get(node, role);
            array.map_or_else(|| vec![usual; channels], |it| it.values.to_vec())
        };
        Box::new(Self {
            values: [array(Role::Weight, 1.0), array(Role::Bias, 0.0)],
            slopes: [vec![0.0; channels], vec![0.0; channels]],
            states: Default::default(),
            statistics: Statistics::default(),
            layer: layer.clone(),
        })
    }

    pub fn forward(&mut self, sizes: [usize; 2], input: &[Eight], output: &mut [Eight]) {
        let values = self.values.each_ref().map(Vec::as_slice);
        norm::forward(
            values,
            self.layer.eps,
            sizes,
            &mut self.statistics,
            input,
            output,
        );
    }

    pub fn backward(&mut self, sizes: [usize; 2], maps: [&[Eight]; 2], into: &mut [Eight]) {
        let eps = self.layer.eps;
        let slopes = self.slopes.each_mut().map(Vec::as_mut_slice);
        let weight = &self.values[0];
        norm::backward(weight, eps, sizes, &self.statistics, maps, into, slopes);
    }

    /// What the running statistics move to, of `count` pictures of `size` values.
    pub fn stored(&self, size: usize, count: usize) -> [Vec<f32>; 2] {
        let Statistics { mean, variance } = &self.statistics;
        let number = (size / mean.len().max(1) * count) as f64;
        let unbiased = |&it: &f32| (f64::from(it) * number / (number - 1.0)) as f32;
        [mean.clone(), variance.iter().map(unbiased).collect()]
    }

    /// Its roles with the places of their values.
    fn roles(&self) -> impl Iterator<Item = (Role, usize)> + use<> {
        let own = [
            (self.layer.scale, Role::Weight),
            (self.layer.shift, Role::Bias),
        ];
        let own = own.into_iter().enumerate();
        own.filter_map(|(place, (has, role))| has.then_some((role, place)))
    }

    pub fn step(&mut self, rule: Rule, rate: f64) {
        for (_, place) in self.roles() {
            let (values, slopes) = (&mut self.values[place], &mut self.slopes[place]);
            self.states[place].step(rule, rate, values, slopes);
        }
    }

    /// As [`Weighted::load`].
    pub fn load<'a>(&mut self, values: impl Fn(Role) -> Option<&'a [f32]>) -> Option<()> {
        for (role, place) in self.roles() {
            let (new, own) = (values(role)?, &mut self.values[place]);
            if new.len() != own.len() {
                return None;
            }
            own.copy_from_slice(new);
        }
        Some(())
    }

    /// As [`Weighted::arrays`].
    pub fn arrays(&self, slopes: bool) -> Vec<(Role, Vec<usize>, Vec<f32>)> {
        let from = if slopes { &self.slopes } else { &self.values };
        let array = |(role, place): (Role, usize)| {
            let values = from[place].clone();
            (role, vec![values.len()], values)
        };
        self.roles().map(array).collect()
    }
}
