//! The standard models and the rows.

use anyhow::Result;
use ndarray::Array2;
use rationale::trees::{InputPrecision, Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};
use rationale::{Draws, Seed};
use rayon::prelude::*;

pub(crate) const N_FEATURES: usize = 30;
pub(crate) const N_ROWS: usize = 50_000;

pub(crate) struct Standard {
    pub name: &'static str,
    n_trees: usize,
    depth: usize,
    /// Rows that take the vectorised engines a few seconds.
    pub n_rows: usize,
    /// Rows whose interactions take about a second; none where they are not asked for.
    pub n_pairs: usize,
    /// Sizes of backgrounds.
    pub backgrounds: &'static [usize],
    /// Whether one row is timed.
    pub has_latency: bool,
}

pub(crate) const GROWN: [Standard; 4] = [
    Standard {
        name: "small",
        n_trees: 100,
        depth: 4,
        n_rows: N_ROWS,
        n_pairs: N_ROWS,
        backgrounds: &[100, 10_000, 1_000_000],
        has_latency: true,
    },
    Standard {
        name: "medium",
        n_trees: 500,
        depth: 6,
        n_rows: N_ROWS,
        n_pairs: 10_000,
        backgrounds: &[100, 10_000],
        has_latency: true,
    },
    Standard {
        name: "large",
        n_trees: 1000,
        depth: 8,
        n_rows: 20_000,
        n_pairs: 0,
        backgrounds: &[],
        has_latency: false,
    },
    Standard {
        name: "deep",
        n_trees: 100,
        depth: 16,
        n_rows: 3_000,
        n_pairs: 0,
        backgrounds: &[],
        has_latency: false,
    },
];

pub(crate) const TRAINED: [Standard; 2] = [
    Standard {
        name: "lightgbm",
        n_trees: 500,
        depth: 0,
        n_rows: 20_000,
        n_pairs: 0,
        backgrounds: &[],
        has_latency: false,
    },
    Standard {
        name: "forest",
        n_trees: 100,
        depth: 0,
        n_rows: 2_000,
        n_pairs: 0,
        backgrounds: &[],
        has_latency: false,
    },
];

pub(crate) fn rows(n_rows: usize, seed: u64) -> Array2<f64> {
    let mut draws = Seed::new(seed).draws("bench", 0, 0);
    Array2::from_shape_simple_fn((n_rows, N_FEATURES), || f64::from(draws.normal() as f32))
}

/// Background rows; of each size the first of the next.
pub(crate) fn background(n_rows: usize) -> Array2<f64> {
    rows(n_rows, 3)
}

impl Standard {
    pub(crate) fn grow(&self, rows: &Array2<f64>) -> Result<TreeEnsemble> {
        let columns: Vec<Vec<f64>> = rows.columns().into_iter().map(|column| column.to_vec()).collect();
        let trees = (0..self.n_trees).into_par_iter().map(|tree| {
            let mut draws = Seed::new(2).draws(self.name, tree as u64, 0);
            let (mut nodes, mut here) = (Vec::new(), (0..rows.nrows()).collect::<Vec<_>>());
            grow(&columns, self.depth, &mut here, &mut nodes, &mut draws);
            Ok(Tree::new(nodes, Outputs::One(0))?)
        });
        let trees = trees.collect::<Result<Vec<_>>>()?;
        Ok(TreeEnsemble::new(trees, N_FEATURES, 1)?.with_input_precision(InputPrecision::Single))
    }
}

/// Adds a subtree over the rows that come here, and returns its place.
fn grow(
    columns: &[Vec<f64>],
    depth: usize,
    here: &mut [usize],
    nodes: &mut Vec<NodeSpec>,
    draws: &mut Draws,
) -> usize {
    let (place, cover) = (nodes.len(), here.len() as f64);
    let feature = draws.below(N_FEATURES);
    let cut = here.len() / 5 + draws.below((3 * here.len() / 5).max(1));
    nodes.push(NodeSpec::leaf(vec![f64::from(draws.normal() as f32)]).with_cover(cover));
    if depth == 0 || cut == 0 {
        return place;
    }
    let column = &columns[feature];
    here.select_nth_unstable_by(cut, |a, b| column[*a].total_cmp(&column[*b]));
    let threshold = column[here[cut]];
    let (left, right) = here.split_at_mut(cut);
    let left = grow(columns, depth - 1, left, nodes, draws);
    let right = grow(columns, depth - 1, right, nodes, draws);
    let (test, missing) = (Test::Less(threshold), Missing::nan(Side::Left));
    nodes[place] = NodeSpec::split(Split { feature, test, missing, left, right }).with_cover(cover);
    place
}
