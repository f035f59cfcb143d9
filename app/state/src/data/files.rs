//! What files that came together are as a data set.

use engine::checkpoint::FileFormat;
use engine::data::DataError;

/// What a file is, with the number of its images or labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Images(usize),
    Labels(usize),
    Cifar,
    Zip,
}

/// A file and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    pub name: String,
    pub found: Found,
}

/// How the files make a data set. Files are named by their places; test images come first, because
/// whether there are any decides how the others are divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    Zip,
    Idx {
        /// Images, their labels, and whether they are for the test only.
        pairs: Vec<(usize, usize, bool)>,
        name: String,
    },
    Cifar {
        /// Whether they are for the test only.
        order: Vec<(usize, bool)>,
        name: String,
    },
}

/// Whether a file has test images, by the names that MNIST's and CIFAR-10's have.
fn is_test(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("t10k") || name.contains("test")
}

/// The name of a set by that of its file: without endings.
pub fn title(name: &str) -> String {
    let stem = name.split('.').next().unwrap_or_default().trim();
    if stem.is_empty() { "Data" } else { stem }.to_owned()
}

/// Whether a file that begins with these bytes may be data to train on: IDX, gzipped or not, CIFAR-10's
/// records, or a zip that is no file of weights.
pub fn dropped_is_data(name: &str, start: &[u8]) -> bool {
    let idx = start.starts_with(&[0, 0, 8]);
    let gzipped = start.starts_with(&[0x1f, 0x8b]);
    let format = FileFormat::of(start);
    let binary = name.to_lowercase().ends_with(".bin") && format != Some(FileFormat::Safetensors);
    let record = start.first().is_some_and(|&label| label < 10);
    idx || gzipped || format == Some(FileFormat::Zip) || (binary && record)
}

/// How these files make a data set.
///
/// # Errors
/// When they do not belong together.
pub fn plan(files: &[FoundFile]) -> Result<Plan, DataError> {
    let of = |wanted: fn(Found) -> bool| {
        let all = files.iter().enumerate();
        let all = all.filter(move |(_, file)| wanted(file.found));
        all.map(|(at, _)| at).collect::<Vec<_>>()
    };
    let zips = of(|it| it == Found::Zip);
    let cifar = of(|it| it == Found::Cifar);
    let images = of(|it| matches!(it, Found::Images(_)));
    let labels = of(|it| matches!(it, Found::Labels(_)));
    let first = files.first().ok_or(DataError::Empty)?;
    let apart = |why: &str| {
        Err(DataError::Unknown {
            file: first.name.clone(),
            why: why.to_owned(),
        })
    };
    if !zips.is_empty() {
        return match files {
            [_] => Ok(Plan::Zip),
            _ => apart("a zip is opened alone; open one file"),
        };
    }
    if !cifar.is_empty() {
        if cifar.len() < files.len() {
            return apart("CIFAR-10's files and others do not make one data set; open one kind");
        }
        let mut order: Vec<_> = cifar
            .iter()
            .map(|&at| (at, is_test(&files[at].name)))
            .collect();
        // One kind alone is no division.
        if order.iter().all(|(_, test)| *test) {
            order.iter_mut().for_each(|(_, test)| *test = false);
        }
        order.sort_by_key(|&(at, test)| (!test, files[at].name.clone()));
        let name = "CIFAR-10".to_owned();
        return Ok(Plan::Cifar { order, name });
    }
    pairs(files, images, labels)
}

fn pairs(
    files: &[FoundFile],
    images: Vec<usize>,
    mut labels: Vec<usize>,
) -> Result<Plan, DataError> {
    let count = |at: usize| match files[at].found {
        Found::Images(count) | Found::Labels(count) => count,
        Found::Cifar | Found::Zip => 0,
    };
    let mut pairs = Vec::new();
    for &at in &images {
        let test = is_test(&files[at].name);
        let fits =
            |&label: &usize| count(label) == count(at) && is_test(&files[label].name) == test;
        let same = |&label: &usize| count(label) == count(at);
        let found = labels.iter().position(fits);
        let Some(found) = found.or_else(|| labels.iter().position(same)) else {
            return Err(match labels.as_slice() {
                [] => DataError::Unknown {
                    file: files[at].name.clone(),
                    why: "an IDX file of labels belongs to it; open both together".to_owned(),
                },
                [label, ..] => DataError::Unequal {
                    images: count(at),
                    labels: count(*label),
                },
            });
        };
        pairs.push((at, labels.remove(found), test));
    }
    if let Some(&left) = labels.first() {
        return Err(DataError::Unknown {
            file: files[left].name.clone(),
            why: "an IDX file of images belongs to it; open both together".to_owned(),
        });
    }
    if pairs.iter().all(|(_, _, test)| *test) {
        pairs.iter_mut().for_each(|(_, _, test)| *test = false);
    }
    pairs.sort_by_key(|&(_, _, test)| !test);
    let name = images.first().map_or("Data", |&at| &files[at].name);
    let name = title(name);
    Ok(Plan::Idx { pairs, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, found: Found) -> FoundFile {
        FoundFile {
            name: name.to_owned(),
            found,
        }
    }

    /// The four files as MNIST's authors named them.
    #[test]
    fn images_find_their_labels_and_test_images_come_first() {
        let files = [
            file("train-labels-idx1-ubyte.gz", Found::Labels(60_000)),
            file("train-images-idx3-ubyte.gz", Found::Images(60_000)),
            file("t10k-images-idx3-ubyte.gz", Found::Images(10_000)),
            file("t10k-labels-idx1-ubyte.gz", Found::Labels(10_000)),
        ];
        let Ok(Plan::Idx { pairs, .. }) = plan(&files) else {
            panic!("no pairs");
        };
        assert_eq!(pairs, [(2, 3, true), (1, 0, false)]);
        // One pair alone is divided, whatever it is called.
        let Ok(Plan::Idx { pairs, name }) = plan(&files[2..]) else {
            panic!("no pair");
        };
        assert_eq!(
            (pairs, name.as_str()),
            (vec![(0, 1, false)], "t10k-images-idx3-ubyte")
        );
    }

    /// The six files of CIFAR-10's binary version.
    #[test]
    fn cifar_s_test_batch_is_the_test() {
        let names = ["data_batch_2.bin", "test_batch.bin", "data_batch_1.bin"];
        let files = names.map(|name| file(name, Found::Cifar));
        let Ok(Plan::Cifar { order, .. }) = plan(&files) else {
            panic!("no CIFAR-10");
        };
        assert_eq!(order, [(1, true), (2, false), (0, false)]);
    }

    #[test]
    fn data_is_known_by_how_it_begins() {
        assert!(dropped_is_data(
            "train-images-idx3-ubyte",
            &[0, 0, 8, 3, 0, 0]
        ));
        assert!(dropped_is_data(
            "train-images-idx3-ubyte.gz",
            &[0x1f, 0x8b, 8, 0]
        ));
        assert!(dropped_is_data("cats.zip", b"PK\x03\x04\x14\0\0\0\0\0"));
        assert!(dropped_is_data("data_batch_1.bin", &[6, 59, 43]));
        // A picture of a ship, whose first levels are those of a format of weights.
        assert!(dropped_is_data("test_batch.bin", &[8, 3, 10, 0]));
        assert!(!dropped_is_data(
            "cat.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
        ));
        assert!(!dropped_is_data("mine.cnnlab.json", b"{\"cnn-lab\": 2}"));
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused_with_the_way_out() {
        let images = file("a.idx3", Found::Images(5));
        let refused = |files: &[FoundFile]| plan(files).unwrap_err().to_string();
        assert!(refused(std::slice::from_ref(&images)).contains("labels"));
        let error = refused(&[images.clone(), file("b", Found::Labels(4))]);
        assert!(error.contains("5 images but 4 labels"), "{error}");
        let error = refused(&[file("b", Found::Labels(4))]);
        assert!(error.contains("images belongs to it"), "{error}");
        let error = refused(&[images.clone(), file("c.zip", Found::Zip)]);
        assert!(error.contains("alone"), "{error}");
        assert!(refused(&[file("d.bin", Found::Cifar), images]).contains("one kind"));
        assert_eq!(plan(&[]), Err(DataError::Empty));
    }
}
