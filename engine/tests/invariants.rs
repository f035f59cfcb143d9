//! Invariants of the analysis of any graph.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

mod random;

use std::collections::BTreeSet;

use engine::analysis::{Analysis, Precision, Quantity};
use engine::layer::{AvgPool, Conv, Merge, Padding};
use engine::{Graph, GraphBuilder, Layer, NodeId, Shape, zoo};
use proptest::prelude::*;

#[test]
fn lenet_5_s_numbers_are_the_textbook_s() {
    // 61,706 parameters and 416,520 multiply-adds; the receptive fields 5, 6, 14, 16 of C1 to S4.
    let graph = zoo::lenet5().expect("the zoo is valid");
    let analysis = Analysis::of(&graph);
    assert_eq!(
        (analysis.total.trainable, analysis.total.macs),
        (61_706, 416_520)
    );
    for (name, size, stride) in [("C1", 5, 1), ("S2", 6, 2), ("C3", 14, 2), ("S4", 16, 4)] {
        let id = graph.named(name).expect("in the graph").id;
        let field = analysis
            .node(id)
            .and_then(|node| node.receptive_field)
            .expect("a window");
        assert_eq!(
            (field.size, field.stride, field.start),
            ([size; 2], [stride; 2], [0; 2]),
            "{name}"
        );
    }
    // C1, C3 and three linear layers.
    assert_eq!(analysis.depth, 5);
}

#[test]
fn lenet_5_s_parameters_explain_themselves() {
    let graph = zoo::lenet5().expect("the zoo is valid");
    let analysis = Analysis::of(&graph);
    let id = graph.named("C3").expect("in the graph").id;
    let explain = |quantity| {
        analysis
            .explain(&graph, id, quantity)
            .expect("known")
            .to_string()
    };
    assert_eq!(explain(Quantity::Trainable), "16 × (6 × 5 × 5 + 1) = 2,416");
    assert_eq!(
        explain(Quantity::Macs),
        "16 × 10 × 10 × 6 × 5 × 5 = 240,000"
    );
    assert_eq!(
        explain(Quantity::ReceptiveField),
        "6 + (5 − 1) × 2 = 14×14 pixels"
    );
    assert_eq!(
        explain(Quantity::WeightBytes(Precision::F32)),
        "2,416 × 4 = 9,664 bytes"
    );
}

#[test]
fn lenet_5_holds_most_values_at_its_first_tanh() {
    // C1's 28 × 28 × 6 values and as many after the tanh; the 32 × 32 input is no longer needed.
    let graph = zoo::lenet5().expect("the zoo is valid");
    let peak = Analysis::of(&graph).inference;
    assert_eq!(peak.activations, 2 * 28 * 28 * 6);
    assert_eq!(Some(peak.node), graph.named("tanh1").map(|node| node.id));
}

#[test]
fn networks_are_as_deep_as_their_names_and_papers_say() {
    for (name, depth) in [
        ("resnet-18", 18),
        ("resnet-50", 50),
        ("resnet-152", 152),
        ("densenet-121", 121),
        ("vgg-16", 16),
        ("vgg-19", 19),
        ("alexnet", 8),
        ("googlenet", 22),
    ] {
        let entry = zoo::entry(name).expect("in the zoo");
        let graph = entry.graph(&zoo::Options::default()).expect("as published");
        assert_eq!(Analysis::of(&graph).depth, depth, "{name}");
    }
}

#[test]
fn a_skip_connection_keeps_the_widest_branch_s_window() {
    let mut net = GraphBuilder::new("skip", Shape::new(1, 16, 16));
    let wide = net.then(
        "wide",
        Conv {
            padding: Padding::Same,
            ..Conv::new(1, 5)
        },
    );
    net.from(&[wide, NodeId::INPUT], "add", Merge::Add);
    let graph = net.finish().expect("valid");
    let field = Analysis::of(&graph)
        .last_receptive_field()
        .expect("a window");
    assert_eq!((field.size, field.start), ([5, 5], [-2, -2]));
    assert_eq!(field.window_of([3, 4]), [[1, 6], [2, 7]]);
}

#[test]
fn a_hostile_chain_of_strides_does_not_overflow() {
    let mut net = GraphBuilder::new("strides", Shape::new(1, 1, 1));
    for place in 0..200 {
        let pool = AvgPool {
            stride: [1 << 20; 2],
            ..AvgPool::new(1)
        };
        net.then(format!("pool{place}"), pool);
    }
    let analysis = Analysis::of(&net.finish().expect("valid"));
    assert!(analysis.is_valid());
}

/// The input rows that row `row` of the node sees, from the definition of a window; rows in the
/// padding are kept, gates are left out, `None` is the whole picture: also for what adds a branch
/// that is repeated along the map.
fn rows_seen(graph: &Graph, analysis: &Analysis, node: NodeId, row: i64) -> Option<BTreeSet<i64>> {
    let Some(found) = graph.node(node) else {
        return Some(BTreeSet::from([row]));
    };
    let input = found.inputs[0];
    let shape = analysis
        .node(input)
        .map_or(Some(graph.input()), |facts| facts.shape)?;
    let window = found.layer.rule().window(shape)?;
    let before = i64::from(window.sides(shape.size())[0]);
    let product = matches!(found.layer, Layer::Merge(Merge::Multiply));
    let size = |id| {
        let shape = analysis.node(id).map_or(Some(graph.input()), |it| it.shape);
        shape.map(Shape::size)
    };
    let merges = product || matches!(found.layer, Layer::Merge(Merge::Add));
    let repeated = |input| merges && size(input) != size(node);
    let mut seen = BTreeSet::new();
    for tap in 0..window.kernel[0] {
        let moved = row * i64::from(window.stride[0]) + i64::from(tap * window.dilation[0]);
        let mut known = false;
        for &input in &found.inputs {
            let rows = rows_seen(graph, analysis, input, moved - before);
            match rows.filter(|_| !repeated(input)) {
                Some(rows) => {
                    seen.extend(rows);
                    known = true;
                }
                None if product => {}
                None => return None,
            }
        }
        if !known {
            return None;
        }
    }
    Some(seen)
}

/// Feature-map values alive while `step` runs forward, by the definition: outputs made by then
/// (0 is the input) that a node from there on takes, or that are the answer.
fn alive(graph: &Graph, analysis: &Analysis, step: usize) -> u64 {
    let value = |place: usize| match place.checked_sub(1) {
        None => (NodeId::INPUT, graph.input().elements()),
        Some(place) => (analysis.nodes[place].id, analysis.nodes[place].elements()),
    };
    let kept = (0..=step).map(value).filter(|&(id, _)| {
        let later = graph.nodes().iter().skip(step.saturating_sub(1));
        let (current, answer) = (value(step).0, graph.output());
        id == current || id == answer || later.clone().any(|node| node.inputs.contains(&id))
    });
    kept.map(|(_, size)| size).sum()
}

/// Values and gradients alive while `step` runs backward, by the definition: every output up to it,
/// and the gradients of those among them that somebody from there on takes, or that are the answer.
fn alive_backward(graph: &Graph, analysis: &Analysis, step: usize) -> u64 {
    let outputs = &analysis.nodes[..step];
    let values = outputs.iter().map(|node| node.elements()).sum::<u64>();
    let later = &graph.nodes()[step - 1..];
    let gradients = outputs.iter().enumerate().filter(|&(place, node)| {
        let taken = |by: &[engine::Node]| by.iter().any(|taker| taker.inputs.contains(&node.id));
        let answer = node.id == graph.output();
        answer || taken(later) || (place + 1 == step && taken(graph.nodes()))
    });
    let gradients = gradients.map(|(_, node)| node.elements()).sum::<u64>();
    graph.input().elements() + values + gradients
}

/// Reads an expression as a person does: × and ÷ before + and −, brackets first.
fn evaluate(text: &str) -> f64 {
    let symbols: Vec<char> = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ',')
        .collect();
    let mut place = 0;
    let value = sum(&symbols, &mut place);
    assert_eq!(place, symbols.len(), "{text}");
    value
}

fn sum(symbols: &[char], place: &mut usize) -> f64 {
    let mut value = product(symbols, place);
    while let Some(sign @ ('+' | '−')) = symbols.get(*place) {
        *place += 1;
        let next = product(symbols, place);
        value += if *sign == '+' { next } else { -next };
    }
    value
}

fn product(symbols: &[char], place: &mut usize) -> f64 {
    let mut value = factor(symbols, place);
    while let Some(sign @ ('×' | '÷')) = symbols.get(*place) {
        *place += 1;
        let next = factor(symbols, place);
        value = if *sign == '×' {
            value * next
        } else {
            value / next
        };
    }
    value
}

fn factor(symbols: &[char], place: &mut usize) -> f64 {
    let open = symbols[*place];
    if matches!(open, '(' | '⌊' | '⌈') {
        *place += 1;
        let value = sum(symbols, place);
        *place += 1;
        return match open {
            '⌊' => value.floor(),
            '⌈' => value.ceil(),
            _ => value,
        };
    }
    let digits: String = symbols[*place..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .collect();
    *place += digits.len();
    digits.parse().expect("a number")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_explanation_comes_to_its_number(graph in random::graphs(24)) {
        let analysis = Analysis::of(&graph);
        prop_assert!(analysis.is_valid());
        for facts in &analysis.nodes {
            let explain = |quantity| {
                let explanation = analysis.explain(&graph, facts.id, quantity).expect("valid");
                evaluate(&explanation.with_values.replace(" bytes", ""))
            };
            let cost = facts.cost;
            for (quantity, value) in [
                (Quantity::Trainable, cost.trainable),
                (Quantity::Other, cost.other),
                (Quantity::Macs, cost.macs),
                (Quantity::Flops, 2 * cost.macs + cost.element_flops),
                (Quantity::WeightBytes(Precision::F16), 2 * cost.params()),
                (Quantity::ActivationBytes(Precision::F32), 4 * facts.elements()),
            ] {
                prop_assert_eq!(explain(quantity), value as f64, "{:?} of {:?}", quantity, facts);
            }
            let shape = analysis.explain(&graph, facts.id, Quantity::Shape).expect("valid");
            if let [_, height, width] = *shape.with_values.split("; ").collect::<Vec<_>>() {
                let side = |text: &str| evaluate(text.split(": ").last().expect("a formula"));
                let size = facts.shape.expect("valid").size().map(f64::from);
                prop_assert_eq!([side(height), side(width)], size, "{}", shape);
            }
            for quantity in [Quantity::ReceptiveField, Quantity::OutputStride] {
                prop_assert!(analysis.explain(&graph, facts.id, quantity).is_some());
            }
        }
        let totals = [
            (Quantity::Trainable, analysis.total.trainable),
            (Quantity::Macs, analysis.total.macs),
            (Quantity::Flops, analysis.total.flops()),
            (Quantity::InferencePeak(Precision::I8), analysis.inference.bytes(Precision::I8)),
            (Quantity::TrainingPeak(Precision::F32), analysis.training.bytes(Precision::F32)),
        ];
        for (quantity, value) in totals {
            let explanation = analysis.explain_total(&graph, quantity).expect("valid");
            prop_assert_eq!(evaluate(&explanation.with_values), value as f64);
        }
    }

    #[test]
    fn the_receptive_field_is_what_the_windows_add_up_to(graph in random::graphs(9)) {
        // Its values see no window of the same size; `foreign_layers` compares these with gradients.
        prop_assume!(!graph.nodes().iter().any(|node| matches!(node.layer, Layer::Upsample(_))));
        let analysis = Analysis::of(&graph);
        for facts in &analysis.nodes {
            for row in [0, 3] {
                let seen = rows_seen(&graph, &analysis, facts.id, i64::from(row));
                prop_assert_eq!(seen.is_none(), facts.receptive_field.is_none());
                let (Some(seen), Some(field)) = (seen, facts.receptive_field) else { continue };
                // Branches of unequal stride have no common window but at the origin.
                if row > 0 && graph.nodes().iter().any(|node| node.inputs.len() > 1) {
                    continue;
                }
                let ends = (seen.first().copied(), seen.last().map(|&last| last + 1));
                let [[first, end], _] = field.window_of([row, 0]);
                prop_assert_eq!(ends, (Some(first), Some(end)), "{:?}", facts);
            }
        }
    }

    #[test]
    fn the_inference_peak_is_the_largest_sum_of_live_values(graph in random::graphs(24)) {
        let analysis = Analysis::of(&graph);
        let sums = (0..=graph.nodes().len()).map(|step| alive(&graph, &analysis, step));
        prop_assert_eq!(Some(analysis.inference.activations), sums.max());
    }

    #[test]
    fn the_training_peak_is_the_largest_sum_of_live_values_and_gradients(
        graph in random::graphs(24),
    ) {
        let analysis = Analysis::of(&graph);
        let sums = (1..=graph.nodes().len()).map(|step| alive_backward(&graph, &analysis, step));
        let peak = analysis.training;
        prop_assert_eq!(Some(peak.activations + peak.gradients), sums.max());
    }

    #[test]
    fn the_total_is_the_sum_of_the_nodes(graph in random::graphs(24)) {
        let analysis = Analysis::of(&graph);
        let macs: u64 = analysis.nodes.iter().map(|node| node.cost.macs).sum();
        let params: u64 = analysis.nodes.iter().map(|node| node.cost.params()).sum();
        prop_assert_eq!((analysis.total.macs, analysis.total.params()), (macs, params));
    }

    #[test]
    fn a_graph_survives_being_written_and_read(graph in random::graphs(24)) {
        let text = serde_json::to_string(&graph).expect("writable");
        prop_assert_eq!(serde_json::from_str::<Graph>(&text).expect("readable"), graph);
    }
}
