//! The one result type of every method that explains rows.

use ndarray::{Array2, Array3, ArrayView1, ArrayView2, ArrayView3, Axis};

use crate::error::check_shape;
use crate::{Error, Evidence, FeatureGroups};

/// Attributions of rows, with all that is needed to read them.
///
/// | field | shape | unit |
/// |---|---|---|
/// | values | [row, feature, output] | the output's own |
/// | base values | [row, output] | the output's own: what the method gives to a row of which nothing is known |
/// | predictions | [row, output] | the output's own: margin, vote share, probability |
///
/// For a method that is complete, values sum over features to prediction minus base value; how far they are from it is
/// [`Attributions::completeness_gap`], and is always reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributions {
    values: Array3<f64>,
    base_values: Array2<f64>,
    predictions: Array2<f64>,
    feature_names: Vec<String>,
    output_names: Vec<String>,
    evidence: Evidence,
}

impl Attributions {
    /// Takes values `[row, feature, output]`, base values and predictions `[row, output]`.
    ///
    /// Features and outputs are called `feature 0`, `output 0`, ... until `with_*_names` says better.
    pub fn new(
        values: Array3<f64>,
        base_values: Array2<f64>,
        predictions: Array2<f64>,
    ) -> Result<Self, Error> {
        let (n_rows, n_features, n_outputs) = values.dim();
        check_shape("base values", &[n_rows, n_outputs], base_values.shape())?;
        check_shape("predictions", &[n_rows, n_outputs], predictions.shape())?;
        let mut attributions = Self {
            feature_names: numbered("feature", n_features),
            output_names: numbered("output", n_outputs),
            evidence: Evidence::default(),
            values,
            base_values,
            predictions,
        };
        attributions.evidence.completeness_gap = Some(attributions.completeness_gap());
        Ok(attributions)
    }

    /// Names the features.
    pub fn with_feature_names(mut self, names: Vec<String>) -> Result<Self, Error> {
        check_shape("the list of feature names", &[self.n_features()], &[names.len()])?;
        self.feature_names = names;
        Ok(self)
    }

    /// Names the outputs.
    pub fn with_output_names(mut self, names: Vec<String>) -> Result<Self, Error> {
        check_shape("the list of output names", &[self.n_outputs()], &[names.len()])?;
        self.output_names = names;
        Ok(self)
    }

    /// Says what the values rest on. The completeness gap is measured here, never taken on trust.
    pub fn with_evidence(mut self, evidence: Evidence) -> Self {
        let gap = self.completeness_gap();
        self.evidence = Evidence { completeness_gap: Some(gap), ..evidence };
        self
    }

    /// Values `[row, feature, output]`.
    pub fn values(&self) -> ArrayView3<'_, f64> {
        self.values.view()
    }

    /// Base values `[row, output]`.
    pub fn base_values(&self) -> ArrayView2<'_, f64> {
        self.base_values.view()
    }

    /// Predictions `[row, output]`.
    pub fn predictions(&self) -> ArrayView2<'_, f64> {
        self.predictions.view()
    }

    /// The features' names.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The outputs' names.
    pub fn output_names(&self) -> &[String] {
        &self.output_names
    }

    /// What the values rest on.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// How many rows are explained.
    pub fn n_rows(&self) -> usize {
        self.values.dim().0
    }

    /// How many features each row has.
    pub fn n_features(&self) -> usize {
        self.values.dim().1
    }

    /// How many outputs the model has.
    pub fn n_outputs(&self) -> usize {
        self.values.dim().2
    }

    /// The values `[feature]` of one row for one output. Panics where either is out of range, as indexing does.
    pub fn row(&self, row: usize, output: usize) -> ArrayView1<'_, f64> {
        self.values.index_axis(Axis(0), row).index_axis_move(Axis(1), output)
    }

    /// The largest |sum of values - (prediction - base value)| over rows and outputs; 0 where there are none.
    pub fn completeness_gap(&self) -> f64 {
        // `f64::max` would drop a NaN.
        self.completeness_gaps()
            .iter()
            .map(|gap| gap.abs())
            .fold(0.0, |worst, gap| if worst.is_nan() || gap <= worst { worst } else { gap })
    }

    /// Sum of values - (prediction - base value) `[row, output]`.
    pub fn completeness_gaps(&self) -> Array2<f64> {
        self.values.sum_axis(Axis(1)) + &self.base_values - &self.predictions
    }

    /// Mean |value| over rows, `[feature, output]`: the usual global importance.
    pub fn mean_absolute(&self) -> Array2<f64> {
        let total = self.values.mapv(f64::abs).sum_axis(Axis(0));
        total / self.n_rows().max(1) as f64
    }

    /// The same attributions with each group's values summed into one feature.
    ///
    /// Standard errors are not carried over: those of a sum need covariances, which nobody recorded.
    pub fn grouped(&self, groups: &FeatureGroups) -> Result<Self, Error> {
        let n_members: usize = groups.members().iter().map(Vec::len).sum();
        check_shape("the features of all groups", &[self.n_features()], &[n_members])?;
        let mut values = Array3::zeros((self.n_rows(), groups.len(), self.n_outputs()));
        for (group, members) in groups.members().iter().enumerate() {
            let mut sum = values.index_axis_mut(Axis(1), group);
            for &feature in members {
                sum += &self.values.index_axis(Axis(1), feature);
            }
        }
        let evidence = Evidence { standard_error: None, separable: None, ..self.evidence.clone() };
        let grouped = Self::new(values, self.base_values.clone(), self.predictions.clone())?;
        let grouped = grouped.with_feature_names(groups.names().to_vec())?;
        Ok(grouped.with_output_names(self.output_names.clone())?.with_evidence(evidence))
    }

    /// The same attributions of one output only.
    pub fn select_output(&self, output: usize) -> Result<Self, Error> {
        let available = self.n_outputs();
        if output >= available {
            return Err(Error::Target { asked: output, available });
        }
        let of_output = |values: &Array3<f64>| values.select(Axis(2), &[output]);
        let standard_error = self.evidence.standard_error.as_ref().map(of_output);
        let separable = self.evidence.separable.as_ref().map(|it| it.select(Axis(2), &[output]));
        let base_values = self.base_values.select(Axis(1), &[output]);
        let predictions = self.predictions.select(Axis(1), &[output]);
        let selected = Self::new(of_output(&self.values), base_values, predictions)?
            .with_feature_names(self.feature_names.clone())?
            .with_output_names(vec![self.output_names[output].clone()])?;
        Ok(selected.with_evidence(Evidence { standard_error, separable, ..self.evidence.clone() }))
    }

    /// The same attributions of some rows only, in the order given. Panics where a row is out of range.
    pub fn select_rows(&self, rows: &[usize]) -> Self {
        let standard_error = self.evidence.standard_error.as_ref().map(|se| se.select(Axis(0), rows));
        let separable = self.evidence.separable.as_ref().map(|it| it.select(Axis(0), rows));
        let selected = Self {
            values: self.values.select(Axis(0), rows),
            base_values: self.base_values.select(Axis(0), rows),
            predictions: self.predictions.select(Axis(0), rows),
            feature_names: self.feature_names.clone(),
            output_names: self.output_names.clone(),
            evidence: Evidence::default(),
        };
        selected.with_evidence(Evidence { standard_error, separable, ..self.evidence.clone() })
    }
}

fn numbered(word: &str, n: usize) -> Vec<String> {
    (0..n).map(|i| format!("{word} {i}")).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn two_rows() -> Attributions {
        let values = array![[[1.0], [2.0], [-4.0]], [[0.0], [1.0], [1.0]]];
        Attributions::new(values, array![[10.0], [10.0]], array![[9.0], [12.5]]).unwrap()
    }

    #[test]
    fn reports_the_largest_gap() {
        assert_eq!(two_rows().completeness_gap(), 0.5);
        assert_eq!(two_rows().evidence().completeness_gap, Some(0.5));
        assert_eq!(two_rows().completeness_gaps(), array![[0.0], [-0.5]]);
    }

    #[test]
    fn a_nan_anywhere_is_not_hidden() {
        let broken =
            Attributions::new(array![[[f64::NAN]], [[0.0]]], array![[0.0], [0.0]], array![[0.0], [0.0]]);
        assert!(broken.unwrap().completeness_gap().is_nan());
    }

    #[test]
    fn groups_keep_the_sum() {
        let groups = FeatureGroups::new(vec![("ab".into(), vec![0, 1])], two_rows().feature_names()).unwrap();
        let grouped = two_rows().grouped(&groups).unwrap();
        assert_eq!(grouped.values(), array![[[3.0], [-4.0]], [[1.0], [1.0]]]);
        assert_eq!(grouped.completeness_gap(), 0.5);
    }

    #[test]
    fn rejects_predictions_of_another_shape() {
        let error = Attributions::new(Array3::zeros((2, 3, 1)), Array2::zeros((2, 1)), Array2::zeros((1, 1)));
        assert_eq!(error.unwrap_err().to_string(), "predictions has shape [1, 1], but [2, 1] is needed");
    }

    #[test]
    fn selects_one_output_and_refuses_one_that_is_not_there() {
        let values = array![[[1.0, 5.0]], [[2.0, 6.0]]];
        let both = Attributions::new(values, Array2::zeros((2, 2)), array![[1.0, 5.0], [2.0, 7.0]]).unwrap();
        let second = both.select_output(1).unwrap();
        assert_eq!(second.values(), array![[[5.0]], [[6.0]]]);
        assert_eq!((second.output_names()[0].as_str(), second.completeness_gap()), ("output 1", 1.0));
        assert!(matches!(both.select_output(2), Err(Error::Target { asked: 2, available: 2 })));
    }

    #[test]
    fn selects_rows_in_the_order_given() {
        assert_eq!(two_rows().select_rows(&[1]).predictions(), array![[12.5]]);
    }
}
