//! A column of numbers cut into bins.
//!
//! | [`Discretisation`] | cuts |
//! |---|---|
//! | `Quartile` | percentiles 25, 50, 75 (linear between values, repeated ones once) |
//! | `Decile` | percentiles 10, 20, ..., 90 |
//! | `Entropy` | a decision tree of depth three on the labels |
//! | `None` | none: the column stays a number |
//!
//! Bin k is `cut[k-1] < x <= cut[k]`. A value is drawn from a bin as a normal of the bin's own mean and standard
//! deviation, cut off at its ends.

use super::entropy;
use super::truncated_normal::TruncatedNormal;
use crate::Error;

/// How columns of numbers are cut into bins. The default is lime 0.2.0.1's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Discretisation {
    /// At the quartiles.
    #[default]
    Quartile,
    /// At the deciles.
    Decile,
    /// Where a label changes most; one label for each training row.
    Entropy {
        /// Classes counted from 0.
        labels: Vec<usize>,
    },
    /// Not at all.
    None,
}

impl Discretisation {
    /// The name as recorded in the evidence.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Quartile => "quartile",
            Self::Decile => "decile",
            Self::Entropy { .. } => "entropy",
            Self::None => "none",
        }
    }

    pub(crate) fn check(&self, n_rows: usize) -> Result<(), Error> {
        match self {
            Self::Entropy { labels } if labels.len() != n_rows => {
                Err(Error::Labels { n_labels: labels.len(), n_rows })
            }
            _ => Ok(()),
        }
    }

    /// Cuts of a column, ascending and without repeats; none where it stays a number or has no value.
    pub(crate) fn cuts(&self, column: &[f64]) -> Option<Vec<f64>> {
        let mut sorted: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        if sorted.is_empty() {
            return None;
        }
        let at = |step: f64, n: u32| (1..=n).map(|k| percentile(&sorted, f64::from(k) * step)).collect();
        let mut cuts: Vec<f64> = match self {
            Self::None => return None,
            Self::Quartile => at(25.0, 3),
            Self::Decile => at(10.0, 9),
            Self::Entropy { labels } => entropy::cuts(column, labels),
        };
        cuts.dedup();
        Some(cuts)
    }
}

/// The percentile `p` (0 to 100) of sorted values, linear between neighbours.
pub(crate) fn percentile(sorted: &[f64], p: f64) -> f64 {
    let last = sorted.len() - 1;
    let position = p / 100.0 * last as f64;
    let below = (0..=last).rev().find(|at| *at as f64 <= position).unwrap_or(0);
    let (a, b) = (sorted[below], sorted[(below + 1).min(last)]);
    let share = position - below as f64;
    // From the nearer end, as numpy does it.
    if share < 0.5 { a + (b - a) * share } else { b - (b - a) * (1.0 - share) }
}

/// A column's bins and the law of each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bins {
    pub(crate) cuts: Vec<f64>,
    pub(crate) laws: Vec<TruncatedNormal>,
    pub(crate) counts: Vec<usize>,
}

impl Bins {
    /// Bins of a column with at least one value.
    pub(crate) fn new(cuts: Vec<f64>, column: &[f64]) -> Self {
        let n_bins = cuts.len() + 1;
        let mut members: Vec<Vec<f64>> = vec![Vec::new(); n_bins];
        for &value in column.iter().filter(|value| !value.is_nan()) {
            members[bin_of(&cuts, value)].push(value);
        }
        let values = || column.iter().copied().filter(|value| !value.is_nan());
        let (low, high) =
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        let law = |bin: usize| {
            let low = if bin == 0 { low } else { cuts[bin - 1] };
            let high = if bin == cuts.len() { high } else { cuts[bin] };
            let (mean, sd) = moments(&members[bin]);
            TruncatedNormal::new(mean, sd + 1e-11, low, high)
        };
        Self { laws: (0..n_bins).map(law).collect(), counts: members.iter().map(Vec::len).collect(), cuts }
    }

    pub(crate) fn bin_of(&self, value: f64) -> usize {
        bin_of(&self.cuts, value)
    }

    /// The condition that a value fulfils, such as `25.00 < age <= 35.00`.
    pub(crate) fn condition(&self, name: &str, value: f64) -> String {
        let bin = self.bin_of(value);
        match (bin.checked_sub(1).and_then(|below| self.cuts.get(below)), self.cuts.get(bin)) {
            (None, Some(high)) => format!("{name} <= {high:.2}"),
            (Some(low), None) => format!("{name} > {low:.2}"),
            (Some(low), Some(high)) => format!("{low:.2} < {name} <= {high:.2}"),
            (None, None) => name.to_owned(),
        }
    }
}

/// The number of cuts below a value.
fn bin_of(cuts: &[f64], value: f64) -> usize {
    cuts.partition_point(|cut| *cut < value)
}

/// Mean and (population's) standard deviation; 0 and 0 of nothing.
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use rationale_testkit::golden::{Golden, Tensor, read};

    use super::*;

    #[test]
    fn percentiles_are_linear_between_values() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([25.0, 50.0, 75.0].map(|p| percentile(&sorted, p)), [1.75, 3.0, 5.0]);
    }

    #[test]
    fn a_bin_holds_its_upper_cut() {
        let bins = Bins::new(vec![2.0, 4.0], &[1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN]);
        assert_eq!(bins.counts, [2, 2, 1]);
        assert_eq!(bins.condition("age", 2.0), "age <= 2.00");
        assert_eq!(bins.condition("age", 2.5), "2.00 < age <= 4.00");
        assert_eq!(bins.condition("age", 9.0), "age > 4.00");
    }

    #[test]
    fn one_value_gives_one_cut() {
        assert_eq!(Discretisation::Quartile.cuts(&[3.0, 3.0, 3.0]).unwrap(), [3.0]);
        assert!(Discretisation::Quartile.cuts(&[f64::NAN]).is_none());
    }

    #[derive(serde::Deserialize)]
    struct Case {
        rows: Tensor,
        discretisers: Vec<Reference>,
    }

    #[derive(serde::Deserialize)]
    struct Reference {
        name: String,
        labels: Vec<usize>,
        maxima: Vec<Vec<f64>>,
    }

    #[test]
    fn cuts_are_those_of_lime() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/lime_cuts.json");
        let golden: Golden<Case> = read(&path).unwrap();
        let case = &golden.cases[0];
        let rows = case.rows.array().unwrap().into_dimensionality::<ndarray::Ix2>().unwrap();
        for reference in &case.discretisers {
            let (discretisation, tolerance) = match reference.name.as_str() {
                "quartile" => (Discretisation::Quartile, golden.tolerance),
                "decile" => (Discretisation::Decile, golden.tolerance),
                // scikit-learn's trees see float32.
                _ => (Discretisation::Entropy { labels: reference.labels.clone() }, 1e-6),
            };
            for (feature, maxima) in reference.maxima.iter().enumerate() {
                let ours = discretisation.cuts(&rows.column(feature).to_vec()).unwrap();
                let theirs = &maxima[..maxima.len() - 1];
                assert_eq!(ours.len(), theirs.len(), "{} {feature}: {ours:?} {theirs:?}", reference.name);
                assert!(
                    ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() <= tolerance),
                    "{ours:?} {theirs:?}"
                );
            }
        }
    }
}
