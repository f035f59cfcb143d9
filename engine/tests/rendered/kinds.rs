//! The kinds of pictures, by name.

use super::{Colour, Place, Random, Sent, Sheet};

pub(super) const WHITE: Colour = [255.0; 3];
pub(super) const BLACK: Colour = [0.0; 3];
const INK: Colour = [25.0, 25.0, 45.0];
pub(super) const PAPER: Colour = [242.0, 240.0, 233.0];

/// A kind: its name, and how it makes a picture of an MNIST image.
pub type Kind = (&'static str, fn(&[u8], &mut Random) -> Sent);

const SIZE: (usize, usize) = (300, 220);
const CORNER: Place = Place {
    x: 240.0,
    y: 50.0,
    side: 75.0,
    turned: 0.0,
};
const MIDDLE: Place = Place {
    x: 150.0,
    y: 110.0,
    side: 150.0,
    turned: 0.0,
};

pub(super) fn blank(paper: Colour) -> Sheet {
    Sheet::new(SIZE.0, SIZE.1, paper)
}

pub(super) fn sent(sheet: &Sheet) -> Sent {
    Sent {
        width: sheet.width,
        height: sheet.height,
        rgba: sheet.rgba(),
    }
}

pub(super) fn jpeg(sheet: &Sheet, quality: u8) -> Sent {
    Sent {
        rgba: sheet.jpeg(quality),
        ..sent(sheet)
    }
}

fn on(paper: Colour, ink: Colour, place: Place, image: &[u8]) -> Sheet {
    blank(paper).drawn(image, place, ink, 1.0)
}

/// The ink as opacity.
fn clear(image: &[u8], ink: u8, under: u8) -> Sent {
    let sheet = on(BLACK, WHITE, CORNER, image);
    let pixel = |pixel: &Colour| {
        let alpha = pixel[0].round() as u8;
        let level = if alpha == 0 { under } else { ink };
        [level, level, level, alpha]
    };
    Sent {
        rgba: sheet.pixels.iter().flat_map(pixel).collect(),
        ..sent(&sheet)
    }
}

/// Lines every 22 pixels.
pub(super) fn ruled(sheet: Sheet, squared: bool, line: Colour) -> Sheet {
    let (width, height) = (sheet.width as f32, sheet.height as f32);
    sheet.each(|x, y, pixel| {
        let on = |at: f32| (at as usize) % 22 == 10;
        let is_line = on(y * height) || (squared && on(x * width));
        if is_line {
            pixel.each_with(line)
        } else {
            pixel
        }
    })
}

trait Darker {
    /// The darker of both in each colour: ink over lines.
    fn each_with(self, other: Self) -> Self;
}

impl Darker for Colour {
    fn each_with(self, other: Self) -> Self {
        [0, 1, 2].map(|at| self[at].min(other[at]))
    }
}

pub const KINDS: &[Kind] = &[
    ("corner", |image, _| sent(&on(WHITE, BLACK, CORNER, image))),
    ("paper", |image, _| sent(&on(PAPER, INK, MIDDLE, image))),
    ("254", |image, _| {
        sent(&on([254.0; 3], BLACK, CORNER, image))
    }),
    ("speck", |image, _| {
        let sheet = on(WHITE, BLACK, CORNER, image);
        sent(&sheet.rectangle([20, 180, 21, 181], [250.0; 3]))
    }),
    ("black specks", |image, random| {
        let mut sheet = on(WHITE, BLACK, MIDDLE, image);
        for _ in 0..12 {
            let at = [random.between(0.0, 297.0), random.between(0.0, 217.0)].map(|it| it as usize);
            sheet = sheet.rectangle([at[0], at[1], at[0] + 2, at[1] + 2], [40.0; 3]);
        }
        sent(&sheet)
    }),
    ("corner_noise", |image, random| {
        let sheet = on(WHITE, BLACK, CORNER, image);
        let mut noisy = sheet.clone();
        for pixel in &mut noisy.pixels {
            let by = random.between(0.0, 3.99).floor();
            *pixel = pixel.map(|level| (level - by).max(0.0));
        }
        sent(&noisy)
    }),
    ("scan", |image, _| {
        jpeg(&on([254.0; 3], BLACK, CORNER, image), 75)
    }),
    ("rough jpeg", |image, _| {
        jpeg(&on(WHITE, BLACK, CORNER, image), 25)
    }),
    ("greypaper", |image, _| {
        sent(&on([215.0; 3], INK, CORNER, image))
    }),
    ("shadow", |image, _| {
        jpeg(
            &on([242.0; 3], BLACK, CORNER, image).lit(|x, _| 0.7 + 0.3 * x),
            85,
        )
    }),
    ("shadow's edge", |image, random| {
        let sheet = on(PAPER, INK, MIDDLE, image);
        let light = |x: f32, y: f32| if x + 0.4 * y < 0.7 { 0.55 } else { 1.0 };
        sent(&sheet.lit(light).blurred(3).noisy(2.0, false, random))
    }),
    ("a hand's shadow", |image, random| {
        let sheet = on(PAPER, INK, MIDDLE, image);
        let light = |x: f32, y: f32| {
            let far = (x - 0.75).hypot(y - 0.8);
            0.5 + 0.5 * ((far - 0.25) / 0.12).clamp(0.0, 1.0)
        };
        jpeg(&sheet.lit(light).noisy(3.0, true, random), 85)
    }),
    ("vignette", |image, random| {
        let light = |x: f32, y: f32| 1.0 - 0.9 * ((x - 0.5).powi(2) + (y - 0.5).powi(2));
        sent(
            &on(PAPER, INK, MIDDLE, image)
                .lit(light)
                .noisy(3.0, true, random),
        )
    }),
    ("gradient", |image, _| {
        let sheet = blank(WHITE).each(|x, y, _| [120.0 + 130.0 * x, 200.0 - 60.0 * y, 230.0]);
        sent(&sheet.drawn(image, MIDDLE, INK, 1.0))
    }),
    ("board", |image, _| {
        sent(&on([30.0, 50.0, 40.0], [225.0; 3], CORNER, image))
    }),
    ("chalk", |image, random| {
        let sheet = on([45.0, 80.0, 62.0], [215.0, 220.0, 210.0], MIDDLE, image);
        let sheet = sheet.lit(|x, _| 0.75 + 0.4 * x);
        jpeg(&sheet.noisy(7.0, true, random).textured(5.0, 6, random), 80)
    }),
    ("blue_on_black", |image, _| {
        sent(&on(BLACK, [0.0, 0.0, 255.0], CORNER, image))
    }),
    ("yellow_on_white", |image, _| {
        sent(&on(WHITE, [255.0, 255.0, 0.0], CORNER, image))
    }),
    ("red_on_white", |image, _| {
        sent(&on(WHITE, [255.0, 0.0, 0.0], CORNER, image))
    }),
    ("red on green", |image, _| {
        sent(&on([90.0, 160.0, 90.0], [200.0, 60.0, 60.0], MIDDLE, image))
    }),
    ("black on yellow", |image, _| {
        sent(&on([250.0, 225.0, 60.0], [20.0; 3], MIDDLE, image))
    }),
    ("black_on_clear", |image, _| clear(image, 0, 0)),
    ("white_on_clear", |image, _| clear(image, 255, 0)),
    ("white on clear white", |image, _| clear(image, 255, 255)),
    ("grey on clear", |image, _| clear(image, 128, 255)),
    ("pencil0.33", |image, _| {
        sent(&blank(WHITE).drawn(image, CORNER, BLACK, 0.33))
    }),
    ("pencil0.2", |image, _| {
        sent(&blank(WHITE).drawn(image, CORNER, BLACK, 0.2))
    }),
    ("pencil on paper", |image, random| {
        let sheet = blank(PAPER).drawn(image, MIDDLE, [110.0; 3], 0.6);
        sent(&sheet.lit(|x, _| 0.8 + 0.2 * x).noisy(4.0, false, random))
    }),
    ("noise", |image, random| {
        sent(&on(PAPER, INK, MIDDLE, image).noisy(18.0, true, random))
    }),
    ("textured paper", |image, random| {
        sent(
            &on(PAPER, INK, MIDDLE, image)
                .textured(6.0, 4, random)
                .noisy(3.0, false, random),
        )
    }),
    ("out of focus", |image, random| {
        sent(
            &on(PAPER, INK, MIDDLE, image)
                .blurred(25)
                .noisy(2.0, false, random),
        )
    }),
    ("ruled paper", |image, _| {
        sent(&ruled(
            on(PAPER, INK, MIDDLE, image),
            false,
            [150.0, 180.0, 220.0],
        ))
    }),
    ("squared paper", |image, _| {
        jpeg(
            &ruled(on(PAPER, INK, MIDDLE, image), true, [165.0, 190.0, 220.0]),
            85,
        )
    }),
    ("a table's edge", |image, random| {
        let sheet = Sheet::new(300, 220, [70.0, 50.0, 40.0])
            .textured(6.0, 5, random)
            .rectangle([28, 0, 300, 195], PAPER)
            .drawn(image, MIDDLE, INK, 1.0);
        jpeg(&sheet.blurred(1).noisy(3.0, true, random), 85)
    }),
    ("a sheet on a table", |image, random| {
        let sheet = Sheet::new(300, 220, [60.0, 45.0, 40.0]).each(|x, y, table| {
            let (x, y) = (x - 0.5, y - 0.5);
            let (across, down) = (x + 0.12 * y, y - 0.16 * x);
            if across.abs() < 0.4 && down.abs() < 0.38 {
                PAPER
            } else {
                table
            }
        });
        let place = Place {
            side: 110.0,
            ..MIDDLE
        };
        sent(
            &sheet
                .drawn(image, place, INK, 1.0)
                .blurred(1)
                .noisy(3.0, true, random),
        )
    }),
    ("a black frame", |image, _| {
        let sheet = Sheet::new(300, 220, [10.0; 3]).rectangle([5, 5, 295, 215], PAPER);
        sent(&sheet.drawn(image, MIDDLE, INK, 1.0))
    }),
    ("touches the frame", |image, _| {
        let place = Place {
            x: 45.0,
            y: 72.0,
            side: 170.0,
            turned: 0.0,
        };
        sent(&on(PAPER, INK, place, image))
    }),
    ("cut close", |image, _| {
        let place = Place {
            x: 60.0,
            y: 60.0,
            side: 160.0,
            turned: 0.0,
        };
        sent(&Sheet::new(120, 120, PAPER).drawn(image, place, INK, 1.0))
    }),
    ("far away", |image, random| {
        let place = Place {
            x: 300.0,
            y: 200.0,
            side: 50.0,
            turned: 0.0,
        };
        let sheet = Sheet::new(640, 480, PAPER).drawn(image, place, INK, 1.0);
        jpeg(&sheet.noisy(2.0, false, random), 85)
    }),
    ("thick marker", |image, _| {
        let thick = neighbours(image, true);
        sent(&on(PAPER, INK, MIDDLE, &thick))
    }),
    ("thin pencil", |image, _| {
        let thin = neighbours(image, false);
        sent(&on(PAPER, [90.0; 3], MIDDLE, &thin))
    }),
    ("a date stamp", |image, _| {
        let mut sheet = on(PAPER, INK, MIDDLE, image);
        for at in 0..8 {
            let left = 200 + at * 11;
            sheet = sheet
                .rectangle([left, 200, left + 7, 202], [230.0, 110.0, 20.0])
                .rectangle([left + 5, 200, left + 7, 213], [230.0, 110.0, 20.0])
                .rectangle([left, 206, left + 7, 208], [230.0, 110.0, 20.0]);
        }
        sent(&sheet)
    }),
    ("turned left", |image, _| {
        sent(&on(
            PAPER,
            INK,
            Place {
                turned: -15.0,
                ..MIDDLE
            },
            image,
        ))
    }),
    ("turned right", |image, _| {
        sent(&on(
            PAPER,
            INK,
            Place {
                turned: 15.0,
                ..MIDDLE
            },
            image,
        ))
    }),
    ("mnist itself", |image, _| {
        let pixel = |&level: &u8| [level, level, level, 255];
        Sent {
            width: 28,
            height: 28,
            rgba: image.iter().flat_map(pixel).collect(),
        }
    }),
    ("mnist inverted", |image, _| {
        let pixel = |&level: &u8| [255 - level, 255 - level, 255 - level, 255];
        Sent {
            width: 28,
            height: 28,
            rgba: image.iter().flat_map(pixel).collect(),
        }
    }),
    ("mnist as jpeg", |image, _| {
        let levels = image.iter().map(|&level| [f32::from(level); 3]);
        let sheet = Sheet {
            width: 28,
            height: 28,
            pixels: levels.collect(),
        };
        jpeg(&sheet, 75)
    }),
];

/// The greatest or smallest level of each pixel and its four neighbours.
fn neighbours(image: &[u8], greatest: bool) -> Vec<u8> {
    let at = |x: i32, y: i32| {
        let inside = (0..28).contains(&x) && (0..28).contains(&y);
        if inside {
            image[(y * 28 + x) as usize]
        } else {
            0
        }
    };
    let pixel = |place: i32| {
        let (x, y) = (place % 28, place / 28);
        let all = [
            at(x, y),
            at(x - 1, y),
            at(x + 1, y),
            at(x, y - 1),
            at(x, y + 1),
        ];
        if greatest {
            all.into_iter().max().unwrap_or(0)
        } else {
            // A thin line stays connected: half of what an erosion takes.
            let least = all.into_iter().min().unwrap_or(0);
            ((u32::from(least) + u32::from(at(x, y))) / 2) as u8
        }
    };
    (0..28 * 28).map(pixel).collect()
}

/// A large red digit and a smaller one beside it, in uneven light.
pub fn two_digits(large: &[u8], small: &[u8]) -> Sent {
    let left = Place {
        x: 90.0,
        y: 110.0,
        side: 190.0,
        turned: 0.0,
    };
    let right = Place {
        x: 240.0,
        y: 110.0,
        side: 110.0,
        turned: 0.0,
    };
    let sheet =
        on(PAPER, [190.0, 40.0, 40.0], left, large).drawn(small, right, [190.0, 40.0, 40.0], 1.0);
    sent(&sheet.lit(|x, _| 0.7 + 0.3 * x))
}

/// A 5 whose top bar does not touch the rest.
pub fn five_in_two_strokes() -> Sent {
    let sheet = blank(PAPER).each(|x, y, paper| {
        let (x, y) = (x * 300.0, y * 220.0);
        let bar = (138.0..190.0).contains(&x) && (40.0..54.0).contains(&y);
        let stem = (118.0..132.0).contains(&x) && (44.0..102.0).contains(&y);
        let far = ((x - 138.0) / 1.05).hypot(y - 132.0);
        let bowl = (28.0..42.0).contains(&far)
            && (x > 122.0 || y > 156.0)
            && (x > 138.0 || !(104.0..=132.0).contains(&y));
        if bar || stem || bowl { INK } else { paper }
    });
    sent(&sheet)
}
