//! The shipped weights: the list is that of the files.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::path::{Path, PathBuf};

use engine::zoo::{self, Classes, Options, PRETRAINED};

fn public(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../public")
        .join(file)
}

#[test]
fn every_listed_file_is_there_with_the_listed_size() {
    for it in PRETRAINED {
        let size = std::fs::metadata(public(it.file)).unwrap().len();
        assert_eq!(size, it.bytes, "{}", it.file);
    }
}

#[test]
fn every_listed_network_is_in_the_catalogue_and_answers_with_its_classes() {
    for it in PRETRAINED {
        assert_eq!(it.title, zoo::entry(it.network).unwrap().title);
        let graph = zoo::build(it.network, &Options::default()).unwrap();
        let analysis = engine::Analysis::of(&graph);
        let answer = analysis.node(graph.output()).unwrap().shape.unwrap();
        assert_eq!(
            answer.elements() as usize,
            it.classes.count(),
            "{}",
            it.network
        );
    }
}

#[test]
fn every_class_has_one_name_from_the_program_or_from_a_file() {
    for classes in [Classes::Digits, Classes::Fashion, Classes::ImageNet] {
        let count = match (classes.names(), classes.file()) {
            (Some(names), None) => names.len(),
            (None, Some(file)) => {
                let names = std::fs::read_to_string(public(file)).unwrap();
                assert!(names.lines().all(|name| !name.trim().is_empty()), "{file}");
                names.lines().count()
            }
            (Some(_), Some(_)) | (None, None) => panic!("{classes:?}: names from one place"),
        };
        assert_eq!(count, classes.count(), "{classes:?}");
    }
}
