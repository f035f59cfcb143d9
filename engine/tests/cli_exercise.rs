//! `cnnlab verify` as a teacher meets it: of twenty result files five were tampered with and sealed anew,
//! so that only what is computed again gives them away.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};

use command::{printed, public, refused, temporary, written};
use engine::data::{DataSet, read_files};
use engine::exercise::{
    Bound, Check, Claim, Data, Drawing, Edited, Examiner, Exercise, Found, HandIn, Item, Quantity,
    Question, Training,
};
use engine::format::Experiment;
use engine::graph::Edit;
use engine::run::{Network, cpu, write_weights};
use engine::train::{Course, Happened, Length, Method, Settings, Task};
use engine::{Graph, Shape, zoo};
use pollster::block_on;
use serde_json::Value;

/// The chunks of MNIST by their names; the first has 1,000 test images.
fn mnist(chunks: &[(&str, bool)]) -> DataSet {
    let mut set = DataSet::new(Shape::new(1, 28, 28), 10).unwrap();
    for (chunk, held_out) in chunks {
        let file = |kind: &str| {
            let name = format!("{chunk}-{kind}.gz");
            let path = public(&format!("data/mnist/{name}"));
            (name, std::fs::read(path).unwrap())
        };
        let files = [file("images.idx3"), file("labels.idx1")];
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .collect();
        set.append(&read_files(&files).unwrap(), *held_out).unwrap();
    }
    set
}

/// A test image with its label.
fn drawing(set: &DataSet, place: usize) -> (Drawing, u32) {
    let ink = set.image(place).unwrap().to_vec();
    let drawing = Drawing {
        width: 28,
        height: 28,
        ink,
    };
    (drawing, set.labels()[place].into())
}

fn exercise(test: &DataSet) -> Exercise {
    let (digit, class) = drawing(test, 0);
    let (other, _) = drawing(test, 1);
    let count = |quantity, bound| Check::Count { quantity, bound };
    let checks = [
        count(Quantity::Parameters, Bound::AtMost(62_000)),
        count(
            Quantity::Layers {
                layer: "conv".to_owned(),
            },
            Bound::AtLeast(2),
        ),
        count(Quantity::ReceptiveField { node: None }, Bound::AtLeast(16)),
        Check::Accuracy {
            data: "mnist".to_owned(),
            images: 200,
            seed: 1,
            least: 0.9,
        },
        Check::Reads {
            drawing: digit,
            class,
        },
        Check::Flips {
            drawing: other,
            epsilon: 0.3,
        },
        Check::Answer {
            question: Question::choice("Which?", &["pooling", "padding"], 1, "salt"),
        },
        Check::Answer {
            question: Question::number("How many?", 28.0, 0.5, "more salt"),
        },
    ];
    Exercise {
        title: "A smaller LeNet".to_owned(),
        text: "Make it *smaller*.".to_owned(),
        start: Experiment::of(zoo::lenet5().unwrap()),
        checks: checks
            .into_iter()
            .map(|check| Item { points: 1, check })
            .collect(),
    }
}

fn weights_of(network: &Network) -> Vec<u8> {
    block_on(write_weights(network, BTreeMap::new())).unwrap()
}

fn seeded(graph: &Graph, seed: u64) -> Vec<u8> {
    weights_of(&Network::seeded(graph.clone(), seed, &cpu()).unwrap())
}

/// LeNet-5 with so many channels in its first convolution.
fn narrower(channels: u32) -> Graph {
    let graph = zoo::lenet5().unwrap();
    let node = graph.nodes().iter().find(|it| it.layer.kind() == "Conv");
    let node = node.unwrap();
    let mut layer = serde_json::to_value(&node.layer).unwrap();
    layer["channels"] = channels.into();
    let layer = serde_json::from_value(layer).unwrap();
    let id = node.id;
    graph.apply(&Edit::SetLayer { node: id, layer }).unwrap()
}

/// Some steps of a training.
fn trained(graph: &Graph, seed: u64, data: &DataSet) -> (Vec<u8>, Training) {
    let settings = Settings {
        method: Method::Sgd,
        batch: 16,
        length: Length::Steps(4),
        seed,
        ..Settings::default()
    };
    let task = Task {
        settings,
        ..Task::default()
    };
    let mut network = Network::seeded(graph.clone(), seed, &cpu()).unwrap();
    let mut course = Course::start(task, &mut network, data).unwrap();
    let mut steps = 0;
    while steps < 4 {
        if let Happened::Stepped(point) = block_on(course.advance(&mut network, data)).unwrap() {
            steps = point.step;
        }
    }
    let training = Training {
        data: "mnist".to_owned(),
        images: data.len() as u64,
        first_seed: Some(seed),
        run: course.run(),
    };
    (weights_of(&network), training)
}

struct Class {
    exercise: Exercise,
    test: DataSet,
    some: DataSet,
}

impl Class {
    fn new() -> Self {
        let test = mnist(&[("test-00", true)]);
        let mut some = mnist(&[("test-00", true), ("train-00", false)]);
        some.limit(300);
        Self {
            exercise: exercise(&test),
            test,
            some,
        }
    }

    /// What an honest student hands in: the values are those of the contents.
    fn hand_in(&self, number: u64) -> HandIn {
        let graph = match number % 3 {
            0 => zoo::lenet5().unwrap(),
            1 => narrower(4),
            _ => narrower(5),
        };
        let (weights, training) = match number % 4 {
            0 | 1 if number.is_multiple_of(3) => {
                let file = std::fs::read(public("models/lenet-5.safetensors")).unwrap();
                (file, None)
            }
            0 | 1 => (seeded(&graph, number), None),
            _ => {
                let (weights, training) = trained(&graph, number, &self.some);
                (weights, Some(training))
            }
        };
        let answer =
            |right: bool, one: &str, other: &str| (if right { one } else { other }).to_owned();
        // Every value half black: far from any digit, within no ε of 0.3.
        let pictures = match number.is_multiple_of(2) {
            true => BTreeMap::from([(5, vec![0.5; graph.input().elements() as usize])]),
            false => BTreeMap::new(),
        };
        let mut hand_in = HandIn {
            exercise: self.exercise.clone(),
            student: format!("Student {number}"),
            experiment: Experiment::of(graph),
            weights: Some(weights),
            training,
            answers: BTreeMap::from([
                (6, answer(number.is_multiple_of(2), "padding", "pooling")),
                (7, answer(number.is_multiple_of(3), "28.4", "29")),
            ]),
            pictures,
            history: vec![Edited {
                name: "lenet-5".to_owned(),
                at: 0.0,
            }],
            claims: Vec::new(),
            lab: "0.1.0".to_owned(),
            exercise_digest: String::new(),
            sealed: true,
            weights_sealed: true,
        };
        let mut data = Data::new(|_, _| Ok(self.test.clone()));
        let found = block_on(Examiner::new(&hand_in).found(&self.exercise, &mut data));
        let claims = found.into_iter().zip(&self.exercise.checks);
        hand_in.claims = claims
            .map(|(value, item)| Claim {
                pass: item.check.passes(&value),
                value,
            })
            .collect();
        hand_in
    }
}

/// Changes that a student might make, each sealed anew, with what the lab must name.
fn tamper(number: u64, hand_in: &mut HandIn) -> Option<&'static str> {
    match number {
        // Weights of the shipped network gave the claims.
        12 => hand_in.weights = Some(seeded(&hand_in.experiment.graph, 1234)),
        4 => hand_in.claims[0].value = Found::Count { value: 30_000 },
        7 => {
            hand_in.answers.insert(6, "something else".to_owned());
        }
        10 => {
            let training = hand_in.training.as_mut().unwrap();
            training.first_seed = Some(77);
            training.run.task.settings.seed = 77;
        }
        13 => {
            hand_in.claims[3] = Claim {
                value: Found::Share {
                    right: 199,
                    images: 200,
                },
                pass: true,
            };
        }
        _ => return None,
    }
    Some(match number {
        12 => "check 4",
        4 => "check 1",
        7 => "check 7",
        10 => "training",
        _ => "check 4",
    })
}

fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn of_twenty_files_exactly_the_five_that_were_tampered_with_are_named() {
    let class = Class::new();
    let mut tampered = BTreeMap::new();
    let mut files = Vec::new();
    for number in 0..20 {
        let mut hand_in = class.hand_in(number);
        let name = format!("class/{number}.cnnlab-result");
        if let Some(named) = tamper(number, &mut hand_in) {
            tampered.insert(name.clone(), named);
        }
        files.push((name, hand_in.write().unwrap()));
    }
    assert_eq!(tampered.len(), 5);
    let zip = written("class.zip", &zipped(&files));
    let given = written("given.json", class.exercise.write().unwrap().as_bytes());
    let data = public("data");
    let table = temporary("gradebook.csv");
    let text = printed(&[
        "verify",
        &zip,
        "--exercise",
        &given,
        "--data-dir",
        &data,
        "--retrain",
        "--json",
        "--out",
        table.to_str().unwrap(),
    ]);
    let verdicts: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(verdicts.len(), 20);
    let named: BTreeSet<&str> = verdicts
        .iter()
        .filter(|it| !it["disagreements"].as_array().unwrap().is_empty())
        .map(|it| it["file"].as_str().unwrap())
        .collect();
    let expected: BTreeSet<&str> = tampered.keys().map(String::as_str).collect();
    assert_eq!(named, expected, "{text}");
    // What a test image is comes from MNIST's labels: the trained network reads it rightly.
    assert_eq!(verdicts[0]["rows"][4]["pass"], true);
    assert_eq!(verdicts[0]["rows"][3]["pass"], true);
    // 61,706 parameters (LeNet-5 with 32×32 input), fewer with four channels.
    assert_eq!(verdicts[0]["rows"][0]["computed"]["value"], 61_706);
    // The answer 28.4 is within 28 ± 0.5, 29 is not.
    assert_eq!(verdicts[0]["rows"][7]["pass"], true);
    assert_eq!(verdicts[1]["rows"][7]["pass"], false);

    let shown = printed(&["verify", &zip, "--data-dir", &data, "--retrain"]);
    for (file, named) in &tampered {
        let of_file = shown
            .split("\n\n")
            .find(|part| part.trim_start().starts_with(file.as_str()));
        let line = of_file
            .unwrap()
            .lines()
            .find(|it| it.contains("DOES NOT AGREE"));
        assert!(line.unwrap().contains(named), "{file}: {line:?}");
    }
    let table = std::fs::read_to_string(table).unwrap();
    assert_eq!(table.lines().count(), 21);
    assert!(
        table
            .lines()
            .next()
            .unwrap()
            .starts_with("file,name,exercise,points,of")
    );
}

#[test]
fn a_byte_changed_by_hand_breaks_the_seal() {
    let class = Class::new();
    let file = class.hand_in(0).write().unwrap();
    let text = String::from_utf8(file).unwrap();
    // An answer by another answer that is right as well: nothing else gives it away.
    let changed = text.replace("28.4", "28.3");
    assert_ne!(text, changed);
    let path = written("changed.cnnlab-result", changed.as_bytes());
    let data = public("data");
    let shown = printed(&["verify", &path, "--data-dir", &data]);
    assert!(shown.contains("changed after the lab wrote it"), "{shown}");
    let other = Exercise {
        title: "Another".to_owned(),
        ..class.exercise
    };
    let other = written("other.json", other.write().unwrap().as_bytes());
    let path = written("whole.cnnlab-result", text.as_bytes());
    let args = ["verify", &path, "--data-dir", &data, "--exercise", &other];
    let shown = printed(&args);
    assert!(shown.contains("not the one given out"), "{shown}");
}

#[test]
fn files_that_cannot_be_read_are_named_with_the_reason() {
    let class = Class::new();
    let file = class.hand_in(0).write().unwrap();
    let text = String::from_utf8(file.clone()).unwrap();
    let files = [
        ("cut.cnnlab-result", file[..file.len() / 2].to_vec()),
        ("photo.cnnlab-result", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("other.cnnlab-result", b"{\"a\": 1}".to_vec()),
        (
            "newer.cnnlab-result",
            text.replacen("\"cnn-lab-result\":1", "\"cnn-lab-result\":9", 1)
                .into_bytes(),
        ),
        (
            "newer-exercise.cnnlab-result",
            text.replacen("\"cnn-lab-exercise\":1", "\"cnn-lab-exercise\":9", 1)
                .into_bytes(),
        ),
        // Unpacks to more than any result file has.
        ("bomb.cnnlab-result", vec![b' '; (128 << 20) + 1]),
    ];
    let reasons = [
        "cut short",
        "not JSON",
        "not a result file",
        "newer version of the lab",
        "newer version of the lab",
        "at most 134217728",
    ];
    let files: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect();
    let zip = written("bad.zip", &zipped(&files));
    let text = printed(&["verify", &zip, "--json"]);
    let verdicts: Vec<Value> = serde_json::from_str(&text).unwrap();
    for ((verdict, reason), (name, _)) in verdicts.iter().zip(reasons).zip(&files) {
        let why = verdict["refused"].as_str().unwrap();
        assert!(why.contains(reason), "{name}: {why}");
    }
    let error = refused(&["verify", "no-such-file.cnnlab-result"]);
    assert!(error.contains("cannot be read"), "{error}");
    let path = written("no-exercise.json", b"{}");
    let error = refused(&["verify", &zip, "--exercise", &path]);
    assert!(error.contains("not an exercise"), "{error}");
}
