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
        /// The mean over a dimension, which keeps length 1.
        mean: float_mean_dim, int_mean_dim;
        /// The running sum along a dimension.
        running_sum: float_cumsum, int_cumsum;
    }

    /// The product over a dimension, which keeps length 1. Its gradient is right where elements are 0.
    pub fn product(&self, dimension: usize) -> Result<Self, Error> {
        self.check_dimension("product", dimension)?;
        match self.kind() {
            Kind::Int => return Ok(Self(Dispatch::int_prod_dim(self.0.clone(), dimension))),
            Kind::Bool => return Err(self.no_numbers("product")),
            Kind::Float => {}
        }
        let mut left = self.clone();
        loop {
            let length = left.shape()[dimension];
            if length == 1 {
                return Ok(left);
            }
            if length == 0 {
                let mut shape = self.shape();
                shape[dimension] = 1;
                return Self::full(1.0, &shape, self.element(), &self.device());
            }
            // One half times the other, and so on: no division by an element, as dividing the whole product would be.
            let half = length / 2;
            let halves = left.narrow(dimension, 0, half)?.mul(&left.narrow(dimension, half, 2 * half)?)?;
            let odd = left.narrow(dimension, 2 * half, length)?;
            left = Self::concat(&[halves, odd], dimension)?;
        }
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

    /// Where the smallest element of a dimension is: the first of equals. The dimension keeps length 1.
    pub fn index_of_min(&self, dimension: usize) -> Result<Self, Error> {
        self.check_not_empty("index_of_min", dimension)?;
        let to = Element::I64.dtype().into();
        Ok(Self(match self.kind() {
            Kind::Float => Dispatch::float_argmin(self.detach().0, dimension, to),
            Kind::Int => Dispatch::int_cast(Dispatch::int_argmin(self.0.clone(), dimension), to),
            Kind::Bool => return Err(self.no_numbers("index_of_min")),
        }))
    }

    /// The sum of all elements `[1]`.
    pub fn total(&self) -> Result<Self, Error> {
        self.require("total", Kind::Float)?;
        // What a backend sums has a dimension.
        let tensor = if self.rank() == 0 { self.reshape(&[1])? } else { self.clone() };
        Ok(Self(Dispatch::float_sum(tensor.0)))
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
