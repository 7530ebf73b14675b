//! Expected gradients. Erion, Janizek, Sturmfels, Lundberg and Lee 2021, <https://doi.org/10.1038/s42256-021-00343-w>;
//! shap's and captum's name for it is GradientSHAP.
//!
//! EG_i(x) = the mean over references x' and a uniform in [0, 1] of (x_i - x'_i) dF/dx_i at x' + a (x - x') (equation 3): Integrated
//! Gradients, averaged over a background, with one step for each sample.
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | x' | one of `references` | `[reference, ..]` as the place's value |
//! | a | [`Pair::alpha`] | |
//! | n | `n_samples` | |
//!
//! **Holds**: completeness in the mean, with the mean of F over the references as base value; the gap reported is the
//! error of sampling.
//!
//! **Costs**: n passes forward and back, one forward for each reference. Memory does not grow with n.
//!
//! **Departs**: the standard error is that of the mean, the deviation over the root of n (shap's `return_variances` is the variance
//! over the root of n). At a site the way is that from the reference's value to the example's, as the definition has it; shap
//! multiplies by the activation at the sampled point. 200 samples are shap's default; captum's are 5.

use rationale_core::{Evidence, Seed};
use rationale_tensor::{Place, Tensor};

use crate::baseline::of_all_examples;
use crate::line::multiplied;
use crate::moments::Moments;
use crate::passes::describe;
use crate::point::{Point, examples_of, rows_of_example};
use crate::settings::with_settings;
use crate::{Error, Found, GradientMethod, Settings, Task};

/// Integrated Gradients averaged over a background, by sampling.
#[derive(Debug, Clone)]
pub struct ExpectedGradients {
    settings: Settings,
    references: Vec<Tensor>,
    n_samples: usize,
    seed: Seed,
    pairs: Option<Vec<Vec<Pair>>>,
}

/// One sample: a reference, and how far along the way from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The reference, counted from 0.
    pub reference: usize,
    /// The way from the reference, 0, to the example, 1.
    pub alpha: f64,
}

impl ExpectedGradients {
    /// Compares with these references, which lie along dimension 0: one tensor for each place. 200 samples an example.
    pub fn new(references: Vec<Tensor>) -> Self {
        Self { settings: Settings::default(), references, n_samples: 200, seed: Seed::default(), pairs: None }
    }

    with_settings!();

    /// How many samples of each example.
    pub fn with_samples(mut self, n_samples: usize) -> Self {
        self.n_samples = n_samples;
        self
    }

    /// The seed of references and ways.
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// These samples `[example][sample]` in the place of drawn ones, such as those of another library.
    pub fn with_pairs(mut self, pairs: Vec<Vec<Pair>>) -> Self {
        self.pairs = Some(pairs);
        self
    }

    /// The samples of an example.
    fn pairs(&self, example: usize, n_references: usize) -> Result<Vec<Pair>, Error> {
        let pairs = match &self.pairs {
            Some(pairs) => pairs.get(example).cloned().ok_or(Error::Count {
                what: "lists of pairs",
                n_given: pairs.len(),
                needed: example + 1,
            })?,
            None => (0..self.n_samples).map(|it| self.drawn(example, it, n_references)).collect(),
        };
        if pairs.is_empty() {
            return Err(Error::Setting { what: "the number of samples", value: 0.0, expected: "at least 1" });
        }
        match pairs.iter().find(|it| it.reference >= n_references || !(0.0..=1.0).contains(&it.alpha)) {
            None => Ok(pairs),
            Some(it) if it.reference >= n_references => {
                Err(Error::Count { what: "references", n_given: n_references, needed: it.reference + 1 })
            }
            Some(it) => {
                Err(Error::Setting { what: "the way of a pair", value: it.alpha, expected: "from 0 to 1" })
            }
        }
    }

    fn drawn(&self, example: usize, sample: usize, n_references: usize) -> Pair {
        let mut draws = self.seed.draws("expected gradients", example as u64, sample as u64);
        Pair { reference: draws.below(n_references), alpha: draws.uniform() }
    }

    fn of_example(&self, task: &Task<'_>, background: &Background, example: usize) -> Result<Moments, Error> {
        let one = task.of(&[example])?;
        let pairs = self.pairs(task.first() + example, background.n)?;
        let mut moments = Moments::default();
        for pairs in pairs.chunks(one.copies_at_once()) {
            let (point, ways) = background.point(&one, pairs)?;
            let slopes = one.slopes(&point, one.places())?;
            let samples = multiplied(&slopes.gradients, &ways)?;
            for copy in 0..pairs.len() {
                let of = |it: &Tensor| examples_of(it, pairs.len(), &[copy]);
                moments.add(&samples.iter().map(of).collect::<Result<Vec<_>, _>>()?)?;
            }
        }
        Ok(moments)
    }
}

impl GradientMethod for ExpectedGradients {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        let background = Background::new(&self.references, task)?;
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        let mut base = Vec::new();
        for example in 0..task.n_examples() {
            let moments = self.of_example(task, &background, example)?;
            values.push(moments.mean());
            errors.extend(moments.standard_error()?);
            base.push(background.mean_score(task, example)?);
        }
        let evidence = Evidence::new("gradient-shap", "")
            .with_baseline(&format!("{} references", background.n))
            .with_parameter("n_references", background.n)
            .with_parameter(
                "n_samples",
                self.pairs.as_ref().and_then(|it| it.first()).map_or(self.n_samples, Vec::len),
            )
            .with_parameter("pairs", if self.pairs.is_some() { "given" } else { "drawn" })
            .with_seed(self.seed);
        let found = Found::new(joined(&values)?, evidence).with_base_values(base);
        Ok(if errors.len() == values.len() { found.with_standard_error(joined(&errors)?) } else { found })
    }
}

/// Examples `[example][place]` one after another.
pub(crate) fn joined(examples: &[Vec<Tensor>]) -> Result<Vec<Tensor>, Error> {
    let n_places = examples.first().map_or(0, Vec::len);
    let place = |i: usize| {
        let parts: Vec<_> = examples.iter().map(|it| it[i].clone()).collect();
        Ok(Tensor::concat(&parts, 0)?)
    };
    (0..n_places).map(place).collect()
}

/// The references at all places.
struct Background {
    n: usize,
    values: Vec<Tensor>,
}

impl Background {
    fn new(references: &[Tensor], task: &Task<'_>) -> Result<Self, Error> {
        let needed = task.places().len();
        if references.len() != needed {
            return Err(Error::Count { what: "backgrounds", n_given: references.len(), needed });
        }
        let n_examples = task.n_examples();
        let mut n = None;
        let mut values = Vec::new();
        for ((given, like), place) in references.iter().zip(task.values()).zip(task.places()) {
            let rows = rows_of_example(like, n_examples).unwrap_or(1);
            let count = given.shape().first().copied().unwrap_or(0) / rows;
            if count == 0 {
                return Err(rationale_core::Error::Empty { what: "the list of references" }.into());
            }
            if *n.get_or_insert(count) != count {
                return Err(Error::Count {
                    what: "references of a place",
                    n_given: count,
                    needed: n.unwrap_or(0),
                });
            }
            check_shape(place, given, like)?;
            values.push(given.cast(like.element())?.to_device(&like.device()));
        }
        Ok(Self { n: n.unwrap_or(0), values })
    }

    /// The point of each pair for one example, and the whole way from its reference, place by place.
    fn point(&self, one: &Task<'_>, pairs: &[Pair]) -> Result<(Point, Vec<Tensor>), Error> {
        let numbers: Vec<usize> = pairs.iter().map(|it| it.reference).collect();
        let k = pairs.len();
        let mut point = one.point().repeated(k)?;
        let mut ways = Vec::new();
        for ((place, to), values) in one.places().iter().zip(one.values()).zip(&self.values) {
            let from = examples_of(values, self.n, &numbers)?;
            let way = of_all_examples(to, place, &from, k)?.sub(&from)?;
            let rows = from.shape()[0] / k;
            let alphas: Vec<f64> = pairs.iter().flat_map(|it| std::iter::repeat_n(it.alpha, rows)).collect();
            let mut shape = vec![1; from.rank()];
            shape[0] = alphas.len();
            let alphas = Tensor::from_vec(alphas, &shape, &from.device())?.cast(from.element())?;
            point = point.with_value(place, from.add(&way.mul(&alphas)?)?);
            ways.push(way);
        }
        Ok((point, ways))
    }

    /// The mean over all references of the number explained.
    fn mean_score(&self, task: &Task<'_>, example: usize) -> Result<f64, Error> {
        let one = task.of(&[example])?;
        let all: Vec<Pair> = (0..self.n).map(|reference| Pair { reference, alpha: 0.0 }).collect();
        let mut total = 0.0;
        for pairs in all.chunks(one.copies_at_once()) {
            total += one.scores(&self.point(&one, pairs)?.0)?.iter().sum::<f64>();
        }
        Ok(total / self.n as f64)
    }
}

fn check_shape(place: &Place, given: &Tensor, like: &Tensor) -> Result<(), Error> {
    let (actual, expected) = (given.shape(), like.shape());
    if actual.get(1..) == expected.get(1..) {
        return Ok(());
    }
    Err(Error::BaselineShape { place: describe(place), expected, actual })
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;

    use super::*;
    use crate::toy::{of_rows, tensor};

    #[test]
    fn lies_within_four_standard_errors_of_the_mean_of_integrated_gradients() {
        let network = of_rows(2, |x| x[0].mul(&x[1]));
        let references = tensor(&[0.0, 0.0, 1.0, 1.0], &[2, 2]);
        let explainer = ExpectedGradients::new(vec![references]).with_samples(2000).with_batch_size(64);
        let found = explainer.explain(&network, &[tensor(&[2.0, 3.0], &[1, 2])], &Silent).unwrap();
        let errors = &found.standard_error.as_ref().unwrap()[0];
        for ((value, right), error) in found.values[0].iter().zip([2.5, 3.0]).zip(errors) {
            assert!(*error > 0.0 && (value - right).abs() < 4.0 * error, "{value} {right} {error}");
        }
        assert_eq!(found.base_values.unwrap()[0], 0.5);
    }

    #[test]
    fn given_pairs_are_taken_as_they_are_and_batches_change_nothing() {
        let network = of_rows(1, |x| x[0].mul(&x[0]));
        let pairs = vec![vec![Pair { reference: 1, alpha: 0.5 }, Pair { reference: 0, alpha: 1.0 }]];
        for batch_size in [1, 8] {
            let explainer = ExpectedGradients::new(vec![tensor(&[0.0, 1.0], &[2, 1])])
                .with_pairs(pairs.clone())
                .with_batch_size(batch_size);
            let found = explainer.explain(&network, &[tensor(&[3.0], &[1, 1])], &Silent).unwrap();
            // (3 - 1) 2 (1 + 0.5 * 2) = 8 and (3 - 0) 2 * 3 = 18.
            assert!((found.values[0][[0, 0]] - 13.0).abs() < 1e-5);
            assert!((found.standard_error.unwrap()[0][[0, 0]] - 5.0).abs() < 1e-5);
        }
    }

    #[test]
    fn a_pair_without_its_reference_is_refused() {
        let network = of_rows(1, |x| x[0].mul(&x[0]));
        let explainer = ExpectedGradients::new(vec![tensor(&[0.0], &[1, 1])])
            .with_pairs(vec![vec![Pair { reference: 1, alpha: 0.5 }]]);
        let error = explainer.explain(&network, &[tensor(&[3.0], &[1, 1])], &Silent).unwrap_err();
        assert_eq!(error.to_string(), "1 references are given, but 2 are needed");
    }
}
