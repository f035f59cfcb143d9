//! The lab's colour maps: one for signed values, one for positive ones, grey for pictures.

use std::cell::Cell;
use std::sync::OnceLock;

use engine::data::ChannelOrder;
use state::answer::Range;
use state::screen::Palette;

use super::stops::colour;

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

/// A palette as 256 ready colours, red, green, blue and full opacity.
#[derive(Debug)]
pub struct Table {
    palette: Palette,
    colours: [[u8; 4]; 256],
}

impl Table {
    /// In the colours of the page's theme; whoever paints asks for it again when
    /// `state.screen.dark()` changes.
    pub fn of(palette: Palette) -> &'static Self {
        Self::themed(palette, DARK.get())
    }

    /// Computed when it is first used.
    fn themed(palette: Palette, dark: bool) -> &'static Self {
        static TABLES: [OnceLock<Table>; 6] = [const { OnceLock::new() }; 6];
        TABLES[palette as usize * 2 + usize::from(dark)].get_or_init(|| {
            let mut colours = [[255; 4]; 256];
            for (at, entry) in colours.iter_mut().enumerate() {
                entry[..3].copy_from_slice(&colour(palette, dark, at as f32 / 255.0));
            }
            Self { palette, colours }
        })
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

    /// Writes the colours of `values`, the fainter the closer to zero, so that what lies below is seen
    /// through them.
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
            pixel[3] = ((value / most).abs().max(0.0).sqrt() * 230.0) as u8;
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

thread_local! {
    /// Whether the page is dark.
    static DARK: Cell<bool> = const { Cell::new(false) };
}

/// From now on tables are those of a dark page, or of a light one.
pub(super) fn set_dark(dark: bool) {
    DARK.set(dark);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(palette: Palette, values: &[f32], min: f32, max: f32) -> Vec<[u8; 4]> {
        themed(palette, false, values, min, max)
    }

    fn themed(palette: Palette, dark: bool, values: &[f32], min: f32, max: f32) -> Vec<[u8; 4]> {
        let mut rgba = Vec::new();
        Table::themed(palette, dark).paint(values, Range { min, max }, &mut rgba);
        rgba.as_chunks().0.to_vec()
    }

    #[test]
    fn zero_is_the_ground_on_a_dark_page_and_both_ends_are_light() {
        let [low, zero, high] = [-1.0, 0.0, 1.0]
            .map(|value| luminance(themed(Palette::Signed, true, &[value], -1.0, 1.0)[0]));
        assert!(
            zero < 0.02 && low > 0.4 && high > 0.4,
            "{low} {zero} {high}"
        );
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
        let table = Table::of(Palette::Positive);
        table.paint_veil(&[0.0, 0.25, 1.0], 1.0, &mut rgba);
        // √0, √¼ and √1 of 230.
        assert_eq!([rgba[3], rgba[7], rgba[11]], [0, 115, 230]);
        table.paint_veil(&[0.0, 0.0], 0.0, &mut rgba);
        assert_eq!([rgba[3], rgba[7]], [0, 0]);
        let table = Table::themed(Palette::Signed, false);
        table.paint_veil(&[-1.0, 0.0, 0.25], 1.0, &mut rgba);
        assert_eq!([rgba[3], rgba[7], rgba[11]], [230, 0, 115]);
        // Blue below zero, orange above.
        assert!(rgba[2] > rgba[0] && rgba[8] > rgba[10]);
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
    fn every_value_has_a_colour() {
        for palette in [Palette::Signed, Palette::Positive, Palette::Grey] {
            let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30];
            assert_eq!(colours(palette, &odd, -1.0, 1.0).len(), 4);
        }
    }
}
