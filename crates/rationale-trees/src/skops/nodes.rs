//! `sklearn.tree._tree.Tree`: the nodes of one tree.
//!
//! `nodes` is a structured array, whose fields grew with the versions (`missing_go_to_left` came with 1.3); `values` is
//! `[node, output, class]`. A row goes left where its value, as float32, is at most the float64 threshold.

use super::object::Object;
use crate::{Error, Missing, NodeSpec, Outputs, Side, Split, Test, Tree};

const FIELDS: [&str; 8] = [
    "left_child",
    "right_child",
    "feature",
    "threshold",
    "impurity",
    "n_node_samples",
    "weighted_n_node_samples",
    "missing_go_to_left",
];
/// `TREE_LEAF` of scikit-learn: the child of a leaf.
const NO_CHILD: i64 = -1;

/// One tree as scikit-learn keeps it: a list an attribute.
#[derive(Debug)]
pub(super) struct Nodes {
    place: String,
    left: Vec<i64>,
    right: Vec<i64>,
    feature: Vec<i64>,
    threshold: Vec<f64>,
    missing_go_to_left: Vec<i64>,
    cover: Vec<f64>,
    n_samples: Vec<f64>,
    values: Vec<f64>,
    n_outputs: usize,
    n_classes: usize,
}

impl Nodes {
    /// Reads the attribute `tree_` of a fitted tree.
    pub(super) fn read(estimator: &Object<'_>) -> Result<Self, Error> {
        let tree = estimator.attribute("tree_")?;
        let nodes = tree.attribute("nodes")?;
        let array = nodes.array()?;
        let unknown: Vec<_> = array.field_names().filter(|name| !FIELDS.contains(name)).collect();
        if !unknown.is_empty() {
            let parts = unknown.iter().map(|name| format!("the node field `{name}`")).collect();
            return Err(Error::Unsupported { format: super::FORMAT, parts, advice: super::NEWER });
        }
        let integers = |name| array.integers(name).ok_or_else(|| nodes.wrong("the nodes of a tree"));
        let floats = |name| array.floats(name).ok_or_else(|| nodes.wrong("the nodes of a tree"));
        let without_missing = vec![0; array.len()];
        let (values, n_outputs, n_classes) = values(&tree, array.len())?;
        Ok(Self {
            place: tree.place().to_owned(),
            left: integers("left_child")?,
            right: integers("right_child")?,
            feature: integers("feature")?,
            threshold: floats("threshold")?,
            missing_go_to_left: array.integers("missing_go_to_left").unwrap_or(without_missing),
            cover: floats("weighted_n_node_samples")?,
            n_samples: floats("n_node_samples")?,
            values,
            n_outputs,
            n_classes,
        })
    }

    /// How many outputs a leaf holds.
    pub(super) fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// How many classes the widest output has; 1 where nothing is classified.
    pub(super) fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// The values of a node: `[class]` for one output, a single one where nothing is classified.
    pub(super) fn values(&self, node: usize, output: usize) -> &[f64] {
        &self.values[(node * self.n_outputs + output) * self.n_classes..][..self.n_classes]
    }

    /// How many training rows came into each node, whatever their weights.
    pub(super) fn n_samples(&self) -> &[f64] {
        &self.n_samples
    }

    /// The number of splits above each node.
    pub(super) fn depths(&self) -> Result<Vec<usize>, Error> {
        let mut depths = vec![0; self.left.len()];
        for node in 0..depths.len() {
            // scikit-learn adds parents before their children.
            for child in self.children(node)?.into_iter().flatten().filter(|child| *child < self.left.len()) {
                if child <= node {
                    return Err(Error::NotATree { node: child });
                }
                depths[child] = depths[node] + 1;
            }
        }
        Ok(depths)
    }

    /// The tree; `columns` are the features that it was given, where not all; `leaf` gives a leaf's values by node.
    pub(super) fn into_tree(
        self,
        columns: Option<&[usize]>,
        outputs: Outputs,
        mut leaf: impl FnMut(&Self, usize) -> Vec<f64>,
    ) -> Result<Tree, Error> {
        let spec = |node| {
            let spec = match self.children(node)? {
                Some([left, right]) => NodeSpec::split(self.split(node, columns, left, right)?),
                None => NodeSpec::leaf(leaf(&self, node)),
            };
            Ok(spec.with_cover(self.cover[node]))
        };
        let nodes = (0..self.left.len()).map(spec).collect::<Result<_, Error>>()?;
        Tree::new(nodes, outputs)
    }

    fn children(&self, node: usize) -> Result<Option<[usize; 2]>, Error> {
        if self.left[node] == NO_CHILD {
            return Ok(None);
        }
        let child = |child| self.index(node, "a child", child);
        Ok(Some([child(self.left[node])?, child(self.right[node])?]))
    }

    fn split(
        &self,
        node: usize,
        columns: Option<&[usize]>,
        left: usize,
        right: usize,
    ) -> Result<Split, Error> {
        let column = self.index(node, "a feature", self.feature[node])?;
        let feature = match columns {
            None => Some(column),
            Some(columns) => columns.get(column).copied(),
        };
        let missing = if self.missing_go_to_left[node] == 0 { Side::Right } else { Side::Left };
        Ok(Split {
            feature: feature.ok_or_else(|| self.wrong(node, "one of the tree's own features", &column))?,
            test: Test::LessOrEqual(self.threshold[node]),
            missing: Missing::nan(missing),
            left,
            right,
        })
    }

    fn index(&self, node: usize, expected: &'static str, index: i64) -> Result<usize, Error> {
        usize::try_from(index).map_err(|_| self.wrong(node, expected, &index))
    }

    fn wrong(&self, node: usize, expected: &'static str, actual: &dyn std::fmt::Display) -> Error {
        let place = format!("{}.nodes[{node}]", self.place);
        Error::Malformed { format: super::FORMAT, place, expected, actual: actual.to_string() }
    }
}

/// The values `[node, output, class]`, the number of outputs and the number of classes.
fn values(tree: &Object<'_>, n_nodes: usize) -> Result<(Vec<f64>, usize, usize), Error> {
    let values = tree.attribute("values")?;
    let array = values.array()?;
    let wrong = || values.wrong("values [node, output, class], as many as there are nodes");
    match *array.shape() {
        [nodes, outputs, classes] if nodes == n_nodes && outputs > 0 && classes > 0 => {
            Ok((array.floats("").ok_or_else(wrong)?, outputs, classes))
        }
        _ => Err(wrong()),
    }
}
