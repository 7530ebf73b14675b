//! Shapley values and interactions by their definition: every coalition is asked.

use ndarray::{Array2, Array3, Axis};
use rationale_core::{Error, Game};

/// Shapley values `[player, output]`: 2^n coalitions, so for few players only.
pub fn values(game: &dyn Game) -> Result<Array2<f64>, Error> {
    let worth = worth(game)?;
    let n = game.n_players();
    let mut values = Array2::zeros((n, worth.ncols()));
    for (coalition, player) in without_one(n) {
        let size = coalition.count_ones();
        let weight = factorial(size) * factorial(n as u32 - size - 1) / factorial(n as u32);
        let gain = &worth.row(coalition | 1 << player) - &worth.row(coalition);
        values.row_mut(player).scaled_add(weight, &gain);
    }
    Ok(values)
}

/// Shapley interaction values `[player, player, output]`, halved between (i, j) and (j, i); the diagonal holds what
/// remains of each player's Shapley value.
pub fn interactions(game: &dyn Game) -> Result<Array3<f64>, Error> {
    let worth = worth(game)?;
    let n = game.n_players();
    let mut pairs = Array3::<f64>::zeros((n, n, worth.ncols()));
    for (coalition, i) in without_one(n) {
        for j in (0..n).filter(|&j| j != i && coalition >> j & 1 == 0) {
            let size = coalition.count_ones();
            let weight = factorial(size) * factorial(n as u32 - size - 2) / factorial(n as u32 - 1);
            let both = &worth.row(coalition | 1 << i | 1 << j) - &worth.row(coalition | 1 << i);
            let alone = &worth.row(coalition | 1 << j) - &worth.row(coalition);
            let mut cell = pairs.index_axis_mut(Axis(0), i).index_axis_move(Axis(0), j);
            cell.scaled_add(0.5 * weight, &(both - alone));
        }
    }
    let values = values(game)?;
    for i in 0..n {
        let rest = &values.row(i) - &pairs.index_axis(Axis(0), i).sum_axis(Axis(0));
        pairs.index_axis_mut(Axis(0), i).index_axis_move(Axis(0), i).assign(&rest);
    }
    Ok(pairs)
}

/// The worth `[coalition, output]` of every coalition, player k being bit k of the row's number.
fn worth(game: &dyn Game) -> Result<Array2<f64>, Error> {
    let n = game.n_players();
    game.value(Array2::from_shape_fn((1 << n, n), |(coalition, player)| coalition >> player & 1 == 1).view())
}

/// Every coalition with every player who is not in it.
fn without_one(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..1_usize << n).flat_map(move |c| (0..n).filter(move |k| c >> k & 1 == 0).map(move |k| (c, k)))
}

fn factorial(n: u32) -> f64 {
    (1..=n).map(f64::from).product()
}

#[cfg(test)]
mod tests {
    use ndarray::{ArrayView2, array};

    use super::*;

    /// Worth 6 once players 0 and 1 are there, and 1 more for player 2.
    struct Gloves;

    impl Game for Gloves {
        fn n_players(&self) -> usize {
            3
        }

        fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, Error> {
            let worth = |c: ndarray::ArrayView1<'_, bool>| 6.0 * f64::from(c[0] & c[1]) + f64::from(c[2]);
            Ok(coalitions.map_axis(Axis(1), worth).insert_axis(Axis(1)))
        }
    }

    #[test]
    fn partners_share_what_they_need_each_other_for() {
        let values = values(&Gloves).unwrap();
        assert!((values - array![[3.0], [3.0], [1.0]]).iter().all(|gap| gap.abs() < 1e-12));
    }

    #[test]
    fn the_interaction_is_halved_and_rows_sum_to_the_values() {
        let pairs = interactions(&Gloves).unwrap();
        assert!((pairs[[0, 1, 0]] - 3.0).abs() < 1e-12 && (pairs[[1, 0, 0]] - 3.0).abs() < 1e-12);
        assert!(pairs[[0, 0, 0]].abs() < 1e-12 && (pairs[[2, 2, 0]] - 1.0).abs() < 1e-12);
    }
}
