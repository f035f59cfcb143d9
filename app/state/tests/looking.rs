//! What a pixel was computed from. The expected windows are worked out by hand from the definitions
//! of the layers in PyTorch's documentation and the papers named.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use common::lenet;
use engine::graph::{Edit, GraphBuilder};
use engine::layer::{
    AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, ChannelShuffle, ChannelSlice, Conv, Flatten,
    FlattenOrder, GlobalPool, GroupNorm, InstanceNorm, Layer, LayerNorm, LayerNormAxes, Linear,
    Lrn, MaxPool, Merge, Pad, Padding, PoolMode, Subsample, TableConv, TransposedConv, Upsample,
    UpsampleMode,
};
use engine::{Analysis, Graph, NodeId, Shape, zoo};
use reactive_graph::traits::GetUntracked;
use state::look::{Area, Patch, Pixel, patch, sees};

fn pixel(node: NodeId, channel: u32, row: u32, column: u32) -> Pixel {
    Pixel {
        node,
        channel,
        row,
        column,
    }
}

/// The only patch of one pixel of a network that is this layer alone.
fn alone(layer: impl Into<Layer>, input: Shape, at: [u32; 3]) -> Patch {
    let mut build = GraphBuilder::new("one layer", input);
    let node = build.from(&[NodeId::INPUT], "layer", layer);
    let graph = build.finish().unwrap();
    let mut all = patch(
        &graph,
        &Analysis::of(&graph),
        pixel(node, at[0], at[1], at[2]),
    );
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Rows, columns and channels that it reads.
fn reads(it: &Patch) -> (Vec<i64>, Vec<i64>, Vec<u32>) {
    (
        it.rows.positions().collect(),
        it.columns.positions().collect(),
        it.channels.clone(),
    )
}

#[test]
fn a_pixel_of_c1_is_made_of_five_by_five_pixels() {
    let page = lenet();
    let graph = page.graph();
    let analysis = Analysis::of(&graph);
    let at = pixel(page.id("C1"), 0, 10, 16);
    let patches = patch(&graph, &analysis, at);
    assert_eq!(patches.len(), 1);
    assert_eq!(patches[0].node, NodeId::INPUT);
    let expected = ((10..15).collect(), (16..21).collect(), vec![0]);
    assert_eq!(reads(&patches[0]), expected);
    let area = Area {
        rows: 10..15,
        columns: 16..21,
    };
    assert_eq!(patches[0].area(), area);
    assert_eq!(sees(&graph, &analysis, at), Some(area));
}

#[test]
fn lenets_layers_see_five_six_fourteen_and_sixteen_pixels() {
    let page = lenet();
    let graph = page.graph();
    let analysis = Analysis::of(&graph);
    for (name, side) in [("C1", 5), ("S2", 6), ("C3", 14), ("S4", 16)] {
        let area = sees(&graph, &analysis, pixel(page.id(name), 0, 1, 2)).unwrap();
        assert_eq!(area.rows.len(), side, "{name}");
        assert_eq!(area.columns.len(), side, "{name}");
    }
    // S4 moves by 4 pixels of the input from one value to the next.
    let area = sees(&graph, &analysis, pixel(page.id("S4"), 0, 1, 2)).unwrap();
    assert_eq!((area.rows, area.columns), (4..20, 8..24));
    let whole = sees(&graph, &analysis, pixel(page.id("F5"), 3, 0, 0)).unwrap();
    assert_eq!((whole.rows, whole.columns), (0..32, 0..32));
}

#[test]
fn padding_stride_and_dilation_move_the_taps() {
    let mut conv = Conv::new(4, 3);
    (conv.stride, conv.dilation) = ([2, 1], [1, 2]);
    conv.padding = Padding::Sides([1, 2, 1, 2]);
    let read = alone(conv, Shape::new(3, 8, 8), [1, 0, 1]);
    // Rows from 0·2 − 1, columns from 1·1 − 2, two apart.
    let expected = (vec![-1, 0, 1], vec![-1, 1, 3], vec![0, 1, 2]);
    assert_eq!(reads(&read), expected);
    let on_map = Area {
        rows: 0..2,
        columns: 0..4,
    };
    assert_eq!(read.area(), on_map, "without the padding");
}

#[test]
fn groups_and_tables_read_their_own_channels() {
    let conv = Conv {
        groups: 2,
        ..Conv::new(6, 1)
    };
    let input = Shape::new(4, 3, 3);
    assert_eq!(alone(conv.clone(), input, [2, 0, 0]).channels, [0, 1]);
    assert_eq!(alone(conv, input, [3, 0, 0]).channels, [2, 3]);
    let depthwise = Conv {
        groups: 4,
        ..Conv::new(4, 3)
    };
    assert_eq!(alone(depthwise, input, [3, 0, 0]).channels, [3]);
    // LeCun et al. 1998, table I: map 6 of C3 takes the maps 0, 1, 2 and 3 of S2.
    let graph = zoo::build("lenet-5-1998", &zoo::Options::default()).unwrap();
    let node = graph.named("C3").unwrap();
    assert!(matches!(node.layer, Layer::TableConv(TableConv { .. })));
    let read = patch(&graph, &Analysis::of(&graph), pixel(node.id, 6, 0, 0));
    assert_eq!(read[0].channels, [0, 1, 2, 3]);
}

#[test]
fn pooling_reads_its_own_channel() {
    let input = Shape::new(2, 7, 7);
    let expected = (vec![2, 3], vec![4, 5], vec![1]);
    assert_eq!(reads(&alone(MaxPool::new(2), input, [1, 1, 2])), expected);
    assert_eq!(reads(&alone(AvgPool::new(2), input, [1, 1, 2])), expected);
    // AdaptiveAvgPool2d: bin 1 of 3 on 7 values is floor(7/3) .. ceil(14/3).
    let adaptive = AdaptiveAvgPool { output: [3, 3] };
    let read = alone(adaptive, input, [0, 1, 0]);
    assert_eq!(reads(&read), (vec![2, 3, 4], vec![0, 1, 2], vec![0]));
    let mode = PoolMode::Avg;
    let read = alone(GlobalPool { mode }, input, [1, 0, 0]);
    assert_eq!(reads(&read), ((0..7).collect(), (0..7).collect(), vec![1]));
    let halves = Subsample {
        fan: 2,
        ..Subsample::new(2)
    };
    assert_eq!(alone(halves, input, [3, 0, 0]).channels, [1]);
}

#[test]
fn layers_that_move_values_say_from_where() {
    let input = Shape::new(4, 3, 5);
    // NumPy: arange(60).reshape(4, 3, 5)[2, 1, 3] is 38; in channels-last order it is at
    // (1·5 + 3)·4 + 2 = 34.
    let order = FlattenOrder::Chw;
    let read = alone(Flatten { order }, input, [38, 0, 0]);
    assert_eq!(reads(&read), (vec![1], vec![3], vec![2]));
    let order = FlattenOrder::Hwc;
    let read = alone(Flatten { order }, input, [34, 0, 0]);
    assert_eq!(reads(&read), (vec![1], vec![3], vec![2]));
    // Zhang et al. 2018: (groups, n) transposed, so that 0 1 2 3 in two groups becomes 0 2 1 3.
    let from = |channel| alone(ChannelShuffle { groups: 2 }, input, [channel, 0, 0]).channels[0];
    assert_eq!([0, 1, 2, 3].map(from), [0, 2, 1, 3]);
    let slice = ChannelSlice { start: 1, end: 3 };
    assert_eq!(alone(slice, input, [1, 0, 0]).channels, [2]);
    let pad = Pad {
        sides: [1, 2, 0, 0],
        value: 0.0,
    };
    let read = alone(pad, input, [0, 0, 3]);
    assert_eq!(reads(&read), (vec![-1], vec![1], vec![0]));
    assert!(read.area().rows.is_empty(), "padding only");
}

#[test]
fn norms_and_linear_layers_read_across_channels() {
    let lrn = Lrn {
        size: 5,
        alpha: 1e-4,
        beta: 0.75,
        k: 2.0,
        alpha_divided_by_size: true,
    };
    // Krizhevsky et al. 2012: from max(0, i − n/2) to min(N − 1, i + n/2).
    let input = Shape::new(8, 2, 2);
    assert_eq!(alone(lrn.clone(), input, [1, 1, 0]).channels, [0, 1, 2, 3]);
    assert_eq!(alone(lrn, input, [7, 1, 0]).channels, [5, 6, 7]);
    let read = alone(Linear::new(3), Shape::vector(4), [2, 0, 0]);
    assert_eq!(reads(&read), (vec![0], vec![0], vec![0, 1, 2, 3]));
}

/// By PyTorch's definition input i and tap t add to the output at i · stride + t − padding.
#[test]
fn layers_that_make_maps_larger_read_what_reaches_a_place() {
    let input = Shape::new(4, 5, 5);
    let conv = TransposedConv {
        stride: [2, 2],
        crop: [1; 4],
        output_padding: [1, 1],
        groups: 2,
        ..TransposedConv::new(6, 3)
    };
    for row in 0..10_u32 {
        let reaching: Vec<i64> = (0..5)
            .filter(|input| (0..3).any(|tap| input * 2 + tap - 1 == i64::from(row)))
            .collect();
        let (rows, _, channels) = reads(&alone(conv.clone(), input, [4, row, 0]));
        assert_eq!((rows, channels), (reaching, vec![2, 3]), "row {row}");
    }
    let nearest = alone(Upsample::new(3), input, [1, 7, 14]);
    assert_eq!(reads(&nearest), (vec![2], vec![4], vec![1]));
    // Places −0.25, 0.25, 0.75 of two rows become 0, 0 to 1, 0 to 1.
    let bilinear = Upsample {
        mode: UpsampleMode::Bilinear,
        ..Upsample::new(2)
    };
    for (row, wanted) in [(0, vec![0]), (1, vec![0, 1]), (2, vec![0, 1]), (9, vec![4])] {
        let (rows, ..) = reads(&alone(bilinear.clone(), input, [0, row, 0]));
        assert_eq!(rows, wanted, "row {row}");
    }
}

#[test]
fn norms_of_one_picture_read_their_set() {
    let input = Shape::new(4, 2, 3);
    let (rows, columns): (Vec<i64>, Vec<i64>) = ((0..2).collect(), (0..3).collect());
    let group = alone(GroupNorm::new(2), input, [3, 1, 1]);
    assert_eq!(reads(&group), (rows.clone(), columns.clone(), vec![2, 3]));
    let instance = alone(InstanceNorm::new(), input, [1, 0, 0]);
    assert_eq!(reads(&instance), (rows.clone(), columns.clone(), vec![1]));
    let all = alone(LayerNorm::new(LayerNormAxes::All), input, [1, 0, 0]);
    assert_eq!(reads(&all), (rows, columns, (0..4).collect()));
    let channels = alone(LayerNorm::new(LayerNormAxes::Channels), input, [1, 1, 2]);
    assert_eq!(reads(&channels), (vec![1], vec![2], (0..4).collect()));
    let output = [2, 2];
    let largest = alone(AdaptiveMaxPool { output }, Shape::new(2, 5, 4), [1, 1, 0]);
    assert_eq!(reads(&largest), (vec![2, 3, 4], vec![0, 1], vec![1]));
}

fn merged(how: Merge, gate: bool) -> (Graph, [NodeId; 2], NodeId) {
    let mut build = GraphBuilder::new("merge", Shape::new(2, 6, 6));
    let a = build.from(&[NodeId::INPUT], "a", Conv::new(4, 1));
    let b = if gate {
        let mode = PoolMode::Avg;
        build.from(&[a], "b", GlobalPool { mode })
    } else {
        build.from(&[NodeId::INPUT], "b", Conv::new(3, 1))
    };
    let out = build.from(&[a, b], "out", how);
    (build.finish().unwrap(), [a, b], out)
}

#[test]
fn merges_read_each_branch_at_its_own_place() {
    let (graph, [a, b], out) = merged(Merge::Multiply, true);
    let read = patch(&graph, &Analysis::of(&graph), pixel(out, 3, 4, 5));
    assert_eq!([read[0].node, read[1].node], [a, b]);
    assert_eq!(reads(&read[0]), (vec![4], vec![5], vec![3]));
    assert_eq!(reads(&read[1]), (vec![0], vec![0], vec![3]), "broadcast");

    let (graph, [_, b], out) = merged(Merge::Concat, false);
    let read = patch(&graph, &Analysis::of(&graph), pixel(out, 5, 4, 5));
    assert_eq!(read.len(), 1, "a channel comes from one branch");
    assert_eq!((read[0].node, read[0].slot), (b, 1));
    assert_eq!(reads(&read[0]), (vec![4], vec![5], vec![1]));
}

#[test]
fn there_is_no_patch_of_a_pixel_that_does_not_exist() {
    let page = lenet();
    let graph = page.graph();
    let analysis = Analysis::of(&graph);
    for at in [
        pixel(page.id("C1"), 6, 0, 0),
        pixel(page.id("C1"), 0, 28, 0),
        pixel(NodeId(9_999), 0, 0, 0),
        pixel(NodeId::INPUT, 0, 0, 0),
    ] {
        assert_eq!(patch(&graph, &analysis, at), [], "{at:?}");
    }
}

#[test]
fn patches_of_the_zoos_networks_lie_on_the_maps_they_are_read_from() {
    for name in zoo::NAMES {
        let graph = zoo::build(name, &zoo::Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        for facts in &analysis.nodes {
            let Shape {
                channels,
                height,
                width,
            } = facts.shape.unwrap();
            let inner = pixel(facts.id, channels - 1, height / 2, width / 2);
            let all = patch(&graph, &analysis, inner);
            assert!(!all.is_empty(), "{name}: {:?}", facts.id);
            for it in all {
                let area = it.area();
                assert!(!area.rows.is_empty() && !area.columns.is_empty());
                assert!(it.channels.iter().all(|&channel| channel < it.map.channels));
            }
        }
    }
}

#[test]
fn a_chosen_pixel_stays_on_the_map_or_goes() {
    let page = lenet();
    let (look, c3) = (page.state.look, page.id("C3"));
    look.choose(Some(pixel(c3, 15, 9, 9)));
    look.hover(Some(pixel(page.id("F6"), 83, 0, 0)));
    let layer = Conv::new(4, 9).into();
    assert!(page.state.apply(Edit::SetLayer { node: c3, layer }));
    assert_eq!(look.chosen().get_untracked(), Some(pixel(c3, 3, 5, 5)));
    assert!(page.state.apply(Edit::Remove { node: c3 }));
    assert_eq!(look.chosen().get_untracked(), None);
}
