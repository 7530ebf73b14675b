//! Which tensors are followed, and what a target's gradient to them is.

use burn_backend::AutodiffBackend;
use burn_backend::ops::FloatTensorOps;
use burn_dispatch::{Dispatch, DispatchAutodiffContext};

use super::Tensor;
use crate::{Error, Kind};

/// The gradients of one target.
pub struct Gradients(<Dispatch as AutodiffBackend>::Gradients);

impl Tensor {
    /// A leaf of the same value: what is computed from it can be differentiated to it, and nothing below it.
    pub fn leaf(&self) -> Result<Self, Error> {
        self.require("a leaf", Kind::Float)?;
        Ok(Self(Dispatch::float_set_require_grad(Dispatch::from_inner(self.detach().0), true)))
    }

    /// The same value, followed no further down.
    pub fn detach(&self) -> Self {
        if self.kind() != Kind::Float || self.0.autodiff == DispatchAutodiffContext::Disabled {
            return self.clone();
        }
        Self(Dispatch::inner(self.0.clone()))
    }

    /// Whether a gradient would pass through this tensor.
    pub fn is_followed(&self) -> bool {
        self.kind() == Kind::Float
            && self.0.autodiff != DispatchAutodiffContext::Disabled
            && Dispatch::is_tracked(&self.0)
    }

    /// The gradients of the sum of this tensor's elements to all leaves below it.
    ///
    /// What was recorded is spent: a second target needs a second forward pass.
    pub fn backward(&self) -> Result<Gradients, Error> {
        if !self.is_followed() {
            return Err(Error::NotDifferentiable { site: "below the target".to_owned() });
        }
        Ok(Gradients(Dispatch::backward(self.total()?.0)))
    }
}

impl Gradients {
    /// The gradient to a leaf; `None` where the target does not depend on it.
    pub fn of(&self, leaf: &Tensor) -> Option<Tensor> {
        Dispatch::grad(&leaf.0, &self.0).map(Tensor)
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use crate::{Device, Tensor};

    #[test]
    fn follows_a_leaf_and_nothing_below_it() {
        let device = Device::flex();
        let below = Tensor::from_vec(vec![3.0_f32], &[1], &device).unwrap().leaf().unwrap();
        let leaf = below.mul(&below).unwrap().leaf().unwrap();
        let target = leaf.mul(&leaf).unwrap();
        let gradients = target.backward().unwrap();
        assert_eq!(gradients.of(&leaf).unwrap().to_f64s().unwrap(), [18.0]);
        assert!(gradients.of(&below).is_none());
    }

    #[test]
    fn a_target_may_have_no_dimensions() {
        let x = Tensor::from_vec(vec![3.0_f32], &[], &Device::flex()).unwrap().leaf().unwrap();
        let gradient = x.mul(&x).unwrap().backward().unwrap().of(&x).unwrap();
        assert_eq!((gradient.shape(), gradient.to_f64s().unwrap()), (vec![], vec![6.0]));
    }

    #[test]
    fn constants_are_not_followed() {
        let x = Tensor::from_vec(vec![3.0_f32], &[1], &Device::flex()).unwrap();
        assert!(!x.is_followed());
        assert!(x.backward().is_err());
        let y = x.leaf().unwrap().mul(&x).unwrap();
        assert!(y.is_followed() && !y.detach().is_followed());
    }
}
