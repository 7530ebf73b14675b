//! Layer-wise relevance propagation (LRP): Bach, Binder, Montavon, Klauschen, Müller and Samek 2015,
//! <https://doi.org/10.1371/journal.pone.0130140>.
//!
//! The output's relevance is its value; each operator divides the relevance of its outputs among its inputs. The rules
//! are those of [`RelevancePropagation`], which states each with its formula and source.
//!
//! **Holds**: the values of a layer sum to the output but for what biases, epsilon and softmax took, which is the gap;
//! the base value is 0.
//!
//! **Costs**: one pass forward and back; gamma and alpha-beta run each layer four or five times.
//!
//! **Departs** from captum and zennit: see [`RelevancePropagation`]. Batch normalisations that stand in a network by themselves
//! are folded into the layers beside them first, where rules other than epsilon are wanted: `OnnxNetwork` of rationale-onnx does
//! so by `with_batch_normalization_folded`.

use rationale_core::Evidence;
use rationale_tensor::Tensor;
use rationale_tensor::rules::{LayerRule, RelevancePropagation};

use crate::settings::with_settings;
use crate::{Error, Found, GradientMethod, Settings, Task};

/// Relevance, by one rule or by rules for kinds of layers.
#[derive(Debug, Clone)]
pub struct Lrp {
    settings: Settings,
    rule: RelevancePropagation,
    name: String,
}

impl Lrp {
    /// Any rules, under a name for the evidence: `lrp-` and the rule.
    pub fn new(name: &str, rule: RelevancePropagation) -> Self {
        Self { settings: Settings::default(), rule, name: name.to_owned() }
    }

    /// The epsilon rule everywhere. captum's epsilon is 1e-9, zennit's 1e-6.
    pub fn epsilon(epsilon: f64) -> Self {
        Self::new("lrp-epsilon", RelevancePropagation::epsilon(epsilon))
    }

    /// The gamma rule everywhere; 0.25 in captum and zennit.
    pub fn gamma(gamma: f64) -> Self {
        Self::new("lrp-gamma", RelevancePropagation::gamma(gamma))
    }

    /// The alpha-beta rule everywhere.
    pub fn alpha_beta(alpha: f64, beta: f64) -> Self {
        Self::new("lrp-alpha-beta", RelevancePropagation::alpha_beta(alpha, beta))
    }

    /// Positive contributions alone.
    pub fn z_plus() -> Self {
        Self::new("lrp-z-plus", RelevancePropagation::z_plus())
    }

    /// Squared weights in the first layer, epsilon 1e-6 behind it.
    pub fn w_square() -> Self {
        let rule = RelevancePropagation::epsilon(1e-6).with_first(LayerRule::WSquare);
        Self::new("lrp-w-square", rule)
    }

    /// Evenly in the first layer, epsilon 1e-6 behind it.
    pub fn flat() -> Self {
        Self::new("lrp-flat", RelevancePropagation::epsilon(1e-6).with_first(LayerRule::Flat))
    }

    /// The z-box rule in the first layer, of inputs within these bounds, epsilon 1e-6 behind it.
    pub fn z_box(low: Tensor, high: Tensor) -> Self {
        let rule = RelevancePropagation::epsilon(1e-6).with_first(LayerRule::within(low, high));
        Self::new("lrp-z-box", rule)
    }

    /// z-plus for convolutions, epsilon for dense layers.
    pub fn epsilon_plus() -> Self {
        Self::new("lrp-epsilon-plus", RelevancePropagation::epsilon_plus())
    }

    /// Gamma for convolutions, epsilon for dense layers, z-box for the first layer, of inputs within these bounds.
    pub fn epsilon_gamma_box(low: Tensor, high: Tensor) -> Self {
        Self::new("lrp-epsilon-gamma-box", RelevancePropagation::epsilon_gamma_box(low, high))
    }

    /// Alpha-beta with 2 and 1 for convolutions, epsilon for dense layers, flat for the first layer.
    pub fn epsilon_alpha2_beta1_flat() -> Self {
        Self::new("lrp-epsilon-alpha2-beta1-flat", RelevancePropagation::epsilon_alpha2_beta1_flat())
    }

    with_settings!();
}

impl GradientMethod for Lrp {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        let relevance = task.relevance(&self.rule.clone(), task.point(), task.places())?.gradients;
        let evidence =
            Evidence::new(&self.name, "").with_parameter("rules", format!("{:?}", self.rule).as_str());
        Ok(Found::new(relevance, evidence).with_base_values(vec![0.0; task.n_examples()]))
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use ndarray::ArrayD;
    use rationale_core::Silent;
    use rationale_tensor::Element;
    use rationale_tensor::ops::{ADD, Dense, RELU};

    use super::*;
    use crate::toy::{Toy, numbers, tensor, toy};

    /// relu(x0 + 2 x1) + 2 relu(x1 - 2 x0).
    fn small() -> Toy {
        toy(Element::F32, &[None, Some(2)], &[], |run| {
            let hidden = run.one(&Dense, &[run.input(0)?, &tensor(&[1.0, -2.0, 2.0, 1.0], &[2, 2])])?;
            let hidden = run.one(&RELU, &[&hidden])?;
            Ok(vec![run.one(&Dense, &[&hidden, &tensor(&[1.0, 2.0], &[2, 1])])?])
        })
    }

    fn check(explainer: &Lrp, right: [f64; 2]) {
        // x = (1, 3): units 1 + 6 = 7 and -2 + 3 = 1; the output is 7 + 2.
        let found = explainer.explain(&small(), &[tensor(&[1.0, 3.0], &[1, 2])], &Silent).unwrap();
        let close = found.values[0].iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(close, "{}: {:?}, not {right:?}", explainer.name, found.values[0]);
        assert!(found.completeness_gaps.unwrap()[0].abs() < 1e-4);
    }

    #[test]
    fn rules_divide_relevance_as_computed_by_hand() {
        // Relevance 7 and 2 of the units; contributions (1, 6) and (-2, 3).
        check(&Lrp::epsilon(1e-9), [1.0 - 4.0, 6.0 + 6.0]);
        check(&Lrp::z_plus(), [1.0, 6.0 + 2.0]);
        check(&Lrp::w_square(), [7.0 / 5.0 + 2.0 * 4.0 / 5.0, 7.0 * 4.0 / 5.0 + 2.0 / 5.0]);
        check(&Lrp::flat(), [4.5, 4.5]);
        // Gamma 1: (2, 12) and (-2, 6).
        check(&Lrp::gamma(1.0), [1.0 - 1.0, 6.0 + 3.0]);
        // Bounds 0 and 4: contributions (1, 6) as they are and (-2 + 8, 3).
        let bound = |it: f32| tensor(&[it], &[1, 1]);
        check(&Lrp::z_box(bound(0.0), bound(4.0)), [1.0 + 2.0 * 6.0 / 9.0, 6.0 + 2.0 * 3.0 / 9.0]);
    }

    #[test]
    fn alpha_beta_keeps_the_sum_only_where_there_are_contributions_of_both_signs() {
        // Twice 9 to the units, 14 and 4, as nothing is negative; twice 14 as (4, 24), and 2 * 4 less 4 as (-4, 8).
        let x = tensor(&[1.0, 3.0], &[1, 2]);
        let found = Lrp::alpha_beta(2.0, 1.0).explain(&small(), &[x], &Silent).unwrap();
        assert!(found.values[0].iter().zip([0.0, 32.0]).all(|(a, b)| (a - b).abs() < 1e-4));
        assert!((found.completeness_gaps.unwrap()[0] - 23.0).abs() < 1e-4);
    }

    #[test]
    fn a_skip_connection_takes_its_share() {
        let network = toy(Element::F32, &[None, Some(3)], &[], |run| {
            let x = run.input(0)?;
            let layer = run.one(&Dense, &[x, &tensor(&numbers(9, 3.0), &[3, 3])])?;
            let hidden = run.one(&ADD, &[x, &run.one(&RELU, &[&layer])?])?;
            Ok(vec![run.one(&Dense, &[&hidden, &tensor(&numbers(3, 5.0), &[3, 1])])?])
        });
        let x = tensor(&[0.5, -0.25, 1.0], &[1, 3]);
        let found = Lrp::epsilon(1e-9).explain(&network, std::slice::from_ref(&x), &Silent).unwrap();
        // Without biases it is input times gradient.
        let right = crate::InputXGradient::new().explain(&network, &[x], &Silent).unwrap();
        let difference: ArrayD<f64> = &found.values[0] - &right.values[0];
        assert!(difference.iter().all(|it| it.abs() < 1e-5), "{difference}");
    }
}
