//! Trees trained by linfa 0.8: `DecisionTree`, `EnsembleLearner` (random forests, bagging) and `AdaBoost`.
//!
//! What is read is the **vote share**: output k is the weight of the trees whose leaf says class k, over the weight of
//! all trees. Its arg max is linfa's own prediction (which leaves ties to chance). [`Leaves::ClassShares`] gives each
//! leaf the class shares of the training rows in it instead: a smoother score, whose arg max may differ from linfa's.
//!
//! Oddities of linfa 0.8.1, followed or mended here:
//! - A tree keeps no sample counts and no class distribution: both are recomputed by sending the training rows down
//!   the trees, so they are counts of the whole training set, not of a tree's bootstrap sample.
//! - Training splits with `<=`, prediction with `<`: prediction is followed. A missing value (NaN) goes right.
//! - The trees of an ensemble number their features by the columns they were given; `model_features` maps them back.

mod forest;

use std::fmt::Display;

use linfa::{Float, Label};
use linfa_ensemble::{AdaBoost, EnsembleLearner};
use linfa_trees::{DecisionTree, TreeNode};
use ndarray::{Array2, ArrayView2};

pub use forest::RandomForest;
/// linfa's own crates, for training in the versions that are read here.
pub use {::linfa as base, linfa_ensemble as ensembles, linfa_trees as decision_trees};

use crate::{Error, InputPrecision, Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};

/// What a leaf gives to the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leaves {
    /// 1 to the class that linfa predicts there, 0 to the others.
    #[default]
    Votes,
    /// To each class its share of the training rows in the leaf; a leaf that no row reaches votes.
    ClassShares,
}

/// What linfa's models do not keep: the rows and labels that they were trained on.
pub struct Training<'a, F, L> {
    records: ArrayView2<'a, F>,
    labels: &'a [L],
    classes: Vec<L>,
}

impl<'a, F: Float, L: Label + Ord + Display> Training<'a, F, L> {
    /// Takes the records `[row, feature]` and a label a row. Output k is the k-th label in ascending order.
    pub fn new(records: ArrayView2<'a, F>, labels: &'a [L]) -> Result<Self, Error> {
        if labels.len() != records.nrows() {
            return Err(Error::Labels { labels: labels.len(), rows: records.nrows() });
        }
        let mut classes = labels.to_vec();
        classes.sort();
        classes.dedup();
        Ok(Self { records, labels, classes })
    }

    fn class_of(&self, label: &L, tree: usize) -> Result<usize, Error> {
        self.classes.binary_search(label).map_err(|_| Error::UnknownClass { tree })
    }

    fn rows(&self) -> Array2<f64> {
        self.records.mapv(|x| x.to_f64().unwrap_or(f64::NAN))
    }
}

/// Reads one tree.
pub fn decision_tree<F: Float, L: Label + Ord + Display>(
    model: &DecisionTree<F, L>,
    training: &Training<'_, F, L>,
    leaves: Leaves,
) -> Result<TreeEnsemble, Error> {
    ensemble(&[(model, 1.0, None)], training, leaves)
}

/// Reads a random forest or a bag of trees.
pub fn ensemble_learner<F: Float, L: Label + Ord + Display>(
    model: &EnsembleLearner<DecisionTree<F, L>>,
    training: &Training<'_, F, L>,
    leaves: Leaves,
) -> Result<TreeEnsemble, Error> {
    let features = model.model_features.iter().map(|features| Some(features.as_slice()));
    let members: Vec<_> = model.models.iter().zip(features).map(|(tree, map)| (tree, 1.0, map)).collect();
    ensemble(&members, training, leaves)
}

/// Reads boosted trees; each votes with its weight.
pub fn ada_boost<F: Float, L: Label + Ord + Display>(
    model: &AdaBoost<DecisionTree<F, L>, L>,
    training: &Training<'_, F, L>,
    leaves: Leaves,
) -> Result<TreeEnsemble, Error> {
    let members: Vec<_> =
        model.models.iter().zip(&model.model_weights).map(|(tree, &w)| (tree, w, None)).collect();
    ensemble(&members, training, leaves)
}

/// A tree, its weight, and where its features stand in the records.
type Member<'a, F, L> = (&'a DecisionTree<F, L>, f64, Option<&'a [usize]>);

fn ensemble<F: Float, L: Label + Ord + Display>(
    members: &[Member<'_, F, L>],
    training: &Training<'_, F, L>,
    leaves: Leaves,
) -> Result<TreeEnsemble, Error> {
    let sum: f64 = members.iter().map(|(_, weight, _)| weight).sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(Error::Weights { sum });
    }
    let trees = members.iter().enumerate().map(|(idx, (model, weight, map))| {
        let nodes = nodes(model.root_node(), *map, training, idx)?;
        let tree = Tree::new(nodes, Outputs::All).map_err(|error| error.in_tree(idx))?;
        Ok(tree.with_weight(weight / sum))
    });
    let trees = trees.collect::<Result<Vec<_>, Error>>()?;
    let rows = training.rows();
    let mut ensemble = TreeEnsemble::new(trees, rows.ncols(), training.classes.len())?
        .with_input_precision(precision::<F>())
        .with_output_names(training.classes.iter().map(ToString::to_string).collect())?
        .with_cover(rows.view())?;
    if leaves == Leaves::ClassShares {
        share_leaves(&mut ensemble, &rows, training)?;
    }
    Ok(ensemble)
}

fn precision<F: Float>() -> InputPrecision {
    if size_of::<F>() == size_of::<f32>() { InputPrecision::Single } else { InputPrecision::Double }
}

fn nodes<F: Float, L: Label + Ord + Display>(
    root: &TreeNode<F, L>,
    map: Option<&[usize]>,
    training: &Training<'_, F, L>,
    tree: usize,
) -> Result<Vec<NodeSpec>, Error> {
    let mut read = Vec::new();
    let mut queue = vec![root];
    let mut next = 0;
    while let Some(&node) = queue.get(next) {
        next += 1;
        let children: Vec<_> = node.children().into_iter().filter_map(Option::as_deref).collect();
        match (node.prediction(), children.as_slice()) {
            (None, &[left, right]) => {
                let first_child = queue.len();
                queue.extend([left, right]);
                read.push(split(node, map, first_child, tree, training.records.ncols())?);
            }
            (label, _) => {
                let label = label.ok_or(Error::UnknownClass { tree })?;
                let class = training.class_of(&label, tree)?;
                read.push(NodeSpec::leaf(one_hot(class, training.classes.len())));
            }
        }
    }
    Ok(read)
}

fn split<F: Float, L: Label + std::fmt::Debug>(
    node: &TreeNode<F, L>,
    map: Option<&[usize]>,
    left: usize,
    tree: usize,
    available: usize,
) -> Result<NodeSpec, Error> {
    let (column, threshold, _) = node.split();
    let feature = match map {
        Some(map) => *map.get(column).ok_or(Error::Feature { tree, feature: column, available })?,
        None => column,
    };
    let test = Test::Less(threshold.to_f64().unwrap_or(f64::NAN));
    Ok(NodeSpec::split(Split { feature, test, missing: Missing::nan(Side::Right), left, right: left + 1 }))
}

fn one_hot(class: usize, n_classes: usize) -> Vec<f64> {
    (0..n_classes).map(|k| f64::from(u8::from(k == class))).collect()
}

fn share_leaves<F: Float, L: Label + Ord + Display>(
    ensemble: &mut TreeEnsemble,
    rows: &Array2<f64>,
    training: &Training<'_, F, L>,
) -> Result<(), Error> {
    let precision = ensemble.input_precision();
    for (idx, tree) in ensemble.trees_mut().iter_mut().enumerate() {
        let mut counts = Array2::<f64>::zeros((tree.n_leaves(), training.classes.len()));
        for (row, label) in rows.rows().into_iter().zip(training.labels) {
            let leaf = tree.leaf(|feature| precision.round(row[feature]));
            counts[[leaf, training.class_of(label, idx)?]] += 1.0;
        }
        for (leaf, mut row) in counts.rows_mut().into_iter().enumerate() {
            match row.sum() {
                0.0 => row.iter_mut().zip(tree.leaf_values(leaf)).for_each(|(share, vote)| *share = *vote),
                total => row /= total,
            }
        }
        tree.set_leaf_values(counts.into_iter().collect());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use linfa::prelude::*;
    use linfa_ensemble::{AdaBoostParams, RandomForestParams};
    use ndarray::{Array1, Array2};
    use rationale_core::Seed;

    use super::*;

    fn data() -> (Array2<f64>, Array1<usize>) {
        let mut draws = Seed::new(1).draws("data", 0, 0);
        let records = Array2::from_shape_simple_fn((300, 4), || (draws.uniform() * 20.0).floor());
        let labels =
            records.rows().into_iter().map(|r| usize::from(r[0] + r[1] > 18.0) + usize::from(r[2] > 15.0));
        let labels = labels.collect();
        (records, labels)
    }

    fn arg_max_is_the_prediction(model: &TreeEnsemble, rows: &Array2<f64>, predicted: &Array1<usize>) {
        let shares = model.margins(rows.view()).unwrap();
        for (share, &class) in shares.rows().into_iter().zip(predicted) {
            // linfa leaves ties to the order of a hash map.
            assert!(share.iter().all(|&other| other <= share[class] + 1e-12), "{share} {class}");
            assert!((share.sum() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_tree_votes_as_linfa_predicts() {
        let (records, labels) = data();
        let set = Dataset::new(records.clone(), labels.clone());
        let model = DecisionTree::params().max_depth(Some(5)).fit(&set).unwrap();
        let training = Training::new(records.view(), labels.as_slice().unwrap()).unwrap();
        let read = decision_tree(&model, &training, Leaves::Votes).unwrap();
        arg_max_is_the_prediction(&read, &records, &model.predict(&records));
        assert_eq!(read.output_names(), ["0", "1", "2"]);
    }

    #[test]
    fn a_forest_votes_as_linfa_predicts_and_maps_its_features() {
        let (records, labels) = data();
        let set = Dataset::new(records.clone(), labels.clone());
        let trees = DecisionTree::params().max_depth(Some(4));
        let model =
            RandomForestParams::new(trees).ensemble_size(15).feature_proportion(0.5).fit(&set).unwrap();
        let training = Training::new(records.view(), labels.as_slice().unwrap()).unwrap();
        let read = ensemble_learner(&model, &training, Leaves::Votes).unwrap();
        arg_max_is_the_prediction(&read, &records, &model.predict(&records));
    }

    #[test]
    fn boosted_trees_vote_with_their_weights() {
        let (records, labels) = data();
        let set = Dataset::new(records.clone(), labels.clone());
        let model =
            AdaBoostParams::new(DecisionTree::params().max_depth(Some(2))).n_estimators(9).fit(&set).unwrap();
        let training = Training::new(records.view(), labels.as_slice().unwrap()).unwrap();
        let read = ada_boost(&model, &training, Leaves::Votes).unwrap();
        arg_max_is_the_prediction(&read, &records, &model.predict(&records));
    }

    #[test]
    fn class_shares_are_the_training_rows_of_the_leaf() {
        let (records, labels) = data();
        let set = Dataset::new(records.clone(), labels.clone());
        let model = DecisionTree::params().max_depth(Some(1)).fit(&set).unwrap();
        let training = Training::new(records.view(), labels.as_slice().unwrap()).unwrap();
        let read = decision_tree(&model, &training, Leaves::ClassShares).unwrap();
        let shares = read.margins(records.view()).unwrap();
        let of_class = |k| labels.iter().filter(|&&label| label == k).count() as f64;
        for k in 0..3 {
            assert!((shares.column(k).sum() - of_class(k)).abs() < 1e-9);
        }
    }

    #[test]
    fn rejects_labels_that_do_not_match_the_rows() {
        let (records, _) = data();
        assert!(Training::new(records.view(), &[0_usize, 1]).is_err());
    }
}
