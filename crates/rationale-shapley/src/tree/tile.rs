//! Rows as the vectorised engines take them: cut into tiles that fill whole vectors, feature by feature.

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled without the instruction set"
)]

use super::engine::Layout;
use super::lanes::{Instructions, Lanes, Number};
use super::paths::Columns;
use super::walk::Stack;

/// Vectors a tile.
pub(super) const VECTORS: usize = 2;

pub(super) type Vector<L> = <L as Lanes>::Vector;
/// One number of each row of a tile.
pub(super) type Cell<L> = [Vector<L>; VECTORS];
pub(super) type Mask<L> = [<L as Lanes>::Mask; VECTORS];

#[inline(always)]
pub(super) fn cells<L: Lanes>(numbers: &[L::Number]) -> &[Cell<L>] {
    L::vectors(numbers).as_chunks().0
}

#[inline(always)]
pub(super) fn cells_mut<L: Lanes>(numbers: &mut [L::Number]) -> &mut [Cell<L>] {
    L::vectors_mut(numbers).as_chunks_mut().0
}

/// One tile of rows.
pub(super) struct Rows<'a, N> {
    /// `[feature][row]`.
    pub columns: &'a [N],
    /// The same in float64, where some value of the tile is not a number of the kernel's type.
    pub wide: Option<&'a [f64]>,
    pub n_features: usize,
    pub n_rows: usize,
}

impl<N: Number> Rows<'_, N> {
    /// A row's value of a feature, exactly.
    pub(super) fn value(&self, feature: usize, row: usize) -> f64 {
        let place = feature * self.n_rows + row;
        self.wide.map_or_else(|| self.columns[place].into(), |wide| wide[place])
    }
}

/// Rows a tile.
fn n_rows<N: Number>(instructions: Instructions) -> usize {
    instructions.width::<N>() * VECTORS
}

/// Numbers that begin at a cache line, kept to save the allocation.
#[derive(Default)]
pub(super) struct Aligned<N> {
    numbers: Vec<N>,
}

impl<N: Number> Aligned<N> {
    const LINE: usize = 64;

    /// The first `len` numbers; whatever they were.
    pub(super) fn get(&mut self, len: usize) -> &mut [N] {
        let most = len + Self::LINE / size_of::<N>();
        if self.numbers.len() < most {
            self.numbers.resize(most, N::ZERO);
        }
        let skip = self.numbers.as_ptr().align_offset(Self::LINE).min(most - len);
        &mut self.numbers[skip..][..len]
    }
}

/// What a thread keeps from block to block, so that a loaded model explains without allocating.
#[derive(Default)]
pub(super) struct Scratch<N> {
    /// `[tile][feature][row]`.
    pub columns: Aligned<N>,
    /// The same in float64, where it is needed.
    pub wide: Aligned<f64>,
    /// `[tile][output][feature][row]`, of some trees.
    pub part: Aligned<N>,
    /// The same, of all trees so far.
    pub sum: Aligned<f64>,
    pub stack: Stack<N>,
}

/// A block of rows in tiles.
struct Tiles<'a, N> {
    columns: &'a [N],
    wide: Option<&'a [f64]>,
    n_features: usize,
    tile_rows: usize,
    n_tiles: usize,
}

impl<'a, N: Number> Tiles<'a, N> {
    /// Cuts a block into tiles, the last of which is filled up with zeros.
    fn cut(
        block: &Columns<'_>,
        tile_rows: usize,
        columns: &'a mut Aligned<N>,
        wide: &'a mut Aligned<f64>,
    ) -> Self {
        let (n_features, n_tiles) = (block.n_features(), block.n_rows().div_ceil(tile_rows));
        let len = n_tiles * n_features * tile_rows;
        let columns = columns.get(len);
        fill(block, tile_rows, columns);
        let wide = (!is_exact::<N>(block.values())).then(|| {
            let wide = wide.get(len);
            fill(block, tile_rows, wide);
            &*wide
        });
        Self { columns, wide, n_features, tile_rows, n_tiles }
    }

    fn len(&self) -> usize {
        self.n_tiles
    }

    fn tile(&self, idx: usize) -> Rows<'a, N> {
        let len = self.n_features * self.tile_rows;
        Rows {
            columns: &self.columns[idx * len..][..len],
            wide: self.wide.map(|wide| &wide[idx * len..][..len]),
            n_features: self.n_features,
            n_rows: self.tile_rows,
        }
    }
}

fn fill<N: Number>(block: &Columns<'_>, tile_rows: usize, tiles: &mut [N]) {
    let (n_rows, n_features) = (block.n_rows(), block.n_features());
    for (tile, cells) in tiles.chunks_exact_mut((n_features * tile_rows).max(1)).enumerate() {
        let start = tile * tile_rows;
        let len = tile_rows.min(n_rows - start);
        for (feature, cells) in cells.chunks_exact_mut(tile_rows).enumerate() {
            let column = &block.values()[feature * n_rows + start..][..len];
            cells.iter_mut().zip(column).for_each(|(cell, x)| *cell = N::nearest(*x));
            cells[len..].fill(N::ZERO);
        }
    }
}

/// Whether all values are numbers of the kernel's type.
fn is_exact<N: Number>(values: &[f64]) -> bool {
    size_of::<N>() == size_of::<f64>() || values.iter().all(|x| x.is_nan() || N::nearest(*x).into() == *x)
}

/// The most trees whose parts are added up in the kernel's precision.
pub(super) const fn most_trees<N: Number>() -> usize {
    if size_of::<N>() == size_of::<f64>() { usize::MAX } else { 64 }
}

/// Adds `part` to `sum` and clears it.
fn fold<N: Number>(part: &mut [N], sum: &mut [f64]) {
    for (part, sum) in part.iter_mut().zip(sum) {
        *sum += (*part).into();
        *part = N::ZERO;
    }
}

/// Adds values `[tile][output][cell][row]` to `out` `[row, cell, output]`.
fn scatter(values: &[f64], tile_rows: usize, layout: Layout, out: &mut [f64]) {
    let tile_len = layout.n_outputs * layout.n_cells() * tile_rows;
    let tiles = out.chunks_mut(layout.stride() * tile_rows).zip(values.chunks_exact(tile_len));
    for (rows, values) in tiles {
        let places =
            (0..layout.n_outputs).flat_map(|output| layout.places().map(move |place| place + output));
        for (place, values) in places.zip(values.chunks_exact(tile_rows)) {
            for (row, value) in rows.chunks_exact_mut(layout.stride()).zip(values) {
                row[place] += value;
            }
        }
    }
}

/// Adds what groups of so many trees give to a block of rows to `out`; `walk` adds one group's part to one tile's values.
pub(super) fn add_block<N: Number>(
    instructions: Instructions,
    columns: &Columns<'_>,
    layout: Layout,
    out: &mut [f64],
    groups: impl Iterator<Item = usize>,
    mut walk: impl FnMut(usize, &Rows<'_, N>, &mut Stack<N>, &mut [N]),
) {
    let tile_rows = n_rows::<N>(instructions);
    let tile_len = layout.n_outputs * layout.n_cells() * tile_rows;
    if columns.n_rows() == 0 || tile_len == 0 {
        return;
    }
    N::with_scratch(|scratch| {
        let tiles = Tiles::cut(columns, tile_rows, &mut scratch.columns, &mut scratch.wide);
        let n_values = tiles.len() * tile_len;
        let (part, sum) = (scratch.part.get(n_values), scratch.sum.get(n_values));
        part.fill(N::ZERO);
        sum.fill(0.0);
        let mut n_added = 0;
        for (group, n_trees) in groups.enumerate() {
            if n_added + n_trees > most_trees::<N>() {
                fold(part, sum);
                n_added = 0;
            }
            n_added += n_trees;
            for (idx, part) in part.chunks_exact_mut(tile_len).enumerate() {
                walk(group, &tiles.tile(idx), &mut scratch.stack, part);
            }
        }
        fold(part, sum);
        scatter(sum, tile_rows, layout, out);
    });
}
