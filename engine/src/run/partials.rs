//! A convolution before its sum over the input channels.

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::Network;
use super::Role;
use super::window::pairs;
use crate::Node;
use crate::layer::Layer;

/// The contribution of each input channel to one output channel.
#[derive(Clone, Debug)]
pub struct Partials {
    /// The contributing input channels.
    pub inputs: Vec<u32>,
    /// 1 × inputs × height × width; their sum and the bias are the output channel.
    pub maps: Tensor<4>,
    /// The output channel's bias, where it has one.
    pub bias: Option<Tensor<1>>,
}

impl Network {
    /// The partial maps of one channel of a convolution on `x`, its input, 1 × channels × height ×
    /// width: each input channel convolved with its own kernel. `None` for other layers, and for a
    /// channel that does not exist.
    pub(crate) fn partials(&self, node: &Node, channel: u32, x: Tensor<4>) -> Option<Partials> {
        let [_, channels, height, width] = x.dims();
        let param = |role| {
            self.params()
                .iter()
                .find(|it| it.node == node.owner() && it.role == role)
        };
        let weight = param(Role::Weight)?;
        let kernels = |first: usize, count: usize, size: [u32; 2]| {
            let [height, width] = size.map(|n| n as usize);
            let area = height * width;
            let values = weight.values.clone().inner();
            values
                .narrow(0, first * area, count * area)
                .reshape([count, 1, height, width])
        };
        let (inputs, kernels, options): (Vec<u32>, Tensor<4>, ConvOptions<2>) = match &node.layer {
            Layer::Conv(conv) => {
                let groups = conv.groups as usize;
                let [in_group, out_group] = [channels / groups, conv.channels as usize / groups];
                let first = channel as usize / out_group * in_group;
                let window = conv.sliding();
                let options = ConvOptions::new_with_padding(
                    window.stride.map(|n| n as usize),
                    pairs(window.sides([height as u32, width as u32])),
                    window.dilation.map(|n| n as usize),
                    in_group,
                );
                let inputs = (first..first + in_group).map(|n| n as u32).collect();
                (
                    inputs,
                    kernels(channel as usize * in_group, in_group, conv.kernel),
                    options,
                )
            }
            Layer::TableConv(conv) => {
                let row = conv.table.get(channel as usize)?;
                let before: usize = conv.table[..channel as usize].iter().map(Vec::len).sum();
                let options = ConvOptions::new([1, 1], [0, 0], [1, 1], row.len());
                (
                    row.clone(),
                    kernels(before, row.len(), conv.kernel),
                    options,
                )
            }
            _ => return None,
        };
        let taken = inputs
            .iter()
            .map(|&input| x.clone().narrow(1, input as usize, 1));
        let maps = conv2d(Tensor::cat(taken.collect(), 1), kernels, None, options);
        let bias = param(Role::Bias).map(|param| {
            let values = param.values.clone().inner();
            values.narrow(0, channel as usize, 1)
        });
        Some(Partials { inputs, maps, bias })
    }
}
