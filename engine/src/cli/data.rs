//! Data sets of the command line: a folder with a manifest, or files recognised by their content.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{CliError, picture, read};
use crate::Shape;
use crate::data::{
    DataFile, DataSet, Labelled, PictureZip, data_file, fit_picture, picture_shape, read_files,
};

#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// A data set: a folder of --data-dir; or files, separated by commas: IDX images and labels,
    /// CIFAR-10's binary files, or a zip of pictures in one folder for each class.
    #[arg(long, default_value = "mnist")]
    pub data: String,
    /// Where the folders are.
    #[arg(long, default_value = "public/data")]
    data_dir: PathBuf,
    /// Use only the first so many training images.
    #[arg(long)]
    pub limit: Option<usize>,
}

/// What `manifest.json` says of a data set.
#[derive(Deserialize)]
struct Manifest {
    classes: u32,
    chunks: Vec<Chunk>,
}

#[derive(Deserialize)]
struct Chunk {
    split: String,
    images: Named,
    labels: Named,
}

#[derive(Deserialize)]
struct Named {
    file: String,
}

impl Source {
    /// The data set, for a network of this input.
    pub fn load(&self, target: Shape) -> Result<DataSet, CliError> {
        let folder = self.data_dir.join(&self.data);
        let mut data = if folder.join("manifest.json").is_file() {
            of_folder(&folder)?
        } else {
            of_files(&self.data, target)?
        };
        if let Some(count) = self.limit {
            data.limit(count);
        }
        Ok(data)
    }
}

fn unusable(path: &Path, why: impl std::fmt::Display) -> CliError {
    CliError::File {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

/// All chunks in the manifest's order.
pub(super) fn of_folder(folder: &Path) -> Result<DataSet, CliError> {
    let path = folder.join("manifest.json");
    let manifest: Manifest =
        serde_json::from_slice(&read(&path)?).map_err(|error| unusable(&path, error))?;
    let mut all: Option<DataSet> = None;
    for chunk in &manifest.chunks {
        let images = read(&folder.join(&chunk.images.file))?;
        let labels = read(&folder.join(&chunk.labels.file))?;
        let files = [
            (chunk.images.file.as_str(), images.as_slice()),
            (chunk.labels.file.as_str(), labels.as_slice()),
        ];
        let more = read_files(&files).map_err(|error| unusable(folder, error))?;
        append(
            &mut all,
            &more,
            manifest.classes,
            chunk.split == "test",
            folder,
        )?;
    }
    all.ok_or_else(|| unusable(&path, "it lists no chunk"))
}

fn append(
    all: &mut Option<DataSet>,
    more: &Labelled,
    classes: u32,
    held_out: bool,
    path: &Path,
) -> Result<(), CliError> {
    if all.is_none() {
        *all = Some(DataSet::new(more.shape, classes).map_err(|error| unusable(path, error))?);
    }
    match all {
        Some(data) => data
            .append(more, held_out)
            .map_err(|error| unusable(path, error)),
        None => Ok(()),
    }
}

fn of_files(names: &str, target: Shape) -> Result<DataSet, CliError> {
    let paths: Vec<&Path> = names.split(',').map(Path::new).collect();
    let files = paths.iter().map(|path| read(path));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    if let ([path], [file]) = (paths.as_slice(), files.as_slice())
        && data_file(&path.display().to_string(), file) == Ok(DataFile::Zip)
    {
        return of_zip(path, file, target);
    }
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let first = paths.first().copied().unwrap_or(Path::new(names));
    let mut all = None;
    let named: Vec<(&str, &[u8])> = shown
        .iter()
        .map(String::as_str)
        .zip(files.iter().map(Vec::as_slice))
        .collect();
    // CIFAR-10 comes in several files of ten classes, IDX in pairs.
    let cifar = |file: &(&str, &[u8])| data_file(file.0, file.1) == Ok(DataFile::Cifar10);
    let parts: Vec<Labelled> = if named.iter().all(cifar) {
        named
            .iter()
            .map(|file| read_files(&[*file]))
            .collect::<Result<_, _>>()
    } else {
        read_files(&named).map(|images| vec![images])
    }
    .map_err(|error| unusable(first, error))?;
    let largest = parts.iter().flat_map(|part| &part.labels).max();
    let classes = largest.map_or(0, |&label| u32::from(label) + 1);
    for (part, path) in parts.iter().zip(&paths) {
        let test = path
            .file_name()
            .is_some_and(|name| name == "test_batch.bin");
        append(&mut all, part, classes, test, path)?;
    }
    all.ok_or_else(|| unusable(first, "it has no images"))
}

/// The pictures are cut and scaled to the network's input.
fn of_zip(path: &Path, file: &[u8], target: Shape) -> Result<DataSet, CliError> {
    let failed = |error: crate::data::DataError| unusable(path, error);
    let mut zip = PictureZip::open(&path.display().to_string(), file).map_err(failed)?;
    let shape = picture_shape(target);
    let mut data = DataSet::new(shape, zip.classes.len() as u32).map_err(failed)?;
    for entry in zip.entries.clone() {
        let bytes = zip.read(&entry).map_err(failed)?;
        let named = |why: String| unusable(path, format!("{}: {why}", entry.name));
        let decoded = picture::decode(&bytes);
        let decoded = decoded.ok_or_else(|| named("it is no picture".to_owned()))?;
        let rgba = decoded.map_err(named)?.into_rgba8();
        let (width, height) = (rgba.width() as usize, rgba.height() as usize);
        let pixels = fit_picture(rgba.as_raw(), width, height, shape);
        let pixels = pixels.map_err(|error| named(error.to_string()))?;
        let labels = vec![entry.class];
        let images = Labelled {
            shape,
            pixels,
            labels,
        };
        data.append(&images, entry.held_out).map_err(failed)?;
    }
    Ok(data)
}
