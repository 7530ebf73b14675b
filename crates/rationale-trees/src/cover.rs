//! How many training rows came through each node.

use ndarray::{ArrayView1, ArrayView2};

use crate::{Tree, TreeEnsemble};

/// Where the cover of a model's nodes comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CoverSource {
    /// It is not known: path-dependent TreeSHAP needs a background or a pass of rows ([`TreeEnsemble::with_cover`]).
    #[default]
    Unknown,
    /// The model file carries it: counts or sums of hessians, as its library keeps them.
    Model,
    /// Rows were sent down the finished trees. In-bag counts of a bootstrap differ from it.
    Rows,
}

/// The number of rows that come through each node of the tree.
pub(crate) fn count(tree: &Tree, ensemble: &TreeEnsemble, rows: ArrayView2<'_, f64>) -> Vec<f64> {
    let mut counts = vec![0.0; tree.nodes().len()];
    for row in rows.rows() {
        path_of(tree, ensemble, row).for_each(|node| counts[node] += 1.0);
    }
    counts
}

fn path_of<'a>(
    tree: &'a Tree,
    ensemble: &'a TreeEnsemble,
    row: ArrayView1<'a, f64>,
) -> impl Iterator<Item = usize> + 'a {
    tree.path(move |feature| ensemble.input_precision().round(row[feature]))
}
