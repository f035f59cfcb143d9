//! A grey image and the operations of preprocessing: crop, scale, place.

/// A grey image, row by row from the top; 0 is paper and 1 full ink.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Picture {
    /// A blank image.
    pub fn blank(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            values: vec![0.0; width * height],
        }
    }

    /// From bytes, 255 being full ink.
    pub fn from_bytes(width: usize, height: usize, bytes: &[u8]) -> Self {
        let values = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        Self {
            width,
            height,
            values,
        }
    }

    /// The smallest rectangle around all ink, or `None` on blank paper.
    pub fn ink(&self) -> Option<Rect> {
        let (mut left, mut right) = (self.width, 0);
        let (mut top, mut bottom) = (self.height, 0);
        for (y, row) in self.values.chunks_exact(self.width).enumerate() {
            let Some(first) = row.iter().position(|&value| value > 0.0) else {
                continue;
            };
            let last = row.iter().rposition(|&value| value > 0.0).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last));
            (top, bottom) = (top.min(y), y);
        }
        (left <= right && top < self.height).then(|| Rect {
            left,
            top,
            width: right - left + 1,
            height: bottom - top + 1,
        })
    }

    /// The part within `rect`, which must lie inside.
    pub fn cut(&self, rect: Rect) -> Self {
        let rows = (rect.top..rect.top + rect.height).flat_map(|y| {
            let start = y * self.width + rect.left;
            &self.values[start..start + rect.width]
        });
        Self {
            width: rect.width,
            height: rect.height,
            values: rows.copied().collect(),
        }
    }

    /// Scaled by area averaging: every output pixel is the mean of exactly the area it covers, so
    /// a whole-number reduction is the mean of blocks and no ink is lost.
    pub fn scaled(&self, width: usize, height: usize) -> Self {
        let columns = spans(self.width, width);
        let mut narrow = Vec::with_capacity(width * self.height);
        for row in self.values.chunks_exact(self.width) {
            narrow.extend(columns.iter().map(|span| span.mean(|x| row[x])));
        }
        let mut values = Vec::with_capacity(width * height);
        for span in spans(self.height, height) {
            values.extend((0..width).map(|x| span.mean(|y| narrow[y * width + x])));
        }
        Self {
            width,
            height,
            values,
        }
    }

    /// Placed on a blank image of `width × height` with its corner at (`left`, `top`); pixels outside
    /// are dropped.
    pub fn placed(&self, width: usize, height: usize, left: i64, top: i64) -> Self {
        let mut paper = Self::blank(width, height);
        for (y, row) in self.values.chunks_exact(self.width).enumerate() {
            let Some(to_y) = within(y, top, height) else {
                continue;
            };
            for (x, &value) in row.iter().enumerate() {
                if let Some(to_x) = within(x, left, width) {
                    paper.values[to_y * width + to_x] = value;
                }
            }
        }
        paper
    }

    /// The centre of mass as (x, y) in pixel indices, or `None` on blank paper.
    pub fn centre_of_mass(&self) -> Option<(f64, f64)> {
        let (mut mass, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
        for (y, row) in self.values.chunks_exact(self.width).enumerate() {
            for (x, &value) in row.iter().enumerate() {
                let value = f64::from(value);
                mass += value;
                x_sum += value * x as f64;
                y_sum += value * y as f64;
            }
        }
        (mass > 0.0).then(|| (x_sum / mass, y_sum / mass))
    }
}

/// `index` moved by `by`; `None` outside of `0 .. size`.
fn within(index: usize, by: i64, size: usize) -> Option<usize> {
    usize::try_from(index as i64 + by)
        .ok()
        .filter(|&moved| moved < size)
}

/// The input pixels that one output pixel covers; the first and last are covered in part.
struct Span {
    first: usize,
    last: usize,
    first_share: f32,
    last_share: f32,
    length: f32,
}

impl Span {
    fn mean(&self, value: impl Fn(usize) -> f32) -> f32 {
        if self.first == self.last {
            return value(self.first);
        }
        let whole: f32 = (self.first + 1..self.last).map(&value).sum();
        let ends = value(self.first) * self.first_share + value(self.last) * self.last_share;
        (whole + ends) / self.length
    }
}

/// Divides `from` input pixels among `to` output pixels.
fn spans(from: usize, to: usize) -> Vec<Span> {
    // In whole numbers: output pixel i covers i·from/to .. (i+1)·from/to, in units of 1/to pixel.
    let pixel = |at: usize| at / to;
    let share = |units: usize| units as f32 / to as f32;
    (0..to)
        .map(|i| {
            let (start, end) = (i * from, (i + 1) * from);
            let (first, last) = (pixel(start), pixel(end - 1));
            Span {
                first,
                last,
                first_share: share((first + 1) * to - start),
                last_share: share(end - last * to),
                length: share(from),
            }
        })
        .collect()
}
