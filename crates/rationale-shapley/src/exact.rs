//! Exact Shapley values by asking about every coalition. Shapley 1953, <https://doi.org/10.1515/9781400881970-018>.

use ndarray::{Array2, Array3, ArrayViewMut1, Axis};
use rationale_core::{Error, Evidence, Game};

use crate::estimator::{Budget, Estimate, Estimator, Sampler, Stream};

const METHOD: &str = "exact-shap";
pub(crate) const MOST_PLAYERS: usize = 20;
const AT_ONCE: usize = 1 << 12;

/// Exact Shapley values. Shapley 1953, <https://doi.org/10.1515/9781400881970-018>.
///
/// ```text
/// phi_i = sum over coalitions C without i of  |C|! (n - |C| - 1)! / n!  (v(C + i) - v(C))
/// ```
///
/// | symbol | here | shape |
/// |---|---|---|
/// | phi | [`Attributions::values`](rationale_core::Attributions::values) | `[row, feature, output]` |
/// | v | [`Game::value`] | `[coalition, output]` |
///
/// **Holds**: efficiency, symmetry, dummy, additivity, to rounding.
///
/// **Costs**: at most 2^n coalitions a row, n being the players that differ from the background at all; up to 20. Inputs
/// that several coalitions lead to are asked about once. Memory: 8 bytes a coalition and output.
///
/// **Departs** from shap's Exact explainer: coalitions are asked about in the order of their number, not of a Gray code,
/// because equal inputs are recognised anyway.
///
/// ```
/// use std::sync::Arc;
/// use ndarray::{array, Axis};
/// use rationale_core::{Absence, Explain, FromFn, Silent};
/// use rationale_shapley::{ExactShap, TableExplainer};
///
/// // x0 * x1 against (0, 0): the product is shared.
/// let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.map_axis(Axis(1), |r| r[0] * r[1]).insert_axis(Axis(1)));
/// let explainer = TableExplainer::new(Arc::new(model), Absence::mask(vec![0.0, 0.0])?, Arc::new(ExactShap::new()));
/// let explained = explainer.explain(array![[2.0, 3.0]].view(), &Silent)?;
/// assert_eq!(explained.row(0, 0).to_vec(), [3.0, 3.0]);
/// # Ok::<(), rationale_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ExactShap;

impl ExactShap {
    /// There is nothing to set.
    pub fn new() -> Self {
        Self
    }
}

impl Estimator for ExactShap {
    fn settings(&self) -> Evidence {
        Evidence::new(METHOD, "every coalition")
    }

    fn budget(&self, n_players: usize) -> Result<Budget, Error> {
        check_players(n_players, METHOD)?;
        Ok(Budget::fixed((1_u64 << n_players) as f64))
    }

    fn begin<'g>(&self, game: &'g dyn Game, _: Stream) -> Result<Box<dyn Sampler + 'g>, Error> {
        Ok(Box::new(Enumerated { game, values: None }))
    }
}

struct Enumerated<'g> {
    game: &'g dyn Game,
    values: Option<Array2<f64>>,
}

impl Sampler for Enumerated<'_> {
    fn extend(&mut self, _: usize) -> Result<(), Error> {
        if self.values.is_none() {
            self.values = Some(values(&worth(self.game)?, self.game.n_players()));
        }
        Ok(())
    }

    fn estimate(&self) -> Estimate {
        Estimate { values: self.values.clone().unwrap_or_default(), covariance: None }
    }
}

/// Refuses more players than can be enumerated.
pub(crate) fn check_players(n_players: usize, method: &'static str) -> Result<(), Error> {
    if n_players <= MOST_PLAYERS {
        return Ok(());
    }
    Err(crate::Error::TooManyPlayers { n_players, most: MOST_PLAYERS }.of(method))
}

/// The worth `[coalition, output]` of every coalition, player k being bit k of the row's number.
pub(crate) fn worth(game: &dyn Game) -> Result<Array2<f64>, Error> {
    let n = game.n_players();
    let mut all = Vec::new();
    for first in (0..1_usize << n).step_by(AT_ONCE) {
        let many = AT_ONCE.min((1 << n) - first);
        let coalitions = Array2::from_shape_fn((many, n), |(row, player)| (first + row) >> player & 1 == 1);
        all.extend(game.value(coalitions.view())?);
    }
    Array2::from_shape_vec((1 << n, all.len() >> n), all).map_err(Error::model)
}

/// Shapley values `[player, output]` from the worth of every coalition.
fn values(worth: &Array2<f64>, n: usize) -> Array2<f64> {
    let weights = weights(n, 1);
    let mut values = Array2::zeros((n, worth.ncols()));
    for (coalition, worth) in worth.rows().into_iter().enumerate() {
        let size = coalition.count_ones() as usize;
        for player in 0..n {
            let weight = if coalition >> player & 1 == 1 { weights[size - 1] } else { -weights[size] };
            values.row_mut(player).scaled_add(weight, &worth);
        }
    }
    values
}

/// Shapley interaction values `[player, player, output]` from the worth of every coalition, halved between (i, j) and
/// (j, i); the diagonal holds what remains of each player's Shapley value.
pub(crate) fn interactions(worth: &Array2<f64>, n: usize) -> Array3<f64> {
    let weights = if n < 2 { Vec::new() } else { weights(n, 2) };
    let mut pairs = Array3::<f64>::zeros((n, n, worth.ncols()));
    for (coalition, worth) in worth.rows().into_iter().enumerate() {
        let size = coalition.count_ones() as usize;
        for i in 0..n {
            for j in (0..n).filter(|&j| j != i) {
                let inside = (coalition >> i & 1) + (coalition >> j & 1);
                let sign = if inside == 1 { -0.5 } else { 0.5 };
                cell(&mut pairs, i, j).scaled_add(sign * weights[size - inside], &worth);
            }
        }
    }
    let values = values(worth, n);
    for i in 0..n {
        let partners = pairs.index_axis(Axis(0), i).sum_axis(Axis(0));
        cell(&mut pairs, i, i).assign(&(&values.row(i) - &partners));
    }
    pairs
}

/// The outputs of one pair.
fn cell(pairs: &mut Array3<f64>, i: usize, j: usize) -> ArrayViewMut1<'_, f64> {
    pairs.index_axis_mut(Axis(0), i).index_axis_move(Axis(0), j)
}

/// The weights of a gain by the size of the coalition that is joined, for n players.
pub(crate) fn shares(n: usize) -> Vec<f64> {
    if n == 0 { Vec::new() } else { weights(n, 1) }
}

/// c! (n - c - k)! / (n - k + 1)! for c = 0, ..., n - k, the share of a coalition of c that `k` players join; one
/// beyond the end is 0.
fn weights(n: usize, k: usize) -> Vec<f64> {
    let m = n - k;
    // 1 / ((m + 1) (m choose c)), by the recurrence of the binomials.
    let mut weights = vec![1.0 / (m + 1) as f64];
    for c in 0..m {
        weights.push(weights[c] * (c + 1) as f64 / (m - c) as f64);
    }
    weights.extend(vec![0.0; k]);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_the_definition() {
        assert_eq!(weights(3, 1), [1.0 / 3.0, 1.0 / 6.0, 1.0 / 3.0, 0.0]);
        assert_eq!(weights(3, 2), [0.5, 0.5, 0.0, 0.0]);
    }
}
