//! A network over the rows of a table: how a row becomes its input, its answers, and its inside.

mod gradients;
mod reading;

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};
use rationale::onnx::OnnxNetwork;
use rationale::shapley::DeepShap;
use rationale::tensor::{Network, Rows};
use rationale::{Attributions, Error, Explain, Fingerprint, Predict};

use self::gradients::Slopes;
pub(super) use self::reading::{Told, file, read};
use super::methods::{Method, Question};
use super::players::By;
use super::scored::Inside;
use crate::bar::Bar;
use crate::failure::Usage;

/// A network whose input is `[row, feature]`.
#[derive(Clone)]
struct TableNetwork {
    network: Arc<OnnxNetwork>,
    n_features: usize,
    /// How many rows go through at once, where the file fixes the number.
    fixed: Option<usize>,
    is_softmax: bool,
    fingerprint: Fingerprint,
}

impl TableNetwork {
    /// The outputs of so many rows as one batch takes.
    fn batch(&self, rows: ArrayView2<'_, f64>, size: usize) -> Result<Array2<f64>, Error> {
        let answers = Rows::new(&*self.network, &[self.n_features])?.with_batch_size(size);
        if self.fixed.is_none() || rows.nrows() == size {
            return answers.predict(rows);
        }
        let filled: Vec<usize> = (0..size).map(|row| row.min(rows.nrows() - 1)).collect();
        let found = answers.predict(rows.select(Axis(0), &filled).view())?;
        Ok(found.select(Axis(0), &(0..rows.nrows()).collect::<Vec<_>>()))
    }
}

impl Predict for TableNetwork {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let size = self.fixed.unwrap_or(rows.nrows()).max(1);
        let batches = rows.axis_chunks_iter(Axis(0), size).map(|batch| self.batch(batch, size));
        let batches = batches.collect::<Result<Vec<_>, _>>()?;
        let views: Vec<_> = batches.iter().map(Array2::view).collect();
        let mut found = ndarray::concatenate(Axis(0), &views).map_err(Error::model)?;
        if self.is_softmax {
            found.rows_mut().into_iter().for_each(softmax);
        }
        Ok(found)
    }
}

fn softmax(mut row: ndarray::ArrayViewMut1<'_, f64>) {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.mapv_inplace(|it| (it - largest).exp());
    let sum = row.sum();
    row /= sum;
}

impl Inside for TableNetwork {
    fn explain(&self, question: &Question<'_>, method: Method) -> anyhow::Result<Attributions> {
        let explained = match method {
            Method::DeepShap => self.deep_shap(question)?,
            _ => Slopes::new(self, question).explain(method)?,
        };
        let mut evidence = explained.evidence().clone().with_data(Fingerprint::of_rows(question.rows.view()));
        evidence.model = Some(self.fingerprint);
        let encoder = &question.scored.encoder;
        let explained =
            explained.with_feature_names(encoder.feature_names().to_vec())?.with_evidence(evidence);
        if question.players.by == By::Feature {
            return Ok(explained);
        }
        Ok(explained.grouped(&question.players.of(encoder)?)?)
    }
}

impl TableNetwork {
    fn deep_shap(&self, question: &Question<'_>) -> anyhow::Result<Attributions> {
        if self.is_softmax {
            return Err(Usage::new(
                "deep-shap explains the network's outputs as they are: leave --scale prediction out, or take deeplift \
                 with --baseline each",
            )
            .into());
        }
        let network: Arc<dyn Network> = Arc::<OnnxNetwork>::clone(&self.network);
        let explainer = DeepShap::new(network, &[self.n_features], question.background.clone())?
            .with_batch_size(question.settings.batch_size);
        let bar = Bar::new("deep-shap", question.rows.nrows() as u64, question.common);
        let explained = explainer.explain(question.rows.view(), &bar)?;
        let names = question.output_names(explained.n_outputs());
        question.selected(explained.with_output_names(names)?)
    }
}
