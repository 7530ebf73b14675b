//! The attributes of `TreeEnsembleClassifier` and `TreeEnsembleRegressor`, opsets 1 and 3.
//!
//! <https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html>. A node is named by its tree's id and its
//! own; the first node of a tree is its root, as ONNX Runtime has it.

use std::collections::BTreeMap;

use super::attributes::Attributes;
use super::builder::{Mode, Part, Question};
use super::malformed;
use crate::Error;

/// The names that both operators share.
pub(super) const NAMES: [&str; 13] = [
    "base_values",
    "base_values_as_tensor",
    "nodes_falsenodeids",
    "nodes_featureids",
    "nodes_hitrates",
    "nodes_hitrates_as_tensor",
    "nodes_missing_value_tracks_true",
    "nodes_modes",
    "nodes_nodeids",
    "nodes_treeids",
    "nodes_truenodeids",
    "nodes_values",
    "nodes_values_as_tensor",
];

/// The trees of a node; `prefix` is `class` or `target`, `values` the name of the list of leaf weights.
pub(super) fn trees(
    attributes: Attributes<'_>,
    prefix: &str,
    n_outputs: usize,
) -> Result<Vec<Vec<Part>>, Error> {
    let lists = Lists::read(attributes)?;
    let places = lists.places()?;
    let mut trees = lists.questions(&places)?;
    let weights = Weights::read(attributes, prefix)?;
    for idx in 0..weights.numbers.len() {
        let (id, output) = ((weights.trees[idx], weights.nodes[idx]), weights.outputs[idx]);
        if output >= n_outputs {
            return Err(malformed(&weights.what, "an output of the model", output.to_string()));
        }
        let Some(Part::Leaf(leaf)) = places.get(&id).map(|(tree, node)| &mut trees[*tree][*node]) else {
            let actual = format!("node {} of tree {}", id.1, id.0);
            return Err(malformed(&weights.what, "the leaf of a tree", actual));
        };
        *leaf.entry(output).or_insert(0.0) += weights.numbers[idx];
    }
    Ok(trees)
}

/// A node's tree and its number in it, counted from 0; by the ids of tree and node.
type Places = BTreeMap<(i64, i64), (usize, usize)>;

struct Lists<'a> {
    tree_ids: &'a [i64],
    node_ids: &'a [i64],
    features: Vec<usize>,
    modes: Vec<Option<Mode>>,
    values: Vec<f64>,
    missing: &'a [i64],
    if_true: &'a [i64],
    if_false: &'a [i64],
}

impl<'a> Lists<'a> {
    fn read(attributes: Attributes<'a>) -> Result<Self, Error> {
        let lists = Self {
            tree_ids: attributes.integers("nodes_treeids"),
            node_ids: attributes.integers("nodes_nodeids"),
            features: attributes.indices("nodes_featureids")?,
            modes: attributes.texts("nodes_modes")?.into_iter().map(mode).collect::<Result<_, _>>()?,
            values: attributes.numbers("nodes_values")?,
            missing: attributes.integers("nodes_missing_value_tracks_true"),
            if_true: attributes.integers("nodes_truenodeids"),
            if_false: attributes.integers("nodes_falsenodeids"),
        };
        let n_nodes = lists.tree_ids.len();
        let lengths = [
            ("nodes_nodeids", lists.node_ids.len()),
            ("nodes_featureids", lists.features.len()),
            ("nodes_modes", lists.modes.len()),
            ("nodes_values", lists.values.len()),
            ("nodes_truenodeids", lists.if_true.len()),
            ("nodes_falsenodeids", lists.if_false.len()),
            // Older converters leave it out, and then no missing value goes to true.
            (
                "nodes_missing_value_tracks_true",
                if lists.missing.is_empty() { n_nodes } else { lists.missing.len() },
            ),
        ];
        check_lengths(n_nodes, &lengths)?;
        Ok(lists)
    }

    fn places(&self) -> Result<Places, Error> {
        let mut places = Places::new();
        let mut firsts: BTreeMap<i64, usize> = BTreeMap::new();
        let mut previous = None;
        let mut node_in_tree = 0;
        for (tree, node) in self.tree_ids.iter().zip(self.node_ids) {
            let n_trees = firsts.len();
            if previous == Some(*tree) {
                node_in_tree += 1;
            } else if firsts.insert(*tree, n_trees).is_some() {
                return Err(malformed(
                    "nodes_treeids",
                    "all nodes of a tree in one run",
                    format!("tree {tree} twice"),
                ));
            } else {
                node_in_tree = 0;
            }
            previous = Some(*tree);
            if places.insert((*tree, *node), (firsts.len() - 1, node_in_tree)).is_some() {
                let actual = format!("node {node} of tree {tree} twice");
                return Err(malformed("nodes_nodeids", "every node once", actual));
            }
        }
        Ok(places)
    }

    fn questions(&self, places: &Places) -> Result<Vec<Vec<Part>>, Error> {
        let mut trees: Vec<Vec<Part>> = Vec::new();
        for (idx, mode) in self.modes.iter().enumerate() {
            if idx == 0 || self.tree_ids[idx] != self.tree_ids[idx - 1] {
                trees.push(Vec::new());
            }
            let part = match mode {
                Some(mode) => Part::Question(self.question(idx, *mode, places)?),
                None => Part::Leaf(BTreeMap::new()),
            };
            if let Some(tree) = trees.last_mut() {
                tree.push(part);
            }
        }
        Ok(trees)
    }

    fn question(&self, idx: usize, mode: Mode, places: &Places) -> Result<Question, Error> {
        let tree = self.tree_ids[idx];
        let child = |child: i64| {
            let actual = || format!("node {child} under node {} of tree {tree}", self.node_ids[idx]);
            places
                .get(&(tree, child))
                .map(|place| place.1)
                .ok_or_else(|| malformed("a child", "a node of its tree", actual()))
        };
        Ok(Question {
            feature: self.features[idx],
            mode,
            values: vec![self.values[idx]],
            missing_is_true: self.missing.get(idx).is_some_and(|flag| *flag != 0),
            if_true: child(self.if_true[idx])?,
            if_false: child(self.if_false[idx])?,
        })
    }
}

/// What the leaves add: the n-th number to one output of one node of one tree.
struct Weights<'a> {
    what: String,
    trees: &'a [i64],
    nodes: &'a [i64],
    outputs: Vec<usize>,
    numbers: Vec<f64>,
}

impl<'a> Weights<'a> {
    fn read(attributes: Attributes<'a>, prefix: &str) -> Result<Self, Error> {
        let weights = Self {
            what: format!("{prefix}_weights"),
            trees: attributes.integers(&format!("{prefix}_treeids")),
            nodes: attributes.integers(&format!("{prefix}_nodeids")),
            outputs: attributes.indices(&format!("{prefix}_ids"))?,
            numbers: attributes.numbers(&format!("{prefix}_weights"))?,
        };
        let lengths = [
            ("the trees of leaf weights", weights.trees.len()),
            ("the nodes of leaf weights", weights.nodes.len()),
            ("the outputs of leaf weights", weights.outputs.len()),
        ];
        check_lengths(weights.numbers.len(), &lengths)?;
        Ok(weights)
    }
}

fn check_lengths(expected: usize, lists: &[(&'static str, usize)]) -> Result<(), Error> {
    match lists.iter().find(|list| list.1 != expected) {
        None => Ok(()),
        Some((what, actual)) => Err(Error::Length { what, expected, actual: *actual }),
    }
}

fn mode(name: &str) -> Result<Option<Mode>, Error> {
    Ok(Some(match name {
        "LEAF" => return Ok(None),
        "BRANCH_LEQ" => Mode::LessOrEqual,
        "BRANCH_LT" => Mode::Less,
        "BRANCH_GTE" => Mode::GreaterOrEqual,
        "BRANCH_GT" => Mode::Greater,
        "BRANCH_EQ" => Mode::Equal,
        "BRANCH_NEQ" => Mode::NotEqual,
        _ => {
            return Err(malformed(
                "nodes_modes",
                "BRANCH_LEQ, _LT, _GTE, _GT, _EQ, _NEQ or LEAF",
                format!("`{name}`"),
            ));
        }
    }))
}
