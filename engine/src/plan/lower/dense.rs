//! A layer's weights as a matrix, and the orders in which kernels read it.

use std::sync::Arc;

use kernels::lanes::LANES;
use kernels::{Eight, Four, pack};

use crate::Shape;
use crate::layer::{FlattenOrder, TableConv};

/// The order that a kernel wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan) enum Form {
    /// Panels of eight outputs, for each of so many groups.
    Panels {
        groups: usize,
    },
    /// Panels of 32 outputs for one position; the inputs are those of a flattened map.
    Column {
        flat: Option<FlattenOrder>,
    },
    Depthwise,
    Winograd,
}

/// Packed weights.
#[derive(Clone, Debug)]
pub(in crate::plan) enum Weights {
    Eights(Arc<[Eight]>),
    Fours(Arc<[Four]>),
    Plain(Arc<[f32]>),
}

/// Weights as a matrix of outputs × inputs of a group × kernel positions.
pub(super) struct Dense {
    pub outputs: usize,
    pub inputs: usize,
    pub taps: usize,
    pub values: Vec<f32>,
}

/// A connection table as a full convolution: kernels of pairs that are not connected are zero.
pub(super) fn spread(conv: &TableConv, kernels: &[f32], inputs: usize) -> Dense {
    let taps = (conv.kernel[0] * conv.kernel[1]) as usize;
    let outputs = conv.table.len();
    let mut values = vec![0.0; outputs * inputs * taps];
    let pairs = conv.table.iter().enumerate();
    let pairs = pairs.flat_map(|(output, maps)| maps.iter().map(move |&map| (output, map)));
    for ((output, map), kernel) in pairs.zip(kernels.chunks_exact(taps)) {
        let place = (output * inputs + map as usize) * taps;
        values[place..place + taps].copy_from_slice(kernel);
    }
    Dense {
        outputs,
        inputs,
        taps,
        values,
    }
}

impl Dense {
    /// In the order of a form, with the bias padded to it.
    pub fn packed(&self, form: Form, input: Shape, bias: &[f32]) -> (Weights, Arc<[f32]>) {
        match form {
            Form::Panels { groups } => {
                let each = self.outputs / groups;
                let width = each.next_multiple_of(8);
                let mut padded = vec![0.0; groups * width];
                for group in 0..groups {
                    padded[group * width..][..each].copy_from_slice(&bias[group * each..][..each]);
                }
                (Weights::Eights(self.panels(groups)), padded.into())
            }
            Form::Column { flat } => {
                let width = self.outputs.next_multiple_of(LANES);
                let weights = self.columns(flat, input);
                (Weights::Fours(weights), padded_to(bias, width))
            }
            Form::Depthwise => {
                let mut weights = vec![0.0; self.values.len()];
                for (channel, taps) in self.values.chunks_exact(self.taps).enumerate() {
                    for (tap, &value) in taps.iter().enumerate() {
                        weights[tap * self.outputs + channel] = value;
                    }
                }
                (Weights::Plain(weights.into()), bias.into())
            }
            Form::Winograd => {
                let width = self.outputs.next_multiple_of(8);
                (Weights::Eights(self.winograd()), padded_to(bias, width))
            }
        }
    }

    /// `[groups][outputs / 8][taps][inputs][8]`.
    fn panels(&self, groups: usize) -> Arc<[Eight]> {
        let depth = self.inputs * self.taps;
        let each = self.outputs / groups;
        let mut all = vec![[[0.0; 4]; 2]; groups * each.div_ceil(8) * depth];
        pack::panels(&self.values, [each, self.inputs, self.taps], &mut all);
        all.into()
    }

    /// Panels of 32 outputs `[taps][inputs][32]`, the last one narrower.
    fn columns(&self, flat: Option<FlattenOrder>, input: Shape) -> Arc<[Four]> {
        let depth = self.inputs * self.taps;
        let fours = self.outputs.div_ceil(LANES);
        let mut all = vec![[0.0; LANES]; fours * depth];
        // In this order the inputs of a vector are those of the map.
        let as_stored = flat == Some(FlattenOrder::Hwc);
        let positions = input.positions() as usize;
        let taps = if flat.is_some() { positions } else { self.taps };
        pack::columns(
            &self.values,
            [depth / taps.max(1), taps],
            as_stored,
            &mut all,
        );
        all.into()
    }

    /// `[36][outputs / 8][inputs][8]`.
    fn winograd(&self) -> Arc<[Eight]> {
        let plane = self.outputs.div_ceil(8) * self.inputs;
        let mut all = vec![[[0.0; 4]; 2]; 36 * plane];
        pack::transformed(&self.values, [self.outputs, self.inputs], &mut all);
        all.into()
    }
}

fn padded_to(values: &[f32], width: usize) -> Arc<[f32]> {
    let mut padded = values.to_vec();
    padded.resize(width, 0.0);
    padded.into()
}
