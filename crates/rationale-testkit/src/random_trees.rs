//! Random tree ensembles and rows, awkward on purpose: repeated features, missing values, ties with thresholds, sets of
//! categories, empty nodes, several outputs.

use ndarray::Array2;
use rationale_core::{Draws, Seed};
use rationale_trees::{
    CategorySet, Error, Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble,
};

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Features a row.
    pub n_features: usize,
    /// Outputs of the model.
    pub n_outputs: usize,
    /// Trees of the model.
    pub n_trees: usize,
    /// The longest path.
    pub depth: usize,
}

/// A model whose cover is made up but adds up: each node's is the sum of its children's.
pub fn ensemble(shape: Shape, seed: Seed) -> Result<TreeEnsemble, Error> {
    let mut draws = seed.draws("random trees", 0, 0);
    let trees = (0..shape.n_trees).map(|_| tree(shape, &mut draws)).collect::<Result<Vec<_>, _>>()?;
    let base_score = (0..shape.n_outputs).map(|_| draws.normal()).collect();
    TreeEnsemble::new(trees, shape.n_features, shape.n_outputs)?.with_base_score(base_score)
}

/// Rows `[row, feature]` of small integers, so that they tie with thresholds, and now and then NaN.
pub fn rows(n_rows: usize, n_features: usize, seed: Seed) -> Array2<f64> {
    let mut draws = seed.draws("random rows", 0, 0);
    let mut value = || if draws.uniform() < 0.15 { f64::NAN } else { draws.below(6) as f64 };
    Array2::from_shape_simple_fn((n_rows, n_features), &mut value)
}

fn tree(shape: Shape, draws: &mut Draws) -> Result<Tree, Error> {
    let one = draws.uniform() < 0.5;
    let outputs = if one { Outputs::One(draws.below(shape.n_outputs)) } else { Outputs::All };
    let mut nodes = Vec::new();
    grow(shape, shape.depth, if one { 1 } else { shape.n_outputs }, &mut nodes, draws);
    Ok(Tree::new(nodes.into_iter().map(|(node, cover)| node.with_cover(cover)).collect(), outputs)?
        .with_weight(0.5 + draws.uniform()))
}

/// Adds a subtree and returns its place and cover.
fn grow(
    shape: Shape,
    depth: usize,
    width: usize,
    nodes: &mut Vec<(NodeSpec, f64)>,
    draws: &mut Draws,
) -> (usize, f64) {
    let place = nodes.len();
    if depth == 0 || (depth < shape.depth && draws.uniform() < 0.15) {
        let cover = if draws.uniform() < 0.1 { 0.0 } else { 1.0 + draws.below(30) as f64 };
        nodes.push((NodeSpec::leaf((0..width).map(|_| draws.normal()).collect()), cover));
        return (place, cover);
    }
    nodes.push((NodeSpec::leaf(Vec::new()), 0.0));
    let (feature, test, missing) = (draws.below(shape.n_features), test(draws), missing(draws));
    let (left, left_cover) = grow(shape, depth - 1, width, nodes, draws);
    let (right, right_cover) = grow(shape, depth - 1, width, nodes, draws);
    let cover = left_cover + right_cover;
    nodes[place] = (NodeSpec::split(Split { feature, test, missing, left, right }), cover);
    (place, cover)
}

fn test(draws: &mut Draws) -> Test {
    let threshold = draws.below(12) as f64 / 2.0;
    let set = CategorySet::new((0..6).filter(|_| draws.uniform() < 0.5));
    match draws.below(6) {
        0 | 1 => Test::Less(threshold),
        2 | 3 => Test::LessOrEqual(threshold),
        4 => Test::OneOf(set),
        _ => Test::NoneOf(set),
    }
}

fn missing(draws: &mut Draws) -> Missing {
    let side = if draws.uniform() < 0.5 { Side::Left } else { Side::Right };
    Missing { side, zero: draws.uniform() < 0.2 }
}
