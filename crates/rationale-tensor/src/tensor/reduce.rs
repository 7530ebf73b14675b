//! Sums, means, extremes, and what runs along a dimension.

use burn_backend::ops::{ActivationOps, FloatTensorOps, IntTensorOps};
use burn_dispatch::Dispatch;

use crate::{Element, Error, Kind, Tensor};

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident: $float:ident, $int:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(&self, dimension: usize) -> Result<Self, Error> {
            self.check_dimension(stringify!($name), dimension)?;
            Ok(Self(match self.kind() {
                Kind::Float => Dispatch::$float(self.0.clone(), dimension),
                Kind::Int => Dispatch::$int(self.0.clone(), dimension),
                Kind::Bool => return Err(self.no_numbers(stringify!($name))),
            }))
        })*
    };
}

impl Tensor {
    reductions! {
        /// The sum over a dimension, which keeps length 1.
        sum: float_sum_dim, int_sum_dim;
        /// The product over a dimension, which keeps length 1.
        product: float_prod_dim, int_prod_dim;
        /// The mean over a dimension, which keeps length 1.
        mean: float_mean_dim, int_mean_dim;
        /// The running sum along a dimension.
        running_sum: float_cumsum, int_cumsum;
    }

    /// The largest element over a dimension, which keeps length 1.
    pub fn max(&self, dimension: usize) -> Result<Self, Error> {
        self.check_not_empty("max", dimension)?;
        Ok(Self(match self.kind() {
            Kind::Float => Dispatch::float_max_dim(self.0.clone(), dimension),
            Kind::Int => Dispatch::int_max_dim(self.0.clone(), dimension),
            Kind::Bool => return Err(self.no_numbers("max")),
        }))
    }

    /// The smallest element over a dimension, which keeps length 1.
    pub fn min(&self, dimension: usize) -> Result<Self, Error> {
        self.check_not_empty("min", dimension)?;
        Ok(Self(match self.kind() {
            Kind::Float => Dispatch::float_min_dim(self.0.clone(), dimension),
            Kind::Int => Dispatch::int_min_dim(self.0.clone(), dimension),
            Kind::Bool => return Err(self.no_numbers("min")),
        }))
    }

    /// Where the largest element of a dimension is: the first of equals. The dimension keeps length 1.
    pub fn index_of_max(&self, dimension: usize) -> Result<Self, Error> {
        self.check_not_empty("index_of_max", dimension)?;
        let to = Element::I64.dtype().into();
        Ok(Self(match self.kind() {
            Kind::Float => Dispatch::float_argmax(self.detach().0, dimension, to),
            Kind::Int => Dispatch::int_cast(Dispatch::int_argmax(self.0.clone(), dimension), to),
            Kind::Bool => return Err(self.no_numbers("index_of_max")),
        }))
    }

    /// The sum of all elements `[1]`.
    pub fn total(&self) -> Result<Self, Error> {
        self.require("total", Kind::Float)?;
        Ok(Self(Dispatch::float_sum(self.0.clone())))
    }

    /// e^x over its sum along a dimension, computed from the largest element down.
    pub fn softmax(&self, dimension: usize) -> Result<Self, Error> {
        self.require("softmax", Kind::Float)?;
        self.check_dimension("softmax", dimension)?;
        Ok(Self(Dispatch::softmax(self.0.clone(), dimension)))
    }

    /// The logarithm of [`Tensor::softmax`].
    pub fn log_softmax(&self, dimension: usize) -> Result<Self, Error> {
        self.require("log_softmax", Kind::Float)?;
        self.check_dimension("log_softmax", dimension)?;
        Ok(Self(Dispatch::log_softmax(self.0.clone(), dimension)))
    }

    fn check_not_empty(&self, what: &'static str, dimension: usize) -> Result<(), Error> {
        self.check_dimension(what, dimension)?;
        if self.shape()[dimension] > 0 {
            return Ok(());
        }
        Err(Error::shape(what, "a dimension with elements", &self.shape()))
    }

    fn no_numbers(&self, what: &str) -> Error {
        Error::Element { what: what.to_owned(), expected: "a type of numbers", actual: self.element() }
    }
}
