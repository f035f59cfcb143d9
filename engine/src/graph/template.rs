//! The building blocks of published networks, added as one unit: by the zoo with [`GraphBuilder`],
//! by a person with an edit.

use serde::{Deserialize, Serialize};

use super::{GraphBuilder, GraphError, NodeId};
use crate::Shape;
use crate::layer::{Activation, BatchNorm, Conv, GlobalPool, MaxPool, Merge, Padding, PoolMode};

/// A block of several layers and its parameters. At stride 1 the height and width stay the same;
/// “channels” are output channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub enum BlockTemplate {
    /// Two 3×3 convolutions and a skip connection (He et al. 2016, figure 5 left). The skip is a
    /// 1×1 convolution where channels or side change.
    Residual { channels: u32, stride: u32 },
    /// 1×1, 3×3, 1×1 convolutions and a skip connection (He et al. 2016, figure 5 right; grouped
    /// as in Xie et al. 2017). The stride is in the 3×3, as torchvision has it.
    Bottleneck {
        width: u32,
        channels: u32,
        stride: u32,
        groups: u32,
    },
    /// Four branches side by side: 1×1; 1×1 → 3×3; 1×1 → 5×5; pooling → 1×1 (Szegedy et al. 2015,
    /// figure 2b). The output has `ones + threes + fives + pooled` channels.
    Inception {
        ones: u32,
        reduce_threes: u32,
        threes: u32,
        reduce_fives: u32,
        fives: u32,
        pooled: u32,
    },
    /// Expand by 1×1, depthwise, project by 1×1 without activation; a skip connection where the
    /// shape stays (Sandler et al. 2018), with a gate where `squeeze` is set (Howard et al. 2019).
    InvertedResidual {
        channels: u32,
        expansion: u32,
        kernel: u32,
        stride: u32,
        squeeze: bool,
        activation: Activation,
    },
    /// 3×3 depthwise, then 1×1, each with batch norm and ReLU (Howard et al. 2017, figure 3).
    DepthwiseSeparable { channels: u32, stride: u32 },
    /// A convolution and two 1×1 convolutions, a small perceptron at each place (Lin et al. 2014).
    MlpConv {
        channels: [u32; 3],
        kernel: u32,
        stride: u32,
    },
    /// A gate for each channel from the map's means, through `channels / reduction` values
    /// (Hu et al. 2018).
    SqueezeExcite { reduction: u32 },
    /// `layers` times 1×1 → 3×3 convolution, each seeing all before it and adding `growth`
    /// channels (Huang et al. 2017, DenseNet-B).
    Dense { layers: u32, growth: u32 },
}

/// The most layers of a dense block, above DenseNet-264's 64.
const MAX_DENSE_LAYERS: u32 = 128;

impl BlockTemplate {
    /// Every block with the parameters of its paper's first use, for a palette.
    pub const CATALOGUE: [Self; 8] = [
        Self::Residual {
            channels: 64,
            stride: 1,
        },
        Self::Bottleneck {
            width: 64,
            channels: 256,
            stride: 1,
            groups: 1,
        },
        Self::Inception {
            ones: 64,
            reduce_threes: 96,
            threes: 128,
            reduce_fives: 16,
            fives: 32,
            pooled: 32,
        },
        Self::InvertedResidual {
            channels: 24,
            expansion: 6,
            kernel: 3,
            stride: 1,
            squeeze: false,
            activation: Activation::Relu6,
        },
        Self::DepthwiseSeparable {
            channels: 64,
            stride: 1,
        },
        Self::MlpConv {
            channels: [192, 160, 96],
            kernel: 5,
            stride: 1,
        },
        Self::SqueezeExcite { reduction: 16 },
        Self::Dense {
            layers: 6,
            growth: 32,
        },
    ];

    /// The block's name for people, in lower case.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Residual { .. } => "residual block",
            Self::Bottleneck { .. } => "bottleneck block",
            Self::Inception { .. } => "inception module",
            Self::InvertedResidual { .. } => "inverted residual",
            Self::DepthwiseSeparable { .. } => "depthwise separable",
            Self::MlpConv { .. } => "mlpconv",
            Self::SqueezeExcite { .. } => "squeeze-excitation",
            Self::Dense { .. } => "dense block",
        }
    }

    /// The name of a new block of this kind; a number is added if the name is taken.
    pub(super) const fn stem(&self) -> &'static str {
        match self {
            Self::Residual { .. } => "residual",
            Self::Bottleneck { .. } => "bottleneck",
            Self::Inception { .. } => "inception",
            Self::InvertedResidual { .. } => "inverted",
            Self::DepthwiseSeparable { .. } => "separable",
            Self::MlpConv { .. } => "mlpconv",
            Self::SqueezeExcite { .. } => "squeeze",
            Self::Dense { .. } => "dense",
        }
    }
}

impl GraphBuilder {
    /// Adds the block after the last node, as one foldable block whose nodes are named `name.part`,
    /// and returns its output node.
    ///
    /// # Errors
    /// When the output shape of the last node is unknown because a layer up to it does not fit.
    pub fn template(&mut self, name: &str, block: &BlockTemplate) -> Result<NodeId, GraphError> {
        let Some(input) = self.shape(self.last()) else {
            return Err(GraphError::UnknownShape {
                block: name.to_owned(),
            });
        };
        let mut parts = Parts { name, input };
        self.block(name, |net| parts.place(net, block));
        Ok(self.last())
    }
}

/// A block while it is added.
struct Parts<'a> {
    name: &'a str,
    input: Shape,
}

impl Parts<'_> {
    fn name(&self, part: &str) -> String {
        format!("{}.{part}", self.name)
    }

    fn place(&mut self, net: &mut GraphBuilder, block: &BlockTemplate) {
        match *block {
            BlockTemplate::Residual { channels, stride } => {
                let from = net.last();
                let first = Conv {
                    stride: [stride; 2],
                    ..same(channels, 3)
                };
                self.conv(net, "1", first, Some(Activation::Relu));
                let main = self.conv(net, "2", same(channels, 3), None);
                self.skip(net, from, main, channels, stride);
            }
            BlockTemplate::Bottleneck {
                width,
                channels,
                stride,
                groups,
            } => {
                let from = net.last();
                let middle = Conv {
                    stride: [stride; 2],
                    groups,
                    ..same(width, 3)
                };
                self.conv(net, "1", same(width, 1), Some(Activation::Relu));
                self.conv(net, "2", middle, Some(Activation::Relu));
                let main = self.conv(net, "3", same(channels, 1), None);
                self.skip(net, from, main, channels, stride);
            }
            BlockTemplate::Inception {
                ones,
                reduce_threes,
                threes,
                reduce_fives,
                fives,
                pooled,
            } => {
                let from = net.last();
                let first = self.plain(net, "1x1", same(ones, 1));
                net.go_to(from);
                self.plain(net, "3x3_reduce", same(reduce_threes, 1));
                let second = self.plain(net, "3x3", same(threes, 3));
                net.go_to(from);
                self.plain(net, "5x5_reduce", same(reduce_fives, 1));
                let third = self.plain(net, "5x5", same(fives, 5));
                net.go_to(from);
                let padding = Padding::Sides([1; 4]);
                net.then(
                    self.name("pool"),
                    MaxPool {
                        stride: [1; 2],
                        padding,
                        ..MaxPool::new(3)
                    },
                );
                let fourth = self.plain(net, "pool_proj", same(pooled, 1));
                net.from(
                    &[first, second, third, fourth],
                    self.name("concat"),
                    Merge::Concat,
                );
            }
            BlockTemplate::InvertedResidual {
                channels,
                expansion,
                kernel,
                stride,
                squeeze,
                activation,
            } => {
                let from = net.last();
                let wide = self.input.channels.saturating_mul(expansion);
                if expansion != 1 {
                    self.conv(net, "_expand", same(wide, 1), Some(activation));
                }
                let depthwise = Conv {
                    stride: [stride; 2],
                    groups: wide,
                    ..same(wide, kernel)
                };
                self.conv(net, "_depthwise", depthwise, Some(activation));
                if squeeze {
                    // MobileNet V3 rounds a quarter of the channels to a multiple of eight.
                    self.gate(net, divisible(wide / 4), wide, Activation::HardSigmoid);
                }
                let main = self.conv(net, "_project", same(channels, 1), None);
                if stride == 1 && channels == self.input.channels {
                    net.from(&[main, from], self.name("add"), Merge::Add);
                }
            }
            BlockTemplate::DepthwiseSeparable { channels, stride } => {
                let groups = self.input.channels;
                let depthwise = Conv {
                    stride: [stride; 2],
                    groups,
                    ..same(groups, 3)
                };
                self.conv(net, "_depthwise", depthwise, Some(Activation::Relu));
                self.conv(net, "_pointwise", same(channels, 1), Some(Activation::Relu));
            }
            BlockTemplate::MlpConv {
                channels: [first, second, third],
                kernel,
                stride,
            } => {
                self.plain(
                    net,
                    "conv",
                    Conv {
                        stride: [stride; 2],
                        ..same(first, kernel)
                    },
                );
                self.plain(net, "cccp1", same(second, 1));
                self.plain(net, "cccp2", same(third, 1));
            }
            BlockTemplate::SqueezeExcite { reduction } => {
                let channels = self.input.channels;
                let narrow = (channels / reduction.max(1)).max(1);
                self.gate(net, narrow, channels, Activation::Sigmoid);
            }
            BlockTemplate::Dense { layers, growth } => {
                let mut seen = net.last();
                for layer in 1..=layers.min(MAX_DENSE_LAYERS) {
                    let part = |part| self.name(&format!("{layer}.{part}"));
                    net.go_to(seen);
                    net.then(part("norm1"), BatchNorm::new());
                    net.then(part("relu1"), Activation::Relu);
                    let narrow = same(growth.saturating_mul(4), 1);
                    net.then(
                        part("conv1"),
                        Conv {
                            bias: false,
                            ..narrow
                        },
                    );
                    net.then(part("norm2"), BatchNorm::new());
                    net.then(part("relu2"), Activation::Relu);
                    let new = net.then(
                        part("conv2"),
                        Conv {
                            bias: false,
                            ..same(growth, 3)
                        },
                    );
                    seen = net.from(&[seen, new], part("concat"), Merge::Concat);
                }
            }
        }
    }

    /// A convolution without bias, batch norm, and the activation if there is one.
    fn conv(
        &self,
        net: &mut GraphBuilder,
        part: &str,
        conv: Conv,
        activation: Option<Activation>,
    ) -> NodeId {
        net.then(
            self.name(&format!("conv{part}")),
            Conv {
                bias: false,
                ..conv
            },
        );
        let norm = net.then(self.name(&format!("norm{part}")), BatchNorm::new());
        match activation {
            Some(activation) => net.then(self.name(&format!("act{part}")), activation),
            None => norm,
        }
    }

    /// A convolution with bias and a ReLU.
    fn plain(&self, net: &mut GraphBuilder, part: &str, conv: Conv) -> NodeId {
        net.then(self.name(part), conv);
        net.then(self.name(&format!("relu_{part}")), Activation::Relu)
    }

    /// The sum of `main` and the block's input, projected where the shapes differ, and a ReLU.
    fn skip(&self, net: &mut GraphBuilder, from: NodeId, main: NodeId, channels: u32, stride: u32) {
        let mut short = from;
        if stride != 1 || channels != self.input.channels {
            net.go_to(from);
            let project = Conv {
                stride: [stride; 2],
                ..same(channels, 1)
            };
            short = self.conv(net, "_skip", project, None);
        }
        net.from(&[main, short], self.name("add"), Merge::Add);
        net.then(self.name("relu"), Activation::Relu);
    }

    /// Multiplies the last node's output by a gate for each of its `channels`.
    fn gate(&self, net: &mut GraphBuilder, narrow: u32, channels: u32, activation: Activation) {
        let map = net.last();
        net.then(
            self.name("squeeze"),
            GlobalPool {
                mode: PoolMode::Avg,
            },
        );
        net.then(self.name("reduce"), Conv::new(narrow, 1));
        net.then(self.name("relu_reduce"), Activation::Relu);
        net.then(self.name("excite"), Conv::new(channels, 1));
        let gate = net.then(self.name("gate"), activation);
        net.from(&[map, gate], self.name("scale"), Merge::Multiply);
    }
}

/// A square convolution padded so that an odd kernel keeps the side.
const fn same(channels: u32, side: u32) -> Conv {
    Conv {
        padding: Padding::Sides([side / 2; 4]),
        ..Conv::new(channels, side)
    }
}

/// The nearest multiple of eight, not more than a tenth below (MobileNet's `make_divisible`).
fn divisible(channels: u32) -> u32 {
    let rounded = (channels.saturating_add(4) / 8 * 8).max(8);
    if u64::from(rounded) * 10 < u64::from(channels) * 9 {
        rounded + 8
    } else {
        rounded
    }
}
