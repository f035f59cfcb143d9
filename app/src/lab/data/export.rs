//! The open collection as files, and files into it.

use engine::Shape;
use engine::data::{DataFile, PictureZip, data_file, fit_picture, read_files};
use leptos::prelude::*;
use state::data::own::{
    CollectionError, ExportError, Image, Kind, file_stem, idx_images, idx_labels, zip_of_folders,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::SetError;
use super::files::{Read, read_file};
use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;
use crate::platform::schedule::yield_now;

/// The open collection: its name, its classes, and its images with their labels.
struct Whole {
    name: String,
    classes: Vec<String>,
    images: Vec<(u16, std::sync::Arc<Image>)>,
}

impl Lab {
    fn whole_collection(self) -> Option<Whole> {
        let editor = self.data.editor;
        let whole = |open: &state::data::own::Editing| {
            let items = open.collection.items().iter();
            let classes = open.collection.classes().iter();
            Whole {
                name: file_stem(open.collection.name()),
                classes: classes.map(|class| class.name.clone()).collect(),
                images: items
                    .filter_map(|item| Some((item.class, editor.image(item.number)?)))
                    .collect(),
            }
        };
        untrack(|| editor.with(whole))
    }

    /// Downloads the open collection as a zip of PNG pictures in one folder for each class.
    pub fn export_zip(self) {
        let Some(whole) = self.whole_collection() else {
            return;
        };
        let images = whole.images.iter();
        let images = images.map(|(class, image)| (*class, image.as_ref()));
        let zip = zip_of_folders(&whole.classes, images);
        self.save_export(&[(format!("{}.zip", whole.name), zip)]);
    }

    /// Downloads the open collection as a pair of IDX files.
    pub fn export_idx(self) {
        let Some(whole) = self.whole_collection() else {
            return;
        };
        let images: Vec<&Image> = whole
            .images
            .iter()
            .map(|(_, image)| image.as_ref())
            .collect();
        let labels: Vec<u16> = whole.images.iter().map(|(label, _)| *label).collect();
        let files = [
            (
                format!("{}-images.idx3-ubyte", whole.name),
                idx_images(&images),
            ),
            (
                format!("{}-labels.idx1-ubyte", whole.name),
                idx_labels(&labels),
            ),
        ];
        self.save_export(&files);
    }

    fn save_export(self, files: &[(String, Result<Vec<u8>, ExportError>)]) {
        self.data.editor.set_error(None);
        for (name, bytes) in files {
            let saved = match bytes {
                Ok(bytes) => download(name, bytes).map_err(|error| reason(&error)),
                Err(error) => Err(error.to_string()),
            };
            if let Err(why) = saved {
                let text = format!("{name} cannot be saved: {why}.");
                return self.data.editor.set_error(Some(text));
            }
        }
    }

    /// Adds the images of a zip of class folders or a pair of IDX files to the open collection, as one
    /// step.
    pub fn import_data(self, files: Vec<File>) {
        spawn_local(async move {
            let imported = self.read_import(files).await;
            self.data.set_reading(None);
            match imported {
                Ok((classes, images)) => {
                    self.data.editor.import(&classes, images);
                }
                Err(SetError(why)) => {
                    let text = format!("Nothing is imported: {why}.");
                    self.data.editor.set_error(Some(text));
                }
            }
        });
    }

    async fn read_import(
        self,
        files: Vec<File>,
    ) -> Result<(Vec<String>, Vec<(Image, u16)>), SetError> {
        let mut read = Vec::new();
        for file in files {
            read.push(read_file(&file).await?);
        }
        if let [file] = read.as_slice()
            && file.bytes.subarray(0, 2).to_vec() == b"PK"
        {
            return self.import_zip(file).await;
        }
        let bytes: Vec<(String, Vec<u8>)> = read
            .into_iter()
            .map(|file| (file.name, file.bytes.to_vec()))
            .collect();
        for (name, bytes) in &bytes {
            if data_file(name, bytes).map_err(SetError::of)? == DataFile::Zip {
                return Err(SetError("a zip is imported alone; choose one file".into()));
            }
        }
        let named: Vec<(&str, &[u8])> = bytes
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .collect();
        let all = read_files(&named).map_err(SetError::of)?;
        self.check_count(all.labels.len())?;
        let (shape, most) = (
            all.shape,
            all.labels.iter().max().copied().unwrap_or_default(),
        );
        let size = (shape.elements() as usize).max(1);
        let mut images = Vec::new();
        for (pixels, label) in all.pixels.chunks_exact(size).zip(all.labels) {
            let pixels = pixels.to_vec();
            images.push((self.own_image(Image { shape, pixels })?, label));
        }
        let classes = (0..=most).map(|class| class.to_string()).collect();
        Ok((classes, images))
    }

    async fn import_zip(self, file: &Read) -> Result<(Vec<String>, Vec<(Image, u16)>), SetError> {
        let bytes = file.bytes.to_vec();
        let mut zip = PictureZip::open(&file.name, &bytes).map_err(SetError::of)?;
        let entries = zip.entries.clone();
        self.check_count(entries.len())?;
        let total = entries.len() as u64;
        let mut images = Vec::new();
        for (done, entry) in (0..).zip(&entries) {
            self.data.set_reading(Some((done, total)));
            let decoded = self.picture_of(&mut zip, entry).await?;
            let image = self.image_of_pixels(&decoded);
            let named = |error| SetError(format!("{}: {error}", entry.name));
            images.push((image.map_err(named)?, entry.class));
            yield_now().await;
        }
        Ok((zip.classes.clone(), images))
    }

    /// An image of a data set as one of the collection's kind.
    fn own_image(self, image: Image) -> Result<Image, SetError> {
        let (width, height) = (image.shape.width as usize, image.shape.height as usize);
        let shape = match self.collected() {
            Kind::Drawings => Shape::new(1, Kind::FIELD, Kind::FIELD),
            Kind::Photos => {
                let side = image.shape.width.min(image.shape.height).min(Kind::LARGEST);
                Shape::new(3, side, side)
            }
        };
        if image.shape == shape {
            return Ok(image);
        }
        let pixels = fit_picture(&image.rgba(), width, height, shape);
        let pixels = pixels.map_err(SetError::of)?;
        Ok(Image { shape, pixels })
    }

    fn check_count(self, images: usize) -> Result<(), SetError> {
        let most = self.collected().most();
        if images > most {
            return Err(SetError(format!(
                "there are {images} images. {} Once the collection is closed, the same files dropped \
                 on the page are a data set with all of them",
                CollectionError::Images(most)
            )));
        }
        Ok(())
    }
}
