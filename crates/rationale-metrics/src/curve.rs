//! What becomes of an output while parts of the input go or come: the curve under most metrics of faithfulness.
//!
//! ```text
//! v_k = f(x without the first c_k players of an order),  k = 0..K,  c_0 = 0, c_K = n     (deletion)
//! v_k = f(x' with the first c_k players of an order)                                      (insertion)
//! AUC = sum_k (s_k - s_(k-1)) (v_k + v_(k-1)) / 2,   s_k = c_k / n
//! ```
//!
//! **Costs**: K + 1 model calls.

use rationale_core::{Game, Seed};

use crate::error::{check_length, check_setting};
use crate::order::descending;
use crate::{Error, Ties, ask};

/// In which order players go or come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The largest attribution first.
    MostRelevantFirst,
    /// The smallest attribution first.
    LeastRelevantFirst,
    /// Any order: what a curve is compared with.
    Random(Seed),
}

/// Whether players go or come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// From the whole input, players go.
    Deletion,
    /// From the fill, players come.
    Insertion,
}

/// An output at shares of players that went or came.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Shares from 0 to 1, ascending.
    pub shares: Vec<f64>,
    /// The output at each.
    pub values: Vec<f64>,
}

impl Curve {
    /// The area below, by the trapezoidal rule.
    ///
    /// ```
    /// let curve = rationale_metrics::Curve { shares: vec![0.0, 0.5, 1.0], values: vec![1.0, 0.0, 0.0] };
    /// assert_eq!(curve.area(), 0.25);
    /// ```
    pub fn area(&self) -> f64 {
        let steps = self.shares.windows(2).zip(self.values.windows(2));
        steps.map(|(s, v)| (s[1] - s[0]) * f64::midpoint(v[0], v[1])).sum()
    }
}

/// The order of players by attribution.
pub fn order_of(attribution: &[f64], order: Order, ties: Ties) -> Vec<usize> {
    match order {
        Order::MostRelevantFirst => descending(attribution, ties),
        Order::LeastRelevantFirst => {
            let turned: Vec<f64> = attribution.iter().map(|it| -it).collect();
            descending(&turned, ties)
        }
        Order::Random(seed) => {
            let mut order: Vec<usize> = (0..attribution.len()).collect();
            seed.draws("random order", 0, 0).shuffle(&mut order);
            order
        }
    }
}

/// At most so many steps from 0 to n, evenly spread, each of at least one player.
pub(crate) fn counts(n: usize, n_steps: usize) -> Vec<usize> {
    let n_steps = n_steps.clamp(1, n.max(1));
    (0..=n_steps).map(|step| (step * n + n_steps / 2) / n_steps).collect()
}

/// The curve of an output while players go or come in an order, in at most `n_steps` steps.
pub fn curve(
    game: &dyn Game,
    output: usize,
    order: &[usize],
    change: Change,
    n_steps: usize,
) -> Result<Curve, Error> {
    check_length("the order", game.n_players(), order.len())?;
    check_setting("the number of steps", n_steps as f64, n_steps >= 1, "at least 1")?;
    let counts = counts(order.len(), n_steps);
    let values = values_at(game, output, order, change, &counts)?;
    let shares = counts.iter().map(|count| *count as f64 / order.len() as f64).collect();
    Ok(Curve { shares, values })
}

/// The output after so many of an order's players went or came.
pub(crate) fn values_at(
    game: &dyn Game,
    output: usize,
    order: &[usize],
    change: Change,
    counts: &[usize],
) -> Result<Vec<f64>, Error> {
    let begins = change == Change::Deletion;
    ask::worth(game, counts.len(), output, |number, present| {
        present.fill(begins);
        order[..counts[number]].iter().for_each(|player| present[*player] = !begins);
    })
}

/// The output after the first k groups of an order went, for k = 0 to all.
pub(crate) fn without_groups(
    game: &dyn Game,
    output: usize,
    groups: &[Vec<usize>],
    order: &[usize],
) -> Result<Vec<f64>, Error> {
    ask::worth(game, order.len() + 1, output, |number, present| {
        present.fill(true);
        let gone = order[..number].iter().flat_map(|group| &groups[*group]);
        gone.for_each(|player| present[*player] = false);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_begin_with_nobody_and_end_with_all() {
        assert_eq!(counts(10, 4), [0, 3, 5, 8, 10]);
        assert_eq!(counts(3, 100), [0, 1, 2, 3]);
        assert_eq!(counts(1, 1), [0, 1]);
    }

    #[test]
    fn least_relevant_first_is_the_other_way_round() {
        let values = [0.3, -1.0, 0.0];
        assert_eq!(order_of(&values, Order::MostRelevantFirst, Ties::ByIndex), [0, 2, 1]);
        assert_eq!(order_of(&values, Order::LeastRelevantFirst, Ties::ByIndex), [1, 2, 0]);
    }
}
