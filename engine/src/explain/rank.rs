//! Spearman's rank correlation.

/// How far two lists agree in their order, −1 to 1; equal values share the mean of their ranks.
/// `None` where one list is the same value throughout, or the lists differ in length.
pub fn rank_correlation(a: &[f32], b: &[f32]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let mut sums = [0.0; 3];
    for (a, b) in a.iter().zip(&b) {
        let (a, b) = (a - mean, b - mean);
        sums[0] += a * b;
        sums[1] += a * a;
        sums[2] += b * b;
    }
    let [both, of_a, of_b] = sums;
    (of_a > 0.0 && of_b > 0.0).then(|| both / (of_a.sqrt() * of_b.sqrt()))
}

/// From 1 for the smallest.
fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    // So that 0 and −0 are equal.
    let key = |place: usize| values[place] + 0.0;
    order.sort_by(|&a, &b| key(a).total_cmp(&key(b)));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter();
        let count = same
            .take_while(|&&place| key(place) == key(order[start]))
            .count()
            .max(1);
        let rank = start as f64 + (count as f64 + 1.0) / 2.0;
        for &place in &order[start..start + count] {
            ranks[place] = rank;
        }
        start += count;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_textbook_s_formula_gives() {
        // 1 − 6 Σd² / (n (n² − 1)) with Σd² = 0 + 1 + 1 + 0 + 0 of five ranks.
        let correlation = rank_correlation(&[1., 2., 3., 4., 50.], &[-9., 3., 2., 4., 5.]);
        assert!((correlation.unwrap() - 0.9).abs() < 1e-12);
        let reversed = rank_correlation(&[1., 2., 3.], &[3., 2., 1.]);
        assert!((reversed.unwrap() + 1.0).abs() < 1e-12);
    }

    #[test]
    fn equal_values_share_a_rank() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 7.0]), [2.5, 1.0, 2.5, 4.0]);
        // Pearson's correlation of the ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: 4.5 / √(4.5 · 5).
        let correlation = rank_correlation(&[0., 1., 1., 2.], &[1., 2., 3., 4.]).unwrap();
        assert!((correlation - 4.5 / 22.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(rank_correlation(&[1., 1.], &[1., 2.]), None);
        assert_eq!(rank_correlation(&[-0.0, 0.0], &[1., 2.]), None);
        assert_eq!(rank_correlation(&[1.], &[1., 2.]), None);
    }
}
