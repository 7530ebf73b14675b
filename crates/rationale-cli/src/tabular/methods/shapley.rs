//! Shapley values of any model, by one of the estimators.

use std::sync::Arc;

use rationale::shapley::{
    Estimator, ExactShap, FeatureTree, KernelShap, PartitionShap, PermutationShap, SamplingShap,
    TableExplainer,
};
use rationale::{Absence, Attributions, Explain};

use super::{By, Method, Question};
use crate::bar::Bar;

pub(super) fn explain(question: &Question<'_>, method: Method) -> anyhow::Result<Attributions> {
    let scored = question.scored;
    let absence = Absence::marginal(question.background.clone());
    let estimator = estimator(question, method);
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

fn estimator(question: &Question<'_>, method: Method) -> Arc<dyn Estimator> {
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
    match method {
        Method::PermutationShap => sampled!(PermutationShap::new()),
        Method::SamplingShap => sampled!(SamplingShap::new()),
        Method::KernelShap => sampled!(KernelShap::new()),
        Method::PartitionShap => {
            let partition = PartitionShap::new(tree(question));
            Arc::new(match samples {
                Some(samples) => partition.with_samples(samples),
                None => partition,
            })
        }
        _ => Arc::new(ExactShap::new()),
    }
}

/// The players by how they go together in the background.
fn tree(question: &Question<'_>) -> FeatureTree {
    match question.by {
        By::Column => FeatureTree::from_correlation(question.training.view()),
        By::Feature => FeatureTree::from_correlation(question.background.rows()),
    }
}
