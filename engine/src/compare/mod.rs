//! The table of compared networks: a row for each network, a column for each number. The page and
//! the command line show the same rows.

mod finding;
mod layers;

pub use layers::layers_as_csv;

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::analysis::{Precision, grouped};
use crate::format::csv;
use crate::layer::{Cost, Family};
use crate::zoo::{self, Accuracy, Options};
use crate::{Analysis, Graph, Shape};

pub use finding::{accuracy_for_work, comparable, parameters_for_work};

/// One network in the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: String,
    /// The year of its paper, if it is exactly as published.
    pub year: Option<u16>,
    pub input: Shape,
    /// All parameters, trainable or not.
    pub params: u64,
    pub macs: u64,
    pub flops: u64,
    /// As 32-bit floats.
    pub weight_bytes: u64,
    /// Peak of the feature maps alive at inference, as 32-bit floats.
    pub peak_bytes: u64,
    /// Convolutions and linear layers on the longest path.
    pub depth: u32,
    /// The receptive field of the last node whose receptive field is not the whole input.
    pub field: Option<[u64; 2]>,
    /// The name of that node.
    pub field_at: Option<String>,
    /// The receptive field of the output; `None` where it is the whole input, and where it is not
    /// known because of a problem.
    pub output_field: Option<[u64; 2]>,
    /// Published accuracy of exactly this network.
    pub accuracy: Option<&'static Accuracy>,
    /// How many problems it has; layers behind a problem are not counted in the numbers.
    pub problems: usize,
    pub cpu: Times,
    pub webgpu: Times,
}

/// Milliseconds of a forward pass of one image on a device.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Times {
    pub measured_ms: Option<f64>,
    pub predicted_ms: Option<f64>,
}

impl Row {
    /// The row of this network. `origin` is the name of the zoo's network that it was opened as; its
    /// accuracy is shown only if the network is unchanged.
    pub fn of(graph: &Graph, origin: Option<&str>) -> Self {
        let analysis = Analysis::of(graph);
        let total = analysis.total;
        let published = origin.filter(|name| is_as_published(graph, name));
        Self {
            name: graph.name().to_owned(),
            year: published.and_then(|name| Some(zoo::entry(name).ok()?.year)),
            input: graph.input(),
            params: total.params(),
            macs: total.macs,
            flops: total.flops(),
            weight_bytes: analysis.weight_bytes(Precision::F32),
            peak_bytes: analysis.inference.bytes(Precision::F32),
            depth: analysis.depth,
            field: analysis.last_receptive_field().map(|field| field.size),
            field_at: analysis
                .last_spatial()
                .and_then(|(id, _)| Some(graph.node(id)?.name.clone())),
            output_field: analysis.output_field().map(|field| field.size),
            accuracy: published.and_then(zoo::accuracy),
            problems: analysis.problems.len(),
            cpu: Times::default(),
            webgpu: Times::default(),
        }
    }

    /// What the output sees, and the last spatial layer where that is less: “whole input; 16 at
    /// S4”.
    pub fn field_words(&self) -> String {
        let pair = |[height, width]: [u64; 2]| match height == width {
            true => grouped(height),
            false => format!("{}x{}", grouped(height), grouped(width)),
        };
        match (self.problems, self.output_field, self.field, &self.field_at) {
            (0, Some(field), ..) => pair(field),
            (0, None, Some(field), Some(name)) => format!("whole input; {} at {name}", pair(field)),
            (0, None, ..) => "whole input".into(),
            (_, _, Some(field), Some(name)) => format!("{} at {name}", pair(field)),
            (..) => String::new(),
        }
    }
}

fn is_as_published(graph: &Graph, name: &str) -> bool {
    zoo::build(name, &Options::default()).is_ok_and(|published| published == *graph)
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Network,
    Input,
    Parameters,
    Macs,
    Flops,
    WeightBytes,
    PeakBytes,
    Depth,
    Field,
    Accuracy,
    CpuMeasured,
    CpuPredicted,
    GpuMeasured,
    GpuPredicted,
}

impl Column {
    /// The columns that need no measurement.
    pub const KNOWN: [Self; 10] = [
        Self::Network,
        Self::Input,
        Self::Parameters,
        Self::Macs,
        Self::Flops,
        Self::WeightBytes,
        Self::PeakBytes,
        Self::Depth,
        Self::Field,
        Self::Accuracy,
    ];

    /// Milliseconds on this machine.
    pub const MEASURED: [Self; 4] = [
        Self::CpuMeasured,
        Self::CpuPredicted,
        Self::GpuMeasured,
        Self::GpuPredicted,
    ];

    /// For programs: CSV's and JSON's key, with the unit.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Input => "input",
            Self::Parameters => "parameters",
            Self::Macs => "macs",
            Self::Flops => "flops",
            Self::WeightBytes => "weight_bytes",
            Self::PeakBytes => "peak_bytes",
            Self::Depth => "depth",
            Self::Field => "receptive_field",
            Self::Accuracy => "top1_percent",
            Self::CpuMeasured => "cpu_ms",
            Self::CpuPredicted => "cpu_predicted_ms",
            Self::GpuMeasured => "webgpu_ms",
            Self::GpuPredicted => "webgpu_predicted_ms",
        }
    }

    /// The heading for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::Input => "Input",
            Self::Parameters => "Parameters",
            Self::Macs => "MACs",
            Self::Flops => "FLOPs",
            Self::WeightBytes => "Weights",
            Self::PeakBytes => "Peak maps",
            Self::Depth => "Depth",
            Self::Field => "Receptive field",
            Self::Accuracy => "Top-1 published",
            Self::CpuMeasured => "CPU",
            Self::CpuPredicted => "CPU predicted",
            Self::GpuMeasured => "WebGPU",
            Self::GpuPredicted => "WebGPU predicted",
        }
    }

    /// What the heading means, in a sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Network => "The network's name",
            Self::Input => "Channels × height × width of one picture",
            Self::Parameters => "All stored parameters, trainable or not",
            Self::Macs => "Multiply-adds of convolutions and linear layers for one picture",
            Self::Flops => "2 for each multiply-add, 1 for every other operation",
            Self::WeightBytes => "Bytes of all parameters as 32-bit floats",
            Self::PeakBytes => "Bytes of feature maps alive at once at inference",
            Self::Depth => "Convolutions and linear layers on the longest way",
            Self::Field => {
                "Pixels that a value of the last layer sees that does not see the whole input"
            }
            Self::Accuracy => "Share of right answers that others published for this network",
            Self::CpuMeasured => "Milliseconds of a pass on this machine's CPU, the median",
            Self::CpuPredicted => "Milliseconds by the roofline of this machine's CPU",
            Self::GpuMeasured => "Milliseconds of a pass on this machine's WebGPU, the median",
            Self::GpuPredicted => "Milliseconds by the roofline of this machine's WebGPU",
        }
    }

    /// The number to sort by; `None` for words, and where there is none.
    pub fn number(self, row: &Row) -> Option<f64> {
        match self {
            Self::Network => None,
            Self::Input => Some(row.input.elements() as f64),
            Self::Parameters => Some(row.params as f64),
            Self::Macs => Some(row.macs as f64),
            Self::Flops => Some(row.flops as f64),
            Self::WeightBytes => Some(row.weight_bytes as f64),
            Self::PeakBytes => Some(row.peak_bytes as f64),
            Self::Depth => Some(row.depth.into()),
            Self::Field => row.field.map(|[height, width]| height.max(width) as f64),
            Self::Accuracy => row.accuracy.map(|accuracy| accuracy.top1),
            Self::CpuMeasured => row.cpu.measured_ms,
            Self::CpuPredicted => row.cpu.predicted_ms,
            Self::GpuMeasured => row.webgpu.measured_ms,
            Self::GpuPredicted => row.webgpu.predicted_ms,
        }
    }

    /// The exact value as text; empty where there is none.
    pub fn value(self, row: &Row) -> String {
        match self {
            Self::Network => row.name.clone(),
            Self::Input => row.input.to_string(),
            Self::Field => row.field.map_or_else(String::new, |[height, width]| {
                if height == width {
                    height.to_string()
                } else {
                    format!("{height}x{width}")
                }
            }),
            Self::Parameters
            | Self::Macs
            | Self::Flops
            | Self::WeightBytes
            | Self::PeakBytes
            | Self::Depth
            | Self::Accuracy => self
                .number(row)
                .map_or_else(String::new, |number| number.to_string()),
            Self::CpuMeasured | Self::CpuPredicted | Self::GpuMeasured | Self::GpuPredicted => self
                .number(row)
                .map_or_else(String::new, |ms| format!("{ms:.3}")),
        }
    }

    /// The value with thousands set apart, for a table of text.
    pub fn grouped(self, row: &Row) -> String {
        match self {
            Self::Parameters => grouped(row.params),
            Self::Macs => grouped(row.macs),
            Self::Flops => grouped(row.flops),
            Self::WeightBytes => grouped(row.weight_bytes),
            Self::PeakBytes => grouped(row.peak_bytes),
            Self::Field => match row.field_words() {
                words if words.is_empty() => "–".into(),
                words => words,
            },
            Self::Network
            | Self::Input
            | Self::Depth
            | Self::Accuracy
            | Self::CpuMeasured
            | Self::CpuPredicted
            | Self::GpuMeasured
            | Self::GpuPredicted => {
                let value = self.value(row);
                if value.is_empty() {
                    "–".into()
                } else {
                    value
                }
            }
        }
    }

    /// Compares two rows by this column; rows without a value come last in either direction.
    pub fn order(self, one: &Row, other: &Row, descending: bool) -> Ordering {
        let turned = |order: Ordering| if descending { order.reverse() } else { order };
        if self == Self::Network {
            return turned(one.name.to_lowercase().cmp(&other.name.to_lowercase()));
        }
        match (self.number(one), self.number(other)) {
            (Some(one), Some(other)) => turned(one.total_cmp(&other)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

/// The table as comma-separated values, with the source of each accuracy.
pub fn as_csv(columns: &[Column], rows: &[Row]) -> String {
    let keys = columns.iter().map(|column| column.key().to_owned());
    let source = "top1_source".to_owned();
    let mut text = csv::line(&keys.chain([source]).collect::<Vec<_>>()) + "\n";
    for row in rows {
        let cells = columns.iter().map(|column| column.value(row));
        let source = row.accuracy.map_or_else(String::new, source_of);
        text += &(csv::line(&cells.chain([source]).collect::<Vec<_>>()) + "\n");
    }
    text
}

/// The source of an accuracy: “torchvision, IMAGENET1K_V1 (ImageNet, validation)”.
pub fn source_of(accuracy: &Accuracy) -> String {
    format!("{} ({})", accuracy.source, accuracy.on)
}

/// The table for programs; null where there is no value.
pub fn as_json(columns: &[Column], rows: &[Row]) -> Value {
    let object = |row: &Row| {
        let mut object = Map::new();
        for column in columns {
            let value = match column {
                Column::Network | Column::Input => Value::from(column.value(row)),
                Column::Parameters => row.params.into(),
                Column::Macs => row.macs.into(),
                Column::Flops => row.flops.into(),
                Column::WeightBytes => row.weight_bytes.into(),
                Column::PeakBytes => row.peak_bytes.into(),
                Column::Depth => row.depth.into(),
                Column::Field => row
                    .field
                    .map_or(Value::Null, |field| Value::from(field.to_vec())),
                Column::Accuracy
                | Column::CpuMeasured
                | Column::CpuPredicted
                | Column::GpuMeasured
                | Column::GpuPredicted => column.number(row).into(),
            };
            object.insert(column.key().to_owned(), value);
        }
        let output = row.output_field.map(|field| Value::from(field.to_vec()));
        object.insert("output_field".into(), output.unwrap_or(Value::Null));
        object.insert(
            "top1_source".into(),
            row.accuracy.map_or(Value::Null, |it| source_of(it).into()),
        );
        Value::Object(object)
    };
    rows.iter().map(object).collect()
}

/// The families of layers that occur, in the order of the legend, with their total cost.
pub fn by_family(graph: &Graph, analysis: &Analysis) -> Vec<(Family, Cost)> {
    let mut shares: Vec<(Family, Cost)> = Vec::new();
    for (node, facts) in graph.nodes().iter().zip(&analysis.nodes) {
        let family = node.layer.family();
        match shares.iter_mut().find(|(other, _)| *other == family) {
            Some((_, sum)) => sum.add(facts.cost),
            None => shares.push((family, facts.cost)),
        }
    }
    shares.sort_by_key(|(family, _)| *family);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> Row {
        Row::of(&zoo::build(name, &Options::default()).unwrap(), Some(name))
    }

    #[test]
    fn rows_without_a_value_come_last_both_ways() {
        let (with, without) = (row("vgg-16"), row("alexnet-article"));
        for descending in [false, true] {
            let order = Column::Accuracy.order(&with, &without, descending);
            assert_eq!(order, Ordering::Less);
        }
    }

    #[test]
    fn an_edited_network_has_no_published_accuracy() {
        let graph = zoo::build("vgg-16", &Options::default()).unwrap();
        assert_eq!(row("vgg-16").accuracy.unwrap().top1, 71.592);
        let shape = Shape::new(3, 128, 128);
        let smaller = graph
            .apply(&crate::graph::Edit::SetInput { shape })
            .unwrap();
        assert_eq!(Row::of(&smaller, Some("vgg-16")).accuracy, None);
        assert_eq!(Row::of(&graph, None).accuracy, None);
    }

    #[test]
    fn a_name_with_a_comma_stays_one_cell() {
        let mut row = row("lenet-5");
        row.name = "mine, \"wide\"".into();
        let text = as_csv(&[Column::Network, Column::Parameters], &[row]);
        assert_eq!(
            text,
            "network,parameters,top1_source\n\"mine, \"\"wide\"\"\",61706,\n"
        );
    }

    #[test]
    fn the_families_costs_add_up_to_the_total() {
        let graph = zoo::build("densenet-121", &Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let mut sum = Cost::default();
        for (_, cost) in by_family(&graph, &analysis) {
            sum.add(cost);
        }
        assert_eq!(sum, analysis.total);
    }
}
