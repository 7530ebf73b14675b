//! The row-SIMD engine: path-dependent values of any depth, many rows at once.
//!
//! [`super::program`] has the algebra and [`super::walk`] the kernel; here trees are put into groups whose constants stay in
//! the second-level cache while the tiles of a block pass, and whose float32 sums are short before they are folded into
//! float64.

use rationale_trees::Tree;
use rayon::prelude::*;

use super::engine::{Layout, Order};
use super::lanes::{Instructions, Number};
use super::paths::Columns;
use super::program::{self, Program};
use super::tile::{self, Aligned};
use super::vectorised::Vectorised;
use super::walk::{self, Held};

/// The most bytes of constants in a group of several trees.
const MOST_BYTES: usize = 256 << 10;

/// Trees, ready for the kernel.
pub(super) struct RowSimd<N> {
    instructions: Instructions,
    groups: Vec<Group<N>>,
}

/// Programs with the same number of points.
struct Group<N> {
    n_points: usize,
    n_bytes: usize,
    programs: Vec<Program<N>>,
}

impl<N: Number> RowSimd<N> {
    /// Takes the trees with these numbers and gives back those that the engine cannot take.
    pub(super) fn new(instructions: Instructions, trees: &[Tree], numbers: &[usize]) -> (Self, Vec<usize>) {
        let compiled: Vec<_> = numbers
            .par_iter()
            .map(|&number| (number, program::compile::<N>(&trees[number], number)))
            .collect();
        let (mut programs, mut refused) = (Vec::new(), Vec::new());
        for (number, compiled) in compiled {
            match compiled {
                Some(compiled) => programs.extend(compiled),
                None => refused.push(number),
            }
        }
        // A stable sort: trees of one size stay in their order.
        programs.sort_by_key(|program| program.weights.len());
        (Self { instructions, groups: groups(programs) }, refused)
    }
}

fn groups<N: Number>(programs: Vec<Program<N>>) -> Vec<Group<N>> {
    let mut groups: Vec<Group<N>> = Vec::new();
    for program in programs {
        let (n_points, n_bytes) = (program.weights.len(), program.n_bytes());
        match groups.last_mut() {
            Some(group)
                if group.n_points == n_points
                    && group.programs.len() < tile::most_trees::<N>()
                    && group.n_bytes + n_bytes <= MOST_BYTES =>
            {
                group.n_bytes += n_bytes;
                group.programs.push(program);
            }
            _ => groups.push(Group { n_points, n_bytes, programs: vec![program] }),
        }
    }
    groups
}

impl<N: Number> Vectorised for RowSimd<N> {
    fn name(&self) -> String {
        format!("row-simd-{}-{}", N::NAME, self.instructions.name())
    }

    fn accumulate(&self, trees: &[Tree], columns: &Columns<'_>, layout: Layout, out: &mut [f64]) {
        let mut held = [Aligned::<N>::default(), Aligned::<N>::default()];
        tile::add_block::<N>(
            self.instructions,
            columns,
            layout,
            out,
            self.groups.iter().map(|group| group.programs.len()),
            |group, rows, stack, values| {
                let group = &self.groups[group];
                let programs = (group.programs.as_slice(), group.n_points);
                let mut walk = |feature: Option<Held>, values: &mut [N]| {
                    walk::walk(self.instructions, programs, trees, rows, feature, stack, values);
                };
                match layout.order {
                    Order::Values => walk(None, values),
                    Order::Interactions => pairs(layout, rows.n_rows, &mut held, walk, values),
                }
            },
        );
    }
}

/// Adds to `values` `[output][cell][row]` of a tile: on the diagonal the features' Shapley values, above it for j and each
/// feature before it half the difference that j makes to that feature's value.
fn pairs<N: Number>(
    layout: Layout,
    n_rows: usize,
    held: &mut [Aligned<N>; 2],
    mut walk: impl FnMut(Option<Held>, &mut [N]),
    values: &mut [N],
) {
    let (n_features, n_cells) = (layout.n_features, layout.n_cells());
    let len = layout.n_outputs * n_features * n_rows;
    let [with, without] = held.each_mut().map(|held| held.get(len));
    // First without holding any, then holding one after the other.
    for feature in std::iter::once(None).chain((1..n_features).map(Some)) {
        with.fill(N::ZERO);
        without.fill(N::ZERO);
        if let Some(feature) = feature {
            walk(Some(Held { feature: feature as u32, is_present: true }), with);
            walk(Some(Held { feature: feature as u32, is_present: false }), without);
        } else {
            walk(None, with);
        }
        let half = if feature.is_some() { 0.5 } else { 1.0 };
        for output in 0..layout.n_outputs {
            for first in 0..feature.unwrap_or(n_features) {
                let cell = layout.triangle_cell(first, feature.unwrap_or(first));
                let from = (output * n_features + first) * n_rows;
                let to = (output * n_cells + cell) * n_rows;
                let parts = with[from..][..n_rows].iter().zip(&without[from..][..n_rows]);
                for (value, (with, without)) in values[to..][..n_rows].iter_mut().zip(parts) {
                    let part: f64 = half * ((*with).into() - (*without).into());
                    *value = N::nearest((*value).into() + part);
                }
            }
        }
    }
}
