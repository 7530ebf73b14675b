//! The mean over cases and how far it could be off: the percentile bootstrap, Efron 1979,
//! <https://doi.org/10.1214/aos/1176344552>.
//!
//! ```text
//! m* = mean of n values drawn with replacement; the interval is from the (1 - c) / 2 to the (1 + c) / 2 quantile of m*
//! ```
//!
//! **Holds**: for cases that are drawn at random from those that matter; it says nothing about others. Few cases give
//! intervals that are too narrow. **Costs**: no model call; n x resamples additions.
//! **Departs**: one case has no interval, where a bootstrap would give one of width 0.

use rationale_core::Seed;

use crate::error::check_setting;
use crate::order::compare;
use crate::{Error, NoSignal, Score};

/// A mean with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The mean over the cases that had a signal; none had: none.
    pub mean: Option<f64>,
    /// The interval, where there are at least two such cases.
    pub interval: Option<[f64; 2]>,
    /// How many cases had a signal.
    pub n: usize,
    /// The cases that had none, by reason.
    pub without: Vec<(NoSignal, usize)>,
}

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    confidence: f64,
    n_resamples: usize,
    seed: Seed,
}

impl Bootstrap {
    /// 95% of 1,000 resamples.
    pub fn new(seed: Seed) -> Self {
        Self { confidence: 0.95, n_resamples: 1_000, seed }
    }

    /// The share of intervals that hold the true mean.
    pub fn with_confidence(self, confidence: f64) -> Self {
        Self { confidence, ..self }
    }

    /// How often means are drawn.
    pub fn with_resamples(self, n_resamples: usize) -> Self {
        Self { n_resamples, ..self }
    }

    /// The mean of scores and its interval.
    ///
    /// ```
    /// use rationale_core::Seed;
    /// use rationale_metrics::{Bootstrap, Score};
    ///
    /// let scores = [1.0, 2.0, 3.0].map(Score::Value);
    /// let summary = Bootstrap::new(Seed::new(0)).summary(&scores)?;
    /// assert_eq!(summary.mean, Some(2.0));
    /// let [low, high] = summary.interval.unwrap();
    /// assert!(1.0 <= low && low < 2.0 && 2.0 < high && high <= 3.0);
    /// # Ok::<(), rationale_metrics::Error>(())
    /// ```
    pub fn summary(&self, scores: &[Score]) -> Result<Summary, Error> {
        let values: Vec<f64> = scores.iter().filter_map(|score| score.value()).collect();
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        let interval = if values.len() < 2 { None } else { Some(self.interval(&values)?) };
        Ok(Summary { mean, interval, n: values.len(), without: reasons(scores) })
    }

    fn interval(&self, values: &[f64]) -> Result<[f64; 2], Error> {
        let c = self.confidence;
        check_setting("the confidence", c, c > 0.0 && c < 1.0, "between 0 and 1")?;
        check_setting(
            "the number of resamples",
            self.n_resamples as f64,
            self.n_resamples > 0,
            "at least 1",
        )?;
        let mut means: Vec<f64> = (0..self.n_resamples as u64).map(|it| self.resampled(values, it)).collect();
        means.sort_by(|a, b| compare(*a, *b));
        Ok([(1.0 - c) / 2.0, f64::midpoint(1.0, c)].map(|share| quantile(&means, share)))
    }

    fn resampled(&self, values: &[f64], sample: u64) -> f64 {
        let mut draws = self.seed.draws("bootstrap", values.len() as u64, sample);
        values.iter().map(|_| values[draws.below(values.len())]).sum::<f64>() / values.len() as f64
    }
}

/// The quantile of sorted values, linear between neighbours as numpy has it.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_sign_loss, reason = "a share lies between 0 and 1")]
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor())
}

fn reasons(scores: &[Score]) -> Vec<(NoSignal, usize)> {
    let mut found: Vec<NoSignal> = scores
        .iter()
        .filter_map(|score| match score {
            Score::NoSignal(reason) => Some(*reason),
            Score::Value(_) => None,
        })
        .collect();
    found.sort_unstable();
    found.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_case_has_a_mean_and_no_interval() {
        let summary = Bootstrap::new(Seed::new(0)).summary(&[Score::Value(3.0)]).unwrap();
        assert_eq!((summary.mean, summary.interval, summary.n), (Some(3.0), None, 1));
    }

    #[test]
    fn cases_without_signal_are_counted_and_not_averaged() {
        let scores = [Score::NoSignal(NoSignal::ConstantModel), Score::Value(1.0)];
        let summary = Bootstrap::new(Seed::new(0)).summary(&scores).unwrap();
        assert_eq!((summary.mean, summary.without), (Some(1.0), vec![(NoSignal::ConstantModel, 1)]));
    }

    #[test]
    fn intervals_hold_the_true_mean_about_as_often_as_stated() {
        let holds = |trial: u64| {
            let mut draws = Seed::new(trial).draws("trial", 0, 0);
            let scores: Vec<Score> = (0..60).map(|_| Score::Value(draws.normal())).collect();
            let summary = Bootstrap::new(Seed::new(1)).with_resamples(300).summary(&scores).unwrap();
            summary.interval.is_some_and(|[low, high]| low <= 0.0 && 0.0 <= high)
        };
        let n_held = (0..200).filter(|trial| holds(*trial)).count();
        // 95% of 200 is 190, with a standard deviation of 3.
        assert!((178..=200).contains(&n_held), "{n_held}");
    }
}
