//! MNIST's test digits as people send them: drawn on paper or a board of any colour, in any light, with
//! noise, JPEG and whatever else a picture has. Everything follows from the seed.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
#![allow(dead_code, reason = "each test uses some of it")]

pub mod blanks;
pub mod kinds;

use std::f32::consts::TAU;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use engine::data::{Images, read_images, read_labels};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{DynamicImage, RgbImage};

/// MNIST's test images with their digits.
pub struct Mnist {
    images: Images,
    labels: Vec<u8>,
}

impl Mnist {
    /// The first 1,000 of the test set, or the other 9,000.
    pub fn test(part: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/data/mnist");
        let read = |kind: &str| fs::read(path.join(format!("test-{part}-{kind}.gz"))).unwrap();
        Self {
            images: read_images(&read("images.idx3")).unwrap(),
            labels: read_labels(&read("labels.idx1")).unwrap(),
        }
    }

    pub fn get(&self, index: usize) -> (&[u8], u8) {
        (self.images.get(index).unwrap(), self.labels[index])
    }

    /// One image of each digit, the `nth` of its kind.
    pub fn digits(&self, nth: usize) -> Vec<&[u8]> {
        let of = |digit: u8| {
            let places = (0..self.labels.len()).filter(|&at| self.labels[at] == digit);
            self.images.get(places.clone().nth(nth).unwrap()).unwrap()
        };
        (0..10).map(of).collect()
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly between two numbers.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    pub fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next() as usize % of.len()]
    }

    /// Normally distributed with deviation 1 (Box and Muller 1958).
    fn normal(&mut self) -> f32 {
        let (one, other) = (self.between(1e-7, 1.0), self.between(0.0, 1.0));
        (-2.0 * one.ln()).sqrt() * (TAU * other).cos()
    }
}

/// A picture as it is sent: four bytes a pixel.
pub struct Sent {
    pub width: usize,
    pub height: usize,
    pub rgba: Vec<u8>,
}

pub type Colour = [f32; 3];

/// A digit's place: its centre, the side of MNIST's 28 pixels, and how far it is turned in degrees.
#[derive(Clone, Copy)]
pub struct Place {
    pub x: f32,
    pub y: f32,
    pub side: f32,
    pub turned: f32,
}

/// A picture with three levels a pixel, 0 to 255.
#[derive(Clone)]
pub struct Sheet {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Colour>,
}

impl Sheet {
    pub fn new(width: usize, height: usize, paper: Colour) -> Self {
        Self {
            width,
            height,
            pixels: vec![paper; width * height],
        }
    }

    /// Each pixel changed by its place, 0 to 1 in each direction.
    pub fn each(mut self, change: impl Fn(f32, f32, Colour) -> Colour) -> Self {
        for (at, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = (at % self.width, at / self.width);
            *pixel = change(
                (x as f32 + 0.5) / self.width as f32,
                (y as f32 + 0.5) / self.height as f32,
                *pixel,
            );
        }
        self
    }

    /// The light on each pixel, multiplied.
    pub fn lit(self, light: impl Fn(f32, f32) -> f32) -> Self {
        self.each(|x, y, pixel| pixel.map(|level| level * light(x, y)))
    }

    /// Draws an MNIST image; `pressure` 1 is full ink.
    pub fn drawn(mut self, image: &[u8], place: Place, ink: Colour, pressure: f32) -> Self {
        let (sine, cosine) = place.turned.to_radians().sin_cos();
        for (at, pixel) in self.pixels.iter_mut().enumerate() {
            let x = (at % self.width) as f32 + 0.5 - place.x;
            let y = (at / self.width) as f32 + 0.5 - place.y;
            let across = (x * cosine + y * sine) / place.side * 28.0 + 13.5;
            let down = (y * cosine - x * sine) / place.side * 28.0 + 13.5;
            // A pen's edge is sharper than MNIST's reduced ones.
            let inked = sampled(image, across, down) / 255.0;
            let inked = ((inked - 0.35) / 0.3).clamp(0.0, 1.0) * pressure;
            for (level, ink) in pixel.iter_mut().zip(ink) {
                *level += (ink - *level) * inked;
            }
        }
        self
    }

    /// A filled rectangle, in pixels.
    pub fn rectangle(mut self, [left, top, right, bottom]: [usize; 4], colour: Colour) -> Self {
        for y in top..bottom.min(self.height) {
            self.pixels[y * self.width + left..y * self.width + right.min(self.width)].fill(colour);
        }
        self
    }

    /// Normal noise of this deviation, for each colour by itself where `coloured`.
    pub fn noisy(mut self, deviation: f32, coloured: bool, random: &mut Random) -> Self {
        for pixel in &mut self.pixels {
            let grey = random.normal();
            for level in pixel {
                let by = if coloured { random.normal() } else { grey };
                *level += by * deviation;
            }
        }
        self
    }

    /// Fibres and clouds of paper: noise with a grain of some pixels.
    pub fn textured(mut self, depth: f32, grain: usize, random: &mut Random) -> Self {
        let across = self.width / grain + 2;
        let down = self.height / grain + 2;
        let grid: Vec<f32> = (0..across * down)
            .map(|_| random.normal() * depth)
            .collect();
        for (at, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = (at % self.width, at / self.width);
            let (column, row) = (x / grain, y / grain);
            let (right, lower) = (
                (x % grain) as f32 / grain as f32,
                (y % grain) as f32 / grain as f32,
            );
            let corner = |dx: usize, dy: usize| grid[(row + dy) * across + column + dx];
            let upper = corner(0, 0) * (1.0 - right) + corner(1, 0) * right;
            let under = corner(0, 1) * (1.0 - right) + corner(1, 1) * right;
            let by = upper * (1.0 - lower) + under * lower;
            *pixel = pixel.map(|level| level + by);
        }
        self
    }

    /// A blurred picture: `times` the binomial 1 2 1 in each direction.
    pub fn blurred(mut self, times: usize) -> Self {
        for _ in 0..times {
            let before = self.pixels.clone();
            let at = |x: usize, y: usize| {
                before[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
            };
            for (place, pixel) in self.pixels.iter_mut().enumerate() {
                let (x, y) = (place % self.width, place / self.width);
                let mut sum = [0.0; 3];
                for (dy, down) in [1.0, 2.0, 1.0].into_iter().enumerate() {
                    for (dx, across) in [1.0, 2.0, 1.0].into_iter().enumerate() {
                        let near = at((x + dx).saturating_sub(1), (y + dy).saturating_sub(1));
                        for (sum, level) in sum.iter_mut().zip(near) {
                            *sum += level * down * across / 16.0;
                        }
                    }
                }
                *pixel = sum;
            }
        }
        self
    }

    pub fn rgb(&self) -> RgbImage {
        let levels = self
            .pixels
            .iter()
            .flatten()
            .map(|level| level.round().clamp(0.0, 255.0) as u8);
        RgbImage::from_raw(self.width as u32, self.height as u32, levels.collect()).unwrap()
    }

    /// Four bytes a pixel.
    pub fn rgba(&self) -> Vec<u8> {
        DynamicImage::from(self.rgb()).into_rgba8().into_raw()
    }

    /// The pixels after a JPEG file of this quality.
    pub fn jpeg(&self, quality: u8) -> Vec<u8> {
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, quality)
            .encode_image(&self.rgb())
            .unwrap();
        let decoder = JpegDecoder::new(Cursor::new(file)).unwrap();
        DynamicImage::from_decoder(decoder)
            .unwrap()
            .into_rgba8()
            .into_raw()
    }
}

/// An image's level between its pixels, linearly; 0 outside.
fn sampled(image: &[u8], x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let pixel = |x: f32, y: f32| {
        let inside = (0.0..28.0).contains(&x) && (0.0..28.0).contains(&y);
        if inside {
            f32::from(image[y as usize * 28 + x as usize])
        } else {
            0.0
        }
    };
    let (right, lower) = (x - left, y - top);
    let upper = pixel(left, top) * (1.0 - right) + pixel(left + 1.0, top) * right;
    let under = pixel(left, top + 1.0) * (1.0 - right) + pixel(left + 1.0, top + 1.0) * right;
    upper * (1.0 - lower) + under * lower
}

/// A sheet of random size and paper, with this digit anywhere on it, in random ink and light.
pub fn at_random(image: &[u8], random: &mut Random) -> Sent {
    let (width, height) = (
        random.between(180.0, 420.0) as usize,
        random.between(180.0, 420.0) as usize,
    );
    let shorter = width.min(height) as f32;
    let dark = random.between(0.0, 1.0) < 0.3;
    let (low, high) = if dark { (0.0, 60.0) } else { (170.0, 255.0) };
    let paper = [(); 3].map(|()| random.between(low, high));
    // Ink differs from the paper by at least 90 levels in two colours.
    let ink = loop {
        let ink = [(); 3].map(|()| random.between(0.0, 255.0));
        let apart = ink.iter().zip(paper).filter(|(ink, paper)| {
            let by = if dark { *ink - paper } else { paper - *ink };
            by > 90.0
        });
        if apart.count() >= 2 {
            break ink;
        }
    };
    let side = shorter * random.between(0.25, 0.95);
    let free = |length: usize, random: &mut Random| {
        let margin = side * 0.42;
        random.between(
            margin.min(length as f32 / 2.0),
            (length as f32 - margin).max(length as f32 / 2.0),
        )
    };
    let place = Place {
        x: free(width, random),
        y: free(height, random),
        side,
        turned: random.between(-15.0, 15.0),
    };
    let (direction, depth) = (random.between(0.0, TAU), random.between(0.0, 0.45));
    let kind = random.one_of(&[0, 1, 2]);
    let (edge, soft) = (random.between(-0.4, 0.4), random.between(0.02, 0.3));
    let light = |x: f32, y: f32| {
        let (x, y) = (x - 0.5, y - 0.5);
        let along = x * direction.cos() + y * direction.sin();
        match kind {
            // A gradient, a shadow with an edge, a vignette.
            0 => 1.0 - depth * (along + 0.5).clamp(0.0, 1.0),
            1 => 1.0 - depth * ((along - edge) / soft).clamp(0.0, 1.0),
            _ => 1.0 - depth * 2.0 * (x * x + y * y),
        }
    };
    let noise = random.between(0.0, 8.0);
    let coloured = random.one_of(&[true, false]);
    let sheet = Sheet::new(width, height, paper)
        .drawn(image, place, ink, 1.0)
        .lit(light)
        .noisy(noise, coloured, random);
    let rgba = match random.one_of(&[0, 60, 80, 95]) {
        0 => sheet.rgba(),
        quality => sheet.jpeg(quality),
    };
    Sent {
        width,
        height,
        rgba,
    }
}
