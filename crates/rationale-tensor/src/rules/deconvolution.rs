//! The deconvolutional network: Zeiler and Fergus, *Visualizing and understanding convolutional networks*, 2014,
//! <https://arxiv.org/abs/1311.2901>, as a rule for gradients by Simonyan et al. 2014, section 4.

use crate::{Error, Operator, Rule, Tensor};

/// At each rectifier y = max(x, 0) a gradient passes back where it is positive, whatever x: dx = max(dy, 0). All else is
/// differentiated as it is; maxima go back to the places they came from (the paper's switches).
///
/// **Holds** what guided backpropagation holds, which is little.
///
/// **Departs** from the paper in that convolutions keep the network's own weights, without the paper's normalisation of
/// filters; from captum as [`GuidedBackpropagation`](super::GuidedBackpropagation) does.
///
/// ```
/// use rationale_tensor::ops::RELU;
/// use rationale_tensor::rules::Deconvolution;
/// use rationale_tensor::{Device, Rule, Tensor};
///
/// let x = Tensor::from_vec(vec![1.0_f32, 2.0, -3.0], &[3], &Device::flex())?.leaf()?;
/// let weights = Tensor::from_vec(vec![5.0_f32, -5.0, 5.0], &[3], &Device::flex())?;
/// let y = Deconvolution.apply(&RELU, &[Some(x.clone())])?.remove(0);
/// assert_eq!(y.mul(&weights)?.backward()?.of(&x).unwrap().to_f64s()?, [5.0, 0.0, 5.0]);
/// # Ok::<(), rationale_tensor::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Deconvolution;

impl Rule for Deconvolution {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let outputs = operator.forward(inputs)?;
        match inputs.first() {
            Some(Some(x)) if x.is_followed() && operator.rectifies(inputs) => {
                outputs.iter().map(|y| x.with_value(y)?.positive_gradient()).collect()
            }
            _ => Ok(outputs),
        }
    }
}
