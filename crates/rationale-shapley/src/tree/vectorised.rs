//! What every vectorised engine does, and which one does it.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rationale_trees::{Tree, TreeEnsemble};

use super::cost;
use super::engine::{self, Layout, LeafGame, Order};
use super::lanes::{Instructions, Number};
use super::paths::{AllPaths, Columns};
use super::pattern_tables::{LeafTable, PatternTables};
use super::row_simd::RowSimd;

/// Jobs of fewer rows are all alike, and never pay for tables unless these are asked for by name.
const SMALL_JOB: usize = 256;

/// An engine that adds what its trees give to a block of rows to `out` `[row, feature, output]`.
pub(super) trait Vectorised: Send + Sync {
    /// The engine's name in the evidence.
    fn name(&self) -> String;

    fn accumulate(&self, trees: &[Tree], columns: &Columns<'_>, layout: Layout, out: &mut [f64]);
}

/// How exact the numbers are that values are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// float64 throughout; the default.
    #[default]
    Double,
    /// float32, folded into float64 every few dozen trees: twice the rows a second, about six right digits. Rows go the
    /// same way at every split.
    Single,
}

/// What computes the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The one that is likely to be fastest for the model and the number of rows; the default.
    #[default]
    Auto,
    /// One pattern look-up a row and leaf, in float64 whatever the precision: the reference.
    Plain,
    /// Many rows at once walk each tree. Path-dependent values; anything else is left to the plain engine.
    RowSimd,
    /// Everything that two sibling leaves can give is computed beforehand and looked up. Trees with more than 12 different
    /// features on a path, or with tables beyond the memory limit, are left to row-SIMD or the plain engine.
    PatternTables,
}

/// What the choice of an engine depends on.
pub(super) struct Job<'a> {
    pub ensemble: &'a TreeEnsemble,
    pub paths: &'a AllPaths,
    pub precision: Precision,
    pub engine: Engine,
    pub layout: Layout,
    pub instructions: Instructions,
    /// How many rows will be explained.
    pub n_rows: usize,
    /// The most bytes of tables.
    pub memory_limit: usize,
}

/// Which engine takes which tree.
pub(super) struct Plan {
    vectorised: Vec<Box<dyn Vectorised>>,
    /// The trees left to the plain engine.
    plain: Vec<Range<usize>>,
}

impl Plan {
    /// All trees to the plain engine.
    fn plain(trees: Range<usize>) -> Self {
        Self { vectorised: Vec::new(), plain: vec![trees] }
    }

    fn choose(
        job: &Job<'_>,
        trees: Range<usize>,
        tables: &[usize],
        is_path_dependent: bool,
        leaf_table: &LeafTable<'_>,
    ) -> Self {
        if job.engine == Engine::Plain {
            return Self::plain(trees);
        }
        Self::new(job, trees, tables, is_path_dependent, leaf_table)
    }

    /// Tables for the trees with these numbers; the others to the row-SIMD engine where `walks`, else to the plain one.
    fn new(
        job: &Job<'_>,
        trees: Range<usize>,
        tables: &[usize],
        walks: bool,
        leaf_table: &LeafTable<'_>,
    ) -> Self {
        match job.precision {
            Precision::Double => Self::of::<f64>(job, trees, tables, walks, leaf_table),
            Precision::Single => Self::of::<f32>(job, trees, tables, walks, leaf_table),
        }
    }

    fn of<N: Number>(
        job: &Job<'_>,
        trees: Range<usize>,
        tables: &[usize],
        walks: bool,
        leaf_table: &LeafTable<'_>,
    ) -> Self {
        let mut rest: Vec<usize> = trees.filter(|tree| tables.binary_search(tree).is_err()).collect();
        let mut vectorised: Vec<Box<dyn Vectorised>> = Vec::new();
        if !tables.is_empty() {
            let engine = PatternTables::<N>::new(job.instructions, job.paths, tables, job.layout, leaf_table);
            vectorised.push(Box::new(engine));
        }
        if walks && (!rest.is_empty() || vectorised.is_empty()) {
            let (engine, refused) = RowSimd::<N>::new(job.instructions, job.ensemble.trees(), &rest);
            if refused.len() < rest.len() || rest.is_empty() {
                vectorised.push(Box::new(engine));
            }
            rest = refused;
        }
        Self { vectorised, plain: runs(&rest) }
    }

    /// The engines' names.
    pub(super) fn name(&self) -> String {
        let mut names: Vec<String> = self.vectorised.iter().map(|engine| engine.name()).collect();
        if !self.plain.is_empty() {
            names.push(engine::NAME.to_owned());
        }
        names.join(" + ")
    }

    /// Adds what all trees give to a block of rows to `out`.
    pub(super) fn accumulate(
        &self,
        game: &dyn LeafGame,
        (trees, paths): (&[Tree], &AllPaths),
        layout: Layout,
        columns: &Columns<'_>,
        out: &mut [f64],
    ) {
        for engine in &self.vectorised {
            engine.accumulate(trees, columns, layout, out);
        }
        for trees in &self.plain {
            engine::accumulate(game, paths, trees.clone(), layout, columns, out);
        }
    }
}

/// The plans made so far, by the rows of the job, rounded down to a power of two.
#[derive(Default)]
pub(super) struct Plans {
    made: Mutex<Vec<Made>>,
}

struct Made {
    key: (Order, u32),
    /// The trees for which tables are made.
    tables: Vec<usize>,
    plan: Arc<Plan>,
}

impl Plans {
    /// The plan of a job over some trees. A plan is chosen once, and made once for all jobs that choose alike.
    pub(super) fn get(
        &self,
        job: &Job<'_>,
        trees: Range<usize>,
        n_background: usize,
        leaf_table: &LeafTable<'_>,
    ) -> Arc<Plan> {
        let n_rows = if job.n_rows < SMALL_JOB { 1 } else { job.n_rows };
        let key = (job.layout.order, n_rows.ilog2());
        if let Some(plan) = self.find(|made| made.key == key) {
            return plan;
        }
        let job = Job { n_rows: 1 << key.1, ..*job };
        let tables = cost::tabled(&job, trees.clone(), n_background);
        // Nothing is locked while threads work together: one of them may come back here.
        let alike = self.find(|made| made.key.0 == key.0 && made.tables == tables);
        let plan = alike
            .unwrap_or_else(|| Arc::new(Plan::choose(&job, trees, &tables, n_background == 0, leaf_table)));
        self.lock().push(Made { key, tables, plan: Arc::clone(&plan) });
        plan
    }

    fn find(&self, fits: impl Fn(&Made) -> bool) -> Option<Arc<Plan>> {
        self.lock().iter().find(|made| fits(made)).map(|made| Arc::clone(&made.plan))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ascending numbers as ranges.
fn runs(numbers: &[usize]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some(run) if run.end == number => run.end += 1,
            _ => runs.push(number..number + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_form_runs() {
        assert_eq!(runs(&[0, 1, 4, 6, 7]), [0..2, 4..5, 6..8]);
        assert!(runs(&[]).is_empty());
    }
}
