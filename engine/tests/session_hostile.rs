//! The session answers every hostile request with an error and continues.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use driven::{Driven, bytes, drawing, id, lenet5, photo, picture};
use engine::layer::{Conv, Flatten, Linear, TableConv};
use engine::session::{Command, Event, Input, MapSlice, Pass, Unit, Wanted, Weights};
use engine::{GraphBuilder, NodeId, Shape};

/// The page's engine.
const PAGE: u64 = 4 << 30;

fn unit(node: NodeId) -> Unit {
    let [channel, row, column] = [0; 3];
    Unit {
        node,
        channel,
        row,
        column,
    }
}

fn run(input: Input) -> Command {
    let maps = Vec::new();
    Command::Run { input, maps }
}

fn slice(node: NodeId, shape: Shape, offset: usize) -> MapSlice {
    let (first, sent) = (0, shape);
    let (min, max) = (0.0, 0.0);
    MapSlice {
        node,
        shape,
        first,
        sent,
        offset,
        min,
        max,
    }
}

/// Every question about a node.
fn questions(node: NodeId) -> Vec<Command> {
    vec![
        Command::Params { node },
        Command::Partials { node, channel: 0 },
        Command::InputGradient { unit: unit(node) },
        Command::Differentiate {
            of: node,
            batch: 1,
            wrt: Vec::new(),
        },
        Command::Maps {
            input: Input::Last,
            maps: vec![Wanted::all(node)],
        },
        Command::Compare {
            input: Input::Last,
            input_bytes: 0,
            maps: vec![slice(node, Shape::new(1, 1, 1), 0)],
        },
    ]
}

#[test]
fn every_command_before_a_network_is_loaded_has_a_sentence() {
    let mut driven = Driven::new();
    let others = [
        run(Input::Last),
        run(Input::Values),
        run(drawing(0, 0)),
        Command::Measure {
            runs: 0,
            pass: Pass::Forward,
        },
        Command::Measure {
            runs: 1,
            pass: Pass::Training { batch: 0 },
        },
        Command::Time { runs: 0 },
    ];
    for command in questions(NodeId(1)).into_iter().chain(others) {
        let message = driven.refused(command, Vec::new());
        assert!(message.contains("no network is loaded"), "{message}");
    }
}

#[test]
fn a_node_that_is_not_there_is_named() {
    let mut driven = Driven::trained();
    for node in [NodeId(14), NodeId(u32::MAX)] {
        for command in questions(node) {
            let compare = matches!(command, Command::Compare { .. });
            let message = driven.refused(command, Vec::new());
            let told = message.contains(&node.0.to_string());
            assert!(told || compare, "{message}");
        }
    }
    let wrt = vec![NodeId(99)];
    let of = id(&lenet5(), "C1");
    let values = vec![0; 4 * (1024 + 6 * 784)];
    driven.refused(Command::Differentiate { of, batch: 1, wrt }, values);
    driven.answer(&picture(&lenet5()));
}

#[test]
fn channels_and_places_out_of_range_are_refused_with_the_range() {
    let mut driven = Driven::trained();
    let node = id(&lenet5(), "C1");
    for channel in [6, u32::MAX] {
        let message = driven.refused(Command::Partials { node, channel }, Vec::new());
        assert!(message.contains("6 channels"), "{message}");
    }
    let at = unit(node);
    for unit in [
        Unit { channel: 6, ..at },
        Unit { row: 28, ..at },
        Unit {
            column: u32::MAX,
            ..at
        },
    ] {
        let message = driven.refused(Command::InputGradient { unit }, Vec::new());
        assert!(message.contains("6x28x28"), "{message}");
    }
}

#[test]
fn gradients_of_a_wrong_number_of_values_are_refused() {
    let mut driven = Driven::trained();
    let of = id(&lenet5(), "C1");
    // 1024 pixels and 6 × 784 weights for one picture.
    for (batch, values) in [
        (0, 0),
        (0, 5728),
        (1, 5727),
        (2, 5728),
        (u32::MAX, 5728),
        // Times 5728 this is 0 in 32 bits, which is all that the page's engine has.
        (1 << 27, 0),
        (1, 0),
    ] {
        let command = Command::Differentiate {
            of,
            batch,
            wrt: Vec::new(),
        };
        driven.refused(command, vec![0; 4 * values]);
    }
    let command = Command::Differentiate {
        of,
        batch: 1,
        wrt: Vec::new(),
    };
    let message = driven.refused(command, vec![0; 4 * 5728 - 1]);
    assert!(
        message.contains("whole number of 32-bit values"),
        "{message}"
    );
}

#[test]
fn inputs_of_a_wrong_length_are_refused() {
    let mut driven = Driven::trained();
    for (input, length) in [
        (Input::Values, 0),
        (Input::Values, 3),
        (Input::Values, 4 * 1023),
        (drawing(28, 28), 783),
        (drawing(0, 0), 0),
        (drawing(u32::MAX, u32::MAX), 4),
        (drawing(65_536, 65_536), 0),
        (photo(2, 2), 15),
        (photo(0, 2), 0),
        (photo(u32::MAX, u32::MAX), 16),
        (photo(32_768, 32_768), 0),
    ] {
        driven.refused(run(input), vec![0; length]);
    }
    driven.answer(&picture(&lenet5()));
}

#[test]
fn several_pictures_at_once_are_no_input_of_a_run() {
    let mut driven = Driven::trained();
    let message = driven.refused(run(Input::Values), vec![0; 2 * 4 * 1024]);
    assert!(message.contains("2048 values"), "{message}");
}

#[test]
fn an_input_that_is_no_number_is_answered_with_a_warning() {
    let mut driven = Driven::trained();
    let maps = vec![Wanted::all(NodeId::INPUT), Wanted::all(id(&lenet5(), "C1"))];
    for value in [f32::NAN, f32::INFINITY, f32::MAX] {
        let input = vec![value; 1024];
        let command = Command::Run {
            input: Input::Values,
            maps: maps.clone(),
        };
        // It travelled as JSON, which has neither.
        let event = driven.ask(command, bytes(&input)).header;
        let Event::Traced {
            warning, answer, ..
        } = event
        else {
            panic!("{event:?}")
        };
        assert_eq!(answer.len(), 10);
        assert!(
            warning.is_some() || answer.iter().all(|it| it.is_finite()),
            "{value}"
        );
        let node = id(&lenet5(), "C1");
        driven.ask(Command::Partials { node, channel: 0 }, Vec::new());
        driven.ask(Command::InputGradient { unit: unit(node) }, Vec::new());
    }
}

#[test]
fn comparing_with_too_little_or_nonsense_is_refused() {
    let mut driven = Driven::trained();
    let c1 = id(&lenet5(), "C1");
    let shape = Shape::new(6, 28, 28);
    let right = 4 * 1024;
    for (input_bytes, maps, length) in [
        (usize::MAX, vec![], right),
        (right + 1, vec![], right),
        (right - 2, vec![], right),
        (right, vec![slice(c1, shape, 0)], right),
        (right, vec![slice(c1, shape, usize::MAX)], right + 4 * 4704),
        (right, vec![slice(c1, shape, 1)], right + 4 * 4704),
        (
            right,
            vec![slice(c1, Shape::new(6, 28, 27), 0)],
            right + 4 * 4704,
        ),
        (right, vec![slice(c1, shape, 0)], right + 4 * 4704 - 1),
    ] {
        let input = Input::Values;
        driven.refused(
            Command::Compare {
                input,
                input_bytes,
                maps,
            },
            vec![0; length],
        );
    }
}

#[test]
fn a_graph_with_a_problem_is_refused_and_the_previous_network_stays() {
    let mut driven = Driven::trained();
    let answer = driven.answer(&picture(&lenet5()));
    let table = TableConv {
        table: vec![vec![0, 9], vec![]],
        kernel: [3, 3],
        bias: true,
    };
    for layer in [
        engine::Layer::from(Conv {
            groups: 0,
            ..Conv::new(4, 3)
        }),
        Conv {
            groups: 2,
            ..Conv::new(4, 3)
        }
        .into(),
        Conv {
            kernel: [0, 0],
            ..Conv::new(4, 3)
        }
        .into(),
        Conv {
            stride: [0, 1],
            ..Conv::new(4, 3)
        }
        .into(),
        Conv {
            dilation: [u32::MAX, 1],
            ..Conv::new(4, 3)
        }
        .into(),
        Conv::new(u32::MAX, 3).into(),
        Conv::new(0, 3).into(),
        Conv::new(4, 9).into(),
        Linear::new(0).into(),
        table.into(),
    ] {
        let mut graph = GraphBuilder::new("wrong", Shape::new(3, 8, 8));
        graph.then("wrong", layer);
        graph.then("flatten", Flatten::default());
        graph.then("fc", Linear::new(1 << 20));
        let graph = graph.finish().unwrap();
        for weights in [
            Weights::Seeded { seed: 1 },
            Weights::Kept { seed: 1 },
            Weights::Payload,
        ] {
            let graph = graph.clone();
            let message = driven.refused(Command::Load { graph, weights }, Vec::new());
            assert!(message.contains("“wrong”"), "{message}");
        }
    }
    assert_eq!(driven.answer(&picture(&lenet5())), answer);
}

/// One convolution of 64 channels on a photo: 13 MB of maps for each picture.
fn wide() -> engine::Graph {
    let mut graph = GraphBuilder::new("wide", Shape::new(3, 224, 224));
    graph.then("conv", Conv::new(64, 3));
    graph.finish().unwrap()
}

#[test]
fn gradients_that_do_not_fit_the_page_are_refused_before_they_are_tried() {
    let graph = wide();
    let mut driven = Driven::within(PAGE);
    let event = driven.load(&graph, Weights::Seeded { seed: 1 }, Vec::new());
    assert!(matches!(event, Event::Loaded { .. }), "{event:?}");
    for batch in [1024, u32::MAX] {
        let pass = Pass::Training { batch };
        let message = driven.refused(Command::Measure { runs: 1, pass }, Vec::new());
        // At most 1024 pictures are ever tried.
        assert!(message.contains("1024 pictures at once"), "{message}");
    }
    let pass = Pass::Training { batch: 1 };
    let event = driven
        .ask(Command::Measure { runs: 0, pass }, Vec::new())
        .header;
    assert!(matches!(event, Event::Measured { .. }), "{event:?}");
}

#[test]
fn a_network_over_the_budget_is_refused_and_the_previous_one_stays() {
    let mut graph = GraphBuilder::new("too large", Shape::new(32_768, 1, 1));
    graph.then("fc", Linear::new(32_768));
    let large = graph.finish().unwrap();
    let mut driven = Driven::within(PAGE);
    driven.load(&lenet5(), Weights::Seeded { seed: 1 }, Vec::new());
    let answer = driven.answer(&picture(&lenet5()));
    for weights in [
        Weights::Seeded { seed: 1 },
        Weights::Kept { seed: 1 },
        Weights::Payload,
    ] {
        let graph = large.clone();
        let message = driven.refused(Command::Load { graph, weights }, Vec::new());
        // 32,768² weights of 4 bytes.
        assert!(message.contains("4.3 GB of weights"), "{message}");
    }
    assert_eq!(driven.answer(&picture(&lenet5())), answer);
}
