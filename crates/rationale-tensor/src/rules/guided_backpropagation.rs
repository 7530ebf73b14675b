//! Guided backpropagation: Springenberg, Dosovitskiy, Brox and Riedmiller, *Striving for simplicity: the all
//! convolutional net*, 2015, <https://arxiv.org/abs/1412.6806>.

use crate::{Error, Operator, Rule, Tensor};

/// At each rectifier y = max(x, 0) a gradient passes back where x is positive and it is positive itself:
/// dx = `[x > 0] max(dy, 0)` (the paper's figure 1). All else is differentiated as it is.
///
/// **Holds**: nothing that ties the result to the prediction; it changes little when upper layers are randomised, and
/// reconstructs edges of the input (Adebayo et al. 2018; Nie et al. 2018). Look at it beside a gradient, not instead.
///
/// **Departs** from captum, which finds modules `nn.ReLU` and differentiates functions as they are: here each rectifier
/// counts, called once or many times, as a module or a function, and a capped one too: ReLU6, which a file holds as
/// Clip(x, 0, 6), lets nothing back above its cap. Other activation functions are differentiated.
///
/// ```
/// use rationale_tensor::ops::RELU;
/// use rationale_tensor::rules::GuidedBackpropagation;
/// use rationale_tensor::{Device, Rule, Tensor};
///
/// let x = Tensor::from_vec(vec![1.0_f32, 2.0, -3.0], &[3], &Device::flex())?.leaf()?;
/// let weights = Tensor::from_vec(vec![5.0_f32, -5.0, 5.0], &[3], &Device::flex())?;
/// let y = GuidedBackpropagation.apply(&RELU, &[Some(x.clone())])?.remove(0);
/// assert_eq!(y.mul(&weights)?.backward()?.of(&x).unwrap().to_f64s()?, [5.0, 0.0, 0.0]);
/// # Ok::<(), rationale_tensor::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct GuidedBackpropagation;

impl Rule for GuidedBackpropagation {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let outputs = operator.forward(inputs)?;
        if operator.rectifies(inputs) && super::is_followed(inputs) {
            return outputs.iter().map(Tensor::positive_gradient).collect();
        }
        Ok(outputs)
    }
}
