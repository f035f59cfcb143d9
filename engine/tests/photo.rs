//! A photo becomes a network's input byte for byte as Pillow would make it.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::Shape;
use engine::data::{ChannelOrder, PhotoError, PhotoStep, Preparation, prepare_photo};
use serde::Deserialize;

/// What `photo/make_vectors.py` wrote.
#[derive(Deserialize)]
struct Case {
    seed: u32,
    width: usize,
    height: usize,
    opaque: bool,
    crop: f32,
    channels: u32,
    side: u32,
    levels: String,
}

/// Leaves the levels as they are.
const LEVELS: Preparation = Preparation {
    crop: 1.0,
    order: ChannelOrder::Rgb,
    mean: [0.0; 3],
    scale: [1.0; 3],
};

/// The script's generator.
fn pixels(case: &Case) -> Vec<u8> {
    let mut state = case.seed;
    let mut byte = |at: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if case.opaque && at % 4 == 3 {
            255
        } else {
            (state >> 24) as u8
        }
    };
    (0..case.width * case.height * 4).map(&mut byte).collect()
}

/// Hexadecimal levels, channels innermost, as values with channels outermost.
fn planes(levels: &str, channels: usize) -> Vec<f32> {
    let level = |at: usize| f32::from(u8::from_str_radix(&levels[2 * at..][..2], 16).unwrap());
    let count = levels.len() / 2;
    let plane = |channel| (channel..count).step_by(channels).map(level);
    (0..channels).flat_map(plane).collect()
}

#[test]
fn crop_luma_transparency_and_resampling_are_pillow_s_to_the_last_level() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("photo/vectors.json")).unwrap();
    assert!(cases.len() >= 8);
    for case in cases {
        let preparation = Preparation {
            crop: case.crop,
            ..LEVELS
        };
        let target = Shape::new(case.channels, case.side, case.side);
        let photo = prepare_photo(&pixels(&case), case.width, case.height, preparation, target);
        let wanted = planes(&case.levels, case.channels as usize);
        assert_eq!(photo.unwrap().input, wanted, "seed {}", case.seed);
    }
}

/// One pixel of these levels, opaque, as the input of a network.
fn one(rgb: [u8; 3], preparation: Preparation, channels: u32) -> Vec<f32> {
    let rgba = [rgb[0], rgb[1], rgb[2], 255];
    let target = Shape::new(channels, 1, 1);
    prepare_photo(&rgba, 1, 1, preparation, target)
        .unwrap()
        .input
}

#[test]
fn the_default_is_torchvision_s_normalisation() {
    // (1 − 0.485) / 0.229, (0 − 0.456) / 0.224, (0.2 − 0.406) / 0.225: 51 is a fifth of 255.
    let wanted = [2.248_908_3, -2.035_714_3, -0.915_555_6];
    for (got, wanted) in one([255, 0, 51], Preparation::default(), 3)
        .iter()
        .zip(wanted)
    {
        assert!((got - wanted).abs() < 1e-5, "{got} {wanted}");
    }
}

#[test]
fn blue_first_swaps_the_colours_and_their_means_with_them() {
    let caffe = Preparation {
        order: ChannelOrder::Bgr,
        mean: [100.0, 50.0, 10.0],
        ..LEVELS
    };
    assert_eq!(one([101, 52, 13], caffe, 3), [3.0, 2.0, 1.0]);
}

#[test]
fn other_channel_counts_get_the_luma_in_every_channel() {
    // (19595 · 200 + 38470 · 100 + 7471 · 50 + 32768) / 65536 = 124.7…: 124.
    for channels in [1, 2, 4, 7] {
        let wanted = vec![124.0; channels as usize];
        assert_eq!(one([200, 100, 50], LEVELS, channels), wanted);
    }
}

#[test]
fn a_wide_input_takes_a_wide_crop_from_the_middle() {
    // 8×4 for an input of 2×4 (height × width) and half kept: 2 rows of 4 pixels, as they are.
    let level = |x: usize, y: usize| (10 * y + x) as u8;
    let at = |at: usize| [level(at % 8, at / 8); 3];
    let rgba: Vec<u8> = (0..32)
        .flat_map(|n| [at(n)[0], at(n)[1], at(n)[2], 255])
        .collect();
    let half = Preparation {
        crop: 0.5,
        ..LEVELS
    };
    let photo = prepare_photo(&rgba, 8, 4, half, Shape::new(1, 2, 4)).unwrap();
    assert_eq!(
        photo.input,
        [12.0, 13.0, 14.0, 15.0, 22.0, 23.0, 24.0, 25.0]
    );
}

#[test]
fn steps_are_in_order_and_fit_the_screen() {
    let rgba = vec![90; 700 * 500 * 4];
    let photo = prepare_photo(&rgba, 700, 500, LEVELS, Shape::new(3, 224, 224)).unwrap();
    let steps: Vec<PhotoStep> = photo.steps.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, PhotoStep::ALL);
    for (step, picture) in &photo.steps {
        assert_eq!((picture.width, picture.height), (128, 128), "{step:?}");
        assert_eq!(picture.levels.len(), 128 * 128 * 3, "{step:?}");
    }
}

#[test]
fn a_photo_of_more_than_forty_megapixels_is_taken() {
    let (width, height) = (6400, 7000);
    let rgba = [90, 90, 90, 255].repeat(width * height);
    let photo = prepare_photo(&rgba, width, height, LEVELS, Shape::new(3, 8, 8)).unwrap();
    assert_eq!(photo.input, vec![90.0; 3 * 8 * 8]);
}

#[test]
fn data_that_is_not_a_photo_is_refused_with_a_message() {
    let target = Shape::new(3, 4, 4);
    let refused = |bytes: usize, width, height, preparation, target| {
        let rgba = vec![0; bytes];
        prepare_photo(&rgba, width, height, preparation, target).unwrap_err()
    };
    let empty = refused(0, 0, 5, LEVELS, target);
    assert!(matches!(empty, PhotoError::Empty { .. }), "{empty}");
    let short = refused(15, 2, 2, LEVELS, target);
    assert!(short.to_string().contains("16 bytes, but 15"), "{short}");
    let large = refused(0, 11_000, 10_001, LEVELS, target);
    assert!(large.to_string().contains("110.0 megapixels"), "{large}");
    let huge = refused(0, usize::MAX, usize::MAX, LEVELS, target);
    assert!(matches!(huge, PhotoError::Large { .. }), "{huge}");
    for crop in [0.0, -1.0, 1.1, f32::NAN] {
        let error = refused(4, 1, 1, Preparation { crop, ..LEVELS }, target);
        assert!(matches!(error, PhotoError::Crop(_)), "{error}");
    }
    let flat = Preparation {
        scale: [1.0, 0.0, 1.0],
        ..LEVELS
    };
    assert_eq!(refused(4, 1, 1, flat, target), PhotoError::Normalise);
    let none = Shape::new(3, 0, 4);
    assert_eq!(refused(4, 1, 1, LEVELS, none), PhotoError::Target(none));
}

#[test]
fn the_longest_thin_photo_is_prepared_too() {
    let rgba = vec![7; 1_000_000 * 4];
    for (width, height) in [(1_000_000, 1), (1, 1_000_000)] {
        let photo = prepare_photo(&rgba, width, height, LEVELS, Shape::new(3, 8, 8));
        assert_eq!(photo.unwrap().input.len(), 3 * 64);
    }
}
