//! The paths of one tree: for each leaf, the different features on the way to it.
//!
//! Whether a row satisfies the splits on a feature of the path is one bit, so a row and a leaf meet in a bit mask, and
//! every Shapley kernel is a function of the leaf and the mask.

use std::ops::{BitOr, Index, Range, Shl};
use std::sync::OnceLock;

use rationale_trees::{InputPrecision, Node, Outputs, Side, Split, Tree, TreeEnsemble};
use rayon::prelude::*;

use super::Error;

/// Bit k set: the row fails a split on the k-th feature of the path.
pub(super) type Pattern = u128;

/// A number that holds a pattern: [`Pattern`], or a shorter one where all paths of a tree are short.
pub(super) trait Bits:
    Copy + Default + From<bool> + BitOr<Output = Self> + Shl<u32, Output = Self>
{
}

impl Bits for Pattern {}
impl Bits for u16 {}

/// One tree, ready to be walked by blocks of rows.
#[derive(Debug)]
pub(super) struct Paths {
    /// Depth first, as the tree's own nodes.
    nodes: Vec<PathNode>,
    leaves: Vec<Leaf>,
    n_levels: usize,
}

#[derive(Debug)]
struct PathNode {
    depth: usize,
    /// The side of the parent on which this node hangs, and the bit of the parent's feature; none for the root.
    edge: Option<(Side, u32)>,
    /// Whether the parent's feature is asked further above too.
    is_edge_repeated: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Split(Split),
    Leaf(usize),
}

/// A split and its place among the paths.
pub(super) struct PathSplit<'a> {
    /// The node in its tree.
    pub node: usize,
    /// The number of splits above.
    pub level: usize,
    pub split: &'a Split,
    /// The side of the parent on which the split hangs, and the bit of the parent's feature; none for the root.
    pub edge: Option<(Side, u32)>,
    /// Whether the parent's feature is asked further above too.
    pub is_edge_repeated: bool,
    /// The bit of the split's feature.
    pub slot: u32,
    /// Whether the split's feature is asked above too.
    pub is_repeated: bool,
    /// The leaves that hang on the split, left and right.
    pub leaves: [Option<usize>; 2],
}

/// A leaf and its path.
#[derive(Debug)]
pub(super) struct Leaf {
    /// The different features, in order of their first split; the k-th has bit k.
    pub features: Vec<usize>,
    /// For each of them the product of the cover ratios along its splits; empty where there is no cover.
    pub ratios: Vec<f64>,
    /// The leaf's values times the tree's weight.
    pub values: Vec<f64>,
    /// The output of the first value.
    pub first_output: usize,
}

impl Leaf {
    /// How many different features are on the path.
    pub(super) fn len(&self) -> usize {
        self.features.len()
    }
}

impl Paths {
    /// Reads the paths of a tree, of which [`AllPaths`] knows that they fit.
    fn new(tree: &Tree) -> Self {
        let mut paths = Self { nodes: Vec::new(), leaves: Vec::new(), n_levels: tree.depth() + 1 };
        // The edges to the last node visited, and how to take each back.
        let (mut path, mut open): (Path, Vec<Undo>) = (Path::default(), Vec::new());
        for (node, kind) in tree.nodes().iter().enumerate() {
            let entered = (node > 0).then(|| paths.enter(tree, node, &mut path, &mut open));
            let kind = match kind {
                Node::Split(split) => Kind::Split(split.clone()),
                Node::Leaf(leaf) => paths.leaf(tree, *leaf, &path),
            };
            let edge = entered.map(|(side, slot, _)| (side, slot));
            let is_edge_repeated = entered.is_some_and(|(.., is_new)| !is_new);
            paths.nodes.push(PathNode { depth: open.len(), edge, is_edge_repeated, kind });
        }
        paths
    }

    /// The leaves, in the tree's order.
    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The most different features on a path.
    pub(super) fn longest(&self) -> usize {
        self.leaves.iter().map(Leaf::len).max().unwrap_or(0)
    }

    /// The splits, depth first.
    pub(super) fn splits(&self) -> impl Iterator<Item = PathSplit<'_>> {
        self.nodes.iter().enumerate().filter_map(|(node, here)| match &here.kind {
            Kind::Leaf(_) => None,
            Kind::Split(split) => {
                let leaf = |side| match self.nodes[split.child(side)].kind {
                    Kind::Leaf(leaf) => Some(leaf),
                    Kind::Split(_) => None,
                };
                let slot = self.nodes[split.left].edge.map_or(0, |(_, slot)| slot);
                Some(PathSplit {
                    node,
                    level: here.depth,
                    split,
                    edge: here.edge,
                    is_edge_repeated: here.is_edge_repeated,
                    slot,
                    is_repeated: self.nodes[split.left].is_edge_repeated,
                    leaves: [leaf(Side::Left), leaf(Side::Right)],
                })
            }
        })
    }

    /// Calls `visit` for each leaf with the patterns `[row]` of the rows in `columns`, in numbers that hold the longest
    /// path.
    pub(super) fn patterns<P: Bits>(
        &self,
        columns: &Columns<'_>,
        walk: &mut Walk<P>,
        mut visit: impl FnMut(usize, &[P]),
    ) {
        let n_rows = columns.n_rows;
        walk.resize(self.n_levels * n_rows);
        for node in &self.nodes {
            let level = node.depth * n_rows;
            if let Some((side, bit)) = node.edge {
                walk.step(level, n_rows, side, bit);
            }
            match &node.kind {
                Kind::Leaf(leaf) => visit(*leaf, &walk.patterns[level..][..n_rows]),
                Kind::Split(split) => columns.sides(split, &mut walk.sides[level..][..n_rows]),
            }
        }
    }

    /// Moves `path` from the last node to `node`, and names the edge that leads to it, and whether its feature is new.
    fn enter(&self, tree: &Tree, node: usize, path: &mut Path, open: &mut Vec<Undo>) -> (Side, u32, bool) {
        let parent = tree.parents()[node];
        while open.len() > self.nodes[parent].depth {
            open.pop().into_iter().for_each(|undo| path.take_back(undo));
        }
        let (side, feature) = match &self.nodes[parent].kind {
            Kind::Split(split) if split.left == node => (Side::Left, split.feature),
            Kind::Split(split) => (Side::Right, split.feature),
            // A leaf has no children.
            Kind::Leaf(_) => (Side::Left, 0),
        };
        let undo = path.multiply(feature, ratio(tree, parent, node));
        open.push(undo);
        (side, undo.slot as u32, undo.ratio.is_none())
    }

    fn leaf(&mut self, tree: &Tree, leaf: usize, path: &Path) -> Kind {
        let first_output = match tree.outputs() {
            Outputs::One(output) => output,
            Outputs::All => 0,
        };
        self.leaves.push(Leaf {
            features: path.features.clone(),
            ratios: if tree.covers().is_some() { path.ratios.clone() } else { Vec::new() },
            values: tree.leaf_values(leaf).iter().map(|value| value * tree.weight()).collect(),
            first_output,
        });
        Kind::Leaf(leaf)
    }
}

#[derive(Debug, Clone, Default)]
struct Path {
    features: Vec<usize>,
    ratios: Vec<f64>,
}

/// Takes an edge back: the bit of its feature, and the ratio before; none where the feature was new.
#[derive(Debug, Clone, Copy)]
struct Undo {
    slot: usize,
    ratio: Option<f64>,
}

impl Path {
    /// Adds an edge.
    fn multiply(&mut self, feature: usize, ratio: f64) -> Undo {
        if let Some(slot) = self.features.iter().position(|&other| other == feature) {
            let before = self.ratios[slot];
            self.ratios[slot] *= ratio;
            return Undo { slot, ratio: Some(before) };
        }
        self.features.push(feature);
        self.ratios.push(ratio);
        Undo { slot: self.features.len() - 1, ratio: None }
    }

    fn take_back(&mut self, undo: Undo) {
        if let Some(ratio) = undo.ratio {
            self.ratios[undo.slot] = ratio;
        } else {
            self.features.pop();
            self.ratios.pop();
        }
    }
}

/// The paths of all trees, each tree's made when it is first asked for: row-SIMD does without them.
pub(super) struct AllPaths {
    ensemble: TreeEnsemble,
    made: Vec<OnceLock<Paths>>,
    sizes: Vec<Size>,
}

/// How large a tree is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// The number of splits on the longest path.
    pub depth: usize,
    /// The most different features on a path.
    pub longest: usize,
}

impl AllPaths {
    /// Fails where a path asks about more features than a pattern has bits.
    pub(super) fn new(ensemble: &TreeEnsemble) -> Result<Self, Error> {
        let sizes: Vec<Size> = ensemble.trees().par_iter().map(size).collect();
        let most = Pattern::BITS as usize;
        if let Some(tree) = sizes.iter().position(|size| size.longest > most) {
            return Err(Error::LongPath { tree, n_features: sizes[tree].longest, most });
        }
        let made = sizes.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { ensemble: ensemble.clone(), made, sizes })
    }

    /// How many trees there are.
    pub(super) fn len(&self) -> usize {
        self.made.len()
    }

    /// A tree's size.
    pub(super) fn size(&self, tree: usize) -> Size {
        self.sizes[tree]
    }

    /// The most different features on a path of any tree.
    pub(super) fn longest(&self) -> usize {
        self.sizes.iter().map(|size| size.longest).max().unwrap_or(0)
    }

    /// Makes the paths of some trees, all threads together.
    pub(super) fn make(&self, trees: Range<usize>) {
        trees.into_par_iter().for_each(|tree| {
            let _ = &self[tree];
        });
    }
}

impl Index<usize> for AllPaths {
    type Output = Paths;

    fn index(&self, tree: usize) -> &Paths {
        self.made[tree].get_or_init(|| Paths::new(&self.ensemble.trees()[tree]))
    }
}

/// A tree's size, in one pass.
pub(super) fn size(tree: &Tree) -> Size {
    let mut size = Size { depth: tree.depth(), longest: 0 };
    // The splits on the path to the node: node, feature, different features down to it.
    let mut open: Vec<(usize, usize, usize)> = Vec::new();
    for (node, kind) in tree.nodes().iter().enumerate() {
        while open.last().is_some_and(|(above, ..)| node > 0 && *above != tree.parents()[node]) {
            open.pop();
        }
        if let Node::Split(split) = kind {
            let is_new = open.iter().all(|(_, feature, _)| *feature != split.feature);
            let n = open.last().map_or(0, |(.., n)| *n) + usize::from(is_new);
            open.push((node, split.feature, n));
            size.longest = size.longest.max(n);
        }
    }
    size
}

/// The share of all rows that comes to each node of a tree, as its cover tells it.
pub(super) fn shares(tree: &Tree) -> Vec<f64> {
    let mut shares = vec![1.0; tree.nodes().len()];
    for node in 1..shares.len() {
        let parent = tree.parents()[node];
        shares[node] = shares[parent] * ratio(tree, parent, node);
    }
    shares
}

/// The share of the parent's cover that went to the child; half where nothing came through the parent, so that an
/// unseen subtree still averages its leaves.
pub(super) fn ratio(tree: &Tree, parent: usize, child: usize) -> f64 {
    match tree.covers() {
        Some(covers) if covers[parent] > 0.0 => covers[child] / covers[parent],
        _ => 0.5,
    }
}

/// A block of rows, column by column, as the splits see them.
pub(super) struct Columns<'a> {
    values: &'a [f64],
    n_rows: usize,
}

impl<'a> Columns<'a> {
    /// Takes values `[feature, row]`, already rounded to the model's precision.
    pub(super) fn new(values: &'a [f64], n_rows: usize) -> Self {
        Self { values, n_rows }
    }

    /// Values `[feature, row]`.
    pub(super) fn values(&self) -> &'a [f64] {
        self.values
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn n_features(&self) -> usize {
        self.values.len() / self.n_rows.max(1)
    }

    fn sides(&self, split: &Split, sides: &mut [Side]) {
        let column = &self.values[split.feature * self.n_rows..][..self.n_rows];
        split.sides(column, sides);
    }
}

/// Values `[feature, row]` from columns, rounded to the model's precision.
pub(super) fn rounded<'a>(
    columns: impl IntoIterator<Item = impl IntoIterator<Item = &'a f64>>,
    precision: InputPrecision,
) -> Vec<f64> {
    let mut values = Vec::new();
    round_into(columns, precision, &mut values);
    values
}

/// The same, in memory that is there already.
pub(super) fn round_into<'a>(
    columns: impl IntoIterator<Item = impl IntoIterator<Item = &'a f64>>,
    precision: InputPrecision,
    values: &mut Vec<f64>,
) {
    values.clear();
    values.extend(columns.into_iter().flatten().map(|x| precision.round(*x)));
}

/// What a walk remembers, level by level; kept between trees to save the allocation.
#[derive(Default)]
pub(super) struct Walk<P = Pattern> {
    patterns: Vec<P>,
    sides: Vec<Side>,
}

impl<P: Bits> Walk<P> {
    fn resize(&mut self, len: usize) {
        self.patterns.clear();
        self.patterns.resize(len, P::default());
        self.sides.resize(len, Side::Left);
    }

    /// Fills the patterns of one level from those of the level above.
    fn step(&mut self, level: usize, n_rows: usize, side: Side, bit: u32) {
        let (above, here) = self.patterns.split_at_mut(level);
        let above = &above[level - n_rows..];
        let sides = &self.sides[level - n_rows..level];
        for ((here, above), taken) in here.iter_mut().zip(above).zip(sides) {
            *here = *above | P::from(*taken != side) << bit;
        }
    }
}
