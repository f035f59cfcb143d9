//! Images at the places where a layer puts them.

/// One image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub image: u32,
    pub label: u32,
    pub answer: u32,
    /// From 0 to 1 across and down, the same scale for both.
    pub at: [f32; 2],
}

/// The images of a projection, five values each: number, label, answer and two coordinates.
pub fn placed(values: &[f32]) -> Vec<Placed> {
    let (points, _) = values.as_chunks::<5>();
    let ends = |axis: usize| {
        let along = || points.iter().map(|it| it[axis]);
        let least = along().fold(f32::INFINITY, f32::min);
        let largest = along().fold(f32::NEG_INFINITY, f32::max);
        [least, largest]
    };
    let [[left, right], [low, high]] = [ends(3), ends(4)];
    let extent = (right - left).max(high - low).max(f32::MIN_POSITIVE);
    // In the middle of the shorter side.
    let start = [(left + right - extent) / 2.0, (low + high - extent) / 2.0];
    points
        .iter()
        .map(|&[image, label, answer, x, y]| Placed {
            image: image as u32,
            label: label as u32,
            answer: answer as u32,
            // Up is positive.
            at: [(x - start[0]) / extent, 1.0 - (y - start[1]) / extent],
        })
        .collect()
}

/// The values with each axis turned around where the images, which are the same as in `before`, are then
/// nearer to where they were.
pub fn aligned(values: &[f32], before: &[f32]) -> Vec<f32> {
    let mut turned = values.to_vec();
    if values.len() != before.len() {
        return turned;
    }
    for axis in [3, 4] {
        let along =
            |all: &[f32]| -> Vec<f32> { all.iter().skip(axis).step_by(5).copied().collect() };
        let both = along(values).into_iter().zip(along(before));
        let sum: f64 = both.map(|(a, b)| f64::from(a) * f64::from(b)).sum();
        if sum < 0.0 {
            let axis = turned.iter_mut().skip(axis).step_by(5);
            axis.for_each(|it| *it = -*it);
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_that_has_turned_around_is_turned_back() {
        let before = [[1.0, 0.0, 0.0, -2.0, 0.5], [2.0, 1.0, 1.0, 1.0, 3.0]];
        let now = [[1.0, 0.0, 0.0, 2.5, 0.4], [2.0, 1.0, 1.0, -1.5, 2.0]];
        let turned = aligned(now.as_flattened(), before.as_flattened());
        assert_eq!(turned, [1.0, 0.0, 0.0, -2.5, 0.4, 2.0, 1.0, 1.0, 1.5, 2.0]);
        assert_eq!(aligned(&turned, &[]), turned);
    }

    #[test]
    fn both_axes_have_one_scale() {
        let values = [
            [4.0, 1.0, 1.0, -2.0, 0.0],
            [5.0, 2.0, 3.0, 2.0, 1.0],
            [6.0, 0.0, 0.0, 0.0, -1.0],
        ];
        let all = placed(values.as_flattened());
        assert_eq!(all[0].at, [0.0, 0.5]);
        assert_eq!(all[1].at, [1.0, 0.25]);
        assert_eq!(all[2].at, [0.5, 0.75]);
        assert_eq!((all[1].image, all[1].label, all[1].answer), (5, 2, 3));
        // All at one place.
        assert!(placed(&[0.0, 0.0, 0.0, 3.0, 3.0])[0].at[0].is_finite());
    }
}
