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

#[cfg(test)]
mod tests {
    use super::*;
    use rationale_core::Seed;
    use rationale_testkit::random_trees::{self, Shape};
    use rationale_trees::Outputs;

    /// A row's margins, tree by tree and split by split.
    fn margin(model: &TreeEnsemble, row: &[f64]) -> Vec<f64> {
        let mut margin = model.base_score().to_vec();
        for tree in model.trees() {
            let values = tree.leaf_values(tree.leaf(|feature| row[feature]));
            let first = match tree.outputs() {
                Outputs::One(output) => output,
                Outputs::All => 0,
            };
            margin[first..].iter_mut().zip(values).for_each(|(sum, value)| *sum += tree.weight() * value);
        }
        margin
    }

    #[test]
    fn are_what_each_row_alone_adds_up_to() {
        for seed in 0..20 {
            let shape = Shape { n_features: 4, n_outputs: 1 + seed as usize % 3, n_trees: 5, depth: 4 };
            let model = random_trees::ensemble(shape, Seed::new(seed)).unwrap();
            let rows = random_trees::rows(300, 4, Seed::new(seed + 1));
            let found = margins(&model, rows.view()).unwrap();
            for (row, found) in rows.rows().into_iter().zip(found.rows()) {
                assert_eq!(found.to_vec(), margin(&model, &row.to_vec()));
            }
        }
    }
}
