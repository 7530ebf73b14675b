//! One tree: arrays of numbers by node, the root first.
//!
//! * A node is a leaf where its left child is -1. Nodes that pruning cut off stay in the arrays; nothing leads to them.
//! * `split_conditions` holds a split's threshold and a leaf's value. A row goes left where `x < threshold`, both in
//!   float32; a missing value goes where `default_left` says (`predict_fn.h`, `GetNextNode`).
//! * XGBoost steps to the right child as "left child + 1" and reads `right_children` for missing values alone, so a file
//!   in which these differ would be two models in one: it is refused.
//! * A categorical split (`split_type` 1) holds the set that goes **right**. Missing apart, all else goes left: other
//!   codes, negative ones (-0.5 too, which is not code 0), codes past the set (`categorical.h`, `Decision`). Fractions
//!   are cut off. Codes end before 2^24.
//! * With `size_leaf_vector` above 1 a leaf holds a value for each output: up to XGBoost 3.1 in `base_weights[node]`,
//!   since 3.2 in `leaf_weights`, at the place that `right_children` of the leaf gives.
//! * Cover is `sum_hessian`; vector leaves have none before 3.2.

use std::collections::{BTreeMap, BTreeSet};

use super::broken;
use super::wire::{self, Flag, Real};
use crate::{CategorySet, Error, Missing, NodeSpec, Outputs, Side, Split, Test, Tree};

/// XGBoost's `OutOfRangeCat`: the first code that float32 cannot tell from the next.
const FIRST_INVALID_CODE: i32 = 1 << 24;

/// What the sets of all trees of a model may take, in bytes. A set takes one bit for each code up to its largest, so that
/// a short file could name a few large codes and ask for far more memory than it has bytes.
pub(super) const MAX_SET_BYTES: usize = 256 << 20;

/// Reads a tree that feeds `output`, or every output where its leaves hold vectors. `set_bytes` is what is left for sets.
pub(super) fn read(tree: &wire::Tree, output: usize, set_bytes: &mut usize) -> Result<Tree, Error> {
    check_lengths(tree)?;
    let leaves = Leaves::new(tree)?;
    let mut sets = sets(tree, set_bytes)?;
    let nodes = (0..tree.left_children.len()).map(|node| {
        let spec = if tree.left_children[node] == -1 {
            NodeSpec::leaf(leaves.values(tree, node))
        } else {
            NodeSpec::split(split(tree, node, sets.remove(&node))?)
        };
        let cover = tree.sum_hessian.as_ref().map(|covers| f64::from(covers[node].0));
        Ok(match cover {
            Some(cover) => spec.with_cover(cover),
            None => spec,
        })
    });
    let outputs = if leaves.is_vector() { Outputs::All } else { Outputs::One(output) };
    Tree::new(nodes.collect::<Result<_, Error>>()?, outputs)
}

fn check_lengths(tree: &wire::Tree) -> Result<(), Error> {
    let expected = tree.left_children.len();
    let optional = |list: &Option<Vec<Real>>| list.as_ref().map_or(expected, Vec::len);
    let split_types = if tree.split_type.is_empty() { expected } else { tree.split_type.len() };
    let lists = [
        ("right_children", tree.right_children.len()),
        ("split_indices", tree.split_indices.len()),
        ("split_conditions", tree.split_conditions.len()),
        ("default_left", tree.default_left.len()),
        ("sum_hessian", optional(&tree.sum_hessian)),
        ("split_type", split_types),
    ];
    match lists.into_iter().find(|(_, actual)| *actual != expected) {
        Some((name, actual)) => {
            Err(broken(name, "a number for each of `left_children`", format!("{actual} for {expected}")))
        }
        None => Ok(()),
    }
}

/// Where the values of leaves are.
enum Leaves<'a> {
    /// In `split_conditions`.
    Scalar,
    /// `size` for every node.
    ByNode { values: &'a [Real], size: usize },
    /// `size` for every leaf, which names its place as its right child.
    ByLeaf { values: &'a [Real], size: usize },
}

impl<'a> Leaves<'a> {
    fn new(tree: &'a wire::Tree) -> Result<Self, Error> {
        let (size, n_nodes) = (tree.tree_param.size_leaf_vector.0, tree.left_children.len());
        if size < 2 {
            return Ok(Self::Scalar);
        }
        if let Some(values) = &tree.leaf_weights {
            check_places(tree)?;
            return Ok(Self::ByLeaf { values, size });
        }
        match &tree.base_weights {
            Some(values) if Some(values.len()) == n_nodes.checked_mul(size) => {
                Ok(Self::ByNode { values, size })
            }
            _ => Err(broken(
                "base_weights",
                "one value for each node and output, or `leaf_weights`",
                "another number of values",
            )),
        }
    }

    fn is_vector(&self) -> bool {
        !matches!(self, Self::Scalar)
    }

    /// None where the file has none, which [`Tree::new`] refuses if the root leads there.
    fn values(&self, tree: &wire::Tree, node: usize) -> Vec<f64> {
        let (values, size, place) = match self {
            Self::Scalar => return vec![f64::from(tree.split_conditions[node].0)],
            Self::ByNode { values, size } => (values, *size, Some(node)),
            Self::ByLeaf { values, size } => (values, *size, usize::try_from(tree.right_children[node]).ok()),
        };
        let start = place.and_then(|place| place.checked_mul(size));
        let values = start.and_then(|start| values.get(start..start.checked_add(size)?));
        values.unwrap_or_default().iter().map(|value| f64::from(value.0)).collect()
    }
}

/// Leaves never share values; if they could, a short file could ask for wide ones over and over.
fn check_places(tree: &wire::Tree) -> Result<(), Error> {
    let leaves = tree.left_children.iter().zip(&tree.right_children).filter(|(left, _)| **left == -1);
    let mut seen = BTreeSet::new();
    let mut places = leaves.map(|(_, place)| *place).filter(|place| *place >= 0);
    match places.find(|place| !seen.insert(*place)) {
        Some(place) => {
            Err(broken("right_children", "a place in `leaf_weights` for each leaf", format!("{place} twice")))
        }
        None => Ok(()),
    }
}

fn split(tree: &wire::Tree, node: usize, set: Option<CategorySet>) -> Result<Split, Error> {
    let (left, right) = (tree.left_children[node], tree.right_children[node]);
    if Some(right) != left.checked_add(1) {
        return Err(broken(
            format!("right_children[{node}]"),
            "the node after the left child",
            format!("node {right} after node {left}"),
        ));
    }
    let is_categorical = tree.split_type.get(node) == Some(&Flag(true));
    Ok(Split {
        // Numbers below 0 become ones that no tree has, which is an error if the root leads here.
        feature: usize::try_from(tree.split_indices[node]).unwrap_or(usize::MAX),
        test: if is_categorical {
            Test::NoneOf(set.unwrap_or_default())
        } else {
            Test::Less(f64::from(tree.split_conditions[node].0))
        },
        missing: Missing::nan(if tree.default_left[node].0 { Side::Left } else { Side::Right }),
        left: usize::try_from(left).unwrap_or(usize::MAX),
        right: usize::try_from(right).unwrap_or(usize::MAX),
    })
}

/// The sets of categorical splits, by node.
fn sets(tree: &wire::Tree, set_bytes: &mut usize) -> Result<BTreeMap<usize, CategorySet>, Error> {
    let (nodes, starts, sizes) = (&tree.categories_nodes, &tree.categories_segments, &tree.categories_sizes);
    if nodes.len() != starts.len() || nodes.len() != sizes.len() {
        let actual = format!("{}, {} and {}", nodes.len(), starts.len(), sizes.len());
        return Err(broken(
            "categories_nodes",
            "as many as `categories_segments` and `categories_sizes`",
            actual,
        ));
    }
    // Segments never overlap; if they could, a short file could list its codes over and over.
    let n_codes = sizes.iter().try_fold(0_i64, |sum, &size| sum.checked_add(size));
    if n_codes
        .is_none_or(|n_codes| usize::try_from(n_codes).is_ok_and(|n_codes| n_codes > tree.categories.len()))
    {
        let actual = format!("more than the {} in `categories`", tree.categories.len());
        return Err(broken("categories_sizes", "each code once", actual));
    }
    let places = nodes.iter().zip(starts.iter().zip(sizes));
    places.map(|(&node, (&start, &size))| set(tree, node, start, size, set_bytes)).collect()
}

fn set(
    tree: &wire::Tree,
    node: i32,
    start: i64,
    size: i64,
    set_bytes: &mut usize,
) -> Result<(usize, CategorySet), Error> {
    let range = || {
        let (node, start) = (usize::try_from(node).ok()?, usize::try_from(start).ok()?);
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        Some((node, tree.categories.get(start..end)?))
    };
    let Some((node, codes)) = range() else {
        let actual = format!("{size} from {start} on for node {node} of {}", tree.categories.len());
        return Err(broken("categories_segments", "places within `categories`", actual));
    };
    if let Some(code) = codes.iter().find(|code| !(0..FIRST_INVALID_CODE).contains(*code)) {
        return Err(broken("categories", "codes from 0 to 16777215", code.to_string()));
    }
    let codes: Vec<u32> = codes.iter().map(|code| code.unsigned_abs()).collect();
    let n_bytes = codes.iter().max().map_or(0, |&largest| largest as usize / 8 + 8);
    *set_bytes = set_bytes.checked_sub(n_bytes).ok_or_else(|| {
        broken("categories", "sets of less than 256 MiB in all", "more, by the size of their largest codes")
    })?;
    Ok((node, CategorySet::new(codes)))
}
