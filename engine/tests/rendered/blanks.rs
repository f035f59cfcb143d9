//! Pictures without a digit.

use super::kinds::{BLACK, PAPER, WHITE, blank, jpeg, ruled, sent};
use super::{Random, Sent, Sheet};

/// A picture without a digit: its name, and how it is made.
pub type Blank = (&'static str, fn(&mut Random) -> Sent);

/// Pictures without a digit.
pub const BLANKS: &[Blank] = &[
    ("white", |_| sent(&blank(WHITE))),
    ("black", |_| sent(&blank(BLACK))),
    ("grey", |_| sent(&blank([128.0; 3]))),
    ("clear", |_| Sent {
        width: 60,
        height: 60,
        rgba: vec![0; 60 * 60 * 4],
    }),
    ("a speck", |_| {
        sent(&blank(WHITE).rectangle([150, 90, 151, 91], [250.0; 3]))
    }),
    ("a black dot", |_| {
        sent(&blank(WHITE).rectangle([150, 90, 156, 95], BLACK))
    }),
    ("dust", |random| {
        let mut sheet = blank(WHITE);
        for _ in 0..20 {
            let at = [random.between(0.0, 297.0), random.between(0.0, 217.0)].map(|it| it as usize);
            sheet = sheet.rectangle([at[0], at[1], at[0] + 2, at[1] + 2], [40.0; 3]);
        }
        sent(&sheet)
    }),
    ("noise", |random| {
        sent(&blank(PAPER).noisy(8.0, true, random))
    }),
    ("much noise", |random| {
        sent(&blank([128.0; 3]).noisy(30.0, true, random))
    }),
    ("noise on black", |random| {
        sent(&blank(BLACK).noisy(6.0, true, random))
    }),
    ("a noisy jpeg", |random| {
        jpeg(&blank(PAPER).noisy(8.0, true, random), 60)
    }),
    ("a shadow", |_| {
        jpeg(&blank([242.0; 3]).lit(|x, _| 0.7 + 0.3 * x), 85)
    }),
    ("a shadow's edge", |random| {
        let light = |x: f32, y: f32| if x + 0.4 * y < 0.7 { 0.55 } else { 1.0 };
        sent(&blank(PAPER).lit(light).blurred(3).noisy(2.0, false, random))
    }),
    ("a hand's shadow", |random| {
        let light = |x: f32, y: f32| {
            let far = (x - 0.75).hypot(y - 0.8);
            0.5 + 0.5 * ((far - 0.25) / 0.12).clamp(0.0, 1.0)
        };
        jpeg(&blank(PAPER).lit(light).noisy(3.0, true, random), 85)
    }),
    ("a shadow in the middle", |random| {
        let light = |x: f32, y: f32| {
            let far = ((x - 0.5) * 1.4).hypot(y - 0.5);
            0.6 + 0.4 * ((far - 0.15) / 0.2).clamp(0.0, 1.0)
        };
        sent(&blank(PAPER).lit(light).noisy(2.0, true, random))
    }),
    ("vignette", |random| {
        let light = |x: f32, y: f32| 1.0 - 0.9 * ((x - 0.5).powi(2) + (y - 0.5).powi(2));
        sent(&blank(PAPER).lit(light).noisy(3.0, true, random))
    }),
    ("texture", |random| {
        sent(
            &blank(PAPER)
                .textured(6.0, 4, random)
                .noisy(3.0, false, random),
        )
    }),
    ("coarse texture", |random| {
        sent(&blank(PAPER).textured(5.0, 15, random))
    }),
    ("ruled paper", |_| {
        sent(&ruled(blank(PAPER), false, [150.0, 180.0, 220.0]))
    }),
    ("squared paper", |_| {
        sent(&ruled(blank(PAPER), true, [150.0, 180.0, 220.0]))
    }),
    ("a table's edge", |random| {
        let sheet = Sheet::new(300, 220, [70.0, 50.0, 40.0])
            .textured(6.0, 5, random)
            .rectangle([28, 0, 300, 195], PAPER);
        jpeg(&sheet.blurred(1).noisy(3.0, true, random), 85)
    }),
    ("one pixel", |_| Sent {
        width: 1,
        height: 1,
        rgba: vec![9, 9, 9, 255],
    }),
    ("black 28×28", |_| sent(&Sheet::new(28, 28, BLACK))),
];
