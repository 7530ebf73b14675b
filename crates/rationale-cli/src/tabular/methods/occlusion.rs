//! What the output loses when one column is taken away.

use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{Array2, Array3, ArrayView2, Axis, concatenate};
use rationale::surrogate::occlude;
use rationale::{
    Attributions, Error, Evidence, Fingerprint, Predict, Progress, Silent, TableGame, checked_answers,
};

use super::Question;
use crate::bar::Bar;

pub(super) fn explain(question: &Question<'_>) -> anyhow::Result<Attributions> {
    let (scored, background) = (question.scored, &question.background);
    let absence = question.absence()?;
    let players = question.players()?;
    let model = Counted { model: scored.model.as_ref(), n_rows: AtomicU64::new(0) };
    let of_fillers = asked(question, &model, background.rows())?;
    let predictions = asked(question, &model, question.rows.view())?;
    let base = of_fillers.sum_axis(Axis(0)) / of_fillers.nrows() as f64;
    let n_outputs = of_fillers.ncols();
    let mut values = Array3::zeros((question.rows.nrows(), players.len(), n_outputs));
    let bar = Bar::new("occlusion", question.rows.nrows() as u64, question.common);
    for (row, mut of_row) in values.outer_iter_mut().enumerate() {
        let (explained, prediction) = (question.rows.row(row), predictions.row(row));
        let (members, of_fillers) = (players.members(), of_fillers.view());
        let game = TableGame::new(&model, explained, &absence, members, of_fillers, prediction)?;
        let game = game.with_batch_rows(question.settings.batch_size);
        of_row.assign(&occlude(&game, players.len().max(1), &Silent)?);
        bar.advance(1);
    }
    drop(bar);
    let mut evidence = Evidence::new("occlusion", "one player at a time")
        .with_data(Fingerprint::of_rows(question.rows.view()))
        .with_baseline(&absence.in_words())
        .with_background(background)
        .with_model_calls(model.n_rows.into_inner())
        .with_parameter("completeness", "losses of single columns need not sum to anything");
    evidence.model = scored.fingerprint;
    let base = Array2::from_shape_fn(predictions.dim(), |(_, output)| base[output]);
    let names = question.output_names(n_outputs);
    Ok(Attributions::new(values, base, predictions)?
        .with_feature_names(players.names().to_vec())?
        .with_output_names(names)?
        .with_evidence(evidence))
}

/// A model, and how many rows it was asked about.
struct Counted<'a> {
    model: &'a dyn Predict,
    n_rows: AtomicU64,
}

impl Predict for Counted<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        self.n_rows.fetch_add(rows.nrows() as u64, Ordering::Relaxed);
        self.model.predict(rows)
    }
}

fn asked(
    question: &Question<'_>,
    model: &dyn Predict,
    rows: ArrayView2<'_, f64>,
) -> anyhow::Result<Array2<f64>> {
    let batches = rows.axis_chunks_iter(Axis(0), question.settings.batch_size);
    let answers: Vec<Array2<f64>> =
        batches.map(|batch| checked_answers(model, batch, None)).collect::<Result<_, _>>()?;
    let views: Vec<_> = answers.iter().map(Array2::view).collect();
    Ok(concatenate(Axis(0), &views)?)
}
