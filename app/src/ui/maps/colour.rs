//! The lab's colour maps: one for signed values, one for positive ones, grey for pictures.

use engine::data::ChannelOrder;
use state::screen::Palette;

/// The smallest and largest value that colours stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub min: f32,
    pub max: f32,
}

/// Writes red, green and blue as they are, `range` spread over the levels; `values` are one channel
/// after the other, in this order.
pub fn paint_rgb(values: &[f32], order: ChannelOrder, range: Range, rgba: &mut Vec<u8>) {
    let [red, green, blue] = order.colours();
    let area = values.len() / 3;
    let scale = 255.0 / (range.max - range.min).max(f32::MIN_POSITIVE);
    rgba.clear();
    for at in 0..area {
        let level = |channel: usize| ((values[channel * area + at] - range.min) * scale) as u8;
        rgba.extend_from_slice(&[level(red), level(green), level(blue), 255]);
    }
}

impl Range {
    /// The range of these values, those that are not finite left out; `None` where none is left.
    pub fn of(values: &[f32]) -> Option<Self> {
        let finite = values.iter().copied().filter(|value| value.is_finite());
        finite.fold(None, |range, value| {
            let Self { min, max } = range.unwrap_or(Self {
                min: value,
                max: value,
            });
            Some(Self {
                min: min.min(value),
                max: max.max(value),
            })
        })
    }
}

type Rgb = [u8; 3];

/// The dark ends are those of ColorBrewer's Blues and Oranges (Brewer 2002): blue against orange
/// stays apart in every common colour blindness.
const SIGNED: [Rgb; 9] = [
    [8, 48, 107],
    [8, 81, 156],
    [66, 146, 198],
    [158, 202, 225],
    [247, 247, 247],
    [253, 190, 133],
    [241, 105, 19],
    [166, 54, 3],
    [127, 39, 4],
];

/// Ten evenly spaced colours of matplotlib's viridis (Smith and van der Walt 2015, CC0).
const POSITIVE: [Rgb; 10] = [
    [68, 1, 84],
    [72, 40, 120],
    [62, 74, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [110, 206, 88],
    [181, 222, 43],
    [253, 231, 37],
];

const GREY: [Rgb; 2] = [[0, 0, 0], [255, 255, 255]];

/// A palette as 256 ready colours, red, green, blue and full opacity.
#[derive(Clone, Debug)]
pub struct Table {
    palette: Palette,
    colours: [[u8; 4]; 256],
}

impl Table {
    pub fn new(palette: Palette) -> Self {
        let stops: &[Rgb] = match palette {
            Palette::Signed => &SIGNED,
            Palette::Positive => &POSITIVE,
            Palette::Grey => &GREY,
        };
        let mut colours = [[255; 4]; 256];
        for (at, colour) in colours.iter_mut().enumerate() {
            colour[..3].copy_from_slice(&between(stops, at as f32 / 255.0));
        }
        Self { palette, colours }
    }

    /// Writes the colours of `values` into `rgba`, four bytes a value.
    pub fn paint(&self, values: &[f32], range: Range, rgba: &mut Vec<u8>) {
        let Range { min, max } = self.spread(range);
        let scale = if max > min { 255.0 / (max - min) } else { 0.0 };
        rgba.clear();
        for &value in values {
            // `as` saturates and takes NaN to 0, so that every value has a colour.
            let at = ((value - min) * scale + 0.5) as u8;
            rgba.extend_from_slice(&self.colours[usize::from(at)]);
        }
    }

    /// Writes the colours of `values`, of which none is negative, the fainter the closer to zero,
    /// so that what lies below is seen through them.
    pub fn paint_veil(&self, values: &[f32], most: f32, rgba: &mut Vec<u8>) {
        self.paint(
            values,
            Range {
                min: 0.0,
                max: most,
            },
            rgba,
        );
        for (pixel, value) in rgba.chunks_exact_mut(4).zip(values) {
            // The root lets small values be seen too.
            pixel[3] = ((value / most).max(0.0).sqrt() * 230.0) as u8;
        }
    }

    /// The range as the palette needs it: zero in the middle, zero at the bottom, or as it is. A
    /// range without length gets one, so that a blank map has the colour of zero.
    fn spread(&self, range: Range) -> Range {
        let positive = |value: f32| if value > 0.0 { value } else { 1.0 };
        match self.palette {
            Palette::Signed => {
                let limit = positive(range.max.abs().max(range.min.abs()));
                Range {
                    min: -limit,
                    max: limit,
                }
            }
            Palette::Positive => Range {
                min: 0.0,
                max: positive(range.max),
            },
            Palette::Grey if range.max > range.min => range,
            Palette::Grey => Range {
                min: range.min,
                max: range.min + 1.0,
            },
        }
    }
}

/// The colour at `share` (0 to 1) of the way along evenly spaced stops.
fn between(stops: &[Rgb], share: f32) -> Rgb {
    let along = share * (stops.len() - 1) as f32;
    let first = (along as usize).min(stops.len() - 2);
    let part = along - first as f32;
    std::array::from_fn(|channel| {
        let (from, to) = (
            f32::from(stops[first][channel]),
            f32::from(stops[first + 1][channel]),
        );
        (from + (to - from) * part + 0.5) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(palette: Palette, values: &[f32], min: f32, max: f32) -> Vec<[u8; 4]> {
        let mut rgba = Vec::new();
        Table::new(palette).paint(values, Range { min, max }, &mut rgba);
        rgba.as_chunks().0.to_vec()
    }

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(colour: [u8; 4]) -> f64 {
        let linear = |byte: u8| {
            let part = f64::from(byte) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
    }

    #[test]
    fn zero_is_neutral_whatever_the_range_of_signed_values() {
        for (min, max) in [(-1.0, 1.0), (-0.1, 3.0), (-7.0, 0.5), (0.0, 0.0)] {
            let [red, green, blue, _] = colours(Palette::Signed, &[0.0], min, max)[0];
            assert!(
                red.abs_diff(green) < 6 && green.abs_diff(blue) < 6,
                "{red} {green} {blue}"
            );
            assert!(green > 235);
        }
    }

    #[test]
    fn equal_distances_from_zero_are_about_equally_dark() {
        for value in [0.25, 0.5, 1.0] {
            let both = colours(Palette::Signed, &[-value, value], -1.0, 1.0);
            assert!(
                (luminance(both[0]) - luminance(both[1])).abs() < 0.12,
                "{value}"
            );
        }
    }

    #[test]
    fn signs_stay_apart_without_red_and_green() {
        // Both red- and green-blind eyes keep the axis from blue to yellow: the blue part minus
        // the mean of red and green must change its sign with the value.
        let yellow_to_blue = |[red, green, blue, _]: [u8; 4]| {
            f64::from(blue) - (f64::from(red) + f64::from(green)) / 2.0
        };
        let both = colours(Palette::Signed, &[-0.5, 0.5], -1.0, 1.0);
        assert!(yellow_to_blue(both[0]) > 40.0 && yellow_to_blue(both[1]) < -40.0);
    }

    #[test]
    fn lightness_increases_with_positive_values() {
        let values: Vec<f32> = (0..=100).map(|at| at as f32 / 100.0).collect();
        let lights: Vec<f64> = colours(Palette::Positive, &values, 0.0, 1.0)
            .into_iter()
            .map(luminance)
            .collect();
        assert!(lights.windows(2).all(|pair| pair[1] >= pair[0]));
        assert!(lights[100] > lights[0] + 0.5);
    }

    #[test]
    fn grey_between_0_and_1_is_the_value_times_255() {
        let values: Vec<f32> = (0..=255u8).map(|byte| f32::from(byte) / 255.0).collect();
        for (byte, colour) in colours(Palette::Grey, &values, 0.0, 1.0)
            .into_iter()
            .enumerate()
        {
            assert_eq!(colour, [byte as u8, byte as u8, byte as u8, 255]);
        }
    }

    #[test]
    fn a_transparent_overlay_changes_nothing() {
        let mut rgba = Vec::new();
        let table = Table::new(Palette::Positive);
        table.paint_veil(&[0.0, 0.25, 1.0], 1.0, &mut rgba);
        // √0, √¼ and √1 of 230.
        assert_eq!([rgba[3], rgba[7], rgba[11]], [0, 115, 230]);
        table.paint_veil(&[0.0, 0.0], 0.0, &mut rgba);
        assert_eq!([rgba[3], rgba[7]], [0, 0]);
    }

    #[test]
    fn red_green_and_blue_come_from_their_own_channels() {
        let mut rgba = Vec::new();
        let range = Range {
            min: -1.0,
            max: 1.0,
        };
        // Two pixels: red 1 and −1, green −1 and 1, blue 0 and 0.
        let values = [1.0, -1.0, -1.0, 1.0, 0.0, 0.0];
        paint_rgb(&values, ChannelOrder::Rgb, range, &mut rgba);
        assert_eq!(rgba, [255, 0, 127, 255, 0, 255, 127, 255]);
        // The same with blue first.
        let values = [0.0, 0.0, -1.0, 1.0, 1.0, -1.0];
        paint_rgb(&values, ChannelOrder::Bgr, range, &mut rgba);
        assert_eq!(rgba, [255, 0, 127, 255, 0, 255, 127, 255]);
    }

    #[test]
    fn a_range_ignores_nan() {
        let range = Range::of(&[2.0, f32::NAN, -3.0, f32::INFINITY]);
        assert_eq!(
            range,
            Some(Range {
                min: -3.0,
                max: 2.0
            })
        );
        assert_eq!(Range::of(&[f32::NAN]), None);
    }

    #[test]
    fn every_value_has_a_colour() {
        for palette in [Palette::Signed, Palette::Positive, Palette::Grey] {
            let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30];
            assert_eq!(colours(palette, &odd, -1.0, 1.0).len(), 4);
        }
    }
}
