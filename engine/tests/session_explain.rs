//! Looking inside a network by a session: its jobs, their progress and refusals.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use driven::{Driven, bytes, id, lenet5, picture};
use engine::analysis::Budget;
use engine::explain::{Ask, Explained, Explaining, Method, Occlusion, Told};
use engine::run::{Network, cpu, read_weights};
use engine::session::{CancelReason, Command, Encoded, Event, Input, Message};
use engine::{GraphBuilder, Shape, layer::Conv};
use pollster::block_on;

fn command(ask: &Ask) -> Command {
    Command::Explain {
        ask: Encoded::new(ask),
    }
}

/// The answer and its values.
fn told(message: Message<Event>) -> (Told, Vec<f32>) {
    let values = message.values().unwrap();
    match message.header {
        Event::Explained { told } => (told.decode().unwrap(), values),
        event => panic!("no explanation but {event:?}"),
    }
}

/// With LeNet-5 and an input that was run.
fn shown() -> Driven {
    let mut driven = Driven::trained();
    driven.answer(&picture(&lenet5()));
    driven
}

fn explain(method: Method, class: Option<u32>) -> Ask {
    Ask::Explain { method, class }
}

/// The same without a session.
fn natively(method: Method, class: Option<u32>) -> Explained {
    let mut network = Network::seeded(lenet5(), 0, &cpu()).unwrap();
    read_weights(&mut network, &driven::file()).unwrap();
    let input = picture(&lenet5());
    let explaining = Explaining::new(&network, method, class, input, Budget::default());
    let mut explaining = explaining.unwrap();
    loop {
        if let Some(explained) = block_on(explaining.advance(&network)).unwrap() {
            return explained;
        }
    }
}

#[test]
fn a_session_gives_the_map_of_the_last_input() {
    let mut driven = shown();
    for (method, class) in [
        (Method::Gradient, None),
        (Method::GradientInput, Some(3)),
        (Method::SMOOTH_GRAD, None),
        (Method::IntegratedGradients, Some(0)),
        (Method::Guided, None),
        (Method::GRAD_CAM, None),
        (Method::Occlusion(Occlusion::usual(lenet5().input())), None),
    ] {
        let ask = explain(method, class);
        let (about, values) = told(driven.ask_last(command(&ask), Vec::new()));
        let wanted = natively(method, class);
        assert_eq!(about, Told::Explained(wanted.about));
        assert_eq!(values, wanted.values, "{}", method.name());
    }
}

#[test]
fn a_sanity_check_gives_a_map_for_each_level() {
    let mut driven = shown();
    let ask = Ask::Check {
        method: Method::Gradient,
        class: None,
        seed: 4,
    };
    let before = driven.answer(&picture(&lenet5()));
    let (about, values) = told(driven.ask_last(command(&ask), Vec::new()));
    let Told::Checked { original, levels } = about else {
        panic!("another answer: {about:?}")
    };
    let wanted = natively(Method::Gradient, None);
    let each = wanted.values.len();
    assert_eq!(
        (&original, &values[..each]),
        (&wanted.about, &wanted.values[..])
    );
    assert_eq!(values.len(), each * (1 + levels.len()));
    let names: Vec<&str> = levels.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["output", "F6", "F5", "C3", "C1"]);
    // The network on the screen stays what it is.
    assert_eq!(driven.answer(&picture(&lenet5())), before);
}

#[test]
fn occlusion_tells_its_progress_and_is_cancelled() {
    let mut driven = shown();
    driven.finish();
    let occlusion = Occlusion {
        patch: 4,
        stride: 1,
        fill: 0.0,
    };
    let ask = explain(Method::Occlusion(occlusion), None);
    let job = driven.send(command(&ask), Vec::new());
    for _ in 0..4 {
        driven.turn();
    }
    driven.send(Command::Cancel { request: job }, Vec::new());
    let replies = driven.finish();
    let mine = replies.iter().filter(|it| it.0 == job);
    let mine: Vec<&Event> = mine.map(|it| &it.1).collect();
    let reason = CancelReason::Requested;
    assert_eq!(mine.last(), Some(&&Event::Cancelled { reason }));
    // 29 × 29 places, and the first pass.
    let told = |it: &&&Event| {
        matches!(
            it,
            Event::Progress {
                done: 1..,
                total: 842
            }
        )
    };
    assert!(mine.iter().any(|it| told(&it)), "{mine:?}");
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let ask = |method, class| command(&explain(method, class));
    let mut driven = Driven::new();
    let before = driven.refused(ask(Method::Gradient, None), Vec::new());
    assert!(before.contains("no network"), "{before}");
    let mut driven = shown();
    let class = driven.refused(ask(Method::Gradient, Some(10)), Vec::new());
    assert!(class.contains("0 to 9"), "{class}");
    let node = Some(id(&lenet5(), "F6"));
    let cam = driven.refused(ask(Method::GradCam { node }, None), Vec::new());
    assert!(cam.contains("“F6”"), "{cam}");

    let mut net = GraphBuilder::new("maps", Shape::new(1, 8, 8));
    net.then("conv", Conv::new(3, 3));
    let mut driven = Driven::seeded(&net.finish().unwrap(), 1);
    let maps = driven.refused(ask(Method::Gradient, None), Vec::new());
    assert!(
        maps.contains("no classes") && maps.contains("“conv”"),
        "{maps}"
    );
}

#[test]
fn an_input_that_is_no_number_is_refused() {
    let mut driven = Driven::trained();
    let run = Command::Run {
        input: Input::Values,
        maps: Vec::new(),
    };
    let mut input = picture(&lenet5());
    input[7] = f32::NAN;
    driven.ask(run, bytes(&input));
    let ask = command(&explain(Method::Gradient, None));
    let refused = driven.refused(ask, Vec::new());
    assert!(refused.contains("not a finite number"), "{refused}");
}
