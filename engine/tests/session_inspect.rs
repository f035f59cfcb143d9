//! Queries about a node, checked against identities that hold for any weights.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use driven::{Driven, bytes, id, lenet5, noise, picture};
use engine::layer::{Activation, Conv, Layer, MaxPool, Padding};
use engine::session::{Command, Event, Input, MapSlice, Unit, Wanted};
use engine::zoo::{self, Options};
use engine::{Analysis, Graph, GraphBuilder, NodeId, Shape};

/// Grouped, depthwise, dilated and strided convolutions, with padding on all or on odd sides.
fn convolutions() -> Graph {
    let mut graph = GraphBuilder::new("convolutions", Shape::new(4, 17, 13));
    let strided = Conv {
        stride: [2, 3],
        padding: Padding::Sides([1, 2, 0, 1]),
        ..Conv::new(6, 3)
    };
    graph.then("strided", strided);
    let grouped = Conv {
        groups: 3,
        padding: Padding::Same,
        bias: false,
        ..Conv::new(9, 3)
    };
    graph.then("grouped", grouped);
    graph.then("relu", Activation::Relu);
    let depthwise = Conv {
        groups: 9,
        kernel: [2, 3],
        padding: Padding::Same,
        ..Conv::new(18, 3)
    };
    graph.then("depthwise", depthwise);
    let dilated = Conv {
        dilation: [2, 1],
        ..Conv::new(5, 2)
    };
    graph.then("dilated", dilated);
    graph.finish().unwrap()
}

fn run(driven: &mut Driven, values: &[f32]) {
    driven.answer(values);
}

/// Each channel of the node: the sum of its partial maps and the bias is the map.
fn assert_partials_sum_to_the_map(graph: &Graph, name: &str) {
    let mut driven = Driven::seeded(graph, 5);
    let input = picture(graph);
    run(&mut driven, &input);
    let node = id(graph, name);
    let (slice, map) = driven.maps(&input, vec![Wanted::all(node)]).remove(0);
    let area = (slice.shape.height * slice.shape.width) as usize;
    for (channel, map) in map.chunks(area).enumerate() {
        let channel = channel as u32;
        let message = driven.ask(Command::Partials { node, channel }, Vec::new());
        let values = message.values().unwrap();
        let Event::Partials {
            inputs,
            height,
            width,
            bias,
            ..
        } = message.header
        else {
            panic!("{name}: {:?}", message.header)
        };
        assert_eq!(
            [height, width],
            [slice.shape.height, slice.shape.width],
            "{name}"
        );
        assert_eq!(values.len(), inputs.len() * area, "{name}");
        for (place, wanted) in map.iter().enumerate() {
            let terms = values.iter().skip(place).step_by(area);
            let sum = f64::from(bias) + terms.map(|&term| f64::from(term)).sum::<f64>();
            // Sums of up to 400 products of order 1 in 32-bit floats, in another order.
            assert!(
                (sum - f64::from(*wanted)).abs() <= 1e-5,
                "{name} {channel}: {sum} and {wanted}"
            );
        }
    }
}

#[test]
fn partial_maps_and_the_bias_sum_to_the_map_of_every_convolution() {
    for name in ["strided", "grouped", "depthwise", "dilated"] {
        assert_partials_sum_to_the_map(&convolutions(), name);
    }
    assert_partials_sum_to_the_map(&lenet5(), "C1");
    assert_partials_sum_to_the_map(&lenet5(), "C3");
    // C3 by the article's connection table.
    let article = zoo::build("lenet-5-1998", &Options::default()).unwrap();
    let convolves = |layer: &Layer| matches!(layer, Layer::Conv(_) | Layer::TableConv(_));
    let nodes = article.nodes().iter().filter(|it| convolves(&it.layer));
    let names: Vec<&str> = nodes.map(|node| node.name.as_str()).collect();
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        assert_partials_sum_to_the_map(&article, name);
    }
}

#[test]
fn partial_maps_name_the_input_channels_that_take_part() {
    let inputs = |graph: &Graph, name: &str, channel| {
        let mut driven = Driven::seeded(graph, 1);
        let node = id(graph, name);
        match driven
            .ask(Command::Partials { node, channel }, Vec::new())
            .header
        {
            Event::Partials { inputs, .. } => inputs,
            event => panic!("{event:?}"),
        }
    };
    // Three groups of 2 in and 3 out: channel 4 is in the second.
    assert_eq!(inputs(&convolutions(), "grouped", 4), [2, 3]);
    // Two kernels for each of the nine channels.
    assert_eq!(inputs(&convolutions(), "depthwise", 17), [8]);
    // LeCun et al. 1998, table I: the seventh map of C3 sees the maps 0 to 3.
    let article = zoo::build("lenet-5-1998", &Options::default()).unwrap();
    assert_eq!(inputs(&article, "C3", 6), [0, 1, 2, 3]);
    assert_eq!(inputs(&article, "C3", 15), [0, 1, 2, 3, 4, 5]);
}

fn reached(driven: &mut Driven, unit: Unit) -> Vec<f32> {
    let message = driven.ask(Command::InputGradient { unit }, Vec::new());
    assert_eq!(message.header, Event::InputGradient { unit });
    message.values().unwrap()
}

/// The rows and columns of the picture, from the first to behind the last, that have a gradient.
fn bounds(gradient: &[f32], shape: Shape) -> [[i64; 2]; 2] {
    let mut bounds = [[i64::MAX, 0]; 2];
    let (height, width) = (i64::from(shape.height), i64::from(shape.width));
    for (place, value) in (0i64..).zip(gradient) {
        if *value != 0.0 {
            let at = [place / width % height, place % width];
            for (axis, at) in at.into_iter().enumerate() {
                bounds[axis] = [bounds[axis][0].min(at), bounds[axis][1].max(at + 1)];
            }
        }
    }
    bounds
}

#[test]
fn a_unit_reaches_its_receptive_field_and_nothing_outside() {
    let mut graph = GraphBuilder::new("linear", Shape::new(2, 31, 29));
    let strided = Conv {
        stride: [2, 2],
        padding: Padding::Sides([1, 1, 1, 1]),
        ..Conv::new(3, 3)
    };
    graph.then("a", strided);
    let dilated = Conv {
        dilation: [2, 3],
        padding: Padding::Same,
        ..Conv::new(4, 3)
    };
    graph.then("b", dilated);
    graph.then(
        "c",
        Conv {
            kernel: [1, 3],
            ..Conv::new(2, 3)
        },
    );
    let graph = graph.finish().unwrap();
    let analysis = Analysis::of(&graph);
    let mut driven = Driven::seeded(&graph, 3);
    run(&mut driven, &picture(&graph));
    for name in ["a", "b", "c"] {
        let node = id(&graph, name);
        let shape = analysis.node(node).unwrap().shape.unwrap();
        let reach = analysis.node(node).unwrap().receptive_field.unwrap();
        for [row, column] in [
            [0, 0],
            [shape.height / 2, shape.width / 2],
            [shape.height - 1, 0],
        ] {
            let unit = Unit {
                node,
                channel: 1,
                row,
                column,
            };
            let gradient = reached(&mut driven, unit);
            let sides = [graph.input().height, graph.input().width].map(i64::from);
            let window = reach.window_of([row, column]);
            let wanted = [0, 1].map(|axis| {
                let [first, end] = window[axis];
                [first.max(0), end.min(sides[axis])]
            });
            // The first row and column are seen by the first taps of all kernels, which are not 0;
            // a tap of the dilated kernel may fall into the padding, so that the clipped window's
            // edge is not seen.
            let got = bounds(&gradient, graph.input());
            for axis in 0..2 {
                let inside = window[axis] == wanted[axis];
                assert!(
                    got[axis][0] >= wanted[axis][0] && got[axis][1] <= wanted[axis][1],
                    "{name} {row} {column}: {got:?} is not inside {wanted:?}"
                );
                assert!(
                    !inside || got[axis] == wanted[axis],
                    "{name}: {got:?}, {wanted:?}"
                );
            }
        }
    }
}

#[test]
fn a_unit_behind_pooling_and_rectifiers_reaches_nothing_outside_its_field() {
    for name in ["context-mini", "vgg-mini", "resnet-mini", "lenet-5"] {
        let graph = zoo::build(name, &Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let mut driven = Driven::seeded(&graph, 3);
        run(&mut driven, &picture(&graph));
        for facts in &analysis.nodes {
            let (Some(reach), Some(shape)) = (facts.receptive_field, facts.shape) else {
                continue;
            };
            let [row, column] = [shape.height / 3, shape.width / 2];
            let unit = Unit {
                node: facts.id,
                channel: 0,
                row,
                column,
            };
            let got = bounds(&reached(&mut driven, unit), graph.input());
            let window = reach.window_of([row, column]);
            for (got, window) in got.into_iter().zip(window) {
                let nothing = got == [i64::MAX, 0];
                assert!(
                    nothing || (got[0] >= window[0] && got[1] <= window[1]),
                    "{name} {:?}: {got:?} is not inside {window:?}",
                    facts.id
                );
            }
        }
    }
}

/// A small network of smooth functions, so that differences are not spoilt by corners.
fn smooth() -> Graph {
    let mut graph = GraphBuilder::new("smooth", Shape::new(2, 5, 4));
    graph.then("a", Conv::new(3, 2));
    graph.then("tanh", Activation::Tanh);
    graph.then(
        "b",
        Conv {
            stride: [1, 2],
            ..Conv::new(2, 2)
        },
    );
    graph.finish().unwrap()
}

#[test]
fn gradients_are_the_slopes_of_the_weighted_sum() {
    const BATCH: usize = 2;
    let graph = smooth();
    let mut driven = Driven::seeded(&graph, 3);
    let (tanh, of) = (id(&graph, "tanh"), id(&graph, "b"));
    let inputs = 2 * 5 * 4;
    let outputs = 2 * 3;
    let all = noise(BATCH * (inputs + outputs));
    let (input, weights) = all.split_at(BATCH * inputs);
    let command = Command::Differentiate {
        of,
        batch: BATCH as u32,
        wrt: vec![NodeId::INPUT, tanh, of],
    };
    let message = driven.ask(command, bytes(&all));
    let values = message.values().unwrap();
    let Event::Differentiated { wrt, params } = message.header else {
        panic!("{:?}", message.header)
    };
    // The tanh's map is 3 × 4 × 3.
    assert_eq!(wrt, [BATCH * inputs, BATCH * 36, BATCH * outputs]);
    // With respect to the summed map itself: the weights.
    assert_eq!(&values[wrt[0] + wrt[1]..][..wrt[2]], weights);
    // The last bias is added to every value of its channel.
    let bias = params.iter().find(|it| it.name == "b.bias").unwrap();
    for channel in 0..2 {
        let of_channel = weights.chunks(3).skip(channel).step_by(2).flatten();
        let wanted: f32 = of_channel.sum();
        assert!((values[bias.offset + channel] - wanted).abs() < 1e-5);
    }
    let mut objective = |input: &[f32]| -> f64 {
        let pictures = input.chunks(inputs).zip(weights.chunks(outputs));
        let of_one = |(input, weights): (&[f32], &[f32])| -> f64 {
            let (_, map) = driven.maps(input, vec![Wanted::all(of)]).remove(0);
            let products = map.iter().zip(weights);
            products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        pictures.map(of_one).sum()
    };
    // Curvature adds of order h² = 1e-4, rounding 1e-7 · outputs / h = 1e-4, to slopes of order 1.
    let h = 0.01;
    for place in 0..BATCH * inputs {
        let mut at = |step: f32| {
            let mut moved = input.to_vec();
            moved[place] += step;
            objective(&moved)
        };
        let slope = (at(h) - at(-h)) / (2.0 * f64::from(h));
        let gradient = f64::from(values[place]);
        assert!(
            (slope - gradient).abs() < 1e-3,
            "{place}: {gradient}, slope {slope}"
        );
    }
}

fn compare(driven: &mut Driven, input: &[f32], maps: Vec<MapSlice>, others: &[f32]) -> Event {
    let payload = [bytes(input), bytes(others)].concat();
    let (input_bytes, input) = (input.len() * 4, Input::Values);
    driven
        .ask(
            Command::Compare {
                input,
                input_bytes,
                maps,
            },
            payload,
        )
        .header
}

#[test]
fn a_device_equals_itself_and_a_perturbation_is_found_where_it_is() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    let input = picture(&graph);
    let wanted = graph.nodes().iter().map(|node| Wanted::all(node.id));
    let maps = driven.maps(&input, wanted.collect());
    let slices: Vec<MapSlice> = maps.iter().map(|(slice, _)| *slice).collect();
    let mut values: Vec<f32> = maps.iter().flat_map(|(_, values)| values.clone()).collect();
    let Event::Compared { layers } = compare(&mut driven, &input, slices.clone(), &values) else {
        panic!("not compared")
    };
    assert!(
        layers
            .iter()
            .all(|layer| layer.largest == 0.0 && layer.relative == 0.0)
    );
    let changed = 3;
    // A quarter, on a value that is below 1: exact to the last of its bits.
    values[slices[changed].offset + 5] -= 0.25;
    let Event::Compared { layers } = compare(&mut driven, &input, slices, &values) else {
        panic!("not compared")
    };
    for (place, layer) in layers.iter().enumerate() {
        let wanted = if place == changed { 0.25 } else { 0.0 };
        assert!(
            (layer.largest - wanted).abs() < 1e-6,
            "{place}: {}",
            layer.largest
        );
    }
}

#[test]
fn maps_of_another_size_are_not_compared() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    let input = picture(&graph);
    let c1 = Wanted::all(id(&graph, "C1"));
    for wanted in [
        Wanted {
            side: Some(7),
            ..c1
        },
        Wanted {
            channels: Some(2),
            ..c1
        },
        Wanted { first: 1, ..c1 },
    ] {
        let (slice, values) = driven.maps(&input, vec![wanted]).remove(0);
        let event = compare(&mut driven, &input, vec![slice], &values);
        let Event::Failed { failure } = event else {
            panic!("{wanted:?}: {event:?}")
        };
        assert_eq!(failure.decode(), engine::session::Failure::OtherMaps);
    }
}

#[test]
fn a_reduced_map_has_the_means_of_its_blocks() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    let input = picture(&graph);
    // C1 is 6 × 28 × 28.
    let c1 = Wanted::all(id(&graph, "C1"));
    let whole = driven.maps(&input, vec![c1]).remove(0).1;
    for side in [14, 7, 4, 2, 1] {
        let wanted = Wanted {
            side: Some(side),
            first: 2,
            channels: Some(3),
            ..c1
        };
        let (slice, reduced) = driven.maps(&input, vec![wanted]).remove(0);
        assert_eq!(slice.sent, Shape::new(3, side, side));
        assert_eq!((slice.shape, slice.first), (Shape::new(6, 28, 28), 2));
        let (side, block) = (side as usize, 28 / side as usize);
        for (place, got) in reduced.iter().enumerate() {
            let [channel, row, column] =
                [place / side / side + 2, place / side % side, place % side];
            let rows = (0..block).flat_map(|y| (0..block).map(move |x| [y, x]));
            let at = |[y, x]: [usize; 2]| {
                whole[(channel * 28 + row * block + y) * 28 + column * block + x]
            };
            let mean = rows.map(|it| f64::from(at(it))).sum::<f64>() / (block * block) as f64;
            assert!(
                (f64::from(*got) - mean).abs() < 1e-5,
                "{side}: {got}, mean {mean}"
            );
        }
    }
}

#[test]
fn channels_are_cut_where_they_were_asked_for() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    let input = picture(&graph);
    let c1 = Wanted::all(id(&graph, "C1"));
    let whole = driven.maps(&input, vec![c1]).remove(0).1;
    let of = |first, channels| Wanted {
        first,
        channels,
        ..c1
    };
    let wanted = vec![
        of(1, Some(2)),
        of(6, None),
        of(u32::MAX, Some(u32::MAX)),
        of(0, Some(0)),
        of(5, Some(u32::MAX)),
    ];
    let maps = driven.maps(&input, wanted);
    let channels: Vec<u32> = maps.iter().map(|(slice, _)| slice.sent.channels).collect();
    assert_eq!(channels, [2, 0, 0, 0, 1]);
    assert_eq!(maps[0].1, whole[784..3 * 784]);
    assert_eq!(maps[4].1, whole[5 * 784..]);
    assert!(
        maps.iter()
            .all(|(slice, _)| slice.min <= 0.0 && slice.max >= 0.0)
    );
}

#[test]
fn a_pooled_map_has_no_partial_maps_and_says_so() {
    let mut graph = GraphBuilder::new("pool", Shape::new(2, 4, 4));
    graph.then("pool", MaxPool::new(2));
    let graph = graph.finish().unwrap();
    let node = id(&graph, "pool");
    let mut driven = Driven::seeded(&graph, 1);
    let message = driven.refused(Command::Partials { node, channel: 0 }, Vec::new());
    assert!(message.contains("“pool” is no convolution"), "{message}");
}
