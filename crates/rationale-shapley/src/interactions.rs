//! Shapley interaction values: how features work in pairs.

use ndarray::{Array2, Array3, Array4, ArrayView2, ArrayView4, Axis};
use rationale_core::{Attributions, Error, Evidence};

/// Shapley interaction values (Lundberg and others 2018, section 4.2, after Fujimoto and others 2006).
///
/// ```text
/// Phi_ij = 1/2 sum over coalitions C without i, j of  |C|! (n - |C| - 2)! / (n - 1)!  D_ij(C),     i != j
/// D_ij(C) = v(C + i + j) - v(C + i) - v(C + j) + v(C)
/// Phi_ii = phi_i - sum over j != i of Phi_ij
/// ```
///
/// | field | shape | unit |
/// |---|---|---|
/// | values | `[row, feature, feature, output]` | margin |
/// | base values, predictions | `[row, output]` | margin |
///
/// **Holds**: the matrix is symmetric; a row of it sums to the feature's Shapley value; all of it sums to prediction
/// minus base value. **Departs** from the Shapley interaction index by the half, as shap does, so that rows add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    values: Array4<f64>,
    summed: Attributions,
}

impl Interactions {
    pub(crate) fn new(
        (values, summed): (Array4<f64>, Array3<f64>),
        base_values: Array2<f64>,
        predictions: Array2<f64>,
        (feature_names, output_names): (Vec<String>, Vec<String>),
        evidence: Evidence,
    ) -> Result<Self, Error> {
        let evidence = evidence.with_parameter("order", "interactions");
        let summed = Attributions::new(summed, base_values, predictions)?
            .with_feature_names(feature_names)?
            .with_output_names(output_names)?
            .with_evidence(evidence);
        Ok(Self { values, summed })
    }

    /// Values `[row, feature, feature, output]`.
    pub fn values(&self) -> ArrayView4<'_, f64> {
        self.values.view()
    }

    /// The Shapley values, to which the interactions' rows sum; with base values, predictions, names and evidence.
    pub fn summed(&self) -> &Attributions {
        &self.summed
    }

    /// The same interactions of one output only.
    pub fn select_output(&self, output: usize) -> Result<Self, Error> {
        let summed = self.summed.select_output(output)?;
        Ok(Self { values: self.values.select(Axis(3), &[output]), summed })
    }

    /// What each feature gives without its partners `[row, feature]` for one output: the diagonal. Panics where the
    /// output is out of range, as indexing does.
    pub fn main_effects(&self, output: usize) -> Array2<f64> {
        let (n_rows, n_features, ..) = self.values.dim();
        Array2::from_shape_fn((n_rows, n_features), |(row, i)| self.values[[row, i, i, output]])
    }

    /// Mean |value| over rows `[feature, feature]` for one output: the strongest pairs of a model. Panics where the
    /// output is out of range, as indexing does.
    pub fn mean_absolute(&self, output: usize) -> Array2<f64> {
        let of_output = self.values.index_axis(Axis(3), output);
        of_output.mapv(f64::abs).sum_axis(Axis(0)) / of_output.dim().0.max(1) as f64
    }

    /// The interactions `[feature, feature]` of one row for one output. Panics where either is out of range.
    pub fn row(&self, row: usize, output: usize) -> ArrayView2<'_, f64> {
        self.values.index_axis(Axis(0), row).index_axis_move(Axis(2), output)
    }
}
