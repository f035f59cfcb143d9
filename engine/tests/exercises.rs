//! Exercises as documents and links: bounded, and with answers that are not read by accident.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::BTreeMap;

use engine::exercise::{
    Bound, Check, Drawing, Exercise, Found, Item, Quantity, Question, decode, encode, kinds, pure,
};
use engine::format::Experiment;
use engine::{Analysis, Shape, zoo};

fn item(check: Check) -> Item {
    Item { points: 2, check }
}

fn count(quantity: Quantity, bound: Bound) -> Check {
    Check::Count { quantity, bound }
}

fn exercise(checks: Vec<Check>) -> Exercise {
    Exercise {
        title: "Fewer parameters".to_owned(),
        text: "# Task\nMake it *smaller*.".to_owned(),
        start: Experiment::of(zoo::lenet5().unwrap()),
        checks: checks.into_iter().map(item).collect(),
    }
}

fn found(check: &Check) -> Found {
    let graph = zoo::lenet5().unwrap();
    let analysis = Analysis::of(&graph);
    pure(check, 0, &graph, &analysis, &BTreeMap::new()).unwrap()
}

#[test]
fn counts_are_those_that_are_known_of_lenet_5() {
    // 61,706 parameters of the usual form (156 + 2,416 + 48,120 + 10,164 + 850); five layers with
    // weights; two convolutions of 5×5 and two poolings of 2×2 before the third: 5 + 1 + 8 + 2 = 16.
    for (quantity, value) in [
        (Quantity::Parameters, 61_706),
        (Quantity::Depth, 5),
        (Quantity::ReceptiveField { node: None }, 16),
        (
            Quantity::Layers {
                layer: "conv".to_owned(),
            },
            2,
        ),
    ] {
        let at_most = count(quantity.clone(), Bound::AtMost(value));
        assert_eq!(found(&at_most), Found::Count { value }, "{quantity}");
        assert!(at_most.passes(&found(&at_most)));
        let below = count(quantity.clone(), Bound::AtMost(value - 1));
        assert!(!below.passes(&found(&below)));
        let above = count(quantity, Bound::AtLeast(value + 1));
        assert!(!above.passes(&found(&above)));
    }
    let output = Check::Output {
        shape: Shape::vector(10),
    };
    assert!(output.passes(&found(&output)));
    let missing = count(
        Quantity::ReceptiveField {
            node: Some("none".to_owned()),
        },
        Bound::AtLeast(1),
    );
    assert!(!missing.passes(&found(&missing)));
}

#[test]
fn every_check_survives_document_and_link() {
    let drawing = Drawing {
        width: 3,
        height: 2,
        ink: vec![0, 255, 7, 0, 0, 1],
    };
    let checks = vec![
        count(Quantity::Macs, Bound::AtMost(1_000_000)),
        count(Quantity::Memory, Bound::AtMost(1 << 20)),
        count(
            Quantity::Layers {
                layer: "max_pool".to_owned(),
            },
            Bound::AtMost(0),
        ),
        Check::Output {
            shape: Shape::new(1, 2, 3),
        },
        Check::Accuracy {
            data: "mnist".to_owned(),
            images: 500,
            seed: 3,
            least: 0.97,
        },
        Check::Reads {
            drawing: drawing.clone(),
            class: 7,
        },
        Check::Flips {
            drawing,
            epsilon: 0.1,
        },
        Check::Answer {
            question: Question::text("Why?", "Because it is small", "s"),
        },
    ];
    let exercise = exercise(checks);
    let document = exercise.write().unwrap();
    assert_eq!(Exercise::read(&document).unwrap(), exercise);
    let link = encode(&exercise).unwrap();
    assert_eq!(decode(&link).unwrap(), exercise);
    assert_eq!(decode(&format!(" {link}.\n")).unwrap(), exercise);
    assert!(!document.contains("Because it is small"));
    assert_eq!(exercise.points(), 16);
    let changed = Exercise {
        text: "Another".to_owned(),
        ..exercise.clone()
    };
    assert_ne!(changed.digest().unwrap(), exercise.digest().unwrap());
    for end in 0..link.len() {
        assert!(decode(&link[..end]).is_err(), "{end}");
    }
}

#[test]
fn answers_are_compared_as_people_write_them() {
    let choice = Question::choice("?", &["stride", "padding"], 0, "a");
    assert!(choice.is_right("stride") && !choice.is_right("padding") && !choice.is_right(""));
    let text = Question::text("?", "Dropout", "b");
    assert!(text.is_right(" dropout. ") && text.is_right("DROPOUT") && !text.is_right("drop out"));
    let number = Question::number("?", 61_706.0, 0.0, "c");
    assert!(number.is_right("61706") && number.is_right("61,706") && !number.is_right("61707"));
    for (right, tolerance) in [(0.5, 0.01), (-3.0, 1.0), (1e6, 500.0), (0.1, 0.05)] {
        let question = Question::number("?", right, tolerance, "d");
        for (factor, is_right) in [
            (0.0, true),
            (0.99, true),
            (-0.99, true),
            (1.0, true),
            (-1.0, true),
            (1.01, false),
            (-1.01, false),
            (3.0, false),
            (-2.0, false),
        ] {
            let answer = (right + factor * tolerance).to_string();
            assert_eq!(question.is_right(&answer), is_right, "{right} {answer}");
        }
    }
    // The same answer has another digest with another salt.
    let other = Question::text("?", "Dropout", "e");
    assert_ne!(text.key.digest, other.key.digest);
}

#[test]
fn what_is_no_exercise_is_refused_with_place_and_reason() {
    let document = exercise(vec![count(Quantity::Depth, Bound::AtLeast(1))])
        .write()
        .unwrap();
    let refused = |text: &str| Exercise::read(text).unwrap_err().to_string();
    let cases = [
        (document[..document.len() / 2].to_owned(), "not JSON"),
        ("{}".to_owned(), "cnn-lab-exercise"),
        (
            document.replace("\"cnn-lab-exercise\": 1", "\"cnn-lab-exercise\": 2"),
            "newer version",
        ),
        (document.replace("\"depth\"", "\"dept\""), "check 1"),
        (document.replace("\"count\"", "\"counts\""), "check 1"),
        (document.replace("\"conv\"", "\"konv\""), "node"),
        (
            document.replace("Fewer parameters", &"x".repeat(300)),
            "title",
        ),
    ];
    for (text, reason) in cases {
        assert_ne!(text, document, "{reason}");
        let why = refused(&text);
        assert!(why.contains(reason), "{reason}: {why}");
    }
    let kind = exercise(vec![count(
        Quantity::Layers {
            layer: "convv".to_owned(),
        },
        Bound::AtLeast(1),
    )]);
    let why = refused(&kind.write().unwrap());
    assert!(why.contains("convv") && why.contains("“conv”"), "{why}");
    let drawing = document.replace(
        "\"checks\": [",
        "\"checks\": [{\"points\": 1, \"check\": \"reads\", \"class\": 1, \"drawing\": {\"width\": \
         400, \"height\": 400, \"ink\": \"AwA\"}},",
    );
    assert!(refused(&drawing).contains("pixels"));
    let many = exercise(vec![count(Quantity::Depth, Bound::AtLeast(1)); 51]);
    assert!(refused(&many.write().unwrap()).contains("limit is 50"));
    assert!(kinds().contains(&"global_pool".to_owned()));
}
