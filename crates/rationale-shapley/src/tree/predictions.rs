//! Margins of many rows, block by block on all threads.

use ndarray::{Array2, ArrayView2, Axis, Slice};
use rationale_trees::{Error, TreeEnsemble};
use rayon::prelude::*;

const BLOCK_ROWS: usize = 256;

/// Margins `[row, output]` of rows `[row, feature]`: the same bits as the model's own.
pub(super) fn margins(ensemble: &TreeEnsemble, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
    ensemble.check_columns(rows)?;
    let starts = (0..rows.nrows()).into_par_iter().step_by(BLOCK_ROWS);
    let blocks = starts.map(|start| {
        let end = (start + BLOCK_ROWS).min(rows.nrows());
        ensemble.margins(rows.slice_axis(Axis(0), Slice::from(start..end)))
    });
    let blocks: Vec<Array2<f64>> = blocks.collect::<Result<_, _>>()?;
    let mut margins = Array2::zeros((rows.nrows(), ensemble.n_outputs()));
    for (mut margins, block) in margins.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS).zip(blocks) {
        margins.assign(&block);
    }
    Ok(margins)
}
