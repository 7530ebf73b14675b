//! The cost model: for which trees tables of patterns are worth their building.
//!
//! The unit is about a nanosecond on one thread of a machine with AVX-512; only ratios matter. The choice depends on the
//! model, the precision, the instruction set and the number of rows, which are rounded down to a power of two.

use std::ops::Range;

use super::engine::Order;
use super::paths::Paths;
use super::pattern_tables;
use super::vectorised::{Engine, Job, Precision};

/// Building: a table entry, times points and rounds of halving.
const BUILD_ENTRY: f64 = 1.0;
/// Building: a leaf, whatever its size.
const BUILD_LEAF: f64 = 300.0;
/// Row-SIMD: a split and point.
const WALK_POINT: f64 = 0.25;
/// Pattern tables: a split.
const LOOK_UP_SPLIT: f64 = 0.25;
/// Pattern tables: a value from registers, by vectors of table.
const LOOK_UP_VECTOR: f64 = 0.08;
/// Pattern tables: a value from memory.
const LOOK_UP_MEMORY: f64 = 0.7;
/// The plain engine: a leaf, and a background pattern met for the first time in a block.
const PLAIN_LEAF: f64 = 30.0;
const PLAIN_PATTERN: f64 = 5.0;
/// Rows a block of the plain engine.
const PLAIN_BLOCK: f64 = 256.0;

/// The trees for which tables are made, in ascending order; `n_background` is 0 for path-dependent values.
pub(super) fn tabled(job: &Job<'_>, trees: Range<usize>, n_background: usize) -> Vec<usize> {
    let mut left = job.memory_limit;
    let is_worth_it = |paths: &Paths| match job.engine {
        Engine::Plain | Engine::RowSimd => false,
        Engine::PatternTables => true,
        Engine::Auto => saves(job, paths, n_background),
    };
    trees
        .filter(|&tree| {
            if !pattern_tables::takes(job.paths.size(tree)) || job.engine == Engine::RowSimd {
                return false;
            }
            let paths = &job.paths[tree];
            if !is_worth_it(paths) {
                return false;
            }
            let bytes = match job.precision {
                Precision::Double => pattern_tables::n_bytes::<f64>(paths, job.layout.order),
                Precision::Single => pattern_tables::n_bytes::<f32>(paths, job.layout.order),
            };
            let fits = bytes <= left;
            left -= if fits { bytes } else { 0 };
            fits
        })
        .collect()
}

fn saves(job: &Job<'_>, paths: &Paths, n_background: usize) -> bool {
    let n_rows = job.n_rows as f64;
    let other = if n_background == 0 { walk(job, paths) } else { plain(paths, n_background) };
    building(job, paths) + n_rows * look_up(job, paths) < n_rows * other
}

/// How much slower than float32 with AVX-512 vectors of this job are.
fn slowness(job: &Job<'_>) -> f64 {
    let width = match job.precision {
        Precision::Double => job.instructions.width::<f64>(),
        Precision::Single => job.instructions.width::<f32>(),
    };
    16.0 / width as f64
}

fn walk(job: &Job<'_>, paths: &Paths) -> f64 {
    let n_points = paths.longest().div_ceil(2);
    // For interactions a tree is walked twice for each of its features.
    let n_walks = match job.layout.order {
        Order::Values => 1,
        Order::Interactions => 2 * job.layout.n_features.min(paths.leaves().len()),
    };
    WALK_POINT * slowness(job) * (paths.leaves().len() * n_points * n_walks) as f64
}

fn look_up(job: &Job<'_>, paths: &Paths) -> f64 {
    let slowness = slowness(job);
    let width = 16.0 / slowness;
    let one = |d: usize| {
        let n_vectors = f64::from(1_u32 << d) / width;
        let in_registers = job.instructions.permutes() && n_vectors <= 8.0;
        if in_registers { LOOK_UP_VECTOR * slowness * n_vectors.max(1.0) } else { LOOK_UP_MEMORY }
    };
    // A pair of leaves shares its look-ups.
    let width = |d: usize| job.layout.order.width(d) as f64;
    let values: f64 = paths.leaves().iter().map(|leaf| 0.5 * width(leaf.len()) * one(leaf.len())).sum();
    values + LOOK_UP_SPLIT * slowness * paths.leaves().len() as f64
}

fn building(job: &Job<'_>, paths: &Paths) -> f64 {
    let of_leaf = |d: usize| {
        let rounds = f64::from(d.max(2).ilog2());
        let width = job.layout.order.width(d);
        BUILD_LEAF + BUILD_ENTRY * f64::from(1_u32 << d) * (width * d.div_ceil(2)) as f64 * rounds
    };
    paths.leaves().iter().map(|leaf| of_leaf(leaf.len())).sum()
}

fn plain(paths: &Paths, n_background: usize) -> f64 {
    let of_leaf = |d: usize| {
        let n_patterns = f64::from(1_u32 << d);
        let share_new = (n_patterns / PLAIN_BLOCK).min(1.0);
        PLAIN_LEAF + PLAIN_PATTERN * share_new * n_patterns.min(n_background as f64)
    };
    paths.leaves().iter().map(|leaf| of_leaf(leaf.len())).sum()
}
