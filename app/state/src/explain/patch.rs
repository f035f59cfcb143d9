//! How much of a measured patch lies where.

use engine::Shape;

/// The share of these values, one a pixel, in the middle quarter (half the height, half the width) of a
/// window of rows and columns. None where all are 0.
pub fn middle_share(values: &[f32], picture: Shape, window: [[i64; 2]; 2]) -> Option<f64> {
    let middle = window.map(|[start, end]| {
        let quarter = (end - start) / 4;
        start + quarter..end - quarter
    });
    let (mut inside, mut all) = (0.0, 0.0);
    for (place, &value) in values.iter().enumerate() {
        let width = picture.width.max(1) as usize;
        let at = [place / width, place % width].map(|it| it as i64);
        all += f64::from(value);
        if middle[0].contains(&at[0]) && middle[1].contains(&at[1]) {
            inside += f64::from(value);
        }
    }
    (all > 0.0).then(|| inside / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_patch_has_a_quarter_in_its_middle_quarter() {
        let picture = Shape::new(1, 8, 8);
        let share = middle_share(&[1.0; 64], picture, [[0, 8], [0, 8]]);
        assert_eq!(share, Some(0.25));
        let mut point = [0.0; 64];
        point[4 * 8 + 4] = 2.0;
        assert_eq!(middle_share(&point, picture, [[0, 8], [0, 8]]), Some(1.0));
        assert_eq!(middle_share(&point, picture, [[0, 4], [0, 4]]), Some(0.0));
        assert_eq!(middle_share(&[0.0; 64], picture, [[0, 8], [0, 8]]), None);
        // A window that begins in the padding.
        assert_eq!(
            middle_share(&[1.0; 64], picture, [[-8, 8], [0, 8]]),
            Some(16.0 / 64.0)
        );
    }
}
