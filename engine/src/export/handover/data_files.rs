//! A data set as files that the program, and the lab, read: IDX with a manifest.

use super::{Data, HandoverError};

/// Images of one file.
const CHUNK: usize = 20_000;

/// The files, by their paths; `image` gives the pixels of one by its number.
///
/// # Errors
/// When the labels do not fit a byte each.
pub fn data_files(
    data: Data<'_>,
    image: impl Fn(usize) -> Option<Vec<u8>>,
) -> Result<Vec<(String, Vec<u8>)>, HandoverError> {
    let shape = data.shape;
    if data.classes > 256 {
        let why = "labels of 256 classes at most";
        return Err(HandoverError::Images { shape, why });
    }
    let mut files = Vec::new();
    let mut chunks = Vec::new();
    for (test, split) in [(false, "train"), (true, "test")] {
        let of_split: Vec<usize> = { data.held_out.iter().enumerate() }
            .filter_map(|(image, &held)| (held == test).then_some(image))
            .collect();
        for (number, images) in of_split.chunks(CHUNK).enumerate() {
            let names = ["images", "labels"].map(|kind| format!("{split}-{number:02}-{kind}.idx"));
            let mut dims = vec![images.len(), shape.height as usize, shape.width as usize];
            if shape.channels > 1 {
                dims.push(shape.channels as usize);
            }
            let pixels: Option<Vec<Vec<u8>>> = images.iter().map(|&it| image(it)).collect();
            let missing = || HandoverError::Images {
                shape,
                why: "all of them; some have not come yet: wait until they have",
            };
            let pixels = pixels.ok_or_else(missing)?.into_iter().flatten();
            let labels = images.iter().map(|&it| data.labels.get(it).copied());
            let labels = labels.map(|it| it.unwrap_or_default() as u8);
            let [of_images, of_labels] = names.clone();
            chunks.push(serde_json::json!({
                "split": split,
                "images": {"file": of_images},
                "labels": {"file": of_labels},
            }));
            let [of_images, of_labels] = names.map(|name| format!("data/{name}"));
            files.push((of_images, idx(&dims, pixels)));
            files.push((of_labels, idx(&[images.len()], labels)));
        }
    }
    let manifest = serde_json::json!({"classes": data.classes, "chunks": chunks});
    let manifest = serde_json::to_vec_pretty(&manifest)?;
    files.push(("data/manifest.json".to_owned(), manifest));
    Ok(files)
}

fn idx(dims: &[usize], values: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut file = vec![0, 0, 8, dims.len() as u8];
    for &dim in dims {
        file.extend((dim as u32).to_be_bytes());
    }
    file.extend(values);
    file
}
