//! Shapley values of any model, by one of the estimators.

use std::sync::Arc;

use rationale::shapley::{
    Estimator, ExactShap, FeatureTree, KernelShap, PartitionShap, PermutationShap, SamplingShap,
    TableExplainer,
};
use rationale::{Attributions, Explain};

use super::{Method, Question};
use crate::bar::Bar;
use crate::tabular::players::By;

pub(super) fn explain(question: &Question<'_>, method: Method) -> anyhow::Result<Attributions> {
    let scored = question.scored;
    let (absence, estimator) = (question.absence()?, estimator(question, method)?);
    let mut explainer = TableExplainer::new(Arc::clone(&scored.model), absence, estimator)
        .with_groups(question.players()?)
        .with_batch_rows(question.settings.batch_size);
    if let Some(model) = scored.fingerprint {
        explainer = explainer.with_fingerprint(model);
    }
    let bar = Bar::new(method.name(), question.rows.nrows() as u64, question.common);
    let explained = explainer.explain(question.rows.view(), &bar)?;
    let names = question.output_names(explained.n_outputs());
    Ok(explained.with_output_names(names)?)
}

fn estimator(question: &Question<'_>, method: Method) -> anyhow::Result<Arc<dyn Estimator>> {
    let (samples, tolerance) = (question.settings.samples, question.settings.tolerance);
    /// The estimators' settings have the same names; what is not given stays the estimator's own.
    macro_rules! sampled {
        ($estimator:expr) => {{
            let mut estimator = $estimator.with_seed(question.seed());
            if let Some(samples) = samples {
                estimator = estimator.with_samples(samples);
            }
            if let Some(tolerance) = tolerance {
                estimator = estimator.with_tolerance(tolerance);
            }
            Arc::new(estimator)
        }};
    }
    Ok(match method {
        Method::PermutationShap => sampled!(PermutationShap::new()),
        Method::SamplingShap => sampled!(SamplingShap::new()),
        Method::KernelShap => sampled!(KernelShap::new()),
        Method::PartitionShap => {
            let partition = PartitionShap::new(tree(question)?);
            Arc::new(match samples {
                Some(samples) => partition.with_samples(samples),
                None => partition,
            })
        }
        _ => Arc::new(ExactShap::new()),
    })
}

/// The players by how they go together in the background.
fn tree(question: &Question<'_>) -> anyhow::Result<FeatureTree> {
    if question.players.by == By::Feature {
        return Ok(FeatureTree::from_correlation(question.background.rows()));
    }
    let (_, by_columns) = question.scored.by_columns()?;
    let players = question.players.of(&by_columns)?;
    Ok(FeatureTree::from_correlation_of_groups(question.training.view(), players.members())?)
}
