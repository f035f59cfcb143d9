//! Copying of pictures into a larger one.

/// Pixels that the larger one has at most: on a fine screen a large one is as coarse as its layout.
const MOST: f64 = (1_u32 << 17) as f64;

/// In the layout's pixels, from the upper left corner of what all stand in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// The resolution of a canvas of this area in pixels for each CSS pixel: `wanted`, halved until the
/// canvas is small enough; at least 1.
pub fn fineness(area: f64, wanted: f64) -> f64 {
    let mut scale = wanted;
    while scale > 1.0 && scale * scale * area > MOST {
        scale /= 2.0;
    }
    scale.max(1.0)
}

impl Place {
    /// In the pixels of a canvas with this resolution.
    pub fn at(self, scale: f64) -> Self {
        Self {
            x: (self.x * scale).round(),
            y: (self.y * scale).round(),
            width: (self.width * scale).round(),
            height: (self.height * scale).round(),
        }
    }
}

/// Copies a picture into a place of a larger one, as large as it fits in there with its aspect kept
/// (`object-fit: contain`), each pixel the nearest one of the picture (`image-rendering: pixelated`).
/// Four bytes a pixel, row by row from the top.
pub fn copy(
    from: &[u8],
    (width, height): (u32, u32),
    to: &mut [u8],
    (across, down): (u32, u32),
    place: Place,
) {
    let (width, height) = (width as usize, height as usize);
    let (across, down) = (across as usize, down as usize);
    if width == 0 || from.len() != width * height * 4 {
        return;
    }
    let scale = (place.width / width as f64).min(place.height / height as f64);
    let (wide, high) = (
        (width as f64 * scale).round() as usize,
        (height as f64 * scale).round() as usize,
    );
    let left = (place.x + (place.width - wide as f64) / 2.0) as usize;
    let top = (place.y + (place.height - high as f64) / 2.0) as usize;
    let wide_in = wide.min(across.saturating_sub(left));
    let high_in = high.min(down.saturating_sub(top));
    if wide_in == 0 {
        return;
    }
    for (row, of) in nearest(height, high).take(high_in).enumerate() {
        let source = &from[of * width * 4..][..width * 4];
        let start = ((top + row) * across + left) * 4;
        let target = &mut to[start..start + wide_in * 4];
        for (pixel, at) in target.chunks_exact_mut(4).zip(nearest(width, wide)) {
            pixel.copy_from_slice(&source[at * 4..][..4]);
        }
    }
}

/// For each of `all` pixels in a row, which of `of` is shown there: the one that its middle is in,
/// ⌊(2 × place + 1) × of / (2 × all)⌋, counted up because every stroke asks it of each pixel.
fn nearest(of: usize, all: usize) -> impl Iterator<Item = usize> {
    let (mut at, mut beyond) = (0, of);
    (0..all).map(move |_| {
        while beyond >= 2 * all {
            beyond -= 2 * all;
            at += 1;
        }
        beyond += 2 * of;
        at
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose pixels are these numbers, four bytes each.
    fn picture(pixels: &[u8]) -> Vec<u8> {
        pixels.iter().flat_map(|&pixel| [pixel; 4]).collect()
    }

    fn copied(from: &[u8], size: (u32, u32), to: (u32, u32), place: [f64; 4]) -> Vec<u8> {
        let mut pixels = vec![0; (to.0 * to.1 * 4) as usize];
        let [x, y, width, height] = place;
        let place = Place {
            x,
            y,
            width,
            height,
        };
        copy(&picture(from), size, &mut pixels, to, place);
        pixels.chunks_exact(4).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn a_picture_is_enlarged_with_nearest_neighbour() {
        #[rustfmt::skip]
        assert_eq!(
            copied(&[1, 2, 3, 4], (2, 2), (6, 5), [1.0, 1.0, 4.0, 4.0]),
            [
                0, 0, 0, 0, 0, 0,
                0, 1, 1, 2, 2, 0,
                0, 1, 1, 2, 2, 0,
                0, 3, 3, 4, 4, 0,
                0, 3, 3, 4, 4, 0,
            ]
        );
    }

    #[test]
    fn a_picture_is_centred_with_its_aspect_kept() {
        let wide = copied(&[1, 2], (2, 1), (4, 4), [0.0, 0.0, 4.0, 4.0]);
        #[rustfmt::skip]
        assert_eq!(wide, [0, 0, 0, 0, 1, 1, 2, 2, 1, 1, 2, 2, 0, 0, 0, 0]);
    }

    #[test]
    fn pixels_outside_of_the_canvas_are_clipped() {
        let cut = copied(&[1, 2, 3, 4], (2, 2), (3, 2), [2.0, 1.0, 2.0, 2.0]);
        assert_eq!(cut, [0, 0, 0, 0, 0, 1]);
        for outside in [
            [5.0, 7.0, 1.0, 1.0],
            [5.0, 0.0, 1.0, 1.0],
            [0.0, 0.0, 0.0, 0.0],
        ] {
            assert_eq!(copied(&[1], (1, 1), (2, 1), outside), [0, 0], "{outside:?}");
        }
    }

    #[test]
    fn reducing_takes_the_nearest_pixels() {
        // Three pixels as two: the middles of the two are at 0.75 and 2.25.
        let reduced = copied(&[1, 2, 3], (3, 1), (2, 1), [0.0, 0.0, 2.0, 1.0]);
        assert_eq!(reduced, [1, 3]);
    }

    #[test]
    fn a_pixel_shows_the_source_pixel_at_its_centre() {
        for (of, all) in [
            (1, 1),
            (5, 20),
            (14, 20),
            (28, 36),
            (56, 25),
            (3, 2),
            (7, 1),
        ] {
            let middle = |place: usize| (place as f64 + 0.5) * of as f64 / all as f64;
            let wanted: Vec<usize> = (0..all).map(|place| middle(place) as usize).collect();
            assert_eq!(
                nearest(of, all).collect::<Vec<_>>(),
                wanted,
                "{of} as {all}"
            );
        }
    }

    #[test]
    fn a_canvas_has_the_screen_s_resolution_up_to_a_maximum_size() {
        assert_eq!(fineness(1000.0, 3.0), 3.0);
        assert_eq!(fineness(40_000.0, 3.0), 1.5);
        assert_eq!(fineness(1e7, 3.0), 1.0);
        assert_eq!(fineness(1000.0, 0.5), 1.0, "a browser zoomed out");
    }
}
