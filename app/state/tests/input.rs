//! The pad, photos and sources.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use common::lenet;
use engine::format::experiment::Settings;
use engine::format::{Experiment, json, share};
use reactive_graph::traits::GetUntracked;
use state::document::History;
use state::input::{DataSet, Gallery, Photo, SAMPLES, Sample, Source};

/// `count` images of one grey level each, with labels 0, 1, 2, …
fn gallery(count: u8) -> Gallery {
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28];
    images.extend((0..count).flat_map(|level| [level; 784]));
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, count];
    labels.extend(0..count);
    Gallery::read(DataSet::Mnist, &images, &labels).unwrap()
}

const fn sample(index: usize) -> Sample {
    Sample {
        set: DataSet::Mnist,
        index,
    }
}

fn photo(number: u64) -> Photo {
    Photo {
        number,
        name: "mine.png".into(),
        stem: None,
        original: (1, 1),
        turned: false,
        width: 1,
        height: 1,
        rgba: vec![1, 2, 3, 255],
    }
}

#[test]
fn a_stroke_on_a_test_image_clears_it_and_undo_restores_it() {
    let page = lenet();
    let input = page.state.input;
    assert!(!input.show_sample(sample(1)), "it has not come");
    input.put_gallery(DataSet::Mnist, gallery(3));
    assert!(input.show_sample(sample(1)));
    assert_eq!(input.sample().get_untracked(), Some(sample(1)));
    assert!(!input.is_drawn());
    let (_, _, fresh) = input.begin_stroke((10.0, 10.0));
    assert!(fresh && input.is_drawn());
    assert_eq!(input.sample().get_untracked(), None);
    let mut segments = 0;
    assert!(input.extend_stroke([(20.0, 10.0), (30.0, 10.0)].into_iter(), |_| segments += 1));
    assert_eq!(segments, 2);
    assert!(input.undo());
    assert_eq!(input.sample().get_untracked(), Some(sample(1)));
    assert!(input.undo() && !input.can_undo().get_untracked());
    assert!(!input.undo());
}

#[test]
fn the_pen_has_limits() {
    let page = lenet();
    page.state.input.set_thickness(1e9);
    assert_eq!(page.state.input.thickness().get_untracked(), 40.0);
    page.state.input.set_thickness(-1.0);
    assert_eq!(page.state.input.thickness().get_untracked(), 8.0);
}

#[test]
fn a_test_image_that_loads_late_does_not_replace_a_drawing() {
    let page = lenet();
    let mut experiment = Experiment::of(page.graph());
    experiment.settings.input.pad = engine::format::experiment::Pad::Mnist(2);
    page.state
        .put_experiment(&experiment, History::default(), None);
    let wanted = page.state.put_input(&experiment.settings.input);
    assert_eq!(wanted.sample, Some(sample(2)));
    let input = page.state.input;
    assert!(!input.is_settled(), "blank paper is not what is meant");
    input.begin_stroke((10.0, 10.0));
    assert_eq!(input.settle_sample(sample(2), true), Some(false));
    assert_eq!(
        input.settle_sample(sample(2), true),
        None,
        "it is awaited no longer"
    );
    assert!(input.is_settled());
}

#[test]
fn of_several_photos_the_last_requested_one_is_used() {
    let page = lenet();
    let input = page.state.input;
    let first = input.begin_photo(Some("coffee"));
    assert_eq!(input.shipped_photo(), Some("coffee"), "it is on its way");
    let second = input.begin_photo(None);
    assert!(!input.end_photo(first, Some(photo(first))));
    assert!(input.reading().get_untracked());
    assert!(input.end_photo(second, Some(photo(second))));
    assert!(!input.reading().get_untracked());
    assert_eq!(input.own_photo(), Some(second));
    let third = input.begin_photo(None);
    assert!(input.end_photo(third, None), "it cannot be read");
    assert_eq!(input.own_photo(), Some(second), "the one before stays");
}

/// The frames of a live picture have one photo's number, but an engine must be sent each of them.
#[test]
fn each_frame_of_a_live_picture_is_another_picture() {
    let page = lenet();
    let input = page.state.input;
    let before = input.pictures();
    let number = input.begin_photo(None);
    assert_eq!(input.pictures(), before, "nothing is shown yet");
    assert!(input.show_frame(photo(number)));
    assert!(input.show_frame(photo(number)));
    assert_eq!(input.pictures(), before + 2);
    let later = input.begin_photo(None);
    assert!(!input.show_frame(photo(number)));
    assert_eq!(input.pictures(), before + 2, "an older picture is dropped");
    assert!(input.end_photo(later, None));
    assert_eq!(input.pictures(), before + 2, "it cannot be read");
}

#[test]
fn each_kind_of_network_has_a_source_of_its_own() {
    let page = lenet();
    let input = page.state.input;
    assert_eq!(
        (input.source_for(false), input.source_for(true)),
        (Source::Draw, Source::Photo)
    );
    input.set_source(Source::Gallery(DataSet::Fashion), false);
    assert_eq!(input.source_for(true), Source::Photo);
    assert_eq!(input.source_for(false), Source::Gallery(DataSet::Fashion));
}

/// An experiment restored from a link and from a file equals the original.
#[test]
fn an_experiment_is_restored_from_its_link_and_its_file() {
    let page = lenet();
    page.state.document.set_title(Some("Exercise 3".into()));
    page.state.select(page.id("C3"));
    page.state.input.begin_stroke((10.1, 20.2));
    page.state
        .input
        .extend_stroke([(30.0, 40.0)].into_iter(), |_| {});
    page.state.screen.show_list(true);
    let experiment = page.state.experiment();
    let link = share::encode_experiment(&experiment).unwrap();
    let file = json::write_experiment(&experiment).unwrap();
    for kept in [
        share::decode_experiment(&link).unwrap(),
        json::read_experiment(file.as_bytes()).unwrap(),
    ] {
        let other = lenet();
        other.state.put_experiment(&kept, History::default(), None);
        let wanted = other.state.put_input(&kept.settings.input);
        assert_eq!(
            (wanted.photo, wanted.sample, wanted.source),
            (None, None, Source::Draw)
        );
        assert_eq!(other.state.experiment(), experiment);
        assert_eq!(other.selected().0, "C3");
        assert!(other.state.input.is_drawn());
    }
    assert_ne!(experiment.settings, Settings::default());
}

#[test]
fn a_sample_photo_is_fetched_unless_it_is_shown() {
    let page = lenet();
    let mut kept = page.state.experiment().settings.input;
    kept.photo = Some(SAMPLES[1].stem.to_owned());
    assert_eq!(page.state.put_input(&kept).photo, Some(SAMPLES[1]));
    let number = page.state.input.begin_photo(Some(SAMPLES[1].stem));
    let shown = Photo {
        stem: Some(SAMPLES[1].stem),
        ..photo(number)
    };
    page.state.input.end_photo(number, Some(shown));
    assert_eq!(page.state.put_input(&kept).photo, None);
    kept.photo = Some("no such photo".into());
    assert_eq!(page.state.put_input(&kept).photo, None);
}
