//! DeepLIFT's RevealCancel rule: Shrikumar, Greenside and Kundaje, *Learning important features through propagating
//! activation differences*, 2017, <https://arxiv.org/abs/1704.02685>, section 3.5.3.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::elementwise::positive;
use super::path::reference;
use super::reference::{Call, Reference};
use super::rescale::multiplied;
use super::{Inputs, detached, followed, indicator, where_else};
use crate::{Error, Nature, Operator, Rule, Tensor};

/// DeepLIFT that tells positive from negative contributions: where two inputs cancel in front of an activation function,
/// each is given the difference that it makes on its own.
///
/// A linear layer's difference z - z0 divides into a positive part p, the sum of all w (x - x0) that are positive, and a
/// negative part n. An activation function f behind it gives p the mean of what p changes before and after n is there,
/// and n likewise:
///
/// dy_p = (f(z0 + p) - f(z0) + f(z0 + p + n) - f(z0 + n)) / 2, and the multipliers dy_p / p and dy_n / n.
///
/// Sums, means, batch normalisation and moves between the two carry both parts. All else is done as by
/// [`Rescale`](super::Rescale), into which this falls where a part is 0.
///
/// **Holds**: completeness, as Rescale.
///
/// **Departs** from the paper: nothing is known to. Neither captum nor shap offers it.
///
/// ```
/// use rationale_tensor::ops::{Dense, RELU};
/// use rationale_tensor::rules::{Reference, RevealCancel};
/// use rationale_tensor::{
///     Device, Element, Error, Interface, Network, Place, Port, Run, Tensor, differentiate_run,
/// };
///
/// /// relu(x0 - x1), the paper's example of what Rescale hides.
/// struct Difference(Interface);
///
/// impl Network for Difference {
///     fn interface(&self) -> &Interface {
///         &self.0
///     }
///     fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, Error> {
///         let weights = Tensor::from_vec(vec![1.0_f32, -1.0], &[2, 1], &self.0.device)?;
///         let sum = run.one(&Dense, &[run.input(0)?, &weights])?;
///         Ok(vec![run.one(&RELU, &[&sum])?])
///     }
/// }
///
/// let device = Device::flex();
/// let port = |name: &str| Port { name: name.into(), element: Element::F32, shape: None };
/// let interface =
///     Interface { inputs: vec![port("x")], outputs: vec![port("y")], sites: vec![], device: device.clone() };
/// let network = Difference(interface);
/// let tensor = |x: Vec<f32>| Tensor::from_vec(x, &[1, 2], &device);
///
/// let reference = Reference::record(&network, Run::new(&[tensor(vec![0.0, 0.0])?]))?;
/// let rule = RevealCancel::new(&reference);
/// let run = Run::new(&[tensor(vec![2.0, 6.0])?]).with_rule(&rule);
/// let found = differentiate_run(&network, run, &[Place::Input(0)], &|outputs| Ok(outputs[0].clone()))?;
/// // Alone x0 raises the output by 2, beside x1 by nothing: 1, and as much less for x1.
/// let multipliers = found.gradients[0].to_f64s()?;
/// assert_eq!(multipliers[0] * 2.0, 1.0);
/// assert!((multipliers[1] * 6.0 + 1.0).abs() < 1e-6);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct RevealCancel<'r> {
    reference: &'r Reference,
    calls: AtomicUsize,
    parts: Mutex<BTreeMap<u64, Parts>>,
}

/// The positive and negative parts of a difference: their values, with gradients of their own.
#[derive(Debug, Clone)]
struct Parts {
    positive: Tensor,
    negative: Tensor,
}

impl<'r> RevealCancel<'r> {
    /// For one run, to be compared with this reference.
    pub fn new(reference: &'r Reference) -> Self {
        Self { reference, calls: AtomicUsize::new(0), parts: Mutex::new(BTreeMap::new()) }
    }

    fn parts_of(&self, x: &Tensor) -> Option<Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).get(&x.node()?).cloned()
    }

    /// The value, with the gradient of both parts, which are kept for whoever comes next.
    fn joined(&self, parts: Parts, value: &Tensor) -> Result<Vec<Tensor>, Error> {
        let y = parts.positive.add(&parts.negative)?.with_value(value)?;
        if let Some(node) = y.node() {
            self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(node, parts);
        }
        Ok(vec![y])
    }

    /// Divides a linear layer's difference by the signs of its contributions.
    fn divided(
        &self,
        operator: &dyn Operator,
        inputs: &Inputs,
        index: usize,
        call: &Call,
    ) -> Result<Vec<Tensor>, Error> {
        let (Some(x), Some(weights)) = (&inputs[index], &inputs[1 - index]) else {
            return multiplied(operator, inputs, call);
        };
        let step = x.detach().sub(reference(call, index, x))?;
        let (rising, falling) = (positive(&step)?, positive(&step.neg()?)?);
        let (above, below) = (weights.detach().at_least(0.0)?, weights.detach().at_most(0.0)?);
        let of = |mask: &Tensor, weights: &Tensor| -> Result<Tensor, Error> {
            let mut inputs: Vec<_> = detached(inputs);
            inputs[index] = Some(x.mul(mask)?.with_value(&step.mul(mask)?)?);
            inputs[1 - index] = Some(weights.clone());
            inputs.truncate(2);
            first(operator.forward(&inputs)?, operator)
        };
        let parts = Parts {
            positive: of(&rising, &above)?.add(&of(&falling, &below)?)?,
            negative: of(&rising, &below)?.add(&of(&falling, &above)?)?,
        };
        self.joined(parts, &first(operator.forward(&detached(inputs))?, operator)?)
    }

    /// Carries the parts through an operator that is linear: what they become, by its sign.
    fn carried(&self, operator: &dyn Operator, inputs: &Inputs) -> Result<Vec<Tensor>, Error> {
        let known = |it: &Option<Tensor>| {
            it.as_ref().is_none_or(|it| !it.is_followed() || self.parts_of(it).is_some())
        };
        let outputs = operator.forward(&detached(inputs))?;
        let [output] = &outputs[..] else { return operator.forward(inputs) };
        if !inputs.iter().all(known) {
            return operator.forward(inputs);
        }
        let of = |part: &dyn Fn(&Tensor) -> Option<Tensor>| -> Result<Tensor, Error> {
            let part = |it: &Option<Tensor>| it.as_ref().map(|it| part(it).unwrap_or_else(|| it.clone()));
            first(operator.forward(&inputs.iter().map(part).collect::<Vec<_>>())?, operator)
        };
        let nothing = of(&|it| self.parts_of(it).and_then(|it| it.positive.full_like(0.0).ok()))?;
        let [from_positive, from_negative] = [
            of(&|it| self.parts_of(it).map(|it| it.positive))?.sub(&nothing)?,
            of(&|it| self.parts_of(it).map(|it| it.negative))?.sub(&nothing)?,
        ];
        let zero = output.full_like(0.0)?;
        let sign = |it: &Tensor| indicator(&it.greater_equal(&zero)?, &zero);
        let (rises, falls) = (sign(&from_positive)?, sign(&from_negative)?);
        let rest = |it: &Tensor| it.neg()?.add_number(1.0);
        let parts = Parts {
            positive: from_positive.mul(&rises)?.add(&from_negative.mul(&falls)?)?,
            negative: from_positive.mul(&rest(&rises)?)?.add(&from_negative.mul(&rest(&falls)?)?)?,
        };
        self.joined(parts, output)
    }

    /// Gives each part what it changes, on the mean with and without the other.
    fn revealed(
        &self,
        operator: &dyn Operator,
        inputs: &Inputs,
        index: usize,
        call: &Call,
    ) -> Result<Vec<Tensor>, Error> {
        let x = inputs[index].as_ref();
        let (Some(x), Some(parts)) = (x, x.and_then(|it| self.parts_of(it))) else {
            return multiplied(operator, inputs, call);
        };
        let start = reference(call, index, x);
        let at = |part: &Tensor| -> Result<Tensor, Error> {
            let mut inputs = detached(inputs);
            inputs[index] = Some(start.add(&part.detach())?);
            first(operator.forward(&inputs)?, operator)
        };
        let whole = first(operator.forward(&detached(inputs))?, operator)?;
        let nothing = first(call.outputs.clone(), operator)?;
        let (with_positive, with_negative) = (at(&parts.positive)?, at(&parts.negative)?);
        let mean = |a: &Tensor, b: &Tensor| a.sub(&nothing)?.add(&whole.sub(b)?)?.mul_number(0.5);
        let changes = [mean(&with_positive, &with_negative)?, mean(&with_negative, &with_positive)?];
        let [positive, negative] = [(&parts.positive, &changes[0]), (&parts.negative, &changes[1])];
        let scaled = |(part, change): (&Tensor, &Tensor)| -> Result<Tensor, Error> {
            let own = part.detach();
            let absent = own.equal(&own.full_like(0.0)?)?;
            let multiplier = change.div(&where_else(&absent.not()?, &own, 1.0)?)?;
            part.mul(&where_else(&absent.not()?, &multiplier, 0.0)?)?.with_value(change)
        };
        self.joined(Parts { positive: scaled(positive)?, negative: scaled(negative)? }, &whole)
    }
}

impl Rule for RevealCancel<'_> {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        if let Some(outputs) = operator.parts(inputs, &|part, inputs| self.apply(part, inputs)) {
            return outputs;
        }
        let call = self.reference.call(self.calls.fetch_add(1, Ordering::Relaxed), inputs)?;
        match (operator.nature(), &followed(inputs)[..]) {
            (Nature::Convolution | Nature::Dense, &[index @ (0 | 1)]) => {
                self.divided(operator, inputs, index, call)
            }
            (Nature::Linear | Nature::Structural, &[_, ..]) => self.carried(operator, inputs),
            (Nature::Rectifier | Nature::Elementwise, &[index]) => {
                self.revealed(operator, inputs, index, call)
            }
            _ => multiplied(operator, inputs, call),
        }
    }
}

fn first(outputs: Vec<Tensor>, operator: &dyn Operator) -> Result<Tensor, Error> {
    outputs.into_iter().next().ok_or_else(|| Error::Inputs {
        expected: "an output".to_owned(),
        actual: format!("none of {operator:?}"),
    })
}
