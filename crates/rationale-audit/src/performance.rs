//! How well scores and decisions agree with what happened.

use crate::interval::{Estimate, Z95, share};
use crate::{Decisions, Direction};

/// How well scores and decisions agree with outcomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Performance {
    /// The share of applicants who were approved and turned out favourably, or were declined and did not.
    pub accuracy: Estimate,
    /// The chance that a favourable outcome has the better score of a random pair, ties counted half.
    pub auc: Estimate,
    /// Counts by decision and outcome.
    pub counts: Counts,
}

/// Applicants by decision and outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Approved, and the outcome was favourable.
    pub approved_favourable: usize,
    /// Approved, and it was not.
    pub approved_unfavourable: usize,
    /// Declined, and the outcome was favourable.
    pub declined_favourable: usize,
    /// Declined, and it was not.
    pub declined_unfavourable: usize,
}

impl Performance {
    /// Compares scores and decisions with the outcomes `[row]`, true where favourable; both must occur.
    pub fn new(scores: &[f64], decisions: &Decisions, favourable: &[bool]) -> Self {
        let counts = Counts::new(&decisions.approved, favourable);
        let right = counts.approved_favourable + counts.declined_unfavourable;
        Self {
            accuracy: share(right, favourable.len()),
            auc: auc(scores, favourable, decisions.direction),
            counts,
        }
    }
}

impl Counts {
    /// All of them.
    pub fn n(self) -> usize {
        self.approved_favourable
            + self.approved_unfavourable
            + self.declined_favourable
            + self.declined_unfavourable
    }

    fn new(approved: &[bool], favourable: &[bool]) -> Self {
        let mut counts = Self::default();
        for pair in approved.iter().zip(favourable) {
            let cell = match pair {
                (true, true) => &mut counts.approved_favourable,
                (true, false) => &mut counts.approved_unfavourable,
                (false, true) => &mut counts.declined_favourable,
                (false, false) => &mut counts.declined_unfavourable,
            };
            *cell += 1;
        }
        counts
    }
}

/// The area under the ROC curve with its 95% interval. DeLong, DeLong, Clarke-Pearson 1988,
/// <https://doi.org/10.2307/2531595>, by ranks. No interval where a class has one applicant, or where the classes do not
/// overlap at all: there the variance says nothing.
fn auc(scores: &[f64], favourable: &[bool], direction: Direction) -> Estimate {
    let of = |wanted: bool| -> Vec<f64> {
        let rows = scores.iter().zip(favourable).filter(|(_, label)| **label == wanted);
        rows.map(|(score, _)| direction.sign() * score).collect()
    };
    let (good, bad) = (of(true), of(false));
    let above: Vec<f64> = placements(&good, &bad);
    let below: Vec<f64> = placements(&bad, &good).into_iter().map(|share| 1.0 - share).collect();
    let (value, good_variance) = moments(&above);
    let (_, bad_variance) = moments(&below);
    let error = (good_variance / good.len() as f64 + bad_variance / bad.len() as f64).sqrt();
    if good.len() < 2 || bad.len() < 2 || error == 0.0 {
        return Estimate::without_interval(value);
    }
    let half = Z95 * error;
    Estimate::new(value, (value - half).max(0.0), (value + half).min(1.0))
}

/// For each value the share of the others below it, ties counted half.
fn placements(values: &[f64], others: &[f64]) -> Vec<f64> {
    let mut others = others.to_vec();
    others.sort_by(f64::total_cmp);
    let place = |value: &f64| {
        let below = others.partition_point(|other| other < value);
        let up_to = others.partition_point(|other| other <= value);
        (below + up_to) as f64 / (2.0 * others.len() as f64)
    };
    values.iter().map(place).collect()
}

/// Mean and sample variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, variance)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::Rule;

    #[test]
    fn counts_pairs_in_the_right_order() {
        let (scores, labels) = ([0.1, 0.4, 0.35, 0.8, 0.4], [false, false, true, true, true]);
        // Of 6 pairs, 4 are in order and 1 is tied.
        let found = auc(&scores, &labels, Direction::HigherIsFavourable);
        assert!((found.value - 4.5 / 6.0).abs() < 1e-12);
        let turned = auc(&scores, &labels, Direction::LowerIsFavourable);
        assert!((turned.value - 1.5 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn the_variance_is_delongs() {
        // Placements of the favourable: 1/2, 1, 3/4 (variance 1/16); of the others: 1, 1/2 (variance 1/8).
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4];
        let found = auc(&scores, &[false, false, true, true, true], Direction::HigherIsFavourable);
        let error = (1.0 / 16.0 / 3.0 + 1.0 / 8.0 / 2.0_f64).sqrt();
        let [low, _] = found.interval.unwrap();
        assert!((found.value - low - Z95 * error).abs() < 1e-9, "{found:?} {error}");
    }

    #[test]
    fn too_little_gives_no_interval() {
        let of =
            |labels: &[bool]| auc(&[0.1, 0.4, 0.35, 0.8], labels, Direction::HigherIsFavourable).interval;
        assert_eq!(of(&[false, true, true, true]), None, "one applicant in a class");
        assert_eq!(of(&[false, true, false, true]), None, "no overlap");
    }

    #[test]
    fn decisions_and_outcomes_are_crossed() {
        let decisions =
            Decisions::new(array![0.2, 0.7, 0.9].view(), Rule::CutOff(0.5), Direction::default()).unwrap();
        let found = Performance::new(&[0.2, 0.7, 0.9], &decisions, &[true, false, true]);
        assert_eq!(
            found.counts,
            Counts {
                approved_favourable: 1,
                approved_unfavourable: 1,
                declined_favourable: 1,
                declined_unfavourable: 0
            }
        );
        assert!((found.accuracy.value - 1.0 / 3.0).abs() < 1e-12);
    }
}
