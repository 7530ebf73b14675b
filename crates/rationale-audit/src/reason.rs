//! The principal reasons of a declined applicant.

use ndarray::{Array2, ArrayView1, ArrayView2};

use crate::Direction;
use crate::catalogue::{Entry, Reasons};
use crate::interval::half_width;

/// At most this many reasons are given, after the practice of Regulation B's official interpretation.
pub const MOST_REASONS: usize = 4;

/// One principal reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The catalogue's code, group and sentence.
    pub entry: Entry,
    /// How far the group moved the score towards the decision, against the reference; positive.
    pub value: f64,
    /// Its part of all that moved the score towards the decision.
    pub share: f64,
    /// The 95% interval of `value` over the chance choice of the reference; none where the reference is too small.
    pub interval: Option<[f64; 2]>,
    /// Whether the next reason is smaller beyond that chance at 95%; none for a last one, and where there is no interval.
    pub separable: Option<bool>,
}

/// The reasons of one applicant.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The applicant's row.
    pub row: usize,
    /// At most four, largest first; none where nothing spoke against the applicant.
    pub reasons: Vec<Reason>,
}

/// What an applicant's groups gave to the score: against the whole reference `[group]`, and fold by fold `[fold, group]`.
pub(crate) struct Contributions<'a> {
    pub whole: ArrayView1<'a, f64>,
    pub folds: ArrayView2<'a, f64>,
}

/// The largest contributions towards a decline.
pub(crate) fn principal(
    contributions: &Contributions<'_>,
    reasons: &Reasons,
    direction: Direction,
) -> Vec<Reason> {
    let against = contributions.whole.mapv(|value| -direction.sign() * value);
    let folds = contributions.folds.mapv(|value| -direction.sign() * value);
    let mut order: Vec<usize> = (0..against.len()).filter(|&group| against[group] > 0.0).collect();
    order.sort_by(|&a, &b| against[b].total_cmp(&against[a]));
    let total: f64 = order.iter().map(|&group| against[group]).sum();
    let reason = |(rank, &group): (usize, &usize)| {
        let value = against[group];
        let half = half_width(&folds.column(group).to_vec());
        Reason {
            entry: reasons.entries[group].clone(),
            value,
            share: value / total,
            interval: half.map(|half| [value - half, value + half]),
            separable: order.get(rank + 1).and_then(|&next| separable(&against, &folds, group, next)),
        }
    };
    order.iter().enumerate().take(MOST_REASONS).map(reason).collect()
}

/// Whether the paired difference of two groups is positive beyond its 95% interval.
fn separable(against: &ndarray::Array1<f64>, folds: &Array2<f64>, group: usize, next: usize) -> Option<bool> {
    let differences = (&folds.column(group) - &folds.column(next)).to_vec();
    half_width(&differences).map(|half| against[group] - against[next] > half)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::Catalogue;

    fn reasons(whole: &[f64], folds: &Array2<f64>, direction: Direction) -> Vec<Reason> {
        let columns: Vec<String> = (0..whole.len()).map(|k| format!("c{k}")).collect();
        let known = Catalogue::default().reasons(&columns).unwrap();
        principal(&Contributions { whole: whole.into(), folds: folds.view() }, &known, direction)
    }

    #[test]
    fn only_what_spoke_against_is_a_reason_and_four_at_most() {
        let folds = Array2::zeros((0, 7));
        let whole = [-0.1, 0.5, -0.3, 0.0, -0.05, -0.2, -0.15];
        let found = reasons(&whole, &folds, Direction::HigherIsFavourable);
        let codes: Vec<&str> = found.iter().map(|reason| reason.entry.code.as_str()).collect();
        assert_eq!(codes, ["c2", "c5", "c6", "c0"]);
        assert!((found[0].share - 0.3 / 0.8).abs() < 1e-12);
        assert_eq!((found[0].interval, found[0].separable), (None, None));
        let turned = reasons(&whole, &folds, Direction::LowerIsFavourable);
        assert_eq!(turned.len(), 1);
    }

    #[test]
    fn ranks_that_chance_could_turn_are_marked() {
        // Groups 0 and 1 move together from fold to fold, 1 and 2 against each other.
        let folds = array![[-0.30, -0.20, -0.17], [-0.34, -0.24, -0.13], [-0.26, -0.16, -0.21]];
        let found = reasons(&[-0.30, -0.20, -0.17], &folds, Direction::HigherIsFavourable);
        let marks: Vec<_> = found.iter().map(|reason| reason.separable).collect();
        assert_eq!(marks, [Some(true), Some(false), None]);
        // t(2) at 0.975 is 4.3027; the standard error is 0.04 / sqrt(3).
        let [low, high] = found[0].interval.unwrap();
        let half = 4.302_652_7 * 0.04 / 3.0_f64.sqrt();
        assert!((high - low - 2.0 * half).abs() < 1e-6 && (low + high - 0.6).abs() < 1e-12);
    }

    #[test]
    fn nobody_is_given_a_reason_that_is_not_there() {
        assert!(reasons(&[0.1, 0.0], &Array2::zeros((0, 2)), Direction::HigherIsFavourable).is_empty());
    }
}
