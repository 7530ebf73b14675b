//! Shapley values of a model that adds up: one effect a feature.

use std::sync::Arc;

use ndarray::{Array2, Array3, ArrayView2, Axis};
use rationale_core::{
    Attributions, Background, Error, Evidence, Explain, Fingerprint, Predict, Progress, checked_answers,
};

const METHOD: &str = "additive-shap";
const BATCH_ROWS: usize = 4096;

/// Shapley values of a generalised additive model: its effects, centred. Lundberg, Lee 2017, corollary 1,
/// <https://arxiv.org/abs/1705.07874>, carried from linear to any effects.
///
/// ```text
/// f(x) = c + sum_i f_i(x_i)   =>   phi_i = f_i(x_i) - mean over background rows b of f_i(b_i)
/// ```
///
/// | symbol | here | shape |
/// |---|---|---|
/// | phi | [`Attributions::values`] | `[row, feature, output]` |
/// | f_i(x_i) + rest | the model where only feature i differs from the background's first row | `[row, output]` |
///
/// **Holds**: all axioms where the model is additive. Where it is not, values are wrong, and the completeness gap, which is
/// then not 0, shows it.
///
/// **Costs**: n model calls a row, and n + 1 a background row, once a call of [`Explain::explain`].
///
/// **Departs** from shap: the features' effects are seen beside the background's first row, where shap takes zeros.
///
/// ```
/// use std::sync::Arc;
/// use ndarray::{array, Axis};
/// use rationale_core::{Background, Explain, FromFn, Silent};
/// use rationale_shapley::AdditiveShap;
///
/// let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.map_axis(Axis(1), |r| r[0] * r[0] + 3.0 * r[1]).insert_axis(Axis(1)));
/// let explainer = AdditiveShap::new(Arc::new(model), Background::new(array![[0.0, 0.0], [2.0, 4.0]])?);
/// let explained = explainer.explain(array![[3.0, 1.0]].view(), &Silent)?;
/// assert_eq!(explained.row(0, 0).to_vec(), [7.0, -3.0]);
/// assert_eq!(explained.completeness_gap(), 0.0);
/// # Ok::<(), rationale_core::Error>(())
/// ```
pub struct AdditiveShap {
    model: Arc<dyn Predict>,
    background: Background,
    batch_rows: usize,
}

impl AdditiveShap {
    /// Takes the model and the rows that its effects are centred on.
    pub fn new(model: Arc<dyn Predict>, background: Background) -> Self {
        Self { model, background, batch_rows: BATCH_ROWS }
    }

    /// Asks the model about at most this many rows at a time; 4096 by default. Changes no value.
    pub fn with_batch_rows(mut self, batch_rows: usize) -> Self {
        self.batch_rows = batch_rows.max(1);
        self
    }

    fn ask(&self, rows: ArrayView2<'_, f64>, n_outputs: Option<usize>) -> Result<Array2<f64>, Error> {
        let mut answers = Array2::zeros((0, n_outputs.unwrap_or(0)));
        for (idx, part) in rows.axis_chunks_iter(Axis(0), self.batch_rows).enumerate() {
            let known = (idx > 0).then(|| answers.ncols()).or(n_outputs);
            let answered = checked_answers(self.model.as_ref(), part, known)?;
            if idx == 0 {
                answers = answered;
            } else {
                answers.append(Axis(0), answered.view()).map_err(Error::model)?;
            }
        }
        Ok(answers)
    }

    /// What the model says of the background's first row with one feature from each of `rows` `[row, output]`.
    fn effect(
        &self,
        rows: ArrayView2<'_, f64>,
        feature: usize,
        n_outputs: usize,
    ) -> Result<Array2<f64>, Error> {
        let first = self.background.rows().row(0).to_owned();
        let mut mixed = Array2::from_shape_fn(rows.dim(), |(_, feature)| first[feature]);
        mixed.column_mut(feature).assign(&rows.column(feature));
        self.ask(mixed.view(), Some(n_outputs))
    }

    fn evidence(&self, rows: ArrayView2<'_, f64>) -> Evidence {
        let n_features = rows.ncols();
        let n_background = self.background.rows().nrows();
        Evidence::new(METHOD, "one feature at a time")
            .with_data(Fingerprint::of_rows(rows))
            .with_baseline("the rows of the background")
            .with_background(&self.background)
            .with_model_calls(((rows.nrows() + n_background) * (n_features + 1)) as u64)
    }
}

impl Explain for AdditiveShap {
    fn explain(&self, rows: ArrayView2<'_, f64>, progress: &dyn Progress) -> Result<Attributions, Error> {
        let background = self.background.rows();
        let (n_rows, n_features) = rows.dim();
        if n_features != background.ncols() {
            let (expected, actual) = (vec![n_rows, background.ncols()], vec![n_rows, n_features]);
            return Err(Error::Shape { what: "the table of rows, beside the background,", expected, actual });
        }
        let of_background = self.ask(background, None)?;
        let n_outputs = of_background.ncols();
        let predictions = self.ask(rows, Some(n_outputs))?;
        let base = of_background.sum_axis(Axis(0)) / background.nrows() as f64;
        let mut values = Array3::zeros((n_rows, n_features, n_outputs));
        for feature in 0..n_features {
            let centre =
                self.effect(background, feature, n_outputs)?.sum_axis(Axis(0)) / background.nrows() as f64;
            let effect = self.effect(rows, feature, n_outputs)? - centre;
            values.index_axis_mut(Axis(1), feature).assign(&effect);
        }
        progress.advance(n_rows as u64);
        let base_values = Array2::from_shape_fn((n_rows, n_outputs), |(_, output)| base[output]);
        Ok(Attributions::new(values, base_values, predictions)?.with_evidence(self.evidence(rows)))
    }
}
