//! Every lesson is walked on the state alone: each step's check fails on the state before it and holds
//! on the state after what the step asks for. And every text that is shipped is whole.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::page;
use engine::compress::{Accuracy, Bytes, Figures};
use engine::data::{Part, Recipe};
use engine::deploy::{Budgets, Latencies};
use engine::distribute::Stage;
use engine::format::Experiment;
use engine::graph::Edit;
use engine::layer::{Layer, Padding};
use engine::session::DeviceKind;
use engine::train::{Evaluation, Point};
use engine::{Graph, NodeId};
use reactive_graph::owner::Owner;
use reactive_graph::traits::{GetUntracked, WithUntracked};
use state::State;
use state::answer::{Ranges, Trace};
use state::data::SetId;
use state::deploy::Measured;
use state::deploy::pipeline::Piped;
use state::document::{History, Snapshot};
use state::input::{DataSet, Gallery, Sample, Source};
use state::learn::check::{Began, Check, Is, Knob, Of};
use state::learn::lessons::{ALL, Lesson};
use state::learn::question::Reply;
use state::learn::start;
use state::learn::text::Texts;
use state::look::Pixel;
use state::shrink::{New, VariantId};
use state::train::{Status, TrainedOn, Validation};

const RATE: f64 = 0.002;

/// A page on which this lesson was just opened.
struct Opened {
    state: State,
    began: Began,
    _page: common::Page,
}

fn opened(lesson: &'static Lesson) -> Opened {
    let page = page(engine::zoo::lenet5().unwrap());
    let state = page.state;
    for set in [DataSet::Mnist, DataSet::Fashion] {
        state.input.put_gallery(set, gallery(set));
    }
    let experiment: Experiment = lesson.start.experiment("A lesson").unwrap();
    state.learn.enter(Some(lesson.id));
    state.put_experiment(&experiment, History::default(), None);
    state.document.set_running(experiment.graph);
    state.input.show_sample(sample(DataSet::Mnist));
    answers(state, 0);
    state.screen.show_area(lesson.start.area);
    state.train.edit(|task| task.settings.schedule.rate = RATE);
    Opened {
        state,
        began: Began::with(&lesson.start, RATE).unwrap(),
        _page: page,
    }
}

/// One image of one grey level, with label 0.
fn gallery(set: DataSet) -> Gallery {
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28];
    images.extend([9; 784]);
    Gallery::read(set, &images, &[0, 0, 8, 1, 0, 0, 0, 1, 0]).unwrap()
}

const fn sample(set: DataSet) -> Sample {
    Sample { set, index: 0 }
}

/// The network answers this class.
fn answers(state: State, class: usize) {
    let mut answer = vec![0.0; 10];
    answer[class] = 1.0;
    state.answer.set_latest(Arc::new(Trace {
        generation: 1,
        device: DeviceKind::Cpu,
        forward_ms: 1.0,
        blank: false,
        note: None,
        steps: Vec::new(),
        maps: Vec::new(),
        answer,
        values: Vec::new(),
        ranges: Ranges::default(),
    }));
}

fn graph(state: State) -> Graph {
    state.document.graph().get_untracked()
}

fn choose(state: State, node: NodeId, channel: u32) {
    state.look.choose(Some(Pixel {
        node,
        channel,
        row: 0,
        column: 0,
    }));
}

fn id(state: State, name: &str) -> NodeId {
    start::node(&graph(state), name).unwrap_or_else(|| panic!("no node {name}"))
}

/// The first node whose choice makes this check hold.
fn choose_one(state: State, began: &Began, check: Check) {
    for node in graph(state).nodes() {
        choose(state, node.id, 0);
        if check.holds(state, began) {
            return;
        }
    }
    panic!("no node for {check:?}");
}

fn set(state: State, node: NodeId, change: impl FnOnce(&mut Layer)) {
    let mut layer = graph(state).node(node).unwrap().layer.clone();
    change(&mut layer);
    assert!(state.apply(Edit::SetLayer { node, layer }));
}

fn set_is(state: State, name: &str, is: Is) {
    let node = id(state, name);
    set(state, node, |layer| match (layer, is) {
        (Layer::Conv(conv), Is::SameSize) => conv.padding = Padding::Same,
        (Layer::Conv(conv), Is::Kernel(side)) => conv.kernel = [side; 2],
        (Layer::Conv(conv), Is::Stride(step)) => conv.stride = [step; 2],
        (Layer::Conv(conv), Is::Dilation(step)) => conv.dilation = [step; 2],
        (Layer::Conv(conv), Is::Channels(count)) => conv.channels = count,
        (layer, is) => panic!("{} cannot be {is:?}", layer.kind()),
    });
}

fn point(step: u64) -> Point {
    Point {
        step,
        steps: 1000,
        epoch: 1,
        loss: 1.0,
        accuracy: 0.5,
        rate: RATE,
        gradient_norm: 1.0,
        examples_per_second: 10.0,
    }
}

fn train(state: State, steps: u64) {
    state.train.begin(TrainedOn::default());
    state.train.set_status(Status::Running);
    state
        .train
        .stepped(&(1..=steps).map(point).collect::<Vec<_>>());
}

fn remove(state: State, name: &str) {
    let node = id(state, name);
    assert!(state.apply(Edit::Remove { node }));
}

fn remove_kind(state: State, kind: &str) {
    let graph = graph(state);
    let node = graph.nodes().iter().find(|it| it.layer.kind() == kind);
    let node = node.unwrap().id;
    assert!(state.apply(Edit::Remove { node }));
}

fn draw(state: State) {
    state.input.begin_stroke((50.0, 50.0));
    state
        .input
        .extend_stroke([(90.0, 200.0)].into_iter(), |_| {});
}

/// Does what this step asks for.
fn act(state: State, began: &Began, lesson: &Lesson, check: Check) {
    match check {
        Check::Area(area) => state.screen.show_area(area),
        Check::Reads(class) => {
            draw(state);
            answers(state, (class + 1) % 10);
            assert!(!check.holds(state, began), "another class than {class}");
            answers(state, class);
        }
        Check::Unsure(_) => panic!("no lesson has it"),
        Check::Sample(set) => {
            state.input.set_source(Source::Gallery(set), false);
            state.input.show_sample(sample(set));
        }
        Check::Misread => {
            state.input.show_sample(sample(DataSet::Mnist));
            answers(state, 0);
            assert!(!check.holds(state, began), "it is read as its label");
            answers(state, 5);
        }
        Check::Off(Knob::Centre) => state.input.set_recipe(Recipe {
            centre: false,
            ..began.recipe
        }),
        Check::Off(_) => panic!("no lesson has it"),
        Check::UsualRecipe => state.input.set_recipe(began.recipe),
        Check::Chosen(name) => choose(state, id(state, name), 0),
        Check::AnotherMap(name) => choose(state, id(state, name), 1),
        Check::ChosenKind(_) | Check::ChosenConv(_) => choose_one(state, began, check),
        Check::Happened(fact) => state.learn.note(fact),
        Check::Layer(name, is) => set_is(state, name, is),
        Check::Layers(..) => {
            let node = id(state, "conv1");
            assert!(state.apply(Edit::Duplicate { node }));
        }
        Check::Without(name) => remove(state, name),
        Check::With(_) | Check::Valid => assert!(state.undo_edit()),
        Check::Broken => set_is(state, "C3", Is::Kernel(40)),
        Check::AtMost(..) | Check::AtLeast(..) => cost(state, lesson.id, check),
        Check::Fewer(kind) => remove_kind(state, kind),
        Check::Pinned(names) => {
            for name in &names[1..] {
                assert!(state.compare.pin_preset(name).unwrap());
            }
            assert!(!check.holds(state, began), "one of them is missing");
            assert!(state.compare.pin_preset(names[0]).unwrap());
        }
        Check::Trained(steps) => {
            train(state, steps - 1);
            assert!(!check.holds(state, began), "one step less");
            train(state, steps);
        }
        // It goes on where it was paused: the steps of before do not count.
        Check::TrainedWithout(_, steps) => {
            let before = state.train.latest().get_untracked().unwrap().step;
            let more: Vec<_> = (before + 1..before + steps).map(point).collect();
            state.train.stepped(&more);
            assert!(!check.holds(state, began), "one step less");
            state.train.stepped(&[point(before + steps)]);
        }
        Check::Rested => state.train.set_status(Status::Paused),
        Check::OtherRate => state
            .train
            .edit(|task| task.settings.schedule.rate = RATE * 10.0),
        Check::Reached(accuracy) => {
            state.train.validated(validation(accuracy - 0.01));
            assert!(!check.holds(state, began), "a little less");
            state.train.validated(validation(accuracy));
        }
        Check::OnFashion => state.data.choose(SetId(1)),
        Check::Frozen(_) => {
            let node = id(state, "C1");
            state.train.edit(|task| task.settings.frozen.push(node));
        }
        Check::Variant(word) => variant(state, word),
        Check::Latency => state.deploy.keep(Measured {
            device: "CPU",
            batch: 1,
            first_ms: 1.0,
            clock_ms: 0.1,
            times: vec![1.0],
            latencies: Latencies::of(&[1.0]).unwrap(),
        }),
        Check::Budget => state.deploy.limit(Budgets {
            parameters: Some(1e5),
            ..Budgets::default()
        }),
        Check::Pipeline(stages) => {
            state.deploy.pipe(piped(stages - 1));
            assert!(!check.holds(state, began), "a stage less");
            state.deploy.pipe(piped(stages));
        }
    }
}

/// Brings a cost of the network where the lesson wants it.
fn cost(state: State, lesson: &str, check: Check) {
    match (lesson, check) {
        ("filters", _) => {
            assert!(state.undo_edit());
            let node = id(state, "F5");
            set(state, node, features(80));
        }
        ("counting", Check::AtMost(Of::Macs, _)) => {
            set_is(state, "C3", Is::Channels(6));
        }
        ("counting", _) => {
            let node = id(state, "F5");
            set(state, node, features(30));
        }
        ("inception", _) => {
            let graph = graph(state);
            let reduce = graph.nodes().iter().filter(|node| {
                let Layer::Conv(conv) = &node.layer else {
                    return false;
                };
                let fives = graph
                    .nodes()
                    .iter()
                    .filter(|it| matches!(&it.layer, Layer::Conv(conv) if conv.kernel == [5, 5]));
                let before = |five: &engine::Node| {
                    let relu = graph.node(five.inputs[0]);
                    relu.is_some_and(|relu| relu.inputs.first() == Some(&node.id))
                };
                conv.kernel == [1, 1] && fives.into_iter().any(before)
            });
            let ids: Vec<NodeId> = reduce.map(|it| it.id).collect();
            assert!(!ids.is_empty());
            for node in ids {
                assert!(state.apply(Edit::Remove { node }));
            }
        }
        ("dilated", _) | ("grouped", Check::AtMost(..)) => assert!(state.undo_edit()),
        ("grouped", _) => {
            let graph = graph(state);
            let grouped = graph.nodes().iter();
            let mut grouped =
                grouped.filter(|it| matches!(&it.layer, Layer::Conv(it) if it.groups > 1));
            let last = grouped.next_back().unwrap().id;
            set(state, last, |layer| {
                if let Layer::Conv(conv) = layer {
                    conv.groups = 1;
                }
            });
        }
        other => panic!("how? {other:?}"),
    }
}

fn features(count: u32) -> impl FnOnce(&mut Layer) {
    move |layer| {
        if let Layer::Linear(linear) = layer {
            linear.features = count;
        }
    }
}

fn validation(accuracy: f64) -> Validation {
    let evaluation = Evaluation {
        part: Part::Validation,
        epoch: 1,
        examples: 4,
        loss: 1.0,
        accuracy,
        confusion: vec![1, 1, 1, 1],
        worst: Vec::new(),
        training: None,
    };
    Validation::read(SetId(1), evaluation, &[])
}

fn variant(state: State, word: &str) {
    let snapshot = Snapshot {
        graph: graph(state),
        origin: None,
        weights: None,
    };
    let figures = Figures {
        parameters: 1,
        nonzero: 1,
        macs: 1,
        bytes: Bytes {
            dense: 1,
            sparse: 1,
            deflated: 1,
        },
        accuracy: Some(Accuracy {
            images: 1,
            right: 1.0,
            loss: 0.1,
        }),
    };
    let first = word.bytes().map(u64::from).sum::<u64>() * 2;
    let new = |id| New {
        id: VariantId(id),
        made: 0.0,
        snapshot: snapshot.clone(),
        figures,
        set: None,
        bytes: 0,
    };
    state.shrink.edit(|held| {
        let from = held.variants.keep(new(first));
        held.variants
            .step(from, format!("half {word}"), new(first + 1));
    });
}

fn piped(stages: usize) -> Piped {
    let stage = Stage {
        forward_ms: 1.0,
        backward_ms: 2.0,
        send_ms: 0.0,
    };
    Piped {
        device: "CPU",
        micro_batches: 4,
        nodes: vec![Vec::new(); stages],
        stages: vec![stage; stages],
        sent_bytes: vec![0; stages],
        weight_bytes: vec![0; stages],
        map_bytes: vec![0; stages],
        difference: 0.0,
    }
}

#[test]
fn each_check_fails_before_its_step_and_holds_after_it() {
    let owner = Owner::new();
    owner.set();
    for lesson in ALL {
        let Opened {
            state,
            mut began,
            _page,
        } = opened(lesson);
        for (at, check) in lesson.steps.iter().enumerate() {
            began.follow(state, true);
            let place = format!("{}, step {}: {check:?}", lesson.id, at + 1);
            assert!(
                !check.holds(state, &began),
                "{place} holds before it is done"
            );
            act(state, &began, lesson, *check);
            assert!(check.holds(state, &began), "{place} does not hold");
        }
    }
}

#[test]
fn there_are_sixteen_lessons_at_least_with_ids_of_their_own() {
    let ids: BTreeSet<&str> = ALL.iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), ALL.len());
    assert!(ALL.len() >= 16);
    assert!(ALL.iter().all(|it| it.steps.len() >= 2));
}

/// The languages that lessons are in; the first is that of the others' keys.
const LANGUAGES: [&str; 3] = ["en", "de", "es"];

fn texts(language: &str) -> Texts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public/lessons");
    let file = folder.join(format!("{language}.json"));
    Texts::read(&fs::read_to_string(file).unwrap()).unwrap()
}

/// What stands in braces, in order of the alphabet: a language may have another order of words.
fn expressions(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .split('{')
        .skip(1)
        .map(|rest| rest.split('}').next().unwrap())
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn every_language_has_the_same_lessons_with_the_same_numbers() {
    let english = texts(LANGUAGES[0]);
    for language in &LANGUAGES[1..] {
        let other = texts(language);
        for lesson in ALL {
            let (mut one, mut two) = (
                english.raw(lesson.id).unwrap(),
                other.raw(lesson.id).unwrap(),
            );
            assert_eq!(one.sources, two.sources, "{language}, {}", lesson.id);
            let (one, two) = (one.all(), two.all());
            assert_eq!(one.len(), two.len(), "{language}, {}", lesson.id);
            for (one, two) in one.into_iter().zip(two) {
                assert_eq!(expressions(one), expressions(two), "{language}: “{two}”");
            }
        }
    }
}

#[test]
fn every_lesson_has_its_texts_and_every_number_is_computed() {
    for language in LANGUAGES {
        has_its_texts(language);
    }
}

fn has_its_texts(language: &str) {
    let texts = texts(language);
    let ids: BTreeSet<String> = ALL.iter().map(|it| it.id.to_owned()).collect();
    assert_eq!(texts.lessons().into_iter().collect::<BTreeSet<_>>(), ids);
    for lesson in ALL {
        let mut raw = texts.raw(lesson.id).unwrap();
        assert_eq!(
            raw.steps.len(),
            lesson.steps.len(),
            "{language}, {}",
            lesson.id
        );
        assert!(
            !raw.sources.is_empty(),
            "{language}, {} names no source",
            lesson.id
        );
        let options = lesson.question.options().unwrap_or(0);
        assert_eq!(
            raw.question.options.len(),
            options,
            "{language}, {}",
            lesson.id
        );
        let sources: BTreeSet<String> = raw.sources.iter().cloned().collect();
        for text in raw.all() {
            assert!(
                !text.trim().is_empty(),
                "{language}, {} lacks a text",
                lesson.id
            );
            if !sources.contains(text) {
                assert_eq!(typed(text), [""; 0], "{language}, {}: “{text}”", lesson.id);
            }
        }
        let filled = raw.filled(lesson.start.network);
        let mut filled = filled.unwrap_or_else(|why| panic!("{}: {why}", lesson.id));
        assert!(filled.all().iter().all(|it| !it.contains(['{', '}'])));
    }
}

/// Numbers of four digits and more that are typed into a text: such a number can only be a count.
fn typed(text: &str) -> Vec<String> {
    let mut outside = String::new();
    let mut inside = false;
    for letter in text.chars() {
        match letter {
            '{' => inside = true,
            '}' => inside = false,
            // A comma or point between digits does not make a number two.
            ',' | '.' => {}
            _ if !inside => outside.push(letter),
            _ => {}
        }
    }
    let numbers = outside.split(|it: char| !it.is_ascii_digit());
    // A decimal, such as 0.002, is no count.
    let long = numbers.filter(|it| it.len() > 3 && !it.starts_with('0'));
    long.map(str::to_owned).collect()
}

#[test]
fn a_count_that_is_typed_is_found() {
    assert_eq!(
        typed("It has 61,706 of them, {macs @vgg-16} MACs."),
        ["61706"]
    );
    assert_eq!(typed("VGG-16 with 3×3 on 224×224."), [""; 0]);
}

#[test]
fn each_question_has_an_answer_that_is_right_and_others_that_are_wrong() {
    for lesson in ALL {
        let own = lesson.start.network;
        let right = lesson.question.right(own);
        let right = right.unwrap_or_else(|why| panic!("{}: {why}", lesson.id));
        assert_eq!(
            lesson.question.accepts(right, own),
            Ok(true),
            "{}",
            lesson.id
        );
        let wrong = match right {
            Reply::Number(value) => Reply::Number(value * 1.5 + 1.0),
            Reply::Option(at) => Reply::Option((at + 1) % lesson.question.options().unwrap()),
        };
        assert_eq!(
            lesson.question.accepts(wrong, own),
            Ok(false),
            "{}",
            lesson.id
        );
    }
}

/// Answers that are published, or worked out by hand from the definitions.
#[test]
fn the_right_answers_are_those_of_the_literature() {
    let number = |id: &str| {
        let lesson = ALL.iter().find(|it| it.id == id).unwrap();
        match lesson.question.right(lesson.start.network).unwrap() {
            Reply::Number(value) => value,
            Reply::Option(at) => at as f64,
        }
    };
    // 5·5·6; (227 − 11) / 4 + 1; (5·5·6 + 1)·16; 16·5·5; (5·5 + 1)·6.
    assert_eq!(number("convolution"), 150.0);
    assert_eq!(number("stride"), 55.0);
    assert_eq!(number("filters"), 2416.0);
    assert_eq!(number("pooling"), 400.0);
    assert_eq!(number("counting"), 156.0);
    // 3 + 2 + 2; Yu and Koltun 2016, table 1.
    assert_eq!(number("vgg"), 7.0);
    assert_eq!(number("dilated"), 67.0);
    // 84·10 + 10; GPipe's (K − 1) / (M + K − 1).
    assert_eq!(number("transfer"), 850.0);
    assert!((number("parallel") - 300.0 / 11.0).abs() < 1e-9);
    // F5; the article's AlexNet; α² = ¼; VGG-16 needs more; the shortcut has no parameters; ResNeXt-50
    // has 25.0 and ResNet-50 25.6 million.
    assert_eq!(number("lenet"), 2.0);
    assert_eq!(number("alexnet"), 2.0);
    assert_eq!(number("mobilenet"), 0.0);
    assert_eq!(number("inception"), 1.0);
    assert_eq!(number("residual"), 2.0);
    assert_eq!(number("grouped"), 1.0);
}

#[test]
fn a_lesson_s_facts_count_only_while_it_is_open() {
    let page = page(engine::zoo::lenet5().unwrap());
    let learn = page.state.learn;
    let none = |learn: state::learn::Learn| learn.facts().with_untracked(BTreeSet::is_empty);
    learn.note(state::learn::Fact::Flipped);
    assert!(none(learn));
    learn.enter(Some("attacks"));
    learn.note(state::learn::Fact::Flipped);
    assert!(!none(learn) && learn.is_away());
    learn.enter(None);
    assert!(none(learn) && !learn.is_away());
}

#[test]
fn the_input_is_put_back_as_it_was_with_its_strokes_to_undo() {
    let page = page(engine::zoo::lenet5().unwrap());
    let input = page.state.input;
    input.put_gallery(DataSet::Mnist, gallery(DataSet::Mnist));
    assert!(input.show_sample(sample(DataSet::Mnist)));
    draw(page.state);
    let recipe = Recipe {
        crop: false,
        ..Recipe::default()
    };
    input.set_recipe(recipe);
    let before = input.with_marks(<[_]>::to_vec);
    let held = input.hold();
    input.clear();
    input.set_recipe(Recipe::default());
    input.set_source(Source::Gallery(DataSet::Fashion), false);
    assert_eq!(input.put_back(held), None);
    assert_eq!(input.with_marks(<[_]>::to_vec), before);
    assert_eq!(input.recipe().get_untracked(), recipe);
    assert_eq!(input.source().get_untracked(), Source::Draw);
    // The stroke, then the test image under it.
    assert!(input.undo());
    assert_eq!(input.sample().get_untracked(), Some(sample(DataSet::Mnist)));
}
