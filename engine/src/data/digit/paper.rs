//! The paper (or board) behind the ink: a smooth surface for uneven light, then for each colour a closing
//! or opening (Serra 1982), which takes out strokes and keeps the edges of shadows. A closing takes out
//! what is darker than its surroundings, an opening what is lighter.

use super::colour::{Colour, DEVIATION, median};
use super::filter::{Size, blurred, largest, smallest};
use super::surface::surface;

/// From this longer side on the paper is estimated at half the size.
const HALVED: usize = 500;
/// From this shorter side on it is blurred first, so that noise does not lift it.
const BLURRED: usize = 100;
/// The window's share of the shorter side, and of the longer one at least. It must be wider than any
/// stroke.
const WINDOW: (f32, f32) = (0.4, 0.15);

/// The paper.
pub(super) struct Paper {
    /// Its colour at each pixel.
    pub colour: Colour,
    /// For each colour 1 where ink is darker than the paper, and -1 where it is lighter.
    pub signs: [f32; 3],
    /// Whether the ink as a whole is darker.
    pub dark: bool,
}

/// The paper of this picture; one colour everywhere unless `uneven`.
pub(super) fn paper(picture: &Colour, uneven: bool) -> Paper {
    if uneven {
        if picture.width.max(picture.height) <= HALVED {
            return estimated(picture);
        }
        let half = estimated(&picture.halved());
        let size = Size {
            width: picture.width,
            height: picture.height,
        };
        let colour = enlarged(&half.colour, size);
        return Paper { colour, ..half };
    }
    let level = picture.planes.each_ref().map(|plane| median(plane.clone()));
    let mut planes = picture.planes.clone();
    for (plane, level) in planes.iter_mut().zip(level) {
        plane.fill(level);
    }
    let (signs, dark) = polarity(picture, &planes);
    let colour = Colour { planes, ..*picture };
    Paper {
        colour,
        signs,
        dark,
    }
}

fn estimated(picture: &Colour) -> Paper {
    let size = Size {
        width: picture.width,
        height: picture.height,
    };
    let mut planes = surface(picture);
    let (shorter, longer) = (
        size.width.min(size.height) as f32,
        size.width.max(size.height) as f32,
    );
    let radius = ((shorter * WINDOW.0).max(longer * WINDOW.1) / 2.0).ceil() as usize;
    let (mut signs, mut whole) = ([1.0; 3], 0.0);
    for ((surface, plane), sign) in planes.iter_mut().zip(&picture.planes).zip(&mut signs) {
        let mut flat: Vec<f32> = plane
            .iter()
            .zip(&*surface)
            .map(|(it, light)| it - light)
            .collect();
        if size.width.min(size.height) >= BLURRED {
            flat = blurred(&flat, size);
        }
        let closed = smallest(&largest(&flat, size, radius), size, radius);
        let opened = largest(&smallest(&flat, size, radius), size, radius);
        let cubes = darker_strokes(&flat, &closed, &opened);
        whole += cubes;
        let without = if cubes < 0.0 { opened } else { closed };
        if cubes < 0.0 {
            *sign = -1.0;
        }
        for (light, flat) in surface.iter_mut().zip(without) {
            *light = (*light + flat).clamp(0.0, 255.0);
        }
    }
    let colour = Colour { planes, ..*picture };
    Paper {
        colour,
        signs,
        dark: whole >= 0.0,
    }
}

/// Above 0 where strokes are darker than the paper, below 0 where they are lighter: the cubes of their
/// differences from the even light. Strokes are what a closing or an opening takes out; the edge of a
/// shadow is not, and the paper within a loop differs by little.
fn darker_strokes(flat: &[f32], closed: &[f32], opened: &[f32]) -> f64 {
    let apart = || {
        let both = closed.iter().zip(opened);
        flat.iter()
            .zip(both)
            .map(|(it, (closed, opened))| (closed - it, it - opened))
    };
    let noise = 6.0 + 2.0 * median(apart().map(|(above, below)| above.min(below)).collect());
    let strokes = flat
        .iter()
        .zip(apart())
        .filter(|(_, (above, below))| above.max(*below) > noise);
    strokes.map(|(it, _)| -f64::from(*it).powi(3)).sum()
}

/// Whether ink is darker than the paper, for each colour and as a whole: by the cube of what is beyond
/// the noise, in which strokes outweigh wide and faint shadows.
fn polarity(picture: &Colour, paper: &[Vec<f32>; 3]) -> ([f32; 3], bool) {
    let mut whole = 0.0;
    let mut signs = [1.0; 3];
    for ((plane, paper), sign) in picture.planes.iter().zip(paper).zip(&mut signs) {
        let darker = || plane.iter().zip(paper).map(|(it, paper)| paper - it);
        let deviation = median(darker().map(f32::abs).collect()) * DEVIATION;
        let noise = (3.0 * deviation).max(6.0);
        let cubes: f64 = darker()
            .filter(|error| error.abs() > noise)
            .map(|error| f64::from(error).powi(3))
            .sum();
        whole += cubes;
        if cubes < 0.0 {
            *sign = -1.0;
        }
    }
    (signs, whole >= 0.0)
}

/// Twice as large by linear interpolation, to this size.
fn enlarged(half: &Colour, Size { width, height }: Size) -> Colour {
    // An output pixel lies between two input pixels, a quarter from the nearer one.
    let near = |at: usize, length: usize| {
        let nearer = (at / 2).min(length - 1);
        let other = if at.is_multiple_of(2) {
            nearer.saturating_sub(1)
        } else {
            (nearer + 1).min(length - 1)
        };
        (nearer, other)
    };
    let columns: Vec<_> = (0..width).map(|x| near(x, half.width)).collect();
    let planes = half.planes.each_ref().map(|plane| {
        let mut whole = Vec::with_capacity(width * height);
        for y in 0..height {
            let (nearer, other) = near(y, half.height);
            let nearer = &plane[nearer * half.width..][..half.width];
            let other = &plane[other * half.width..][..half.width];
            let at = |x: usize| 0.75 * nearer[x] + 0.25 * other[x];
            whole.extend(
                columns
                    .iter()
                    .map(|&(one, two)| 0.75 * at(one) + 0.25 * at(two)),
            );
        }
        whole
    });
    Colour {
        width,
        height,
        planes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paper with this level at each pixel and a stroke of ink on it.
    fn sheet(paper: impl Fn(usize, usize) -> f32, ink: f32) -> Colour {
        let (width, height) = (90, 80);
        let level = |at: usize| {
            let (x, y) = (at % width, at / width);
            let stroke = (50..56).contains(&x) && (20..60).contains(&y);
            if stroke { ink } else { paper(x, y) }
        };
        let plane: Vec<f32> = (0..width * height).map(level).collect();
        Colour {
            width,
            height,
            planes: [plane.clone(), plane.clone(), plane],
        }
    }

    #[test]
    fn paper_under_strokes_is_that_beside_them_in_light_and_shadow() {
        let light = |x: usize, _| if x < 40 { 120.0 } else { 220.0 };
        let found = paper(&sheet(light, 10.0), true);
        assert!(found.dark && found.signs == [1.0; 3]);
        for at in 0..90 * 80 {
            let wanted = light(at % 90, at / 90);
            let got = found.colour.planes[0][at];
            assert!((got - wanted).abs() < 4.0, "{at}: {got} {wanted}");
        }
    }

    #[test]
    fn a_board_is_darker_than_the_chalk() {
        let found = paper(&sheet(|_, _| 40.0, 200.0), true);
        assert!(!found.dark && found.signs == [-1.0; 3]);
        assert!(
            found.colour.planes[1]
                .iter()
                .all(|&level| (level - 40.0).abs() < 1e-3)
        );
    }

    #[test]
    fn without_uneven_light_the_paper_is_one_colour() {
        let found = paper(
            &sheet(|x, _| if x < 60 { 220.0 } else { 150.0 }, 10.0),
            false,
        );
        assert!(found.colour.planes[2].iter().all(|&level| level == 220.0));
    }
}
