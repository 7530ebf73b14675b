//! What explains a model's scores: exactly where it is trees, by asking where it only answers.

use std::sync::Arc;

use ndarray::{Array2, Array3, ArrayView2, Axis};
use rationale_core::{
    Absence, Attributions, Background, Explain, FeatureGroups, Fingerprint, Predict, Progress, Seed, Silent,
};
use rationale_shapley::tree::TreeShap;
use rationale_shapley::{Interactions, PermutationShap, TableExplainer};
use rationale_trees::TreeEnsemble;

use crate::Error;

/// Orders of the columns for each tenth of the reference, each taken both ways: 20 pairs a row and the fewest that have an
/// error.
const ORDERS: usize = 2;

/// How an explainer is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// Bytes for the folded reference of trees.
    pub memory: usize,
    /// Rows that will be explained in all: the engine of trees is chosen for them.
    pub n_rows: usize,
    /// Of the orders in which a model that only answers is asked.
    pub seed: Seed,
}

/// Explains rows against one reference.
pub(crate) enum Explainer {
    Trees(Box<TreeShap>),
    Answers(Box<TableExplainer>),
}

impl Explainer {
    pub(crate) fn of_trees(
        trees: &TreeEnsemble,
        reference: &Background,
        asked: Asked,
    ) -> Result<Self, Error> {
        let explainer = TreeShap::interventional(trees, reference)?;
        let explainer = explainer.with_memory_limit(asked.memory).with_announced_rows(asked.n_rows);
        Ok(Self::Trees(Box::new(explainer)))
    }

    pub(crate) fn of_answers(
        model: Arc<dyn Predict>,
        fingerprint: Option<Fingerprint>,
        reference: &Background,
        seed: Seed,
    ) -> Self {
        let estimator = PermutationShap::new().with_samples(ORDERS).with_seed(seed);
        let absence = Absence::marginal(reference.clone());
        let explainer = TableExplainer::new(model, absence, Arc::new(estimator));
        Self::Answers(Box::new(match fingerprint {
            Some(fingerprint) => explainer.with_fingerprint(fingerprint),
            None => explainer,
        }))
    }

    /// Attributions of one output `[row, feature, 1]`.
    pub(crate) fn explain(
        &self,
        rows: ArrayView2<'_, f64>,
        output: usize,
        progress: &dyn Progress,
    ) -> Result<Attributions, Error> {
        let explained = match self {
            Self::Trees(explainer) => explainer.explain(rows, progress),
            Self::Answers(explainer) => explainer.explain(rows, progress),
        };
        Ok(explained?.select_output(output)?)
    }

    /// What groups of features gave to one output `[row, group]`.
    pub(crate) fn grouped(
        &self,
        rows: ArrayView2<'_, f64>,
        output: usize,
        groups: &FeatureGroups,
    ) -> Result<Array2<f64>, Error> {
        let explained = self.explain(rows, output, &Silent)?;
        let of_output = explained.values();
        let mut values = Array2::zeros((rows.nrows(), groups.len()));
        for (mut group, members) in values.columns_mut().into_iter().zip(groups.members()) {
            for &feature in members {
                group += &of_output.index_axis(Axis(2), 0).column(feature);
            }
        }
        Ok(values)
    }

    /// Interaction values of rows; none for a model that only answers, of which it would ask too much.
    pub(crate) fn interactions(&self, rows: ArrayView2<'_, f64>) -> Result<Option<Interactions>, Error> {
        Ok(match self {
            Self::Trees(explainer) => Some(explainer.interactions(rows, &Silent)?),
            Self::Answers(_) => None,
        })
    }
}

/// The standard errors of a block of rows put among those of all `[row, column, 1]`, where values are sampled.
pub(crate) fn keep_errors(
    all: &mut Option<Array3<f64>>,
    first: usize,
    n_rows: usize,
    of_block: Option<&Array3<f64>>,
) {
    let Some(of_block) = of_block else { return };
    let (_, n_columns, n_outputs) = of_block.dim();
    let all = all.get_or_insert_with(|| Array3::zeros((n_rows, n_columns, n_outputs)));
    let place = ndarray::Slice::from(first..first + of_block.dim().0);
    all.slice_axis_mut(Axis(0), place).assign(of_block);
}
