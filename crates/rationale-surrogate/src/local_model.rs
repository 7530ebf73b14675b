//! The local model: "Why should I trust you?", Ribeiro, Singh and Guestrin 2016, <https://arxiv.org/abs/1602.04938>.
//!
//! ```text
//! g minimises  sum_z w(z) (f(z) - g(z'))^2 + p |b|^2,   g(z') = a + b z'                     (their equation 2)
//! ```
//!
//! | symbol | name here | shape | unit |
//! |---|---|---|---|
//! | z' | [`Neighbourhood::design`] | `[sample, feature]` | 1 and 0 for present and absent, or standard deviations |
//! | f(z) | [`Neighbourhood::outputs`] | `[sample, output]` | the output's own |
//! | w(z) | kernel of [`Neighbourhood::distances`] | `[sample]` | none |
//! | b | [`Term::coefficient`] | one a feature | the output's own |
//! | a | [`LocalModel::intercept`] | scalar | the output's own |
//!
//! **Holds**: nothing adds up by design: `local_prediction` is what the line says of the input, `prediction` what the
//! model says; R2 says how far the line may be trusted. Standard errors are those of White, over new samples, for the
//! features that were selected; that another set might have been selected is what the stability indices are for.
//!
//! **Costs**: n d^2 once for all outputs, n s^2 for each output's errors.
//!
//! **Departs**: from lime 0.2.0.1 in nothing that can be seen in coefficients, intercept, R2 and local prediction (golden
//! files, 1e-8). Standard errors, ranks that cannot be told apart and the note of a constant model are added. A
//! custom regressor is not offered.
//!
//! ```
//! use ndarray::array;
//! use rationale_surrogate::{Lime, Neighbourhood};
//!
//! // f = 1 + 2 z1: the input itself first, then its neighbours, all at distance 0.
//! let design = array![[1.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]];
//! let neighbourhood = Neighbourhood::new(design, array![[3.0], [1.0], [3.0], [1.0]], array![0.0, 0.0, 0.0, 0.0])?;
//! let local = neighbourhood.local_model(0, 1.0, &Lime::default().with_penalty(0.0))?;
//! assert_eq!(local.terms[0].feature, 0);
//! assert!((local.terms[0].coefficient - 2.0).abs() < 1e-12 && (local.intercept - 1.0).abs() < 1e-12);
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate};
use rationale_core::least_squares::{Intercept, LeastSquares};
use rationale_core::separable::{Ranking, critical_value};

use crate::{Error, Lime, kernel};

/// An input, its neighbours, and what the model says of them. The input itself is sample 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbourhood {
    pub(crate) design: Array2<f64>,
    pub(crate) outputs: Array2<f64>,
    pub(crate) distances: Array1<f64>,
    pub(crate) names: Vec<String>,
}

impl Neighbourhood {
    /// No samples at all.
    pub(crate) fn none() -> Self {
        let nothing = Array2::zeros((0, 0));
        Self { design: nothing.clone(), outputs: nothing, distances: Array1::zeros(0), names: Vec::new() }
    }

    /// Takes a design `[sample, feature]`, outputs `[sample, output]` and distances `[sample]` from sample 0.
    pub fn new(design: Array2<f64>, outputs: Array2<f64>, distances: Array1<f64>) -> Result<Self, Error> {
        let expected = design.nrows();
        for (what, actual) in [("the outputs", outputs.nrows()), ("the distances", distances.len())] {
            if actual != expected {
                return Err(Error::Size { what, unit: "samples", expected, actual });
            }
        }
        if design.is_empty() || outputs.is_empty() {
            return Err(Error::Empty { what: "the neighbourhood" });
        }
        let names = (0..design.ncols()).map(|feature| format!("feature {feature}")).collect();
        Ok(Self { design, outputs, distances, names })
    }

    /// The samples as the local model sees them, `[sample, feature]`.
    pub fn design(&self) -> ArrayView2<'_, f64> {
        self.design.view()
    }

    /// The model's answers `[sample, output]`.
    pub fn outputs(&self) -> ArrayView2<'_, f64> {
        self.outputs.view()
    }

    /// Distances `[sample]` from the input.
    pub fn distances(&self) -> ArrayView1<'_, f64> {
        self.distances.view()
    }

    /// The local model of one output at a kernel width.
    pub fn local_model(&self, output: usize, width: f64, lime: &Lime) -> Result<LocalModel, Error> {
        let mut models = self.local_models(&[output], width, lime)?;
        models.pop().ok_or(Error::Empty { what: "the list of outputs" })
    }

    /// The local models of several outputs, from the same samples.
    pub(crate) fn local_models(
        &self,
        outputs: &[usize],
        width: f64,
        lime: &Lime,
    ) -> Result<Vec<LocalModel>, Error> {
        let available = self.outputs.ncols();
        if let Some(&asked) = outputs.iter().find(|output| **output >= available) {
            return Err(rationale_core::Error::Target { asked, available }.into());
        }
        let weights = kernel::exponential(self.distances.view(), width);
        let targets = self.outputs.select(Axis(1), outputs);
        let problem =
            LeastSquares::new(self.design.view(), targets.view(), weights.view(), Intercept::Fitted)?;
        let one = |(position, &output): (usize, &usize)| self.one(&problem, position, output, lime);
        outputs.iter().enumerate().map(one).collect()
    }

    fn one(
        &self,
        problem: &LeastSquares<'_>,
        position: usize,
        output: usize,
        lime: &Lime,
    ) -> Result<LocalModel, Error> {
        let input = self.design.row(0);
        let features = lime.selection.select(problem, position, input, lime.n_features)?;
        let fit = problem.fit_features(&features, lime.penalty)?;
        let coefficients = fit.coefficients().column(position).to_owned();
        let covariance = problem.robust_covariance(&fit, position, lime.correction)?;
        let ranking = Ranking::new(coefficients.view(), covariance.view(), lime.confidence)?;
        let term = |rank: usize| {
            let k = ranking.order()[rank];
            Term {
                feature: features[k],
                name: self.names[features[k]].clone(),
                coefficient: coefficients[k],
                standard_error: root(covariance[[k, k]]),
                value: input[features[k]],
                is_clear_of_next: ranking.is_separable().get(rank).copied(),
            }
        };
        let terms: Vec<Term> = (0..features.len()).map(term).collect();
        let intercept = fit.intercepts()[position];
        let column = self.outputs.column(output);
        Ok(LocalModel {
            output,
            intercept,
            r_squared: fit.r_squared()[position],
            local_prediction: intercept + terms.iter().map(Term::contribution).sum::<f64>(),
            prediction: column[0],
            is_constant: column.iter().all(|it| *it == column[0]),
            n_dependent: features.len() - fit.rank().min(features.len()),
            covariance: covariance.select(Axis(0), ranking.order()).select(Axis(1), ranking.order()),
            terms,
        })
    }

    /// Adds samples.
    pub(crate) fn append(&mut self, more: &Self) -> Result<(), Error> {
        let join = |a: &Array2<f64>, b: &Array2<f64>| concatenate(Axis(0), &[a.view(), b.view()]);
        let wrong = |_| Error::Size {
            what: "further samples",
            unit: "features",
            expected: self.design.ncols(),
            actual: more.design.ncols(),
        };
        let design = join(&self.design, &more.design).map_err(wrong)?;
        let outputs = join(&self.outputs, &more.outputs).map_err(wrong)?;
        let distances =
            concatenate(Axis(0), &[self.distances.view(), more.distances.view()]).map_err(wrong)?;
        (self.design, self.outputs, self.distances) = (design, outputs, distances);
        Ok(())
    }
}

/// The root of a variance, which rounding may leave just below 0. `f64::max` would drop a NaN.
pub(crate) fn root(variance: f64) -> f64 {
    if variance < 0.0 { 0.0 } else { variance.sqrt() }
}

/// One feature of a local model.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The feature, counted from 0.
    pub feature: usize,
    /// Its name: a column's condition, a superpixel, a word.
    pub name: String,
    /// How much the output rises with it.
    pub coefficient: f64,
    /// The standard error of the coefficient; NaN where there are too few samples to tell.
    pub standard_error: f64,
    /// The input's own value of the feature: 1 where it is present, standard deviations where it is a number.
    pub value: f64,
    /// Whether this rank can be told from the next one's; none for the last. "Some(false)": these two may stand in
    /// either order.
    pub is_clear_of_next: Option<bool>,
}

impl Term {
    /// Coefficient times the input's own value: what the feature adds to the local prediction.
    pub fn contribution(&self) -> f64 {
        self.coefficient * self.value
    }

    /// The interval of the coefficient at a level of confidence.
    pub fn interval(&self, confidence: f64) -> Result<(f64, f64), Error> {
        let margin = critical_value(confidence)? * self.standard_error;
        Ok((self.coefficient - margin, self.coefficient + margin))
    }
}

/// A line near one input, for one output.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalModel {
    /// The output, counted from 0.
    pub output: usize,
    /// The selected features by falling |coefficient|.
    pub terms: Vec<Term>,
    /// What the line says where every feature is 0.
    pub intercept: f64,
    /// The share of the weighted variance that the line explains; 1 for a constant model, of which it misses nothing.
    pub r_squared: f64,
    /// What the line says of the input.
    pub local_prediction: f64,
    /// What the model says of the input.
    pub prediction: f64,
    /// The model gave one answer to every sample, so there is nothing to attribute: all coefficients are 0.
    pub is_constant: bool,
    /// How many of the selected features depend on the others, so that their shares are a convention.
    pub n_dependent: usize,
    /// The covariance `[term, term]` of the coefficients.
    pub covariance: Array2<f64>,
}

impl LocalModel {
    /// Runs of terms whose ranks cannot be told apart, as positions in `terms`; one that stands clear is a run of one.
    pub fn ties(&self) -> Vec<Vec<usize>> {
        let mut runs: Vec<Vec<usize>> = Vec::new();
        for rank in 0..self.terms.len() {
            let is_clear = rank == 0 || self.terms[rank - 1].is_clear_of_next == Some(true);
            match runs.last_mut() {
                Some(run) if !is_clear => run.push(rank),
                _ => runs.push(vec![rank]),
            }
        }
        runs
    }

    /// The coefficient of a feature; 0 where it was not selected.
    pub fn coefficient_of(&self, feature: usize) -> f64 {
        self.terms.iter().find(|term| term.feature == feature).map_or(0.0, |term| term.coefficient)
    }

    /// The features of the first `n` terms.
    pub fn top(&self, n: usize) -> Vec<usize> {
        self.terms.iter().take(n).map(|term| term.feature).collect()
    }
}
