//! Margins of many rows: block by block and tree by tree, so that a tree stays in the cache while a block passes.

use ndarray::{ArrayView2, Axis, Slice};
use rationale_trees::{Outputs, Tree, TreeEnsemble};
use rayon::prelude::*;

const BLOCK_ROWS: usize = 256;

/// Margins `[row, output]` of rows `[row, feature]`, which must fit the model. The same bits as the model's own: a row adds
/// up its trees in the same order.
pub(super) fn margins(ensemble: &TreeEnsemble, rows: ArrayView2<'_, f64>) -> Vec<f64> {
    let n_outputs = ensemble.n_outputs();
    let mut margins = vec![0.0; rows.nrows() * n_outputs];
    margins.par_chunks_mut((BLOCK_ROWS * n_outputs).max(1)).enumerate().for_each(|(block, margins)| {
        let start = block * BLOCK_ROWS;
        let rows = rows.slice_axis(Axis(0), Slice::from(start..start + margins.len() / n_outputs));
        let precision = ensemble.input_precision();
        let values: Vec<f64> = rows.iter().map(|x| precision.round(*x)).collect();
        margins.chunks_exact_mut(n_outputs).for_each(|margin| margin.copy_from_slice(ensemble.base_score()));
        for tree in ensemble.trees() {
            add(tree, &values, rows.ncols(), n_outputs, margins);
        }
    });
    margins
}

/// Adds one tree's values for a block of rows.
fn add(tree: &Tree, values: &[f64], n_features: usize, n_outputs: usize, margins: &mut [f64]) {
    let first = match tree.outputs() {
        Outputs::One(output) => output,
        Outputs::All => 0,
    };
    for (row, margin) in margins.chunks_exact_mut(n_outputs).enumerate() {
        let row = &values[row * n_features..][..n_features];
        let leaf = tree.leaf_values(tree.leaf(|feature| row[feature]));
        margin[first..].iter_mut().zip(leaf).for_each(|(sum, value)| *sum += tree.weight() * value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rationale_core::Seed;
    use rationale_testkit::random_trees::{self, Shape};

    #[test]
    fn are_the_models_own() {
        for seed in 0..20 {
            let shape = Shape { n_features: 4, n_outputs: 1 + seed as usize % 3, n_trees: 5, depth: 4 };
            let model = random_trees::ensemble(shape, Seed::new(seed)).unwrap();
            let rows = random_trees::rows(300, 4, Seed::new(seed + 1));
            let expected = model.margins(rows.view()).unwrap();
            assert_eq!(margins(&model, rows.view()), expected.into_raw_vec_and_offset().0);
        }
    }
}
