//! Data sets: files recognised by their content, the same pixels as an independent reader has,
//! refusals; the input of a network.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::fs;
use std::path::Path;

use engine::Shape;
use engine::data::{
    Augmentation, DataError, DataFile, DataSet, Labelled, MNIST_MEAN, MNIST_STD, Means, PictureZip,
    Split, data_file, fit_picture, read_files,
};
use proptest::prelude::*;

fn root(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

fn zip(name: &str) -> Vec<u8> {
    root(&format!("engine/tests/zips/{name}"))
}

fn mnist() -> Labelled {
    let images = root("public/data/mnist/test-00-images.idx3.gz");
    let labels = root("public/data/mnist/test-00-labels.idx1.gz");
    // Any order, gzipped.
    read_files(&[("labels", &labels), ("images", &images)]).unwrap()
}

#[test]
fn mnist_has_the_pixels_that_another_reader_gives() {
    let read = mnist();
    assert_eq!(read.shape, Shape::new(1, 28, 28));
    // Its first ten test labels are widely known; the sum and the row are by Python's gzip.
    assert_eq!(read.labels[..10], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    assert_eq!(read.labels.len(), 1000);
    let first = &read.pixels[..784];
    assert_eq!(first.iter().map(|&it| u32::from(it)).sum::<u32>(), 18_454);
    assert_eq!(first[7 * 28 + 6..][..6], [84, 185, 159, 151, 60, 36]);
}

#[test]
fn fashion_mnist_is_read_as_well() {
    let images = root("public/data/fashion-mnist/test-00-images.idx3.gz");
    let labels = root("public/data/fashion-mnist/test-00-labels.idx1.gz");
    let read = read_files(&[("images", &images), ("labels", &labels)]).unwrap();
    assert_eq!(read.labels[..10], [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);
    let sum = read.pixels[..784]
        .iter()
        .map(|&it| u32::from(it))
        .sum::<u32>();
    assert_eq!(sum, 33_456);
}

/// CIFAR-10's binary format as its page describes it: a label, 1024 red, 1024 green, 1024 blue.
fn cifar(count: u8) -> Vec<u8> {
    let record = |label: u8| {
        let planes = [label, 100 + label, 200 + label].map(|level| [level; 1024]);
        let mut record = vec![label % 10];
        record.extend(planes.concat());
        // The second pixel of the first row is green.
        record[1 + 1024 + 1] = 255;
        record
    };
    (0..count).flat_map(record).collect()
}

#[test]
fn ten_images_of_cifar_10_have_their_labels_and_colours() {
    let read = read_files(&[("batch.bin", &cifar(10))]).unwrap();
    assert_eq!(read.shape, Shape::new(3, 32, 32));
    assert_eq!(read.labels, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let third = &read.pixels[2 * 3072..][..9];
    assert_eq!(third, [2, 102, 202, 2, 255, 202, 2, 102, 202]);
}

#[test]
fn a_zip_of_class_folders_has_its_pictures_and_nothing_else() {
    let bytes = zip("folders.zip");
    assert_eq!(data_file("folders.zip", &bytes), Ok(DataFile::Zip));
    let mut zip = PictureZip::open("folders.zip", &bytes).unwrap();
    assert_eq!(zip.classes, ["circle", "square"]);
    let entries = zip.entries.clone();
    let of = |held_out: bool| {
        let entries = entries.iter().filter(|entry| entry.held_out == held_out);
        entries
            .map(|entry| (entry.class, entry.name.as_str()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(false),
        [
            (1, "shapes/train/square/a.png"),
            (1, "shapes/train/square/b.png"),
            (0, "shapes/train/circle/a.png"),
        ]
    );
    assert_eq!(of(true), [(0, "shapes/test/circle/z.png")]);
    // The levels that Python wrote: 2 + 20 · place.
    let picture = zip.read(&entries[2]).unwrap();
    let picture = image::load_from_memory(&picture).unwrap().into_luma8();
    let wanted: Vec<u8> = (0..12).map(|place| 2 + 20 * place).collect();
    assert_eq!((picture.dimensions(), picture.into_raw()), ((4, 3), wanted));
}

#[test]
fn a_zip_without_compression_is_read_too() {
    let bytes = zip("stored.zip");
    let mut zip = PictureZip::open("stored.zip", &bytes).unwrap();
    let entry = zip.entries[1].clone();
    assert!(zip.read(&entry).unwrap().starts_with(b"\x89PNG"));
}

fn sentence<T>(result: Result<T, DataError>) -> String {
    match result {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn broken_files_are_refused_with_file_and_reason() {
    let (images, labels) = (
        root("public/data/mnist/test-00-images.idx3.gz"),
        root("public/data/mnist/test-00-labels.idx1.gz"),
    );
    let half = &images[..images.len() / 2];
    let mut short = cifar(2);
    short.truncate(3100);
    let mut wrong_label = cifar(2);
    wrong_label[0] = 10;
    type Case<'a> = (Vec<(&'a str, &'a [u8])>, &'a [&'a str]);
    let cases: Vec<Case<'_>> = vec![
        (
            vec![("half.gz", half), ("l", &labels)],
            &["half.gz is broken", "unzipped"],
        ),
        (
            vec![("i", &images)],
            &["i is not read", "labels belongs to it"],
        ),
        (vec![("l", &labels)], &["images belongs to it"]),
        (
            vec![("short.bin", &short)],
            &["short.bin", "3100 bytes", "3073"],
        ),
        (vec![("wrong.bin", &wrong_label)], &["label below 10"]),
        (
            vec![("photo", b"\x89PNG\r\n\x1a\n....")],
            &["a PNG picture", "one folder for each class"],
        ),
        (vec![("empty", b"")], &["it is empty"]),
        (
            vec![("floats", &[0, 0, 0x0d, 3, 0, 0, 0, 1])],
            &["type 0xd with 3 dimensions"],
        ),
        (vec![], &["no images"]),
    ];
    for (files, wanted) in cases {
        let error = sentence(read_files(&files));
        for wanted in wanted {
            assert!(error.contains(wanted), "{error} lacks {wanted}");
        }
    }
}

#[test]
fn zips_that_are_no_class_folders_are_refused_with_the_reason() {
    let loose = zip("loose.zip");
    let error = sentence(PictureZip::open("loose.zip", &loose));
    assert!(
        error.contains("loose.png") && error.contains("in no folder"),
        "{error}"
    );
    let one = zip("one.zip");
    assert_eq!(
        PictureZip::open("one.zip", &one).unwrap_err(),
        DataError::OneClass
    );
    let text = zip("text.zip");
    let mut open = PictureZip::open("text.zip", &text).unwrap();
    let entry = open.entries[1].clone();
    let error = sentence(open.read(&entry));
    assert!(
        error.contains("b/notes.txt") && error.contains("not a picture"),
        "{error}"
    );
    let folders = zip("folders.zip");
    let error = sentence(PictureZip::open("cut.zip", &folders[..folders.len() - 30]));
    assert!(error.contains("cut.zip is broken"), "{error}");
    // A changed byte of the compressed data: its checksum tells.
    let mut changed = folders.clone();
    let place = changed
        .windows(4)
        .position(|it| it == b"IDAT")
        .unwrap_or(90);
    changed[place + 6] ^= 0x55;
    let mut open = PictureZip::open("changed.zip", &changed).unwrap();
    let entries = open.entries.clone();
    assert!(entries.iter().any(|entry| open.read(entry).is_err()));
}

#[test]
fn a_set_takes_only_what_belongs_to_it() {
    let mut set = DataSet::new(Shape::new(1, 28, 28), 10).unwrap();
    let images = mnist();
    set.append(&images, false).unwrap();
    assert_eq!((set.len(), set.classes()), (1000, 10));
    let other = read_files(&[("batch.bin", &cifar(10))]).unwrap();
    let error = sentence(set.append(&other, false));
    assert!(
        error.contains("3x32x32") && error.contains("1x28x28"),
        "{error}"
    );
    let labelled = Labelled {
        labels: vec![3, 10],
        pixels: vec![0; 2 * 784],
        ..images.clone()
    };
    let error = sentence(set.append(&labelled, false));
    assert!(
        error.contains("image 1001") && error.contains("label 10"),
        "{error}"
    );
    let cut = Labelled {
        pixels: vec![0; 784],
        ..labelled
    };
    assert!(sentence(set.append(&cut, false)).contains("1568 bytes, but 784"));
    assert_eq!(set.len(), 1000, "a refusal changes nothing");
    assert_eq!(
        DataSet::new(Shape::new(1, 28, 28), 1),
        Err(DataError::OneClass)
    );
    assert!(sentence(DataSet::new(Shape::new(2, 28, 28), 3)).contains("1 or 3 channels"));
    assert!(sentence(DataSet::new(Shape::new(1, 0, 28), 3)).contains("sides from 1"));
}

#[test]
fn the_classes_of_a_part_are_counted() {
    let mut set = DataSet::new(Shape::new(1, 28, 28), 10).unwrap();
    set.append(&mnist(), false).unwrap();
    let parts = set.split(&Split::default());
    let all = [&parts.training, &parts.validation, &parts.test].map(|part| set.counts(part));
    // The counts of MNIST's first thousand test images, by Python.
    let wanted = [85, 126, 116, 107, 110, 87, 87, 99, 89, 94];
    for (class, wanted) in wanted.into_iter().enumerate() {
        assert_eq!(all.iter().map(|counts| counts[class]).sum::<u64>(), wanted);
        assert!(
            (6..=13).contains(&all[1][class]),
            "a tenth for validation: {all:?}"
        );
    }
}

#[test]
fn a_set_cut_to_its_first_images_keeps_those_of_the_test() {
    let mut set = DataSet::new(Shape::new(1, 1, 1), 3).unwrap();
    let images = |labels: &[u16]| Labelled {
        shape: Shape::new(1, 1, 1),
        pixels: labels.iter().map(|&label| 50 + label as u8).collect(),
        labels: labels.to_vec(),
    };
    set.append(&images(&[0, 1]), true).unwrap();
    set.append(&images(&[2, 1, 0]), false).unwrap();
    set.limit(2);
    assert_eq!(set.labels(), [0, 1, 2, 1]);
    assert_eq!(set.image(2), Some([52].as_slice()));
    assert_eq!(set.held_out(), [true, true, false, false]);
}

#[test]
fn a_digit_is_padded_and_normalised_as_drawings_are() {
    let mut set = DataSet::new(Shape::new(1, 28, 28), 10).unwrap();
    set.append(&mnist(), false).unwrap();
    let input = set
        .input(0, None, Means::default(), Shape::new(1, 32, 32))
        .unwrap();
    // Two pixels of paper around it; paper is −0.4242, as in every MNIST tutorial.
    let paper = -MNIST_MEAN / MNIST_STD;
    assert!((paper + 0.4242).abs() < 1e-4);
    assert!(input[..64].iter().all(|&it| it == paper));
    let ink = (84.0 / 255.0 - MNIST_MEAN) / MNIST_STD;
    assert!((input[(7 + 2) * 32 + 6 + 2] - ink).abs() < 1e-6);
    let colours = set
        .input(0, None, Means::default(), Shape::new(3, 28, 28))
        .unwrap();
    // ImageNet's mean and deviation, the grey level in each channel.
    let at = 7 * 28 + 6;
    for (channel, mean, deviation) in [(0, 0.485, 0.229), (1, 0.456, 0.224), (2, 0.406, 0.225)] {
        let wanted = (84.0 / 255.0 - mean) / deviation;
        assert!((colours[channel * 784 + at] - wanted).abs() < 1e-5);
    }
    for side in [16, 64, 224] {
        let target = Shape::new(1, side, side);
        let input = set.input(0, None, Means::default(), target).unwrap();
        assert_eq!(input.len(), (side * side) as usize);
        let inked = input.iter().filter(|&&it| it > 0.5).count() as f32 / (side * side) as f32;
        assert!(
            (0.05..0.25).contains(&inked),
            "the digit fills {inked} of {side}×{side}"
        );
    }
}

#[test]
fn a_changed_image_is_the_same_in_every_run_and_another_in_every_epoch() {
    let mut set = DataSet::new(Shape::new(1, 28, 28), 10).unwrap();
    set.append(&mnist(), false).unwrap();
    let augmentation = Augmentation::of_drawings();
    let target = Shape::new(1, 32, 32);
    let input = |epoch| {
        let change = augmentation.drawn(5, epoch, 3, set.shape());
        set.input(3, Some(&change), Means::default(), target)
            .unwrap()
    };
    assert_eq!(input(1), input(1));
    assert_ne!(input(1), input(2));
}

#[test]
fn pictures_of_any_size_become_images_of_the_set_s() {
    // Left half red, right half blue; its middle square is 2×2 of that.
    let row = [
        [255, 0, 0, 255],
        [255, 0, 0, 255],
        [0, 0, 255, 255],
        [0, 0, 255, 255],
    ];
    let rgba: Vec<u8> = [row, row].concat().concat();
    let image = fit_picture(&rgba, 4, 2, Shape::new(3, 2, 2)).unwrap();
    assert_eq!(
        image,
        [[255, 0, 0], [0, 0, 255], [255, 0, 0], [0, 0, 255]].concat()
    );
    // ITU-R 601: 0.299 · 255 and 0.114 · 255.
    let grey = fit_picture(&rgba, 4, 2, Shape::new(1, 2, 2)).unwrap();
    assert_eq!(grey, [76, 29, 76, 29]);
    assert!(fit_picture(&rgba, 5, 2, Shape::new(1, 2, 2)).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_data_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), cut: u8) {
        let _ = read_files(&[("a", &bytes)]);
        let mut spoiled = zip("folders.zip");
        for (place, byte) in bytes.iter().enumerate().take(8) {
            let length = spoiled.len();
            spoiled[(place * 131 + usize::from(cut)) % length] = *byte;
        }
        if let Ok(mut zip) = PictureZip::open("a", &spoiled) {
            for entry in zip.entries.clone() {
                let _ = zip.read(&entry);
            }
        }
    }
}
