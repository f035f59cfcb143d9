//! Connected regions of ink.

use super::filter::Size;

/// A region of ink: pixels above the threshold that touch each other, diagonally too.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// Its pixels, as indices into the plane.
    pub pixels: Vec<u32>,
    /// Those with a neighbour outside of the region.
    pub edge: Vec<u32>,
    pub left: usize,
    pub right: usize,
    pub top: usize,
    pub bottom: usize,
    /// Sum of the contrast.
    pub mass: f32,
    /// How many of its pixels lie on the picture's border.
    pub on_border: usize,
    /// How many separate times it touches the picture's border.
    pub contacts: usize,
}

impl Region {
    pub const fn width(&self) -> usize {
        self.right + 1 - self.left
    }

    pub const fn height(&self) -> usize {
        self.bottom + 1 - self.top
    }

    /// The longer side of its rectangle.
    pub fn side(&self) -> usize {
        self.width().max(self.height())
    }
}

/// All regions of at least `least` pixels, the heaviest first.
pub(super) fn regions(values: &[f32], size: Size, threshold: f32, least: usize) -> Vec<Region> {
    let Size { width, height } = size;
    let inside = |at: usize| values[at] > threshold;
    let mut seen = vec![false; values.len()];
    let mut regions = Vec::new();
    let mut stack = Vec::new();
    for start in 0..values.len() {
        if seen[start] || !inside(start) {
            continue;
        }
        let mut region = Region {
            pixels: Vec::new(),
            edge: Vec::new(),
            left: width,
            right: 0,
            top: height,
            bottom: 0,
            mass: 0.0,
            on_border: 0,
            contacts: 0,
        };
        seen[start] = true;
        stack.push(start);
        while let Some(at) = stack.pop() {
            let (x, y) = (at % width, at / width);
            region.pixels.push(at as u32);
            region.mass += values[at];
            (region.left, region.right) = (region.left.min(x), region.right.max(x));
            (region.top, region.bottom) = (region.top.min(y), region.bottom.max(y));
            let border = x == 0 || y == 0 || x + 1 == width || y + 1 == height;
            region.on_border += usize::from(border);
            if let Some(next) = along_border(x, y, size) {
                region.contacts += usize::from(!inside(next));
            }
            let mut edge = border;
            for y in y.saturating_sub(1)..(y + 2).min(height) {
                for x in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = y * width + x;
                    if !inside(next) {
                        edge = true;
                    } else if !seen[next] {
                        seen[next] = true;
                        stack.push(next);
                    }
                }
            }
            if edge {
                region.edge.push(at as u32);
            }
        }
        if region.pixels.len() >= least {
            regions.push(region);
        }
    }
    regions.sort_by(|one, other| other.mass.total_cmp(&one.mass));
    regions
}

/// The next pixel clockwise along the picture's border; `None` from a pixel inside.
fn along_border(x: usize, y: usize, Size { width, height }: Size) -> Option<usize> {
    let at = |x: usize, y: usize| Some(y * width + x);
    match (x, y) {
        (x, 0) if x + 1 < width => at(x + 1, 0),
        (x, y) if x + 1 == width && y + 1 < height => at(x, y + 1),
        (x, y) if y + 1 == height && x > 0 => at(x - 1, y),
        (0, y) if y > 0 => at(0, y - 1),
        _ => None,
    }
}

/// Whether two regions are at most `reach` pixels apart, in a straight line.
pub(super) fn near(one: &Region, other: &Region, width: usize, reach: f32) -> bool {
    let gap = |low: usize, high: usize| (low as f32 - high as f32).max(0.0);
    let across = gap(one.left, other.right).max(gap(other.left, one.right));
    let down = gap(one.top, other.bottom).max(gap(other.top, one.bottom));
    if across.hypot(down) > reach {
        return false;
    }
    // A sample of the longer edge is enough: pixels of an edge are neighbours.
    let (few, many) = if one.edge.len() < other.edge.len() {
        (one, other)
    } else {
        (other, one)
    };
    let step = ((few.edge.len() * many.edge.len()) / 1_000_000 + 1).min(8);
    let place = |at: u32| {
        let at = at as usize;
        ((at % width) as f32, (at / width) as f32)
    };
    few.edge.iter().any(|&from| {
        let (x, y) = place(from);
        many.edge.iter().step_by(step).any(|&to| {
            let (to_x, to_y) = place(to);
            (to_x - x).hypot(to_y - y) <= reach
        })
    })
}
