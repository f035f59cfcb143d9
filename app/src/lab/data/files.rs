//! Files that a person drops or opens as a data set: recognised by their content, and read without
//! losing what was there.

use engine::Shape;
use engine::data::{DataError, DataFile, MOST_BYTES, data_file, labels};
use js_sys::Uint8Array;
use state::data::files::{Found, FoundFile, Plan, plan};
use state::data::{Labels, NewSet, Origin, SetId, SetInfo};
use state::notices::Place;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;

use super::SetError;
use super::held::HeldPart;
use crate::lab::Lab;
use crate::platform::fetch::{reason, unzipped};
use crate::platform::schedule::yield_now;

/// Images that go to the engine together.
const PART: usize = 10_000;
/// Bytes that tell a file's kind.
const START: u32 = 512;
/// A file of an IDX header: a magic number, then three sizes.
const HEADER: usize = 16;
/// CIFAR-10's record, and the records that are read in one task.
const RECORD: usize = 1 + 3 * 32 * 32;
const RECORDS: usize = 500;

/// A file's name and bytes.
pub(super) struct Read {
    pub name: String,
    pub bytes: Uint8Array,
}

impl Lab {
    /// Opens files as a data set and chooses it; if that fails, what was there stays.
    pub fn open_data(self, files: Vec<File>) {
        let names: Vec<String> = files.iter().map(File::name).collect();
        spawn_local(async move {
            self.notices.dismiss(Place::Data);
            let opened = self.read_data(files).await;
            self.data.set_reading(None);
            match opened {
                Ok(id) => {
                    self.data.choose(id);
                    if let Some(info) = self.data.info(id) {
                        self.notices.tell(format!(
                            "{}: {} images of {} in {} classes.",
                            info.name,
                            info.images,
                            info.shape,
                            info.classes.len()
                        ));
                    }
                }
                Err(SetError(why)) => {
                    let which = match names.as_slice() {
                        [name] => name.clone(),
                        names => format!("These {} files", names.len()),
                    };
                    let verb = if names.len() == 1 { "is" } else { "are" };
                    self.notices.fail(
                        Place::Data,
                        format!(
                            "{which} {verb} not opened as a data set: {why}. The data sets are as \
                             they were."
                        ),
                    );
                }
            }
        });
    }

    /// Takes a set off the list.
    pub fn remove_set(self, id: SetId) {
        self.data.remove(id);
        self.forget_set(id);
    }

    async fn read_data(self, files: Vec<File>) -> Result<SetId, SetError> {
        let bytes: f64 = files.iter().map(|file| file.size()).sum();
        if bytes > MOST_BYTES as f64 {
            let bytes = bytes as u64;
            let most = MOST_BYTES;
            return Err(SetError::of(DataError::TooLarge { bytes, most }));
        }
        let mut found = Vec::new();
        let mut read = Vec::new();
        for file in files {
            let file = read_file(&file).await?;
            found.push(recognise(&file)?);
            read.push(file);
            yield_now().await;
        }
        match plan(&found).map_err(SetError::of)? {
            Plan::Zip => match read.pop() {
                Some(file) => self.read_zip(file).await,
                None => Err(SetError::of(DataError::Empty)),
            },
            Plan::Idx { pairs, name } => self.hold_idx(&read, &pairs, name),
            Plan::Cifar { order, name } => self.hold_cifar(&read, &order, name).await,
        }
    }

    fn hold_idx(
        self,
        read: &[Read],
        pairs: &[(usize, usize, bool)],
        name: String,
    ) -> Result<SetId, SetError> {
        let mut all = Labels::default();
        let mut parts = Vec::new();
        let mut shape = None;
        for &(images, of, held_out) in pairs {
            let (images, label_file) = (&read[images], &read[of]);
            let bytes = label_file.bytes.to_vec();
            let broken = |error| SetError(format!("{} is broken: {error}", label_file.name));
            let labels = labels(&bytes).map_err(broken)?;
            let got = image_header(&images.bytes).map(|(_, shape)| shape);
            let got = got.ok_or_else(|| SetError(format!("{} is broken", images.name)))?;
            let wanted = *shape.get_or_insert(got);
            if got != wanted {
                return Err(SetError::of(DataError::Size { got, wanted }));
            }
            all.labels
                .extend(labels.iter().map(|&label| u16::from(label)));
            all.held_out.resize(all.labels.len(), held_out);
            parts.push((
                images.bytes.subarray(HEADER as u32, images.bytes.length()),
                labels.len(),
            ));
        }
        let shape = shape.ok_or_else(|| SetError::of(DataError::Empty))?;
        let most = all.labels.iter().max().copied().unwrap_or_default();
        let classes = (0..=most).map(|class| class.to_string()).collect();
        let info = self.add_dropped(name, classes, all, shape)?;
        let size = shape.elements() as usize;
        for (pixels, count) in parts {
            for first in (0..count).step_by(PART) {
                let end = (first + PART).min(count);
                let pixels = pixels.subarray((first * size) as u32, (end * size) as u32);
                self.hold_run(&info, pixels, end - first);
            }
        }
        Ok(info.id)
    }

    async fn hold_cifar(
        self,
        read: &[Read],
        order: &[(usize, bool)],
        name: String,
    ) -> Result<SetId, SetError> {
        const CLASSES: [&str; 10] = [
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ];
        let shape = Shape::new(3, 32, 32);
        let total: u64 = order
            .iter()
            .map(|&(at, _)| u64::from(read[at].bytes.length()))
            .sum();
        let (mut all, mut parts, mut done) = (Labels::default(), Vec::new(), 0);
        for &(at, held_out) in order {
            let file = &read[at].bytes;
            let records = file.length() as usize / RECORD;
            let pixels = Uint8Array::new_with_length((records * (RECORD - 1)) as u32);
            for first in (0..records).step_by(RECORDS) {
                let end = (first + RECORDS).min(records);
                let bytes = file
                    .subarray((first * RECORD) as u32, (end * RECORD) as u32)
                    .to_vec();
                let named = [("", bytes.as_slice())];
                let images = engine::data::read_files(&named).map_err(SetError::of)?;
                let part = Uint8Array::from(images.pixels.as_slice());
                pixels.set(&part, (first * (RECORD - 1)) as u32);
                all.labels.extend(images.labels);
                done += bytes.len() as u64;
                self.data.set_reading(Some((done, total)));
                yield_now().await;
            }
            all.held_out.resize(all.labels.len(), held_out);
            parts.push((pixels, records));
        }
        let classes = CLASSES.map(str::to_owned).to_vec();
        let info = self.add_dropped(name, classes, all, shape)?;
        for (pixels, records) in parts {
            self.hold_run(&info, pixels, records);
        }
        Ok(info.id)
    }

    /// Adds a set whose images follow by [`Self::hold_run`].
    pub(super) fn add_dropped(
        self,
        name: String,
        classes: Vec<String>,
        labels: Labels,
        shape: Shape,
    ) -> Result<SetInfo, SetError> {
        // The engine's own rules: sizes, channels, number of classes.
        engine::data::DataSet::new(shape, classes.len() as u32).map_err(SetError::of)?;
        if labels.labels.is_empty() {
            return Err(SetError::of(DataError::Empty));
        }
        let bytes = labels.labels.len() as u64 * shape.elements();
        if bytes > MOST_BYTES {
            let most = MOST_BYTES;
            return Err(SetError::of(DataError::TooLarge { bytes, most }));
        }
        let origin = Origin::Dropped;
        let id = self.data.add_set(NewSet {
            name,
            classes,
            labels,
            shape,
            origin,
        });
        let gone = || SetError("the data set is gone".into());
        self.data.info(id).ok_or_else(gone)
    }

    /// The next images of a set, whose labels are known.
    pub(super) fn hold_run(self, info: &SetInfo, pixels: Uint8Array, images: usize) {
        let first = self.data.loaded(info.id);
        let Some(all) = self.data.labels(info.id) else {
            return;
        };
        let labels = all.labels.get(first..first + images).unwrap_or_default();
        let held_out = all.held_out.get(first).copied().unwrap_or_default();
        let part = HeldPart::new(pixels, labels.to_vec(), info.shape, held_out);
        self.hold(info.id, part, info.images);
        self.data.set_progress(None);
    }
}

/// The bytes of a file, unzipped if it is gzipped.
pub(super) async fn read_file(file: &File) -> Result<Read, SetError> {
    let name = file.name();
    let failed = |why: String| SetError(format!("the browser does not read {name}: {why}"));
    let buffer = JsFuture::from(file.array_buffer()).await;
    let bytes = Uint8Array::new(&buffer.map_err(|error| failed(reason(&error)))?);
    let start = bytes.subarray(0, 2).to_vec();
    if start != [0x1f, 0x8b] {
        return Ok(Read { name, bytes });
    }
    let plain = unzipped(&bytes).await;
    let broken = |error| SetError(format!("{name} cannot be unzipped: {}", reason(&error)));
    let bytes = plain.map_err(broken)?;
    Ok(Read { name, bytes })
}

/// What a file is and how many images or labels it has.
fn recognise(file: &Read) -> Result<FoundFile, SetError> {
    let name = &file.name;
    let length = file.bytes.length();
    let start = file.bytes.subarray(0, START.min(length)).to_vec();
    let zip = start.starts_with(b"PK");
    let idx = start.starts_with(&[0, 0]);
    // What only its whole content tells is copied.
    let kind = if zip || idx {
        data_file(name, &start)
    } else {
        data_file(name, &file.bytes.to_vec())
    };
    let found = match kind.map_err(SetError::of)? {
        DataFile::Zip => Found::Zip,
        DataFile::Cifar10 => Found::Cifar,
        DataFile::IdxImages => {
            let header = image_header(&file.bytes);
            let wrong = || {
                SetError(format!(
                    "{name} is broken: its {length} bytes are not those that its header says"
                ))
            };
            Found::Images(header.ok_or_else(wrong)?.0)
        }
        DataFile::IdxLabels => Found::Labels(length.saturating_sub(8) as usize),
    };
    Ok(FoundFile {
        name: name.clone(),
        found,
    })
}

/// The count and size of the images of an IDX file, if it has as many bytes as that takes.
fn image_header(bytes: &Uint8Array) -> Option<(usize, Shape)> {
    let header = bytes.subarray(0, HEADER as u32).to_vec();
    let (words, _) = header.as_chunks::<4>();
    let [_, count, height, width] = <[[u8; 4]; 4]>::try_from(words)
        .ok()?
        .map(u32::from_be_bytes);
    let shape = Shape::new(1, height, width);
    let wanted = u64::from(count).checked_mul(u64::from(height) * u64::from(width))?;
    let there = u64::from(bytes.length()).checked_sub(HEADER as u64)?;
    (there == wanted).then_some((count as usize, shape))
}
