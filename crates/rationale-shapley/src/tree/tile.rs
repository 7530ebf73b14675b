//! Rows as the vectorised engines take them: cut into tiles that fill whole vectors, feature by feature.

use super::engine::Layout;
use super::lanes::{Instructions, Number};
use super::paths::Columns;
use super::walk::Stack;

/// Vectors a tile.
pub(super) const VECTORS: usize = 2;

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
pub(super) fn n_rows<N: Number>(instructions: Instructions) -> usize {
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
pub(super) struct Tiles<'a, N> {
    columns: &'a [N],
    wide: Option<&'a [f64]>,
    n_features: usize,
    tile_rows: usize,
    n_tiles: usize,
}

impl<'a, N: Number> Tiles<'a, N> {
    /// Cuts a block into tiles, the last of which is filled up with zeros.
    pub(super) fn cut(
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

    pub(super) fn len(&self) -> usize {
        self.n_tiles
    }

    pub(super) fn tile(&self, idx: usize) -> Rows<'a, N> {
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

/// Adds `part` to `sum` and clears it.
pub(super) fn fold<N: Number>(part: &mut [N], sum: &mut [f64]) {
    for (part, sum) in part.iter_mut().zip(sum) {
        *sum += (*part).into();
        *part = N::ZERO;
    }
}

/// Adds values `[tile][output][feature][row]` to `out` `[row, feature, output]`.
pub(super) fn scatter(values: &[f64], tile_rows: usize, layout: Layout, out: &mut [f64]) {
    let Layout { n_features, n_outputs, .. } = layout;
    for (idx, row) in out.chunks_exact_mut(layout.stride()).enumerate() {
        let (tile, lane) = (idx / tile_rows, idx % tile_rows);
        let values = &values[tile * layout.stride() * tile_rows..][..layout.stride() * tile_rows];
        for output in 0..n_outputs {
            for feature in 0..n_features {
                row[feature * n_outputs + output] +=
                    values[(output * n_features + feature) * tile_rows + lane];
            }
        }
    }
}
