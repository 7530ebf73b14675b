//! Random numbers as an explanation: the control that other methods are compared with.

use ndarray::{Array2, Array3, Axis};
use rationale::{Attributions, Evidence, Fingerprint, checked_answers};

use super::Question;

pub(super) fn explain(question: &Question<'_>) -> anyhow::Result<Attributions> {
    let players = question.players()?;
    let predictions = checked_answers(question.scored.model.as_ref(), question.rows.view(), None)?;
    let n_outputs = predictions.ncols();
    let mut values = Array3::zeros((question.rows.nrows(), players.len(), n_outputs));
    for (row, mut of_row) in values.axis_iter_mut(Axis(0)).enumerate() {
        let key = Fingerprint::of_rows(question.rows.row(row).insert_axis(Axis(0))).prefix();
        let mut draws = question.seed().draws("random", key, 0);
        of_row.mapv_inplace(|_| draws.normal());
    }
    let mut evidence = Evidence::new("random", "normal numbers")
        .with_seed(question.seed())
        .with_data(Fingerprint::of_rows(question.rows.view()))
        .with_baseline("nothing: these numbers do not depend on the model")
        .with_model_calls(predictions.nrows() as u64);
    evidence.model = question.scored.fingerprint;
    let names = question.output_names(n_outputs);
    Ok(Attributions::new(values, Array2::zeros(predictions.dim()), predictions)?
        .with_feature_names(players.names().to_vec())?
        .with_output_names(names)?
        .with_evidence(evidence))
}
