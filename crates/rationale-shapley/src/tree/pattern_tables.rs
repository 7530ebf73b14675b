//! The pattern tables: every value that a pair of leaves can give to a row, computed beforehand and looked up.
//!
//! Rows that satisfy the same splits on the way to two sibling leaves get the same values from them. For each such pair
//! there are 2^bits patterns of satisfied features, and for each feature of the path a table of so many entries, made by
//! [`super::leaf_table`] (after Woodelf: Nadel, Wettenstein 2025). A row costs one look-up a pair and feature, whatever the
//! depth, the reading of absence and the size of the background. Where the instruction set permutes vectors in
//! registers, small tables are looked up without touching memory.
//!
//! **Costs** 2^bits numbers of memory a pair and feature, so the paths have to be short; see [`super::vectorised`].

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled without the instruction set"
)]
#![expect(clippy::needless_range_loop, reason = "vectors index several arrays at once")]

use pulp::{Simd, WithSimd};
use rationale_trees::{Side, Tree};
use rayon::prelude::*;

use super::engine::{Layout, LeafId, Order, pair_index};
use super::lanes::{Instructions, Lanes, Number};
use super::paths::{AllPaths, Columns, Leaf, PathSplit, Paths, Size};
use super::program::MOST_LEVELS;
use super::question::Question;
use super::tile::{self, Cell, Mask, Rows, VECTORS, cells_mut};
use super::vectorised::Vectorised;

/// The most bytes of tables in a group of several trees.
const MOST_BYTES: usize = 256 << 10;
/// The most features on a path for which tables are made.
pub(super) const MOST_FEATURES: usize = 12;

/// The values `[feature][pattern]` of a leaf of value 1, and behind them where interactions are asked for these
/// `[pair of features][pattern]`; bit j of the pattern: the row satisfies the path's feature j.
pub(super) type LeafTable<'a> = dyn Fn(&Leaf, LeafId) -> Vec<f64> + Sync + 'a;

/// Trees as tables.
pub(super) struct PatternTables<N> {
    instructions: Instructions,
    groups: Vec<Vec<Tabled<N>>>,
}

/// One tree.
struct Tabled<N> {
    tree: usize,
    visits: Vec<Visit<N>>,
    /// The cells that the pairs of leaves add to, one pair after the other.
    cells: Vec<u32>,
    /// For each pair, output and feature the table `[pattern]`, repeated up to one vector.
    tables: Vec<N>,
    first_output: usize,
    n_outputs: usize,
}

/// A split, on the kernel's way down.
struct Visit<N> {
    level: usize,
    question: Question<N>,
    /// The side of the parent, and the bits that satisfying the parent's split sets and failing it clears.
    side: Side,
    sets: u32,
    clears: u32,
    pair: Option<Pair>,
}

/// The leaves that hang on a split: one or two.
#[derive(Clone, Copy)]
struct Pair {
    /// Set where the row goes left; the highest bit of the pattern.
    left: u32,
    first_cell: usize,
    n_cells: usize,
    first_table: usize,
}

impl Pair {
    /// Entries a table.
    fn len(self, most_lanes: usize) -> usize {
        (2 * self.left as usize).max(most_lanes)
    }
}

/// Whether tables can be made of a tree.
pub(super) fn takes(size: Size) -> bool {
    size.longest <= MOST_FEATURES && size.depth <= MOST_LEVELS
}

/// The bytes of a tree's tables.
pub(super) fn n_bytes<N: Number>(paths: &Paths, order: Order) -> usize {
    let n_outputs = paths.leaves().first().map_or(0, |leaf| leaf.values.len());
    let pairs = paths.splits().filter_map(|split| {
        let leaf = split.leaves.into_iter().flatten().next()?;
        let n_features = paths.leaves()[leaf].len();
        let n_above = n_above(&split, n_features);
        let n_cells = order.width(n_features);
        Some((n_cells * (2 << n_above).max(N::MOST_LANES)) * n_outputs * size_of::<N>())
    });
    pairs.sum()
}

/// The number of different features above a split whose leaves have `n_features` on their paths.
fn n_above(split: &PathSplit<'_>, n_features: usize) -> usize {
    n_features - usize::from(!split.is_repeated)
}

impl<N: Number> PatternTables<N> {
    /// Makes tables of the trees with these numbers.
    pub(super) fn new(
        instructions: Instructions,
        paths: &AllPaths,
        numbers: &[usize],
        layout: Layout,
        leaf_table: &LeafTable<'_>,
    ) -> Self {
        let tabled: Vec<_> = numbers
            .par_iter()
            .map(|&number| Tabled::new(&paths[number], number, layout, leaf_table))
            .collect();
        let (mut groups, mut bytes) = (Vec::<Vec<Tabled<N>>>::new(), 0);
        for tree in tabled {
            let n_bytes = tree.tables.len() * size_of::<N>();
            match groups.last_mut() {
                Some(group) if group.len() < tile::most_trees::<N>() && bytes + n_bytes <= MOST_BYTES => {
                    bytes += n_bytes;
                    group.push(tree);
                }
                _ => {
                    bytes = n_bytes;
                    groups.push(vec![tree]);
                }
            }
        }
        Self { instructions, groups }
    }
}

impl<N: Number> Tabled<N> {
    fn new(paths: &Paths, tree: usize, layout: Layout, leaf_table: &LeafTable<'_>) -> Self {
        let leaf = paths.leaves().first();
        let mut tabled = Self {
            tree,
            visits: Vec::new(),
            cells: Vec::new(),
            tables: Vec::new(),
            first_output: leaf.map_or(0, |leaf| leaf.first_output),
            n_outputs: leaf.map_or(0, |leaf| leaf.values.len()),
        };
        for split in paths.splits() {
            let pair = tabled.pair(paths, &split, layout, leaf_table);
            let (side, slot) = split.edge.unwrap_or((Side::Left, 0));
            let bit = 1 << slot;
            tabled.visits.push(Visit {
                level: split.level,
                question: Question::new(split.node, split.split),
                side,
                sets: if split.is_edge_repeated { 0 } else { bit },
                clears: bit,
                pair,
            });
        }
        tabled
    }

    fn pair(
        &mut self,
        paths: &Paths,
        split: &PathSplit<'_>,
        layout: Layout,
        leaf_table: &LeafTable<'_>,
    ) -> Option<Pair> {
        let leaves: Vec<(Side, &Leaf, Vec<f64>)> = [Side::Left, Side::Right]
            .into_iter()
            .zip(split.leaves)
            .filter_map(|(side, leaf)| {
                let (idx, leaf) = (leaf?, &paths.leaves()[leaf?]);
                Some((side, leaf, leaf_table(leaf, LeafId { tree: self.tree, leaf: idx })))
            })
            .collect();
        let features = &leaves.first()?.1.features;
        let n_above = n_above(split, features.len());
        let pair = Pair {
            left: 1 << n_above,
            first_cell: self.cells.len(),
            n_cells: layout.order.width(features.len()),
            first_table: self.tables.len(),
        };
        self.cells.extend(cells(layout, features));
        let satisfied = |pattern: usize, side: Side| {
            let goes_left = pattern >> n_above & 1 == 1;
            let (above, bit) = (pattern & ((1 << n_above) - 1), 1 << split.slot);
            match (goes_left == (side == Side::Left), split.is_repeated) {
                (true, false) => above | bit,
                (true, true) | (false, false) => above,
                (false, true) => above & !bit,
            }
        };
        for output in 0..self.n_outputs {
            for slot in 0..pair.n_cells {
                self.tables.extend((0..pair.len(N::MOST_LANES)).map(|pattern| {
                    let pattern = pattern & (2 * pair.left as usize - 1);
                    let of_leaf = |(side, leaf, table): &(Side, &Leaf, Vec<f64>)| {
                        leaf.values[output] * table[(slot << features.len()) + satisfied(pattern, *side)]
                    };
                    N::nearest(leaves.iter().map(of_leaf).sum())
                }));
            }
        }
        Some(pair)
    }
}

/// The cells of a path's values, and of its pairs where interactions are asked for.
fn cells(layout: Layout, features: &[usize]) -> Vec<u32> {
    let mut cells: Vec<u32> =
        features.iter().map(|&feature| layout.triangle_cell(feature, feature) as u32).collect();
    if layout.order == Order::Interactions {
        for (second, &b) in features.iter().enumerate() {
            for (first, &a) in features[..second].iter().enumerate() {
                debug_assert_eq!(cells.len(), features.len() + pair_index(first, second));
                cells.push(layout.triangle_cell(a, b) as u32);
            }
        }
    }
    cells
}

impl<N: Number> Vectorised for PatternTables<N> {
    fn name(&self) -> String {
        format!("pattern-tables-{}-{}", N::NAME, self.instructions.name())
    }

    fn accumulate(&self, trees: &[Tree], columns: &Columns<'_>, layout: Layout, out: &mut [f64]) {
        tile::add_block::<N>(
            self.instructions,
            columns,
            layout,
            out,
            self.groups.iter().map(Vec::len),
            |group, rows, _, values| {
                let n_cells = layout.n_cells();
                self.instructions.run(LookUp { trees, group: &self.groups[group], rows, n_cells, values });
            },
        );
    }
}

struct LookUp<'a, N> {
    trees: &'a [Tree],
    group: &'a [Tabled<N>],
    rows: &'a Rows<'a, N>,
    n_cells: usize,
    values: &'a mut [N],
}

impl<N: Number> WithSimd for LookUp<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = N::lanes(simd);
        let values = cells_mut::<N::Lanes<S>>(self.values);
        let mut patterns = [[lanes.splat_index(0); VECTORS]; MOST_LEVELS];
        let mut lefts = [[lanes.all(); VECTORS]; MOST_LEVELS];
        for tabled in self.group {
            for visit in &tabled.visits {
                if visit.level > 0 {
                    let above = visit.level - 1;
                    patterns[visit.level] = step::<N::Lanes<S>>(lanes, visit, patterns[above], lefts[above]);
                }
                let left = visit.question.lefts(lanes, self.rows, &self.trees[tabled.tree]);
                lefts[visit.level] = left;
                if let Some(pair) = &visit.pair {
                    let (mut pattern, set) = (patterns[visit.level], lanes.splat_index(pair.left));
                    for v in 0..VECTORS {
                        let with_set = lanes.or_index(pattern[v], set);
                        pattern[v] = lanes.select_index(left[v], with_set, pattern[v]);
                    }
                    add_pair::<N::Lanes<S>>(lanes, tabled, pair, pattern, self.n_cells, values);
                }
            }
        }
    }
}

/// The pattern below an edge.
#[inline(always)]
fn step<L: Lanes>(
    lanes: L,
    visit: &Visit<L::Number>,
    above: [L::Index; VECTORS],
    lefts: Mask<L>,
) -> [L::Index; VECTORS] {
    let (sets, keeps) = (lanes.splat_index(visit.sets), lanes.splat_index(!visit.clears));
    let mut pattern = above;
    for v in 0..VECTORS {
        let (satisfied, failed) = (lanes.or_index(above[v], sets), lanes.and_index(above[v], keeps));
        pattern[v] = match visit.side {
            Side::Left => lanes.select_index(lefts[v], satisfied, failed),
            Side::Right => lanes.select_index(lefts[v], failed, satisfied),
        };
    }
    pattern
}

#[inline(always)]
fn add_pair<L: Lanes>(
    lanes: L,
    tabled: &Tabled<L::Number>,
    pair: &Pair,
    pattern: [L::Index; VECTORS],
    n_cells: usize,
    values: &mut [Cell<L>],
) {
    let len = pair.len(L::Number::MOST_LANES);
    match if lanes.permutes() { len / L::WIDTH } else { usize::MAX } {
        1 => add_tables::<L, 1>(lanes, tabled, (pair, len), pattern, n_cells, values),
        2 => add_tables::<L, 2>(lanes, tabled, (pair, len), pattern, n_cells, values),
        4 => add_tables::<L, 4>(lanes, tabled, (pair, len), pattern, n_cells, values),
        8 => add_tables::<L, 8>(lanes, tabled, (pair, len), pattern, n_cells, values),
        _ => add_tables::<L, 0>(lanes, tabled, (pair, len), pattern, n_cells, values),
    }
}

/// With tables of `T` vectors, looked up in registers; 0 for tables in memory.
#[inline(always)]
fn add_tables<L: Lanes, const T: usize>(
    lanes: L,
    tabled: &Tabled<L::Number>,
    (pair, len): (&Pair, usize),
    pattern: [L::Index; VECTORS],
    n_cells: usize,
    values: &mut [Cell<L>],
) {
    let cells = &tabled.cells[pair.first_cell..][..pair.n_cells];
    let mut tables = tabled.tables[pair.first_table..].chunks_exact(len);
    for output in 0..tabled.n_outputs {
        let values = &mut values[(tabled.first_output + output) * n_cells..][..n_cells];
        for (&cell, table) in cells.iter().zip(&mut tables) {
            let value = &mut values[cell as usize];
            for v in 0..VECTORS {
                let found = match L::vectors(table).first_chunk::<T>() {
                    Some(table) if T > 0 => in_registers(lanes, *table, pattern[v]),
                    _ => lanes.look_up(table, pattern[v]),
                };
                value[v] = lanes.add(value[v], found);
            }
        }
    }
}

/// Looks up in each vector of the table, then halves their number bit by bit.
#[inline(always)]
fn in_registers<L: Lanes, const T: usize>(
    lanes: L,
    mut table: [L::Vector; T],
    pattern: L::Index,
) -> L::Vector {
    for t in 0..T {
        table[t] = lanes.permute(table[t], pattern);
    }
    let (mut n, mut bit) = (T, L::WIDTH as u32);
    while n > 1 {
        n /= 2;
        let mask = lanes.has_bit(pattern, bit);
        for t in 0..n {
            table[t] = lanes.select(mask, table[2 * t + 1], table[2 * t]);
        }
        bit *= 2;
    }
    table[0]
}
