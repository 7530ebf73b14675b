//! Orders and ranks, with ties treated as ties.

use std::cmp::Ordering;

use rationale_core::Seed;

/// What is done about features with equal attributions.
///
/// Upsampled maps and sparse attributions have many. In index order a picture is then deleted from its top left corner, and
/// a metric measures that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// Equals keep the order of the features: what the peers do, more or less (their sort is not stable).
    ByIndex,
    /// Equals stand in random order.
    Random(Seed),
}

impl Default for Ties {
    fn default() -> Self {
        Self::Random(Seed::new(0))
    }
}

/// The features from the largest attribution to the smallest.
///
/// ```
/// use rationale_metrics::{Ties, descending};
///
/// assert_eq!(descending(&[0.1, 0.5, 0.5, -2.0], Ties::ByIndex), [1, 2, 0, 3]);
/// ```
pub fn descending(values: &[f64], ties: Ties) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    if let Ties::Random(seed) = ties {
        seed.draws("ties", 0, 0).shuffle(&mut order);
    }
    order.sort_by(|a, b| compare(values[*b], values[*a]));
    order
}

/// The rank of each value, counted from 1; equals share the mean of theirs.
///
/// ```
/// assert_eq!(rationale_metrics::ranks(&[3.0, 1.0, 3.0]), [2.5, 1.0, 2.5]);
/// ```
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| compare(values[*a], values[*b]));
    let mut ranks = vec![0.0; values.len()];
    for run in order.chunk_by(|a, b| values[*a] == values[*b]) {
        // Runs come in order, so the first of each has the place of all before it.
        let before = order.partition_point(|it| compare(values[*it], values[run[0]]) == Ordering::Less);
        let mean = before as f64 + (run.len() + 1) as f64 / 2.0;
        run.iter().for_each(|it| ranks[*it] = mean);
    }
    ranks
}

/// The order of numbers; the two zeros are one.
pub(crate) fn compare(a: f64, b: f64) -> Ordering {
    (a + 0.0).total_cmp(&(b + 0.0))
}

/// Whether all values are one.
pub(crate) fn is_constant(values: &[f64]) -> bool {
    values.iter().all(|value| *value == values[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ties_move_equals_only() {
        let order = |seed| descending(&[1.0, 0.0, 0.0, 0.0, 0.0, -1.0], Ties::Random(Seed::new(seed)));
        let orders: Vec<_> = (0..20).map(order).collect();
        assert!(orders.iter().all(|order| order[0] == 0 && order[5] == 5));
        assert!(orders.iter().any(|order| order[1] != orders[0][1]));
    }

    #[test]
    fn the_two_zeros_are_one() {
        assert_eq!(descending(&[-0.0, 0.0, 1.0], Ties::ByIndex), [2, 0, 1]);
        assert_eq!(ranks(&[-0.0, 0.0]), [1.5, 1.5]);
    }
}
