//! The colours of each palette, as styles/tokens.css has them.

use state::screen::Palette;

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

/// The colour of this palette at `share` (0 to 1) of the way from the least value to the largest.
pub fn colour(palette: Palette, dark: bool, share: f32) -> Rgb {
    let stops: &[Stop] = match palette {
        Palette::Signed if dark => &SIGNED_DARK,
        Palette::Signed => &SIGNED,
        Palette::Positive => &POSITIVE,
        Palette::Grey => &GREY,
    };
    between(stops, share)
}

/// The colour at `share` of the way along the stops.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
