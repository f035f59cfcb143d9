//! Regions of ink that are one digit, and which digit is read.

use super::filter::Size;
use super::regions::{Region, near};

/// Regions beyond these are too small to matter; comparing all pairs of noise takes long.
const MOST: usize = 60;
/// The gap between two strokes of a digit, as a share of its longer side: of a part such as the bar of a
/// 5, of one as large as the digit (which is likely another digit), and of crumbs of a rough line.
const GAPS: Gaps = Gaps {
    part: 0.22,
    equal: 0.07,
    crumb: 0.04,
};
/// A stroke of a digit has at least this share of its ink.
const PART: f32 = 0.03;
/// From this share of the digit's longer side on a region is as large as the digit.
const EQUAL: f32 = 0.6;
/// The share of the picture's side from which on a region along the picture's border is its frame.
const FRAME: f32 = 0.9;
/// A digit that fills its picture touches the border this many times at most.
const CONTACTS: usize = 6;
/// Strokes of a digit are narrower than this share of its longer side; what is not is a patch of shadow.
const SOLID: f32 = 0.38;
/// A digit's sides differ by this factor at most; what is longer is a line.
const LINE: f32 = 12.0;
/// The least side of a digit, as a share of the picture's longer side, and in pixels.
const LEAST: (f32, f32) = (0.02, 6.0);
/// A dot: a region of about one width and height, filled, and smaller than this share of the picture.
const DOT: f32 = 0.12;
/// Another shape that is told of has at least this share of the digit's size.
const TOLD: f32 = 0.4;

struct Gaps {
    part: f32,
    equal: f32,
    crumb: f32,
}

/// The digit that is read.
pub(super) struct Digit {
    pub regions: Vec<Region>,
    /// How many shapes of about its size or larger there are, itself included.
    pub shapes: usize,
}

impl Digit {
    /// The longer side of the rectangle around it, in pixels.
    pub fn side(&self) -> usize {
        Extent::of(&self.regions).side() as usize
    }
}

/// The rectangle around some regions.
#[derive(Clone, Copy)]
struct Extent {
    width: f32,
    height: f32,
    mass: f32,
    pixels: usize,
    edge: usize,
}

impl Extent {
    fn of(regions: &[Region]) -> Self {
        let least = |of: fn(&Region) -> usize| regions.iter().map(of).min().unwrap_or(0);
        let most = |of: fn(&Region) -> usize| regions.iter().map(of).max().unwrap_or(0);
        Self {
            width: (most(|it| it.right) + 1 - least(|it| it.left)) as f32,
            height: (most(|it| it.bottom) + 1 - least(|it| it.top)) as f32,
            mass: regions.iter().map(|it| it.mass).sum(),
            pixels: regions.iter().map(|it| it.pixels.len()).sum(),
            edge: regions.iter().map(|it| it.edge.len()).sum(),
        }
    }

    fn side(&self) -> f32 {
        self.width.max(self.height)
    }

    /// How much it weighs in the choice: a digit is high and has ink.
    fn weight(&self) -> f32 {
        self.mass * self.height
    }
}

/// Groups the regions, and chooses the largest group that can be a digit; `None` where there is none.
/// `is_stroke` looks at the group in the picture.
pub(super) fn digit(
    mut regions: Vec<Region>,
    size: Size,
    is_stroke: impl Fn(&[Region]) -> bool,
) -> Option<Digit> {
    regions.retain(|region| !is_frame(region, size));
    regions.truncate(MOST);
    let mut groups = Vec::new();
    while !regions.is_empty() {
        let seed = regions.remove(0);
        groups.push(grown(seed, &mut regions, size.width));
    }
    groups.retain(|group| can_be_digit(&Extent::of(group), size) && is_stroke(group));
    let weights = groups.iter().map(|group| Extent::of(group).weight());
    let (best, _) = weights
        .enumerate()
        .max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let chosen = groups.swap_remove(best);
    let of = Extent::of(&chosen);
    let told = groups.iter().filter(|group| {
        let other = Extent::of(group);
        other.height >= of.height * TOLD && other.mass >= of.mass * TOLD * TOLD
    });
    Some(Digit {
        shapes: 1 + told.count(),
        regions: chosen,
    })
}

/// The seed with all regions that belong to it, which are taken out of `rest`.
fn grown(seed: Region, rest: &mut Vec<Region>, width: usize) -> Vec<Region> {
    let mut group = vec![seed];
    loop {
        let extent = Extent::of(&group);
        let belongs = |region: &Region| {
            let share = if region.mass < extent.mass * PART {
                GAPS.crumb
            } else if (region.side() as f32) < extent.side() * EQUAL {
                GAPS.part
            } else {
                GAPS.equal
            };
            let reach = (extent.side() * share).max(1.5);
            group.iter().any(|one| near(one, region, width, reach))
        };
        let Some(at) = rest.iter().position(belongs) else {
            return group;
        };
        group.push(rest.remove(at));
    }
}

/// Not a digit's stroke: a table's edge, which runs along the picture's border, or a grid of lines, which
/// touches it again and again.
fn is_frame(region: &Region, size: Size) -> bool {
    let spans = region.width() as f32 >= size.width as f32 * FRAME
        || region.height() as f32 >= size.height as f32 * FRAME;
    let side = region.side();
    (spans && region.on_border * 2 > side) || region.on_border > side || region.contacts > CONTACTS
}

fn can_be_digit(group: &Extent, size: Size) -> bool {
    let Size { width, height } = size;
    let longer = width.max(height) as f32;
    if group.side() < (longer * LEAST.0).max(LEAST.1).min(longer * 0.5) {
        return false;
    }
    let filled = group.pixels as f32 > group.width * group.height * 0.65;
    let round = group.width.max(group.height) < group.width.min(group.height) * 1.6;
    let small = group.side() < width.min(height) as f32 * DOT;
    // A line has two edges, which are part of it.
    let solid = 2.0 * group.pixels as f32 > group.edge as f32 * group.side() * SOLID;
    // A ruled line, or a row of small print.
    let flat = group.width > group.height * 4.0 || group.height > group.width * LINE;
    let dot = filled && round && small;
    !(dot || solid || flat)
}
