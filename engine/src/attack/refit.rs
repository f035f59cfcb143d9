//! Pictures of one network for another whose input is a little larger or smaller.

use crate::Shape;

/// How far the sides of two networks' inputs may be apart, so that pictures of one are cropped or padded
/// for the other.
const MOST_APART: u32 = 8;

/// Whether pictures for one network can be shown to another: as they are, or cropped and padded.
pub fn fits(from: Shape, to: Shape) -> bool {
    let near = |a: u32, b: u32| a.abs_diff(b) <= MOST_APART && a.abs_diff(b).is_multiple_of(2);
    from.channels == to.channels && near(from.height, to.height) && near(from.width, to.width)
}

/// Pictures one after the other, with as much of each side cut off or filled with 0.
pub fn refit(pictures: &[f32], from: Shape, to: Shape) -> Vec<f32> {
    if from == to {
        return pictures.to_vec();
    }
    let [top, left] = [(from.height, to.height), (from.width, to.width)]
        .map(|(a, b)| (i64::from(a) - i64::from(b)) / 2);
    let area = (from.height * from.width) as usize;
    let mut fitted = Vec::new();
    for map in pictures.chunks_exact(area.max(1)) {
        for row in 0..i64::from(to.height) {
            for column in 0..i64::from(to.width) {
                let (y, x) = (row + top, column + left);
                let inside = (0..i64::from(from.height)).contains(&y)
                    && (0..i64::from(from.width)).contains(&x);
                let at = y * i64::from(from.width) + x;
                let value = inside.then(|| usize::try_from(at).ok().and_then(|at| map.get(at)));
                fitted.push(value.flatten().copied().unwrap_or(0.0));
            }
        }
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_padded_picture_cropped_again_is_as_it_was() {
        let (small, large) = (Shape::new(1, 2, 2), Shape::new(1, 4, 4));
        assert!(fits(small, large) && fits(large, small));
        assert!(!fits(small, Shape::new(3, 2, 2)) && !fits(small, Shape::new(1, 3, 2)));
        assert!(!fits(small, Shape::new(1, 20, 20)));
        let pictures: Vec<f32> = (1..=8).map(|it| it as f32).collect();
        let padded = refit(&pictures, small, large);
        #[rustfmt::skip]
        assert_eq!(padded[..16], [
            0.0, 0.0, 0.0, 0.0,
            0.0, 1.0, 2.0, 0.0,
            0.0, 3.0, 4.0, 0.0,
            0.0, 0.0, 0.0, 0.0,
        ]);
        assert_eq!(refit(&padded, large, small), pictures);
    }
}
