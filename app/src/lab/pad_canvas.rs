//! The pad: a canvas whose opacity is the ink.

use wasm_bindgen::Clamped;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use state::input::strokes::Mark;
use state::input::{Galleries, SIDE};

use crate::platform::canvas::{self, CanvasError, context};

/// The pad's canvas.
pub struct PadCanvas {
    context: CanvasRenderingContext2d,
    /// The canvas's pixels on their way to the engine, reused.
    rgba: Vec<u8>,
}

impl PadCanvas {
    /// Sets up the canvas: its size and pen.
    ///
    /// # Errors
    /// When the browser gives no drawing context.
    pub fn new(canvas: &HtmlCanvasElement) -> Result<Self, CanvasError> {
        canvas.set_width(SIDE);
        canvas.set_height(SIDE);
        let context = context(canvas)?;
        context.set_line_cap("round");
        context.set_line_join("round");
        // White on a dark background, as in MNIST; the engine reads the alpha channel.
        context.set_stroke_style_str("#fff");
        context.set_fill_style_str("#fff");
        Ok(Self {
            context,
            rgba: Vec::new(),
        })
    }

    /// Draws these marks on a cleared canvas.
    pub fn redraw(&self, marks: &[Mark], galleries: &Galleries) {
        self.clear();
        for mark in marks {
            match mark {
                Mark::Clear => self.clear(),
                Mark::Sample(sample) => {
                    self.clear();
                    if let Some(image) = galleries.image(*sample) {
                        self.enlarge(image);
                    }
                }
                Mark::Picture(pixels) => {
                    self.clear();
                    self.enlarge(pixels);
                }
                Mark::Stroke(stroke) => {
                    if stroke.fresh {
                        self.clear();
                    }
                    // Segment by segment, as it was drawn: joined lines are antialiased
                    // differently, and undoing a stroke would change earlier ones.
                    self.polyline(stroke.thickness, &stroke.points[..1]);
                    for piece in stroke.points.windows(2) {
                        self.polyline(stroke.thickness, piece);
                    }
                }
            }
        }
    }

    /// Fresh paper.
    pub fn clear(&self) {
        self.context.clear_rect(0.0, 0.0, SIDE.into(), SIDE.into());
    }

    /// Draws a line of the pen; a single point is a dot.
    pub fn polyline(&self, thickness: f64, points: &[(f64, f64)]) {
        let Some(&(x, y)) = points.first() else {
            return;
        };
        self.context.begin_path();
        if points.iter().all(|&point| point == (x, y)) {
            // Browsers do not draw a line of length 0, even with round caps.
            let turn = std::f64::consts::TAU;
            let drawn = self.context.arc(x, y, thickness / 2.0, 0.0, turn);
            debug_assert!(drawn.is_ok(), "a pen's width is not negative");
            self.context.fill();
            return;
        }
        self.context.set_line_width(thickness);
        self.context.move_to(x, y);
        for &(x, y) in &points[1..] {
            self.context.line_to(x, y);
        }
        self.context.stroke();
    }

    /// Puts a 28×28 picture of ink on the paper, each pixel as a block of 10×10.
    fn enlarge(&self, image: &[u8]) {
        const FROM: usize = 28;
        let scale = SIDE as usize / FROM;
        let mut rgba = Vec::with_capacity(image.len() * scale * scale * 4);
        for row in image.chunks_exact(FROM) {
            let start = rgba.len();
            for &ink in row {
                for _ in 0..scale {
                    rgba.extend_from_slice(&[255, 255, 255, ink]);
                }
            }
            let end = rgba.len();
            for _ in 1..scale {
                rgba.extend_from_within(start..end);
            }
        }
        let picture =
            ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba.as_slice()), SIDE, SIDE);
        let drawn = picture.and_then(|picture| self.context.put_image_data(&picture, 0.0, 0.0));
        debug_assert!(drawn.is_ok(), "a picture of the pad's own size");
    }

    /// Reads the ink, one byte a pixel, 255 full; says whether there is any.
    ///
    /// # Errors
    /// When the browser does not give the pixels.
    pub fn read(&mut self, ink: &mut Vec<u8>) -> Result<bool, CanvasError> {
        let refused = |_| CanvasError::Refused {
            width: SIDE,
            height: SIDE,
        };
        let side = f64::from(SIDE);
        let picture = self
            .context
            .get_image_data(0.0, 0.0, side, side)
            .map_err(refused)?;
        let pixels = canvas::pixels(&picture);
        self.rgba.resize(pixels.length() as usize, 0);
        pixels.copy_to(&mut self.rgba);
        ink.clear();
        ink.extend(
            self.rgba
                .as_chunks::<4>()
                .0
                .iter()
                .map(|[_, _, _, opacity]| *opacity),
        );
        Ok(ink.iter().any(|&ink| ink > 0))
    }
}
