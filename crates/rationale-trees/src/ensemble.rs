//! Trees that add up to a prediction.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};
use rationale_core::{Fingerprint, Hasher, Predict};

use crate::tile::{LANES, Tile};
use crate::{CoverSource, Error, Link, Node, Outputs, Tree, cover};

/// Rows that pass a tree before the next tree's turn.
const BLOCK_ROWS: usize = 256;

/// How a model reads the numbers of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InputPrecision {
    /// As float32: XGBoost, scikit-learn, linfa over `f32`.
    Single,
    /// As float64: LightGBM, linfa over `f64`.
    #[default]
    Double,
}

impl InputPrecision {
    /// The number that the splits see.
    pub fn round(self, x: f64) -> f64 {
        match self {
            Self::Single => f64::from(x as f32),
            Self::Double => x,
        }
    }
}

/// Trees that add up to a margin, and the link to the prediction:
/// margin = base score + sum over trees of weight x leaf value, output by output.
///
/// | part | shape | note |
/// |---|---|---|
/// | features | n_features | numeric, or a category's code as a number; NaN is missing |
/// | base score | `[output]` | on the margin |
/// | outputs | n_outputs | one for regression and binary classification, else one a class |
#[derive(Debug, Clone, PartialEq)]
pub struct TreeEnsemble {
    /// Shared: a copy of a large model costs nothing until it is changed.
    trees: Arc<Vec<Tree>>,
    base_score: Vec<f64>,
    link: Link,
    input: InputPrecision,
    feature_names: Vec<String>,
    output_names: Vec<String>,
    cover_source: CoverSource,
}

impl TreeEnsemble {
    /// Takes trees over `n_features` features that feed `n_outputs` outputs. The base score is 0 and the link the
    /// identity until `with_*` says otherwise.
    pub fn new(trees: Vec<Tree>, n_features: usize, n_outputs: usize) -> Result<Self, Error> {
        for (tree_idx, tree) in trees.iter().enumerate() {
            check_outputs(tree, tree_idx, n_outputs)?;
            check_features(tree, tree_idx, n_features)?;
            check_weight(tree, tree_idx)?;
        }
        let has_cover = !trees.is_empty() && trees.iter().all(|tree| tree.covers().is_some());
        Ok(Self {
            trees: Arc::new(trees),
            base_score: vec![0.0; n_outputs],
            link: Link::Identity,
            input: InputPrecision::Double,
            feature_names: (0..n_features).map(|feature| format!("feature {feature}")).collect(),
            output_names: (0..n_outputs).map(|output| format!("output {output}")).collect(),
            cover_source: if has_cover { CoverSource::Model } else { CoverSource::Unknown },
        })
    }

    /// Sets the margin `[output]` to which the trees add.
    pub fn with_base_score(mut self, base_score: Vec<f64>) -> Result<Self, Error> {
        check_length("the base score", self.n_outputs(), base_score.len())?;
        if let Some(&value) = base_score.iter().find(|value| !value.is_finite()) {
            return Err(Error::Number { node: 0, value });
        }
        self.base_score = base_score;
        Ok(self)
    }

    /// Sets the link.
    pub fn with_link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// Sets how the model reads the numbers of a row.
    pub fn with_input_precision(mut self, input: InputPrecision) -> Self {
        self.input = input;
        self
    }

    /// Names the features.
    pub fn with_feature_names(mut self, names: Vec<String>) -> Result<Self, Error> {
        check_length("the list of feature names", self.n_features(), names.len())?;
        self.feature_names = names;
        Ok(self)
    }

    /// Names the outputs.
    pub fn with_output_names(mut self, names: Vec<String>) -> Result<Self, Error> {
        check_length("the list of output names", self.n_outputs(), names.len())?;
        self.output_names = names;
        Ok(self)
    }

    /// Recomputes the cover of every node by sending rows `[row, feature]` down the trees.
    ///
    /// Give the training rows. Where trees were trained on bootstrap samples this differs from their in-bag counts,
    /// and so do path-dependent attributions: each is exact for the cover it is given.
    pub fn with_cover(mut self, rows: ArrayView2<'_, f64>) -> Result<Self, Error> {
        self.check_columns(rows)?;
        let covers: Vec<_> = self.trees.iter().map(|tree| cover::count(tree, &self, rows)).collect();
        for (tree, covers) in Arc::make_mut(&mut self.trees).iter_mut().zip(covers) {
            tree.set_covers(covers);
        }
        self.cover_source = CoverSource::Rows;
        Ok(self)
    }

    /// The trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The margin `[output]` to which the trees add.
    pub fn base_score(&self) -> &[f64] {
        &self.base_score
    }

    /// The link.
    pub fn link(&self) -> Link {
        self.link
    }

    /// How the model reads the numbers of a row.
    pub fn input_precision(&self) -> InputPrecision {
        self.input
    }

    /// The features' names.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The outputs' names.
    pub fn output_names(&self) -> &[String] {
        &self.output_names
    }

    /// Where the cover of the nodes comes from.
    pub fn cover_source(&self) -> CoverSource {
        self.cover_source
    }

    /// How many features a row has.
    pub fn n_features(&self) -> usize {
        self.feature_names.len()
    }

    /// How many outputs there are.
    pub fn n_outputs(&self) -> usize {
        self.base_score.len()
    }

    /// Margins `[row, output]` of rows `[row, feature]`: what trees add up to and TreeSHAP explains.
    pub fn margins(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        self.check_columns(rows)?;
        let mut margins = Array2::zeros((rows.nrows(), self.n_outputs()));
        let blocks = margins.axis_chunks_iter_mut(Axis(0), BLOCK_ROWS);
        for (rows, mut margins) in rows.axis_chunks_iter(Axis(0), BLOCK_ROWS).zip(blocks) {
            margins.assign(&self.margins_of_block(rows).t());
        }
        Ok(margins)
    }

    /// What identifies the model: everything that its answers and attributions depend on, names included.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hasher = Hasher::new();
        // Without its trees a model is short, and its text has all that is said of it.
        let bare = Self { trees: Arc::default(), ..self.clone() };
        hasher.text(&crate::json::to_string(&bare));
        let mut bytes = Vec::new();
        for tree in self.trees.iter() {
            bytes.clear();
            tree.write_bytes(&mut bytes);
            hasher.integer(bytes.len() as u64);
            hasher.bytes(&bytes);
        }
        hasher.finish()
    }

    /// Fails where rows have another number of columns than the model has features.
    pub fn check_columns(&self, rows: ArrayView2<'_, f64>) -> Result<(), Error> {
        let (expected, actual) = (self.n_features(), rows.ncols());
        if expected == actual { Ok(()) } else { Err(Error::Columns { expected, actual }) }
    }

    /// Says where the cover comes from, which a file knows and the trees do not.
    pub(crate) fn with_cover_source(mut self, source: CoverSource) -> Self {
        if self.cover_source != CoverSource::Unknown {
            self.cover_source = source;
        }
        self
    }

    pub(crate) fn trees_mut(&mut self) -> &mut [Tree] {
        Arc::make_mut(&mut self.trees).as_mut_slice()
    }

    /// Margins `[output, row]` tree by tree, so that a tree stays in the cache while a block of rows passes; a row adds up
    /// its trees in their order.
    fn margins_of_block(&self, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        let tiles = rows.axis_chunks_iter(Axis(0), LANES).map(|rows| Tile::new(rows, self.input));
        let tiles: Vec<Tile> = tiles.collect();
        let mut leaves = vec![[0; LANES]; tiles.len()];
        let mut margins = Array2::from_shape_fn((self.n_outputs(), rows.nrows()), |it| self.base_score[it.0]);
        for tree in self.trees.iter() {
            tree.leaves(&tiles, &mut leaves);
            tree.add(leaves.as_flattened(), margins.view_mut());
        }
        margins
    }
}

/// Predictions after the link.
impl Predict for TreeEnsemble {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, rationale_core::Error> {
        let margins = self.margins(rows).map_err(rationale_core::Error::model)?;
        Ok(self.link.apply(margins))
    }
}

fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual { Ok(()) } else { Err(Error::Length { what, expected, actual }) }
}

fn check_outputs(tree: &Tree, tree_idx: usize, available: usize) -> Result<(), Error> {
    match tree.outputs() {
        Outputs::One(output) if output >= available => {
            Err(Error::Output { tree: tree_idx, output, available })
        }
        Outputs::All if tree.leaf_values(0).len() != available => {
            let actual = tree.leaf_values(0).len();
            Err(Error::LeafWidth { node: 0, expected: available, actual }.in_tree(tree_idx))
        }
        _ => Ok(()),
    }
}

fn check_weight(tree: &Tree, tree_idx: usize) -> Result<(), Error> {
    let weight = tree.weight();
    if weight.is_finite() { Ok(()) } else { Err(Error::TreeWeight { tree: tree_idx, weight }) }
}

fn check_features(tree: &Tree, tree_idx: usize, available: usize) -> Result<(), Error> {
    let mut splits = tree.nodes().iter().filter_map(|node| match node {
        Node::Split(split) => Some(split),
        Node::Leaf(_) => None,
    });
    match splits.find(|split| split.feature >= available) {
        Some(split) => Err(Error::Feature { tree: tree_idx, feature: split.feature, available }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeSpec;

    #[test]
    fn rejects_weights_that_are_no_finite_number() {
        for weight in [f64::NAN, f64::INFINITY] {
            let tree = Tree::new(vec![NodeSpec::leaf(vec![1.0])], Outputs::One(0)).unwrap();
            let error = TreeEnsemble::new(vec![tree.with_weight(weight)], 1, 1).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("tree 0 has the weight {weight}; a weight is a finite number")
            );
        }
    }
}
