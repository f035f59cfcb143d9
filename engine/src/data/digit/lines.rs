//! Ruled and squared paper: long thin lines are taken out, except where a stroke crosses them.

use super::filter::Size;
use super::regions::regions;

/// A line is at most this share of the picture's longer side wide, and at least this many pixels may be.
const WIDTH: (f32, usize) = (0.012, 2);
/// A piece of a line between strokes has at least this share of the picture's side along it.
const LENGTH: f32 = 0.2;
/// A line is that much longer than wide; it may lie a little askew.
const SLIM: usize = 6;

/// Takes ruled lines out of the contrast.
pub(super) fn erase(values: &mut [f32], size: Size, threshold: f32) {
    let Size { width, height } = size;
    let most = ((width.max(height) as f32 * WIDTH.0) as usize).max(WIDTH.1);
    if width.min(height) < 20 * most {
        return;
    }
    for across in [true, false] {
        let thin = thin(values, size, threshold, most, across);
        for line in regions(&thin, size, 0.5, SLIM) {
            let (long, wide, whole) = if across {
                (line.width(), line.height(), width)
            } else {
                (line.height(), line.width(), height)
            };
            if long as f32 >= whole as f32 * LENGTH && long >= wide * SLIM {
                for at in line.pixels {
                    values[at as usize] = 0.0;
                }
            }
        }
    }
}

/// 1 where a run of ink across the line's direction is short, else 0.
fn thin(values: &[f32], size: Size, threshold: f32, most: usize, across: bool) -> Vec<f32> {
    let Size { width, height } = size;
    let (lanes, length) = if across {
        (width, height)
    } else {
        (height, width)
    };
    let place = |lane: usize, at: usize| {
        if across {
            at * width + lane
        } else {
            lane * width + at
        }
    };
    let mut thin = vec![0.0; values.len()];
    for lane in 0..lanes {
        let mut start = 0;
        for at in 0..=length {
            if at < length && values[place(lane, at)] > threshold {
                continue;
            }
            if at - start <= most {
                for at in start..at {
                    thin[place(lane, at)] = 1.0;
                }
            }
            start = at + 1;
        }
    }
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        width: 120,
        height: 100,
    };

    #[test]
    fn a_line_goes_and_the_stroke_that_crosses_it_stays() {
        let stroke = |x: usize, y: usize| (60..66).contains(&x) && (20..80).contains(&y);
        // A pixel lower in the right half.
        let line = |x: usize, y: usize| y == 50 + usize::from(x > 40);
        let at = |at: usize| (at % SIZE.width, at / SIZE.width);
        let mut values: Vec<f32> = (0..SIZE.width * SIZE.height)
            .map(|place| {
                let (x, y) = at(place);
                if stroke(x, y) || line(x, y) {
                    200.0
                } else {
                    0.0
                }
            })
            .collect();
        erase(&mut values, SIZE, 100.0);
        for (place, value) in values.into_iter().enumerate() {
            let (x, y) = at(place);
            assert_eq!(value > 0.0, stroke(x, y), "{x} {y}");
        }
    }

    #[test]
    fn a_short_thin_stroke_stays() {
        let mut values = vec![0.0; SIZE.width * SIZE.height];
        values[50 * SIZE.width + 50..50 * SIZE.width + 65].fill(200.0);
        let before = values.clone();
        erase(&mut values, SIZE, 100.0);
        assert_eq!(values, before);
    }
}
