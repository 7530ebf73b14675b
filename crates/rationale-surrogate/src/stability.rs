//! How much an explanation changes with its samples: Visani, Bagli, Chesani, Poluzzi and Capuzzo 2020,
//! <https://arxiv.org/abs/2001.11757>.
//!
//! ```text
//! VSI = mean over pairs of repetitions of |A & B| / k,   A, B the features selected, k how many
//! CSI = mean over features of the share of pairs of repetitions that selected it whose intervals overlap
//! ```
//!
//! **Holds**: both lie in [0, 1]; 1 is perfectly stable. **Departs**: the paper's run to 100. A feature that one
//! repetition alone selected has no pair and does not enter the CSI (the VSI counts it).
//! With fewer than two explanations both are NaN.

use crate::local_model::{LocalModel, Term};

/// The stability of one output's explanation over repetitions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stability {
    /// The output.
    pub output: usize,
    /// How many explanations were compared.
    pub n_explanations: usize,
    /// The variables' stability index: whether the same features are selected.
    pub variables: f64,
    /// The coefficients' stability index: whether their intervals overlap.
    pub coefficients: f64,
}

impl Stability {
    /// Compares explanations of one output, with the normal quantile `critical` for their intervals.
    pub(crate) fn of(models: &[&LocalModel], critical: f64) -> Self {
        Self {
            output: models.first().map_or(0, |model| model.output),
            n_explanations: models.len(),
            variables: variables(models),
            coefficients: coefficients(models, critical),
        }
    }
}

fn variables(models: &[&LocalModel]) -> f64 {
    let concordance = |a: &LocalModel, b: &LocalModel| {
        let most = a.terms.len().max(b.terms.len());
        let both = a.terms.iter().filter(|term| term_of(b, term.feature).is_some()).count();
        if most == 0 { 1.0 } else { both as f64 / most as f64 }
    };
    mean(pairs(models).map(|(a, b)| concordance(a, b)))
}

fn coefficients(models: &[&LocalModel], critical: f64) -> f64 {
    let mut features: Vec<usize> =
        models.iter().flat_map(|model| &model.terms).map(|term| term.feature).collect();
    features.sort_unstable();
    features.dedup();
    let of_feature = |feature: usize| {
        let terms: Vec<&Term> = models.iter().filter_map(|model| term_of(model, feature)).collect();
        mean(pairs(&terms).map(|(a, b)| f64::from(u8::from(overlap(a, b, critical)))))
    };
    mean(features.into_iter().map(of_feature).filter(|share| !share.is_nan()))
}

fn overlap(a: &Term, b: &Term, critical: f64) -> bool {
    (a.coefficient - b.coefficient).abs() <= critical * (a.standard_error + b.standard_error)
}

fn term_of(model: &LocalModel, feature: usize) -> Option<&Term> {
    model.terms.iter().find(|term| term.feature == feature)
}

fn pairs<'a, T>(items: &'a [&'a T]) -> impl Iterator<Item = (&'a T, &'a T)> {
    (0..items.len()).flat_map(move |i| (0..i).map(move |j| (items[j], items[i])))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / n
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn model(terms: &[(usize, f64)]) -> LocalModel {
        let term = |&(feature, coefficient): &(usize, f64)| Term {
            feature,
            name: String::new(),
            coefficient,
            standard_error: 0.1,
            value: 1.0,
            is_clear_of_next: None,
        };
        LocalModel {
            output: 0,
            terms: terms.iter().map(term).collect(),
            intercept: 0.0,
            r_squared: 1.0,
            local_prediction: 0.0,
            prediction: 0.0,
            is_constant: false,
            n_dependent: 0,
            covariance: Array2::zeros((terms.len(), terms.len())),
        }
    }

    #[test]
    fn the_indices_are_those_of_three_hand_made_explanations() {
        let models =
            [model(&[(0, 1.0), (1, 2.0)]), model(&[(0, 1.1), (1, 9.0)]), model(&[(0, 1.2), (2, 5.0)])];
        let stability = Stability::of(&models.iter().collect::<Vec<_>>(), 1.96);
        // Pairs share 2, 1 and 1 of 2 features; feature 0 overlaps always, 1 never, 2 has no pair.
        assert!((stability.variables - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(stability.coefficients, 0.5);
    }

    #[test]
    fn one_explanation_says_nothing_of_stability() {
        assert!(Stability::of(&[&model(&[(0, 1.0)])], 1.96).variables.is_nan());
    }
}
