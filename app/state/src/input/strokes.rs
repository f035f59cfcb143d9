//! The drawing as a list of marks, so that the last one can be undone.

use std::sync::Arc;

use super::gallery::Sample;

/// One stroke of the pen, in the pad's pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// The stroke cleared the pad first, because it began on a sample.
    pub fresh: bool,
    pub thickness: f64,
    pub points: Vec<Point>,
}

/// A point of the pad, in its pixels from the left and from the top.
pub type Point = (f64, f64);

/// The segment that one pen movement adds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    pub thickness: f64,
    pub from: Point,
    pub to: Point,
}

/// A mark on the pad.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A gallery's image on a cleared pad.
    Sample(Sample),
    /// An image of another data set on a cleared pad: 28×28 bytes, 255 being full ink.
    Picture(Arc<[u8]>),
    Stroke(Stroke),
    /// Fresh paper.
    Clear,
}

impl Mark {
    /// Whether this mark covers all earlier ones.
    const fn is_fresh(&self) -> bool {
        match self {
            Self::Sample(_) | Self::Picture(_) | Self::Clear => true,
            Self::Stroke(stroke) => stroke.fresh,
        }
    }
}

/// The maximum number of marks; older ones are dropped.
const REMEMBERED: usize = 200;

/// All marks, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strokes {
    marks: Vec<Mark>,
    /// The last mark is a stroke in progress.
    drawing: bool,
}

impl Strokes {
    /// The visible marks: those from the last clear on.
    pub fn visible(&self) -> &[Mark] {
        &self.marks[self.marks.iter().rposition(Mark::is_fresh).unwrap_or(0)..]
    }

    /// The gallery image on the pad, if nothing was drawn on it.
    pub fn sample(&self) -> Option<Sample> {
        match self.marks.last() {
            Some(Mark::Sample(sample)) => Some(*sample),
            Some(Mark::Picture(_) | Mark::Stroke(_) | Mark::Clear) | None => None,
        }
    }

    /// Whether there is anything to undo.
    pub const fn can_undo(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Replaces the drawing with these strokes.
    pub fn replace(&mut self, strokes: Vec<Stroke>) {
        *self = Self::default();
        self.marks.push(Mark::Clear);
        self.marks.extend(strokes.into_iter().map(Mark::Stroke));
    }

    /// Replaces the drawing with a gallery image.
    pub fn show(&mut self, sample: Sample) {
        self.cover(Mark::Sample(sample));
    }

    /// Replaces the drawing with an image of another data set.
    pub fn show_picture(&mut self, pixels: Arc<[u8]>) {
        self.cover(Mark::Picture(pixels));
    }

    fn cover(&mut self, mark: Mark) {
        if self.has_image() {
            // Browsing images replaces the last one instead of adding a mark to undo each time.
            self.marks.pop();
        }
        self.push(mark);
    }

    /// Whether the last mark is an image.
    fn has_image(&self) -> bool {
        matches!(self.marks.last(), Some(Mark::Sample(_) | Mark::Picture(_)))
    }

    /// Clears the pad; does nothing if it is clear already.
    pub fn clear(&mut self) {
        if !matches!(self.marks.last(), Some(Mark::Clear) | None) {
            self.push(Mark::Clear);
        }
    }

    /// Starts a stroke; returns whether it cleared a sample first.
    pub fn begin(&mut self, thickness: f64, point: Point) -> bool {
        let fresh = self.has_image();
        self.push(Mark::Stroke(Stroke {
            fresh,
            thickness,
            points: vec![point],
        }));
        self.drawing = true;
        fresh
    }

    /// Continues the stroke; returns the new segment. A stroke that was undone or cleared meanwhile
    /// does not continue.
    pub fn extend(&mut self, point: Point) -> Option<Segment> {
        if !self.drawing {
            return None;
        }
        let Some(Mark::Stroke(stroke)) = self.marks.last_mut() else {
            return None;
        };
        let from = stroke.points.last().copied()?;
        stroke.points.push(point);
        Some(Segment {
            thickness: stroke.thickness,
            from,
            to: point,
        })
    }

    /// Undoes the last mark; undoing a stroke that cleared a sample restores the sample.
    pub fn undo(&mut self) -> Option<Mark> {
        self.drawing = false;
        self.marks.pop()
    }

    fn push(&mut self, mark: Mark) {
        self.drawing = false;
        self.marks.push(mark);
        if self.marks.len() > REMEMBERED {
            // Drops marks up to the next clear only, so that visible marks stay.
            if let Some(at) = self.marks.iter().skip(1).position(Mark::is_fresh) {
                self.marks.drain(..=at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::gallery::DataSet;
    use super::*;

    fn sample(index: usize) -> Sample {
        let set = DataSet::Fashion;
        Sample { set, index }
    }

    const A: Point = (1.0, 2.0);
    const B: Point = (3.0, 4.0);

    #[test]
    fn the_first_stroke_clears_the_sample_and_undo_brings_it_back() {
        let mut strokes = Strokes::default();
        strokes.show(sample(7));
        assert!(strokes.begin(20.0, A));
        assert_eq!(strokes.sample(), None);
        assert_eq!(strokes.visible().len(), 1, "only the stroke");
        strokes.undo();
        assert_eq!(strokes.sample(), Some(sample(7)));
    }

    #[test]
    fn undo_takes_back_one_stroke_and_then_a_clear() {
        let mut strokes = Strokes::default();
        strokes.begin(20.0, A);
        strokes.begin(20.0, B);
        strokes.clear();
        assert_eq!(strokes.visible(), [Mark::Clear]);
        strokes.undo();
        assert_eq!(strokes.visible().len(), 2);
        strokes.undo();
        let stroke = Stroke {
            fresh: false,
            thickness: 20.0,
            points: vec![A],
        };
        assert_eq!(strokes.visible(), [Mark::Stroke(stroke)]);
        strokes.undo();
        assert!(!strokes.can_undo());
        assert_eq!(strokes.undo(), None);
    }

    #[test]
    fn a_stroke_after_a_clear_leaves_the_clear_when_undone() {
        let mut strokes = Strokes::default();
        strokes.show(sample(7));
        strokes.clear();
        strokes.begin(20.0, B);
        strokes.undo();
        assert_eq!(strokes.visible(), [Mark::Clear]);
    }

    #[test]
    fn moving_without_a_stroke_draws_nothing() {
        let mut strokes = Strokes::default();
        assert_eq!(strokes.extend(A), None);
        strokes.begin(12.0, A);
        assert_eq!(
            strokes.extend(B),
            Some(Segment {
                thickness: 12.0,
                from: A,
                to: B
            })
        );
    }

    #[test]
    fn an_undone_stroke_does_not_continue_the_previous_one() {
        let mut strokes = Strokes::default();
        strokes.begin(20.0, A);
        strokes.begin(20.0, B);
        strokes.undo();
        assert_eq!(strokes.extend(A), None);
        assert_eq!(strokes.visible().len(), 1);
        strokes.begin(20.0, B);
        assert!(strokes.extend(A).is_some());
    }

    #[test]
    fn browsing_samples_is_one_undo_step() {
        let mut strokes = Strokes::default();
        strokes.begin(20.0, A);
        (0..10).for_each(|index| strokes.show(sample(index)));
        strokes.undo();
        assert_eq!(strokes.visible().len(), 1);
        assert_eq!(strokes.sample(), None);
    }

    #[test]
    fn dropping_old_marks_keeps_the_visible_ones() {
        let mut strokes = Strokes::default();
        for _ in 0..300 {
            strokes.begin(20.0, A);
            strokes.clear();
        }
        strokes.begin(20.0, B);
        assert_eq!(strokes.visible().len(), 2);
        assert!(strokes.marks.len() <= REMEMBERED);
    }
}
