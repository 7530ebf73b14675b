//! DeepLIFT: Shrikumar, Greenside and Kundaje, *Learning important features through propagating activation differences*,
//! 2017, <https://arxiv.org/abs/1704.02685>.
//!
//! A_i = m_i (x_i - x'_i), where the multipliers m chain from operator to operator (equations 1 to 3), each with
//! sum m (in - in') = out - out'.
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | x | the value at the place | that of the place |
//! | x' | the baseline, the paper's reference | that of the place |
//! | m | [`rules::Rescale`] or [`rules::RevealCancel`] | that of the place |
//!
//! **Holds**: completeness with the base value F(x'), up to rounding, for every operator but the few that a derivative
//! is averaged for; not implementation invariance. An example's values do not depend on the examples beside it.
//!
//! **Costs**: a pass forward for the baseline, and one forward and back; for several baselines so many times.
//!
//! **Departs** from captum and shap where they are not complete: softmax, maxima, normalisation, products of activations.
//! See [`rules::Rescale`] for each operator's multipliers.

use rationale_core::Evidence;
use rationale_tensor::{Tensor, rules};

use crate::baseline::{described, resolved};
use crate::settings::with_settings;
use crate::{Baseline, Error, Found, GradientMethod, Settings, Task};

/// Multipliers times the difference from a baseline.
#[derive(Debug, Clone)]
pub struct DeepLift {
    settings: Settings,
    baselines: Vec<Baseline>,
    rule: DeepLiftRule,
}

/// What an activation function makes of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeepLiftRule {
    /// The quotient of the differences.
    #[default]
    Rescale,
    /// Positive and negative contributions apart, so that those which cancel show.
    RevealCancel,
}

impl DeepLift {
    /// Of the predicted element at the first input, against zeros, by Rescale: captum's defaults.
    pub fn new() -> Self {
        Self { settings: Settings::default(), baselines: vec![Baseline::Zero], rule: DeepLiftRule::default() }
    }

    with_settings!();

    /// What the values are compared with, at each place alike; zeros unless said otherwise.
    pub fn with_baseline(mut self, baseline: Baseline) -> Self {
        self.baselines = vec![baseline];
        self
    }

    /// What the values are compared with, place by place.
    pub fn with_baselines(mut self, baselines: Vec<Baseline>) -> Self {
        self.baselines = baselines;
        self
    }

    /// What an activation function makes of differences; Rescale unless said otherwise.
    pub fn with_rule(mut self, rule: DeepLiftRule) -> Self {
        self.rule = rule;
        self
    }

    /// The values against one baseline, and the number explained there.
    fn against(&self, task: &Task<'_>, baseline: &[Tensor]) -> Result<(Vec<Tensor>, Vec<f64>), Error> {
        // Both runs begin at the places, so that they call the same operators.
        let here = task.moved(task.values().to_vec());
        let (reference, base) = task.reference(task.moved(baseline.to_vec()).point())?;
        let found = match self.rule {
            DeepLiftRule::Rescale => {
                here.multipliers(&rules::Rescale::new(&reference), here.point(), task.places())?
            }
            DeepLiftRule::RevealCancel => {
                here.multipliers(&rules::RevealCancel::new(&reference), here.point(), task.places())?
            }
        };
        let values = found.values.iter().zip(baseline).zip(&found.gradients);
        let values = values.map(|((x, from), m)| Ok(x.sub(from)?.mul(m)?));
        Ok((values.collect::<Result<_, Error>>()?, base))
    }
}

impl Default for DeepLift {
    fn default() -> Self {
        Self::new()
    }
}

impl GradientMethod for DeepLift {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        let baselines = resolved(&self.baselines, task)?;
        let share = 1.0 / baselines.len() as f64;
        let (mut sums, mut base): (Vec<Tensor>, Vec<f64>) = (Vec::new(), vec![0.0; task.n_examples()]);
        for baseline in &baselines {
            let (values, scores) = self.against(task, baseline)?;
            let values = values.iter().map(|it| it.mul_number(share)).collect::<Result<Vec<_>, _>>()?;
            base.iter_mut().zip(scores).for_each(|(sum, it)| *sum += it * share);
            sums = match &sums[..] {
                [] => values,
                sums => sums.iter().zip(&values).map(|(a, b)| a.add(b)).collect::<Result<_, _>>()?,
            };
        }
        let rule = match self.rule {
            DeepLiftRule::Rescale => "rescale",
            DeepLiftRule::RevealCancel => "reveal-cancel",
        };
        let evidence = Evidence::new("deeplift", "")
            .with_parameter("rule", rule)
            .with_parameter("baselines", baselines.len())
            .with_baseline(&described(&self.baselines));
        Ok(Found::new(sums, evidence).with_base_values(base))
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;
    use rationale_tensor::ops::{ABS, ADD, Dense, GELU, MUL, MulNumber, RELU, SUB, Softmax};
    use rationale_tensor::{Element, Network};

    use super::*;
    use crate::toy::{Toy, numbers, tensor, toy};

    fn values(network: &dyn Network, x: &[f32], rule: DeepLiftRule) -> Vec<f64> {
        let x = tensor(x, &[1, x.len()]);
        let found = DeepLift::new().with_rule(rule).explain(network, &[x], &Silent).unwrap();
        assert!(found.completeness_gaps.unwrap()[0].abs() < 1e-6);
        found.values[0].iter().copied().collect()
    }

    fn close(actual: &[f64], right: &[f64]) {
        assert!(actual.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6), "{actual:?}, not {right:?}");
    }

    #[test]
    fn sees_what_a_saturated_gradient_does_not() {
        let network = toy(Element::F32, &[None, Some(1)], &[], |run| {
            let one = tensor(&[1.0], &[1, 1]);
            let rest = run.one(&RELU, &[&run.one(&SUB, &[&one, run.input(0)?])?])?;
            Ok(vec![run.one(&SUB, &[&one, &rest])?])
        });
        close(&values(&network, &[2.0], DeepLiftRule::Rescale), &[1.0]);
    }

    #[test]
    fn a_product_is_shared_and_a_maximum_is_its_winners() {
        let product = toy(Element::F32, &[None, Some(2)], &[], |run| {
            let x = run.input(0)?;
            Ok(vec![run.one(&MUL, &[&x.narrow(1, 0, 1)?, &x.narrow(1, 1, 2)?])?])
        });
        close(&values(&product, &[2.0, 6.0], DeepLiftRule::Rescale), &[6.0, 6.0]);
        let largest = toy(Element::F32, &[None, Some(2)], &[], |run| {
            Ok(vec![run.one(&rationale_tensor::ops::Max(1), &[run.input(0)?])?])
        });
        close(&values(&largest, &[2.0, 6.0], DeepLiftRule::Rescale), &[0.0, 6.0]);
        // It fell from 0 to -2: the first to reach the reference's 0 fell too.
        close(&values(&largest, &[-3.0, -2.0], DeepLiftRule::Rescale), &[-2.0, 0.0]);
    }

    /// min(x0, x1) = x1 - relu(x1 - x0), the paper's example.
    fn minimum() -> Toy {
        toy(Element::F32, &[None, Some(2)], &[], |run| {
            let x = run.input(0)?;
            let sum = run.one(&Dense, &[x, &tensor(&[-1.0, 1.0], &[2, 1])])?;
            Ok(vec![run.one(&SUB, &[&x.narrow(1, 1, 2)?, &run.one(&RELU, &[&sum])?])?])
        })
    }

    #[test]
    fn reveal_cancel_divides_a_minimum_as_the_paper_says() {
        // Section 3.4: Rescale gives all to x0 or all to x1, RevealCancel half of the minimum to each.
        close(&values(&minimum(), &[2.0, 6.0], DeepLiftRule::Rescale), &[2.0, 0.0]);
        close(&values(&minimum(), &[2.0, 6.0], DeepLiftRule::RevealCancel), &[1.0, 1.0]);
        close(&values(&minimum(), &[6.0, 2.0], DeepLiftRule::RevealCancel), &[1.0, 1.0]);
    }

    #[test]
    fn is_not_blind_to_how_a_function_is_computed() {
        // x0 x1^2, multiplied in either order. Integrated gradients give (6, 12) for both.
        let of = |first: usize, second: usize, last: usize| {
            toy(Element::F32, &[None, Some(2)], &[], move |run| {
                let x = run.input(0)?;
                let column = |i: usize| x.narrow(1, i, i + 1);
                let product = run.one(&MUL, &[&column(first)?, &column(second)?])?;
                Ok(vec![run.one(&MUL, &[&product, &column(last)?])?])
            })
        };
        close(&values(&of(0, 1, 1), &[2.0, 3.0], DeepLiftRule::Rescale), &[4.5, 13.5]);
        close(&values(&of(1, 1, 0), &[2.0, 3.0], DeepLiftRule::Rescale), &[9.0, 9.0]);
    }

    #[test]
    fn an_activation_function_has_the_quotient_of_differences() {
        let gelu =
            toy(Element::F32, &[None, Some(1)], &[], |run| Ok(vec![run.one(&GELU, &[run.input(0)?])?]));
        close(&values(&gelu, &[1.5], DeepLiftRule::Rescale), &[1.5 * 0.933_192_8]);
        let folded = toy(Element::F32, &[None, Some(2)], &[], |run| {
            let x = run.input(0)?;
            let sum = run.one(&ADD, &[&x.narrow(1, 0, 1)?, &x.narrow(1, 1, 2)?])?;
            Ok(vec![run.one(&ABS, &[&sum])?])
        });
        close(&values(&folded, &[-2.0, -3.0], DeepLiftRule::Rescale), &[2.0, 3.0]);
    }

    #[test]
    fn softmax_is_complete_and_an_example_stands_alone() {
        let network = toy(Element::F32, &[None, Some(4)], &[], |run| {
            let hidden = run.one(&Dense, &[run.input(0)?, &tensor(&numbers(16, 1.0), &[4, 4])])?;
            Ok(vec![run.one(&Softmax(1), &[&run.one(&MulNumber(9.0), &[&hidden])?])?])
        });
        let rows = numbers(12, 7.0);
        let together = DeepLift::new().explain(&network, &[tensor(&rows, &[3, 4])], &Silent).unwrap();
        assert!(together.completeness_gaps.unwrap().iter().all(|it| it.abs() < 1e-5));
        for (row, found) in rows.chunks(4).zip(together.values[0].outer_iter()) {
            let alone = DeepLift::new().explain(&network, &[tensor(row, &[1, 4])], &Silent).unwrap();
            assert!(alone.values[0].iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }
}
