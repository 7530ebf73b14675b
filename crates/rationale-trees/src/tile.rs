//! Rows side by side, as they go down many trees.

use ndarray::{ArrayView2, Axis};

use crate::InputPrecision;

/// Rows a tile.
pub(crate) const LANES: usize = 16;

/// Up to [`LANES`] rows, feature by feature; lanes without a row hold zeros.
pub(crate) struct Tile {
    columns: Vec<[f64; LANES]>,
    n_rows: usize,
}

impl Tile {
    /// Takes rows `[row, feature]` as the model reads their numbers.
    pub(crate) fn new(rows: ArrayView2<'_, f64>, precision: InputPrecision) -> Self {
        let mut columns = vec![[0.0; LANES]; rows.ncols()];
        for (lane, row) in rows.axis_iter(Axis(0)).enumerate() {
            columns.iter_mut().zip(row).for_each(|(column, x)| column[lane] = precision.round(*x));
        }
        Self { columns, n_rows: rows.nrows() }
    }

    /// A feature's values, one a lane.
    pub(crate) fn column(&self, feature: usize) -> &[f64; LANES] {
        &self.columns[feature]
    }

    /// Lanes that hold a row.
    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }
}
