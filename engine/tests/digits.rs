//! Digits as people send them: photos, scans, screenshots. The right digits are MNIST's labels.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod rendered;

use std::path::Path;

use engine::Shape;
use engine::data::{
    DigitNote, Means, PreparedDigit, PreparedPicture, Recipe, Step, prepare, prepare_picture,
};
use engine::run::{Network, cpu, read_weights};
use engine::zoo;
use pollster::block_on;

use rendered::blanks::BLANKS;
use rendered::kinds::{KINDS, two_digits};
use rendered::{Mnist, Random, Sent, at_random};

const LENET: Shape = Shape::new(1, 32, 32);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn lenet() -> Network {
    let mut network = Network::seeded(zoo::lenet5().unwrap(), 0, &cpu()).unwrap();
    let file = root().join("../public/models/lenet-5.safetensors");
    read_weights(&mut network, &std::fs::read(file).unwrap()).unwrap();
    network
}

fn prepared(sent: &Sent, drawing: Recipe) -> PreparedDigit {
    let means = Means {
        drawing,
        ..Means::default()
    };
    match prepare_picture(&sent.rgba, sent.width, sent.height, means, LENET).unwrap() {
        PreparedPicture::Digit(digit) => digit,
        PreparedPicture::Photo(_) => panic!("LeNet-5 takes drawings"),
    }
}

fn answer(network: &Network, input: &[f32]) -> u8 {
    let output = network.graph().output();
    let values = block_on(network.trace(input, &[output])).unwrap().values;
    let classes = values[0].iter().enumerate();
    classes
        .max_by(|one, other| one.1.total_cmp(other.1))
        .unwrap()
        .0 as u8
}

/// The digit that is read, if one is found.
fn read(network: &Network, sent: &Sent) -> Option<u8> {
    let digit = prepared(sent, Recipe::default());
    (digit.note != Some(DigitNote::NoDigit)).then(|| answer(network, &digit.input))
}

#[test]
fn digits_of_every_kind_are_read() {
    let (network, mnist) = (lenet(), Mnist::test("00"));
    let mut random = Random(7);
    for (kind, make) in KINDS {
        let digits = mnist.digits(1).into_iter().zip(0..);
        let right = digits
            .filter(|(image, digit)| read(&network, &make(image, &mut random)) == Some(*digit))
            .count();
        assert!(right >= 8, "{kind}: {right} of 10");
        assert!(
            right >= 9 || *kind != "corner",
            "the control: {right} of 10"
        );
    }
}

#[test]
fn mnist_s_test_images_are_read_from_any_paper_ink_and_light() {
    let (network, mnist) = (lenet(), Mnist::test("00"));
    let mut random = Random(2026);
    let right = (0..500)
        .filter(|&index| {
            let (image, label) = mnist.get(index);
            read(&network, &at_random(image, &mut random)) == Some(label)
        })
        .count();
    assert!(right >= 450, "{right} of 500");
}

#[test]
fn a_picture_without_a_digit_has_none() {
    let mut random = Random(3);
    for (kind, make) in BLANKS {
        let note = prepared(&make(&mut random), Recipe::default()).note;
        assert_eq!(note, Some(DigitNote::NoDigit), "{kind}");
    }
}

#[test]
fn an_mnist_image_is_prepared_as_its_own_pixels() {
    let mnist = Mnist::test("00");
    for index in 0..1000 {
        let (image, _) = mnist.get(index);
        let sent = Sent {
            width: 28,
            height: 28,
            rgba: image
                .iter()
                .flat_map(|&level| [level, level, level, 255])
                .collect(),
        };
        let wanted = prepare(image, 28, 28, Recipe::default(), LENET)
            .unwrap()
            .input;
        let got = prepared(&sent, Recipe::default()).input;
        let most = got
            .iter()
            .zip(&wanted)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(most < 0.005, "image {index}: {most}");
    }
}

#[test]
fn of_several_digits_the_largest_is_read_and_a_note_says_so() {
    let (network, mnist) = (lenet(), Mnist::test("00"));
    let digits = mnist.digits(0);
    let sent = two_digits(digits[2], digits[7]);
    let digit = prepared(&sent, Recipe::default());
    assert_eq!(digit.note, Some(DigitNote::Several(2)));
    assert_eq!(answer(&network, &digit.input), 2);
    let note = digit.note.unwrap().to_string();
    assert!(
        note.contains("2 separate shapes") && note.contains("largest"),
        "{note}"
    );
}

#[test]
fn strokes_of_a_five_that_do_not_touch_stay_together() {
    let sent = rendered::kinds::five_in_two_strokes();
    let digit = prepared(&sent, Recipe::default());
    assert_eq!(digit.note, None);
    assert_eq!(answer(&lenet(), &digit.input), 5);
}

#[test]
fn every_step_has_a_picture_and_a_switch() {
    let mnist = Mnist::test("00");
    // Red ink in a shadow's edge, with specks and a second digit.
    let sent = two_digits(mnist.digits(0)[2], mnist.digits(0)[7]);
    let all = prepared(&sent, Recipe::default());
    let steps: Vec<Step> = all.steps.iter().map(|(step, _)| *step).collect();
    let wanted = [&Step::OF_PHOTO[1..], &Step::OF_DRAWING].concat();
    assert_eq!(steps, wanted);
    let usual = Recipe::default();
    for (step, without) in [
        (
            Step::Paper,
            Recipe {
                paper: false,
                ..usual
            },
        ),
        (
            Step::Ink,
            Recipe {
                colour: false,
                ..usual
            },
        ),
        (
            Step::Largest,
            Recipe {
                largest: false,
                ..usual
            },
        ),
        (
            Step::Strengthen,
            Recipe {
                strengthen: false,
                ..usual
            },
        ),
    ] {
        let other = prepared(&sent, without);
        let changed = match step {
            Step::Paper => other.paper != all.paper,
            step => {
                let picture = |of: &PreparedDigit| of.steps.iter().find(|it| it.0 == step).cloned();
                picture(&other) != picture(&all)
            }
        };
        assert!(changed, "{step:?} changes nothing");
    }
}

/// The files that were found to fail, by the digit in their name.
#[test]
fn the_found_pictures_are_read_as_the_control_is() {
    let network = lenet();
    let mut right = std::collections::BTreeMap::<String, u32>::new();
    for entry in std::fs::read_dir(root().join("tests/data/digits")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (digit, kind) = name[1..].split_once('_').unwrap();
        let photo = image::open(&path).unwrap().into_rgba8();
        let sent = Sent {
            width: photo.width() as usize,
            height: photo.height() as usize,
            rgba: photo.into_raw(),
        };
        let is_right = read(&network, &sent) == digit.parse().ok();
        *right.entry(kind.to_owned()).or_default() += u32::from(is_right);
    }
    // The 3 is one that the network reads as an 8 whatever way it comes.
    assert!(right["corner"] >= 4, "{right:?}");
    assert!(
        right.values().all(|&of| of * 10 >= right["corner"] * 8),
        "{right:?}"
    );
}
