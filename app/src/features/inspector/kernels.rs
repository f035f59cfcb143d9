//! The weights of one output channel as pictures.

use engine::Layer;
use engine::session::ParamSlice;

use super::grid::fold;
use super::subject::Subject;
use super::tiles::Tiles;
use crate::ui::maps::Range;

/// A node's parameters as received.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    pub slices: Vec<ParamSlice>,
    pub values: Vec<f32>,
}

/// The weights of one output channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernels {
    /// One picture for each input channel, or one of all weights in rows.
    pub tiles: Tiles,
    /// The input channel of each picture.
    pub inputs: Vec<u32>,
    /// The picture is a strip of one value for each input.
    pub strip: bool,
    /// The word for one picture, and how its tensor is indexed.
    what: &'static str,
    order: Order,
    /// The range of the whole layer's weights.
    pub range: Range,
}

/// How a tensor of weights is indexed in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// `[output, input, row, column]`; inputs are counted within the group.
    Kernels,
    /// `[kernel, row, column]`: kernels are counted over all outputs.
    Table { before: usize },
    /// `[output, input]`; shown as the maps lie that the inputs come from, if they come from maps.
    Matrix,
}

impl Kernels {
    /// What is in this cell (column, row) of picture `number`, which belongs to this output channel, and
    /// where in its tensor; `None` in the short last row of a strip.
    pub fn place(&self, output: u32, number: u32, (column, row): (u32, u32)) -> Option<String> {
        let (at, row, column) = if self.strip {
            (row * self.tiles.width + column, 0, 0)
        } else {
            (number, row, column)
        };
        self.inputs.get(at as usize)?;
        let what = self.what;
        Some(match self.order {
            Order::Table { before } => {
                format!("{what} [{}, {row}, {column}]", before + at as usize)
            }
            Order::Matrix if self.strip => format!("{what} [{output}, {at}]"),
            Order::Kernels | Order::Matrix => format!("{what} [{output}, {at}, {row}, {column}]"),
        })
    }

    /// What picture `number` is.
    pub fn name(&self, number: u32) -> String {
        match self.inputs.get(number as usize) {
            Some(input) if !self.strip => format!("Kernel for input channel {input}"),
            Some(_) | None => "One value for each input".to_owned(),
        }
    }

    /// The description of this output channel.
    pub fn heading(&self, output: u32) -> String {
        match self.inputs.as_slice() {
            _ if self.strip => {
                format!("Output {output}: one {} for each of its inputs.", self.what)
            }
            [input] => format!("Output channel {output}: its kernel for input channel {input}."),
            inputs => format!(
                "Output channel {output}: its kernel for each of {} input channels.",
                inputs.len()
            ),
        }
    }
}

impl Params {
    fn slice(&self, role: &str) -> Option<(&ParamSlice, &[f32])> {
        let slice = self.slices.iter().find(|slice| slice.role == role)?;
        let length = slice.dims.iter().product::<usize>();
        let values = self
            .values
            .get(slice.offset..slice.offset.checked_add(length)?)?;
        Some((slice, values))
    }

    /// For each parameter with one value a channel, the value of this channel.
    pub fn of_channel(&self, channel: u32) -> Vec<(String, f32)> {
        let flat = self.slices.iter().filter(|slice| slice.dims.len() == 1);
        flat.filter_map(|slice| {
            let (_, values) = self.slice(&slice.role)?;
            let value = values.get(channel as usize).copied()?;
            Some((slice.role.replace('_', " "), value))
        })
        .collect()
    }
}

/// The weights of this output channel; `None` for layers without weights of inputs.
pub fn kernels(subject: &Subject, params: &Params, channel: u32) -> Option<Kernels> {
    let layer = subject.layer.as_ref()?;
    let (_, input) = subject.input?;
    let place = channel as usize;
    let mut order = Order::Matrix;
    let (role, inputs, [height, width], skipped): (_, Vec<u32>, _, usize) = match layer {
        Layer::Conv(conv) => {
            let groups = conv.groups.max(1);
            let each = input.channels / groups;
            let group = channel / (conv.channels / groups).max(1);
            let inputs = (group * each..(group + 1) * each).collect();
            order = Order::Kernels;
            ("weight", inputs, conv.kernel, place * each as usize)
        }
        Layer::TableConv(conv) => {
            let inputs = conv.table.get(place)?.clone();
            let before = conv.table[..place].iter().map(Vec::len).sum();
            order = Order::Table { before };
            ("weight", inputs, conv.kernel, before)
        }
        Layer::Linear(_) => match subject.unflattened {
            Some(maps) if maps.elements() == input.elements() => {
                let inputs = (0..maps.channels).collect();
                let skipped = place * maps.channels as usize;
                ("weight", inputs, maps.size(), skipped)
            }
            Some(_) | None => all_inputs("weight", input.elements(), place),
        },
        Layer::Rbf(_) => all_inputs("codes", input.elements(), place),
        _ => return None,
    };
    let (slice, weights) = params.slice(role)?;
    let area = height as usize * width as usize;
    // While the document has problems, the last valid network runs: its kernels may have another
    // size.
    let size = [height as usize, width as usize];
    if matches!(layer, Layer::Conv(_)) && slice.dims.get(2..) != Some(&size[..]) {
        return None;
    }
    let start = skipped * area;
    let mut values = weights.get(start..start + inputs.len() * area)?.to_vec();
    let range = Range::of(weights)?;
    let strip = area == 1 && inputs.len() > 1;
    let (width, height) = if strip {
        fold(inputs.len() as u32)
    } else {
        (width, height)
    };
    let full = values.len();
    if strip {
        values.resize(width as usize * height as usize, 0.0);
    }
    let tiles = Tiles {
        width,
        height,
        first: 0,
        empty: values.len() - full,
        values,
    };
    Some(Kernels {
        tiles,
        inputs,
        strip,
        what: if role == "codes" { "code" } else { "weight" },
        order,
        range,
    })
}

/// One value an input, all inputs.
fn all_inputs(
    role: &'static str,
    inputs: u64,
    place: usize,
) -> (&'static str, Vec<u32>, [u32; 2], usize) {
    (
        role,
        (0..inputs as u32).collect(),
        [1, 1],
        place * inputs as usize,
    )
}

#[cfg(test)]
mod tests {
    use engine::layer::{Conv, Flatten, Linear, TableConv};
    use engine::{Analysis, GraphBuilder, Shape};

    use super::*;

    fn params(dims: &[usize]) -> Params {
        let count = dims.iter().product::<usize>();
        Params {
            slices: vec![ParamSlice {
                name: "x.weight".into(),
                role: "weight".into(),
                dims: dims.to_vec(),
                offset: 0,
            }],
            values: (0..count).map(|at| at as f32).collect(),
        }
    }

    fn subject(layer: impl Into<Layer>, flat: bool) -> Subject {
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
        let kernels = kernels(&subject(conv, false), &params(&[6, 2, 2, 2]), 4).unwrap();
        assert_eq!(kernels.inputs, [2, 3]);
        // Output 4 begins at 4·2·4 = 32, its second kernel at 36.
        assert_eq!(kernels.tiles.value(1, (1, 0)), Some(37.0));
        assert!(!kernels.strip);
        // PyTorch's weight[4, 1, 0, 1] is that one: it reaches input channel 3 as the group's second.
        assert_eq!(
            kernels.place(4, 1, (1, 0)).as_deref(),
            Some("weight [4, 1, 0, 1]")
        );
        assert_eq!(kernels.name(1), "Kernel for input channel 3");
    }

    #[test]
    fn pointwise_kernels_are_a_strip_of_one_value_an_input() {
        let kernels = kernels(&subject(Conv::new(5, 1), false), &params(&[5, 4, 1, 1]), 3).unwrap();
        assert!(kernels.strip);
        assert_eq!((kernels.tiles.width, kernels.tiles.height), (4, 1));
        assert_eq!(kernels.tiles.values, [12.0, 13.0, 14.0, 15.0]);
        assert_eq!(
            kernels.place(3, 0, (2, 0)).as_deref(),
            Some("weight [3, 2, 0, 0]")
        );
        assert_eq!(kernels.place(3, 0, (4, 0)), None, "there are four inputs");
        assert_eq!(kernels.name(0), "One value for each input");
    }

    #[test]
    fn kernels_of_another_size_than_the_layer_s_are_not_shown_as_its_own() {
        // While the document has problems, the last valid network runs.
        let subject = subject(Conv::new(5, 2), false);
        assert!(kernels(&subject, &params(&[5, 4, 2, 2]), 3).is_some());
        assert!(kernels(&subject, &params(&[5, 4, 3, 3]), 3).is_none());
    }

    #[test]
    fn kernels_of_a_connection_table_are_counted_over_all_outputs() {
        let table = vec![vec![0], vec![1, 3]];
        let conv = TableConv {
            table,
            kernel: [1, 2],
            bias: true,
        };
        let kernels = kernels(&subject(conv, false), &params(&[3, 1, 2]), 1).unwrap();
        assert_eq!(kernels.inputs, [1, 3]);
        // The third kernel of all: its values are 4 and 5.
        assert_eq!(kernels.tiles.value(1, (1, 0)), Some(5.0));
        assert_eq!(
            kernels.place(1, 1, (1, 0)).as_deref(),
            Some("weight [2, 0, 1]")
        );
    }

    #[test]
    fn a_depthwise_kernel_is_named_by_its_input_channel() {
        let conv = Conv {
            groups: 4,
            ..Conv::new(4, 2)
        };
        let kernels = kernels(&subject(conv, false), &params(&[4, 1, 2, 2]), 3).unwrap();
        assert_eq!(
            kernels.place(3, 0, (0, 1)).as_deref(),
            Some("weight [3, 0, 1, 0]")
        );
        assert_eq!(
            kernels.heading(3),
            "Output channel 3: its kernel for input channel 3."
        );
    }

    #[test]
    fn a_linear_layer_behind_a_flatten_has_a_kernel_the_size_of_the_maps() {
        let subject = subject(Linear::new(7), true);
        let kernels = kernels(&subject, &params(&[7, 24]), 2).unwrap();
        assert_eq!((kernels.tiles.width, kernels.tiles.height), (3, 2));
        assert_eq!(kernels.inputs, [0, 1, 2, 3]);
        // Output 2 begins at 48; channel 1, row 1, column 2 is 6 + 5 further.
        assert_eq!(kernels.tiles.value(1, (2, 1)), Some(59.0));
    }
}
