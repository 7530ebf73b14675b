//! Comparisons and logic. No gradient passes through them.

use burn_backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn_dispatch::Dispatch;

use super::broadcast_shape;
use crate::{Element, Error, Kind, Tensor};

impl Tensor {
    /// Where this is greater, broadcast.
    pub fn greater(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.broadcast_for_comparison(other)?;
        let to = Element::Bool.dtype().into();
        match left.kind() {
            Kind::Float => Ok(Self(Dispatch::float_greater(left.0, right.0, to))),
            Kind::Int => Ok(Self(Dispatch::int_greater(left.0, right.0, to))),
            Kind::Bool => Err(left.not_a_number("greater")),
        }
    }

    /// Where this is greater or equal, broadcast.
    pub fn greater_equal(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.broadcast_for_comparison(other)?;
        let to = Element::Bool.dtype().into();
        match left.kind() {
            Kind::Float => Ok(Self(Dispatch::float_greater_equal(left.0, right.0, to))),
            Kind::Int => Ok(Self(Dispatch::int_greater_equal(left.0, right.0, to))),
            Kind::Bool => Err(left.not_a_number("greater_equal")),
        }
    }

    /// Where both are equal, broadcast.
    pub fn equal(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.broadcast_for_comparison(other)?;
        let to = Element::Bool.dtype().into();
        Ok(Self(match left.kind() {
            Kind::Float => Dispatch::float_equal(left.0, right.0, to),
            Kind::Int => Dispatch::int_equal(left.0, right.0, to),
            Kind::Bool => Dispatch::bool_equal(left.0, right.0),
        }))
    }

    /// Where this is not a number.
    pub fn is_nan(&self) -> Result<Self, Error> {
        self.require("is_nan", Kind::Float)?;
        Ok(Self(Dispatch::float_is_nan(self.detach().0, Element::Bool.dtype().into())))
    }

    /// Where this is infinite.
    pub fn is_infinite(&self) -> Result<Self, Error> {
        self.require("is_infinite", Kind::Float)?;
        Ok(Self(Dispatch::float_is_inf(self.detach().0, Element::Bool.dtype().into())))
    }

    /// Where this is false.
    pub fn not(&self) -> Result<Self, Error> {
        self.require("not", Kind::Bool)?;
        Ok(Self(Dispatch::bool_not(self.0.clone())))
    }

    /// Where both are true, broadcast.
    pub fn and(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.both_bools(other)?;
        Ok(Self(Dispatch::bool_and(left.0, right.0)))
    }

    /// Where either is true, broadcast.
    pub fn or(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.both_bools(other)?;
        Ok(Self(Dispatch::bool_or(left.0, right.0)))
    }

    fn both_bools(&self, other: &Self) -> Result<(Self, Self), Error> {
        self.require("the first operand", Kind::Bool)?;
        other.require("the second operand", Kind::Bool)?;
        let shape = broadcast_shape(&self.shape(), &other.shape())?;
        Ok((self.expand(&shape)?, other.expand(&shape)?))
    }

    fn not_a_number(&self, what: &str) -> Error {
        Error::Element { what: what.to_owned(), expected: "a type of numbers", actual: self.element() }
    }
}
