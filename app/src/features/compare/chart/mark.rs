//! The elements of a drawing: lines, areas and text.

/// One line, area or text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub(super) class: &'static str,
    /// An SVG path; empty for words.
    pub(super) path: String,
    /// The pinned network it belongs to, by its slot.
    pub(super) series: Option<usize>,
    pub(super) family: Option<&'static str>,
    /// Text at a position, instead of a path.
    pub(super) words: Option<(f64, f64, String)>,
    /// The label; a mark with a label is focusable.
    pub(super) label: Option<String>,
}

impl Mark {
    fn new(class: &'static str, path: String) -> Self {
        Self {
            class,
            path,
            series: None,
            family: None,
            words: None,
            label: None,
        }
    }

    /// Straight lines through these points with this CSS class.
    pub fn line(class: &'static str, points: &[[f64; 2]]) -> Self {
        let mut path = String::new();
        for (at, [x, y]) in points.iter().enumerate() {
            path += &format!("{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
        Self::new(class, path)
    }

    pub fn rect(class: &'static str, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> Self {
        Self::new(
            class,
            format!("M{x:.1} {y:.1}h{width:.1}v{height:.1}h{:.1}Z", -width),
        )
    }

    pub fn circle(class: &'static str, [x, y]: [f64; 2], r: f64) -> Self {
        let arc = format!("a{r:.1} {r:.1} 0 1 0");
        let left = x - r;
        Self::new(
            class,
            format!(
                "M{left:.1} {y:.1}{arc} {:.1} 0{arc} {:.1} 0Z",
                2.0 * r,
                -2.0 * r
            ),
        )
    }

    /// The marker of a slot, each of another form: circle, square, triangle, diamond, cross, bar.
    pub fn marker(slot: usize, [x, y]: [f64; 2], r: f64) -> Self {
        let thin = r * 0.4;
        let mut mark = match slot {
            0 => Self::circle("marker", [x, y], r * 0.9),
            1 => Self::rect("marker", [x - r * 0.8, y - r * 0.8], [r * 1.6, r * 1.6]),
            2 => Self::line(
                "marker",
                &[
                    [x, y - r],
                    [x + r, y + r * 0.8],
                    [x - r, y + r * 0.8],
                    [x, y - r],
                ],
            ),
            3 => Self::line(
                "marker",
                &[[x, y - r], [x + r, y], [x, y + r], [x - r, y], [x, y - r]],
            ),
            4 => Self::new(
                "marker",
                format!(
                    "M{:.1} {:.1}h{:.1}v{:.1}h{:.1}v{:.1}h{:.1}v{:.1}h{:.1}v{:.1}h{:.1}v{:.1}h{:.1}Z",
                    x - thin,
                    y - r,
                    2.0 * thin,
                    r - thin,
                    r - thin,
                    2.0 * thin,
                    thin - r,
                    r - thin,
                    -2.0 * thin,
                    thin - r,
                    thin - r,
                    -2.0 * thin,
                    r - thin,
                ),
            ),
            _ => Self::rect("marker", [x - r, y - thin], [2.0 * r, 2.0 * thin]),
        };
        mark.series = Some(slot);
        mark
    }

    pub fn words(class: &'static str, [x, y]: [f64; 2], words: impl Into<String>) -> Self {
        let mut mark = Self::new(class, String::new());
        mark.words = Some((x, y, words.into()));
        mark
    }

    pub const fn of_series(mut self, slot: usize) -> Self {
        self.series = Some(slot);
        self
    }

    pub const fn of_family(mut self, family: &'static str) -> Self {
        self.family = Some(family);
        self
    }

    /// Makes it focusable with this label.
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}
