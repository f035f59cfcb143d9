//! Convolutions and linear layers: which kernel, which weights, how wide a border.

use kernels::{Conv, Depthwise, Linear, Winograd, winograd};

use super::LowerError;
use super::chain::{Chain, is_depthwise, then};
use super::dense::{Form, Weights};
use super::emit::{Builder, missing, unlowered};
use super::pack::Source;
use super::window::Taps;
use crate::layer::{FlattenOrder, Window};
use crate::plan::step::Kernel;
use crate::plan::view::View;
use crate::{Layer, Shape};

/// From so many positions on Winograd's tiles are worth their transformation.
const WINOGRAD_FROM: usize = 16;

/// What a convolution or linear layer reads.
struct Reads {
    view: View,
    taps: Taps,
    /// The map's shape, and how far windows reach beyond it: top, left, bottom, right.
    input: Shape,
    reach: [isize; 4],
    flat: Option<FlattenOrder>,
}

impl Builder<'_> {
    /// A chain that begins with a convolution or linear layer.
    pub fn weighted(&mut self, chain: &Chain) -> Result<View, LowerError> {
        let nodes = self.graph.nodes();
        let node = &nodes[chain.head];
        let making = self.making(chain);
        let then = then(self.graph, chain.activation);
        let Some(reads) = self.reads(chain)? else {
            return Err(unlowered(node));
        };
        let output = making.shape;
        let form = self.form(&node.layer, &reads, output);
        let norm = chain.norm.and_then(|place| match &nodes[place].layer {
            Layer::BatchNorm(norm) => Some((&nodes[place], norm)),
            _ => None,
        });
        let source = Source {
            node,
            input: reads.input,
            norm,
        };
        #[cfg(feature = "integer")]
        if let Some((kernel, rows)) = self.integer(&source, form, then, chain.sum.is_some())? {
            let mut inputs = vec![reads.view];
            if let Some((_, other)) = chain.sum {
                inputs.push(self.map_of(node, other)?);
            }
            self.roots[reads.view.root].surround(&reads.view, reads.reach);
            let output = self.write(making, kernel, inputs, reads.taps);
            if let Some(draft) = self.drafts.last_mut() {
                draft.rows = rows;
            }
            return Ok(output);
        }
        let packed = self.packer.pack(&source, self.params, form);
        let (weights, bias) = packed.map_err(missing)?;
        let mut inputs = vec![reads.view];
        if let Some((_, other)) = chain.sum {
            inputs.push(self.map_of(node, other)?);
        }
        let residual = chain.sum.is_some();
        let mut reach = reads.reach;
        let kernel = match (form, weights) {
            (Form::Panels { groups }, Weights::Eights(weights)) => Kernel::Conv(Conv {
                runs: Vec::new(),
                run: 0,
                start: 0,
                step: [0; 2],
                groups,
                weights,
                bias,
                residual,
                then,
            }),
            (Form::Winograd, Weights::Eights(weights)) => {
                let tiles = output
                    .size()
                    .map(|side| (side as usize).div_ceil(winograd::OUT));
                for axis in 0..2 {
                    let read = tiles[axis] * winograd::OUT + 2;
                    let side = input_side(&reads, axis) + reads.taps.before[axis];
                    reach[axis + 2] = read as isize - side as isize;
                }
                Kernel::Winograd(Winograd {
                    start: 0,
                    weights,
                    bias,
                    residual,
                    then,
                    tiles,
                })
            }
            (Form::Depthwise, Weights::Plain(weights)) => Kernel::Depthwise(Depthwise {
                kernel: reads.taps.kernel,
                tap: [0; 2],
                start: 0,
                step: [0; 2],
                weights,
                bias,
                then,
            }),
            (Form::Column { .. }, Weights::Fours(weights)) => Kernel::Linear(Linear {
                runs: Vec::new(),
                run: 0,
                weights,
                bias,
                residual,
                then,
            }),
            _ => return Err(unlowered(node)),
        };
        self.roots[reads.view.root].surround(&reads.view, reach);
        Ok(self.write(making, kernel, inputs, reads.taps))
    }

    /// The kernel for a layer.
    fn form(&self, layer: &Layer, reads: &Reads, output: Shape) -> Form {
        let taps = &reads.taps;
        let one = [1, 1];
        let (inputs, outputs) = (reads.input.channels, output.channels);
        let winograd = self.options.winograd
            && matches!(layer, Layer::Conv(_))
            && taps.kernel == [3, 3]
            && taps.stride == one
            && taps.dilation == one
            && output.positions() as usize >= WINOGRAD_FROM
            && inputs.is_multiple_of(4)
            && outputs.is_multiple_of(4)
            && inputs.min(outputs) >= 16;
        if is_depthwise(layer, Some(reads.input)) {
            Form::Depthwise
        } else if taps.groups > 1 {
            let groups = taps.groups;
            Form::Panels { groups }
        } else if output.is_vector() {
            Form::Column { flat: reads.flat }
        } else if winograd {
            Form::Winograd
        } else {
            Form::Panels { groups: 1 }
        }
    }

    fn reads(&mut self, chain: &Chain) -> Result<Option<Reads>, LowerError> {
        let node = &self.graph.nodes()[chain.head];
        let (window, groups) = match &node.layer {
            Layer::Conv(conv) => (conv.sliding(), conv.groups as usize),
            Layer::TableConv(conv) => (conv.sliding(), 1),
            Layer::Linear(_) => return self.reads_all(chain).map(Some),
            _ => return Ok(None),
        };
        let view = self.map(node, 0)?;
        let input = self.shape(node.inputs[0]);
        let output = self.shape(node.id);
        let sides = window.sides(input.size()).map(|side| side as usize);
        let after = [0, 1].map(|axis| after(&window, axis, input, output, sides[axis]));
        Ok(Some(Reads {
            view,
            taps: Taps {
                kernel: window.kernel.map(|side| side as usize),
                stride: window.stride.map(|side| side as usize),
                dilation: window.dilation.map(|side| side as usize),
                before: [sides[0], sides[1]],
                groups,
            },
            input,
            reach: [sides[0] as isize, sides[1] as isize, after[0], after[1]],
            flat: None,
        }))
    }

    /// A linear layer reads one window, as large as the map that was flattened.
    fn reads_all(&mut self, chain: &Chain) -> Result<Reads, LowerError> {
        let node = &self.graph.nodes()[chain.head];
        let view = self.input(node, 0)?;
        let kernel = [view.height, view.width];
        Ok(Reads {
            view: View { flat: None, ..view },
            taps: Taps {
                kernel,
                stride: [1; 2],
                dilation: [1; 2],
                before: [0; 2],
                groups: 1,
            },
            input: Shape::new(view.channels as u32, view.height as u32, view.width as u32),
            reach: [0; 4],
            flat: view.flat,
        })
    }
}

fn input_side(reads: &Reads, axis: usize) -> usize {
    reads.input.size()[axis] as usize
}

/// How far the last window reaches beyond the map.
fn after(window: &Window, axis: usize, input: Shape, output: Shape, before: usize) -> isize {
    let last = (output.size()[axis] as usize - 1) * window.stride[axis] as usize;
    let end = last + window.extent(axis) as usize;
    end as isize - before as isize - input.size()[axis] as isize
}
