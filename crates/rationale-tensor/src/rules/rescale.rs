//! DeepLIFT's Rescale rule: Shrikumar, Greenside and Kundaje, *Learning important features through propagating activation
//! differences*, 2017, <https://arxiv.org/abs/1704.02685>.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::reference::{Call, Reference};
use super::{detached, elementwise, followed, is_followed, maximum, path, softmax};
use crate::{Error, Nature, Operator, Rule, Tensor};

/// How many nodes an operator without a rule of its own is averaged over.
const N_NODES: usize = 16;

/// Each operator passes back multipliers m with sum m (x - x0) = y - y0, where x0 and y0 are the reference's, and
/// multipliers chain as derivatives do (the paper's equations 1 to 3). It serves one run; the reference serves many.
///
/// | operator | multipliers |
/// |---|---|
/// | linear | its weights (the Linear rule) |
/// | activation function | (y - y0) / (x - x0), where both are equal the slope (equation 11) |
/// | product of two activations, of elements or matrices | the mean of the other factor now and in the reference |
/// | quotient | the product with the inverse, which has -1 / (b b0) |
/// | softmax | its derivative, at logarithmic means |
/// | maximum | all to the element that is, or in the reference was, the largest |
/// | normalisation by statistics, norms | those of its parts |
/// | any other | the derivative averaged on the way from the reference, at 16 nodes |
///
/// **Holds**: completeness, up to rounding and the error of the last row; not implementation invariance: one function
/// computed in two ways can have other multipliers.
///
/// **Departs** from the paper only where it says nothing (from the third row on). captum subtracts from a softmax's
/// multipliers their mean over all of the batch, so that an example's answer depends on the others beside it; shap takes
/// a softmax element by element and normalisation by its gradient: neither is complete.
///
/// ```
/// use rationale_tensor::ops::{RELU, SUB};
/// use rationale_tensor::rules::{Reference, Rescale};
/// use rationale_tensor::{
///     Device, Element, Error, Interface, Network, Place, Port, Run, Tensor, differentiate_run,
/// };
///
/// /// 1 - relu(1 - x), whose gradient at 2 is 0.
/// struct Saturating(Interface);
///
/// impl Network for Saturating {
///     fn interface(&self) -> &Interface {
///         &self.0
///     }
///     fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, Error> {
///         let one = run.input(0)?.full_like(1.0)?;
///         let rest = run.one(&RELU, &[&run.one(&SUB, &[&one, run.input(0)?])?])?;
///         Ok(vec![run.one(&SUB, &[&one, &rest])?])
///     }
/// }
///
/// let device = Device::flex();
/// let port = |name: &str| Port { name: name.into(), element: Element::F32, shape: None };
/// let interface =
///     Interface { inputs: vec![port("x")], outputs: vec![port("y")], sites: vec![], device: device.clone() };
/// let network = Saturating(interface);
/// let tensor = |x: f32| Tensor::from_vec(vec![x], &[1], &device);
///
/// let reference = Reference::record(&network, Run::new(&[tensor(0.0)?]))?;
/// let rule = Rescale::new(&reference);
/// let run = Run::new(&[tensor(2.0)?]).with_rule(&rule);
/// let found = differentiate_run(&network, run, &[Place::Input(0)], &|outputs| Ok(outputs[0].clone()))?;
/// assert_eq!(found.gradients[0].to_f64s()?, [0.5]); // times 2 - 0: all of the difference, 1
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Rescale<'r> {
    reference: &'r Reference,
    calls: AtomicUsize,
}

impl<'r> Rescale<'r> {
    /// For one run, to be compared with this reference.
    pub fn new(reference: &'r Reference) -> Self {
        Self { reference, calls: AtomicUsize::new(0) }
    }
}

impl Rule for Rescale<'_> {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        if let Some(outputs) = operator.parts(inputs, &|part, inputs| self.apply(part, inputs)) {
            return outputs;
        }
        let call = self.reference.call(self.calls.fetch_add(1, Ordering::Relaxed), inputs)?;
        multiplied(operator, inputs, call)
    }
}

/// An operator's outputs, from which differentiation finds its multipliers.
pub(super) fn multiplied(
    operator: &dyn Operator,
    inputs: &[Option<Tensor>],
    call: &Call,
) -> Result<Vec<Tensor>, Error> {
    let nature = operator.nature();
    if !is_followed(inputs) || nature == Nature::Opaque {
        return operator.forward(&detached(inputs));
    }
    match (nature, &followed(inputs)[..]) {
        (Nature::Rectifier | Nature::Elementwise, &[index]) => {
            elementwise::rescaled(operator, inputs, index, call)
        }
        (Nature::Structural | Nature::Linear, _)
        | (Nature::Convolution | Nature::Dense | Nature::Product, &[_]) => operator.forward(inputs),
        // A product with one part that depends on the input is linear, one with two is averaged exactly at one node.
        (Nature::Convolution | Nature::Dense | Nature::Product, &[_, _]) => {
            path::averaged(operator, inputs, call, 1)
        }
        (Nature::Quotient, _) => elementwise::quotient(operator, inputs, call),
        (Nature::Maximum | Nature::Minimum, _) => maximum::split(operator, inputs, call),
        (Nature::Softmax | Nature::LogSoftmax, _) => softmax::mean(operator, inputs, call),
        _ => path::averaged(operator, inputs, call, N_NODES),
    }
}
