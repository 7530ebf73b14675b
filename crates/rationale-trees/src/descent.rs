//! The way down a large tree for many rows at once, without a branch that could be guessed wrong.

use crate::tile::{LANES, Tile};
use crate::{Node, Side, Split};

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

    /// The leaf of every lane.
    pub(crate) fn leaves(&self, tile: &Tile) -> [u32; LANES] {
        let mut nodes = [0; LANES];
        while self.step(tile, &mut nodes) {}
        nodes.map(|node| self.steps[node as usize].leaf)
    }

    /// Takes each row to the next node; says whether any has moved.
    fn step(&self, tile: &Tile, nodes: &mut [u32; LANES]) -> bool {
        let mut has_moved = false;
        for (lane, node) in nodes.iter_mut().enumerate() {
            let step = &self.steps[*node as usize];
            let x = tile.column(step.feature as usize)[lane];
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
        let threshold = split.less_than().filter(|_| !split.missing.zero)?;
        Some(Self {
            threshold,
            next: [u32::try_from(split.left).ok()?, u32::try_from(split.right).ok()?],
            feature: u32::try_from(split.feature).ok()?,
            leaf: 0,
            is_missing_left: split.missing.side == Side::Left,
        })
    }

    fn of_leaf(place: usize, leaf: usize) -> Option<Self> {
        let (place, leaf) = (u32::try_from(place).ok()?, u32::try_from(leaf).ok()?);
        Some(Self { threshold: 0.0, next: [place; 2], feature: 0, leaf, is_missing_left: false })
    }
}
