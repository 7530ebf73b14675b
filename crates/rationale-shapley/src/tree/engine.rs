//! The plain engine: float64, one pattern look-up for each row and leaf.
//!
//! It takes blocks of rows, so that a vectorised engine can stand in its place. A row's values are added up tree by
//! tree and leaf by leaf, whatever the block: blocks and threads change no bit.

use std::ops::Range;

use super::memo::Memo;
use super::paths::{AllPaths, Columns, Leaf, Pattern, Walk};

/// The engine's name in the evidence.
pub(super) const NAME: &str = "plain-f64";

/// What a leaf of value 1 gives to the features of its path; the two readings of absence implement it.
pub(super) trait LeafGame: Sync {
    /// Adds the Shapley values `[feature of the path]` of a row with this pattern to `weights`.
    fn values(&self, leaf: &Leaf, id: LeafId, failed: Pattern, weights: &mut [f64]);

    /// Adds the interactions `[pair_index(i, j)]` of a row with this pattern, halved between (i, j) and (j, i).
    fn pairs(&self, leaf: &Leaf, id: LeafId, failed: Pattern, weights: &mut [f64]);
}

/// Which leaf is meant.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeafId {
    pub tree: usize,
    pub leaf: usize,
}

/// Where the pair of the features i < j of a path stands.
pub(super) fn pair_index(i: usize, j: usize) -> usize {
    j * (j - 1) / 2 + i
}

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// `[row, feature, output]`.
    Values,
    /// `[row, feature, feature, output]`.
    Interactions,
}

impl Order {
    /// Weights a pattern at a leaf with `d` features on its path.
    pub(super) fn width(self, d: usize) -> usize {
        match self {
            Self::Values => d,
            Self::Interactions => d + d * d.saturating_sub(1) / 2,
        }
    }
}

/// How many numbers a row takes, and how they lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub order: Order,
    pub n_features: usize,
    pub n_outputs: usize,
}

impl Layout {
    /// Numbers a row.
    pub(super) fn stride(self) -> usize {
        match self.order {
            Order::Values => self.n_features * self.n_outputs,
            Order::Interactions => self.n_features * self.n_features * self.n_outputs,
        }
    }

    /// Numbers a row and output in the vectorised engines: of interactions the upper triangle, row by row.
    pub(super) fn n_cells(self) -> usize {
        self.order.width(self.n_features)
    }

    /// The cell of a feature, or of two features in either order.
    pub(super) fn triangle_cell(self, a: usize, b: usize) -> usize {
        let (a, b) = (a.min(b), a.max(b));
        match self.order {
            Order::Values => a,
            Order::Interactions => a * (2 * self.n_features - a + 1) / 2 + b - a,
        }
    }

    /// Where cells stand among a row's numbers, cell by cell, for the first output.
    pub(super) fn places(self) -> impl Iterator<Item = usize> {
        let is_square = self.order == Order::Interactions;
        (0..self.n_features).flat_map(move |i| {
            let seconds = if is_square { i..self.n_features } else { 0..1 };
            seconds.map(move |j| if is_square { self.place(i, j) } else { i * self.n_outputs })
        })
    }

    fn place(self, i: usize, j: usize) -> usize {
        (i * self.n_features + j) * self.n_outputs
    }
}

/// Adds what some trees give to a block of rows to `out` `[row, ...]`.
///
/// Of interactions the upper triangle is filled, and on the diagonal the features' Shapley values; [`complete`] does the
/// rest once all trees are in.
pub(super) fn accumulate(
    game: &dyn LeafGame,
    paths: &AllPaths,
    trees: Range<usize>,
    layout: Layout,
    columns: &Columns<'_>,
    out: &mut [f64],
) {
    let (mut walk, mut memo) = (Walk::default(), Memo::default());
    for tree in trees {
        let paths = &paths[tree];
        paths.patterns(columns, &mut walk, |leaf_idx, patterns| {
            let leaf = &paths.leaves()[leaf_idx];
            let id = LeafId { tree, leaf: leaf_idx };
            memo.reset(leaf.len(), layout.order.width(leaf.len()));
            for (pattern, out) in patterns.iter().zip(out.chunks_exact_mut(layout.stride())) {
                let weights =
                    memo.weights(*pattern, |weights| fill(game, layout.order, leaf, id, *pattern, weights));
                scatter(layout, leaf, weights, out);
            }
        });
    }
}

/// Mirrors a row's interactions `[feature, feature, output]` and turns the diagonal from Shapley values, which go to
/// `values` `[feature, output]`, into main effects: what a feature gives without its partners.
pub(super) fn complete(layout: Layout, row: &mut [f64], values: &mut [f64]) {
    let n_outputs = layout.n_outputs;
    let len = layout.n_features * n_outputs;
    for i in 0..layout.n_features {
        values[i * n_outputs..][..n_outputs].copy_from_slice(&row[layout.place(i, i)..][..n_outputs]);
    }
    for i in 0..layout.n_features {
        let (done, rest) = row.split_at_mut((i + 1) * len);
        let (main, pairs) = done[i * len + i * n_outputs..].split_at_mut(n_outputs);
        for ((j, other), pair) in rest.chunks_exact_mut(len).enumerate().zip(pairs.chunks_exact(n_outputs)) {
            other[i * n_outputs..][..n_outputs].copy_from_slice(pair);
            let other_main = &mut other[(i + 1 + j) * n_outputs..][..n_outputs];
            for ((main, other), pair) in main.iter_mut().zip(other_main).zip(pair) {
                *main -= pair;
                *other -= pair;
            }
        }
    }
}

fn fill(game: &dyn LeafGame, order: Order, leaf: &Leaf, id: LeafId, failed: Pattern, weights: &mut [f64]) {
    let (values, pairs) = weights.split_at_mut(leaf.len());
    game.values(leaf, id, failed, values);
    if order == Order::Interactions {
        game.pairs(leaf, id, failed, pairs);
    }
}

fn scatter(layout: Layout, leaf: &Leaf, weights: &[f64], out: &mut [f64]) {
    let (values, pairs) = weights.split_at(leaf.len());
    match layout.order {
        Order::Values => {
            for (feature, weight) in leaf.features.iter().zip(values) {
                add(leaf, *weight, &mut out[feature * layout.n_outputs..]);
            }
        }
        Order::Interactions => {
            for (i, weight) in values.iter().enumerate() {
                let feature = leaf.features[i];
                add(leaf, *weight, &mut out[layout.place(feature, feature)..]);
                for (j, &other) in leaf.features[..i].iter().enumerate() {
                    let place = layout.place(feature.min(other), feature.max(other));
                    add(leaf, pairs[pair_index(j, i)], &mut out[place..]);
                }
            }
        }
    }
}

fn add(leaf: &Leaf, weight: f64, out: &mut [f64]) {
    let out = &mut out[leaf.first_output..];
    out.iter_mut().zip(&leaf.values).for_each(|(sum, value)| *sum += weight * value);
}
