//! Shapley values of a model that adds up, refused where it does not.

use std::sync::Arc;

use ndarray::Axis;
use rationale::shapley::AdditiveShap;
use rationale::{Attributions, Explain};

use super::Question;
use crate::bar::Bar;

/// How far a prediction may be from the sum, as a share of the largest |prediction - base value|: a program may print
/// float32 numbers.
const TOLERANCE: f64 = 1e-6;
/// What adding up may change, as a share of the answer.
const ROUNDING: f64 = 1e-12;

pub(super) fn explain(question: &Question<'_>) -> anyhow::Result<Attributions> {
    let scored = question.scored;
    let explainer = AdditiveShap::new(Arc::clone(&scored.model), question.background.clone())
        .with_batch_rows(question.settings.batch_size);
    let bar = Bar::new("linear-shap", question.rows.nrows() as u64, question.common);
    let explained = explainer.explain(question.rows.view(), &bar)?;
    check(question, &explained)?;
    let mut evidence = explained.evidence().clone().with_parameter("by", "effects of one feature at a time");
    "linear-shap".clone_into(&mut evidence.method);
    evidence.model = scored.fingerprint;
    let names = question.output_names(explained.n_outputs());
    let explained = explained
        .with_feature_names(scored.encoder.feature_names().to_vec())?
        .with_output_names(names)?
        .with_evidence(evidence);
    // Values of a sum are sums of values: no player is hurt by joining features.
    Ok(explained.grouped(&question.players()?)?)
}

/// Refuses a model whose answers are no sum of one effect a feature.
fn check(question: &Question<'_>, explained: &Attributions) -> anyhow::Result<()> {
    let spread =
        (&explained.predictions() - &explained.base_values()).iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    let sums = &explained.values().sum_axis(Axis(1)) + &explained.base_values();
    for ((row, output), sum) in sums.indexed_iter() {
        let prediction = explained.predictions()[[row, output]];
        // A constant model has no spread, and its sums are its answer but for rounding.
        if (sum - prediction).abs() > TOLERANCE * spread + ROUNDING * prediction.abs() {
            anyhow::bail!(
                "linear-shap is for models that are a line, or a sum of one effect a column, and this one is not: for row {} \
                 it answers {prediction}, and the effects of its columns one by one sum up to {sum}; take kernel-shap or \
                 permutation-shap, which need no such thing",
                question.numbers[row]
            );
        }
    }
    Ok(())
}
