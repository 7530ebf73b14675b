//! How alike two lists of numbers are.
//!
//! | name | formula |
//! |---|---|
//! | [`pearson`] | cov(a, b) / (sd(a) sd(b)) |
//! | [`spearman`] | Pearson's correlation of the ranks, equals sharing the mean of theirs |
//! | [`kendall`] | (concordant - discordant) / sqrt((pairs - ties in a) (pairs - ties in b)), Kendall's tau-b |
//!
//! All are `None` where either list does not vary: a constant is alike to nothing, and unlike to nothing.

use crate::order::ranks;

/// Pearson's correlation.
///
/// ```
/// use rationale_metrics::pearson;
///
/// assert_eq!(pearson(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), Some(1.0));
/// assert_eq!(pearson(&[1.0, 2.0], &[5.0, 5.0]), None);
/// ```
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len().min(b.len()) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut of_both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        of_both += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    // What varies by rounding alone does not vary.
    let varies = |square: f64, mean: f64| square > n * (1e-14 * mean).powi(2) && square > 0.0;
    // The root of the product is exact for equal spreads; the product of roots does not overflow.
    let product = of_a * of_b;
    let scale = if product.is_normal() { product.sqrt() } else { of_a.sqrt() * of_b.sqrt() };
    (varies(of_a, mean_a) && varies(of_b, mean_b) && scale > 0.0).then(|| (of_both / scale).clamp(-1.0, 1.0))
}

/// Spearman's rank correlation.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    pearson(&ranks(a), &ranks(b))
}

/// Kendall's tau-b, in O(n^2).
///
/// ```
/// // Of three pairs two agree and one does not.
/// let tau = rationale_metrics::kendall(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]).unwrap();
/// assert!((tau - 1.0 / 3.0).abs() < 1e-15);
/// ```
pub fn kendall(a: &[f64], b: &[f64]) -> Option<f64> {
    let (mut balance, mut of_a, mut of_b) = (0_i64, 0_i64, 0_i64);
    for i in 0..a.len() {
        for j in 0..i {
            let (x, y) = (sign(a[i] - a[j]), sign(b[i] - b[j]));
            balance += x * y;
            of_a += x.abs();
            of_b += y.abs();
        }
    }
    let scale = (of_a as f64).sqrt() * (of_b as f64).sqrt();
    (scale > 0.0).then(|| balance as f64 / scale)
}

fn sign(difference: f64) -> i64 {
    i64::from(difference > 0.0) - i64::from(difference < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_ignore_how_far_apart_values_are() {
        assert_eq!(spearman(&[1.0, 10.0, 100.0], &[0.0, 0.1, 7.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
    }

    #[test]
    fn ties_are_no_disagreement() {
        // Pairs: (0, 1) is tied in b; the other two agree.
        let tau = kendall(&[1.0, 2.0, 3.0], &[5.0, 5.0, 6.0]).unwrap();
        assert!((tau - 2.0 / 6.0_f64.sqrt()).abs() < 1e-15);
    }
}
