//! The compiled plan's layers in whole numbers: equal to plain loops over the same numbers.
#![cfg(feature = "integer")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::HashMap;

use engine::checkpoint::Role;
use engine::compress::quantise::integer::{IntegerLayer, bytes};
use engine::compress::quantise::{Granularity, Grid, Scheme, Width, quantise};
use engine::layer::{Activation, Conv, Flatten, FlattenOrder, Linear, Merge, Padding};
use engine::plan::{Executor, Integers, Kernel, Options, Packer, Params, Plan, Steps};
use engine::{Graph, GraphBuilder, Layer, NodeId, Shape};
use proptest::prelude::*;

/// Values that lie on and between the grid's, and beyond both ends.
fn values(count: usize, seed: u64) -> Vec<f32> {
    let value = |at: u64| {
        let mixed = (at ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        mixed as f32 / 4_000_000.0 - 1.5
    };
    (0..count as u64).map(value).collect()
}

const GRIDS: [(f32, f32); 3] = [(-1.0, 2.0), (0.0, 1.7), (-2.5, 0.0)];

/// The plan's output, and for each layer in whole numbers the kernel's name.
fn planned(
    graph: &Graph,
    params: &Params,
    grids: &HashMap<NodeId, Grid>,
    per_tensor: bool,
    input: &[f32],
) -> (Vec<f32>, Vec<&'static str>) {
    let steps = |(&node, grid): (&NodeId, &Grid)| {
        let steps = Steps {
            scale: grid.scale,
            zero_point: grid.zero_point,
        };
        (node, steps)
    };
    let options = Options {
        integers: Integers {
            inputs: grids.iter().map(steps).collect(),
            per_tensor,
        },
        ..Options::default()
    };
    let plan = Plan::lower_with(graph, params, &options, &mut Packer::default()).unwrap();
    let whole = plan.steps.iter();
    let whole = whole.filter(|step| matches!(step.kernel, Kernel::Integer(_)));
    let names = whole.map(|step| step.kernel.name()).collect();
    (Executor::new(plan).run(input).unwrap().to_vec(), names)
}

/// The same by plain loops, which the reference's integers check.
fn plain(
    layer: &Layer,
    [from, to]: [Shape; 2],
    params: &Params,
    node: NodeId,
    grid: Grid,
    granularity: Granularity,
    input: &[f32],
) -> (Vec<i32>, Vec<f32>) {
    let weight = params.get(node, Role::Weight).unwrap();
    let bias = params.get(node, Role::Bias);
    let bias = bias.map_or(&[] as &[f32], |it| &it.values);
    let outputs = weight.dims[0];
    let (width, scheme) = (Width::Int8, Scheme::Symmetric);
    let quantised = quantise(&weight.values, outputs, width, granularity, scheme);
    let whole = IntegerLayer::new(&quantised, bias, outputs, grid);
    let q = bytes(input, grid);
    let sums = match layer {
        Layer::Conv(conv) => whole.convolve(&q, from, conv, to),
        _ => whole.multiply(&q, from.elements() as usize),
    };
    let real = whole.real(&sums, to.positions() as usize);
    (sums, real)
}

/// Sums below 2²⁴ are exact as floats, so what the plan gives, divided by the step, is the sum.
fn check(got: &[f32], sums: &[i32], real: &[f32]) {
    assert_eq!(got.len(), real.len());
    for ((&got, &sum), &real) in got.iter().zip(sums).zip(real) {
        // One more than the sum would be as far off as the step.
        let step = if sum == 0 {
            0.0
        } else {
            (real / sum as f32).abs()
        };
        let error = (got - real).abs();
        assert!(
            error <= 2.0 * f32::EPSILON * real.abs() && (sum == 0 || error < 0.4 * step),
            "{got}, {real} of the sum {sum}"
        );
    }
}

fn granularity(per_tensor: bool) -> Granularity {
    match per_tensor {
        true => Granularity::Tensor,
        false => Granularity::Channel,
    }
}

#[derive(Clone, Debug)]
struct Case {
    input: Shape,
    conv: Conv,
    grid: usize,
    per_tensor: bool,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1..=13_u32, 1..=12_u32, 1..=4_u32, 1..=19_u32, 0..3_usize);
    let window = (1..=5_u32, 1..=4_u32, 1..=3_u32, 1..=2_u32, 0..=2_u32);
    let rest = (0..3_usize, any::<bool>(), any::<bool>(), any::<u64>());
    (sizes, window, rest).prop_filter_map("it does not fit", |(sizes, window, rest)| {
        let (height, width, each, outputs, groups) = sizes;
        let (rows, columns, stride, dilation, padding) = window;
        let (grid, per_tensor, bias, seed) = rest;
        let groups = [1, 2, 9][groups];
        let (channels, outputs) = match groups {
            // Each channel by itself.
            9 => (each + 7, each + 7),
            2 => (2 * each, 2 * outputs.div_ceil(2)),
            _ => (each, outputs),
        };
        let groups = if groups == 9 { channels } else { groups };
        let conv = Conv {
            kernel: [rows, columns],
            stride: [stride, 1],
            dilation: [dilation, 1],
            padding: Padding::Sides([padding, 0, 1, padding]),
            groups,
            bias,
            ..Conv::new(outputs, 1)
        };
        let fits = (rows - 1) * dilation < height + padding && columns <= width + padding;
        fits.then_some(Case {
            input: Shape::new(channels, height, width),
            conv,
            grid,
            per_tensor,
            seed,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    /// Every convolution: plain, in groups, of each channel by itself, of one position.
    #[test]
    fn convolutions_equal_a_plain_loop(case in cases()) {
        let mut net = GraphBuilder::new("one", case.input);
        net.then("conv", case.conv.clone());
        let graph = net.finish().unwrap();
        let node = &graph.nodes()[0];
        let to = engine::Analysis::of(&graph).nodes[0].shape.unwrap();
        let params = Params::made_up(&graph);
        let input = values(case.input.elements() as usize, case.seed);
        let (least, greatest) = GRIDS[case.grid];
        let grid = Grid::affine(least, greatest, 8);
        let grids = HashMap::from([(node.id, grid)]);
        let (got, names) = planned(&graph, &params, &grids, case.per_tensor, &input);
        prop_assert_eq!(names.len(), 1);
        let each = granularity(case.per_tensor);
        let (sums, real) =
            plain(&node.layer, [case.input, to], &params, node.id, grid, each, &input);
        check(&got, &sums, &real);
    }

    #[test]
    fn linear_layers_equal_a_plain_loop(
        (channels, height, width) in (1..=9_u32, 1..=5_u32, 1..=5_u32),
        features in 1..=70_u32,
        as_stored: bool,
        per_tensor: bool,
        seed: u64,
    ) {
        let shape = Shape::new(channels, height, width);
        let order = if as_stored { FlattenOrder::Hwc } else { FlattenOrder::Chw };
        let mut net = GraphBuilder::new("one", shape);
        net.then("flatten", Flatten { order });
        net.then("fc", Linear::new(features));
        let graph = net.finish().unwrap();
        let node = &graph.nodes()[1];
        let params = Params::made_up(&graph);
        let input = values(shape.elements() as usize, seed);
        let grid = Grid::affine(-1.0, 1.0, 8);
        let grids = HashMap::from([(node.id, grid)]);
        let (got, names) = planned(&graph, &params, &grids, per_tensor, &input);
        prop_assert_eq!(names, vec!["8-bit linear"]);
        let positions = shape.positions() as usize;
        let flat: Vec<f32> = match order {
            FlattenOrder::Chw => input,
            FlattenOrder::Hwc => (0..input.len())
                .map(|at| input[at % channels as usize * positions + at / channels as usize])
                .collect(),
        };
        let (from, to) = (Shape::vector(flat.len() as u32), Shape::vector(features));
        let each = granularity(per_tensor);
        let (sums, real) = plain(&node.layer, [from, to], &params, node.id, grid, each, &flat);
        check(&got, &sums, &real);
    }
}

/// What follows a layer in one step: the sum and the activation.
#[test]
fn a_sum_and_a_function_follow_a_layer_in_whole_numbers() {
    let shape = Shape::new(8, 6, 5);
    let conv = Conv {
        padding: Padding::Same,
        ..Conv::new(8, 3)
    };
    let mut net = GraphBuilder::new("block", shape);
    net.then("first", conv.clone());
    net.then("relu", Activation::Relu);
    let relu = net.then("second", conv);
    net.from(&[relu, NodeId::INPUT], "sum", Merge::Add);
    net.then("tanh", Activation::Tanh);
    let graph = net.finish().unwrap();
    let params = Params::made_up(&graph);
    let input = values(shape.elements() as usize, 5);
    let [one, two] = ["first", "second"].map(|name| graph.named(name).unwrap().clone());
    let grid = Grid::affine(-1.5, 3.0, 8);
    let grids = HashMap::from([(one.id, grid), (two.id, grid)]);
    let (got, names) = planned(&graph, &params, &grids, false, &input);
    assert_eq!(names, ["8-bit conv", "8-bit conv"]);
    let run = |node: &engine::Node, input: &[f32]| {
        let each = Granularity::Channel;
        plain(&node.layer, [shape; 2], &params, node.id, grid, each, input).1
    };
    let middle: Vec<f32> = run(&one, &input).iter().map(|it| it.max(0.0)).collect();
    let wanted = run(&two, &middle);
    for ((got, wanted), input) in got.iter().zip(wanted).zip(&input) {
        let wanted = (wanted + input).tanh();
        assert!((got - wanted).abs() < 2e-6, "{got}, {wanted}");
    }
}
