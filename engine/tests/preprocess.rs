//! MNIST is the measure of its own recipe: an image enlarged ten times is a drawing on the pad,
//! and the recipe must give the image back.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::fs;
use std::path::Path;

use engine::Shape;
use engine::data::{MNIST_MEAN, MNIST_STD, Picture, Placement, Recipe, Step, prepare, read_images};
use engine::zoo;

const LENET: Shape = Shape::new(1, 32, 32);
const ENLARGED: usize = 10;

fn mnist() -> engine::data::Images {
    images("mnist")
}

fn images(set: &str) -> engine::data::Images {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../public/data")
        .join(set);
    read_images(&fs::read(path.join("test-00-images.idx3.gz")).unwrap()).unwrap()
}

/// Each pixel as a square of ink on the pad.
fn drawn(image: &[u8]) -> Vec<u8> {
    let side = 28 * ENLARGED;
    (0..side * side)
        .map(|at| image[at / side / ENLARGED * 28 + at % side / ENLARGED])
        .collect()
}

fn step(steps: &[(Step, Picture)], wanted: Step) -> &Picture {
    &steps.iter().find(|(step, _)| *step == wanted).unwrap().1
}

#[test]
fn the_recipe_gives_mnist_back_from_enlarged_digits() {
    let images = mnist();
    let mut same = 0;
    for index in 0..images.len() {
        let image = images.get(index).unwrap();
        let side = 28 * ENLARGED;
        let prepared = prepare(&drawn(image), side, side, Recipe::default(), LENET).unwrap();
        let centred = step(&prepared.steps, Step::Centre);
        assert_eq!((centred.width, centred.height), (28, 28));
        let differs = |(got, wanted): (&f32, &u8)| (got * 255.0 - f32::from(*wanted)).abs() > 0.5;
        same += usize::from(!centred.values.iter().zip(image).any(differs));
    }
    // MNIST itself has a few digits whose longer side is not 20: 3 in the 10,000 of the test set.
    assert!(
        same >= images.len() - 3,
        "only {same} of {} came back",
        images.len()
    );
}

/// The network for clothes was trained on its pictures as they are, in a margin of paper.
#[test]
fn clothes_reach_their_network_as_they_are() {
    let images = images("fashion-mnist");
    let recipe = zoo::recipe(Some("lenet-5-fashion"));
    assert_eq!(zoo::recipe(Some("lenet-5")), Recipe::default());
    let side = 28 * ENLARGED;
    for index in 0..20 {
        let image = images.get(index).unwrap();
        let prepared = prepare(&drawn(image), side, side, recipe, LENET).unwrap();
        for (at, &got) in prepared.input.iter().enumerate() {
            let (row, column) = (at / 32, at % 32);
            let inside = (2..30).contains(&row) && (2..30).contains(&column);
            let ink = if inside {
                image[(row - 2) * 28 + column - 2]
            } else {
                0
            };
            let wanted = (f32::from(ink) / 255.0 - MNIST_MEAN) / MNIST_STD;
            assert!(
                (got - wanted).abs() < 1e-4,
                "{index}, {at}: {got}, {wanted}"
            );
        }
    }
}

#[test]
fn the_input_is_normalised_with_mnist_s_mean_and_deviation_and_surrounded_with_paper() {
    let mut ink = vec![0; 100 * 100];
    ink[40 * 100 + 40] = 255;
    let input = prepare(&ink, 100, 100, Recipe::default(), LENET)
        .unwrap()
        .input;
    assert_eq!(input.len(), 32 * 32);
    let paper = (0.0 - MNIST_MEAN) / MNIST_STD;
    let border = (0..32).flat_map(|at| [at, 31 * 32 + at, at * 32, at * 32 + 31]);
    for at in border {
        assert!((input[at] - paper).abs() < 1e-6, "at {at}: {}", input[at]);
    }
}

#[test]
fn a_digit_keeps_its_aspect_and_its_ink_wherever_and_however_large_it_is_drawn() {
    for (left, top, width, height) in [(3, 5, 40, 80), (150, 60, 100, 200), (0, 0, 280, 280)] {
        let mut ink = vec![0; 280 * 280];
        for y in top..top + height {
            ink[y * 280 + left..y * 280 + left + width].fill(255);
        }
        let prepared = prepare(&ink, 280, 280, Recipe::default(), LENET).unwrap();
        let fitted = step(&prepared.steps, Step::Fit);
        assert_eq!(
            (fitted.width, fitted.height),
            (20 * width / width.max(height), 20)
        );
        assert!(
            fitted.values.iter().all(|value| (value - 1.0).abs() < 1e-5),
            "ink was lost"
        );
    }
}

#[test]
fn blank_paper_gives_a_blank_input() {
    let prepared = prepare(&[0; 64], 8, 8, Recipe::default(), LENET).unwrap();
    let paper = (0.0 - MNIST_MEAN) / MNIST_STD;
    assert!(
        prepared
            .input
            .iter()
            .all(|value| (value - paper).abs() < 1e-6)
    );
}

#[test]
fn every_combination_of_switches_fits_every_network() {
    let mut ink = vec![0; 60 * 90];
    ink[30 * 60..31 * 60].fill(200);
    for switches in 0..32 {
        let on = |bit: i32| switches >> bit & 1 == 1;
        let [crop, fit, centre, pad, normalise] = [on(0), on(1), on(2), on(3), on(4)];
        let recipe = Recipe {
            crop,
            fit,
            centre,
            pad,
            normalise,
            ..Recipe::default()
        };
        for shape in [
            LENET,
            Shape::new(1, 28, 28),
            Shape::new(3, 224, 224),
            Shape::new(1, 5, 9),
        ] {
            let prepared = prepare(&ink, 60, 90, recipe, shape).unwrap();
            assert_eq!(prepared.input.len() as u64, shape.elements());
            assert!(prepared.input.iter().all(|value| value.is_finite()));
        }
    }
}

#[test]
fn a_drawing_of_the_wrong_length_or_size_is_refused_with_its_numbers() {
    let error = prepare(&[0; 10], 4, 4, Recipe::default(), LENET)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("4×4") && error.contains("16") && error.contains("10"),
        "{error}"
    );
    assert!(prepare(&[], 0, 4, Recipe::default(), LENET).is_err());
    assert!(prepare(&[], 5000, 0, Recipe::default(), LENET).is_err());
}

/// Of an enlarged MNIST image that the recipe gives back, pixel (r, c) of the 28×28 image is the
/// square of 10×10 at (10r, 10c) of the drawing, and stands at (r + 2, c + 2) of LeNet-5's input.
#[test]
fn a_pixel_of_the_input_is_found_on_the_drawing() {
    let images = mnist();
    let (side, recipe) = (28 * ENLARGED, Recipe::default());
    let mut same = 0;
    for index in 0..200 {
        let image = images.get(index).unwrap();
        let ink = drawn(image);
        let prepared = prepare(&ink, side, side, recipe, LENET).unwrap();
        let given = step(&prepared.steps, Step::Centre);
        let back = Picture::from_bytes(28, 28, image);
        let mut pairs = given.values.iter().zip(&back.values);
        if !pairs.all(|(given, own)| (given - own).abs() < 0.5 / 255.0) {
            continue;
        }
        same += 1;
        let placement = Placement::of(&ink, [side, side], recipe, LENET).unwrap();
        for (place, wanted) in [(2.0, 0.0), (12.0, 100.0), (30.0, 280.0)] {
            for axis in 0..2 {
                let got = placement.at(axis, place);
                assert!(
                    (got - wanted).abs() < 1e-6,
                    "image {index}: {got} is {wanted}"
                );
            }
        }
    }
    assert!(same > 100, "{same} images came back");
}

#[test]
fn without_its_steps_the_recipe_stretches_the_whole_drawing() {
    let recipe = Recipe {
        crop: false,
        fit: false,
        centre: false,
        pad: false,
        ..Recipe::default()
    };
    let mut ink = vec![0; 40 * 60];
    ink[100] = 255;
    let placement = Placement::of(&ink, [40, 60], recipe, LENET).unwrap();
    assert_eq!([placement.at(0, 32.0), placement.at(1, 32.0)], [40.0, 60.0]);
    assert_eq!([placement.at(0, 0.0), placement.at(1, 0.0)], [0.0, 0.0]);
    let blank = vec![0; 40 * 60];
    assert_eq!(Placement::of(&blank, [40, 60], recipe, LENET), None);
}
