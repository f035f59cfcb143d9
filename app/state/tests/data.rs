//! Data sets and collections.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use engine::Shape;
use engine::data::{PictureZip, Split, images, labels};
use engine::format::Experiment;
use engine::zoo;
use state::data::own::{
    Collection, CollectionError, ExportError, Image, Kind, file_stem, idx_images, idx_labels,
    zip_of_folders,
};
use state::data::{CHUNKS, Labels, NewSet, Origin};
use state::document::History;
use state::input::DataSet;

use common::page;
use reactive_graph::traits::GetUntracked;

/// The order and sizes of the shipped files are those of their manifests.
#[test]
fn the_chunks_are_those_of_the_manifests() {
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public");
    for set in [DataSet::Mnist, DataSet::Fashion] {
        let manifest = fs::read(public.join(set.folder()).join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let chunks = manifest["chunks"].as_array().unwrap();
        assert_eq!(chunks.len(), CHUNKS.len());
        for (chunk, listed) in CHUNKS.into_iter().zip(chunks) {
            let file = |what: &str| {
                let name = listed[what]["file"].as_str().unwrap();
                format!("{}{name}", set.folder())
            };
            assert_eq!(set.images_of(chunk), file("images"));
            assert_eq!(set.labels_of(chunk), file("labels"));
            assert_eq!(u64::from(chunk.images), listed["count"].as_u64().unwrap());
            assert_eq!(chunk.held_out, listed["split"] == "test");
        }
    }
}

/// 60,000 images for training and validation and 10,000 for the test, as published.
#[test]
fn a_shipped_set_is_divided_as_soon_as_its_labels_are_known() {
    let page = page(zoo::lenet5().unwrap());
    let state = page.state;
    let mnist = state.data.chosen().unwrap();
    assert_eq!((mnist.name.as_str(), mnist.held_out), ("MNIST", 10_000));
    let split = Split {
        validation: 0.1,
        test: 0.1,
        seed: 1,
    };
    assert_eq!(state.data.divided(mnist.id, &split), None);
    let mut all = Labels::default();
    for chunk in CHUNKS {
        let count = all.labels.len() + chunk.images as usize;
        all.labels.resize_with(count, Default::default);
        all.held_out.resize(count, chunk.held_out);
    }
    for (at, label) in all.labels.iter_mut().enumerate() {
        *label = (at % 10) as u16;
    }
    state.data.put_labels(mnist.id, all);
    let parts = state.data.divided(mnist.id, &split).unwrap();
    // Two of each block of twenty.
    assert_eq!(
        [parts.training, parts.validation, parts.test],
        [54_000, 6_000, 10_000]
    );
    assert_eq!(state.data.chosen().unwrap().counts, [7_000; 10]);
}

fn own(key: &str, images: usize) -> NewSet {
    NewSet {
        name: key.to_owned(),
        classes: vec!["a".to_owned(), "b".to_owned()],
        labels: Labels {
            labels: vec![1; images],
            held_out: vec![false; images],
        },
        shape: Shape::new(1, 28, 28),
        origin: Origin::Own(key.to_owned()),
    }
}

#[test]
fn a_changed_collection_takes_the_place_of_itself_under_a_new_number() {
    let page = page(zoo::lenet5().unwrap());
    let state = page.state;
    let first = state.data.add_set(own("k", 3));
    let other = state.data.add_set(own("l", 3));
    state.data.choose(first);
    let second = state.data.add_set(own("k", 4));
    assert!(second != first && second != other);
    assert_eq!(state.data.chosen_id(), Some(second));
    assert_eq!(state.data.chosen().unwrap().counts, [0, 4]);
    // A training on it still knows its classes.
    assert!(!state.data.is_listed(first));
    assert_eq!(state.data.info(first).unwrap().counts, [0, 3]);
    assert!(state.data.info(other).is_some());
    // Also the number of a set that was removed is not given again.
    state.data.remove(second);
    assert_ne!(state.data.add_set(own("m", 1)), second);
}

#[test]
fn the_chosen_set_is_kept_with_the_experiment() {
    let page = page(zoo::lenet5().unwrap());
    let (state, data) = (page.state, page.state.data);
    let id_of = |origin: Origin| {
        let sets = data.sets().get_untracked();
        sets.into_iter().find(|it| it.origin == origin).unwrap().id
    };
    let before = state.experiment();
    assert_eq!(before.settings.data, None);
    data.choose(id_of(Origin::Fashion));
    let with_fashion = state.experiment();
    let own_set = data.add_set(own("k", 3));
    data.choose(own_set);
    let with_own = state.experiment();
    let dropped = NewSet {
        origin: Origin::Dropped,
        ..own("d", 3)
    };
    data.choose(data.add_set(dropped));
    assert_eq!(state.experiment().settings.data, None);

    let open = |experiment: &Experiment| {
        state.put_experiment(experiment, History::default(), None);
        data.chosen().map(|it| it.origin)
    };
    assert_eq!(open(&with_fashion), Some(Origin::Fashion));
    assert_eq!(open(&before), Some(Origin::Mnist));
    assert_eq!(open(&with_own), Some(Origin::Own("k".to_owned())));

    // A collection is on the list only once the storage is read; until then a set that fits is chosen.
    let next_visit = common::page(zoo::lenet5().unwrap());
    let fresh = next_visit.state;
    fresh.put_experiment(&with_own, History::default(), None);
    let origin = || fresh.data.chosen().map(|it| it.origin);
    assert_eq!(origin(), Some(Origin::Mnist));
    fresh.data.add_set(own("k", 3));
    assert_eq!(origin(), Some(Origin::Own("k".to_owned())));
    assert_eq!(fresh.experiment().settings.data, with_own.settings.data);
    // In another browser it does not exist.
    let data = with_own.settings.data.as_deref().unwrap();
    assert!(Origin::is_own(data));
    assert!(!Origin::is_own(
        with_fashion.settings.data.as_deref().unwrap()
    ));
}

#[test]
fn edits_of_a_collection() {
    let mut collection = Collection::new("Mine", Kind::Drawings);
    assert_eq!(collection.rename_class(0, "  cat "), Ok(()));
    assert_eq!(
        collection.rename_class(1, "Cat"),
        Err(CollectionError::Taken("Cat".into()))
    );
    assert_eq!(
        collection.rename_class(1, " "),
        Err(CollectionError::NoName)
    );
    assert_eq!(collection.delete_class(1), Err(CollectionError::TwoClasses));
    assert_eq!(collection.add_class(Some("dog")), Ok(2));
    let numbers: Vec<u64> = [0, 1, 2, 2]
        .map(|class| collection.add(class).unwrap())
        .to_vec();
    assert_eq!(collection.counts(), [1, 1, 2]);
    collection.relabel(&numbers[..2], 2);
    assert_eq!(collection.counts(), [0, 0, 4]);
    collection.relabel(&numbers[..1], 0);
    collection.delete(&numbers[3..]);
    // The class after it keeps its images.
    assert_eq!(collection.delete_class(1), Ok(()));
    assert_eq!(collection.counts(), [1, 2]);
    assert_eq!(collection.classes()[1].name, "dog");
    // A deleted image's number is not given again.
    assert_eq!(collection.add(0), Ok(4));
}

fn grey(level: u8) -> Image {
    Image {
        shape: Shape::new(1, 28, 28),
        pixels: vec![level; 784],
    }
}

#[test]
fn a_collection_that_is_full_takes_no_more() {
    let mut collection = Collection::new("Mine", Kind::Photos);
    for _ in 0..Kind::Photos.most() {
        collection.add(0).unwrap();
    }
    let full = CollectionError::Images(Kind::Photos.most());
    assert_eq!(collection.add(0), Err(full));
}

#[test]
fn a_delete_is_undone_with_its_images() {
    let page = page(zoo::lenet5().unwrap());
    let editor = page.state.data.editor;
    let collection = Collection::new("Mine", Kind::Drawings);
    editor.open_collection("k".into(), collection, HashMap::new());
    editor.choose_class(1);
    assert!(editor.add_images(vec![grey(1), grey(2)]));
    assert!(editor.edit(|it| it.add_class(None).map(drop)));
    assert!(editor.edit(|it| it.delete_class(1)));
    assert_eq!(editor.with(|it| it.collection.items().len()), Some(0));
    editor.undo();
    assert_eq!(
        editor.with(|it| it.collection.counts()),
        Some(vec![0, 2, 0])
    );
    assert_eq!(editor.image(1).map(|image| image.pixels[0]), Some(2));
    // What was added and undone is not taken for what is added next.
    editor.add_images(vec![grey(3)]);
    editor.undo();
    editor.add_images(vec![grey(4)]);
    let levels = |open: &state::data::own::Editing| {
        let items = open.collection.items().iter();
        items
            .map(|item| editor.image(item.number).map(|image| image.pixels[0]))
            .collect::<Vec<_>>()
    };
    assert_eq!(editor.with(levels), Some(vec![Some(1), Some(2), Some(4)]));
    // A refused edit changes nothing and says why.
    let before = editor.with(|it| it.collection.clone());
    assert!(!editor.edit(|it| it.rename_class(0, "")));
    assert!(editor.error().get_untracked().is_some());
    assert_eq!(editor.with(|it| it.collection.clone()), before);
}

#[test]
fn an_import_adds_the_classes_that_are_missing_as_one_step() {
    let page = page(zoo::lenet5().unwrap());
    let editor = page.state.data.editor;
    let collection = Collection::new("Mine", Kind::Drawings);
    editor.open_collection("k".into(), collection, HashMap::new());
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let classes = || {
        let of = |it: &state::data::own::Editing| {
            let classes = it.collection.classes().iter();
            classes.map(|class| class.name.clone()).collect::<Vec<_>>()
        };
        editor.with(of).unwrap()
    };
    assert!(editor.import(&names(&["dog", "cat"]), vec![(grey(1), 1), (grey(2), 0)]));
    // The two empty classes that nobody has named are gone.
    assert_eq!(classes(), ["dog", "cat"]);
    assert!(editor.import(&names(&["Cat", "owl"]), vec![(grey(3), 0), (grey(4), 1)]));
    assert_eq!(classes(), ["dog", "cat", "owl"]);
    assert_eq!(
        editor.with(|it| it.collection.counts()),
        Some(vec![1, 2, 1])
    );
    editor.undo();
    editor.undo();
    assert_eq!(classes(), ["Class 1", "Class 2"]);
}

/// Drawings have MNIST's size; photos what the network takes, at most what is kept of them.
#[test]
fn images_have_the_size_that_the_network_takes() {
    let shape = |kind: Kind, input| kind.shape(input);
    assert_eq!(Kind::of(Shape::new(1, 32, 32)), Kind::Drawings);
    assert_eq!(Kind::of(Shape::new(3, 32, 32)), Kind::Photos);
    assert_eq!(
        shape(Kind::Drawings, Shape::new(3, 224, 224)),
        Shape::new(1, 28, 28)
    );
    assert_eq!(
        shape(Kind::Photos, Shape::new(3, 32, 32)),
        Shape::new(3, 32, 32)
    );
    assert_eq!(
        shape(Kind::Photos, Shape::new(3, 227, 227)),
        Shape::new(3, 224, 224)
    );
    assert_eq!(
        shape(Kind::Photos, Shape::new(3, 64, 96)),
        Shape::new(3, 64, 64)
    );
    let image = Image {
        shape: Shape::new(3, 2, 2),
        pixels: [[255, 0, 0]; 4].concat(),
    };
    assert_eq!(image.fitted(Shape::new(3, 1, 1)).unwrap(), [255, 0, 0]);
}

#[test]
fn folders_are_named_as_every_system_allows() {
    assert_eq!(file_stem("cat/../dog"), "cat-..-dog");
    assert_eq!(file_stem(".. "), "class");
    assert_eq!(file_stem("a:b"), "a-b");
}

#[test]
fn an_exported_zip_has_the_classes_as_folders_and_is_read_back() {
    let classes = ["b?".to_owned(), "a".to_owned(), "B*".to_owned()];
    let images = [grey(10), grey(20), grey(30)];
    let zip = zip_of_folders(&classes, (0..).zip(&images)).unwrap();
    let mut read = PictureZip::open("x.zip", &zip).unwrap();
    assert_eq!(read.classes, ["B- 2", "a", "b-"]);
    let entries = read.entries.clone();
    let mut levels = HashMap::new();
    for entry in &entries {
        let png = read.read(entry).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(png))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (28, 28));
        assert_eq!(pixels.len(), 784);
        levels.insert(read.classes[usize::from(entry.class)].clone(), pixels[0]);
    }
    assert_eq!((levels["b-"], levels["a"], levels["B- 2"]), (10, 20, 30));
}

/// By the bytes of the published formats: PNG (W3C), its first chunk, and the end of a zip (PKWARE's
/// APPNOTE, 4.3.16).
#[test]
fn an_exported_zip_is_one_by_the_published_formats() {
    let classes = ["a".to_owned(), "b".to_owned()];
    let photo = Image {
        shape: Shape::new(3, 2, 5),
        pixels: (0..30).collect(),
    };
    let zip = zip_of_folders(&classes, [(1, &photo), (0, &grey(1))]).unwrap();
    let end = &zip[zip.len() - 22..];
    assert_eq!(end[..4], *b"PK\x05\x06");
    // Two folders and two pictures, here and in all.
    assert_eq!(end[8..12], [4, 0, 4, 0]);
    let start = zip
        .windows(8)
        .position(|it| it == b"\x89PNG\r\n\x1a\n")
        .unwrap();
    let header = &zip[start + 8..];
    assert_eq!(header[..8], *b"\0\0\0\x0dIHDR");
    // Width, height, 8 bits, colour type 2 (red, green, blue), no interlacing.
    assert_eq!(header[8..21], [0, 0, 0, 5, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
}

/// The header of Yann LeCun's description of the format, and this engine's own reader.
#[test]
fn exported_idx_files_have_the_published_header() {
    let [one, two] = [grey(7), grey(9)];
    let file = idx_images(&[&one, &two]).unwrap();
    assert_eq!(
        file[..16],
        [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28]
    );
    let read = images(&file).unwrap();
    assert_eq!((read.len(), read.get(1)), (2, Some([9; 784].as_slice())));
    let file = idx_labels(&[3, 200]).unwrap();
    assert_eq!(file, [0, 0, 8, 1, 0, 0, 0, 2, 3, 200]);
    assert_eq!(labels(&file).unwrap(), [3, 200]);
    assert!(matches!(idx_labels(&[256]), Err(ExportError::Classes)));
    let photo = Image {
        shape: Shape::new(3, 1, 1),
        pixels: vec![0; 3],
    };
    assert!(matches!(idx_images(&[&photo]), Err(ExportError::Colour)));
}
