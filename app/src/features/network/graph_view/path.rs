//! Wires as lines with round corners.

use std::fmt::Write;

use super::layout::{Point, Wire};

const CORNER: f32 = 6.0;

/// The `d` of an SVG path along these wires. Wires that share their way share their line.
pub fn path<'a>(wires: impl Iterator<Item = &'a Wire>) -> String {
    let mut path = String::new();
    for wire in wires {
        draw(&wire.points, &mut path);
    }
    path
}

/// Adds one way.
fn draw(points: &[Point], path: &mut String) {
    let [(x, y), .., end] = points else {
        return;
    };
    let mut say = |words: std::fmt::Arguments| {
        let written = path.write_fmt(words);
        debug_assert!(written.is_ok(), "a string takes everything");
    };
    say(format_args!("M{x} {y}"));
    for corner in points.windows(3) {
        let [before, at, after] = [corner[0], corner[1], corner[2]];
        // Two corners share the line between them.
        let radius = CORNER
            .min(length(before, at) / 2.0)
            .min(length(at, after) / 2.0);
        let [from, to] = [toward(at, before, radius), toward(at, after, radius)];
        say(format_args!(
            "L{} {}Q{} {} {} {}",
            from.0, from.1, at.0, at.1, to.0, to.1
        ));
    }
    say(format_args!("L{} {}", end.0, end.1));
}

/// The length of a line along an axis.
fn length(from: Point, to: Point) -> f32 {
    (from.0 - to.0).abs() + (from.1 - to.1).abs()
}

/// The point so far from `from` toward `to`, along an axis.
fn toward(from: Point, to: Point, by: f32) -> Point {
    let along = |from: f32, to: f32| match from.partial_cmp(&to) {
        Some(std::cmp::Ordering::Less) => from + by,
        Some(std::cmp::Ordering::Greater) => from - by,
        _ => from,
    };
    (along(from.0, to.0), along(from.1, to.1))
}

/// How far this point is from a way.
pub fn distance(points: &[Point], (x, y): Point) -> f32 {
    let beyond = |value: f32, one: f32, other: f32| {
        (one.min(other) - value)
            .max(value - one.max(other))
            .max(0.0)
    };
    let lines = points.windows(2).map(|pair| {
        let (across, down) = (
            beyond(x, pair[0].0, pair[1].0),
            beyond(y, pair[0].1, pair[1].1),
        );
        across.hypot(down)
    });
    lines.fold(f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_way_is_a_straight_line() {
        let mut path = String::new();
        draw(&[(1.0, 2.0), (1.0, 30.0)], &mut path);
        assert_eq!(path, "M1 2L1 30");
    }

    #[test]
    fn a_corner_is_round_and_starts_before_it() {
        let mut path = String::new();
        draw(&[(0.0, 0.0), (0.0, 20.0), (40.0, 20.0)], &mut path);
        assert_eq!(path, "M0 0L0 14Q0 20 6 20L40 20");
    }

    #[test]
    fn corners_closer_than_two_radii_meet_in_the_middle() {
        let mut path = String::new();
        draw(
            &[(0.0, 0.0), (0.0, 20.0), (8.0, 20.0), (8.0, 40.0)],
            &mut path,
        );
        assert_eq!(path, "M0 0L0 16Q0 20 4 20L4 20Q8 20 8 24L8 40");
    }

    #[test]
    fn distance_is_to_the_nearest_line_and_its_ends() {
        let way = [(0.0, 0.0), (0.0, 10.0), (20.0, 10.0)];
        assert_eq!(distance(&way, (3.0, 5.0)), 3.0);
        assert_eq!(distance(&way, (10.0, 14.0)), 4.0);
        // 3-4-5 from the end.
        assert_eq!(distance(&way, (23.0, 14.0)), 5.0);
    }
}
