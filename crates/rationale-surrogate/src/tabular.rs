//! LIME for tables: Ribeiro, Singh and Guestrin 2016, <https://arxiv.org/abs/1602.04938>, as in the Python library lime.
//!
//! ```text
//! a column in bins or of categories: draw by training frequency; z'_j = 1 where z_j is the input's own
//! a number:                          draw mean + sd N(0, 1);      z'_j = (z_j - mean) / sd
//! w(z) = sqrt(exp(-|z' - x'|^2 / width^2)),  width = 0.75 sqrt(number of columns)
//! ```
//!
//! | symbol | name here | shape | unit |
//! |---|---|---|---|
//! | z | a neighbour, as the model sees it | `[column]` | the column's own; NaN is "missing" |
//! | z' | a neighbour, as the local model sees it | `[column]` | 1 or 0, or standard deviations |
//!
//! **Holds**: missing is a value like any other: it is drawn as often as training has it, and a term may say `age is
//! missing`. Neighbours do not depend on the model, nor on the number of threads or the batch size.
//!
//! **Costs**: `n_samples` model calls a row, less those that are the same; memory samples x columns.
//!
//! **Departs** from lime 0.2.0.1: a bin all of whose values are equal gives that value (there: 0, through a slip); the
//! bins' normal law is tabulated; columns are described by the caller, so categories have names and missing values
//! need no filling; where columns stay numbers, a row that has a value keeps one in all its neighbours. Its latin
//! hypercube and its regressor of choice are not offered.
//!
//! ```
//! use ndarray::{Array2, Axis, array};
//! use rationale_core::{FromFn, Silent};
//! use rationale_surrogate::{Column, Columns, Discretisation, Lime, LimeTabular};
//!
//! // A model that is a line, explained by a line: 2 a - b.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[2.0], [-1.0]]));
//! let training = array![[0.0, 0.0], [2.0, 20.0]];
//! let lime = LimeTabular::new(&model, Columns::numeric(["a", "b"])?, training.view())?
//!     .with_discretisation(Discretisation::None)?
//!     .with_lime(Lime::default().with_samples(200).with_penalty(0.0));
//! let explained = lime.explain_row(array![1.0, 10.0].view(), 0, &Silent)?;
//! // In standard deviations, which are 1 and 10: the larger one first.
//! let terms = &explained.models[0].terms;
//! assert_eq!((terms[0].name.as_str(), terms[1].name.as_str()), ("b", "a"));
//! assert!((terms[0].coefficient + 10.0).abs() < 1e-9 && (terms[1].coefficient - 2.0).abs() < 1e-9);
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```

mod discretiser;
mod entropy;
mod feature;
mod truncated_normal;

use std::ops::Range;

use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis, Slice, concatenate};
use rationale_core::separable::Ranking;
use rationale_core::{Attributions, Explain, FeatureGroups, Fingerprint, Predict, Progress, Silent};
use rayon::prelude::*;

pub use self::discretiser::Discretisation;
use self::feature::{Feature, Own};
use crate::engine::{Neighbours, Stream, explain};
use crate::local_model::root;
use crate::memory::{Key, Memory};
use crate::{Columns, Error, Explanation, Labels, Lime, LocalModel, Neighbourhood, kernel};

/// Where neighbours of a number lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Centre {
    /// Around the training table's mean; lime 0.2.0.1's default.
    #[default]
    Mean,
    /// Around the input.
    Input,
}

/// LIME on the rows of a table.
pub struct LimeTabular<'a> {
    model: &'a dyn Predict,
    columns: Columns,
    training: Array2<f64>,
    fingerprint: Fingerprint,
    features: Vec<Feature>,
    discretisation: Discretisation,
    centre: Centre,
    lime: Lime,
}

impl<'a> LimeTabular<'a> {
    /// Takes a model, its columns and training rows `[row, column]`, whose frequencies neighbours are drawn by.
    pub fn new(
        model: &'a dyn Predict,
        columns: Columns,
        training: ArrayView2<'_, f64>,
    ) -> Result<Self, Error> {
        columns.check_rows("the training table", training)?;
        if training.is_empty() {
            return Err(Error::Empty { what: "the training table" });
        }
        let discretisation = Discretisation::default();
        let features = features(&columns, training, &discretisation);
        let (fingerprint, training) = (Fingerprint::of_rows(training), training.to_owned());
        let (centre, lime) = (Centre::default(), Lime::default());
        Ok(Self { model, columns, training, fingerprint, features, discretisation, centre, lime })
    }

    /// How numbers are cut into bins (quartiles).
    pub fn with_discretisation(self, discretisation: Discretisation) -> Result<Self, Error> {
        discretisation.check(self.training.nrows())?;
        let features = features(&self.columns, self.training.view(), &discretisation);
        Ok(Self { features, discretisation, ..self })
    }

    /// Where neighbours of a number lie, when it is not cut into bins (around the mean).
    pub fn with_centre(self, centre: Centre) -> Self {
        Self { centre, ..self }
    }

    /// The settings that all kinds of input share.
    pub fn with_lime(self, lime: Lime) -> Self {
        Self { lime, ..self }
    }

    /// Explains one row `[column]`; `row_idx` keeps the draws of different rows apart.
    ///
    /// Tells `progress` one unit for each sample answered.
    pub fn explain_row(
        &self,
        row: ArrayView1<'_, f64>,
        row_idx: u64,
        progress: &dyn Progress,
    ) -> Result<Explanation, Error> {
        self.explain_with(&self.lime, row, row_idx, progress)
    }

    /// Explanations of rows `[row, column]` as one array: values are coefficient times the input's own coordinate, the
    /// base value is the intercept. All must be of the same number of outputs.
    pub fn attributions(
        &self,
        explained: &[Explanation],
        rows: ArrayView2<'_, f64>,
    ) -> Result<Attributions, Error> {
        Ok(attributions(&self.single_columns()?, explained, rows, self.lime.confidence)?)
    }

    /// The same with each group's values summed into one, and the errors of these sums.
    pub fn attributions_of_groups(
        &self,
        explained: &[Explanation],
        rows: ArrayView2<'_, f64>,
        groups: &FeatureGroups,
    ) -> Result<Attributions, Error> {
        let (expected, actual) = (self.columns.as_slice().len(), groups.members().iter().flatten().count());
        if expected != actual {
            return Err(Error::Size { what: "all groups together", unit: "columns", expected, actual });
        }
        Ok(attributions(groups, explained, rows, self.lime.confidence)?)
    }

    fn single_columns(&self) -> Result<FeatureGroups, rationale_core::Error> {
        let names: Vec<String> =
            self.columns.as_slice().iter().map(|column| column.name().to_owned()).collect();
        FeatureGroups::new(Vec::new(), &names)
    }

    fn explain_with(
        &self,
        lime: &Lime,
        row: ArrayView1<'_, f64>,
        row_idx: u64,
        progress: &dyn Progress,
    ) -> Result<Explanation, Error> {
        self.columns.check_rows("the row to explain", row.insert_axis(Axis(0)))?;
        let mut explanation = explain(
            &RowNeighbours { table: self, row: row.reborrow(), batch_size: lime.batch_size },
            lime,
            row_idx,
            progress,
        )?;
        let evidence = explanation.evidence;
        explanation.evidence = evidence
            .with_parameter("discretisation", self.discretisation.name())
            .with_data(Fingerprint::of_rows(row.insert_axis(Axis(0))))
            .with_baseline("neighbours drawn from the training table's frequencies");
        explanation.evidence.background = Some(self.fingerprint);
        explanation.evidence.n_background_rows = Some(self.training.nrows());
        Ok(explanation)
    }
}

/// Rows as one array: values are coefficient times the input's own coordinate, the base value is the intercept, so the
/// completeness gap is how far the line is from the model at the input itself.
impl Explain for LimeTabular<'_> {
    fn explain(
        &self,
        rows: ArrayView2<'_, f64>,
        progress: &dyn Progress,
    ) -> Result<Attributions, rationale_core::Error> {
        let lime = self.lime.clone().with_labels(Labels::All);
        let one = |row: usize| {
            let explained = self.explain_with(&lime, rows.row(row), row as u64, &Silent);
            progress.advance(1);
            explained.map(Explanation::without_samples)
        };
        let explained: Result<Vec<Explanation>, Error> = (0..rows.nrows()).into_par_iter().map(one).collect();
        let explained = explained.map_err(|error| error.of_method("lime"))?;
        attributions(&self.single_columns()?, &explained, rows, lime.confidence)
    }
}

fn attributions(
    groups: &FeatureGroups,
    explained: &[Explanation],
    rows: ArrayView2<'_, f64>,
    confidence: f64,
) -> Result<Attributions, rationale_core::Error> {
    let n_outputs = explained.first().map_or(0, |it| it.models.len());
    let shape = (rows.nrows(), groups.len(), n_outputs);
    let (mut values, mut errors) = (Array3::zeros(shape), Array3::zeros(shape));
    let mut separable = Array3::from_elem((shape.0, shape.1.saturating_sub(1), shape.2), false);
    let mut base_values = Array2::zeros((shape.0, shape.2));
    let mut predictions = base_values.clone();
    let group_of = group_of_each(groups, rows.ncols());
    for (row, explanation) in explained.iter().enumerate() {
        for (output, model) in explanation.models.iter().enumerate() {
            base_values[[row, output]] = model.intercept;
            predictions[[row, output]] = model.prediction;
            let (sums, covariance) = contributions(model, &group_of, shape.1);
            let ranking = Ranking::new(sums.view(), covariance.view(), confidence)?;
            for group in 0..shape.1 {
                values[[row, group, output]] = sums[group];
                errors[[row, group, output]] = root(covariance[[group, group]]);
            }
            let mut marks = separable.index_axis_mut(Axis(0), row);
            let marks = marks.column_mut(output).into_iter().zip(ranking.is_separable());
            marks.for_each(|(mark, is)| *mark = *is);
        }
    }
    let attributions =
        Attributions::new(values, base_values, predictions)?.with_feature_names(groups.names().to_vec())?;
    let Some(first) = explained.first() else { return Ok(attributions) };
    let calls = explained.iter().map(|it| it.evidence.model_calls).sum();
    let n_constant = explained.iter().flat_map(|it| &it.models).filter(|model| model.is_constant).count();
    let evidence = first.evidence.clone().with_data(Fingerprint::of_rows(rows)).with_model_calls(calls);
    let evidence = evidence.with_parameter("constant_outputs", n_constant);
    Ok(attributions.with_evidence(evidence.with_standard_error(errors).with_separable(separable)))
}

fn group_of_each(groups: &FeatureGroups, n_features: usize) -> Vec<usize> {
    let mut group_of = vec![0; n_features];
    for (group, members) in groups.members().iter().enumerate() {
        members.iter().for_each(|&feature| group_of[feature] = group);
    }
    group_of
}

/// What each group adds to the local prediction, and the covariance of these; features that were not selected add 0
/// without error.
fn contributions(model: &LocalModel, group_of: &[usize], n_groups: usize) -> (Array1<f64>, Array2<f64>) {
    let mut sums = Array1::zeros(n_groups);
    let mut covariance = Array2::zeros((n_groups, n_groups));
    for (i, a) in model.terms.iter().enumerate() {
        sums[group_of[a.feature]] += a.contribution();
        for (j, b) in model.terms.iter().enumerate() {
            let place = [group_of[a.feature], group_of[b.feature]];
            covariance[place] += model.covariance[[i, j]] * a.value * b.value;
        }
    }
    (sums, covariance)
}

fn features(
    columns: &Columns,
    training: ArrayView2<'_, f64>,
    discretisation: &Discretisation,
) -> Vec<Feature> {
    let column =
        |(position, column)| Feature::new(column, &training.column(position).to_vec(), discretisation);
    columns.as_slice().iter().enumerate().map(column).collect()
}

/// How many samples share a stream. Part of what a seed means.
const BLOCK: usize = 64;

/// Neighbours of one row.
struct RowNeighbours<'a, 'm> {
    table: &'a LimeTabular<'m>,
    row: ArrayView1<'a, f64>,
    batch_size: usize,
}

impl RowNeighbours<'_, '_> {
    /// Draws samples, blocks of them on all threads, into coordinates and inputs for the model, row by row.
    ///
    /// A block has a stream of its own, from which each of its samples takes one number a column; a range that begins
    /// inside a block passes over those before.
    fn draw(
        &self,
        stream: Stream,
        own: &[Own],
        samples: Range<usize>,
        coordinates: &mut [f64],
        inputs: &mut [f64],
    ) {
        let width = self.row.len();
        let skipped = samples.start % BLOCK;
        let head = ((BLOCK - skipped) % BLOCK * width).min(inputs.len());
        let (first, coordinates) = coordinates.split_at_mut(head);
        let (first_inputs, inputs) = inputs.split_at_mut(head);
        self.draw_block(stream, own, samples.start / BLOCK, skipped, first, first_inputs);
        let next = samples.start.div_ceil(BLOCK);
        let blocks = coordinates.par_chunks_mut(BLOCK * width).zip(inputs.par_chunks_mut(BLOCK * width));
        blocks.enumerate().for_each(|(block, (coordinates, inputs))| {
            self.draw_block(stream, own, next + block, 0, coordinates, inputs);
        });
    }

    fn draw_block(
        &self,
        stream: Stream,
        own: &[Own],
        block: usize,
        skipped: usize,
        coordinates: &mut [f64],
        inputs: &mut [f64],
    ) {
        if inputs.is_empty() {
            return;
        }
        let width = self.row.len();
        let mut draws = stream.draws("lime-tabular", block);
        draws.fill_uniform(&mut vec![0.0; skipped * width]);
        draws.fill_uniform(inputs);
        feature::draw(&self.table.features, own, coordinates, inputs);
        if block == 0 && skipped == 0 {
            self.input_itself(&mut coordinates[..width]);
            inputs.iter_mut().zip(self.row).for_each(|(input, own)| *input = *own);
        }
    }

    /// How many samples are drawn and asked about at a time: the inputs that lie in memory.
    fn n_at_once(&self) -> usize {
        let batch_size = self.batch_size.max(BLOCK);
        batch_size - batch_size % BLOCK
    }

    fn own(&self) -> Vec<Own> {
        let is_around_input = self.table.centre == Centre::Input;
        let features = self.table.features.iter().zip(self.row);
        features.map(|(feature, value)| feature.own(*value, is_around_input)).collect()
    }

    fn input_itself(&self, coordinates: &mut [f64]) {
        for ((coordinate, feature), value) in coordinates.iter_mut().zip(&self.table.features).zip(self.row) {
            *coordinate = feature.own_coordinate(*value);
        }
    }

    /// Distances from the input, whether or not it is among the samples.
    fn distances(&self, design: ArrayView2<'_, f64>) -> Array1<f64> {
        let mut own = vec![0.0; self.row.len()];
        self.input_itself(&mut own);
        kernel::euclidean(design, ArrayView1::from(&own))
    }
}

impl Neighbours for RowNeighbours<'_, '_> {
    fn engine(&self) -> &'static str {
        "tabular"
    }

    fn names(&self) -> Vec<String> {
        let columns = self.table.columns.as_slice().iter().zip(&self.table.features).zip(self.row);
        columns.map(|((column, feature), value)| feature.condition(column, *value)).collect()
    }

    fn usual_width(&self) -> f64 {
        (self.row.len() as f64).sqrt() * 0.75
    }

    fn sample(
        &self,
        stream: Stream,
        samples: Range<usize>,
        memory: &mut Memory,
        progress: &dyn Progress,
    ) -> Result<Neighbourhood, Error> {
        let (width, own) = (self.row.len(), self.own());
        let is_continuous = self.table.features.iter().any(Feature::is_continuous);
        let mut design = vec![0.0; samples.len() * width];
        let mut outputs = Vec::new();
        let mut inputs = Array2::zeros((self.n_at_once().min(samples.len()), width));
        for (chunk, coordinates) in design.chunks_mut(self.n_at_once() * width).enumerate() {
            let start = samples.start + chunk * self.n_at_once();
            let chunk = start..start + coordinates.len() / width;
            inputs.slice_axis_inplace(Axis(0), Slice::from(..chunk.len()));
            self.draw(stream, &own, chunk.clone(), coordinates, slice_of(&mut inputs));
            let key = |position: usize| {
                // Where a column never has the same value twice, only the input itself is met again.
                let is_met_again = !is_continuous || chunk.start + position == 0;
                is_met_again.then(|| Key::of(inputs.row(position).iter().copied().map(bits)))
            };
            let ask = |batch: &[usize]| Ok(predict(self.table.model, &inputs, batch)?);
            outputs.push(memory.answer(chunk.clone(), progress, key, ask)?);
        }
        let wrong = |_| Error::Size { what: "the samples", unit: "columns", expected: width, actual: 0 };
        let design = Array2::from_shape_vec((samples.len(), width), design).map_err(wrong)?;
        let views: Vec<_> = outputs.iter().map(Array2::view).collect();
        let outputs = concatenate(Axis(0), &views).map_err(wrong)?;
        let distances = self.distances(design.view());
        Neighbourhood::new(design, outputs, distances)
    }
}

/// One NaN is as good as another, and so are the two zeros.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

/// The numbers of an array made here, which lie row by row.
fn slice_of(array: &mut Array2<f64>) -> &mut [f64] {
    array.as_slice_mut().unwrap_or_default()
}

/// Asks about some rows; neighbours in the table go without a copy.
fn predict(
    model: &dyn Predict,
    inputs: &Array2<f64>,
    batch: &[usize],
) -> Result<Array2<f64>, rationale_core::Error> {
    match (batch.first(), batch.last()) {
        (Some(&first), Some(&last)) if last + 1 - first == batch.len() => {
            model.predict(inputs.slice_axis(Axis(0), Slice::from(first..=last)))
        }
        _ => model.predict(inputs.select(Axis(0), batch).view()),
    }
}
