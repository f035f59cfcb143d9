//! Operations on weights, the ranking of maps, and the projection of images, by a session.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod reference_run;
mod training;

use std::path::Path;

use driven::{Driven, WEIGHTED, bytes, id, lenet5, picture};
use engine::data::{DataSet, Part, Split, read_files};
use engine::explain::{Ascent, Ask, NodeHealth, Operation, Projection, Told, Wish};
use engine::run::{Network, cpu, read_weights};
use engine::session::{Command, DataPart, Encoded, Event, Input, Unit, Wanted, Weights};
use engine::train::{Examination, Task, Turn};
use engine::{Analysis, Graph, NodeId};
use pollster::block_on;
use reference_run::Array;
use training::{SET, classifier};

/// Test images of MNIST that are taken.
const IMAGES: u32 = 200;

fn command(ask: &Ask) -> Command {
    Command::Explain {
        ask: Encoded::new(ask),
    }
}

fn ask(driven: &mut Driven, ask: &Ask) -> (Told, Vec<f32>) {
    let message = driven.ask_last(command(ask), Vec::new());
    let values = message.values().unwrap();
    match message.header {
        Event::Explained { told } => (told.decode().unwrap(), values),
        Event::Failed { failure } => panic!("{}", failure.decode()),
        event => panic!("{event:?}"),
    }
}

fn operate(driven: &mut Driven, operation: Operation) {
    assert_eq!(ask(driven, &Ask::Operate(operation)).0, Told::Operated);
}

/// The maps of a node for this input, channel after channel.
fn map(driven: &mut Driven, node: NodeId, input: &[f32]) -> Vec<Vec<f32>> {
    let maps = driven.maps(input, vec![Wanted::all(node)]);
    let (slice, values) = &maps[0];
    let area = slice.shape.positions() as usize;
    values.chunks(area).map(<[f32]>::to_vec).collect()
}

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/data/mnist");
    std::fs::read(folder.join(name)).unwrap()
}

/// The first thousand of MNIST's test images.
fn mnist() -> [Vec<u8>; 2] {
    ["test-00-images.idx3.gz", "test-00-labels.idx1.gz"].map(file)
}

fn hold_mnist(driven: &mut Driven) {
    let files = mnist();
    let lengths = files.iter().map(Vec::len).collect();
    let data = Command::Data {
        set: SET,
        classes: 10,
        held_out: true,
        part: DataPart::Files { lengths },
    };
    let held = driven.ask(data, files.concat()).header;
    assert!(matches!(held, Event::Held { images: 1000, .. }), "{held:?}");
}

#[test]
fn a_map_that_is_switched_off_is_zero_and_the_others_stay() {
    let (graph, input) = (lenet5(), picture(&lenet5()));
    let mut driven = Driven::trained();
    let c3 = id(&graph, "C3");
    let before = map(&mut driven, c3, &input);
    operate(
        &mut driven,
        Operation::SwitchOff {
            node: c3,
            channel: 4,
        },
    );
    let mut wanted = before.clone();
    wanted[4].fill(0.0);
    assert_eq!(map(&mut driven, c3, &input), wanted);
    let mut driven = Driven::trained();
    operate(
        &mut driven,
        Operation::KeepOnly {
            node: c3,
            channel: 4,
        },
    );
    let kept = map(&mut driven, c3, &input);
    for (channel, map) in kept.iter().enumerate() {
        let wanted = if channel == 4 { &before[4] } else { &wanted[4] };
        assert_eq!(map, wanted, "{channel}");
    }
}

#[test]
fn a_map_before_a_batch_norm_is_off_behind_it() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    let [conv, norm] = ["conv", "norm"].map(|name| id(&graph, name));
    operate(
        &mut driven,
        Operation::SwitchOff {
            node: conv,
            channel: 2,
        },
    );
    let input = picture(&graph);
    for node in [conv, norm] {
        let maps = map(&mut driven, node, &input);
        let zero = |map: &Vec<f32>| map.iter().all(|it| *it == 0.0);
        let off: Vec<bool> = maps.iter().map(zero).collect();
        assert_eq!(off, [false, false, true, false]);
    }
}

#[test]
fn one_weight_is_set_and_noise_is_that_of_its_seed() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    let node = id(&graph, "C1");
    let before = driven.bits(&graph, "C1");
    let set = Operation::Set {
        node,
        role: "weight".to_owned(),
        index: 7,
        value: 0.5,
    };
    operate(&mut driven, set);
    let mut wanted = before.clone();
    wanted[0].2[7] = 0.5_f32.to_bits();
    assert_eq!(driven.bits(&graph, "C1"), wanted);
    let noise = |seed| Operation::Noise {
        node,
        share: 0.1,
        seed,
    };
    let noisy = |seed| {
        let mut driven = Driven::trained();
        operate(&mut driven, noise(seed));
        driven.bits(&lenet5(), "C1")
    };
    assert_eq!(noisy(3), noisy(3));
    assert_ne!(noisy(3)[0], noisy(4)[0]);
    assert_ne!(noisy(3)[0], before[0]);
    // The biases stay.
    assert_eq!(noisy(3)[1], before[1]);
}

#[test]
fn the_checkpoint_before_an_operation_takes_it_back() {
    let (graph, input) = (lenet5(), picture(&lenet5()));
    let mut driven = Driven::trained();
    let before = driven.answer(&input);
    let checkpoint = driven.ask(Command::Checkpoint, Vec::new()).payload;
    let node = id(&graph, "C1");
    operate(&mut driven, Operation::SwitchOff { node, channel: 0 });
    assert_ne!(driven.answer(&input), before);
    let changed = driven.ask(Command::Checkpoint, Vec::new()).payload;
    let after = driven.answer(&input);
    let kept = Weights::Kept { seed: 1 };
    assert_eq!(
        driven.load(&graph, kept, checkpoint),
        driven::loaded(WEIGHTED, WEIGHTED)
    );
    assert_eq!(driven.answer(&input), before);
    driven.load(&graph, kept, changed);
    assert_eq!(driven.answer(&input), after);
}

/// LeNet-5 whose weights file has zeros for one map of a layer.
fn natively_without(graph: &Graph, name: &str, channel: usize, maps: usize) -> Network {
    let mut arrays = reference_run::arrays_in(&driven::file()).unwrap();
    for role in ["weight", "bias"] {
        let Array { values, .. } = arrays.get_mut(&format!("{name}.{role}")).unwrap();
        let each = values.len() / maps;
        values[channel * each..(channel + 1) * each].fill(0.0);
    }
    let mut network = Network::seeded(graph.clone(), 0, &cpu()).unwrap();
    read_weights(&mut network, &reference_run::weights(&arrays, "")).unwrap();
    network
}

/// How many of the first images a network answers rightly.
fn right(network: &Network, data: &DataSet) -> u64 {
    let examination = Examination::new(network, data, Task::default(), Part::Test).unwrap();
    let mut examination = examination.limited(IMAGES as usize);
    loop {
        match block_on(examination.advance(network, data)).unwrap() {
            Turn::More => {}
            Turn::Finished(evaluation, answers) => {
                let labels = data.labels();
                let is_right = |it: &&[f32]| it[1] as u16 == labels[it[0] as usize];
                let answers: Vec<&[f32]> = answers.chunks(3).collect();
                assert_eq!(evaluation.examples, u64::from(IMAGES));
                return answers.iter().filter(|it| is_right(it)).count() as u64;
            }
            Turn::NotFinite(found) => panic!("{found}"),
        }
    }
}

#[test]
fn the_accuracy_without_each_map_is_that_of_a_native_run() {
    let graph = lenet5();
    let [images, labels] = mnist();
    let read = read_files(&[("images", &images), ("labels", &labels)]).unwrap();
    let mut data = DataSet::new(read.shape, 10).unwrap();
    data.append(&read, true).unwrap();
    assert_eq!(data.split(&Split::default()).of(Part::Test).len(), 1000);

    let mut driven = Driven::trained();
    hold_mnist(&mut driven);
    let before = driven.answer(&picture(&graph));
    let rank = Ask::Rank {
        set: SET,
        task: Box::default(),
        node: Some(id(&graph, "C1")),
        images: IMAGES,
    };
    let (told, _) = ask(&mut driven, &rank);
    let mut untouched = Network::seeded(graph.clone(), 0, &cpu()).unwrap();
    read_weights(&mut untouched, &driven::file()).unwrap();
    let without = (0..6).map(|channel| natively_without(&graph, "C1", channel, 6));
    let wanted = Told::Ranked {
        images: IMAGES.into(),
        right: right(&untouched, &data),
        without: without.map(|network| right(&network, &data)).collect(),
    };
    assert_eq!(told, wanted);
    // The network itself stays.
    assert_eq!(driven.answer(&picture(&graph)), before);
}

#[test]
fn images_are_put_where_their_values_say() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    hold_mnist(&mut driven);
    let node = id(&graph, "F6");
    let project = Ask::Project {
        set: SET,
        task: Box::default(),
        node,
        images: 60,
        projection: Projection::Principal,
    };
    let (told, values) = ask(&mut driven, &project);
    let Told::Projected { shares, .. } = told else {
        panic!("{told:?}")
    };
    let shares = shares.unwrap();
    assert_eq!(values.len(), 60 * 5);
    let points: Vec<&[f32]> = values.chunks(5).collect();
    // Principal coordinates: centred, uncorrelated, and their variances are the shares.
    let sum = |of: &dyn Fn(&[f32]) -> f64| points.iter().map(|it| of(it)).sum::<f64>();
    let along = |axis: usize| move |it: &[f32]| f64::from(it[axis]);
    let first = sum(&|it| along(3)(it).powi(2));
    let second = sum(&|it| along(4)(it).powi(2));
    assert!(sum(&along(3)).abs() < 1e-4 * first && sum(&along(4)).abs() < 1e-4 * first);
    let both = sum(&|it| along(3)(it) * along(4)(it));
    assert!(both.abs() < 1e-4 * first, "{both}");
    let ratio = shares[1] / shares[0];
    assert!((second / first - ratio).abs() < 1e-4, "{shares:?}");
    // The whole variance, from the values themselves.
    let [images, labels] = mnist();
    let read = read_files(&[("images", &images), ("labels", &labels)]).unwrap();
    let mut data = DataSet::new(read.shape, 10).unwrap();
    data.append(&read, true).unwrap();
    let mut rows = Vec::new();
    for point in &points {
        let input = data.input(
            point[0] as usize,
            None,
            Task::default().means,
            graph.input(),
        );
        let run = Command::Maps {
            input: Input::Values,
            maps: vec![Wanted::all(node)],
        };
        rows.push(driven.ask(run, bytes(&input.unwrap())).values().unwrap());
    }
    let mut total = 0.0;
    for value in 0..84 {
        let column = || rows.iter().map(|row| f64::from(row[value]));
        let mean = column().sum::<f64>() / 60.0;
        total += column().map(|it| (it - mean).powi(2)).sum::<f64>();
    }
    assert!((first / total - shares[0]).abs() < 1e-4, "{shares:?}");
    assert!((second / total - shares[1]).abs() < 1e-4, "{shares:?}");
    // Labels are the data set's, answers those of a trained network: nearly all right.
    let right = points.iter().filter(|it| it[1] == it[2]).count();
    assert!(right >= 57, "{right} of 60");
}

#[test]
fn t_sne_puts_images_of_one_class_together() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    hold_mnist(&mut driven);
    let project = Ask::Project {
        set: SET,
        task: Box::default(),
        node: id(&graph, "F6"),
        images: 150,
        projection: Projection::Tsne { seed: 3 },
    };
    let (told, values) = ask(&mut driven, &project);
    assert!(
        matches!(told, Told::Projected { shares: None, .. }),
        "{told:?}"
    );
    let points: Vec<&[f32]> = values.chunks(5).collect();
    assert_eq!(points.len(), 150);
    // The nearest image of most has the same label; of ten classes one in ten would by chance.
    let same = points.iter().filter(|one| {
        let apart = |it: &&&[f32]| (it[3] - one[3]).powi(2) + (it[4] - one[4]).powi(2);
        let others = points.iter().filter(|it| it[0] != one[0]);
        let nearest = others.min_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap();
        nearest[1] == one[1]
    });
    let same = same.count();
    assert!(same > 110, "{same} of 150");
}

#[test]
fn the_effective_patch_is_the_mean_square_of_the_gradients() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    hold_mnist(&mut driven);
    let (node, channel) = (id(&graph, "S2"), 2);
    let patch = Ask::Patch {
        set: SET,
        task: Box::default(),
        wish: Wish::Channel { node, channel },
        images: 5,
    };
    let (told, energy) = ask(&mut driven, &patch);
    let Told::Patch {
        images,
        row,
        column,
    } = told
    else {
        panic!("{told:?}")
    };
    assert_eq!((images, row, column), (5, 7, 7));
    // The same of each image by itself, by the command that a pixel's field is drawn with.
    let [image_file, labels] = mnist();
    let read = read_files(&[("images", &image_file), ("labels", &labels)]).unwrap();
    let mut data = DataSet::new(read.shape, 10).unwrap();
    data.append(&read, true).unwrap();
    let mut wanted = vec![0.0_f64; energy.len()];
    for &number in &data.split(&Split::default()).of(Part::Test)[..5] {
        let input = data.input(number as usize, None, Task::default().means, graph.input());
        driven.answer(&input.unwrap());
        let unit = Unit {
            node,
            channel,
            row,
            column,
        };
        let gradient = driven.ask(Command::InputGradient { unit }, Vec::new());
        for (sum, value) in wanted.iter_mut().zip(gradient.values().unwrap()) {
            *sum += f64::from(value).powi(2) / 5.0;
        }
    }
    let most = wanted.iter().copied().fold(0.0, f64::max);
    assert!(most > 0.0);
    for (got, wanted) in energy.iter().zip(&wanted) {
        assert!((f64::from(*got) - wanted).abs() <= 1e-5 * most);
    }
    // Nothing outside the theoretical patch.
    let field = Analysis::of(&graph)
        .node(node)
        .unwrap()
        .receptive_field
        .unwrap();
    let [rows, columns] = field.window_of([row, column]);
    for (place, value) in energy.iter().enumerate() {
        let (y, x) = ((place / 32) as i64, (place % 32) as i64);
        let inside = (rows[0]..rows[1]).contains(&y) && (columns[0]..columns[1]).contains(&x);
        assert!(inside || *value == 0.0, "{y}, {x}");
    }
}

#[test]
fn what_is_not_possible_is_refused() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    let node = id(&graph, "tanh1");
    let off = command(&Ask::Operate(Operation::SwitchOff { node, channel: 0 }));
    let refused = driven.refused(off, Vec::new());
    assert!(
        refused.contains("“tanh1”") && refused.contains("choose"),
        "{refused}"
    );
    let rank = |node| {
        let task = Box::default();
        let (set, images) = (SET, IMAGES);
        command(&Ask::Rank {
            set,
            task,
            node,
            images,
        })
    };
    let refused = driven.refused(rank(None), Vec::new());
    assert!(refused.contains("no data set number 1"), "{refused}");
    hold_mnist(&mut driven);
    let refused = driven.refused(rank(Some(node)), Vec::new());
    assert!(refused.contains("“tanh1”"), "{refused}");
}

fn health(driven: &mut Driven, images: u32) -> (u64, Vec<NodeHealth>) {
    let examine = Ask::Health {
        set: SET,
        task: Box::default(),
        images,
    };
    match ask(driven, &examine).0 {
        Told::Health { images, nodes } => (images, nodes),
        told => panic!("{told:?}"),
    }
}

#[test]
fn maps_behind_a_scale_of_0_are_found_dead_with_their_reason() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    training::held(&mut driven, &training::blobs(120, 3));
    let norm = id(&graph, "norm");
    let set = |role: &str, index, value| Operation::Set {
        node: norm,
        role: role.to_owned(),
        index,
        value,
    };
    for channel in [1, 3] {
        operate(&mut driven, set("weight", channel, 0.0));
        operate(&mut driven, set("bias", channel, -1.0));
    }
    let (images, nodes) = health(&mut driven, 10);
    assert!((1..=10).contains(&images), "{images}");
    let names: Vec<&str> = { nodes.iter() }
        .map(|it| graph.node(it.node).unwrap().name.as_str())
        .collect();
    assert_eq!(
        names,
        ["conv", "norm", "relu", "flatten", "dropout", "head"]
    );
    let relu = &nodes[2];
    assert_eq!((relu.channels, relu.zero, relu.scaled_to_zero), (4, 2, 2));
    let found = relu.findings(nodes[5].gradient, true).into_iter();
    let said: Vec<String> = found.map(|it| it.sentence(relu.channels)).collect();
    assert!(
        said[0].starts_with("2 of 4 maps are always 0, 2 of them"),
        "{said:?}"
    );
    // What norm and ReLU pass back to the convolution is 0 in these channels, not everywhere.
    assert!(nodes[0].gradient > 0.0);
    assert_eq!(nodes[0].zero, 0);
}

#[test]
fn mean_and_variance_of_a_layer_are_those_of_its_values() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    hold_mnist(&mut driven);
    let (images, nodes) = health(&mut driven, 6);
    assert_eq!(images, 6);
    let [image_file, labels] = mnist();
    let read = read_files(&[("images", &image_file), ("labels", &labels)]).unwrap();
    let mut data = DataSet::new(read.shape, 10).unwrap();
    data.append(&read, true).unwrap();
    let numbers = data.split(&Split::default()).of(Part::Test)[..6].to_vec();
    let mut values: Vec<f64> = Vec::new();
    for number in numbers {
        let input = data.input(number as usize, None, Task::default().means, graph.input());
        let maps = map(&mut driven, id(&graph, "tanh1"), &input.unwrap());
        values.extend(maps.concat().into_iter().map(f64::from));
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / count;
    let saturated = values.iter().filter(|it| it.abs() >= 0.99).count() as f64 / count;
    // Every value is in a bar, and the bars have the spread that the values have.
    let spread = nodes[1].values.as_ref().unwrap();
    assert_eq!(spread.total(), values.len() as u64);
    let positive: u64 = spread.counts[spread.counts.len() / 2..].iter().sum();
    let wanted = values.iter().filter(|it| **it >= 0.0).count() as u64;
    assert_eq!(positive, wanted);
    // C1 has 6 kernels of 25 weights: at most 6 directions.
    let rank = nodes[0].rank.as_ref().unwrap();
    assert_eq!((rank.of, rank.largest.len()), (6, 6));
    assert!((1.0..=6.0).contains(&rank.effective), "{}", rank.effective);
    assert!(nodes[1].rank.is_none() && nodes[1].weight_values.is_none());
    let tanh = &nodes[1];
    assert_eq!(tanh.node, id(&graph, "tanh1"));
    assert!((tanh.mean - mean).abs() < 1e-5 && (tanh.variance - variance).abs() < 1e-5);
    assert!(
        (tanh.saturated.unwrap() - saturated).abs() < 1e-3,
        "{saturated}"
    );
    // The length of C1's 150 weights and 6 biases, from the file.
    let arrays = reference_run::arrays_in(&driven::file()).unwrap();
    let squares = |name: &str| arrays[name].values.iter().map(|it| it * it).sum::<f64>();
    let length = (squares("C1.weight") + squares("C1.bias")).sqrt();
    assert!((nodes[0].weights.unwrap() - length).abs() < 1e-4 * length);
}

#[test]
fn ascent_makes_a_logit_larger_and_its_seed_decides_where() {
    let mut driven = Driven::trained();
    let wish = Wish::Class { class: 3 };
    for frequencies in [false, true] {
        ascends(&mut driven, wish, frequencies);
    }
}

fn ascends(driven: &mut Driven, wish: Wish, frequencies: bool) {
    let mut wished = |seed| {
        let mut ascent = Ascent::usual([-0.42, 2.8], seed);
        if frequencies {
            ascent = ascent.in_frequencies(None);
        }
        let (told, input) = ask(driven, &Ask::Maximise { wish, ascent });
        match told {
            Told::Wished { steps } => (steps, input),
            told => panic!("{told:?}"),
        }
    };
    let (steps, input) = wished(1);
    assert_eq!(steps.len(), 128);
    assert!(
        steps[127] > steps[0] + 1.0,
        "{} to {}",
        steps[0],
        steps[127]
    );
    assert!(input.iter().all(|it| (-0.42..=2.8).contains(it)));
    assert_eq!(wished(1).1, input);
    assert_ne!(wished(2).1, input);
    // The network answers what it was to be excited by.
    let answer = driven.answer(&input).into_iter();
    let answer: Vec<f32> = answer.map(f32::from_bits).collect();
    let most = answer.iter().copied().fold(f32::MIN, f32::max);
    assert_eq!(
        answer.iter().position(|it| *it == most),
        Some(3),
        "{answer:?}"
    );
}

#[test]
fn the_images_that_excite_a_map_most_are_those_with_its_largest_values() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    hold_mnist(&mut driven);
    let (node, channel) = (id(&graph, "C1"), 2);
    let excite = Ask::Excite {
        set: SET,
        task: Box::default(),
        wish: Wish::Channel { node, channel },
        images: 30,
    };
    let Told::Exciting { best } = ask(&mut driven, &excite).0 else {
        panic!("another answer")
    };
    let [image_file, labels] = mnist();
    let read = read_files(&[("images", &image_file), ("labels", &labels)]).unwrap();
    let mut data = DataSet::new(read.shape, 10).unwrap();
    data.append(&read, true).unwrap();
    let numbers = data.split(&Split::default()).of(Part::Test)[..30].to_vec();
    let mut wanted = Vec::new();
    for number in numbers {
        let input = data.input(number as usize, None, Task::default().means, graph.input());
        let maps = map(&mut driven, node, &input.unwrap());
        let most = maps[2].iter().copied().fold(f32::MIN, f32::max);
        let place = maps[2].iter().position(|it| *it == most).unwrap();
        wanted.push((most, number, place));
    }
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    assert_eq!(best.len(), 9);
    for (best, (value, _, _)) in best.iter().zip(&wanted) {
        // A batch may sum in another order than one picture.
        assert!(
            (best.value - value).abs() < 1e-5,
            "{} and {value}",
            best.value
        );
        let at = wanted.iter().find(|it| it.1 == best.image).unwrap();
        assert!((at.0 - value).abs() < 1e-5);
        assert_eq!((best.row * 28 + best.column) as usize, at.2);
    }
}
