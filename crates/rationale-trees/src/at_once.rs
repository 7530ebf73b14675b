//! How the rows of many tiles find their leaves in one tree.

use crate::Node;
use crate::descent::Descent;
use crate::quick_scorer::QuickScorer;
use crate::tile::{LANES, Tile};

/// By masks where a word holds all leaves, else down the tree side by side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AtOnce {
    Masks(QuickScorer),
    Descent(Descent),
}

impl AtOnce {
    /// None where rows have to go down one by one.
    pub(crate) fn new(nodes: &[Node]) -> Option<Self> {
        let masks = QuickScorer::new(nodes).map(Self::Masks);
        masks.or_else(|| Descent::new(nodes).map(Self::Descent))
    }

    /// The leaf of every lane of each tile.
    pub(crate) fn leaves(&self, tiles: &[Tile], leaves: &mut [[u32; LANES]]) {
        match self {
            Self::Masks(scorer) => scorer.leaves(tiles, leaves),
            Self::Descent(descent) => {
                leaves.iter_mut().zip(tiles).for_each(|(leaves, tile)| *leaves = descent.leaves(tile));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis};

    use super::*;
    use crate::{CategorySet, InputPrecision, Missing, NodeSpec, Outputs, Side, Split, Test, Tree};

    const VALUES: [f64; 10] =
        [f64::NAN, f64::NEG_INFINITY, -1.0, -0.0, 0.0, 5e-324, 1.0, 1.5, f64::MAX, f64::INFINITY];

    /// Three splits over two features and a leaf that hangs higher than the others.
    fn tree(tests: [&Test; 3], missing: Missing) -> Tree {
        let split = |feature: usize, test: &Test, left: usize, right: usize| {
            NodeSpec::split(Split { feature, test: test.clone(), missing, left, right })
        };
        let mut nodes = vec![split(0, tests[0], 1, 2), split(1, tests[1], 3, 4), split(0, tests[2], 5, 6)];
        nodes.extend((0..4).map(|leaf| NodeSpec::leaf(vec![f64::from(leaf)])));
        Tree::new(nodes, Outputs::One(0)).unwrap()
    }

    /// All pairs of values: more than one tile, the last of which is not full.
    fn rows() -> Array2<f64> {
        Array2::from_shape_fn((100, 2), |(row, feature)| VALUES[[row / 10, row % 10][feature]])
    }

    fn is_alike(tree: &Tree, at_once: &AtOnce) {
        let rows = rows();
        let tiles = rows.axis_chunks_iter(Axis(0), LANES).map(|it| Tile::new(it, InputPrecision::Double));
        let tiles: Vec<Tile> = tiles.collect();
        let mut leaves = vec![[0; LANES]; tiles.len()];
        at_once.leaves(&tiles, &mut leaves);
        let expected: Vec<u32> =
            rows.rows().into_iter().map(|row| tree.leaf(|feature| row[feature]) as u32).collect();
        assert_eq!(leaves.as_flattened()[..rows.nrows()], expected, "{tree:?} {at_once:?}");
    }

    /// Both ways, where the tree can be asked either way.
    fn are_alike(tree: &Tree) {
        is_alike(tree, &AtOnce::Masks(QuickScorer::new(tree.nodes()).unwrap()));
        Descent::new(tree.nodes()).into_iter().for_each(|it| is_alike(tree, &AtOnce::Descent(it)));
    }

    #[test]
    fn many_rows_fall_where_each_falls_alone() {
        let thresholds = VALUES.into_iter().filter(|it| !it.is_nan());
        let tests: Vec<Test> = thresholds.flat_map(|t| [Test::Less(t), Test::LessOrEqual(t)]).collect();
        for (first, second) in tests.iter().flat_map(|a| tests.iter().map(move |b| (a, b))) {
            for side in [Side::Left, Side::Right] {
                are_alike(&tree([first, second, &Test::Less(1.0)], Missing::nan(side)));
            }
        }
    }

    #[test]
    fn what_asks_more_than_for_an_order_falls_where_it_falls_alone() {
        let (less, set) = (Test::Less(1.0), Test::OneOf(CategorySet::new([1])));
        let zero = Missing { side: Side::Left, zero: true };
        for tree in [tree([&less, &set, &less], Missing::nan(Side::Left)), tree([&less; 3], zero)] {
            assert!(Descent::new(tree.nodes()).is_none());
            are_alike(&tree);
        }
    }

    /// A chain of splits with so many leaves.
    fn chain(n_leaves: usize, test: &Test) -> Tree {
        let mut nodes = Vec::new();
        for leaf in 1..n_leaves {
            let (feature, left) = (leaf % 2, nodes.len() + 1);
            let missing = Missing::nan(if leaf % 3 == 0 { Side::Left } else { Side::Right });
            nodes.push(NodeSpec::split(Split {
                feature,
                test: test.clone(),
                missing,
                left,
                right: left + 1,
            }));
            nodes.push(NodeSpec::leaf(vec![0.0]));
        }
        nodes.push(NodeSpec::leaf(vec![0.0]));
        Tree::new(nodes, Outputs::One(0)).unwrap()
    }

    #[test]
    fn as_many_leaves_as_bits_are_masks_and_more_go_down() {
        for n_leaves in [1, 2, 63, 64] {
            let tree = chain(n_leaves, &Test::Less(0.0));
            assert!(matches!(AtOnce::new(tree.nodes()), Some(AtOnce::Masks(_))), "{n_leaves}");
            are_alike(&tree);
        }
        let tree = chain(65, &Test::Less(0.0));
        is_alike(&tree, &AtOnce::new(tree.nodes()).unwrap());
        assert!(QuickScorer::new(tree.nodes()).is_none());
        assert!(AtOnce::new(chain(65, &Test::OneOf(CategorySet::new([1]))).nodes()).is_none());
    }
}
