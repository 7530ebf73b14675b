//! The attributes of `TreeEnsemble`, opset 5.
//!
//! <https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html>. Nodes and leaves stand in two lists; a child is an
//! index into one of them. A tree of one leaf has a root whose children are both that leaf.

use std::collections::BTreeMap;

use super::attributes::Attributes;
use super::builder::{Mode, Part, Question};
use super::malformed;
use crate::Error;

/// The names of all attributes.
pub(super) const NAMES: [&str; 16] = [
    "aggregate_function",
    "leaf_targetids",
    "leaf_weights",
    "membership_values",
    "n_targets",
    "nodes_falseleafs",
    "nodes_falsenodeids",
    "nodes_featureids",
    "nodes_hitrates",
    "nodes_missing_value_tracks_true",
    "nodes_modes",
    "nodes_splits",
    "nodes_trueleafs",
    "nodes_truenodeids",
    "post_transform",
    "tree_roots",
];

/// The trees of a node.
pub(super) fn trees(attributes: Attributes<'_>, n_outputs: usize) -> Result<Vec<Vec<Part>>, Error> {
    let lists = Lists::read(attributes)?;
    if let Some(output) = lists.leaf_outputs.iter().find(|output| **output >= n_outputs) {
        return Err(malformed("leaf_targetids", "an output of the model", output.to_string()));
    }
    // A node belongs to one tree: so the trees together are no larger than the lists.
    let mut is_taken = vec![false; lists.features.len()];
    let roots = attributes.indices("tree_roots")?;
    roots.into_iter().map(|root| lists.tree(root, &mut is_taken)).collect()
}

struct Lists {
    features: Vec<usize>,
    modes: Vec<Mode>,
    splits: Vec<f64>,
    sets: Vec<Vec<f64>>,
    missing: Vec<usize>,
    if_true: Vec<Child>,
    if_false: Vec<Child>,
    leaf_outputs: Vec<usize>,
    leaf_weights: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Child {
    Node(usize),
    Leaf(usize),
}

impl Lists {
    fn read(attributes: Attributes<'_>) -> Result<Self, Error> {
        let tensor = |name: &str| Ok::<_, Error>(attributes.tensor(name)?.unwrap_or_default());
        let modes = tensor("nodes_modes")?.into_iter().map(mode).collect::<Result<Vec<_>, _>>()?;
        let lists = Self {
            features: attributes.indices("nodes_featureids")?,
            splits: tensor("nodes_splits")?,
            sets: sets(&modes, &tensor("membership_values")?)?,
            modes,
            missing: attributes.indices("nodes_missing_value_tracks_true")?,
            if_true: children(attributes, "nodes_truenodeids", "nodes_trueleafs")?,
            if_false: children(attributes, "nodes_falsenodeids", "nodes_falseleafs")?,
            leaf_outputs: attributes.indices("leaf_targetids")?,
            leaf_weights: tensor("leaf_weights")?,
        };
        let n_nodes = lists.features.len();
        let missing = if lists.missing.is_empty() { n_nodes } else { lists.missing.len() };
        let lengths = [
            ("nodes_modes", n_nodes, lists.modes.len()),
            ("nodes_splits", n_nodes, lists.splits.len()),
            ("nodes_missing_value_tracks_true", n_nodes, missing),
            ("nodes_truenodeids", n_nodes, lists.if_true.len()),
            ("nodes_falsenodeids", n_nodes, lists.if_false.len()),
            ("leaf_targetids", lists.leaf_weights.len(), lists.leaf_outputs.len()),
        ];
        match lengths.into_iter().find(|(_, expected, actual)| expected != actual) {
            None => Ok(lists),
            Some((what, expected, actual)) => Err(Error::Length { what, expected, actual }),
        }
    }

    fn tree(&self, root: usize, is_taken: &mut [bool]) -> Result<Vec<Part>, Error> {
        let mut parts = Vec::new();
        // Where a child's number in the tree is to be written: none for the root.
        let mut open = vec![(Child::Node(root), None)];
        while let Some((child, parent)) = open.pop() {
            let part = parts.len();
            if let Some((parent, is_true)) = parent {
                set_child(&mut parts, parent, is_true, part);
            }
            match self.only_leaf(child) {
                Child::Leaf(leaf) => parts.push(self.leaf(leaf)?),
                Child::Node(node) => {
                    let question = self.question(node)?;
                    if std::mem::replace(&mut is_taken[node], true) {
                        return Err(Error::NotATree { node });
                    }
                    parts.push(Part::Question(question));
                    open.push((self.if_false[node], Some((part, false))));
                    open.push((self.if_true[node], Some((part, true))));
                }
            }
        }
        Ok(parts)
    }

    /// The leaf of a node whose children are both that leaf; else the child itself.
    fn only_leaf(&self, child: Child) -> Child {
        match child {
            Child::Node(node) if node < self.features.len() && self.if_true[node] == self.if_false[node] => {
                match self.if_true[node] {
                    leaf @ Child::Leaf(_) => leaf,
                    Child::Node(_) => child,
                }
            }
            _ => child,
        }
    }

    fn leaf(&self, leaf: usize) -> Result<Part, Error> {
        match (self.leaf_outputs.get(leaf), self.leaf_weights.get(leaf)) {
            (Some(output), Some(weight)) => Ok(Part::Leaf(BTreeMap::from([(*output, *weight)]))),
            _ => Err(malformed("a child", "one of the leaves", leaf.to_string())),
        }
    }

    /// The question, its children not yet set.
    fn question(&self, node: usize) -> Result<Question, Error> {
        let available = self.features.len();
        let feature = *self.features.get(node).ok_or(Error::Child { node, child: node, available })?;
        let mode = self.modes[node];
        let values = if mode == Mode::Member { self.sets[node].clone() } else { vec![self.splits[node]] };
        let missing_is_true = self.missing.get(node).is_some_and(|flag| *flag != 0);
        Ok(Question { feature, mode, values, missing_is_true, if_true: 0, if_false: 0 })
    }
}

fn set_child(parts: &mut [Part], parent: usize, is_true: bool, child: usize) {
    if let Some(Part::Question(question)) = parts.get_mut(parent) {
        *(if is_true { &mut question.if_true } else { &mut question.if_false }) = child;
    }
}

fn children(
    attributes: Attributes<'_>,
    ids: &'static str,
    are_leaves: &'static str,
) -> Result<Vec<Child>, Error> {
    let (ids, flags) = (attributes.indices(ids)?, attributes.integers(are_leaves));
    if ids.len() != flags.len() {
        return Err(Error::Length { what: are_leaves, expected: ids.len(), actual: flags.len() });
    }
    Ok(ids
        .into_iter()
        .zip(flags)
        .map(|(id, leaf)| if *leaf == 0 { Child::Node(id) } else { Child::Leaf(id) })
        .collect())
}

/// The set of each node that asks for one; in `membership_values` a NaN ends each.
fn sets(modes: &[Mode], values: &[f64]) -> Result<Vec<Vec<f64>>, Error> {
    let mut lists = values.split(|value| value.is_nan());
    let set = |mode: &Mode| match mode {
        Mode::Member => lists.next().map(<[f64]>::to_vec),
        _ => Some(Vec::new()),
    };
    let sets: Option<Vec<_>> = modes.iter().map(set).collect();
    let rest = lists.flatten().count();
    match sets {
        Some(sets) if rest == 0 => Ok(sets),
        _ => Err(malformed(
            "membership_values",
            "a set for each BRANCH_MEMBER",
            "another number of them".to_owned(),
        )),
    }
}

fn mode(number: f64) -> Result<Mode, Error> {
    const MODES: [Mode; 7] = [
        Mode::LessOrEqual,
        Mode::Less,
        Mode::GreaterOrEqual,
        Mode::Greater,
        Mode::Equal,
        Mode::NotEqual,
        Mode::Member,
    ];
    let known = MODES.iter().enumerate().find(|(k, _)| *k as f64 == number);
    known.map(|(_, mode)| *mode).ok_or_else(|| malformed("nodes_modes", "0 to 6", number.to_string()))
}
