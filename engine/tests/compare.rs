//! Networks beside each other: rows equal to the reference, curves equal to the papers' tables.

// Tests and their helpers may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use common::{architectures, counts, valid};
use engine::analysis::Precision;
use engine::compare::{Column, Row, as_csv};
use engine::graph::{Edit, Piece, Place};
use engine::layer::{Activation, Conv, Padding};
use engine::whatif::{Knob, Point, curve, present, targets};
use engine::zoo::{self, CATALOGUE, Options};
use engine::{Analysis, Graph, GraphBuilder, Layer, NodeId, Shape};

fn network(name: &str) -> Graph {
    zoo::build(name, &Options::default()).unwrap()
}

/// The curve on the first thing that this knob can be turned on.
fn first_curve(knob: Knob, graph: &Graph, origin: Option<&str>) -> Vec<Point> {
    let targets = targets(knob, graph, origin);
    curve(knob, &targets[0], graph, origin).collect()
}

#[test]
fn rows_equal_the_reference() {
    let all = architectures();
    let mut compared = 0;
    let alpha = |alpha: f64| Options {
        alpha: Some(alpha),
        ..Options::default()
    };
    for (zoo, options, reference) in [
        ("vgg-16", Options::default(), "torchvision/vgg16"),
        ("resnet-50", Options::default(), "torchvision/resnet50"),
        (
            "mobilenet-article",
            alpha(0.25),
            "article/mobilenet_a0.25_r224",
        ),
        (
            "mobilenet-article",
            alpha(0.5),
            "article/mobilenet_a0.5_r224",
        ),
        (
            "mobilenet-article",
            alpha(0.75),
            "article/mobilenet_a0.75_r224",
        ),
        (
            "mobilenet-article",
            alpha(1.0),
            "article/mobilenet_a1.0_r224",
        ),
    ] {
        let Some(wanted) = all.iter().find(|it| it.name == reference) else {
            assert!(
                std::env::var_os("CNN_REFERENCE").is_some(),
                "no {reference}"
            );
            continue;
        };
        let row = Row::of(&zoo::build(zoo, &options).unwrap(), Some(zoo));
        let [trainable, other, macs] = wanted.totals();
        assert_eq!(
            (row.params, row.macs),
            (trainable + other, macs),
            "{reference}"
        );
        assert_eq!(row.weight_bytes, 4 * (trainable + other), "{reference}");
        // What a spreadsheet gets is the same.
        let csv = as_csv(&[Column::Parameters, Column::Macs], &[row]);
        let numbers = csv.lines().nth(1).unwrap();
        assert!(numbers.starts_with(&format!("{},{macs},", trainable + other)));
        compared += 1;
    }
    assert_eq!(compared, 6);
}

#[test]
fn depth_is_as_in_the_papers() {
    for (name, depth) in [
        ("vgg-16", 16),
        ("resnet-50", 50),
        ("resnet-152", 152),
        ("mobilenet", 28),
    ] {
        assert_eq!(Row::of(&network(name), None).depth, depth, "{name}");
    }
}

/// Howard et al. 2017, table 6: α, millions of multiply-adds and of parameters.
#[test]
fn the_width_curve_is_the_paper_s_table_6() {
    let graph = network("mobilenet");
    let curve = first_curve(Knob::Width, &graph, Some("mobilenet"));
    for (alpha, macs, params) in [
        (1.0, 569.0, 4.2),
        (0.75, 325.0, 2.6),
        (0.5, 149.0, 1.3),
        (0.25, 41.0, 0.5),
    ] {
        let point = curve.iter().find(|point| point.value == alpha).unwrap();
        assert!(
            (point.macs as f64 / 1e6 - macs).abs() < 1.0,
            "{alpha}: {}",
            point.macs
        );
        assert!(
            (point.params as f64 / 1e6 - params).abs() < 0.06,
            "{alpha}: {}",
            point.params
        );
    }
}

/// Howard et al. 2017, table 7: the picture's side, millions of multiply-adds.
#[test]
fn the_resolution_curve_is_the_paper_s_table_7() {
    let graph = network("mobilenet");
    let curve = first_curve(Knob::Resolution, &graph, Some("mobilenet"));
    for (side, macs) in [(224, 569.0), (192, 418.0), (160, 290.0), (128, 186.0)] {
        let point = curve
            .iter()
            .find(|point| point.graph.input().height == side)
            .unwrap();
        assert!(
            (point.macs as f64 / 1e6 - macs).abs() < 1.0,
            "{side}: {}",
            point.macs
        );
        assert_eq!(point.params, valid(&graph).total.params(), "{side}");
    }
}

#[test]
fn every_point_of_the_width_curve_is_the_zoo_s_own_network() {
    for name in ["mobilenet", "mobilenet-v2", "mobilenet-v3-small"] {
        let graph = network(name);
        for point in first_curve(Knob::Width, &graph, Some(name)) {
            let options = Options {
                alpha: Some(point.value),
                ..Options::default()
            };
            let published = zoo::build(name, &options).unwrap();
            assert_eq!(
                counts(Analysis::of(&point.graph).total),
                counts(valid(&published).total)
            );
            assert_eq!(point.problem, None, "{name} {}", point.value);
        }
    }
}

#[test]
fn the_present_value_is_the_network_s_own_analysis() {
    for name in [
        "mobilenet",
        "vgg-16",
        "resnet-18",
        "context-basic",
        "lenet-5",
    ] {
        let graph = network(name);
        let own = valid(&graph);
        for knob in Knob::ALL {
            let Some(target) = targets(knob, &graph, Some(name)).pop() else {
                continue;
            };
            let curve: Vec<_> = curve(knob, &target, &graph, Some(name)).collect();
            let point = &curve[present(&curve, &graph).unwrap()];
            assert_eq!(point.macs, own.total.macs, "{name}, {knob:?}");
            assert_eq!(point.params, own.total.params(), "{name}, {knob:?}");
            assert_eq!(point.peak_bytes, own.inference.bytes(Precision::F32));
            let field = own.last_receptive_field();
            assert_eq!(point.field, field.map(|field| field.size[0]));
        }
    }
}

#[test]
fn alpha_scales_the_current_widths_and_keeps_edits() {
    let graph = network("mobilenet");
    let at = |graph: &Graph, alpha: f64| {
        let curve = first_curve(Knob::Width, graph, Some("mobilenet"));
        let point = curve.into_iter().find(|point| point.value == alpha);
        point.unwrap().graph
    };
    // There and back again, as weights of unchanged nodes depend on their numbers.
    assert_eq!(at(&at(&graph, 0.35), 1.0), graph);
    let node = graph.named("conv_preds").unwrap();
    let Layer::Conv(conv) = &node.layer else {
        panic!("MobileNet's classifier is a convolution");
    };
    let ten = Conv {
        channels: 10,
        ..conv.clone()
    };
    let edited = graph
        .apply(&Edit::SetLayer {
            node: node.id,
            layer: ten.into(),
        })
        .unwrap();
    let narrow = at(&edited, 0.5);
    let classifier = narrow.named("conv_preds").unwrap();
    assert!(matches!(&classifier.layer, Layer::Conv(conv) if conv.channels == 10));
}

#[test]
fn alpha_is_known_though_a_layer_was_put_in_before_all_others() {
    let graph = network("mobilenet");
    let edited = graph
        .apply(&Edit::Insert {
            place: Place::After {
                node: NodeId::INPUT,
                with: Vec::new(),
            },
            piece: Piece::Layer(Activation::Relu.into()),
            name: None,
        })
        .unwrap();
    let [published, own] =
        [&graph, &edited].map(|graph| first_curve(Knob::Width, graph, Some("mobilenet")));
    assert!(present(&own, &edited).is_some_and(|place| own[place].value == 1.0));
    // An activation has neither weights nor multiply-adds.
    for (published, own) in published.iter().zip(&own) {
        assert_eq!(
            (own.value, own.macs, own.params),
            (published.value, published.macs, published.params)
        );
    }
}

#[test]
fn alpha_leaves_the_picture_s_size_to_the_person() {
    for name in ["mobilenet", "mobilenet-v2", "mobilenet-v3-large"] {
        let shape = Shape::new(3, 128, 128);
        let small = network(name).apply(&Edit::SetInput { shape }).unwrap();
        let curve = first_curve(Knob::Width, &small, Some(name));
        assert_eq!(curve.len(), 29, "{name}");
        for point in curve {
            let options = Options {
                alpha: Some(point.value),
                input: Some(shape),
                ..Options::default()
            };
            let published = zoo::build(name, &options).unwrap();
            assert_eq!(point.graph.input(), shape, "{name} {}", point.value);
            assert_eq!(
                counts(Analysis::of(&point.graph).total),
                counts(valid(&published).total),
                "{name} {}",
                point.value
            );
        }
    }
}

#[test]
fn a_kernel_of_even_side_never_kept_the_size_and_does_not_begin_to() {
    let mut graph = GraphBuilder::new("even", Shape::new(3, 10, 10));
    let padding = Padding::Sides([0; 4]);
    let conv = Conv {
        padding,
        ..Conv::new(4, 2)
    };
    graph.then("conv", conv);
    let graph = graph.finish().unwrap();
    let curve = first_curve(Knob::Kernel, &graph, None);
    // Without padding a side of k leaves 10 − k + 1 places a row (Dumoulin and Visin 2016).
    for point in &curve {
        let side = point.value as u64;
        if let Some(places) = 11_u64.checked_sub(side).filter(|&places| places > 0) {
            assert_eq!(point.macs, places * places * side * side * 3 * 4, "{side}");
        }
    }
    assert!(curve.iter().any(|point| point.value == 3.0));
}

#[test]
fn more_filters_cost_here_and_in_the_layer_that_reads_them() {
    let graph = network("lenet-5");
    let curve = first_curve(Knob::Filters, &graph, None);
    let now = present(&curve, &graph).unwrap();
    assert_eq!((curve[now].value, curve[now].params), (6.0, 61_706));
    let twice = curve.iter().find(|it| it.value == 12.0).unwrap();
    // C1: 6 more of 5 × 5 weights and a bias; C3: 16 filters read 6 more maps of 5 × 5.
    assert_eq!(twice.params, 61_706 + 6 * 26 + 16 * 6 * 25);
    assert_eq!(twice.problem, None);
    // MobileNet's 13 depthwise convolutions have as many filters as maps; its first, the 13
    // pointwise ones and the classifier may have any number.
    let turned = targets(Knob::Filters, &network("mobilenet"), None);
    assert_eq!(turned.len(), 1 + 13 + 1);
}

#[test]
fn groups_divide_weights_and_multiply_adds() {
    let mut graph = GraphBuilder::new("one", Shape::new(64, 28, 28));
    let conv = Conv {
        padding: Padding::Same,
        bias: false,
        ..Conv::new(96, 3)
    };
    graph.then("conv", conv);
    let graph = graph.finish().unwrap();
    let curve = first_curve(Knob::Groups, &graph, None);
    let whole = &curve[0];
    // 3 · 3 · 64 · 96 weights at 28 · 28 places; the greatest common divisor of 64 and 96 is 32.
    assert_eq!((whole.value, whole.macs), (1.0, 9 * 64 * 96 * 28 * 28));
    let values: Vec<f64> = curve.iter().map(|point| point.value).collect();
    assert_eq!(values, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
    for point in &curve {
        assert_eq!(point.macs * point.value as u64, whole.macs);
        assert_eq!(point.params * point.value as u64, whole.params);
    }
}

#[test]
fn dilation_widens_the_field_for_the_same_cost() {
    let graph = network("vgg-16");
    let targets = targets(Knob::Dilation, &graph, None);
    let first = targets.iter().find(|it| it.nodes.len() == 1).unwrap();
    let curve: Vec<_> = curve(Knob::Dilation, first, &graph, None).collect();
    assert!(curve.iter().all(|point| point.problem.is_none()));
    for pair in curve.windows(2) {
        // A 3×3 kernel spans 2 pixels more with each step, at output stride 1.
        assert_eq!(pair[1].field.unwrap() - pair[0].field.unwrap(), 2);
        assert_eq!(
            (pair[0].macs, pair[0].params),
            (pair[1].macs, pair[1].params)
        );
    }
}

#[test]
fn a_kernel_costs_with_its_area() {
    let graph = network("vgg-16");
    let targets = targets(Knob::Kernel, &graph, None);
    let all = &targets[0];
    assert_eq!(all.nodes.len(), 13);
    let curve: Vec<_> = curve(Knob::Kernel, all, &graph, None).collect();
    let convolutions = |point: &Point| {
        let analysis = Analysis::of(&point.graph);
        all.nodes
            .iter()
            .map(|&id| analysis.node(id).unwrap().cost.macs)
            .sum::<u64>()
    };
    let single = convolutions(&curve[0]);
    for point in &curve {
        let side = point.value as u64;
        assert_eq!(convolutions(point), single * side * side);
        assert_eq!(point.problem, None);
    }
}

#[test]
fn each_repetition_costs_the_same_again() {
    for name in ["resnet-18", "vgg-16", "mobilenet", "densenet-121"] {
        let graph = network(name);
        for target in targets(Knob::Depth, &graph, None).iter().take(3) {
            let curve: Vec<_> = curve(Knob::Depth, target, &graph, None).collect();
            assert_eq!(curve.len(), 9, "{name}, {}", target.name);
            assert_eq!(curve[1].graph, graph);
            let step = curve[2].macs - curve[1].macs;
            assert!(step > 0);
            for pair in curve.windows(2) {
                assert_eq!(pair[1].macs - pair[0].macs, step, "{name}, {}", target.name);
                assert_eq!(pair[1].problem, None, "{name}, {}", target.name);
            }
        }
    }
}

#[test]
fn every_knob_of_every_network_gives_a_curve() {
    for entry in CATALOGUE {
        let graph = network(entry.name);
        for knob in Knob::ALL {
            for target in targets(knob, &graph, Some(entry.name)).iter().take(1) {
                let curve: Vec<_> = curve(knob, target, &graph, Some(entry.name)).collect();
                assert!(curve.len() > 1, "{} {knob:?} {}", entry.name, target.name);
                let rising = curve.windows(2).all(|pair| pair[0].value < pair[1].value);
                assert!(rising, "{} {knob:?}", entry.name);
            }
        }
    }
}

#[test]
fn the_output_of_a_classifier_sees_the_whole_input_and_its_last_pooling_less() {
    let words = |name: &str| {
        let graph = zoo::build(name, &Default::default()).unwrap();
        Row::of(&graph, None).field_words()
    };
    // LeNet-5: 1 + 4 + 1 + 4 · 2 + 2 = 16. VGG-16: Araujo, Norris and Sim 2019.
    assert_eq!(words("lenet-5"), "whole input; 16 at S4");
    let vgg = words("vgg-16");
    assert!(vgg.starts_with("whole input; 212 at "), "{vgg}");
}
