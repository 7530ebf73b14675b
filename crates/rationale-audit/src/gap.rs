//! Gaps: how the attributions of two groups differ, and whether chance explains it.
//!
//! Welch 1947, <https://doi.org/10.1093/biomet/34.1-2.28>: `t = (m1 - m2) / sqrt(v1/n1 + v2/n2)`, with Satterthwaite's
//! degrees of freedom. Holm 1979, <https://www.jstor.org/stable/4615733>, over all gaps of an audit: the chance of any
//! false alarm among them stays below the stated level, whatever depends on what.
//!
//! **Holds**: attributions are a function of an applicant's own columns once model and reference are fixed, so
//! applicants drawn independently give independent values; the interval is over the choice of applicants.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::interval::{Estimate, Moments};

/// How one group's mean attribution differs from that of the largest group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// The group, by its place.
    pub group: usize,
    /// The column of the model; none for all of them together, which is the gap in the margin.
    pub column: Option<usize>,
    /// The group's mean minus that of the largest group, with Welch's 95% interval.
    pub difference: Estimate,
    /// The chance of a difference so large where there is none.
    pub p: f64,
    /// The same, corrected by Holm for the number of gaps in the audit.
    pub adjusted: f64,
    /// Whether the corrected chance is below the stated level.
    pub is_found: bool,
    /// The column's part of the gap in the margin; parts add up to one and may be negative. None where the gap in the
    /// margin may be nothing: its interval covers 0.
    pub share: Option<f64>,
}

impl Gap {
    pub(crate) fn new(group: usize, column: Option<usize>, of: Moments, against: Moments) -> Self {
        let (difference, p) = welch(of, against);
        Self { group, column, difference, p, adjusted: p, is_found: false, share: None }
    }
}

/// The difference of two means with its 95% interval, and the two-sided p value. Where neither group varies at all,
/// there is no interval, and any difference is certain.
fn welch(a: Moments, b: Moments) -> (Estimate, f64) {
    let value = a.mean - b.mean;
    let (ea, eb) = (a.variance / a.n, b.variance / b.n);
    let error = (ea + eb).sqrt();
    let freedom = (ea + eb).powi(2) / (ea * ea / (a.n - 1.0) + eb * eb / (b.n - 1.0));
    // Values that differ by rounding only, such as those of a column that the model hardly uses, are one value.
    let scale = f64::EPSILON * (a.mean.abs() + b.mean.abs());
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(student) if error > 8.0 * scale && freedom.is_finite() => {
            let half = student.inverse_cdf(0.975) * error;
            (Estimate::new(value, value - half, value + half), 2.0 * student.cdf(-(value / error).abs()))
        }
        _ => (Estimate::without_interval(value), if value.abs() <= 64.0 * scale { 1.0 } else { 0.0 }),
    }
}

/// Holm's correction over all gaps.
pub(crate) fn correct(gaps: &mut [&mut Gap], significance: f64) {
    gaps.sort_by(|a, b| a.p.total_cmp(&b.p));
    let n = gaps.len();
    let mut worst: f64 = 0.0;
    for (rank, gap) in gaps.iter_mut().enumerate() {
        worst = worst.max(gap.p * (n - rank) as f64).min(1.0);
        gap.adjusted = worst;
        gap.is_found = worst < significance;
    }
}

/// Each column's part of its group's gap in the margin.
pub(crate) fn add_shares(gaps: &mut [Gap]) {
    let mut whole = None;
    for gap in gaps {
        if gap.column.is_none() {
            let is_something = gap.difference.interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0);
            whole = is_something.then_some(gap.difference.value);
        }
        gap.share = whole.map(|whole| gap.difference.value / whole);
    }
}

#[cfg(test)]
mod tests {
    use rationale_core::Seed;

    use super::*;

    #[test]
    fn welch_agrees_with_a_worked_example() {
        // scipy 1.17.1, ttest_ind(equal_var=False): p = 0.23519411139, -5.84463638394 to 1.84463638394.
        let a = Moments::of([1.0, 2.0, 3.0, 4.0, 5.0].into_iter());
        let b = Moments::of([2.0, 4.0, 6.0, 8.0].into_iter());
        let (difference, p) = welch(a, b);
        let [low, high] = difference.interval.unwrap();
        assert!((p - 0.235_194_111_39).abs() < 1e-9, "{p}");
        assert!((low + 5.844_636_383_94).abs() < 1e-9 && (high - 1.844_636_383_94).abs() < 1e-9);
    }

    #[test]
    fn holm_multiplies_by_what_is_left() {
        let gap = |p: f64| Gap {
            group: 0,
            column: None,
            difference: Estimate::without_interval(0.0),
            p,
            adjusted: p,
            is_found: false,
            share: None,
        };
        let mut gaps = [gap(0.04), gap(0.01), gap(0.03)];
        correct(&mut gaps.iter_mut().collect::<Vec<_>>(), 0.05);
        let adjusted = gaps.map(|gap| (gap.adjusted * 1e6).round() / 1e6);
        assert_eq!(adjusted, [0.06, 0.03, 0.06]);
        assert_eq!(gaps.map(|gap| gap.is_found), [false, true, false]);
    }

    #[test]
    fn what_never_varies_has_no_interval() {
        let constant = |x: f64| Moments::of([x; 40].into_iter());
        assert_eq!(welch(constant(0.1), constant(0.1)), (Estimate::without_interval(0.0), 1.0));
        assert_eq!(welch(constant(0.1), constant(0.3)).1, 0.0);
    }

    /// 500 portfolios of 400 applicants in two groups that differ in nothing: a scorecard of ten columns, two of them
    /// rare flags, all of them going together. Any alarm in a portfolio is a false one.
    #[test]
    fn without_a_gap_alarms_are_as_rare_as_stated() {
        let n_alarms = (0..500).filter(|&portfolio| has_alarm(portfolio)).count();
        // 5% are promised at most; of 500, 7% is two standard errors above that.
        assert!(n_alarms <= 35, "{n_alarms} of 500");
        assert!(n_alarms > 0, "a test that never fires would find nothing either");
    }

    fn has_alarm(portfolio: u64) -> bool {
        let (n_rows, n_columns) = (400, 10);
        let mut draws = Seed::new(7).draws("portfolio", portfolio, 0);
        let mut values = vec![[0.0; 10]; n_rows];
        let mut member = vec![false; n_rows];
        for row in 0..n_rows {
            let common = draws.normal();
            for (column, value) in values[row].iter_mut().enumerate() {
                let x = 0.6 * common + 0.8 * draws.normal();
                *value = if column < 2 { f64::from(u8::from(x > 1.5)) } else { 0.3 * x + 0.1 * x * x };
            }
            member[row] = draws.uniform() < 0.3;
        }
        let of = |wanted: bool, column: usize| {
            let values = &values;
            let rows: Vec<f64> =
                (0..n_rows).filter(|&row| member[row] == wanted).map(|row| values[row][column]).collect();
            Moments::of(rows.into_iter())
        };
        let mut gaps: Vec<Gap> = (0..n_columns)
            .map(|column| Gap::new(0, Some(column), of(true, column), of(false, column)))
            .collect();
        correct(&mut gaps.iter_mut().collect::<Vec<_>>(), 0.05);
        gaps.iter().any(|gap| gap.is_found)
    }
}
