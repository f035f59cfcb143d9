//! Data augmentation: random changes of an image that keep what it shows.

use serde::{Deserialize, Serialize};

use super::Random;
use super::elastic::{Elastic, Field};
use super::warp::Warp;
use crate::Shape;
use crate::train::SettingsError;
use crate::train::settings::{above, below};

/// How far images are changed at most, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Augmentation {
    /// Share of the side.
    pub shift: f32,
    /// Degrees.
    pub rotate: f32,
    /// Share of the size, of width and height by themselves.
    pub scale: f32,
    /// How far a row moves sideways for each row it lies above the middle.
    pub shear: f32,
    /// Local distortions (Simard, Steinkraus and Platt 2003).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elastic: Option<Elastic>,
    /// Mirrored left to right, every second time. For photos; a mirrored digit is another sign.
    pub flip: bool,
    /// Share of full brightness that is added.
    pub brightness: f32,
    /// Share by which the distance from the mean is scaled.
    pub contrast: f32,
    /// Share by which the distance from grey is scaled; for colour images.
    pub saturation: f32,
}

/// No change.
impl Default for Augmentation {
    fn default() -> Self {
        Self {
            shift: 0.0,
            rotate: 0.0,
            scale: 0.0,
            shear: 0.0,
            elastic: None,
            flip: false,
            brightness: 0.0,
            contrast: 0.0,
            saturation: 0.0,
        }
    }
}

impl Augmentation {
    /// For digits and other drawings: small affine changes; 1.5 pixels of MNIST's 28.
    pub fn of_drawings() -> Self {
        Self {
            shift: 1.5 / 28.0,
            rotate: 10.0,
            scale: 0.1,
            shear: 0.15,
            ..Self::default()
        }
    }

    /// For photos: moved, scaled, mirrored, in another light.
    pub fn of_photos() -> Self {
        Self {
            shift: 0.1,
            rotate: 10.0,
            scale: 0.15,
            flip: true,
            brightness: 0.15,
            contrast: 0.2,
            saturation: 0.2,
            ..Self::default()
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let bounds = [
            ("the shift of the augmentation", self.shift, 1.0),
            ("the rotation of the augmentation", self.rotate, 180.1),
            ("the scaling of the augmentation", self.scale, 1.0),
            ("the shear of the augmentation", self.shear, 2.0),
            ("the brightness of the augmentation", self.brightness, 1.0),
            ("the contrast of the augmentation", self.contrast, 1.0),
            ("the saturation of the augmentation", self.saturation, 1.0),
        ];
        for (setting, value, end) in bounds {
            below(setting, f64::from(value), 0.0, end)?;
        }
        if let Some(Elastic {
            strength,
            smoothness,
        }) = self.elastic
        {
            below("the elastic distortion", f64::from(strength), 0.0, 1000.0)?;
            above("its smoothness", f64::from(smoothness), 0.0, 64.0)?;
        }
        Ok(())
    }

    /// The change of one example in one epoch: always the same for the same numbers.
    pub fn drawn(&self, seed: u64, epoch: u64, example: u64, shape: Shape) -> Change {
        let mut random = Random::of(&[seed, 0x6175_676d, epoch, example]);
        let mut within = |bound: f32| random.within(bound);
        let (width, height) = (shape.width as f32, shape.height as f32);
        let warp = Warp {
            turn: within(self.rotate.to_radians()),
            slant: within(self.shear),
            scale: [1.0 + within(self.scale), 1.0 + within(self.scale)],
            shift: [within(self.shift) * width, within(self.shift) * height],
        };
        let [brightness, contrast, saturation] =
            [self.brightness, self.contrast, self.saturation].map(&mut within);
        let flip = self.flip && random.next() >> 63 == 1;
        let (wide, high) = (shape.width as usize, shape.height as usize);
        let field = self
            .elastic
            .map(|elastic| Field::drawn(elastic, wide, high, &mut random));
        Change {
            warp,
            field,
            flip,
            brightness,
            contrast,
            saturation,
        }
    }
}

/// A drawn change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    warp: Warp,
    field: Option<Field>,
    flip: bool,
    brightness: f32,
    contrast: f32,
    saturation: f32,
}

impl Change {
    /// The changed image; pixels lie row by row, the channels of one beside each other. What comes
    /// from outside is 0 (paper) in an image of one channel and the nearest pixel in others.
    pub fn apply(&self, image: &[u8], shape: Shape) -> Vec<u8> {
        let [channels, height, width] =
            [shape.channels, shape.height, shape.width].map(|side| side as usize);
        let middle = [(width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0];
        let mut values = Vec::with_capacity(image.len());
        for y in 0..height {
            for x in 0..width {
                let column = if self.flip { width - 1 - x } else { x };
                let [mut from_x, mut from_y] = self.warp.source([column as f32, y as f32], middle);
                if let Some(field) = &self.field {
                    let [right, down] = field.at(column, y);
                    from_x += right;
                    from_y += down;
                }
                values.extend((0..channels).map(|channel| {
                    let level = |x: i64, y: i64| level(image, shape, channel, x, y);
                    between(level, from_x, from_y)
                }));
            }
        }
        self.colour(&mut values, channels);
        values
            .into_iter()
            .map(|value| (value + 0.5).clamp(0.0, 255.0) as u8)
            .collect()
    }

    /// Brightness, contrast, saturation of levels of 0 to 255.
    fn colour(&self, values: &mut [f32], channels: usize) {
        if self.contrast != 0.0 {
            let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
            for value in &mut *values {
                *value = mean + (*value - mean) * (1.0 + self.contrast);
            }
        }
        if self.brightness != 0.0 {
            for value in &mut *values {
                *value += 255.0 * self.brightness;
            }
        }
        if self.saturation != 0.0 && channels == 3 {
            for pixel in values.chunks_exact_mut(3) {
                let grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
                for value in pixel {
                    *value = grey + (*value - grey) * (1.0 + self.saturation);
                }
            }
        }
    }
}

fn level(image: &[u8], shape: Shape, channel: usize, x: i64, y: i64) -> f32 {
    let (width, height) = (i64::from(shape.width), i64::from(shape.height));
    let inside = (0..width).contains(&x) && (0..height).contains(&y);
    if shape.channels == 1 && !inside {
        return 0.0;
    }
    let (x, y) = (x.clamp(0, width - 1), y.clamp(0, height - 1));
    let place = (y * width + x) as usize * shape.channels as usize + channel;
    image.get(place).copied().map_or(0.0, f32::from)
}

/// Bilinear interpolation.
fn between(level: impl Fn(i64, i64) -> f32, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, lower_share) = (x - left, y - top);
    let (left, top) = (left as i64, top as i64);
    let row = |y: i64| level(left, y) * (1.0 - right_share) + level(left + 1, y) * right_share;
    row(top) * (1.0 - lower_share) + row(top + 1) * lower_share
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREY: Shape = Shape::new(1, 5, 5);

    fn corner() -> Vec<u8> {
        let mut image = vec![0; 25];
        image[6] = 200;
        image
    }

    fn still() -> Change {
        Augmentation::default().drawn(1, 1, 1, GREY)
    }

    #[test]
    fn no_augmentation_changes_nothing() {
        assert_eq!(still().apply(&corner(), GREY), corner());
    }

    #[test]
    fn a_shift_moves_whole_pixels_right_and_down() {
        let mut change = still();
        change.warp.shift = [2.0, 1.0];
        let mut wanted = vec![0; 25];
        wanted[2 * 5 + 3] = 200;
        assert_eq!(change.apply(&corner(), GREY), wanted);
    }

    #[test]
    fn a_quarter_turn_moves_a_corner_to_the_next() {
        let mut change = still();
        change.warp.turn = std::f32::consts::FRAC_PI_2;
        // Counter-clockwise: upper left to lower left.
        let mut wanted = vec![0; 25];
        wanted[3 * 5 + 1] = 200;
        assert_eq!(change.apply(&corner(), GREY), wanted);
    }

    #[test]
    fn a_mirrored_image_has_its_columns_in_reverse() {
        let shape = Shape::new(3, 1, 2);
        let change = Change {
            flip: true,
            ..Augmentation::default().drawn(1, 1, 1, shape)
        };
        assert_eq!(change.apply(&[1, 2, 3, 4, 5, 6], shape), [4, 5, 6, 1, 2, 3]);
    }

    #[test]
    fn light_is_added_and_colour_taken_away() {
        let shape = Shape::new(3, 1, 1);
        let brighter = Change {
            brightness: 0.2,
            ..Augmentation::default().drawn(1, 1, 1, shape)
        };
        assert_eq!(brighter.apply(&[0, 100, 250], shape), [51, 151, 255]);
        let grey = Change {
            saturation: -1.0,
            ..Augmentation::default().drawn(1, 1, 1, shape)
        };
        // 0.299 · 255 = 76.2, the luma of red.
        assert_eq!(grey.apply(&[255, 0, 0], shape), [76, 76, 76]);
    }

    #[test]
    fn a_change_is_the_same_for_the_same_numbers_and_within_its_bounds() {
        let augmentation = Augmentation {
            elastic: Some(Elastic::default()),
            ..Augmentation::of_photos()
        };
        let shape = Shape::new(3, 20, 10);
        let drawn = |seed, epoch, example| augmentation.drawn(seed, epoch, example, shape);
        assert_eq!(drawn(1, 2, 3), drawn(1, 2, 3));
        for other in [drawn(2, 2, 3), drawn(1, 3, 3), drawn(1, 2, 4)] {
            assert_ne!(other, drawn(1, 2, 3));
        }
        let (mut mirrored, mut largest) = (0, 0.0_f32);
        for example in 0..400 {
            let change = drawn(1, 1, example);
            assert!(change.warp.shift[0].abs() <= 1.0 && change.warp.shift[1].abs() <= 2.0);
            assert!(change.warp.turn.abs() <= 10.0_f32.to_radians());
            mirrored += usize::from(change.flip);
            largest = largest.max(change.brightness.abs());
        }
        // 200 of 400; five standard deviations are 50.
        assert!((150..250).contains(&mirrored), "{mirrored}");
        assert!((0.14..=0.15).contains(&largest), "{largest}");
    }
}
