//! Interventional weights of a leaf: absent features are filled from background rows (Lundberg and others 2020,
//! <https://doi.org/10.1038/s42256-019-0138-9>), the background folded into patterns once (Nadel, Wettenstein 2025).
//!
//! A coalition C leads row x and background row b to the leaf when every feature of the path is satisfied by x (if in C)
//! or by b (if not). Let A be the features that only x satisfies and B those that only b satisfies; if one is satisfied
//! by neither, the leaf is out of reach. With a = |A| and b = |B|, Shapley's formula over this all-or-nothing game is
//!
//! ```text
//! w_i  =  (a-1)! b! / (a+b)!  for i in A,   -a! (b-1)! / (a+b)!  for i in B
//! w_ij =  (a-2)! b! / (a+b-1)! / 2  for i, j in A,   a! (b-2)! / (a+b-1)! / 2  for i, j in B,
//!        -(a-1)! (b-1)! / (a+b-1)! / 2  for one in each
//! ```
//!
//! averaged over the background. Only a background row's pattern matters, so rows with the same pattern are counted
//! together: memory and time grow with the number of different patterns at a leaf.

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::{ArrayView2, Axis};
use rationale_trees::InputPrecision;
use rayon::prelude::*;

use super::engine::{LeafGame, LeafId, Order, pair_index};
use super::explainer::table;
use super::leaf_table::ByBackground;
use super::paths::{AllPaths, Columns, Leaf, Paths, Pattern, Walk, rounded};

/// How many background rows walk the trees at once.
const BLOCK_ROWS: usize = 256;

/// For some trees, and for each of their leaves, how often each pattern occurs in some rows of the background.
pub(super) struct Interventional {
    first_tree: usize,
    /// `[tree][leaf]`: (pattern, share of the whole background), in ascending order of patterns.
    patterns: Vec<Vec<Vec<(Pattern, f64)>>>,
}

/// A part of the work that fits into memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub trees: Range<usize>,
    pub background: Range<usize>,
}

impl Interventional {
    /// Counts the patterns of the batch's background rows in the batch's trees.
    pub(super) fn new(
        paths: &AllPaths,
        background: ArrayView2<'_, f64>,
        precision: InputPrecision,
        batch: &Batch,
    ) -> Self {
        let share = 1.0 / background.nrows() as f64;
        let rows: Vec<usize> = batch.background.clone().collect();
        let blocks: Vec<(Vec<f64>, usize)> = rows
            .chunks(BLOCK_ROWS)
            .map(|block| (rounded(background.select(Axis(0), block).columns(), precision), block.len()))
            .collect();
        let patterns =
            batch.trees.clone().into_par_iter().map(|tree| count(&paths[tree], &blocks, share)).collect();
        Self { first_tree: batch.trees.start, patterns }
    }

    /// For the pattern tables.
    pub(super) fn leaf_table(&self, order: Order) -> impl Fn(&Leaf, LeafId) -> Vec<f64> + Sync {
        move |leaf, id| table(order, &ByBackground { n_features: leaf.len(), failed: self.patterns(id) })
    }

    fn patterns(&self, id: LeafId) -> &[(Pattern, f64)] {
        &self.patterns[id.tree - self.first_tree][id.leaf]
    }
}

impl LeafGame for Interventional {
    fn values(&self, leaf: &Leaf, id: LeafId, failed: Pattern, weights: &mut [f64]) {
        for (meeting, share) in meetings(self.patterns(id), failed, leaf.len()) {
            let (plus, minus) = (share * meeting.weight(1, 0), -share * meeting.weight(0, 1));
            for (slot, weight) in weights[..leaf.len()].iter_mut().enumerate() {
                *weight += meeting.pick(slot, plus, minus);
            }
        }
    }

    fn pairs(&self, leaf: &Leaf, id: LeafId, failed: Pattern, weights: &mut [f64]) {
        for (meeting, share) in meetings(self.patterns(id), failed, leaf.len()) {
            let half = 0.5 * share;
            let (same_a, same_b) = (half * meeting.weight(2, 0), half * meeting.weight(0, 2));
            let mixed = -half * meeting.weight(1, 1);
            for j in 1..leaf.len() {
                for i in 0..j {
                    let of_a = meeting.pick(j, same_a, mixed);
                    let of_b = meeting.pick(j, mixed, same_b);
                    weights[pair_index(i, j)] += meeting.pick(i, of_a, of_b);
                }
            }
        }
    }
}

/// A row and a background pattern that together reach the leaf.
pub(super) struct Meeting {
    only_row: Pattern,
    only_background: Pattern,
}

impl Meeting {
    /// None where some feature is satisfied by neither, and where nothing differs.
    pub(super) fn new(row_failed: Pattern, background_failed: Pattern) -> Option<Self> {
        let meets = row_failed & background_failed == 0 && row_failed | background_failed != 0;
        meets.then_some(Self { only_row: background_failed, only_background: row_failed })
    }

    /// integral of p^(a - from_a) (1 - p)^(b - from_b) over [0, 1]; 0 where a set has too few members.
    pub(super) fn weight(&self, from_a: u32, from_b: u32) -> f64 {
        let a = self.only_row.count_ones().checked_sub(from_a);
        let b = self.only_background.count_ones().checked_sub(from_b);
        a.zip(b).map_or(0.0, |(a, b)| beta(a, b))
    }

    /// `of_a` where the feature is in A, `of_b` where it is in B, else 0.
    pub(super) fn pick(&self, slot: usize, of_a: f64, of_b: f64) -> f64 {
        if self.only_row >> slot & 1 == 1 {
            of_a
        } else if self.only_background >> slot & 1 == 1 {
            of_b
        } else {
            0.0
        }
    }
}

fn meetings(
    patterns: &[(Pattern, f64)],
    failed: Pattern,
    n_features: usize,
) -> impl Iterator<Item = (Meeting, f64)> {
    let patterns = if n_features == 0 { &[] } else { patterns };
    patterns.iter().filter_map(move |&(pattern, share)| Some((Meeting::new(failed, pattern)?, share)))
}

/// integral of p^a (1 - p)^b over [0, 1] = a! b! / (a + b + 1)!, multiplied up so that nothing overflows.
fn beta(a: u32, b: u32) -> f64 {
    let (few, many) = (a.min(b), a.max(b));
    let inverse = (1..=few).fold(1.0, |c, k| c * f64::from(many + k) / f64::from(k));
    1.0 / (inverse * f64::from(a + b + 1))
}

/// Up to this many features on its longest path a tree is counted by arrays.
const DENSE_FEATURES: usize = 12;

fn count(tree: &Paths, blocks: &[(Vec<f64>, usize)], share: f64) -> Vec<Vec<(Pattern, f64)>> {
    if tree.longest() <= DENSE_FEATURES {
        count_dense(tree, blocks, share)
    } else {
        count_sparse(tree, blocks, share)
    }
}

fn count_dense(tree: &Paths, blocks: &[(Vec<f64>, usize)], share: f64) -> Vec<Vec<(Pattern, f64)>> {
    let mut counts: Vec<Vec<u64>> = tree.leaves().iter().map(|leaf| vec![0; 1 << leaf.len()]).collect();
    let mut walk = Walk::<u16>::default();
    for (values, n_rows) in blocks {
        tree.patterns(&Columns::new(values, *n_rows), &mut walk, |leaf, patterns| {
            patterns.iter().for_each(|pattern| counts[leaf][usize::from(*pattern)] += 1);
        });
    }
    let shares = |counts: Vec<u64>| {
        let occur = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
        occur.map(|(pattern, count)| (pattern as Pattern, count as f64 * share)).collect()
    };
    counts.into_iter().map(shares).collect()
}

fn count_sparse(tree: &Paths, blocks: &[(Vec<f64>, usize)], share: f64) -> Vec<Vec<(Pattern, f64)>> {
    let mut counts = vec![BTreeMap::<Pattern, u64>::new(); tree.leaves().len()];
    let mut walk = Walk::<Pattern>::default();
    for (values, n_rows) in blocks {
        tree.patterns(&Columns::new(values, *n_rows), &mut walk, |leaf, patterns| {
            for &pattern in patterns {
                *counts[leaf].entry(pattern).or_default() += 1;
            }
        });
    }
    let shares = |counts: BTreeMap<Pattern, u64>| {
        counts.into_iter().map(|(pattern, count)| (pattern, count as f64 * share)).collect()
    };
    counts.into_iter().map(shares).collect()
}

/// Cuts trees and background so that no batch's patterns take more than `memory_limit` bytes (or one tree and one row).
pub(super) fn batches(paths: &AllPaths, n_background: usize, memory_limit: usize) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut left = 0;
    paths.make(0..paths.len());
    for tree in 0..paths.len() {
        let paths = &paths[tree];
        let bytes = bytes(paths, n_background);
        match batches.last_mut() {
            Some(batch) if bytes <= left && batch.background.len() == n_background => {
                batch.trees.end = tree + 1;
                left -= bytes;
            }
            _ => {
                let rows = rows_that_fit(paths, n_background, memory_limit);
                let starts = (0..n_background).step_by(rows);
                batches.extend(starts.map(|start| Batch {
                    trees: tree..tree + 1,
                    background: start..(start + rows).min(n_background),
                }));
                left = if rows == n_background { memory_limit.saturating_sub(bytes) } else { 0 };
            }
        }
    }
    batches
}

/// An upper bound: a map's entry is about 64 bytes while it is built.
fn bytes(paths: &Paths, n_background: usize) -> usize {
    let patterns =
        |leaf: &Leaf| n_background.min(1_usize.checked_shl(leaf.len() as u32).unwrap_or(usize::MAX));
    paths.leaves().iter().map(|leaf| patterns(leaf).saturating_mul(64)).fold(0, usize::saturating_add)
}

fn rows_that_fit(paths: &Paths, n_background: usize, memory_limit: usize) -> usize {
    let mut rows = n_background;
    while rows > 1 && bytes(paths, rows) > memory_limit {
        rows = rows.div_ceil(2);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_is_the_integral() {
        let cases = [(0, 0, 1.0), (1, 0, 0.5), (1, 1, 1.0 / 6.0), (3, 2, 1.0 / 60.0), (0, 4, 0.2)];
        for (a, b, exact) in cases {
            assert!((beta(a, b) - exact).abs() < 1e-16, "{a} {b}");
        }
        assert!(beta(64, 64) > 0.0);
    }
}
