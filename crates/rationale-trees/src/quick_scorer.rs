//! Leaves by masks: QuickScorer, Lucchese and others 2015, <https://doi.org/10.1145/2766462.2767733>.
//!
//! Every split of the tree is asked, whether or not a row comes there. A row that goes right cannot end in a leaf below
//! the left child, and these leaves' bits are cleared; the first bit that stays is the row's leaf. There is no branch and no
//! look-up that waits for another, so rows are asked side by side.
//!
//! **Departs**: splits are asked tree by tree and not feature by feature in the order of their thresholds, since all
//! lanes are asked at once; a split that asks for more than an order is asked lane by lane.

use pulp::{Arch, Simd, WithSimd};

use crate::tile::{LANES, Tile};
use crate::{Node, Side, Split};

/// A tree of no more leaves than a word has bits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QuickScorer {
    steps: Vec<Step>,
    /// Splits on categories and the like, with the leaves that stay for a row that goes right.
    others: Vec<(Split, u64)>,
}

/// A row goes left where x < threshold, and where it is missing if it should.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    threshold: f64,
    /// The leaves that stay for a row that goes right.
    stay: u64,
    feature: u32,
    is_missing_left: bool,
}

impl QuickScorer {
    /// None where there are more leaves than bits.
    pub(crate) fn new(nodes: &[Node]) -> Option<Self> {
        let mut leaves_before = vec![0_u32];
        for node in nodes {
            let n = leaves_before[leaves_before.len() - 1];
            leaves_before.push(n + u32::from(matches!(node, Node::Leaf(_))));
        }
        let n_leaves = leaves_before.last().copied().unwrap_or(0);
        (n_leaves <= u64::BITS).then(|| Self::of(nodes, &leaves_before))
    }

    fn of(nodes: &[Node], leaves_before: &[u32]) -> Self {
        let mut scorer = Self { steps: Vec::new(), others: Vec::new() };
        for node in nodes {
            let Node::Split(split) = node else { continue };
            // Nodes stand depth first: what lies below the left child stands between the two.
            let below = |node: usize| first_bits(leaves_before[node]);
            let stay = !(below(split.right) & !below(split.left));
            match Step::new(split, stay) {
                Some(step) => scorer.steps.push(step),
                None => scorer.others.push((split.clone(), stay)),
            }
        }
        scorer
    }

    /// The leaf of every lane of each tile.
    pub(crate) fn leaves(&self, tiles: &[Tile], leaves: &mut [[u32; LANES]]) {
        Arch::new().dispatch(Asked { scorer: self, tiles, leaves });
    }
}

impl Step {
    fn new(split: &Split, stay: u64) -> Option<Self> {
        let threshold = split.less_than().filter(|_| !split.missing.zero)?;
        let feature = u32::try_from(split.feature).ok()?;
        Some(Self { threshold, stay, feature, is_missing_left: split.missing.side == Side::Left })
    }
}

/// What is compiled for each instruction set.
struct Asked<'a> {
    scorer: &'a QuickScorer,
    tiles: &'a [Tile],
    leaves: &'a mut [[u32; LANES]],
}

impl WithSimd for Asked<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "what is not inlined is compiled without the instruction set")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let all = simd.splat_u64s(u64::MAX);
        for (tile, leaves) in self.tiles.iter().zip(self.leaves) {
            let mut open = [u64::MAX; LANES];
            for step in &self.scorer.steps {
                let (t, stay) = (simd.splat_f64s(step.threshold), simd.splat_u64s(step.stay));
                let lanes = S::as_mut_simd_u64s(&mut open).0.iter_mut();
                let lanes = lanes.zip(S::as_simd_f64s(tile.column(step.feature as usize)).0);
                // What is missing is neither below nor above.
                if step.is_missing_left {
                    lanes.for_each(|(open, x)| {
                        let goes_right = simd.greater_than_or_equal_f64s(*x, t);
                        *open = simd.and_u64s(*open, simd.select_u64s(goes_right, stay, all));
                    });
                } else {
                    lanes.for_each(|(open, x)| {
                        let goes_left = simd.less_than_f64s(*x, t);
                        *open = simd.and_u64s(*open, simd.select_u64s(goes_left, all, stay));
                    });
                }
            }
            for (split, stay) in &self.scorer.others {
                let lanes = open.iter_mut().zip(tile.column(split.feature));
                lanes.filter(|(_, x)| split.side(**x) == Side::Right).for_each(|(open, _)| *open &= stay);
            }
            *leaves = open.map(u64::trailing_zeros);
        }
    }
}

/// So many low bits.
fn first_bits(n: u32) -> u64 {
    1_u64.checked_shl(n).map_or(u64::MAX, |bit| bit - 1)
}
