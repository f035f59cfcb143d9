//! The lab's colour maps: one for signed values, one for positive ones, grey for pictures.

use std::cell::Cell;

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

/// How many values tell where a layer's colours end.
const SAMPLE: usize = 1 << 12;
/// The share of them that is within the ends.
const WITHIN: f32 = 0.99;

impl Range {
    /// The range that a layer's colours stand for: that of a picture is its own; others end where
    /// 99 of 100 values other than 0 are nearer to 0, so that one bright pixel does not pale all
    /// maps. What lies beyond has the colour of the end.
    pub fn of_layer(values: &[f32], palette: Palette) -> Option<Self> {
        if palette == Palette::Grey {
            return Self::of(values);
        }
        // An odd step does not take the same column of every row.
        let step = values.len().div_ceil(SAMPLE).max(1) | 1;
        let sample = values.iter().step_by(step).map(|value| value.abs());
        let mut sample: Vec<f32> = sample.filter(|it| it.is_finite() && *it > 0.0).collect();
        let last = (sample.len() as f32 * WITHIN).ceil() as usize;
        let limit = match last.checked_sub(1) {
            Some(place) => *sample.select_nth_unstable_by(place, f32::total_cmp).1,
            None => Self::of(values).map(|it| it.max.abs().max(it.min.abs()))?,
        };
        Some(Self {
            min: -limit,
            max: limit,
        })
    }

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

/// A colour and where it lies on the way from the least value to the largest, 0 to 1.
type Stop = (f32, Rgb);

/// `--signed` of styles/tokens.css: blue against orange stays apart in every common colour
/// blindness.
const SIGNED: [Stop; 9] = [
    (0.0, [0x0a, 0x3a, 0x82]),
    (0.17, [0x24, 0x68, 0xb4]),
    (0.335, [0x83, 0xb4, 0xe0]),
    (0.45, [0xdb, 0xe8, 0xf4]),
    (0.5, [0xf7, 0xf7, 0xf5]),
    (0.55, [0xfb, 0xe9, 0xd9]),
    (0.665, [0xf4, 0xb0, 0x76]),
    (0.83, [0xe0, 0x66, 0x1c]),
    (1.0, [0x8c, 0x2d, 0x04]),
];

/// The same on a dark page, where zero is dark.
const SIGNED_DARK: [Stop; 9] = [
    (0.0, [0xa8, 0xd5, 0xff]),
    (0.17, [0x4f, 0x9f, 0xe8]),
    (0.335, [0x21, 0x57, 0x8f]),
    (0.45, [0x1a, 0x2b, 0x3f]),
    (0.5, [0x1b, 0x1e, 0x23]),
    (0.55, [0x35, 0x27, 0x1d]),
    (0.665, [0x8a, 0x44, 0x15]),
    (0.83, [0xe0, 0x7a, 0x2c]),
    (1.0, [0xff, 0xc4, 0x8a]),
];

/// `--positive`: five evenly spaced colours of matplotlib's viridis (Smith and van der Walt 2015,
/// CC0).
const POSITIVE: [Stop; 5] = [
    (0.0, [0x44, 0x01, 0x54]),
    (0.25, [0x3b, 0x52, 0x8b]),
    (0.5, [0x21, 0x91, 0x8c]),
    (0.75, [0x5e, 0xc9, 0x62]),
    (1.0, [0xfd, 0xe7, 0x25]),
];

const GREY: [Stop; 2] = [(0.0, [0, 0, 0]), (1.0, [255, 255, 255])];

/// A palette as 256 ready colours, red, green, blue and full opacity.
#[derive(Clone, Debug)]
pub struct Table {
    palette: Palette,
    colours: [[u8; 4]; 256],
}

impl Table {
    /// In the colours of the page's theme; whoever keeps a table makes it again when
    /// `state.screen.dark()` changes.
    pub fn new(palette: Palette) -> Self {
        Self::of(palette, DARK.get())
    }

    fn of(palette: Palette, dark: bool) -> Self {
        let stops: &[Stop] = match palette {
            Palette::Signed if dark => &SIGNED_DARK,
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

/// The colour at `share` (0 to 1) of the way along the stops.
fn between(stops: &[Stop], share: f32) -> Rgb {
    let next = stops.iter().position(|(at, _)| *at > share);
    let next = next.unwrap_or(stops.len() - 1).max(1);
    let ((start, from), (end, to)) = (stops[next - 1], stops[next]);
    let part = (share - start) / (end - start);
    std::array::from_fn(|channel| {
        let (from, to) = (f32::from(from[channel]), f32::from(to[channel]));
        (from + (to - from) * part + 0.5) as u8
    })
}

thread_local! {
    /// Whether the page is dark.
    static DARK: Cell<bool> = const { Cell::new(false) };
}

/// Tables are made for a dark page from now on, or for a light one.
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
        Table::of(palette, dark).paint(values, Range { min, max }, &mut rgba);
        rgba.as_chunks().0.to_vec()
    }

    /// What a token of styles/tokens.css says, in each place where it is set.
    fn tokens(name: &str) -> Vec<Vec<Stop>> {
        let css = include_str!("../../../../styles/tokens.css");
        let name = format!("{name}:");
        let all = css.split(&name).skip(1);
        let stops = all.map(|rest| {
            let stops: Vec<&str> = rest.split(';').next().unwrap().split(',').collect();
            let last = stops.len() - 1;
            let stop = |(at, text): (usize, &&str)| {
                let (hex, place) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
                let byte = |from: usize| u8::from_str_radix(&hex[from..from + 2], 16).unwrap();
                let place = place
                    .strip_suffix('%')
                    .map(|it| it.parse::<f32>().unwrap() / 100.0);
                let place = place.unwrap_or(at as f32 / last as f32);
                (place, [byte(1), byte(3), byte(5)])
            };
            stops.iter().enumerate().map(stop).collect()
        });
        stops.collect()
    }

    #[test]
    fn colours_are_those_of_the_tokens() {
        assert_eq!(tokens("--positive"), [POSITIVE]);
        // Light, dark by choice, dark by the system.
        assert_eq!(tokens("--signed"), [SIGNED, SIGNED_DARK, SIGNED_DARK]);
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

    #[test]
    fn one_bright_pixel_does_not_pale_a_layer() {
        let mut values: Vec<f32> = (1..=1000).map(|at| at as f32 / -1000.0).collect();
        values[10] = 50.0;
        values.resize(3000, 0.0);
        let range = Range::of_layer(&values, Palette::Signed).unwrap();
        // 990 of the 1,000 values other than 0 are at most 0.99 or 0.991 from it.
        assert!((0.98..=1.0).contains(&range.max), "{range:?}");
        assert_eq!(range.min, -range.max);
        // A few values all count.
        let range = Range::of_layer(&[0.5, -2.0, 7.0], Palette::Signed).unwrap();
        assert_eq!(range.max, 7.0);
        let blank = Range::of_layer(&[0.0; 9], Palette::Positive).unwrap();
        assert_eq!(blank.max, 0.0);
        let picture = Range::of_layer(&[-0.4, 2.8], Palette::Grey).unwrap();
        assert_eq!((picture.min, picture.max), (-0.4, 2.8));
        assert_eq!(Range::of_layer(&[], Palette::Signed), None);
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
