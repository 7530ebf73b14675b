//! The way down a tree for many rows at once, without a branch that could be guessed wrong.

use crate::{Node, Side, Split, Test};

/// Rows that go down side by side.
const LANES: usize = 16;

/// A tree's splits as they are needed on the way down, in the order of its nodes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Descent {
    steps: Vec<Step>,
}

/// A node: a row with x < threshold goes left, and so does a missing one where it should. A leaf leads to itself.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    threshold: f64,
    /// Left, right.
    next: [u32; 2],
    feature: u32,
    leaf: u32,
    is_missing_left: bool,
}

impl Descent {
    /// None where some split asks more than for an order, or where a number of a node does not fit.
    pub(crate) fn new(nodes: &[Node]) -> Option<Self> {
        let steps = nodes.iter().enumerate().map(|(place, node)| match node {
            Node::Split(split) => Step::of_split(split),
            Node::Leaf(leaf) => Step::of_leaf(place, *leaf),
        });
        Some(Self { steps: steps.collect::<Option<_>>()? })
    }

    /// The leaf that each row falls into; rows `[row, feature]`, one after the other.
    pub(crate) fn leaves(&self, rows: &[f64], n_features: usize, leaves: &mut [u32]) {
        let rows = rows.chunks(LANES * n_features.max(1));
        for (rows, nodes) in rows.zip(leaves.chunks_mut(LANES)) {
            nodes.fill(0);
            while self.step(rows, n_features, nodes) {}
            nodes.iter_mut().for_each(|node| *node = self.steps[*node as usize].leaf);
        }
    }

    /// Takes each row to the next node; says whether any has moved.
    fn step(&self, rows: &[f64], n_features: usize, nodes: &mut [u32]) -> bool {
        let mut has_moved = false;
        for (node, row) in nodes.iter_mut().zip(rows.chunks_exact(n_features)) {
            let step = &self.steps[*node as usize];
            let x = row[step.feature as usize];
            let goes_left = (x < step.threshold) | (x.is_nan() & step.is_missing_left);
            let next = step.next[usize::from(!goes_left)];
            has_moved |= next != *node;
            *node = next;
        }
        has_moved
    }
}

impl Step {
    fn of_split(split: &Split) -> Option<Self> {
        let threshold = match split.test {
            Test::Less(threshold) => threshold,
            // No number lies between a finite threshold and the next.
            Test::LessOrEqual(threshold) if threshold.is_finite() => threshold.next_up(),
            _ => return None,
        };
        Some(Self {
            threshold,
            next: [u32::try_from(split.left).ok()?, u32::try_from(split.right).ok()?],
            feature: u32::try_from(split.feature).ok()?,
            leaf: 0,
            is_missing_left: split.missing.side == Side::Left,
        })
        .filter(|_| !split.missing.zero)
    }

    fn of_leaf(place: usize, leaf: usize) -> Option<Self> {
        let (place, leaf) = (u32::try_from(place).ok()?, u32::try_from(leaf).ok()?);
        Some(Self { threshold: 0.0, next: [place; 2], feature: 0, leaf, is_missing_left: false })
    }
}

#[cfg(test)]
mod tests {
    use crate::{CategorySet, Missing, NodeSpec, Outputs, Side, Split, Test, Tree};

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

    /// All pairs of values: more rows than go down side by side, and not a multiple of them.
    fn rows() -> Vec<[f64; 2]> {
        VALUES.iter().flat_map(|a| VALUES.iter().map(|b| [*a, *b])).collect()
    }

    fn is_alike(tree: &Tree) {
        let rows = rows();
        let mut leaves = vec![0; rows.len()];
        tree.leaves(rows.as_flattened(), 2, &mut leaves);
        let expected: Vec<u32> = rows.iter().map(|row| tree.leaf(|feature| row[feature]) as u32).collect();
        assert_eq!(leaves, expected, "{tree:?}");
    }

    #[test]
    fn many_rows_fall_where_each_falls_alone() {
        let thresholds = VALUES.into_iter().filter(|it| !it.is_nan());
        let tests: Vec<Test> = thresholds.flat_map(|t| [Test::Less(t), Test::LessOrEqual(t)]).collect();
        for (first, second) in tests.iter().flat_map(|a| tests.iter().map(move |b| (a, b))) {
            for side in [Side::Left, Side::Right] {
                is_alike(&tree([first, second, &Test::Less(1.0)], Missing::nan(side)));
            }
        }
    }

    #[test]
    fn what_asks_more_than_for_an_order_goes_down_one_by_one() {
        let (less, set) = (Test::Less(1.0), Test::OneOf(CategorySet::new([1])));
        let zero = Missing { side: Side::Left, zero: true };
        for tree in [tree([&less, &set, &less], Missing::nan(Side::Left)), tree([&less; 3], zero)] {
            assert!(super::Descent::new(tree.nodes()).is_none());
            is_alike(&tree);
        }
        assert!(super::Descent::new(tree([&less; 3], Missing::nan(Side::Left)).nodes()).is_some());
    }
}
