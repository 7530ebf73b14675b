//! Which rows of a tile go left at a split.

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled without the instruction set"
)]

use rationale_trees::{Node, Side, Split, Test, Tree};

use super::lanes::{Lanes, Number};
use super::tile::{Mask, Rows, VECTORS, cells};

/// A split's question, in the kernel's numbers.
#[derive(Clone, Copy)]
pub(super) struct Question<N> {
    /// The node in its tree.
    node: u32,
    feature: u32,
    test: Comparison<N>,
}

#[derive(Clone, Copy)]
enum Comparison<N> {
    Less(N),
    LessOrMissing(N),
    LessOrEqual(N),
    LessOrEqualOrMissing(N),
    /// Asked row by row.
    Other,
}

impl<N: Number> Question<N> {
    /// float32 numbers compare with the kernel's threshold as with the split's own.
    pub(super) fn new(node: usize, split: &Split) -> Self {
        let test = match (&split.test, split.missing.side) {
            _ if split.missing.zero => Comparison::Other,
            (Test::Less(t), Side::Right) => Comparison::Less(N::not_below(*t)),
            (Test::Less(t), Side::Left) => Comparison::LessOrMissing(N::not_below(*t)),
            (Test::LessOrEqual(t), Side::Right) => Comparison::LessOrEqual(N::not_above(*t)),
            (Test::LessOrEqual(t), Side::Left) => Comparison::LessOrEqualOrMissing(N::not_above(*t)),
            (Test::OneOf(_) | Test::NoneOf(_) | Test::AnyOf(_), _) => Comparison::Other,
        };
        Self { node: node as u32, feature: split.feature as u32, test }
    }

    /// The rows that go left.
    #[inline(always)]
    pub(super) fn lefts<L: Lanes<Number = N>>(&self, lanes: L, rows: &Rows<'_, N>, tree: &Tree) -> Mask<L> {
        if rows.wide.is_some() {
            return self.one_by_one(lanes, rows, tree);
        }
        let x = &cells::<L>(rows.columns)[self.feature as usize];
        let mut lefts = [lanes.all(); VECTORS];
        match self.test {
            Comparison::Less(t) => {
                for v in 0..VECTORS {
                    lefts[v] = lanes.less(x[v], lanes.splat(t));
                }
            }
            Comparison::LessOrMissing(t) => {
                for v in 0..VECTORS {
                    lefts[v] = lanes.not(lanes.less_or_equal(lanes.splat(t), x[v]));
                }
            }
            Comparison::LessOrEqual(t) => {
                for v in 0..VECTORS {
                    lefts[v] = lanes.less_or_equal(x[v], lanes.splat(t));
                }
            }
            Comparison::LessOrEqualOrMissing(t) => {
                for v in 0..VECTORS {
                    lefts[v] = lanes.not(lanes.less(lanes.splat(t), x[v]));
                }
            }
            Comparison::Other => return self.one_by_one(lanes, rows, tree),
        }
        lefts
    }

    #[inline(always)]
    fn one_by_one<L: Lanes<Number = N>>(&self, lanes: L, rows: &Rows<'_, N>, tree: &Tree) -> Mask<L> {
        let mut lefts = [N::ZERO; 16 * VECTORS];
        let lefts = &mut lefts[..L::WIDTH * VECTORS];
        self.ask(rows, tree, lefts);
        let (lefts, mut mask) = (&cells::<L>(lefts)[0], [lanes.all(); VECTORS]);
        for v in 0..VECTORS {
            mask[v] = lanes.less(lanes.splat(N::ZERO), lefts[v]);
        }
        mask
    }

    /// Writes one for each row that goes left, and zero for the others.
    #[inline(never)]
    fn ask(&self, rows: &Rows<'_, N>, tree: &Tree, lefts: &mut [N]) {
        if let Node::Split(split) = &tree.nodes()[self.node as usize] {
            for (row, left) in lefts.iter_mut().enumerate() {
                let x = rows.value(split.feature, row);
                *left = if split.side(x) == Side::Left { N::ONE } else { N::ZERO };
            }
        }
    }
}
