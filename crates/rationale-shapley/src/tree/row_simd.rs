//! The row-SIMD engine: path-dependent values of any depth, many rows at once.
//!
//! [`super::program`] has the algebra and [`super::walk`] the kernel; here trees are put into groups whose constants stay in
//! the second-level cache while the tiles of a block pass, and whose float32 sums are short before they are folded into
//! float64.

use rationale_trees::Tree;
use rayon::prelude::*;

use super::engine::Layout;
use super::lanes::{Instructions, Number};
use super::paths::Columns;
use super::program::{self, Program};
use super::tile;
use super::vectorised::Vectorised;
use super::walk;

/// The most trees whose parts are added up in the kernel's precision.
const MOST_TREES: usize = 64;
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
                    && group.programs.len() < MOST_TREES
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
        let n_groups = self.groups.len();
        tile::add_block::<N>(
            self.instructions,
            columns,
            layout,
            out,
            n_groups,
            |group, rows, stack, values| {
                let group = &self.groups[group];
                let programs = (group.programs.as_slice(), group.n_points);
                walk::walk(self.instructions, programs, trees, rows, stack, values);
            },
        );
    }
}
