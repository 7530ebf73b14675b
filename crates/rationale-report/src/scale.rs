//! From values to pixels along one axis.

use crate::canvas::SMALL;
use crate::font;
use crate::number::{DUST, ticks};

/// Air between two ticks' labels.
const AIR: f64 = 14.0;
const MOST_TICKS: usize = 8;

/// A linear scale; `start` may lie beyond `end`, as it does where values grow upwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub low: f64,
    pub high: f64,
    pub start: f64,
    pub end: f64,
}

impl Scale {
    /// Covers the values with a little air on both sides; something sensible where they are all one.
    pub(crate) fn covering(values: impl IntoIterator<Item = f64>, start: f64, end: f64) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (low, high) =
            finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let largest = low.abs().max(high.abs());
        let air = if high - low > DUST * largest { 0.04 * (high - low) } else { largest.max(1.0) * 0.5 };
        Self { low: low - air, high: high + air, start, end }
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    /// As many ticks as there is room for their labels side by side.
    pub(crate) fn fitting_ticks(&self) -> Vec<(f64, String)> {
        let candidates = (1..=MOST_TICKS).rev().map(|most| ticks(self.low, self.high, most));
        let mut fitting = candidates.skip_while(|ticks| !self.fit(ticks));
        fitting.next().unwrap_or_default()
    }

    fn fit(&self, ticks: &[(f64, String)]) -> bool {
        let half = |label: &str| font::width(label, SMALL) / 2.0;
        ticks.windows(2).all(|pair| {
            let [(value, label), (next, next_label)] = pair else { return true };
            self.at(*next) - self.at(*value) >= half(label) + half(next_label) + AIR
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_labels_get_fewer_ticks() {
        let scale = Scale { low: 1000.0, high: 1000.001, start: 0.0, end: 300.0 };
        let n_ticks = scale.fitting_ticks().len();
        assert!((2..5).contains(&n_ticks), "{n_ticks}");
        assert!(scale.fit(&scale.fitting_ticks()));
    }

    #[test]
    fn values_that_differ_by_rounding_count_as_one() {
        let scale = Scale::covering([0.7, 0.7 + 1e-16], 0.0, 100.0);
        assert!((scale.at(0.7) - 50.0).abs() < 1e-9);
    }
}
