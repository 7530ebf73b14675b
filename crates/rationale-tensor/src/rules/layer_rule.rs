//! LRP's rules for layers with weights.

use std::sync::Arc;

use super::{Inputs, detached, indicator, where_else};
use crate::{Error, Operator, Tensor};

/// What the rules without a setting for it add to denominators, with their sign.
const STABILISER: f64 = 1e-9;

/// How relevance R of the outputs of a layer z_j = sum_i x_i w_ij + b_j divides among its inputs. Parts in brackets with
/// a sign are the positive or negative parts; every denominator has a small number of its own sign added.
///
/// | rule | R_i = sum_j of R_j times | from |
/// |---|---|---|
/// | epsilon | x_i w_ij / (z_j + epsilon sign z_j) | Bach et al. 2015, equation 58 |
/// | gamma | where z_j > 0: (x_i^+ (w_ij + gamma w_ij^+) + x_i^- (w_ij + gamma w_ij^-)) / their sum with b_j + gamma b_j^+; where z_j < 0 with the signs of w and b exchanged | Montavon et al. 2019, for inputs of both signs by Andéol et al. 2023 |
/// | alpha-beta | alpha (x_i w_ij)^+ / (sum_i (x_i w_ij)^+ + b_j^+) - beta (x_i w_ij)^- / (sum_i (x_i w_ij)^- + b_j^-) | Bach et al. 2015, equation 60 |
/// | w-square | w_ij^2 / sum_i w_ij^2 | Montavon et al. 2017 |
/// | flat | 1 / (the number of inputs of j) | Lapuschkin et al. 2019 |
/// | box | (x_i w_ij - l_i w_ij^+ - h_i w_ij^-) / their sum | Montavon et al. 2017, the z^B rule, for inputs in l..h |
///
/// What goes to the bias is lost, and shows as a gap. z-plus is alpha-beta with 1 and 0.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LayerRule {
    /// By contributions, damped by epsilon.
    Epsilon(f64),
    /// Favours contributions of the output's sign; 0.25 is usual.
    Gamma(f64),
    /// Positive and negative contributions apart. alpha - beta = 1 keeps the sum.
    AlphaBeta {
        /// The weight of positive contributions.
        alpha: f64,
        /// The weight of negative contributions.
        beta: f64,
    },
    /// By squared weights, whatever the input.
    WSquare,
    /// Evenly, whatever input and weights.
    Flat,
    /// By contributions over those of the least and the greatest input: see [`LayerRule::within`].
    Box(Arc<(Tensor, Tensor)>),
}

impl LayerRule {
    /// Positive contributions alone: the z-plus rule.
    pub fn z_plus() -> Self {
        Self::AlphaBeta { alpha: 1.0, beta: 0.0 }
    }

    /// The box rule, for inputs between these values, broadcast to the input.
    pub fn within(low: Tensor, high: Tensor) -> Self {
        Self::Box(Arc::new((low, high)))
    }

    /// The layer's outputs, from which differentiation finds each input's relevance.
    pub(super) fn apply(&self, layer: &Layer<'_>) -> Result<Tensor, Error> {
        match self {
            Self::Epsilon(epsilon) => {
                over_itself(&layer.of(&layer.x, &layer.weights, layer.bias())?, *epsilon)
            }
            Self::Gamma(gamma) => layer.gamma(*gamma),
            Self::AlphaBeta { alpha, beta } => layer.alpha_beta(*alpha, *beta),
            Self::WSquare => layer.of_ones(&layer.weights.mul(&layer.weights)?),
            Self::Flat => layer.of_ones(&layer.weights.full_like(1.0)?),
            Self::Box(bounds) => layer.within(&bounds.0, &bounds.1),
        }
    }
}

/// A layer: an operator, which of its inputs is x, and its values.
pub(super) struct Layer<'a> {
    operator: &'a dyn Operator,
    inputs: &'a Inputs,
    /// Which input is followed: 0 or 1.
    index: usize,
    followed: &'a Tensor,
    x: Tensor,
    weights: Tensor,
}

impl<'a> Layer<'a> {
    /// `None` where the operator has no weights beside this input.
    pub(super) fn new(operator: &'a dyn Operator, inputs: &'a Inputs, index: usize) -> Option<Self> {
        let followed = inputs.get(index)?.as_ref()?;
        let weights = inputs.get(1_usize.checked_sub(index)?)?.as_ref()?.detach();
        Some(Self { operator, inputs, index, followed, x: followed.detach(), weights })
    }

    fn bias(&self) -> Option<Tensor> {
        self.inputs.get(2)?.as_ref().map(Tensor::detach)
    }

    /// The layer of another input, weights and bias. Its gradient is the input's own value times the ordinary one: what
    /// flows is relevance.
    fn of(&self, x: &Tensor, weights: &Tensor, bias: Option<Tensor>) -> Result<Tensor, Error> {
        let x = self.followed.mul(x)?.with_value(&x.expand(&self.x.shape())?)?;
        let mut inputs = detached(self.inputs);
        inputs[self.index] = Some(x);
        inputs[1 - self.index] = Some(weights.clone());
        if let Some(it) = inputs.get_mut(2) {
            *it = bias;
        }
        self.operator.forward(&inputs)?.into_iter().next().ok_or_else(|| Error::Inputs {
            expected: "an output".to_owned(),
            actual: format!("none of {:?}", self.operator),
        })
    }

    fn of_ones(&self, weights: &Tensor) -> Result<Tensor, Error> {
        over_itself(&self.of(&self.x.full_like(1.0)?, weights, None)?, STABILISER)
    }

    /// The positive and the negative contributions, each with its part of the bias.
    fn by_sign(&self) -> Result<(Tensor, Tensor), Error> {
        let (above, below) = (self.x.at_least(0.0)?, self.x.at_most(0.0)?);
        let (positive, negative) = (self.weights.at_least(0.0)?, self.weights.at_most(0.0)?);
        let of_bias =
            |part: &dyn Fn(&Tensor) -> Result<Tensor, Error>| self.bias().map(|it| part(&it)).transpose();
        let helping = self
            .of(&above, &positive, of_bias(&|it| it.at_least(0.0))?)?
            .add(&self.of(&below, &negative, None)?)?;
        let hindering = self
            .of(&above, &negative, of_bias(&|it| it.at_most(0.0))?)?
            .add(&self.of(&below, &positive, None)?)?;
        Ok((helping, hindering))
    }

    fn alpha_beta(&self, alpha: f64, beta: f64) -> Result<Tensor, Error> {
        let (helping, hindering) = self.by_sign()?;
        let helping = over_itself(&helping, STABILISER)?.mul_number(alpha)?;
        if beta == 0.0 {
            return Ok(helping);
        }
        helping.sub(&over_itself(&hindering, STABILISER)?.mul_number(beta)?)
    }

    fn gamma(&self, gamma: f64) -> Result<Tensor, Error> {
        let plain = self.of(&self.x, &self.weights, self.bias())?.detach();
        let zero = plain.full_like(0.0)?;
        let raised = |it: &Tensor| it.add(&it.at_least(0.0)?.mul_number(gamma)?);
        let lowered = |it: &Tensor| it.add(&it.at_most(0.0)?.mul_number(gamma)?);
        let (above, below) = (self.x.at_least(0.0)?, self.x.at_most(0.0)?);
        let (up, down) = (raised(&self.weights)?, lowered(&self.weights)?);
        let bias =
            |part: &dyn Fn(&Tensor) -> Result<Tensor, Error>| self.bias().map(|it| part(&it)).transpose();
        let of_positive = self.of(&above, &up, bias(&raised)?)?.add(&self.of(&below, &down, None)?)?;
        let of_negative = self.of(&above, &down, bias(&lowered)?)?.add(&self.of(&below, &up, None)?)?;
        let of_positive =
            over_itself(&of_positive, STABILISER)?.mul(&indicator(&plain.greater(&zero)?, &plain)?)?;
        let of_negative =
            over_itself(&of_negative, STABILISER)?.mul(&indicator(&zero.greater(&plain)?, &plain)?)?;
        of_positive.add(&of_negative)
    }

    fn within(&self, low: &Tensor, high: &Tensor) -> Result<Tensor, Error> {
        let (positive, negative) = (self.weights.at_least(0.0)?, self.weights.at_most(0.0)?);
        let of = |it: &Tensor, weights: &Tensor| self.of(&it.expand(&self.x.shape())?, weights, None);
        let contributions = self.of(&self.x, &self.weights, None)?.sub(&of(low, &positive)?)?;
        over_itself(&contributions.sub(&of(high, &negative)?)?, STABILISER)
    }
}

/// Contributions over their own sum, as a factor of relevance.
pub(super) fn over_itself(contributions: &Tensor, epsilon: f64) -> Result<Tensor, Error> {
    contributions.mul(&stabilised(&contributions.detach(), epsilon)?.reciprocal()?)
}

/// A number of each element's own sign added to it; 0 counts as positive. Infinite elements become infinite ones, whose
/// inverse is 0.
fn stabilised(x: &Tensor, epsilon: f64) -> Result<Tensor, Error> {
    let negative = x.full_like(0.0)?.greater(x)?;
    negative.choose(&x.add_number(-epsilon)?, &x.add_number(epsilon)?)
}

/// A value, 0 where it is infinite: the mask of an attention has no relevance to give.
pub(super) fn finite(x: &Tensor) -> Result<Tensor, Error> {
    let infinite = x.is_infinite()?;
    if infinite.to_bools()?.contains(&true) { where_else(&infinite.not()?, x, 0.0) } else { Ok(x.clone()) }
}
