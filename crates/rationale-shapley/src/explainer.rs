//! Explains the rows of a table by any estimator.

use std::sync::Arc;

use ndarray::{Array2, Array3, Array4, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, Slice};
use rationale_core::separable::critical_value;
use rationale_core::{
    Absence, Attributions, Error, Evidence, Explain, FeatureGroups, Fingerprint, Predict, Progress,
    TableGame, checked_answers,
};
use rayon::prelude::*;

use crate::driver::{self, GameValues, Part, Stopped};
use crate::estimator::{Budget, Estimator};
use crate::exact;
use crate::interactions::Interactions;
use crate::meter::Meter;
use crate::subsets::count;

const BATCH_ROWS: usize = 4096;

/// Explains the rows of a table to which a model only gives answers: an [`Estimator`] divides, an [`Absence`] says what
/// stands in for absent features, and [`FeatureGroups`] which features are one player.
///
/// **Costs**: rows in parallel; equal model inputs of a row are asked about once; the model is asked in batches of at
/// most 4096 rows ([`TableExplainer::with_batch_rows`]). What it is asked about the background and the rows themselves is
/// asked once a call of [`Explain::explain`], so many rows are better explained together.
///
/// **Holds**: values do not depend on threads, batches, or the order and company of rows: the draws of a row are keyed by
/// its values. Features that equal all of the background get 0, without error.
///
/// ```
/// use std::sync::Arc;
/// use ndarray::{array, Axis};
/// use rationale_core::{Absence, Background, Explain, FromFn, Silent};
/// use rationale_shapley::{KernelShap, TableExplainer};
///
/// let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.sum_axis(Axis(1)).insert_axis(Axis(1)));
/// let background = Background::new(array![[0.0, 0.0, 1.0], [2.0, 0.0, 1.0]])?;
/// let explainer = TableExplainer::new(Arc::new(model), Absence::marginal(background), Arc::new(KernelShap::new()));
/// let explained = explainer.explain(array![[4.0, 5.0, 1.0]].view(), &Silent)?;
/// let values = explained.row(0, 0);
/// assert!((values[0] - 3.0).abs() < 1e-12 && (values[1] - 5.0).abs() < 1e-12 && values[2] == 0.0);
/// # Ok::<(), rationale_core::Error>(())
/// ```
pub struct TableExplainer {
    model: Arc<dyn Predict>,
    absence: Absence,
    estimator: Arc<dyn Estimator>,
    groups: Option<FeatureGroups>,
    feature_names: Option<Vec<String>>,
    output_names: Option<Vec<String>>,
    fingerprint: Option<Fingerprint>,
    batch_rows: usize,
}

impl TableExplainer {
    /// Each feature is a player.
    pub fn new(model: Arc<dyn Predict>, absence: Absence, estimator: Arc<dyn Estimator>) -> Self {
        Self {
            model,
            absence,
            estimator,
            groups: None,
            feature_names: None,
            output_names: None,
            fingerprint: None,
            batch_rows: BATCH_ROWS,
        }
    }

    /// Makes each group one player, such as the columns of a one-hot encoding; values are then by group.
    pub fn with_groups(mut self, groups: FeatureGroups) -> Self {
        self.groups = Some(groups);
        self
    }

    /// Names the features; groups have names of their own.
    pub fn with_feature_names(mut self, names: Vec<String>) -> Self {
        self.feature_names = Some(names);
        self
    }

    /// Names the outputs.
    pub fn with_output_names(mut self, names: Vec<String>) -> Self {
        self.output_names = Some(names);
        self
    }

    /// Says what identifies the model, for the evidence.
    pub fn with_fingerprint(mut self, model: Fingerprint) -> Self {
        self.fingerprint = Some(model);
        self
    }

    /// Asks the model about at most this many rows at a time; 4096 by default. Changes no value.
    pub fn with_batch_rows(mut self, batch_rows: usize) -> Self {
        self.batch_rows = batch_rows.max(1);
        self
    }

    /// Shapley interaction values of rows `[row, feature]` by asking about every coalition, whatever the estimator; for
    /// up to 20 players. See [`Interactions`].
    pub fn interactions(
        &self,
        rows: ArrayView2<'_, f64>,
        progress: &dyn Progress,
    ) -> Result<Interactions, Error> {
        let estimator = exact::ExactShap::new();
        let job = self.job(rows.reborrow(), &estimator, progress)?;
        let n_players = job.players.len();
        let pairs = job.each_row(|row| job.interactions_of(row))?;
        let mut values = Array4::zeros((rows.nrows(), n_players, n_players, job.n_outputs()));
        for (mut out, pairs) in values.outer_iter_mut().zip(&pairs) {
            out.assign(pairs);
        }
        let evidence = job.evidence(&estimator, rows, "every coalition");
        let base = job.base_values();
        let (features, outputs) = self.names(n_players, job.n_outputs());
        let summed = values.sum_axis(Axis(2));
        Interactions::new((values, summed), base, job.predictions.clone(), (features, outputs), evidence)
    }

    fn job<'a>(
        &'a self,
        rows: ArrayView2<'a, f64>,
        estimator: &dyn Estimator,
        progress: &'a dyn Progress,
    ) -> Result<Job<'a>, Error> {
        let fillers = self.absence.fillers();
        if rows.ncols() != fillers.ncols() {
            return Err(Error::Shape {
                what: "the table of rows, beside the background or mask,",
                expected: vec![rows.nrows(), fillers.ncols()],
                actual: rows.shape().to_vec(),
            });
        }
        let players = match &self.groups {
            Some(groups) => groups.members().to_vec(),
            None => (0..rows.ncols()).map(|feature| vec![feature]).collect(),
        };
        let budget = if players.len() < 2 { Budget::fixed(1.0) } else { estimator.budget(players.len())? };
        let planned = count(budget.coalitions * budget.samples as f64 * fillers.nrows() as f64) as u64;
        let meter = Meter::new(self.model.as_ref(), progress, planned * rows.nrows() as u64);
        let filler_answers = self.ask(&meter, fillers)?;
        let mut predictions = self.ask(&meter, rows)?;
        if predictions.is_empty() {
            predictions = Array2::zeros((0, filler_answers.ncols()));
        }
        Ok(Job {
            explainer: self,
            rows,
            progress,
            players,
            budget,
            planned,
            meter,
            filler_answers,
            predictions,
        })
    }

    fn ask(&self, model: &Meter<'_>, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let mut answers: Vec<Array2<f64>> = Vec::new();
        for part in rows.axis_chunks_iter(Axis(0), self.batch_rows) {
            answers.push(checked_answers(model, part, answers.first().map(Array2::ncols))?);
        }
        let views: Vec<_> = answers.iter().map(Array2::view).collect();
        if views.is_empty() {
            return Ok(Array2::zeros((0, 0)));
        }
        ndarray::concatenate(Axis(0), &views).map_err(Error::model)
    }

    fn names(&self, n_players: usize, n_outputs: usize) -> (Vec<String>, Vec<String>) {
        let numbered = |word: &str, n: usize| (0..n).map(|idx| format!("{word} {idx}")).collect();
        let of_groups = self.groups.as_ref().map(|groups| groups.names().to_vec());
        let features = of_groups.or(self.feature_names.clone());
        (
            features.unwrap_or_else(|| numbered("feature", n_players)),
            self.output_names.clone().unwrap_or_else(|| numbered("output", n_outputs)),
        )
    }
}

impl Explain for TableExplainer {
    #[tracing::instrument(name = "shapley", skip_all, fields(rows = rows.nrows()))]
    fn explain(&self, rows: ArrayView2<'_, f64>, progress: &dyn Progress) -> Result<Attributions, Error> {
        let job = self.job(rows.reborrow(), self.estimator.as_ref(), progress)?;
        let found = job.each_row(|row| job.values_of(row))?;
        let shape = (rows.nrows(), job.players.len(), job.n_outputs());
        let mut values = Array3::zeros(shape);
        for (row, found) in found.iter().enumerate() {
            job.spread(&found.active, &found.values.values, values.index_axis_mut(Axis(0), row).rows_mut());
        }
        let (features, outputs) = self.names(shape.1, shape.2);
        let evidence = job.evidence(self.estimator.as_ref(), rows, "");
        Ok(Attributions::new(values, job.base_values(), job.predictions.clone())?
            .with_feature_names(features)?
            .with_output_names(outputs)?
            .with_evidence(job.with_errors(evidence, &found)?))
    }
}

/// The rows of one call, and what is the same for all of them.
struct Job<'a> {
    explainer: &'a TableExplainer,
    rows: ArrayView2<'a, f64>,
    progress: &'a dyn Progress,
    players: Vec<Vec<usize>>,
    budget: Budget,
    planned: u64,
    meter: Meter<'a>,
    filler_answers: Array2<f64>,
    predictions: Array2<f64>,
}

/// What was found about one row: the values of the players who can matter.
struct Found {
    active: Vec<usize>,
    values: GameValues,
}

impl Job<'_> {
    fn n_outputs(&self) -> usize {
        self.filler_answers.ncols()
    }

    fn each_row<T: Send>(&self, find: impl Fn(usize) -> Result<T, Error> + Sync) -> Result<Vec<T>, Error> {
        let found = (0..self.rows.nrows()).into_par_iter().map(|row| {
            let found = find(row)?;
            self.progress.advance(1);
            Ok(found)
        });
        found.collect()
    }

    /// Plays one row's game with its players who can matter.
    fn play<T>(
        &self,
        row: usize,
        divide: impl FnOnce(&[Part<'_>], &[usize], u64) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let row_model = self.meter.of_row(self.planned);
        let game = |players| -> Result<TableGame<'_>, Error> {
            let explained = self.rows.row(row);
            let answers = self.filler_answers.view();
            let prediction = self.predictions.row(row);
            let absence = &self.explainer.absence;
            let game = TableGame::new(&row_model, explained, absence, players, answers, prediction)?;
            Ok(game.with_batch_rows(self.explainer.batch_rows))
        };
        let whole = game(&self.players)?;
        let all = self.budget.idle_players;
        let active: Vec<usize> = (0..self.players.len()).filter(|&p| all || whole.varies(p)).collect();
        let players: Vec<Vec<usize>> = active.iter().map(|&player| self.players[player].clone()).collect();
        let of_active = if active.len() == self.players.len() { whole } else { game(&players)? };
        let games: Vec<(usize, TableGame<'_>)> =
            self.parts().into_iter().map(|part| (part.len(), of_active.part(part))).collect();
        let n: usize = games.iter().map(|(n, _)| n).sum();
        let parts: Vec<Part<'_>> =
            games.iter().map(|(len, game)| Part { game, weight: *len as f64 / n as f64 }).collect();
        divide(&parts, &active, Fingerprint::of_rows(self.rows.row(row).insert_axis(Axis(0))).prefix())
    }

    /// The fillers in parts: every k-th, so that a sorted background is cut evenly.
    fn parts(&self) -> Vec<Vec<usize>> {
        let n = self.filler_answers.nrows();
        let wanted = if self.explainer.absence.is_marginal() { self.budget.parts.clamp(1, n) } else { 1 };
        (0..wanted).map(|part| (part..n).step_by(wanted).collect()).collect()
    }

    fn values_of(&self, row: usize) -> Result<Found, Error> {
        self.play(row, |parts, active, key| {
            let values = driver::run(self.explainer.estimator.as_ref(), parts, key)?;
            Ok(Found { active: active.to_vec(), values })
        })
    }

    fn interactions_of(&self, row: usize) -> Result<Array3<f64>, Error> {
        self.play(row, |parts, active, _| {
            let mut pairs = Array3::zeros((self.players.len(), self.players.len(), self.n_outputs()));
            for part in parts {
                let found = exact::interactions(&exact::worth(part.game)?, active.len());
                for (i, of_one) in active.iter().zip(found.outer_iter()) {
                    self.spread(active, &of_one.to_owned(), pairs.index_axis_mut(Axis(0), *i).rows_mut());
                }
            }
            Ok(pairs)
        })
    }

    /// Writes the values of the active players into the rows of all.
    fn spread<'v>(
        &self,
        active: &[usize],
        values: &Array2<f64>,
        rows: impl IntoIterator<Item = ArrayViewMut1<'v, f64>>,
    ) {
        let mut next = active.iter().zip(values.rows()).peekable();
        for (player, mut row) in rows.into_iter().enumerate().take(self.players.len()) {
            if let Some((_, values)) = next.next_if(|(active, _)| **active == player) {
                row.assign(&values);
            }
        }
    }

    fn base_values(&self) -> Array2<f64> {
        let n = self.filler_answers.nrows() as f64;
        let base = self.filler_answers.sum_axis(Axis(0)) / n;
        let shape = (self.rows.nrows(), self.n_outputs());
        base.broadcast(shape).map(|base| base.to_owned()).unwrap_or_default()
    }

    fn evidence(&self, estimator: &dyn Estimator, rows: ArrayView2<'_, f64>, engine: &str) -> Evidence {
        let absence = &self.explainer.absence;
        let mut evidence = estimator.settings().with_data(Fingerprint::of_rows(rows));
        evidence = evidence.with_baseline(&absence.in_words()).with_model_calls(self.meter.calls());
        if !engine.is_empty() {
            engine.clone_into(&mut evidence.engine);
        }
        if let Some(background) = absence.background() {
            evidence = evidence.with_background(background);
        }
        if let Some(model) = self.explainer.fingerprint {
            evidence = evidence.with_model(model);
        }
        if self.meter.is_constant() {
            evidence =
                evidence.with_parameter("constant_model", "the model gave the same answer to every input");
        }
        evidence
    }

    /// Adds standard errors, ranks that can be told apart, and why sampling stopped, where there was any.
    fn with_errors(&self, evidence: Evidence, found: &[Found]) -> Result<Evidence, Error> {
        let (n_rows, n_players) = (self.rows.nrows(), self.players.len());
        let evidence = if self.budget.parts > 1 {
            evidence.with_parameter("background_parts", self.parts().len())
        } else {
            evidence
        };
        if !self.budget.sampled {
            return Ok(evidence);
        }
        let mut errors = Array3::zeros((n_rows, n_players, self.n_outputs()));
        let mut separable = Array3::from_elem((n_rows, n_players.saturating_sub(1), self.n_outputs()), false);
        for (row, found) in found.iter().enumerate() {
            if let Some(of_row) = &found.values.standard_error {
                self.spread(&found.active, of_row, errors.index_axis_mut(Axis(0), row).rows_mut());
            }
            self.mark(found, separable.index_axis_mut(Axis(0), row))?;
        }
        let evidence = evidence.with_standard_error(errors).with_separable(separable);
        Ok(match self.budget.tolerance {
            Some(tolerance) => stopping(evidence.with_parameter("tolerance", tolerance), found),
            None => evidence,
        })
    }

    /// Which ranks are told apart among all players, of whom the idle ones have the value 0 without error.
    fn mark(&self, found: &Found, mut separable: ArrayViewMut2<'_, bool>) -> Result<(), Error> {
        let of_active = found.values.separable.as_ref();
        let n_active = of_active.map_or(found.active.len(), |it| it.nrows() + 1);
        if let Some(of_active) = of_active {
            separable.slice_axis_mut(Axis(0), Slice::from(..n_active - 1)).assign(of_active);
        }
        if n_active == 0 || n_active >= self.players.len() {
            return Ok(());
        }
        let critical = critical_value(driver::CONFIDENCE)?;
        for output in 0..self.n_outputs() {
            let values = found.values.values.column(output);
            let smallest =
                (0..values.len()).min_by(|&a, &b| values[a].abs().total_cmp(&values[b].abs())).unwrap_or(0);
            let error = found.values.standard_error.as_ref().map_or(0.0, |it| it[[smallest, output]]);
            separable[[n_active - 1, output]] = values[smallest].abs() > critical * error;
        }
        Ok(())
    }
}

fn stopping(evidence: Evidence, found: &[Found]) -> Evidence {
    let at_tolerance = found.iter().filter(|it| it.values.stopped == Stopped::Tolerance).count();
    let most = found.iter().map(|it| it.values.samples).max().unwrap_or(0);
    let stopped = match at_tolerance {
        n if n == found.len() => "tolerance",
        0 => "budget",
        _ => "tolerance for some rows, budget for others",
    };
    evidence
        .with_parameter("stopped_by", stopped)
        .with_parameter("rows_within_tolerance", at_tolerance)
        .with_parameter("rows_at_budget", found.len() - at_tolerance)
        .with_parameter("most_samples_drawn", most)
}
