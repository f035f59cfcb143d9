//! Which maps share a buffer: two whose lives do not overlap may.

use kernels::Map;

use super::lower::Draft;
use super::view::{Root, View};

/// Where roots lie.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Floats of each buffer.
    pub sizes: Vec<usize>,
    /// For each draft whether it writes zeros around its output first.
    pub clears: Vec<bool>,
    /// Whether the input's border is to be written before each run.
    pub clears_input: bool,
    /// The buffer of each root.
    buffers: Vec<usize>,
}

/// The root that this one is in at last, and its first channel there.
fn outermost(roots: &[Root], mut root: usize) -> (usize, usize) {
    let mut channel = 0;
    while let Some((outer, first)) = roots[root].within {
        channel += first;
        root = outer;
    }
    (root, channel)
}

impl Placed {
    /// Where a view lies.
    pub fn map(&self, roots: &[Root], view: &View) -> Map {
        let (number, channel) = outermost(roots, view.root);
        let root = &roots[number];
        let row = root.row();
        // The border is as wide as any view reaches.
        let y = (root.border[0] as isize + view.y) as usize;
        let x = (root.border[1] as isize + view.x) as usize;
        Map {
            buffer: self.buffers[number],
            start: y * row + x * root.channels + channel + view.channel,
            pitch: root.channels,
            row,
            channels: view.channels,
            height: view.height,
            width: view.width,
        }
    }
}

/// The first and the last draft at which a root is in use.
#[derive(Clone, Copy)]
struct Life {
    first: usize,
    last: usize,
}

/// Gives each root a buffer. Root 0 is the input, which is there before the first draft. With
/// `still` a root with a border shares its buffer with such of the same shape only, whose
/// zeros are where its own are.
pub(super) fn place(roots: &mut [Root], drafts: &[Draft], still: bool) -> Placed {
    for number in 0..roots.len() {
        let (outer, _) = outermost(roots, number);
        if outer != number {
            let Root { border, pinned, .. } = roots[number].clone();
            for (wide, side) in roots[outer].border.iter_mut().zip(border) {
                *wide = (*wide).max(side);
            }
            roots[outer].pinned |= pinned;
        }
    }
    let end = drafts.len();
    let mut lives: Vec<Option<Life>> = vec![None; roots.len()];
    let mut use_at = |root: usize, at: usize| {
        let (outer, _) = outermost(roots, root);
        let life = lives[outer].get_or_insert(Life {
            first: at,
            last: at,
        });
        life.last = life.last.max(at);
    };
    use_at(0, 0);
    for (at, draft) in drafts.iter().enumerate() {
        use_at(draft.output.root, at);
        for input in &draft.inputs {
            use_at(input.root, at);
        }
    }
    for (root, life) in roots.iter().zip(&mut lives) {
        if let Some(life) = life
            && root.pinned
        {
            life.last = end;
        }
    }
    let mut placed = Placed {
        buffers: vec![0; roots.len()],
        ..Placed::default()
    };
    let mut users: Vec<usize> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    // What the roots of each buffer have in common.
    let mut shapes: Vec<Option<[usize; 7]>> = Vec::new();
    let mut begins: Vec<Vec<usize>> = vec![Vec::new(); end + 1];
    let mut ends: Vec<Vec<usize>> = vec![Vec::new(); end + 1];
    for (number, life) in lives.iter().enumerate() {
        if let Some(life) = life {
            begins[life.first].push(number);
            ends[life.last].push(number);
        }
    }
    for at in 0..=end {
        for &number in &begins[at] {
            let size = roots[number].size();
            let shape = shape_of(&roots[number]).filter(|_| still);
            let fits = |buffer: usize| shapes[buffer] == shape;
            let buffer = best(&free, &placed.sizes, size, fits);
            let buffer = buffer.map(|place| free.swap_remove(place));
            let buffer = buffer.unwrap_or_else(|| {
                placed.sizes.push(0);
                users.push(0);
                shapes.push(shape);
                placed.sizes.len() - 1
            });
            placed.sizes[buffer] = placed.sizes[buffer].max(size);
            users[buffer] += 1;
            placed.buffers[number] = buffer;
        }
        for &number in &ends[at] {
            free.push(placed.buffers[number]);
        }
    }
    let shared = |number: usize| {
        let bordered = roots[number].border.iter().any(|&side| side > 0);
        bordered && !still && users[placed.buffers[number]] > 1
    };
    let clears = drafts.iter().enumerate().map(|(at, draft)| {
        let (outer, _) = outermost(roots, draft.output.root);
        let first = lives[outer].is_some_and(|life| life.first == at);
        outer != 0 && first && shared(outer)
    });
    placed.clears = clears.collect();
    placed.clears_input = shared(0);
    placed
}

/// The sides of a root and its border, where it has one.
fn shape_of(root: &Root) -> Option<[usize; 7]> {
    let [top, left, bottom, right] = root.border;
    let bordered = root.border.iter().any(|&side| side > 0);
    let sides = [root.channels, root.height, root.width];
    let [channels, height, width] = sides;
    bordered.then_some([channels, height, width, top, left, bottom, right])
}

/// The place in `free` of the smallest buffer that is large enough, else of the largest; among those
/// that fit.
fn best(
    free: &[usize],
    sizes: &[usize],
    size: usize,
    fits: impl Fn(usize) -> bool,
) -> Option<usize> {
    let places = || (0..free.len()).filter(|&place| fits(free[place]));
    let large = places().filter(|&place| sizes[free[place]] >= size);
    let smallest = large.min_by_key(|&place| sizes[free[place]]);
    smallest.or_else(|| places().max_by_key(|&place| sizes[free[place]]))
}

/// Writes zeros around a map of this buffer.
pub(super) fn clear(border: &Border, values: &mut [f32]) {
    let [top, left, bottom, right] = border.sides;
    let row = (left + border.width + right) * border.pitch;
    let Border {
        height,
        width,
        pitch,
        ..
    } = *border;
    values[..top * row].fill(0.0);
    for y in top..top + height {
        let line = &mut values[y * row..][..row];
        line[..left * pitch].fill(0.0);
        line[(left + width) * pitch..].fill(0.0);
    }
    values[(top + height) * row..][..bottom * row].fill(0.0);
}

/// A map's border in its buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Border {
    pub sides: [usize; 4],
    pub height: usize,
    pub width: usize,
    /// Floats of a position.
    pub pitch: usize,
}

impl Placed {
    /// The border of a view's root.
    pub fn border(&self, roots: &[Root], view: &View) -> Border {
        let root = &roots[outermost(roots, view.root).0];
        Border {
            sides: root.border,
            height: root.height,
            width: root.width,
            pitch: root.channels,
        }
    }
}
