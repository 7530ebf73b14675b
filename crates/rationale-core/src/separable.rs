//! Which ranks can be told apart: the pairwise test of two estimates, by the normal approximation.
//!
//! ```text
//! z = (|a| - |b|) / sqrt(var(a) + var(b) - 2 sign(a) sign(b) cov(a, b)),   separable where |z| > z_(1 - (1 - c) / 2)
//! ```
//!
//! | symbol | name here | unit |
//! |---|---|---|
//! | a, b | values | the output's own |
//! | var, cov | covariance `[value, value]` | its square |
//! | c | confidence | none |
//!
//! **Holds**: for two estimates that are normal about what they estimate, the test takes equals for different in a
//! share 1 - c of cases. It is one comparison: of many pairs, some are taken for different by chance.
//! **Departs**: two estimates without any error are separable where they differ at all; an error that is not known
//! (NaN) separates nothing.
//!
//! ```
//! use ndarray::{Array2, array};
//! use rationale_core::separable::Ranking;
//!
//! let covariance = Array2::from_diag(&array![0.01, 0.01, 0.01]);
//! let ranking = Ranking::new(array![-3.0, 1.0, 1.1].view(), covariance.view(), 0.95)?;
//! assert_eq!(ranking.order(), [0, 2, 1]);
//! // 3 against 1.1 is clear; 1.1 against 1 is not.
//! assert_eq!(ranking.is_separable(), [true, false]);
//! assert_eq!(ranking.ties(), [vec![0], vec![2, 1]]);
//! # Ok::<(), rationale_core::Error>(())
//! ```

use ndarray::{ArrayView1, ArrayView2};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::Error;
use crate::error::check_shape;

/// The normal quantile beyond which a difference counts, on both sides, at a level of confidence.
pub fn critical_value(confidence: f64) -> Result<f64, Error> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(Error::Confidence { confidence });
    }
    Ok(Normal::standard().inverse_cdf(0.5 + confidence / 2.0))
}

/// Whether the magnitudes of two estimates differ by more than chance would have it.
///
/// `variances` are those of the two, `covariance` is theirs; `critical` is from [`critical_value`].
pub fn is_separable(values: (f64, f64), variances: (f64, f64), covariance: f64, critical: f64) -> bool {
    let sign = values.0.signum() * values.1.signum();
    let variance = variances.0 + variances.1 - 2.0 * sign * covariance;
    let difference = (values.0.abs() - values.1.abs()).abs();
    // Rounding may leave a variance just below 0; a NaN compares false.
    variance.is_finite() && difference > critical * variance.max(0.0).sqrt()
}

/// Values by falling magnitude, and which neighbours among them can be told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    order: Vec<usize>,
    is_separable: Vec<bool>,
}

impl Ranking {
    /// Ranks values `[value]` with covariance `[value, value]`; the first one goes first among equals.
    pub fn new(
        values: ArrayView1<'_, f64>,
        covariance: ArrayView2<'_, f64>,
        confidence: f64,
    ) -> Result<Self, Error> {
        check_shape("the covariance", &[values.len(), values.len()], covariance.shape())?;
        let critical = critical_value(confidence)?;
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()));
        let test = |pair: &[usize]| {
            let (a, b) = (pair[0], pair[1]);
            let variances = (covariance[[a, a]], covariance[[b, b]]);
            is_separable((values[a], values[b]), variances, covariance[[a, b]], critical)
        };
        let is_separable = order.windows(2).map(test).collect();
        Ok(Self { order, is_separable })
    }

    /// Ranks values whose estimates do not depend on each other, by their standard errors.
    pub fn independent(
        values: ArrayView1<'_, f64>,
        standard_errors: ArrayView1<'_, f64>,
        confidence: f64,
    ) -> Result<Self, Error> {
        let variances = standard_errors.mapv(|error| error * error);
        Self::new(values, ndarray::Array2::from_diag(&variances).view(), confidence)
    }

    /// Positions of the values, the largest magnitude first.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// For each rank but the last, whether its value can be told from the next one's.
    pub fn is_separable(&self) -> &[bool] {
        &self.is_separable
    }

    /// Runs of ranks that cannot be told from their neighbours, as positions of the values.
    pub fn ties(&self) -> Vec<Vec<usize>> {
        let mut runs: Vec<Vec<usize>> = Vec::new();
        for (rank, &position) in self.order.iter().enumerate() {
            match runs.last_mut() {
                Some(run) if !self.is_separable[rank - 1] => run.push(position),
                _ => runs.push(vec![position]),
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn opposite_signs_turn_the_covariance_around() {
        // var(|a| - |b|) = 1 + 1 - 2 (-1) 0.99: errors that move together move the magnitudes apart.
        assert!(!is_separable((3.0, -1.0), (1.0, 1.0), 0.99, 1.96));
        assert!(is_separable((3.0, 1.0), (1.0, 1.0), 0.99, 1.96));
    }

    #[test]
    fn exact_values_are_separable_where_they_differ() {
        let ranking = Ranking::new(array![1.0, 2.0, 2.0].view(), Array2::zeros((3, 3)).view(), 0.95).unwrap();
        assert_eq!((ranking.order(), ranking.is_separable()), (&[1, 2, 0][..], &[false, true][..]));
    }

    #[test]
    fn an_unknown_error_separates_nothing() {
        let errors = array![f64::NAN, 0.1];
        let ranking = Ranking::independent(array![9.0, 1.0].view(), errors.view(), 0.95).unwrap();
        assert_eq!(ranking.ties(), [vec![0, 1]]);
    }

    #[test]
    fn equals_are_taken_for_different_as_often_as_the_confidence_says() {
        let mut draws = crate::Seed::new(1).draws("separable", 0, 0);
        let critical = critical_value(0.95).unwrap();
        let mut pair = || (10.0 + draws.normal(), 10.0 + draws.normal());
        let wrong = (0..20_000).filter(|_| is_separable(pair(), (1.0, 1.0), 0.0, critical)).count();
        assert!((900..1_100).contains(&wrong), "{wrong}");
    }

    #[test]
    fn rejects_certainty() {
        let error = critical_value(1.0).unwrap_err().to_string();
        assert_eq!(error, "the confidence is 1; it must lie between 0 and 1");
    }
}
