//! Random valid graphs: any sequence of wishes gives one, because nodes that do not fit are left
//! out.

#![allow(
    dead_code,
    clippy::expect_used,
    reason = "each test file uses its own part"
)]

use engine::layer::{
    Activation, AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, BatchNorm, ChannelShuffle, ChannelSlice,
    Conv, Dropout, Flatten, GlobalPool, Linear, Lrn, MaxPool, Merge, Pad, Padding, PoolMode, Rbf,
    Subsample, TableConv, Upsample,
};
use engine::{Graph, GraphBuilder, Layer, NodeId, Shape};
use proptest::prelude::*;

/// A wish for one more node: its kind and three numbers for its settings.
pub type Wish = (u8, u32, u32, u32);

/// How many kinds of wish there are.
const KINDS: u8 = 27;

/// Graphs of up to `most` wishes on small maps, about a third of them with branches.
pub fn graphs(most: usize) -> impl Strategy<Value = Graph> {
    let wish = (0..KINDS, 0..1_000_u32, 0..1_000_u32, 0..1_000_u32);
    let input = (1..5_u32, 1..20_u32, 1..20_u32);
    (input, proptest::collection::vec(wish, 1..most)).prop_map(
        |((channels, height, width), wishes)| build(Shape::new(channels, height, width), &wishes),
    )
}

fn build(input: Shape, wishes: &[Wish]) -> Graph {
    let mut net = GraphBuilder::new("random", input);
    let mut made = vec![NodeId::INPUT];
    for (place, &wish) in wishes.iter().enumerate() {
        let name = format!("n{place}");
        if wish.0 == KINDS - 1 {
            let place = wish.1 as usize % made.len();
            net.go_to(made[place]);
            continue;
        }
        if wish.0 == KINDS - 2 {
            if wish.1 % 2 == 0 {
                gate(&mut net, &name);
            } else {
                spatial_gate(&mut net, &name);
            }
            made.push(net.last());
            continue;
        }
        let here = net.shape(net.last()).expect("only what fits is added");
        let layer = layer(wish, here);
        let inputs = if matches!(layer, Layer::Merge(_)) {
            vec![net.last(), made[wish.2 as usize % made.len()]]
        } else {
            vec![net.last()]
        };
        let shapes: Vec<Shape> = inputs
            .iter()
            .map(|&input| net.shape(input).expect("it fits"))
            .collect();
        let small = |shape: Shape| shape.elements() < 10_000;
        if layer.measure(&shapes).is_ok_and(|(shape, _)| small(shape)) {
            if wish.3 % 7 == 0 {
                net.block(format!("block {place}"), |net| {
                    net.from(&inputs, name, layer)
                });
            } else {
                net.from(&inputs, name, layer);
            }
            made.push(net.last());
        }
    }
    if net.last() == NodeId::INPUT {
        net.then("relu", Activation::Relu);
    }
    net.finish().expect("names differ and inputs come first")
}

/// A squeeze-excitation gate on the last node.
fn gate(net: &mut GraphBuilder, name: &str) {
    let map = net.last();
    let channels = net.shape(map).expect("it fits").channels;
    net.then(
        format!("{name}.squeeze"),
        GlobalPool {
            mode: PoolMode::Avg,
        },
    );
    net.then(format!("{name}.excite"), Conv::new(channels, 1));
    let gate = net.then(format!("{name}.gate"), Activation::Sigmoid);
    net.from(&[gate, map], format!("{name}.scale"), Merge::Multiply);
}

/// A gate of one channel on the last node, from what is around each position.
fn spatial_gate(net: &mut GraphBuilder, name: &str) {
    let map = net.last();
    let around = Conv {
        padding: Padding::Same,
        ..Conv::new(1, 3)
    };
    net.then(format!("{name}.around"), around);
    let gate = net.then(format!("{name}.gate"), Activation::Sigmoid);
    net.from(&[map, gate], format!("{name}.scale"), Merge::Multiply);
}

fn layer((kind, first, second, third): Wish, here: Shape) -> Layer {
    let channels = 1 + first % 12;
    let kernel = [1 + second % 5, 1 + third % 5];
    let stride = [1 + first % 3, 1 + third % 2];
    let sides = [first % 3, second % 3, third % 3, first % 2];
    let padding = match second % 3 {
        0 => Padding::Valid,
        1 => Padding::Same,
        _ => Padding::Sides(sides),
    };
    let pool_padding = if first % 2 == 0 {
        Padding::Valid
    } else {
        Padding::Same
    };
    let (even, ceil_mode) = (second % 2 == 0, third % 2 == 0);
    match kind {
        0 | 1 => {
            let dilation = [1 + third % 2, 1];
            Conv {
                stride,
                padding,
                dilation,
                kernel,
                ..Conv::new(channels, 1)
            }
            .into()
        }
        2 => Conv {
            groups: here.channels,
            kernel,
            padding,
            ..Conv::new(here.channels, 1)
        }
        .into(),
        3 => Conv {
            padding: Padding::Same,
            bias: even,
            ..Conv::new(here.channels, 3)
        }
        .into(),
        4 => MaxPool {
            kernel,
            stride,
            padding: pool_padding,
            dilation: [1, 1],
            ceil_mode,
        }
        .into(),
        5 => AvgPool {
            kernel,
            stride,
            padding: pool_padding,
            ceil_mode,
            count_include_pad: even,
        }
        .into(),
        6 if even => AdaptiveMaxPool { output: kernel }.into(),
        6 => AdaptiveAvgPool { output: kernel }.into(),
        7 => GlobalPool {
            mode: if even { PoolMode::Avg } else { PoolMode::Max },
        }
        .into(),
        8 => Subsample {
            kernel: [2, 2],
            fan: 1 + first % 2,
        }
        .into(),
        9 => BatchNorm {
            scale: even,
            shift: true,
            ..BatchNorm::new()
        }
        .into(),
        10 => Lrn {
            size: 1 + first % 5,
            alpha: 1e-4,
            beta: 0.75,
            k: 2.0,
            alpha_divided_by_size: even,
        }
        .into(),
        11 | 12 => Activation::Relu.into(),
        13 if even => Upsample {
            factor: [1 + first % 2, 1 + third % 3],
            ..Upsample::new(1)
        }
        .into(),
        13 => Activation::HardSwish.into(),
        14 => Dropout { p: 0.5 }.into(),
        15 => Linear {
            features: channels,
            bias: even,
        }
        .into(),
        16 => Rbf { classes: channels }.into(),
        17 | 18 => Merge::Add.into(),
        19 => Merge::Concat.into(),
        20 => Flatten::default().into(),
        21 => Pad { sides, value: 0.0 }.into(),
        22 => ChannelShuffle {
            groups: 1 + first % 3,
        }
        .into(),
        23 => {
            let start = first % here.channels;
            ChannelSlice {
                start,
                end: start + 1 + second % 3,
            }
            .into()
        }
        _ => {
            let row = |o: u32| vec![o % here.channels, (o + 1) % here.channels];
            TableConv {
                table: (0..channels).map(row).collect(),
                kernel,
                bias: even,
            }
            .into()
        }
    }
}
