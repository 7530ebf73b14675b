//! A tree as a list of steps for the row-SIMD kernel, with every constant computed beforehand in float64.
//!
//! Path-dependent Shapley values (Lundberg, Erion, Lee 2018, <https://arxiv.org/abs/1802.03888>) by quadrature
//! (Wettenstein, Mitchell, Yu 2026, <https://arxiv.org/abs/2605.04497>). Along a path let z be the product of a feature's
//! cover ratios so far, and o = 1 while the row satisfies all its splits so far (else 0). An edge with ratio r takes z
//! to z' = z r and o to o'. At a quadrature point p, with s(z) = p + (1 - p) z,
//!
//! ```text
//! the edge's factor    e  =  s(z') / s(z)            if o'      (1 - p) z' / s(z)    if o but not o'     r   if not o
//! the edge's share     k  =  (z - z') / s(z)^2       if o'      -z' / s(z)^2         if o but not o'     0   if not o
//! the feature gets   phi +=  sum over points of  weight * (product of e above) * k * (sum below)
//! the sum below an edge   =  sum over leaves below of  value * (product of e between the edge and the leaf)
//! ```
//!
//! For a feature's first edge z = 1 and s(z) = 1: the factor and share of the textbook, o' - z'. Further edges on the same
//! feature divide the earlier factor out, here and not in the kernel; as s(z) >= p > 0, a zero cover is no special case.
//! Each share tells what the edge changes, so the shares of a feature's edges telescope into o - z over the others' factors.

use rationale_trees::{Node, Outputs, Side, Split, Tree};

use super::lanes::Number;
use super::paths;
use super::quadrature::Quadrature;
use super::question::Question;

/// Deeper trees are left to the plain engine.
pub(super) const MOST_LEVELS: usize = 64;
/// The kernel's largest size; rules of more points are cut into several programs, whose results add up.
pub(super) const MOST_POINTS: usize = 8;
/// No leaf hangs on the node.
pub(super) const NONE: u32 = u32::MAX;

/// One tree, for up to [`MOST_POINTS`] quadrature points.
pub(super) struct Program<N> {
    /// The tree's number in its ensemble.
    pub tree: usize,
    pub steps: Vec<Step<N>>,
    /// Rows of `n_points` numbers: of an edge e if the node's row goes left, e if right; for a repeated feature k alike.
    pub edges: Vec<N>,
    /// Rows of `n_points` numbers, output by output: the sum over the node's leaves of value times e, if the row goes
    /// left and if right; for a repeated feature value times k alike.
    pub leaves: Vec<N>,
    /// Output by output, of a node's leaves: value times k if left and if right; for a repeated feature value times r.
    pub shares: Vec<[N; 2]>,
    /// Output by output, of a node's leaves, for a walk in which the node's feature is held: the value if left, if right, and
    /// the mean.
    pub held: Vec<[N; 3]>,
    /// Which features some split asks about.
    pub asks: Vec<bool>,
    pub weights: Vec<N>,
    pub n_outputs: usize,
    pub first_output: usize,
}

impl<N> Program<N> {
    /// The bytes that a walk reads.
    pub(super) fn n_bytes(&self) -> usize {
        let numbers = self.edges.len() + self.leaves.len() + 2 * self.shares.len();
        self.steps.len() * size_of::<Step<N>>() + numbers * size_of::<N>()
    }
}

/// One visit of the kernel to a split.
#[derive(Clone, Copy)]
pub(super) struct Step<N> {
    pub kind: Kind,
    pub level: u32,
    pub feature: u32,
    pub question: Question<N>,
    /// The level at which the same feature was asked last.
    pub repeats: Option<u32>,
    /// Whether the same feature is asked again below.
    pub is_repeated: bool,
    /// The edge to the parent; meaningless at the root.
    pub edge: Edge<N>,
    /// Where the constants of the node's leaves begin: rows in `leaves`, and pairs in `shares`; or [`NONE`].
    pub leaf_row: u32,
    pub leaf_share: u32,
}

/// What the kernel does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Goes down to a split.
    Enter,
    /// Goes up from a split.
    Leave,
    /// Goes down to a split with two leaves, and up again.
    Twig,
}

/// From a split to its parent.
#[derive(Clone, Copy)]
pub(super) struct Edge<N> {
    /// The parent's feature.
    pub feature: u32,
    pub side: Side,
    /// The level at which the parent's feature was asked before the parent.
    pub repeats: Option<u32>,
    /// Whether the parent's feature is asked again below the parent.
    pub is_repeated: bool,
    pub row: u32,
    /// The share of the parent's cover.
    pub ratio: N,
    /// k if the row goes left and if right; for a repeated feature r twice.
    pub share: [N; 2],
}

/// The programs of a tree; none where the tree is too deep, and none is needed where it is a leaf.
pub(super) fn compile<N: Number>(tree: &Tree, number: usize) -> Option<Vec<Program<N>>> {
    tree.covers()?;
    let size = paths::size(tree);
    if size.depth > MOST_LEVELS {
        return None;
    }
    let n_points = size.longest.div_ceil(2);
    let rule = Quadrature::new(n_points);
    let n_programs = n_points.div_ceil(MOST_POINTS).max(1);
    let parts = rule.points().chunks(n_points.div_ceil(n_programs).max(1));
    Some(parts.map(|points| Compiler::new(tree, number, points).finish()).collect())
}

/// A split on the path to the node at hand.
struct Open {
    node: usize,
    feature: usize,
    repeats: Option<usize>,
    /// The product of the feature's ratios above the split.
    z_above: f64,
    /// The same below the edge that is open now.
    z_below: f64,
    /// The step that goes down to it.
    first_step: usize,
    /// Whether both children are leaves.
    is_twig: bool,
}

struct Compiler<'a, N> {
    tree: &'a Tree,
    points: &'a [(f64, f64)],
    open: Vec<Open>,
    program: Program<N>,
}

/// The constants of an edge at one point.
struct Constants {
    satisfied: f64,
    failed: f64,
    share_satisfied: f64,
    share_failed: f64,
}

impl Constants {
    fn new(p: f64, z: f64, z_below: f64) -> Self {
        let s = |z: f64| p + (1.0 - p) * z;
        let above = s(z);
        Self {
            satisfied: s(z_below) / above,
            failed: (1.0 - p) * z_below / above,
            share_satisfied: (z - z_below) / (above * above),
            share_failed: -z_below / (above * above),
        }
    }

    /// (factor, share) where the row goes this way.
    fn at(&self, satisfied: bool) -> (f64, f64) {
        if satisfied { (self.satisfied, self.share_satisfied) } else { (self.failed, self.share_failed) }
    }
}

impl<'a, N: Number> Compiler<'a, N> {
    fn new(tree: &'a Tree, number: usize, points: &'a [(f64, f64)]) -> Self {
        let (first_output, n_outputs) = match tree.outputs() {
            Outputs::One(output) => (output, 1),
            Outputs::All => (0, tree.leaf_values(0).len()),
        };
        let program = Program {
            tree: number,
            steps: Vec::new(),
            edges: Vec::new(),
            leaves: Vec::new(),
            shares: Vec::new(),
            held: Vec::new(),
            asks: Vec::new(),
            weights: points.iter().map(|(_, weight)| N::nearest(*weight)).collect(),
            n_outputs,
            first_output,
        };
        Self { tree, points, open: Vec::new(), program }
    }

    fn finish(mut self) -> Program<N> {
        for (node, kind) in self.tree.nodes().iter().enumerate() {
            while self.open.last().is_some_and(|open| node > 0 && open.node != self.tree.parents()[node]) {
                self.leave();
            }
            if let Node::Split(split) = kind {
                self.enter(node, split);
            }
        }
        while !self.open.is_empty() {
            self.leave();
        }
        self.program
    }

    fn enter(&mut self, node: usize, split: &Split) {
        let repeats = self.open.iter().rposition(|open| open.feature == split.feature);
        if let Some(level) = repeats {
            self.mark(level);
        }
        if self.program.asks.len() <= split.feature {
            self.program.asks.resize(split.feature + 1, false);
        }
        self.program.asks[split.feature] = true;
        let edge = self.edge(node);
        let z_above = repeats.map_or(1.0, |level| self.open[level].z_below);
        let (leaf_row, leaf_share) = self.leaves(node, split, repeats.is_some(), z_above);
        self.open.push(Open {
            node,
            feature: split.feature,
            repeats,
            z_above,
            z_below: z_above,
            first_step: self.program.steps.len(),
            is_twig: [split.left, split.right].iter().all(|child| self.leaf(*child).is_some()),
        });
        self.program.steps.push(Step {
            kind: Kind::Enter,
            level: (self.open.len() - 1) as u32,
            feature: split.feature as u32,
            question: Question::new(node, split),
            repeats: repeats.map(|level| level as u32),
            is_repeated: false,
            edge,
            leaf_row,
            leaf_share,
        });
    }

    /// Says of the split at this level that its feature is asked again.
    fn mark(&mut self, level: usize) {
        let first = self.open[level].first_step;
        for step in &mut self.program.steps[first..] {
            step.is_repeated |= step.level as usize == level;
            step.edge.is_repeated |= step.level as usize == level + 1;
        }
    }

    fn leave(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if self.open.is_empty() {
            return;
        }
        if open.is_twig {
            self.program.steps[open.first_step].kind = Kind::Twig;
        } else {
            let step = Step { kind: Kind::Leave, ..self.program.steps[open.first_step] };
            self.program.steps.push(step);
        }
    }

    fn leaf(&self, node: usize) -> Option<usize> {
        match self.tree.nodes()[node] {
            Node::Leaf(leaf) => Some(leaf),
            Node::Split(_) => None,
        }
    }

    fn ratio(&self, parent: usize, child: usize) -> f64 {
        paths::ratio(self.tree, parent, child)
    }

    /// The constants of the edge from the last open split to `node`.
    fn edge(&mut self, node: usize) -> Edge<N> {
        let row = self.program.edges.len() / self.points.len().max(1);
        let Some(parent) = self.open.last() else {
            let (side, repeats) = (Side::Left, None);
            return Edge {
                feature: 0,
                side,
                repeats,
                is_repeated: false,
                row: 0,
                ratio: N::ONE,
                share: [N::ZERO; 2],
            };
        };
        let ratio = self.ratio(parent.node, node);
        let (feature, repeats, z) = (parent.feature, parent.repeats, parent.z_above);
        let side = if node == parent.node + 1 { Side::Left } else { Side::Right };
        let is_repeated = self.program.steps[parent.first_step].is_repeated;
        let z_below = z * ratio;
        if let Some(parent) = self.open.last_mut() {
            parent.z_below = z_below;
        }
        let constants =
            |p: f64, goes_left: bool| Constants::new(p, z, z_below).at(goes_left == (side == Side::Left));
        for goes_left in [true, false] {
            self.program
                .edges
                .extend(self.points.iter().map(|&(p, _)| N::nearest(constants(p, goes_left).0)));
        }
        let mut share = [true, false].map(|goes_left| N::nearest(constants(0.5, goes_left).1));
        if repeats.is_some() {
            share = [N::nearest(ratio); 2];
            for goes_left in [true, false] {
                self.program
                    .edges
                    .extend(self.points.iter().map(|&(p, _)| N::nearest(constants(p, goes_left).1)));
            }
        }
        Edge {
            feature: feature as u32,
            side,
            repeats: repeats.map(|level| level as u32),
            is_repeated,
            row: row as u32,
            ratio: N::nearest(ratio),
            share,
        }
    }

    /// The constants of the leaves that hang on `node`: where they begin.
    fn leaves(&mut self, node: usize, split: &Split, repeats: bool, z: f64) -> (u32, u32) {
        let begin = (self.program.leaves.len() / self.points.len().max(1), self.program.shares.len());
        let sides = [(Side::Left, split.left), (Side::Right, split.right)];
        let leaves: Vec<(Side, f64, usize)> = sides
            .into_iter()
            .filter_map(|(side, child)| Some((side, self.ratio(node, child), self.leaf(child)?)))
            .collect();
        if leaves.is_empty() {
            return (NONE, NONE);
        }
        for output in 0..self.program.n_outputs {
            let value = |leaf: usize| self.tree.leaf_values(leaf)[output] * self.tree.weight();
            let mean: f64 = leaves.iter().map(|&(_, ratio, leaf)| ratio * value(leaf)).sum();
            let on =
                |wanted: Side| leaves.iter().find(|leaf| leaf.0 == wanted).map_or(0.0, |leaf| value(leaf.2));
            self.program.held.push([on(Side::Left), on(Side::Right), mean].map(N::nearest));
            // (sum of value times factor, sum of value times share) at a point.
            let sums = |p: f64, goes_left: bool| {
                leaves.iter().fold((0.0, 0.0), |(factors, shares), &(side, ratio, leaf)| {
                    let constants = Constants::new(p, z, z * ratio);
                    let (factor, share) = constants.at(goes_left == (side == Side::Left));
                    (factors + value(leaf) * factor, shares + value(leaf) * share)
                })
            };
            for goes_left in [true, false] {
                self.program
                    .leaves
                    .extend(self.points.iter().map(|&(p, _)| N::nearest(sums(p, goes_left).0)));
            }
            if repeats {
                for goes_left in [true, false] {
                    self.program
                        .leaves
                        .extend(self.points.iter().map(|&(p, _)| N::nearest(sums(p, goes_left).1)));
                }
                self.program.shares.push([N::nearest(mean); 2]);
            } else {
                self.program.shares.push([true, false].map(|goes_left| N::nearest(sums(0.5, goes_left).1)));
            }
        }
        (begin.0 as u32, begin.1 as u32)
    }
}
