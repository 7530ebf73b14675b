//! The row-SIMD kernel: path-dependent values, lanes are rows.
//!
//! One depth-first walk of a tree serves a tile of [`VECTORS`] vectors of rows. Going down an edge multiplies, for each
//! quadrature point, the product of the factors above; going up adds the sums below and gives the edge's feature its part;
//! see [`super::program`] for the algebra. The kernel neither divides nor branches on a row.
//!
//! For interactions a feature may be held: present (a row goes its own way at the feature's splits, and no other) or absent
//! (both ways, in proportion to the cover). With phi_i the values of such walks,
//! phi_ij = (phi_i with j present - phi_i with j absent) / 2.
//!
//! **Costs** a tree, a row and a point: about six vector operations an edge, over the number of lanes. **Holds**: a
//! row's values do not depend on its place in a block, since a tile's empty lanes are computed like the others.

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is compiled without the instruction set"
)]
#![expect(clippy::needless_range_loop, reason = "points and vectors index several arrays at once")]

use pulp::{Simd, WithSimd};
use rationale_trees::{Side, Tree};

use super::lanes::{Instructions, Lanes, Number};
use super::program::{Edge, Kind, MOST_LEVELS, MOST_POINTS, NONE, Program, Step};
use super::tile::{Aligned, Cell, Mask, Rows, VECTORS, Vector, cells_mut};

/// What a walk remembers, level by level; kept between calls to save the allocation.
#[derive(Default)]
pub(super) struct Stack<N> {
    /// `[level][point][row]`: the products of the factors above a split.
    above: Aligned<N>,
    /// `[level][point][row]`: the sums over the leaves below it.
    below: Aligned<N>,
}

/// A feature that is present or absent in every coalition, and gets nothing itself.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub feature: u32,
    pub is_present: bool,
}

/// Adds what some programs, all of `n_points` points, give to a tile of rows to `values` `[output][feature][row]`.
pub(super) fn walk<N: Number>(
    instructions: Instructions,
    (programs, n_points): (&[Program<N>], usize),
    trees: &[Tree],
    rows: &Rows<'_, N>,
    held: Option<Held>,
    stack: &mut Stack<N>,
    values: &mut [N],
) {
    let len = MOST_LEVELS * MOST_POINTS * VECTORS * N::MOST_LANES;
    let job =
        Job { programs, trees, rows, held, above: stack.above.get(len), below: stack.below.get(len), values };
    if held.is_some() {
        run::<N, true>(instructions, n_points, job);
    } else {
        run::<N, false>(instructions, n_points, job);
    }
}

/// `H`: a feature is held. The usual walk is compiled without a thought for it.
fn run<N: Number, const H: bool>(instructions: Instructions, n_points: usize, job: Job<'_, N>) {
    match n_points {
        1 => instructions.run(Walk::<N, 1, H>(job)),
        2 => instructions.run(Walk::<N, 2, H>(job)),
        3 => instructions.run(Walk::<N, 3, H>(job)),
        4 => instructions.run(Walk::<N, 4, H>(job)),
        5 => instructions.run(Walk::<N, 5, H>(job)),
        6 => instructions.run(Walk::<N, 6, H>(job)),
        7 => instructions.run(Walk::<N, 7, H>(job)),
        _ => instructions.run(Walk::<N, MOST_POINTS, H>(job)),
    }
}

struct Job<'a, N> {
    programs: &'a [Program<N>],
    trees: &'a [Tree],
    rows: &'a Rows<'a, N>,
    held: Option<Held>,
    above: &'a mut [N],
    below: &'a mut [N],
    values: &'a mut [N],
}

/// A job of Q points.
struct Walk<'a, N, const Q: usize, const H: bool>(Job<'a, N>);

impl<N: Number, const Q: usize, const H: bool> WithSimd for Walk<'_, N, Q, H> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (lanes, job) = (N::lanes(simd), self.0);
        let n_features = job.rows.n_features;
        let values = cells_mut::<N::Lanes<S>>(job.values);
        let mut kernel = Kernel::<'_, N::Lanes<S>, Q, H> {
            lanes,
            rows: job.rows,
            held: job.held,
            above: cells_mut::<N::Lanes<S>>(job.above).as_chunks_mut().0,
            below: cells_mut::<N::Lanes<S>>(job.below).as_chunks_mut().0,
            lefts: [[lanes.all(); VECTORS]; MOST_LEVELS],
            taken: [[lanes.all(); VECTORS]; MOST_LEVELS],
        };
        for program in job.programs {
            if H && !is_asked(program, job.held) {
                continue;
            }
            for output in 0..program.n_outputs {
                let values = &mut values[(program.first_output + output) * n_features..][..n_features];
                kernel.walk(program, &job.trees[program.tree], output, values);
            }
        }
    }
}

struct Kernel<'a, L: Lanes, const Q: usize, const H: bool> {
    lanes: L,
    rows: &'a Rows<'a, L::Number>,
    held: Option<Held>,
    above: &'a mut [[Cell<L>; Q]],
    below: &'a mut [[Cell<L>; Q]],
    /// At each level the rows that go left.
    lefts: [Mask<L>; MOST_LEVELS],
    /// At each level the rows that satisfy all splits on the level's feature, down to the open edge.
    taken: [Mask<L>; MOST_LEVELS],
}

/// The constants of one program.
struct Tables<'a, N, const Q: usize> {
    edges: &'a [[N; Q]],
    leaves: &'a [[N; Q]],
    shares: &'a [[N; 2]],
    held: &'a [[N; 3]],
}

impl<L: Lanes, const Q: usize, const H: bool> Kernel<'_, L, Q, H> {
    /// Whether the feature is held, and then whether it is present.
    #[inline(always)]
    fn held(&self, feature: u32) -> Option<bool> {
        if H { self.held.filter(|held| held.feature == feature).map(|held| held.is_present) } else { None }
    }

    #[inline(always)]
    fn walk(&mut self, program: &Program<L::Number>, tree: &Tree, output: usize, values: &mut [Cell<L>]) {
        let tables = Tables::<L::Number, Q> {
            edges: program.edges.as_chunks().0,
            leaves: program.leaves.as_chunks().0,
            shares: &program.shares,
            held: &program.held,
        };
        for q in 0..Q {
            self.above[0][q] = [self.lanes.splat(program.weights[q]); VECTORS];
        }
        for step in &program.steps {
            match step.kind {
                Kind::Enter => self.enter(step, &tables, tree, output, values),
                Kind::Leave => self.leave(step, &tables, values),
                Kind::Twig => self.twig(step, &tables, tree, output, values),
            }
        }
    }

    #[inline(always)]
    fn enter(
        &mut self,
        step: &Step<L::Number>,
        tables: &Tables<'_, L::Number, Q>,
        tree: &Tree,
        output: usize,
        values: &mut [Cell<L>],
    ) {
        let level = step.level as usize;
        if level > 0 {
            let factor = self.factor(level - 1, &step.edge, tables.edges);
            for q in 0..Q {
                for v in 0..VECTORS {
                    self.above[level][q][v] = self.lanes.mul(self.above[level - 1][q][v], factor(q, v));
                }
            }
            self.take(level - 1, &step.edge);
        }
        self.lefts[level] = step.question.lefts(self.lanes, self.rows, tree);
        if step.leaf_row == NONE {
            self.below[level] = [[self.lanes.splat(L::Number::ZERO); VECTORS]; Q];
            return;
        }
        let above = self.above[level];
        let (share, below) = self.leaves(step, tables, output, &above);
        self.below[level] = below;
        self.credit(&mut values[step.feature as usize], share);
    }

    #[inline(always)]
    fn leave(&mut self, step: &Step<L::Number>, tables: &Tables<'_, L::Number, Q>, values: &mut [Cell<L>]) {
        let (level, edge) = (step.level as usize, &step.edge);
        let below = self.below[level];
        self.rise(level - 1, edge, tables, &below, &mut values[edge.feature as usize]);
    }

    #[inline(always)]
    fn twig(
        &mut self,
        step: &Step<L::Number>,
        tables: &Tables<'_, L::Number, Q>,
        tree: &Tree,
        output: usize,
        values: &mut [Cell<L>],
    ) {
        let (level, edge) = (step.level as usize, &step.edge);
        let factor = self.factor(level - 1, edge, tables.edges);
        let mut above = self.above[level - 1];
        for q in 0..Q {
            for v in 0..VECTORS {
                above[q][v] = self.lanes.mul(above[q][v], factor(q, v));
            }
        }
        self.take(level - 1, edge);
        self.lefts[level] = step.question.lefts(self.lanes, self.rows, tree);
        let (share, below) = self.leaves(step, tables, output, &above);
        self.credit(&mut values[step.feature as usize], share);
        self.rise(level - 1, edge, tables, &below, &mut values[edge.feature as usize]);
    }

    /// Adds the sums below an edge to those of the split above it, and gives the split's feature its part.
    #[inline(always)]
    fn rise(
        &mut self,
        level: usize,
        edge: &Edge<L::Number>,
        tables: &Tables<'_, L::Number, Q>,
        below: &[Cell<L>; Q],
        value: &mut Cell<L>,
    ) {
        let (lanes, lefts) = (self.lanes, self.lefts[level]);
        let factor = self.factor(level, edge, tables.edges);
        if self.held(edge.feature).is_some() {
            for q in 0..Q {
                for v in 0..VECTORS {
                    self.below[level][q][v] =
                        lanes.mul_add(factor(q, v), below[q][v], self.below[level][q][v]);
                }
            }
            return;
        }
        let mut part = [lanes.splat(L::Number::ZERO); VECTORS];
        let Some(repeats) = edge.repeats else {
            let share = edge.share.map(|share| lanes.splat(share));
            for q in 0..Q {
                for v in 0..VECTORS {
                    part[v] = lanes.mul_add(self.above[level][q][v], below[q][v], part[v]);
                    self.below[level][q][v] =
                        lanes.mul_add(factor(q, v), below[q][v], self.below[level][q][v]);
                }
            }
            for v in 0..VECTORS {
                value[v] = lanes.mul_add(lanes.select(lefts[v], share[0], share[1]), part[v], value[v]);
            }
            return;
        };
        let satisfied = self.taken[repeats as usize];
        let shares = &tables.edges[edge.row as usize + 2..][..2];
        for q in 0..Q {
            let share = [lanes.splat(shares[0][q]), lanes.splat(shares[1][q])];
            for v in 0..VECTORS {
                let both = lanes.mul(self.above[level][q][v], below[q][v]);
                part[v] = lanes.mul_add(lanes.select(lefts[v], share[0], share[1]), both, part[v]);
                self.below[level][q][v] = lanes.mul_add(factor(q, v), below[q][v], self.below[level][q][v]);
            }
        }
        self.credit(value, masked::<L>(lanes, satisfied, part));
    }

    /// For the leaves of a split: its feature's part, and the sums below.
    #[inline(always)]
    fn leaves(
        &self,
        step: &Step<L::Number>,
        tables: &Tables<'_, L::Number, Q>,
        output: usize,
        above: &[Cell<L>; Q],
    ) -> (Cell<L>, [Cell<L>; Q]) {
        let (lanes, lefts) = (self.lanes, self.lefts[step.level as usize]);
        let share = tables.shares[step.leaf_share as usize + output].map(|share| lanes.splat(share));
        let zero = lanes.splat(L::Number::ZERO);
        let (mut part, mut below) = ([zero; VECTORS], [[zero; VECTORS]; Q]);
        if let Some(is_present) = self.held(step.feature) {
            let [left, right, mean] =
                tables.held[step.leaf_share as usize + output].map(|value| lanes.splat(value));
            for v in 0..VECTORS {
                let value = if is_present { lanes.select(lefts[v], left, right) } else { mean };
                for below in &mut below {
                    below[v] = value;
                }
            }
            return (part, below);
        }
        let Some(repeats) = step.repeats else {
            let row = &tables.leaves[step.leaf_row as usize + 2 * output..][..2];
            for q in 0..Q {
                let sums = [lanes.splat(row[0][q]), lanes.splat(row[1][q])];
                for v in 0..VECTORS {
                    part[v] = lanes.add(part[v], above[q][v]);
                    below[q][v] = lanes.select(lefts[v], sums[0], sums[1]);
                }
            }
            for v in 0..VECTORS {
                part[v] = lanes.mul(part[v], lanes.select(lefts[v], share[0], share[1]));
            }
            return (part, below);
        };
        let satisfied = self.taken[repeats as usize];
        let row = &tables.leaves[step.leaf_row as usize + 4 * output..][..4];
        for q in 0..Q {
            let sums = [lanes.splat(row[0][q]), lanes.splat(row[1][q])];
            let shares = [lanes.splat(row[2][q]), lanes.splat(row[3][q])];
            for v in 0..VECTORS {
                let both = lanes.select(lefts[v], sums[0], sums[1]);
                below[q][v] = lanes.select(satisfied[v], both, share[0]);
                part[v] = lanes.mul_add(above[q][v], lanes.select(lefts[v], shares[0], shares[1]), part[v]);
            }
        }
        (masked::<L>(lanes, satisfied, part), below)
    }

    /// The factor of an edge at each point, for the split at `level` above it.
    #[inline(always)]
    fn factor(
        &self,
        level: usize,
        edge: &Edge<L::Number>,
        edges: &[[L::Number; Q]],
    ) -> impl Fn(usize, usize) -> Vector<L> + use<L, Q, H> {
        let (lanes, lefts) = (self.lanes, self.lefts[level]);
        let row = &edges[edge.row as usize..][..2];
        let (left, right) = (row[0], row[1]);
        let repeats = edge.repeats.map(|repeats| (self.taken[repeats as usize], lanes.splat(edge.share[0])));
        let (held, ratio) = (self.held(edge.feature), lanes.splat(edge.ratio));
        let (zero, one) = (lanes.splat(L::Number::ZERO), lanes.splat(L::Number::ONE));
        let ways = if edge.side == Side::Left { (one, zero) } else { (zero, one) };
        move |q, v| {
            if H && let Some(is_present) = held {
                return if is_present { lanes.select(lefts[v], ways.0, ways.1) } else { ratio };
            }
            let factor = lanes.select(lefts[v], lanes.splat(left[q]), lanes.splat(right[q]));
            match repeats {
                Some((satisfied, ratio)) => lanes.select(satisfied[v], factor, ratio),
                None => factor,
            }
        }
    }

    /// Notes which rows satisfy all splits on the feature of an edge's upper end.
    #[inline(always)]
    fn take(&mut self, level: usize, edge: &Edge<L::Number>) {
        if !edge.is_repeated {
            return;
        }
        for v in 0..VECTORS {
            let left = self.lefts[level][v];
            let taken = if edge.side == Side::Left { left } else { self.lanes.not(left) };
            self.taken[level][v] = match edge.repeats {
                Some(repeats) => self.lanes.and(self.taken[repeats as usize][v], taken),
                None => taken,
            };
        }
    }

    #[inline(always)]
    fn credit(&self, value: &mut Cell<L>, part: Cell<L>) {
        for v in 0..VECTORS {
            value[v] = self.lanes.add(value[v], part[v]);
        }
    }
}

/// Whether some split of the program asks about the feature that is held.
fn is_asked<N>(program: &Program<N>, held: Option<Held>) -> bool {
    held.and_then(|held| program.asks.get(held.feature as usize).copied()).unwrap_or(false)
}

#[inline(always)]
fn masked<L: Lanes>(lanes: L, mask: Mask<L>, mut cell: Cell<L>) -> Cell<L> {
    let zero = lanes.splat(L::Number::ZERO);
    for v in 0..VECTORS {
        cell[v] = lanes.select(mask[v], cell[v], zero);
    }
    cell
}
