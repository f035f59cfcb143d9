//! What the CNN lab does before a network sees an image: random numbers, the division of the data, the
//! order of the examples and their preparation.

use std::fs;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random(u64);

impl Random {
    /// The stream of these numbers.
    pub fn of(numbers: &[u64]) -> Self {
        Self(numbers.iter().fold(0, |state, number| Self(state ^ number).next()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (((self.next() >> 32) * end as u64) >> 32) as usize
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (2..=items.len()).rev() {
            items.swap(end - 1, self.below(end));
        }
    }
}

/// Images with labels, row by row, the channels of a pixel beside each other.
#[derive(Clone, Default)]
pub struct Images {
    /// Channels, height, width.
    pub shape: [usize; 3],
    pub pixels: Vec<u8>,
    pub labels: Vec<u8>,
}

impl Images {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    fn add(&mut self, images: &Path, labels: &Path) {
        let (dims, pixels) = idx(images);
        self.shape = [*dims.get(3).unwrap_or(&1), dims[1], dims[2]];
        self.pixels.extend(pixels);
        self.labels.extend(idx(labels).1);
    }

    fn truncate(&mut self, count: usize) {
        self.pixels.truncate(count * self.shape.iter().product::<usize>());
        self.labels.truncate(count);
    }

    fn image(&self, place: usize) -> &[u8] {
        let size = self.shape.iter().product::<usize>();
        &self.pixels[place * size..(place + 1) * size]
    }

    /// A network's input for one image: channels × height × width.
    pub fn input(&self, place: usize, recipe: &Value) -> Vec<f32> {
        let [channels, height, width] =
            [0, 1, 2].map(|it| recipe["input"][it].as_u64().unwrap() as usize);
        let image = self.image(place);
        if channels == 1 && self.shape[0] == 1 {
            return self.drawing(image, &recipe["means"]["drawing"], [height, width]);
        }
        assert!(
            self.shape == [3, height, width] && channels == 3,
            "this crate does not resize images of {:?}; train.py does",
            self.shape
        );
        let means = &recipe["means"]["photo"];
        let number = |key: &str, colour: usize| means[key][colour].as_f64().unwrap() as f32;
        let colours = if means["order"] == "rgb" { [0, 1, 2] } else { [2, 1, 0] };
        let plane = |colour: usize| {
            let (mean, scale) = (number("mean", colour), number("scale", colour));
            let levels = image.iter().skip(colour).step_by(3);
            levels.map(move |&level| (f32::from(level) - mean) / scale)
        };
        colours.into_iter().flat_map(plane).collect()
    }

    fn drawing(&self, image: &[u8], recipe: &Value, [height, width]: [usize; 2]) -> Vec<f32> {
        let [_, high, wide] = self.shape;
        let shorter = height.min(width);
        let fits = shorter <= 36 && shorter >= high.max(wide) && recipe["pad"] == true;
        assert!(fits, "this crate does not resize drawings; train.py does");
        let (top, left) = ((height - high) / 2, (width - wide) / 2);
        let mut input = vec![0.0; height * width];
        for (place, &level) in image.iter().enumerate() {
            let (y, x) = (place / wide + top, place % wide + left);
            input[y * width + x] = f32::from(level) / 255.0;
        }
        if recipe["normalise"] == true {
            for value in &mut input {
                *value = (*value - 0.1307) / 0.3081;
            }
        }
        input
    }
}

/// The images of a folder, and those that are for the test only.
pub fn read(folder: &Path, recipe: &Value) -> (Images, Images) {
    let (mut training, mut test) = (Images::default(), Images::default());
    if let Ok(manifest) = fs::read(folder.join("manifest.json")) {
        let manifest: Value = serde_json::from_slice(&manifest).expect("a manifest");
        for chunk in manifest["chunks"].as_array().expect("chunks") {
            let file = |kind: &str| folder.join(chunk[kind]["file"].as_str().unwrap());
            let images = if chunk["split"] == "test" { &mut test } else { &mut training };
            images.add(&file("images"), &file("labels"));
        }
    } else {
        for (images, start) in [(&mut training, "train"), (&mut test, "t10k")] {
            let found = |kind: &str, dims: u8| {
                let plain = folder.join(format!("{start}-{kind}-idx{dims}-ubyte"));
                let zipped = folder.join(format!("{start}-{kind}-idx{dims}-ubyte.gz"));
                if plain.is_file() { plain } else { zipped }
            };
            images.add(&found("images", 3), &found("labels", 1));
        }
    }
    if let Some(limit) = recipe["data"]["limit"].as_u64() {
        training.truncate(limit as usize);
    }
    (training, test)
}

/// An IDX file, plain or gzipped: its dimensions and bytes.
fn idx(path: &Path) -> (Vec<usize>, Vec<u8>) {
    let file = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut plain = Vec::new();
    if file.starts_with(&[0x1f, 0x8b]) {
        let mut decoder = flate2::read::GzDecoder::new(file.as_slice());
        decoder.read_to_end(&mut plain).expect("a gzipped file");
    } else {
        plain = file;
    }
    let count = usize::from(plain[3]);
    let dim = |it: usize| {
        let word = plain[4 + 4 * it..8 + 4 * it].try_into().unwrap();
        u32::from_be_bytes(word) as usize
    };
    ((0..count).map(dim).collect(), plain.split_off(4 + 4 * count))
}

/// The places of the images for training, validation and test.
pub fn divided(labels: &[u8], has_test: bool, split: &Value) -> [Vec<usize>; 3] {
    const BLOCK: usize = 20;
    let share = |key: &str| split[key].as_f64().unwrap();
    let test = if has_test { 0.0 } else { share("test") };
    let end_of = |share: f64| (share.clamp(0.0, 1.0) * (BLOCK * BLOCK) as f64) as usize;
    let ends = [end_of(test), end_of(test + share("validation"))];
    let seed = split["seed"].as_u64().unwrap();
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    let mut seen = [0; 256];
    let mut blocks = [[0; BLOCK]; 256];
    for (place, &label) in labels.iter().enumerate() {
        let class = usize::from(label);
        let (block, slot) = (seen[class] / BLOCK, seen[class] % BLOCK);
        seen[class] += 1;
        if slot == 0 {
            blocks[class] = std::array::from_fn(|place| place);
            let numbers = [seed, 0x7370_6c69, class as u64, block as u64];
            Random::of(&numbers).shuffle(&mut blocks[class]);
        }
        let within = Random::of(&[seed, class as u64, block as u64]).below(BLOCK);
        let rank = blocks[class][slot] * BLOCK + within;
        let part = if rank < ends[0] { 2 } else { usize::from(rank < ends[1]) };
        parts[part].push(place);
    }
    parts
}

/// The training images in the order of this epoch.
pub fn order(training: &[usize], settings: &Value, epoch: u64) -> Vec<usize> {
    let mut order = training.to_vec();
    if settings["shuffle"] == true {
        Random::of(&[settings["seed"].as_u64().unwrap(), 0x6f72_6465, epoch]).shuffle(&mut order);
    }
    order
}

/// Steps of an epoch.
pub fn steps_of(examples: usize, batch: usize) -> usize {
    let (whole, rest) = (examples / batch, examples % batch);
    whole + usize::from(rest > 1 || whole == 0 || (rest == 1 && batch == 1))
}

/// The learning rate of a step.
pub fn rate_of(schedule: &Value, mut step: u64, mut steps: u64) -> f64 {
    let number = |value: &Value| value.as_f64().unwrap();
    let rate = number(&schedule["rate"]);
    let warm_up = &schedule["warm_up"];
    if let Some(before) = warm_up["steps"].as_u64() {
        if step < before {
            let rise = warm_up["rise"].as_u64().unwrap();
            let start = number(&warm_up["start"]);
            let risen = if rise == 0 { 1.0 } else { step.min(rise) as f64 / rise as f64 };
            return rate * if rise == 0 { 1.0 } else { start + (1.0 - start) * risen };
        }
        (step, steps) = (step - before, steps.saturating_sub(before));
    }
    let decay = &schedule["decay"];
    let half_cosine = |share: f64| (1.0 + (std::f64::consts::PI * share).cos()) / 2.0;
    match decay["decay"].as_str().unwrap() {
        "step" => {
            let every = decay["every"].as_u64().unwrap().max(1);
            rate * number(&decay["factor"]).powi((step / every) as i32)
        }
        "milestones" => {
            let reached = decay["at"].as_array().unwrap().iter();
            let reached = reached.filter(|at| at.as_u64().unwrap() <= step).count();
            rate * number(&decay["factor"]).powi(reached as i32)
        }
        "exponential" => rate * number(&decay["factor"]).powi(step as i32),
        "cosine" => {
            let least = number(&decay["least"]);
            least + (rate - least) * half_cosine(step as f64 / steps.max(1) as f64)
        }
        "one_cycle" => {
            let (rising, last) = (number(&decay["rising"]), steps as f64 - 1.0);
            let (start, peak) = (rate / number(&decay["divisor"]), rising * steps as f64 - 1.0);
            let end = start / number(&decay["final_divisor"]);
            let mut phases = vec![(0.0, peak, start, rate), (peak, last, rate, end)];
            if decay["three_phases"] == true {
                phases[1] = (peak, 2.0 * peak, rate, start);
                phases.push((2.0 * peak, last, start, end));
            }
            let t = step as f64;
            let found = phases.iter().find(|phase| t <= phase.1);
            let &(begin, stop, from, to) = found.unwrap_or(&(last, last, end, end));
            let share = if stop > begin { ((t - begin) / (stop - begin)).min(1.0) } else { 1.0 };
            if decay["linear"] == true {
                from + (to - from) * share
            } else {
                to + (from - to) * half_cosine(share)
            }
        }
        _ => rate,
    }
}
