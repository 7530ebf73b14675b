//! Layer-wise relevance propagation (LRP): Bach, Binder, Montavon, Klauschen, Müller and Samek, *On pixel-wise
//! explanations for non-linear classifier decisions by layer-wise relevance propagation*, 2015,
//! <https://doi.org/10.1371/journal.pone.0130140>.

use std::sync::atomic::{AtomicBool, Ordering};

use super::layer_rule::{Layer, finite, over_itself};
use super::{Inputs, LayerRule, detached, followed, is_followed, valued, with_followed};
use crate::{Error, Nature, Operator, Rule, Tensor};

/// What the denominators of operators without weights have added.
const STABILISER: f64 = 1e-9;

/// Relevance passes back from operator to operator; differentiation gives it as it is, not over the input. The target to
/// differentiate is y times y, the second one held fixed: then the output's relevance is its value.
///
/// | operator | relevance of its inputs |
/// |---|---|
/// | convolution, dense layer | by a [`LayerRule`]: that of the first layer with weights, of convolutions, or of dense layers |
/// | sum, mean, batch normalisation | by contributions (epsilon) |
/// | activation function | that of its output |
/// | maximum | all to the largest element |
/// | product of two activations, of elements or matrices | half by the contributions of each (Achtibat et al. 2024, propositions 3.2 and 3.3) |
/// | quotient of two activations | all to the numerator |
/// | softmax | x_i (R_i - s_i sum R) (the same, proposition 3.1) |
/// | normalisation by statistics | that of its output (the same, proposition 3.4) |
///
/// Composites by kind of layer, named as in zennit (Anders et al. 2021):
///
/// | composite | first layer | convolutions | dense layers |
/// |---|---|---|---|
/// | [`epsilon_plus`](Self::epsilon_plus) | as the others | z-plus | epsilon 1e-6 |
/// | [`epsilon_plus_flat`](Self::epsilon_plus_flat) | flat | z-plus | epsilon 1e-6 |
/// | [`epsilon_gamma_box`](Self::epsilon_gamma_box) | box | gamma 0.25 | epsilon 1e-6 |
/// | [`epsilon_alpha2_beta1`](Self::epsilon_alpha2_beta1) | as the others | alpha-beta 2, 1 | epsilon 1e-6 |
/// | [`epsilon_alpha2_beta1_flat`](Self::epsilon_alpha2_beta1_flat) | flat | alpha-beta 2, 1 | epsilon 1e-6 |
///
/// **Holds**: relevance is kept from layer to layer but for what goes to biases, to epsilon, and through softmax. With
/// small epsilon, no biases and rectifiers alone it is input times gradient (Ancona et al. 2018).
///
/// **Departs** from zennit in its stabiliser, 1e-9 in the place of 1e-6 outside epsilon rules, and in what zennit takes as it
/// is: softmax, products and normalisation. Batch normalisation beside a layer is to be folded into it beforehand, as zennit's
/// canonizers do: rationale-onnx's `with_batch_normalization_folded`. Where it is left, it passes relevance on by
/// contributions, and rules other than epsilon see the convolution without it. captum's gamma and alpha-beta rules leave
/// the bias as it is and take inputs for positive.
///
/// ```
/// use rationale_tensor::ops::Dense;
/// use rationale_tensor::rules::RelevancePropagation;
/// use rationale_tensor::{Device, Rule, Tensor};
///
/// let tensor = |values: Vec<f32>, shape: &[usize]| Tensor::from_vec(values, shape, &Device::flex());
/// let x = tensor(vec![1.0, 2.0], &[1, 2])?.leaf()?;
/// let inputs = [Some(x.clone()), Some(tensor(vec![3.0, -1.0], &[2, 1])?)]; // y = 3 - 2
/// let relevance = |rule: RelevancePropagation| {
///     let y = rule.apply(&Dense, &inputs)?.remove(0);
///     y.mul(&y.detach())?.backward()?.of(&x).unwrap().to_f64s()
/// };
/// let close = |a: Vec<f64>, b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
/// assert!(close(relevance(RelevancePropagation::epsilon(1e-9))?, [3.0, -2.0]));
/// assert!(close(relevance(RelevancePropagation::alpha_beta(2.0, 1.0))?, [2.0, -1.0]));
/// # Ok::<(), rationale_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct RelevancePropagation {
    first: Option<LayerRule>,
    convolution: LayerRule,
    dense: LayerRule,
    is_past_first: AtomicBool,
}

/// The settings alone: the clone begins another run.
impl Clone for RelevancePropagation {
    fn clone(&self) -> Self {
        Self {
            first: self.first.clone(),
            convolution: self.convolution.clone(),
            dense: self.dense.clone(),
            is_past_first: AtomicBool::new(false),
        }
    }
}

impl RelevancePropagation {
    /// These rules for convolutions and dense layers. It serves one run.
    pub fn new(convolution: LayerRule, dense: LayerRule) -> Self {
        Self { first: None, convolution, dense, is_past_first: AtomicBool::new(false) }
    }

    /// Another rule for the first layer with weights, in the order in which the network runs.
    pub fn with_first(mut self, first: LayerRule) -> Self {
        self.first = Some(first);
        self
    }

    /// One rule for every layer.
    pub fn of(rule: LayerRule) -> Self {
        Self::new(rule.clone(), rule)
    }

    /// The epsilon rule everywhere.
    pub fn epsilon(epsilon: f64) -> Self {
        Self::of(LayerRule::Epsilon(epsilon))
    }

    /// The gamma rule everywhere.
    pub fn gamma(gamma: f64) -> Self {
        Self::of(LayerRule::Gamma(gamma))
    }

    /// The alpha-beta rule everywhere.
    pub fn alpha_beta(alpha: f64, beta: f64) -> Self {
        Self::of(LayerRule::AlphaBeta { alpha, beta })
    }

    /// The z-plus rule everywhere.
    pub fn z_plus() -> Self {
        Self::of(LayerRule::z_plus())
    }

    /// z-plus for convolutions, epsilon for dense layers.
    pub fn epsilon_plus() -> Self {
        Self::new(LayerRule::z_plus(), LayerRule::Epsilon(1e-6))
    }

    /// The same, and flat for the first layer.
    pub fn epsilon_plus_flat() -> Self {
        Self::epsilon_plus().with_first(LayerRule::Flat)
    }

    /// Gamma for convolutions, epsilon for dense layers, and box for the first layer, of inputs within these bounds.
    pub fn epsilon_gamma_box(low: Tensor, high: Tensor) -> Self {
        Self::new(LayerRule::Gamma(0.25), LayerRule::Epsilon(1e-6)).with_first(LayerRule::within(low, high))
    }

    /// Alpha-beta with 2 and 1 for convolutions, epsilon for dense layers.
    pub fn epsilon_alpha2_beta1() -> Self {
        Self::new(LayerRule::AlphaBeta { alpha: 2.0, beta: 1.0 }, LayerRule::Epsilon(1e-6))
    }

    /// The same, and flat for the first layer.
    pub fn epsilon_alpha2_beta1_flat() -> Self {
        Self::epsilon_alpha2_beta1().with_first(LayerRule::Flat)
    }

    /// The rule of the next layer with weights.
    fn of_layer(&self, nature: Nature) -> &LayerRule {
        let is_first = !self.is_past_first.swap(true, Ordering::Relaxed);
        let own = if nature == Nature::Convolution { &self.convolution } else { &self.dense };
        if is_first { self.first.as_ref().unwrap_or(own) } else { own }
    }
}

impl Rule for RelevancePropagation {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let nature = operator.nature();
        if !is_followed(inputs) {
            return operator.forward(inputs);
        }
        match (nature, &followed(inputs)[..]) {
            (Nature::Structural | Nature::Maximum | Nature::Minimum | Nature::Selection, _) => {
                operator.forward(inputs)
            }
            (Nature::Opaque, _) => operator.forward(&detached(inputs)),
            (Nature::Rectifier | Nature::Elementwise | Nature::Joint, &[index, ..]) => {
                passed(operator, inputs, index)
            }
            (Nature::Convolution | Nature::Dense, &[index @ (0 | 1)]) => {
                let Some(layer) = Layer::new(operator, inputs, index) else {
                    return contributions(operator, inputs, 1.0);
                };
                let twin = self.of_layer(nature).apply(&layer)?;
                valued(vec![twin], &operator.forward(&detached(inputs))?)
            }
            (Nature::Convolution | Nature::Dense | Nature::Product, &[0, 1]) => {
                contributions(operator, inputs, 0.5)
            }
            (Nature::Quotient, &[0, 1]) => {
                contributions(operator, &[inputs[0].clone(), inputs[1].as_ref().map(Tensor::detach)], 1.0)
            }
            (Nature::Quotient, &[1]) => passed(operator, inputs, 1),
            _ => contributions(operator, inputs, 1.0),
        }
    }
}

/// The output's relevance to one input as it is, where both have one shape; else by contributions.
fn passed(operator: &dyn Operator, inputs: &Inputs, index: usize) -> Result<Vec<Tensor>, Error> {
    let outputs = operator.forward(&detached(inputs))?;
    let (Some(x), Some(y)) = (&inputs[index], outputs.first()) else { return Ok(outputs) };
    let shape = y.shape();
    if shape.len() < x.rank() || crate::broadcast_shape(&x.shape(), &shape).ok().as_ref() != Some(&shape) {
        return contributions(operator, inputs, 1.0);
    }
    valued([vec![x.expand(&shape)?], outputs[1..].to_vec()].concat(), &outputs)
}

/// Relevance by x times the derivative, over the output, a share of it to each input.
fn contributions(operator: &dyn Operator, inputs: &Inputs, share: f64) -> Result<Vec<Tensor>, Error> {
    let weighed = with_followed(inputs, |_, x| {
        let own = x.detach();
        x.mul(&finite(&own)?)?.mul_number(share)?.with_value(&own)
    })?;
    let outputs = operator.forward(&weighed)?;
    let twins =
        outputs.iter().map(|it| if it.is_followed() { over_itself(it, STABILISER) } else { Ok(it.clone()) });
    valued(twins.collect::<Result<_, _>>()?, &outputs.iter().map(Tensor::detach).collect::<Vec<_>>())
}
