//! One input of a model as a game: what is absent is replaced by fixed values.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use rationale_core::{Error as CoreError, Game, Predict};

use crate::players::check_columns;
use crate::{Error, Players};

/// One row of a model, what replaces its absent parts, and what its parts are.
///
/// | symbol | name here | shape |
/// |---|---|---|
/// | x | row | `[column]` |
/// | x' | fill | `[column]` |
///
/// ```
/// use ndarray::array;
/// use rationale_core::{FromFn, Game};
/// use rationale_metrics::{Input, Players};
///
/// let sum = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1)));
/// let (row, fill, players) = (array![1.0, 2.0], array![0.0, 0.0], Players::columns(2));
/// let input = Input::new(&sum, row.view(), fill.view(), &players)?;
/// assert_eq!(input.value(array![[true, true], [false, true]].view())?, array![[3.0], [2.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Input<'a> {
    pub(crate) model: &'a dyn Predict,
    pub(crate) row: Array1<f64>,
    pub(crate) fill: Array1<f64>,
    pub(crate) players: &'a Players,
}

impl<'a> Input<'a> {
    /// Takes a row and its fill `[column]`.
    pub fn new(
        model: &'a dyn Predict,
        row: ArrayView1<'_, f64>,
        fill: ArrayView1<'_, f64>,
        players: &'a Players,
    ) -> Result<Self, Error> {
        check_columns(players, row.len(), fill.len())?;
        Ok(Self { model, row: row.to_owned(), fill: fill.to_owned(), players })
    }

    /// The row with each player present to a share `[player]` between 0 and 1.
    pub(crate) fn blended(&self, shares: &[f64]) -> Vec<f64> {
        let columns = self.players.by_column().iter().zip(self.row.iter().zip(&self.fill));
        columns.map(|(&player, (own, fill))| fill + shares[player] * (own - fill)).collect()
    }
}

impl Game for Input<'_> {
    fn n_players(&self) -> usize {
        self.players.len()
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, CoreError> {
        let mut rows = Array2::zeros((coalitions.nrows(), self.row.len()));
        for (mut row, present) in rows.rows_mut().into_iter().zip(coalitions.rows()) {
            let columns = self.players.by_column().iter().zip(self.row.iter().zip(&self.fill));
            for (slot, (&player, (own, fill))) in row.iter_mut().zip(columns) {
                *slot = if present[player] { *own } else { *fill };
            }
        }
        self.model.predict(rows.view())
    }
}
