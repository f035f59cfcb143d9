//! The receptive field of one value, and the gradient of the value with respect to each pixel.

use std::cell::RefCell;
use std::sync::Arc;

use engine::NodeId;
use engine::Shape;
use engine::session::{Command, Event, Message, Unit, Wanted};
use leptos::html::Canvas;
use leptos::prelude::*;

use super::section::Seen;
use super::subject::{Look, Subject};
use crate::lab::{Lab, Pace};
use crate::ui::format::{exact, percent};
use crate::ui::maps::{Palette, Range, Resizing, Table, paint_rgb};

/// A window of the input: first row and column, and one past the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    top: i64,
    left: i64,
    bottom: i64,
    right: i64,
}

impl Window {
    const fn of_picture(shape: Shape) -> Self {
        Self {
            top: 0,
            left: 0,
            bottom: shape.height as i64,
            right: shape.width as i64,
        }
    }

    const fn height(self) -> i64 {
        self.bottom - self.top
    }

    const fn width(self) -> i64 {
        self.right - self.left
    }

    /// The intersection; empty windows have height or width 0.
    fn and(self, other: Self) -> Self {
        let (top, left) = (self.top.max(other.top), self.left.max(other.left));
        Self {
            top,
            left,
            bottom: self.bottom.min(other.bottom).max(top),
            right: self.right.min(other.right).max(left),
        }
    }

    fn with(self, other: Self) -> Self {
        Self {
            top: self.top.min(other.top),
            left: self.left.min(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.max(other.right),
        }
    }

    const fn pixels(self) -> u64 {
        (self.height() as u64).saturating_mul(self.width() as u64)
    }

    fn view_box(self) -> String {
        format!(
            "{} {} {} {}",
            self.left,
            self.top,
            self.width(),
            self.height()
        )
    }
}

/// The receptive field of a value of the node's map, not clipped to the picture.
fn field(subject: &Subject, unit: Unit) -> Window {
    let Some(field) = subject.receptive_field else {
        return Window::of_picture(subject.picture);
    };
    let [[top, bottom], [left, right]] = field.window_of([unit.row, unit.column]);
    Window {
        top,
        left,
        bottom,
        right,
    }
}

/// The drawn area: the picture, and the padding in the receptive field of any value, at most half a
/// picture on each side.
fn frame(subject: &Subject) -> Window {
    let Shape { height, width, .. } = subject.shape;
    let corner = |row, column| {
        let node = subject.id;
        field(
            subject,
            Unit {
                node,
                channel: 0,
                row,
                column,
            },
        )
    };
    let picture = Window::of_picture(subject.picture);
    let most = Window {
        top: -(picture.height() + 1) / 2,
        left: -(picture.width() + 1) / 2,
        bottom: picture.bottom + (picture.height() + 1) / 2,
        right: picture.right + (picture.width() + 1) / 2,
    };
    let corners = corner(0, 0).with(corner(height.saturating_sub(1), width.saturating_sub(1)));
    picture.with(corners).and(most)
}

/// The gradient of a unit with respect to the input, absolute values summed over channels.
struct Gradient {
    unit: Unit,
    pixels: Vec<f32>,
    most: f32,
    /// The bounding box of all pixels with a gradient other than 0.
    bounds: Option<Window>,
}

impl Gradient {
    fn of(unit: Unit, values: &[f32], picture: Shape) -> Self {
        let area = usize::try_from(picture.positions()).unwrap_or(0);
        let mut pixels = vec![0.0_f32; area];
        for channel in values.chunks_exact(area.max(1)) {
            for (pixel, value) in pixels.iter_mut().zip(channel) {
                *pixel += value.abs();
            }
        }
        let most = pixels.iter().copied().fold(0.0, f32::max);
        let width = picture.width.max(1) as usize;
        let mut bounds: Option<Window> = None;
        for (at, _) in pixels.iter().enumerate().filter(|(_, pixel)| **pixel > 0.0) {
            let (top, left) = ((at / width) as i64, (at % width) as i64);
            let pixel = Window {
                top,
                left,
                bottom: top + 1,
                right: left + 1,
            };
            bounds = Some(bounds.map_or(pixel, |bounds| bounds.with(pixel)));
        }
        Self {
            unit,
            pixels,
            most,
            bounds,
        }
    }

    /// The share of the summed gradient in the tenth of the window's pixels with the largest
    /// gradient.
    fn share_of_top_tenth(&self) -> Option<f32> {
        let pixels = self.bounds?.pixels();
        let mut sorted: Vec<f32> = self.pixels.iter().copied().filter(|it| *it > 0.0).collect();
        sorted.sort_by(|one, other| other.total_cmp(one));
        let count = usize::try_from(pixels.div_ceil(10)).ok()?;
        let sum: f32 = sorted.iter().sum();
        Some(sorted.iter().take(count).sum::<f32>() / sum)
    }
}

#[component]
pub fn ReceptiveFieldView(subject: Subject, look: Look) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let seen = Seen::here();
    let (grid, node) = (subject.grid(), subject.id);
    let picture = subject.picture;
    let frame = frame(&subject);
    let whole = subject.receptive_field.is_none();
    let effective = look.chosen.effective;
    let unit_seen = Memo::new(move |_| grid.unit(node, look.channel.get(), look.current_cell()));
    let chosen = Memo::new(move |_| grid.unit(node, look.channel.get(), look.cell.get()));
    let wanted = Wanted::all(NodeId::INPUT);
    lab.show_parts(move || if seen.get() { vec![wanted] } else { Vec::new() });
    let gradients = Memo::new(move |_| node != NodeId::INPUT && lab.runs(node));
    let answer = lab.keep_querying(
        Pace::Trace,
        move || {
            let unit = chosen.get();
            (seen.get() && effective.get() && gradients.get())
                .then_some(Command::InputGradient { unit })
        },
        move |message: Message<Event>| {
            let values = message.values().map_err(|error| error.to_string())?;
            match message.header {
                Event::InputGradient { unit } => Ok(Arc::new(Gradient::of(unit, &values, picture))),
                other => Err(format!("The engine answered something else: {other:?}.")),
            }
        },
    );
    let gradient = Memo::new_with_compare(
        move |_| {
            let known = answer.with(|answer| answer.as_ref()?.as_ref().ok().cloned());
            known.filter(|it| effective.get() && it.unit == unit_seen.get())
        },
        |_: Option<&Option<Arc<Gradient>>>, _| true,
    );
    let subject = StoredValue::new(subject);
    let window = Memo::new(move |_| subject.with_value(|subject| field(subject, unit_seen.get())));
    let words = move || {
        if whole {
            return format!(
                "This value sees the whole picture, {} × {}.",
                picture.height, picture.width
            );
        }
        let window = window.get();
        let inside = window.and(Window::of_picture(picture)).pixels();
        let padding = window.pixels() - inside;
        let padded = if padding > 0 {
            format!(
                ", {} of its {} pixels in the padding",
                exact(padding),
                exact(window.pixels())
            )
        } else {
            String::new()
        };
        format!(
            "Receptive field {} × {}: rows {} to {}, columns {} to {}{padded}.",
            window.height(),
            window.width(),
            window.top,
            window.bottom - 1,
            window.left,
            window.right - 1
        )
        .replace('-', "−")
    };
    let gradient_text = move || {
        let gradient = gradient.get()?;
        let text = match (gradient.bounds, gradient.share_of_top_tenth()) {
            (Some(bounds), Some(share)) => format!(
                "Moved by pixels of rows {} to {}, columns {} to {}; a tenth of them has {} of the \
                 influence.",
                bounds.top,
                bounds.bottom - 1,
                bounds.left,
                bounds.right - 1,
                percent(share)
            ),
            _ => "No pixel moves this value: its gradient is zero everywhere.".to_owned(),
        };
        let at = |part: fn(Window) -> i64| gradient.bounds.map(|bounds| part(bounds).to_string());
        Some(view! {
            <p
                class="figures"
                data-testid="reach-effective"
                data-top=at(|it| it.top)
                data-left=at(|it| it.left)
                data-bottom=at(|it| it.bottom)
                data-right=at(|it| it.right)
            >
                {text}
            </p>
        })
    };
    let problem = move || {
        let why = answer.with(|answer| answer.as_ref()?.as_ref().err().cloned())?;
        effective
            .get()
            .then(|| view! { <p class="node-problem" role="alert">{why}</p> })
    };
    let place = move |from: i64, all: i64| format!("{}%", from as f64 / all as f64 * 100.0);
    let left = place(-frame.left, frame.width());
    let top = place(-frame.top, frame.height());
    let width = place(i64::from(picture.width), frame.width());
    let height = place(i64::from(picture.height), frame.height());
    let ratio = format!("{} / {}", frame.width(), frame.height());
    let switch = move || {
        gradients.get().then(|| {
            view! {
                <label class="check">
                    <input
                        type="checkbox"
                        data-testid="reach-gradient"
                        prop:checked=move || effective.get()
                        on:change=move |_| effective.update(|on| *on = !*on)
                    />
                    "effective: how much each pixel moves this value (gradient)"
                </label>
            }
        })
    };
    let drawn = move |part: fn(Window) -> i64| part(window.get().and(frame)).to_string();
    view! {
        <p class="hint" data-testid="reach-unit">
            {move || {
                let cell = look.current_cell();
                format!("{} of this layer sees:", grid.describe(look.channel.get(), cell))
            }}
        </p>
        <div class="receptive-field" style:aspect-ratio=ratio>
            <div class="receptive-field-picture" style:left=left style:top=top style:width=width style:height=height>
                <InputPicture picture wanted gradient />
            </div>
            <svg
                viewBox=frame.view_box()
                preserveAspectRatio="none"
                role="img"
                aria-label="The input with the receptive field of the chosen value"
            >
                <rect
                    data-testid="reach-field"
                    class="receptive-field-outline"
                    x=move || drawn(|it| it.left)
                    y=move || drawn(|it| it.top)
                    width=move || drawn(Window::width)
                    height=move || drawn(Window::height)
                ></rect>
            </svg>
        </div>
        <p class="figures" data-testid="reach-words">{words}</p>
        {switch}
        {gradient_text}
        {problem}
    }
}

/// The input, a picture of this shape, with the gradient of each pixel over it. Empty while a
/// network with another input shape runs.
#[component]
fn InputPicture(
    picture: Shape,
    wanted: Wanted,
    gradient: Memo<Option<Arc<Gradient>>>,
) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let (below, above) = (NodeRef::<Canvas>::new(), NodeRef::<Canvas>::new());
    let grey = Table::new(Palette::Grey);
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        let Some(canvas) = below.get() else { return };
        let (painter, rgba) = &mut *work.borrow_mut();
        lab.answer.latest().with(|trace| {
            let part = trace.as_ref().and_then(|trace| trace.part(&wanted));
            let Some((slice, values)) = part.filter(|(slice, _)| slice.shape == picture) else {
                if let Ok(painter) = painter.fit(&canvas, 1, 1) {
                    painter.put(&[0; 4]);
                }
                return;
            };
            let Ok(painter) = painter.fit(&canvas, slice.sent.width, slice.sent.height) else {
                return;
            };
            let range = Range {
                min: slice.min,
                max: slice.max,
            };
            if slice.sent.channels == 3 {
                paint_rgb(values, lab.document.preparation().order, range, rgba);
                painter.put(rgba);
            } else if let Ok(area) = usize::try_from(slice.sent.positions()) {
                let first = values.get(..area).unwrap_or_default();
                painter.paint(first, &grey, range, rgba);
            }
        });
    });
    let heat = Table::new(Palette::Positive);
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        let (Some(canvas), Some(gradient)) = (above.get(), gradient.get()) else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        let [height, width] = lab
            .document
            .running()
            .with_untracked(|graph| graph.input().size());
        if let Ok(painter) = painter.fit(&canvas, width, height) {
            heat.paint_veil(&gradient.pixels, gradient.most, rgba);
            painter.put(rgba);
        }
    });
    let hidden = move || gradient.with(Option::is_none);
    view! {
        <canvas node_ref=below class="pixels" aria-hidden="true"></canvas>
        <canvas
            node_ref=above
            class="pixels receptive-field-heat"
            data-testid="reach-heat"
            aria-hidden="true"
            hidden=hidden
        ></canvas>
    }
}

#[cfg(test)]
mod tests {
    use engine::layer::Conv;
    use engine::{Analysis, GraphBuilder};

    use super::*;

    fn subject() -> Subject {
        let mut net = GraphBuilder::new("net", Shape::new(1, 8, 8));
        net.then("a", Conv::new(1, 3));
        let id = net.then(
            "b",
            Conv {
                dilation: [2, 2],
                ..Conv::new(1, 3)
            },
        );
        let graph = net.finish().unwrap();
        Subject::of(&graph, &Analysis::of(&graph), id).unwrap()
    }

    fn unit(row: u32, column: u32) -> Unit {
        Unit {
            node: NodeId(2),
            channel: 0,
            row,
            column,
        }
    }

    #[test]
    fn a_dilated_kernel_widens_the_receptive_field() {
        // 3×3, then 3×3 with taps two apart: 3 + 2·2 = 7 pixels, moved by one a value.
        let window = field(&subject(), unit(1, 0));
        assert_eq!(
            window,
            Window {
                top: 1,
                left: 0,
                bottom: 8,
                right: 7
            }
        );
        assert_eq!(frame(&subject()), Window::of_picture(Shape::new(1, 8, 8)));
    }

    #[test]
    fn a_gradient_s_bounds_include_every_nonzero_pixel() {
        let mut values = vec![0.0; 2 * 9];
        values[1] = -2.0;
        values[9 + 8] = 1.0;
        let gradient = Gradient::of(unit(0, 0), &values, Shape::new(2, 3, 3));
        let bounds = Window {
            top: 0,
            left: 1,
            bottom: 3,
            right: 3,
        };
        assert_eq!(gradient.bounds, Some(bounds));
        assert_eq!((gradient.most, gradient.pixels[1]), (2.0, 2.0));
        // A tenth of six pixels is one: that of 2, of 3 in all.
        assert_eq!(gradient.share_of_top_tenth(), Some(2.0 / 3.0));
    }

    #[test]
    fn the_frame_includes_the_padding_up_to_half_a_picture() {
        let mut subject = subject();
        let seen = |field: u64, start: i64| engine::analysis::ReceptiveField {
            size: [field; 2],
            stride: [1; 2],
            start: [start; 2],
        };
        // Two pixels of padding above and, of eight values, two behind: −2 + 7 + 5 = 10.
        subject.shape = Shape::new(1, 8, 8);
        subject.receptive_field = Some(seen(5, -2));
        assert_eq!(
            frame(&subject),
            Window {
                top: -2,
                left: -2,
                bottom: 10,
                right: 10
            }
        );
        subject.receptive_field = Some(seen(201, -100));
        assert_eq!(
            frame(&subject),
            Window {
                top: -4,
                left: -4,
                bottom: 12,
                right: 12
            }
        );
    }
}
