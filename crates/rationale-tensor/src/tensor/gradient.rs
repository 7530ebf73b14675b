//! Which tensors are followed, and what a target's gradient to them is.

use burn_backend::ops::FloatTensorOps;
use burn_backend::{AutodiffBackend, Backend};
use burn_dispatch::backends::Autodiff;
use burn_dispatch::backends::autodiff::checkpoint::base::Checkpointer;
use burn_dispatch::backends::autodiff::checkpoint::strategy::NoCheckpointing;
use burn_dispatch::backends::autodiff::grads::Gradients as Recorded;
use burn_dispatch::backends::autodiff::ops::{Backward, Ops, unary};
use burn_dispatch::{BackendTensor, Dispatch, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind};

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

/// What becomes of a gradient on its way back.
#[derive(Debug, Clone, Copy)]
enum Passed {
    Whole,
    Positive,
}

impl<B: Backend> Backward<B, 1> for Passed {
    type State = ();

    fn backward(self, ops: Ops<(), 1>, gradients: &mut Recorded, _: &mut Checkpointer) {
        unary::<B, _>(ops.parents, ops.node, gradients, |gradient| match self {
            Self::Whole => gradient,
            Self::Positive => B::relu(gradient),
        });
    }
}

/// The followed tensor of a backend.
type Followed<B> = burn_backend::tensor::FloatTensor<Autodiff<B>>;

/// Another value (or the same, where none is given) in the place of a followed tensor's, to which the gradient passes.
fn replaced<B: Backend>(
    followed: BackendTensor<B>,
    value: Option<BackendTensor<B>>,
    passed: Passed,
) -> Option<BackendTensor<B>> {
    let BackendTensor::Autodiff(followed) = followed else { return None };
    let (own, node): (B::FloatTensorPrimitive, _) = Followed::<B>::into_parts(followed);
    let value = match value {
        Some(BackendTensor::Float(value)) => value,
        Some(_) => return None,
        None => own,
    };
    let prepared = Backward::<B, 1>::prepare::<NoCheckpointing>(passed, [node]).compute_bound();
    Some(BackendTensor::Autodiff(prepared.stateless(value)))
}

macro_rules! on_each_backend {
    ($($backend:ident, $feature:literal);*) => {
        fn replaced_kind(
            followed: DispatchTensorKind,
            value: Option<DispatchTensorKind>,
            passed: Passed,
        ) -> Option<DispatchTensorKind> {
            let DispatchTensorKind::Autodiff(followed) = followed else { return None };
            match (*followed, value) {
                $(#[cfg(feature = $feature)]
                (DispatchTensorKind::$backend(followed), Some(DispatchTensorKind::$backend(value))) => {
                    replaced(followed, Some(value), passed).map(DispatchTensorKind::$backend)
                }
                #[cfg(feature = $feature)]
                (DispatchTensorKind::$backend(followed), None) => {
                    replaced(followed, None, passed).map(DispatchTensorKind::$backend)
                })*
                _ => None,
            }
            .map(|it| DispatchTensorKind::Autodiff(Box::new(it)))
        }

        fn node_of(kind: &DispatchTensorKind) -> Option<u64> {
            let DispatchTensorKind::Autodiff(followed) = kind else { return None };
            match &**followed {
                $(#[cfg(feature = $feature)]
                DispatchTensorKind::$backend(BackendTensor::Autodiff(it)) => Some(it.id().value),)*
                _ => None,
            }
        }
    };
}
on_each_backend! { Flex, "flex"; NdArray, "ndarray"; Cube, "cuda" }

impl Tensor {
    /// Another value of the same shape, whose gradient is this tensor's: what is computed from it is differentiated to
    /// what this was computed from, as if it had had this value. The way in which attribution rules are written.
    ///
    /// ```
    /// use rationale_tensor::{Device, Tensor};
    ///
    /// let x = Tensor::from_vec(vec![3.0_f32], &[1], &Device::flex())?.leaf()?;
    /// let instead = Tensor::from_vec(vec![10.0_f32], &[1], &Device::flex())?;
    /// let y = x.with_value(&instead)?;
    /// let square = y.mul(&y)?;
    /// assert_eq!(square.to_f64s()?, [100.0]);
    /// assert_eq!(square.backward()?.of(&x).unwrap().to_f64s()?, [20.0]); // 2 y, at y = 10
    /// # Ok::<(), rationale_tensor::Error>(())
    /// ```
    pub fn with_value(&self, value: &Self) -> Result<Self, Error> {
        value.require_as("the value", self)?;
        if value.shape() != self.shape() {
            return Err(Error::shape("the value", format!("{:?}", self.shape()), &value.shape()));
        }
        if !self.is_followed() {
            return Ok(value.detach());
        }
        self.replaced(Some(value.detach().0.kind), Passed::Whole)
    }

    /// The same value, through which the positive part of a gradient passes back and the negative does not.
    pub fn positive_gradient(&self) -> Result<Self, Error> {
        self.require("a tensor with a gradient", Kind::Float)?;
        if !self.is_followed() {
            return Ok(self.clone());
        }
        self.replaced(None, Passed::Positive)
    }

    fn replaced(&self, value: Option<DispatchTensorKind>, passed: Passed) -> Result<Self, Error> {
        let DispatchTensor { kind, autodiff } = self.0.clone();
        let message = || Error::Backend { message: "tensors of two devices in one place".to_owned() };
        let kind = replaced_kind(kind, value, passed).ok_or_else(message)?;
        Ok(Self(DispatchTensor { kind, autodiff }))
    }

    /// What tells a followed tensor from every other.
    pub(crate) fn node(&self) -> Option<u64> {
        if self.is_followed() { node_of(&self.0.kind) } else { None }
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
    fn another_value_takes_the_gradient_along() {
        let x = Tensor::from_vec(vec![2.0_f32, -1.0], &[2], &Device::flex()).unwrap().leaf().unwrap();
        let y = x.with_value(&x.full_like(f64::INFINITY).unwrap()).unwrap();
        let back = y.with_value(&x.full_like(5.0).unwrap()).unwrap();
        let gradient = back.mul(&back).unwrap().backward().unwrap().of(&x).unwrap();
        assert_eq!(gradient.to_f64s().unwrap(), [10.0, 10.0]);
        assert!(x.with_value(&x.narrow(0, 0, 1).unwrap()).is_err());
        assert!(!x.detach().with_value(&x).unwrap().is_followed());
    }

    #[test]
    fn the_negative_part_of_a_gradient_is_held_back() {
        let x = Tensor::from_vec(vec![2.0_f32, -1.0], &[2], &Device::flex()).unwrap().leaf().unwrap();
        let signs = Tensor::from_vec(vec![-3.0_f32, 4.0], &[2], &Device::flex()).unwrap();
        let y = x.positive_gradient().unwrap();
        assert_eq!(y.to_f64s().unwrap(), [2.0, -1.0]);
        let gradient = y.mul(&signs).unwrap().backward().unwrap().of(&x).unwrap();
        assert_eq!(gradient.to_f64s().unwrap(), [0.0, 4.0]);
    }

    #[test]
    fn clones_are_one_node_and_results_another() {
        let x = Tensor::from_vec(vec![2.0_f32], &[1], &Device::flex()).unwrap().leaf().unwrap();
        assert!(x.node().is_some() && x.node() == x.clone().node());
        assert_ne!(x.node(), x.neg().unwrap().node());
        assert_eq!(x.detach().node(), None);
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
