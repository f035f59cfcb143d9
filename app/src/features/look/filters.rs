//! The weights of a layer, as they belong to its output channels.

use std::sync::Arc;

use engine::Layer;
use engine::compress::prune::is_two_of_four;
use engine::session::ParamSlice;

use super::subject::{Subject, fold};
use crate::ui::maps::Range;

/// A node's parameters as received.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    pub slices: Vec<ParamSlice>,
    pub values: Vec<f32>,
}

impl Params {
    /// The values of a role, in the order of the file.
    pub fn role(&self, role: &str) -> Option<&[f32]> {
        self.slice(role).map(|(_, values)| values)
    }

    fn slice(&self, role: &str) -> Option<(&ParamSlice, &[f32])> {
        let slice = self.slices.iter().find(|slice| slice.role == role)?;
        let length = slice.dims.iter().product::<usize>();
        let end = slice.offset.checked_add(length)?;
        Some((slice, self.values.get(slice.offset..end)?))
    }

    /// The value that a role has for one channel.
    pub fn of_channel(&self, role: &str, channel: u32) -> Option<f32> {
        self.role(role)?.get(channel as usize).copied()
    }
}

/// The filters of a layer with weights: for each output channel one kernel for each input channel
/// that takes part.
#[derive(Clone, Debug, PartialEq)]
pub struct Filters {
    params: Arc<Params>,
    role: &'static str,
    layer: Layer,
    /// Channels of the input, or of the maps that were flattened.
    channels: u32,
    /// Width and height of a kernel; a kernel of one weight is shown in a strip with all others of
    /// its output.
    pub size: (u32, u32),
    pub strip: bool,
    pub outputs: u32,
    /// The range of all weights.
    pub range: Range,
    pub weights: usize,
    /// How many of them are 0.
    pub zeros: usize,
    /// At least two of every four consecutive inputs are 0.
    pub two_of_four: bool,
}

impl Filters {
    /// `None` for layers without weights of inputs.
    pub fn of(subject: &Subject, params: &Arc<Params>) -> Option<Self> {
        let layer = subject.layer.as_ref()?;
        let input = subject.inputs.first()?.shape;
        let maps = subject.unflattened.as_ref().map(|it| it.shape);
        let maps = maps.filter(|it| it.elements() == input.elements());
        let (role, channels, [height, width]) = match layer {
            Layer::Conv(conv) => ("weight", input.channels, conv.kernel),
            Layer::TableConv(conv) => ("weight", input.channels, conv.kernel),
            Layer::Linear(_) => match maps {
                Some(maps) => ("weight", maps.channels, maps.size()),
                None => ("weight", input.channels, [1, 1]),
            },
            Layer::Rbf(_) => ("codes", input.channels, [1, 1]),
            _ => return None,
        };
        let (slice, weights) = params.slice(role)?;
        // While the document has problems, the last valid network runs: its kernels may have
        // another size.
        let size = [height as usize, width as usize];
        if matches!(layer, Layer::Conv(_)) && slice.dims.get(2..) != Some(&size[..]) {
            return None;
        }
        let mut filters = Self {
            params: Arc::clone(params),
            role,
            layer: layer.clone(),
            channels,
            size: (width, height),
            strip: false,
            outputs: subject.shape.channels,
            range: Range::of(weights)?,
            weights: weights.len(),
            zeros: weights.iter().filter(|it| **it == 0.0).count(),
            two_of_four: is_two_of_four(&slice.dims, weights),
        };
        let inputs = filters.inputs(0).len() as u32;
        if (width, height) == (1, 1) && inputs > 1 {
            filters.strip = true;
            filters.size = fold(inputs);
        }
        Some(filters)
    }

    /// The input channels that an output channel is made of.
    pub fn inputs(&self, output: u32) -> Vec<u32> {
        match &self.layer {
            Layer::Conv(conv) => {
                let groups = conv.groups.max(1);
                let each = self.channels / groups;
                let group = output / (conv.channels / groups).max(1);
                (group * each..(group + 1) * each).collect()
            }
            Layer::TableConv(conv) => {
                let row = conv.table.get(output as usize);
                row.cloned().unwrap_or_default()
            }
            _ => (0..self.channels).collect(),
        }
    }

    /// How many pictures show the weights of one output.
    pub fn kernels(&self, output: u32) -> usize {
        if self.strip {
            1
        } else {
            self.inputs(output).len()
        }
    }

    /// Where the first weight of an output is.
    fn start(&self, output: u32) -> usize {
        let kernels = match &self.layer {
            Layer::TableConv(conv) => {
                let before = conv.table.iter().take(output as usize);
                before.map(Vec::len).sum()
            }
            _ => output as usize * self.inputs(output).len(),
        };
        kernels * if self.strip { 1 } else { self.area() }
    }

    const fn area(&self) -> usize {
        self.size.0 as usize * self.size.1 as usize
    }

    /// Kernel `number` of an output, row by row; a strip's last row may be short.
    pub fn kernel(&self, output: u32, number: usize) -> Option<&[f32]> {
        let weights = self.params.role(self.role)?;
        let length = if self.strip {
            self.inputs(output).len()
        } else {
            self.area()
        };
        let start = self.start(output) + number * length;
        weights.get(start..start.checked_add(length)?)
    }

    /// Where weight `at` of kernel `number` of an output is in the file: “weight [9, 0, 1, 2]”.
    pub fn place(&self, output: u32, number: usize, at: usize) -> String {
        let (width, role) = (self.size.0 as usize, self.role.trim_end_matches('s'));
        let (number, row, column) = if self.strip {
            (at, 0, 0)
        } else {
            (number, at / width, at % width)
        };
        match &self.layer {
            Layer::TableConv(_) => {
                let kernel = self.start(output) / self.area() + number;
                format!("{role} [{kernel}, {row}, {column}]")
            }
            Layer::Conv(_) => format!("{role} [{output}, {number}, {row}, {column}]"),
            _ => {
                let input = if self.strip {
                    at
                } else {
                    number * self.area() + at
                };
                format!("{role} [{output}, {input}]")
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use engine::layer::{Conv, Flatten, Linear, TableConv};
    use engine::{Analysis, GraphBuilder, Shape};

    use super::*;

    /// Parameters whose values are 0, 1, 2 and so on.
    pub fn counting(dims: &[usize]) -> Arc<Params> {
        let count = dims.iter().product::<usize>();
        Arc::new(Params {
            slices: vec![ParamSlice {
                name: "x.weight".into(),
                role: "weight".into(),
                dims: dims.to_vec(),
                offset: 0,
            }],
            values: (0..count).map(|at| at as f32).collect(),
        })
    }

    /// A layer on four channels of 2×3 values.
    pub fn subject(layer: impl Into<Layer>, flat: bool) -> Subject {
        let mut net = GraphBuilder::new("net", Shape::new(4, 2, 3));
        if flat {
            net.then("flat", Flatten::default());
        }
        let id = net.then("x", layer);
        let graph = net.finish().unwrap();
        Subject::of(&graph, &Analysis::of(&graph), id).unwrap()
    }

    #[test]
    fn a_group_s_kernels_are_for_its_own_input_channels() {
        let conv = Conv {
            groups: 2,
            ..Conv::new(6, 2)
        };
        // PyTorch's layout: 6 outputs, 2 input channels of the group, 2×2.
        let filters = Filters::of(&subject(conv, false), &counting(&[6, 2, 2, 2])).unwrap();
        assert_eq!(filters.inputs(4), [2, 3]);
        // Output 4 begins at 4·2·4 = 32, its second kernel at 36.
        assert_eq!(filters.kernel(4, 1), Some(&[36.0, 37.0, 38.0, 39.0][..]));
        assert_eq!(filters.place(4, 1, 1), "weight [4, 1, 0, 1]");
    }

    #[test]
    fn pointwise_kernels_are_a_strip_of_one_value_an_input() {
        let subject = subject(Conv::new(5, 1), false);
        let filters = Filters::of(&subject, &counting(&[5, 4, 1, 1])).unwrap();
        assert!(filters.strip);
        assert_eq!((filters.size, filters.kernels(3)), ((4, 1), 1));
        assert_eq!(filters.kernel(3, 0), Some(&[12.0, 13.0, 14.0, 15.0][..]));
        assert_eq!(filters.place(3, 0, 2), "weight [3, 2, 0, 0]");
    }

    #[test]
    fn zeros_are_counted_and_their_pattern_known() {
        let of = |dims: &[usize], values: &[f32]| {
            let mut params = (*counting(dims)).clone();
            params.values = values.to_vec();
            Filters::of(&subject(Conv::new(1, 1), false), &Arc::new(params)).unwrap()
        };
        let pruned = of(&[1, 4, 1, 1], &[0.0, 2.0, 0.0, 1.0]);
        assert_eq!(
            (pruned.zeros, pruned.weights, pruned.two_of_four),
            (2, 4, true)
        );
        let one = of(&[1, 4, 1, 1], &[0.0, 2.0, 3.0, 1.0]);
        assert_eq!((one.zeros, one.two_of_four), (1, false));
    }

    #[test]
    fn kernels_of_another_size_than_the_layer_s_are_not_shown_as_its_own() {
        // While the document has problems, the last valid network runs.
        let subject = subject(Conv::new(5, 2), false);
        assert!(Filters::of(&subject, &counting(&[5, 4, 2, 2])).is_some());
        assert!(Filters::of(&subject, &counting(&[5, 4, 3, 3])).is_none());
    }

    #[test]
    fn kernels_of_a_connection_table_are_counted_over_all_outputs() {
        let conv = TableConv {
            table: vec![vec![0], vec![1, 3]],
            kernel: [1, 2],
            bias: true,
        };
        let filters = Filters::of(&subject(conv, false), &counting(&[3, 1, 2])).unwrap();
        assert_eq!(filters.inputs(1), [1, 3]);
        // The third kernel of all: its values are 4 and 5.
        assert_eq!(filters.kernel(1, 1), Some(&[4.0, 5.0][..]));
        assert_eq!(filters.place(1, 1, 1), "weight [2, 0, 1]");
    }

    #[test]
    fn a_linear_layer_behind_a_flatten_has_a_kernel_the_size_of_the_maps() {
        let subject = subject(Linear::new(7), true);
        let filters = Filters::of(&subject, &counting(&[7, 24])).unwrap();
        assert_eq!((filters.size, filters.kernels(2)), ((3, 2), 4));
        // Output 2 begins at 48; channel 1, row 1, column 2 is 6 + 5 further.
        assert_eq!(filters.kernel(2, 1).unwrap()[5], 59.0);
        assert_eq!(filters.place(2, 1, 5), "weight [2, 11]");
    }
}
