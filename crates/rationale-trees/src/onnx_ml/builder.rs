//! Trees from lists of nodes and leaf weights, whichever version of the operator holds them.

use std::collections::BTreeMap;

use super::malformed;
use crate::{Error, Missing, NodeSpec, Outputs, Side, Split, Test, Tree};

/// Leaves may be wider than the weights that the file gives them, up to this many values in all leaves of a model.
pub(super) const VALUES: usize = 1 << 22;

/// How a node compares: `nodes_modes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// x <= value.
    LessOrEqual,
    /// x < value.
    Less,
    /// x >= value.
    GreaterOrEqual,
    /// x > value.
    Greater,
    /// x == value.
    Equal,
    /// x != value.
    NotEqual,
    /// x is in the set.
    Member,
}

/// A node that asks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) feature: usize,
    pub(super) mode: Mode,
    /// The threshold; for [`Mode::Member`] the set.
    pub(super) values: Vec<f64>,
    pub(super) missing_is_true: bool,
    pub(super) if_true: usize,
    pub(super) if_false: usize,
}

impl Question {
    /// Whether another question goes on asking where this one says no: x == a or else x == b, with one answer for both.
    fn goes_on_with(&self, next: &Self) -> bool {
        let of_sets = |mode| matches!(mode, Mode::Equal | Mode::Member);
        of_sets(self.mode)
            && of_sets(next.mode)
            && self.feature == next.feature
            && self.if_true == next.if_true
    }

    /// Takes in the question that goes on.
    fn take_in(&mut self, next: &Self) {
        self.mode = Mode::Member;
        self.values.extend_from_slice(&next.values);
        self.missing_is_true |= next.missing_is_true;
        self.if_false = next.if_false;
    }

    /// The split. Where the node asks the opposite of a test, its children change sides.
    ///
    /// ONNX Runtime sends NaN where `nodes_missing_value_tracks_true` says true, and else where the comparison of C
    /// does: to false, but to true for `BRANCH_NEQ`.
    pub(super) fn split(&self) -> Split {
        let value = self.values.first().copied().unwrap_or(f64::NAN);
        let (test, is_opposite) = match self.mode {
            Mode::LessOrEqual => (Test::LessOrEqual(value), false),
            Mode::Less => (Test::Less(value), false),
            Mode::GreaterOrEqual => (Test::Less(value), true),
            Mode::Greater => (Test::LessOrEqual(value), true),
            Mode::Equal | Mode::Member => (Test::AnyOf(self.values.clone().into()), false),
            Mode::NotEqual => (Test::AnyOf(self.values.clone().into()), true),
        };
        let missing_is_true = self.missing_is_true || self.mode == Mode::NotEqual;
        let (left, right) =
            if is_opposite { (self.if_false, self.if_true) } else { (self.if_true, self.if_false) };
        let side = if missing_is_true == is_opposite { Side::Right } else { Side::Left };
        Split { feature: self.feature, test, missing: Missing::nan(side), left, right }
    }
}

/// A node of a tree: a question, or the weights of a leaf by output.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Question(Question),
    Leaf(BTreeMap<usize, f64>),
}

/// Makes one question of those that converters split a set of categories into, all with the same child for yes; else
/// that child would have several parents. ONNX Runtime does so too.
fn merge_sets(parts: &mut [Part]) {
    let mut seen = vec![false; parts.len()];
    let mut open = vec![0];
    while let Some(node) = open.pop() {
        let Some(Part::Question(question)) = parts.get(node) else { continue };
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        let mut question = question.clone();
        while let Some(Part::Question(next)) = parts.get(question.if_false)
            && question.goes_on_with(next)
            && !std::mem::replace(&mut seen[question.if_false], true)
        {
            question.take_in(next);
        }
        open.extend([question.if_true, question.if_false]);
        parts[node] = Part::Question(question);
    }
}

/// A tree whose leaves feed one output where all feed the same, else all. `spare` is how many values are left that no
/// weight backs; each weight backs 64.
pub(super) fn tree(mut parts: Vec<Part>, n_outputs: usize, spare: &mut usize) -> Result<Tree, Error> {
    merge_sets(&mut parts);
    let leaves = parts.iter().filter_map(|part| match part {
        Part::Leaf(weights) => Some(weights),
        Part::Question(_) => None,
    });
    let (mut n_leaves, mut n_weights) = (0_usize, 0_usize);
    let mut fed = None;
    let mut is_mixed = false;
    for weights in leaves {
        (n_leaves, n_weights) = (n_leaves + 1, n_weights + weights.len());
        for output in weights.keys() {
            is_mixed |= *fed.get_or_insert(*output) != *output;
        }
    }
    let outputs = if is_mixed { Outputs::All } else { Outputs::One(fed.unwrap_or(0)) };
    if is_mixed {
        let unbacked = n_leaves.saturating_mul(n_outputs).saturating_sub(64 * n_weights);
        *spare = spare.checked_sub(unbacked).ok_or_else(|| {
            let actual = format!("{n_leaves} leaves of {n_outputs} outputs with {n_weights} weights in all");
            malformed("the weights of leaves", "fewer outputs or more weights", actual)
        })?;
    }
    let spec = |part: &Part| match (part, outputs) {
        (Part::Question(question), _) => NodeSpec::split(question.split()),
        (Part::Leaf(weights), Outputs::One(output)) => {
            NodeSpec::leaf(vec![weights.get(&output).copied().unwrap_or(0.0)])
        }
        (Part::Leaf(weights), Outputs::All) => NodeSpec::leaf(
            (0..n_outputs).map(|output| weights.get(&output).copied().unwrap_or(0.0)).collect(),
        ),
    };
    Tree::new(parts.iter().map(spec).collect(), outputs)
}

/// For each output, whether some tree feeds it from every leaf.
pub(super) fn always_fed(trees: &[Vec<Part>], n_outputs: usize) -> Vec<bool> {
    let mut fed = vec![false; n_outputs];
    for parts in trees {
        let mut leaves = parts.iter().filter_map(|part| match part {
            Part::Leaf(weights) => Some(weights),
            Part::Question(_) => None,
        });
        let Some(first) = leaves.next() else { continue };
        let mut everywhere: Vec<_> = first.keys().copied().collect();
        leaves.for_each(|weights| everywhere.retain(|output| weights.contains_key(output)));
        everywhere.into_iter().filter(|output| *output < n_outputs).for_each(|output| fed[output] = true);
    }
    fed
}
