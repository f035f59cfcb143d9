//! Trainings as folders for other engines. What PyTorch computes of them is compared outside CI
//! (`tests/outside/handover.py`).
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use std::collections::{BTreeSet, HashMap};

use command::{printed, public, refused, temporary};
use engine::checkpoint::{Header, Weights, parameters};
use engine::compress::quantise::Width;
use engine::data::{DataSet, Labelled, Split};
use engine::export::handover::{Data, Handover, HandoverError, data_files, handover, trained};
use engine::train::{Adversarial, Initialisation, Length, Settings, SettingsFile, Task};
use engine::{Graph, Shape, zoo};
use serde_json::Value;

/// Grey images, every fourth for the test only.
fn set() -> DataSet {
    let shape = Shape::new(1, 28, 28);
    let mut set = DataSet::new(shape, 10).unwrap();
    for place in 0..400_u16 {
        let images = Labelled {
            shape,
            pixels: vec![(place % 251) as u8; 28 * 28],
            labels: vec![place % 10],
        };
        set.append(&images, place % 4 == 3).unwrap();
    }
    set
}

fn weights(graph: &Graph) -> Weights {
    let mut weights = Weights::default();
    for parameter in parameters(graph) {
        let count = parameter.count();
        weights.push(parameter, vec![0.25; count]);
    }
    weights
}

fn task() -> Task {
    Task {
        settings: Settings {
            seed: u64::MAX,
            length: Length::Steps(20),
            initialisation: Some(Initialisation::HeNormal),
            ..Settings::default()
        },
        split: Split {
            validation: 0.2,
            ..Split::default()
        },
        ..Task::default()
    }
}

fn handed(graph: &Graph, task: &Task) -> Result<Handover, HandoverError> {
    let set = set();
    let data = Data::of("a set", &set);
    handover(graph, &weights(graph), Vec::new(), task, Some(data))
}

fn files(made: &Handover) -> HashMap<&str, &[u8]> {
    let files = made.files.iter();
    files
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect()
}

fn lenet() -> Graph {
    trained(&zoo::build("lenet-5", &zoo::Options::default()).unwrap())
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn the_settings_are_those_of_the_task() {
    let made = handed(&lenet(), &task()).unwrap();
    let read = SettingsFile::read(files(&made)["settings.json"]).unwrap();
    // The weights are drawn already.
    let settings = Settings {
        initialisation: None,
        ..task().settings
    };
    assert_eq!((read.settings, read.split), (settings, Some(task().split)));
}

#[test]
fn the_recipe_names_each_parameter_as_the_weights_and_the_lab_do() {
    let graph = lenet();
    let frozen = graph.named("C1").unwrap().id;
    let mut task = task();
    task.settings.frozen = vec![frozen];
    let made = handed(&graph, &task).unwrap();
    let recipe = json(files(&made)["recipe.json"]);
    let names = |key: &str| -> BTreeSet<String> {
        let all = recipe["parameters"].as_array().unwrap().iter();
        all.map(|it| it[key].as_str().unwrap().to_owned()).collect()
    };
    let stored = |name: &str| -> BTreeSet<String> {
        let header = Header::of_file(files(&made)[name]).unwrap();
        header.tensors.into_iter().map(|it| it.name).collect()
    };
    assert_eq!(names("name"), stored("weights.safetensors"));
    let of_lab: BTreeSet<String> = parameters(&graph).into_iter().map(|it| it.name).collect();
    assert_eq!(names("lab"), of_lab);
    for entry in recipe["parameters"].as_array().unwrap() {
        let name = entry["lab"].as_str().unwrap();
        assert_eq!(entry["trained"], !name.starts_with("C1."), "{name}");
        assert_eq!(entry["decays"], name.ends_with(".weight"), "{name}");
    }
}

#[test]
fn the_order_is_of_the_training_images_and_counts_no_test_image() {
    let made = handed(&lenet(), &task()).unwrap();
    let order = json(files(&made)["order.json"]);
    let set = set();
    let training = set.split(&task().split).training;
    assert_eq!(order["images"], 300);
    assert_eq!(order["training"], training.len());
    let kept: Vec<u32> = (0..400).filter(|image| image % 4 != 3).collect();
    let numbers = |epoch: &Value| -> Vec<u32> {
        let places = epoch["places"].as_array().unwrap().iter();
        places
            .map(|it| kept[it.as_u64().unwrap() as usize])
            .collect()
    };
    let mut seen = Vec::new();
    for epoch in order["epochs"].as_array().unwrap() {
        let images = numbers(epoch);
        let labels = epoch["labels"].as_array().unwrap().iter();
        let labels: Vec<u64> = labels.map(|it| it.as_u64().unwrap()).collect();
        let wanted: Vec<u64> = images.iter().map(|it| u64::from(it % 10)).collect();
        assert_eq!(labels, wanted);
        // The lab's own shuffle of the whole epoch begins so.
        let mut all = training.clone();
        task()
            .settings
            .order(&mut all, epoch["epoch"].as_u64().unwrap() as u32);
        assert!(all.starts_with(&images));
        let mut sorted = all.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, training);
        seen.push(images);
    }
    assert_ne!(seen[0], seen[1]);
}

#[test]
fn the_folder_has_both_programs_without_gaps() {
    let made = handed(&lenet(), &task()).unwrap();
    let files = files(&made);
    for name in [
        "README.md",
        "network.json",
        "network.py",
        "lab.py",
        "train.py",
        "burn/Cargo.toml",
        "burn/src/main.rs",
        "burn/src/lab.rs",
        "burn/src/network.rs",
        "burn/weights.safetensors",
    ] {
        assert!(files.contains_key(name), "{name}");
    }
    let text = |name: &str| std::str::from_utf8(files[name]).unwrap();
    assert!(!text("network.py").contains("Softmax"), "the loss has it");
    let main = text("burn/src/main.rs");
    for gap in ["{CLASS}", "{DIMS}", "{INPUT}", "{LOGITS}"] {
        assert!(!main.contains(gap), "{gap}");
    }
    assert!(main.contains("use network::LeNet5;") || main.contains("use network::{LeNet5};"));
    assert!(text("README.md").contains("torchrun --nproc-per-node"));
}

#[test]
fn what_only_the_lab_does_is_refused_with_what_to_do_instead() {
    type Change = fn(&mut Settings);
    let changes: [(Change, &str); 3] = [
        (|it| it.length = Length::Seconds(5.0), "epochs or steps"),
        (
            |it| it.adversarial = Some(Adversarial::default()),
            "turn it off",
        ),
        (|it| it.quantised = Some(Width::Int8), "quantise the result"),
    ];
    for (change, instead) in changes {
        let mut task = task();
        change(&mut task.settings);
        let why = handed(&lenet(), &task).unwrap_err().to_string();
        assert!(why.contains(instead), "{why}");
    }
}

#[test]
fn what_burn_lacks_leaves_pytorch_and_is_said() {
    // LeNet-5 as published has subsampling with coefficients.
    let graph = trained(&zoo::build("lenet-5-1998", &zoo::Options::default()).unwrap());
    let made = handed(&graph, &task()).unwrap();
    assert!(!files(&made).contains_key("burn/Cargo.toml"));
    assert!(
        made.notes
            .iter()
            .any(|it| it.contains("burn") && it.contains("S2")),
        "{:?}",
        made.notes
    );
}

#[test]
fn the_images_come_back_out_of_the_folder() {
    let set = set();
    let data = Data::of("a set", &set);
    let made = data_files(data, |it| set.image(it).map(<[u8]>::to_vec)).unwrap();
    let folder = temporary("handed-data");
    for (name, bytes) in &made {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    // As `cnnlab train` reads it: 300 images and 100 for the test.
    let folder = folder.to_str().unwrap();
    let text = printed(&[
        "train",
        "--arch",
        "lenet-5",
        "--data",
        "data",
        "--data-dir",
        folder,
        "--plain",
        "--steps",
        "1",
    ]);
    assert!(
        text.contains("400 images") && text.contains("of 100 images"),
        "{text}"
    );
}

#[test]
fn the_command_writes_the_folder_and_refuses_another_head() {
    let out = temporary("handed");
    let (path, data) = (out.to_str().unwrap(), public("data"));
    let start = [
        "handover",
        "lenet-5",
        "--data-dir",
        &data,
        "--limit",
        "200",
        "--steps",
        "20",
    ];
    let told = printed(&[&start[..], &["--out", path, "--json", "--plain"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["task"]["settings"]["length"]["steps"], 20);
    for name in told["files"].as_array().unwrap() {
        assert!(out.join(name.as_str().unwrap()).is_file(), "{name}");
    }
    let wrong = [&start[..], &["--classes", "7", "--out", path]].concat();
    assert!(refused(&wrong).contains("--repair-head"));
    for (options, why) in [
        (["--steps", "0"], "step"),
        (["--seconds", "5"], "epochs or steps"),
    ] {
        let args = ["handover", "lenet-5", "--data-dir", &data, "--out", path];
        let told = refused(&[&args[..], &options].concat());
        assert!(told.contains(why), "{told}");
    }
}
