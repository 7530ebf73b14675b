//! The explainer of tree ensembles.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;

use ndarray::{Array1, Array2, Array3, Array4, ArrayView2, Axis, Slice};
use rationale_core::{Attributions, Background, Evidence, Explain, Fingerprint, Progress};
use rationale_trees::{CoverSource, Node, Outputs, Tree, TreeEnsemble};
use rayon::prelude::*;

use super::engine::{self, Layout, LeafGame, Order};
use super::interventional::{Batch, Interventional, batches};
use super::lanes::Instructions;
use super::leaf_table::{self, ByCover, Factors};
use super::path_dependent::PathDependent;
use super::paths::{AllPaths, Columns, round_into, rounded, shares};
use super::predictions;
use super::vectorised::{Job, Plan, Plans};
use super::{Engine, Error, Interactions, Precision};

/// One gibibyte.
const MEMORY_LIMIT: usize = 1 << 30;
const BLOCK_ROWS: usize = 256;
/// How many rows blocks are taken to add up to with a background, where nobody says.
const UNANNOUNCED_ROWS: usize = 1 << 16;
pub(super) const METHOD: &str = "tree-shap";

thread_local! {
    /// Keeps the memory for a block's columns between calls of the function at the bottom.
    static BLOCK: RefCell<Vec<f64>> = RefCell::default();
}

/// TreeSHAP. Lundberg, Erion, Lee 2018, <https://arxiv.org/abs/1802.03888>; Lundberg and others 2020,
/// <https://doi.org/10.1038/s42256-019-0138-9>.
///
/// ```text
/// phi_i = sum over coalitions C without i of  |C|! (n - |C| - 1)! / n!  (v(C + i) - v(C))
/// ```
///
/// computed exactly from the leaves, without visiting coalitions.
///
/// | symbol | here | shape | unit |
/// |---|---|---|---|
/// | phi | [`Attributions::values`] | [row, feature, output] | margin |
/// | v(empty) | [`Attributions::base_values`] | [row, output] | margin |
/// | v(all) | [`Attributions::predictions`] | [row, output] | margin |
///
/// **Holds**: efficiency (values sum to prediction minus base value), symmetry, additivity over trees; dummy in the
/// interventional form, and in the path-dependent form for features that no split names.
///
/// **Costs**: no model calls. Path-dependent, time a row grows with the number of splits times half the number of different
/// features on the longest path, many rows at once. Interventional, a row costs the same whatever the background's size,
/// as long as paths have up to 12 different features and tables pay for the job; beyond, a look-up a row and leaf, plus for
/// each new pattern in a block of rows O(d) times the number of different background patterns. See [`Engine`].
///
/// **Departs** from shap: the margin is explained, never a probability (see [`RescaledTreeShap`](super::RescaledTreeShap));
/// a node that no training row reached passes half of the weight to each child, where shap divides by zero; any number
/// of background rows is used whole, where shap samples 100; with a background, thresholds and leaf values keep their
/// float64, where shap 0.51 rounds both to float32 and sends close rows down the wrong branch; rows may be missing values and splits categorical with a
/// background too; the completeness gap is reported and never raised as an error.
pub struct TreeShap {
    ensemble: TreeEnsemble,
    paths: AllPaths,
    absence: Absence,
    base_values: Vec<f64>,
    /// Hashing a large model takes longer than explaining a few rows: it waits until somebody asks.
    fingerprint: OnceLock<Fingerprint>,
    block_rows: usize,
    memory_limit: usize,
    precision: Precision,
    engine: Engine,
    instructions: Instructions,
    n_rows: Option<usize>,
    plans: Plans,
}

/// How an absent feature is read.
enum Absence {
    Cover(PathDependent),
    Rows { background: Background, batches: Vec<Batch>, kept: OnceLock<Interventional> },
}

impl TreeShap {
    /// Absent features go both ways at their splits, in proportion to the cover. Fails where the cover is unknown.
    pub fn path_dependent(ensemble: &TreeEnsemble) -> Result<Self, Error> {
        if ensemble.trees().iter().any(|tree| tree.covers().is_none()) {
            return Err(Error::NoCover);
        }
        let paths = AllPaths::new(ensemble)?;
        let longest = paths.longest();
        let mut base_values = ensemble.base_score().to_vec();
        for (first, means) in ensemble.trees().par_iter().map(means).collect::<Vec<_>>() {
            base_values[first..].iter_mut().zip(means).for_each(|(base, mean)| *base += mean);
        }
        Ok(Self::new(ensemble, paths, Absence::Cover(PathDependent::new(longest)), base_values))
    }

    /// Absent features are filled from the rows of a background; all of them, however many.
    pub fn interventional(ensemble: &TreeEnsemble, background: &Background) -> Result<Self, Error> {
        let margins = margins(ensemble, "the background", background.rows())?;
        let paths = AllPaths::new(ensemble)?;
        let n_background = background.rows().nrows();
        let absence = Absence::Rows {
            background: background.clone(),
            batches: batches(&paths, n_background, MEMORY_LIMIT),
            kept: OnceLock::new(),
        };
        let base_values = margins.sum_axis(Axis(0)) / n_background as f64;
        Ok(Self::new(ensemble, paths, absence, base_values.to_vec()))
    }

    /// Explains this many rows at a time on each thread; 256 by default. Changes no value.
    pub fn with_block_rows(mut self, block_rows: usize) -> Self {
        self.block_rows = block_rows.max(1);
        self
    }

    /// Sets how exact the numbers are that values are made of; [`Precision::Double`] by default.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        (self.precision, self.plans) = (precision, Plans::default());
        self
    }

    /// Sets what computes the values; [`Engine::Auto`] by default.
    pub fn with_engine(mut self, engine: Engine) -> Self {
        (self.engine, self.plans) = (engine, Plans::default());
        self
    }

    /// Says how many rows will be explained in all, where they come in parts: the engine is chosen for them together.
    ///
    /// Without it each table of rows is a job of its own, and a block ([`TreeShap::values_of_block`]) a small one; with a
    /// background, blocks are taken for parts of a large job. Small jobs, of fewer than 256 rows, are all treated alike. Another engine changes values in their last digits.
    pub fn with_announced_rows(mut self, n_rows: usize) -> Self {
        self.n_rows = Some(n_rows);
        self
    }

    /// For tests: the instruction sets that this machine has.
    #[doc(hidden)]
    pub fn instruction_sets() -> Vec<&'static str> {
        Instructions::available().map(Instructions::name).collect()
    }

    /// For tests: uses this instruction set, where the machine has it.
    #[doc(hidden)]
    pub fn with_instruction_set(mut self, name: &str) -> Self {
        let found = Instructions::available().find(|instructions| instructions.name() == name);
        (self.instructions, self.plans) = (found.unwrap_or(self.instructions), Plans::default());
        self
    }

    /// Bounds the bytes that the folded background and [`TreeShap::interactions`] may take; 1 GiB by default.
    ///
    /// A background that does not fit is folded again, part by part, each time rows are explained: slower, and the
    /// sums are taken in another order, so values may change in their last digits.
    pub fn with_memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = bytes;
        if let Absence::Rows { background, batches: parts, kept } = &mut self.absence {
            *parts = batches(&self.paths, background.rows().nrows(), bytes);
            *kept = OnceLock::new();
        }
        self.plans = Plans::default();
        self
    }

    /// The base values `[output]`, on the margin.
    pub fn base_values(&self) -> &[f64] {
        &self.base_values
    }

    /// Shapley interaction values of rows `[row, feature]`; see [`Interactions`].
    pub fn interactions(
        &self,
        rows: ArrayView2<'_, f64>,
        progress: &dyn Progress,
    ) -> Result<Interactions, rationale_core::Error> {
        let layout = self.layout(Order::Interactions);
        let bytes = rows.nrows() as u128 * layout.stride() as u128 * 8;
        if bytes > self.memory_limit as u128 {
            let error = Error::TooLarge { n_rows: rows.nrows(), bytes, limit: self.memory_limit };
            return Err(wrap(error));
        }
        let (mut values, engine) = self.run(rows, layout, progress).map_err(wrap)?;
        let (n_rows, n_features, n_outputs) = (rows.nrows(), layout.n_features, layout.n_outputs);
        let n_values = n_features * n_outputs;
        let mut summed = vec![0.0; n_rows * n_values];
        let both = values.par_chunks_mut(layout.stride().max(1)).zip(summed.par_chunks_mut(n_values.max(1)));
        both.for_each(|(row, values)| engine::complete(layout, row, values));
        let values = Array4::from_shape_vec((n_rows, n_features, n_features, n_outputs), values);
        let summed = Array3::from_shape_vec((n_rows, n_features, n_outputs), summed);
        let values = values.map_err(rationale_core::Error::model)?;
        let summed = summed.map_err(rationale_core::Error::model)?;
        let (base_values, predictions) = self.ends(rows)?;
        Interactions::new(
            (values, summed),
            base_values,
            predictions,
            self.names(),
            self.evidence(Fingerprint::of_rows(rows), &engine),
        )
    }

    /// The function at the bottom: columns `[feature][row]` in, values `[row, feature, output]` out.
    ///
    /// Adds nothing but the values: no names, no evidence. Each thread keeps its memory between calls: from the second call of a
    /// size on nothing is allocated, with the vectorised engines and at any number of rows. For those who bring their own data frames and their own
    /// blocks; runs on the calling thread.
    pub fn values_of_block(&self, columns: &[&[f64]], values: &mut [f64]) -> Result<(), Error> {
        let layout = self.layout(Order::Values);
        check_length("the list of columns", layout.n_features, columns.len())?;
        let n_rows = columns.first().map_or(0, |column| column.len());
        for column in columns {
            check_length("a column", n_rows, column.len())?;
        }
        check_length("the slice for the values", n_rows * layout.stride(), values.len())?;
        values.fill(0.0);
        // Taken, not lent: building a plan may bring this thread here again.
        let mut block = BLOCK.take();
        round_into(columns.iter().copied(), self.ensemble.input_precision(), &mut block);
        let columns = Columns::new(&block, n_rows);
        self.each_batch(layout, self.rows_of_blocks(), |game, plan, _| {
            self.accumulate(game, plan, layout, &columns, values);
        });
        BLOCK.set(block);
        Ok(())
    }

    fn new(ensemble: &TreeEnsemble, paths: AllPaths, absence: Absence, base_values: Vec<f64>) -> Self {
        Self {
            fingerprint: OnceLock::new(),
            ensemble: ensemble.clone(),
            paths,
            absence,
            base_values,
            block_rows: BLOCK_ROWS,
            memory_limit: MEMORY_LIMIT,
            precision: Precision::default(),
            engine: Engine::default(),
            instructions: Instructions::best(),
            n_rows: None,
            plans: Plans::default(),
        }
    }

    fn layout(&self, order: Order) -> Layout {
        Layout { order, n_features: self.ensemble.n_features(), n_outputs: self.ensemble.n_outputs() }
    }

    /// Plays the game of each part of the work in turn; the last argument says whether it is the last part.
    fn each_batch(&self, layout: Layout, n_rows: usize, mut play: impl FnMut(&dyn LeafGame, &Plan, bool)) {
        let job = self.job(layout, n_rows);
        match &self.absence {
            Absence::Cover(game) => {
                let plan = self.plans.get(&job, 0..self.paths.len(), 0, &|leaf, _| {
                    table(layout.order, &ByCover(&leaf.ratios))
                });
                play(game, &plan, true);
            }
            Absence::Rows { background, batches, kept } => {
                let (rows, precision) = (background.rows(), self.ensemble.input_precision());
                for (done, batch) in batches.iter().enumerate() {
                    let build = || Interventional::new(&self.paths, rows, precision, batch);
                    let n_background = batch.background.len();
                    let (trees, is_last) = (batch.trees.clone(), done + 1 == batches.len());
                    if batches.len() == 1 {
                        // Folded outside the lock, as threads may work at it together.
                        let game = kept.get().unwrap_or_else(|| {
                            let built = build();
                            kept.get_or_init(|| built)
                        });
                        play(
                            game,
                            &self.plans.get(&job, trees, n_background, &game.leaf_table(layout.order)),
                            is_last,
                        );
                    } else {
                        let (game, plans) = (build(), Plans::default());
                        play(
                            &game,
                            &plans.get(&job, trees, n_background, &game.leaf_table(layout.order)),
                            is_last,
                        );
                    }
                }
            }
        }
    }

    /// How many rows blocks are taken to add up to where nobody says: with a background, enough to fold it into tables.
    fn rows_of_blocks(&self) -> usize {
        match self.absence {
            Absence::Cover(_) => 1,
            Absence::Rows { .. } => UNANNOUNCED_ROWS,
        }
    }

    fn job(&self, layout: Layout, n_rows: usize) -> Job<'_> {
        Job {
            ensemble: &self.ensemble,
            paths: &self.paths,
            precision: self.precision,
            engine: self.engine,
            layout,
            instructions: self.instructions,
            n_rows: self.n_rows.unwrap_or(n_rows),
            memory_limit: self.memory_limit,
        }
    }

    fn accumulate(
        &self,
        game: &dyn LeafGame,
        plan: &Plan,
        layout: Layout,
        columns: &Columns<'_>,
        out: &mut [f64],
    ) {
        plan.accumulate(game, (self.ensemble.trees(), &self.paths), layout, columns, out);
    }

    fn check(&self, rows: ArrayView2<'_, f64>) -> Result<(), Error> {
        let (expected, actual) = (self.ensemble.n_features(), rows.ncols());
        let what = "the table of rows";
        if expected == actual { Ok(()) } else { Err(Error::Columns { what, expected, actual }) }
    }

    #[tracing::instrument(name = "tree_shap", skip_all, fields(rows = rows.nrows(), order = ?layout.order))]
    fn run(
        &self,
        rows: ArrayView2<'_, f64>,
        layout: Layout,
        progress: &dyn Progress,
    ) -> Result<(Vec<f64>, String), Error> {
        self.check(rows)?;
        let stride = layout.stride();
        let mut out = vec![0.0; rows.nrows() * stride];
        let mut engine = String::new();
        self.each_batch(layout, rows.nrows(), |game, plan, is_last| {
            engine = plan.name();
            let blocks = out.par_chunks_mut((self.block_rows * stride).max(1)).enumerate();
            blocks.for_each(|(block, out)| {
                let n_rows = out.len() / stride.max(1);
                let start = block * self.block_rows;
                let values = self.columns(rows, start..start + n_rows);
                self.accumulate(game, plan, layout, &Columns::new(&values, n_rows), out);
                progress.advance(if is_last { n_rows as u64 } else { 0 });
            });
        });
        Ok((out, engine))
    }

    fn columns(&self, rows: ArrayView2<'_, f64>, block: Range<usize>) -> Vec<f64> {
        rounded(rows.slice_axis(Axis(0), Slice::from(block)).columns(), self.ensemble.input_precision())
    }

    /// Base values and predictions `[row, output]`.
    fn ends(&self, rows: ArrayView2<'_, f64>) -> Result<(Array2<f64>, Array2<f64>), rationale_core::Error> {
        let base = Array1::from(self.base_values.clone());
        let n_outputs = base.len();
        let base_values = base.broadcast((rows.nrows(), n_outputs)).map(|base| base.to_owned());
        let predictions = predictions::margins(&self.ensemble, rows).map_err(rationale_core::Error::model)?;
        Ok((base_values.unwrap_or_default(), predictions))
    }

    fn names(&self) -> (Vec<String>, Vec<String>) {
        (self.ensemble.feature_names().to_vec(), self.ensemble.output_names().to_vec())
    }

    fn model(&self) -> &Fingerprint {
        self.fingerprint.get_or_init(|| self.ensemble.fingerprint())
    }

    fn evidence(&self, data: Fingerprint, engine: &str) -> Evidence {
        let evidence = Evidence::new(METHOD, engine)
            .with_model(*self.model())
            .with_data(data)
            .with_parameter("scale", "margin");
        match &self.absence {
            Absence::Cover(_) => evidence
                .with_parameter("perturbation", "path-dependent")
                .with_baseline(cover_in_words(self.ensemble.cover_source())),
            Absence::Rows { background, .. } => evidence
                .with_parameter("perturbation", "interventional")
                .with_baseline("the rows of the background")
                .with_background(background),
        }
    }
}

impl Explain for TreeShap {
    fn explain(
        &self,
        rows: ArrayView2<'_, f64>,
        progress: &dyn Progress,
    ) -> Result<Attributions, rationale_core::Error> {
        let layout = self.layout(Order::Values);
        self.check(rows).map_err(wrap)?;
        // Hashing is one thread's work: it goes on while the others explain.
        let beside = || (Fingerprint::of_rows(rows), *self.model());
        let (run, (data, _)) = rayon::join(|| self.run(rows, layout, progress), beside);
        let (values, engine) = run.map_err(wrap)?;
        let shape = (rows.nrows(), layout.n_features, layout.n_outputs);
        let values = Array3::from_shape_vec(shape, values).map_err(rationale_core::Error::model)?;
        let (base_values, predictions) = self.ends(rows)?;
        let (feature_names, output_names) = self.names();
        Ok(Attributions::new(values, base_values, predictions)?
            .with_feature_names(feature_names)?
            .with_output_names(output_names)?
            .with_evidence(self.evidence(data, &engine)))
    }
}

pub(super) fn wrap(error: Error) -> rationale_core::Error {
    rationale_core::Error::method(METHOD, error)
}

/// The mean over the cover of a tree's values, and the output of the first.
fn means(tree: &Tree) -> (usize, Vec<f64>) {
    let first = match tree.outputs() {
        Outputs::One(output) => output,
        Outputs::All => 0,
    };
    let mut means = vec![0.0; tree.leaf_values(0).len()];
    for (share, node) in shares(tree).into_iter().zip(tree.nodes()) {
        if let Node::Leaf(leaf) = node {
            let values = tree.leaf_values(*leaf);
            means.iter_mut().zip(values).for_each(|(mean, value)| *mean += share * tree.weight() * value);
        }
    }
    (first, means)
}

/// What the pattern tables are made of.
pub(super) fn table(order: Order, factors: &dyn Factors) -> Vec<f64> {
    match order {
        Order::Values => leaf_table::values(factors),
        Order::Interactions => leaf_table::values_and_pairs(factors),
    }
}

fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual { Ok(()) } else { Err(Error::Length { what, expected, actual }) }
}

/// Margins `[row, output]`.
pub(super) fn margins(
    ensemble: &TreeEnsemble,
    what: &'static str,
    rows: ArrayView2<'_, f64>,
) -> Result<Array2<f64>, Error> {
    let (expected, actual) = (ensemble.n_features(), rows.ncols());
    predictions::margins(ensemble, rows).map_err(|_| Error::Columns { what, expected, actual })
}

fn cover_in_words(source: CoverSource) -> &'static str {
    match source {
        CoverSource::Rows => "the cover of the trees' nodes, counted from rows sent down the finished trees",
        CoverSource::Model | CoverSource::Unknown => "the cover of the trees' nodes, as the model carries it",
    }
}
