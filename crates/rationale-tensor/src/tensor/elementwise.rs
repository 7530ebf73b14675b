//! Element by element: arithmetic with broadcasting, and functions of one tensor.

use burn_backend::Scalar;
use burn_backend::ops::{ActivationOps, BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn_dispatch::Dispatch;

use super::{broadcast_shape, checked_len};
use crate::{Element, Error, Kind, Tensor};

macro_rules! arithmetic {
    ($($(#[$doc:meta])* $name:ident: $float:ident, $int:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(&self, other: &Self) -> Result<Self, Error> {
            let (left, right) = self.broadcast(other)?;
            left.check_number(stringify!($name))?;
            Ok(Self(match left.kind() {
                Kind::Int => Dispatch::$int(left.0, right.0),
                _ => Dispatch::$float(left.0, right.0),
            }))
        })*
    };
}

macro_rules! bitwise {
    ($($(#[$doc:meta])* $name:ident: $int:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(&self, other: &Self) -> Result<Self, Error> {
            let (left, right) = self.broadcast(other)?;
            left.require(stringify!($name), Kind::Int)?;
            Ok(Self(Dispatch::$int(left.0, right.0)))
        })*
    };
}

macro_rules! with_number {
    ($($(#[$doc:meta])* $name:ident: $float:ident, $int:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(&self, number: f64) -> Result<Self, Error> {
            self.check_number(stringify!($name))?;
            Ok(Self(match self.kind() {
                Kind::Int => Dispatch::$int(self.0.clone(), Scalar::Int(number as i64)),
                _ => Dispatch::$float(self.0.clone(), Scalar::Float(number)),
            }))
        })*
    };
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident: $float:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(&self) -> Result<Self, Error> {
            self.require(stringify!($name), Kind::Float)?;
            Ok(Self(Dispatch::$float(self.0.clone())))
        })*
    };
}

impl Tensor {
    arithmetic! {
        /// The sum, broadcast.
        add: float_add, int_add;
        /// The difference, broadcast.
        sub: float_sub, int_sub;
        /// The product, broadcast.
        mul: float_mul, int_mul;
    }

    bitwise! {
        /// The bits that both whole numbers have, broadcast.
        bit_and: bitwise_and;
        /// The bits that either whole number has, broadcast.
        bit_or: bitwise_or;
        /// The bits that one of both whole numbers has, broadcast.
        bit_xor: bitwise_xor;
    }

    with_number! {
        /// A number added to each element.
        add_number: float_add_scalar, int_add_scalar;
        /// Each element times a number.
        mul_number: float_mul_scalar, int_mul_scalar;
        /// Each element, or the number where that is larger.
        at_least: float_clamp_min, int_clamp_min;
        /// Each element, or the number where that is smaller.
        at_most: float_clamp_max, int_clamp_max;
    }

    functions! {
        /// e to the power of each element.
        exp: float_exp;
        /// The natural logarithm.
        log: float_log;
        /// ln(1 + x).
        log1p: float_log1p;
        /// The square root.
        sqrt: float_sqrt;
        /// 1 / x.
        reciprocal: float_recip;
        /// The sine.
        sin: float_sin;
        /// The cosine.
        cos: float_cos;
        /// The tangent.
        tan: float_tan;
        /// The hyperbolic sine.
        sinh: float_sinh;
        /// The hyperbolic cosine.
        cosh: float_cosh;
        /// The hyperbolic tangent.
        tanh: float_tanh;
        /// The inverse sine.
        asin: float_asin;
        /// The inverse cosine.
        acos: float_acos;
        /// The inverse tangent.
        atan: float_atan;
        /// The inverse hyperbolic sine.
        asinh: float_asinh;
        /// The inverse hyperbolic cosine.
        acosh: float_acosh;
        /// The inverse hyperbolic tangent.
        atanh: float_atanh;
        /// The error function.
        erf: float_erf;
        /// Rounded down.
        floor: float_floor;
        /// Rounded up.
        ceil: float_ceil;
        /// Rounded to the nearest whole number, halves to the even one.
        round: float_round;
        /// max(x, 0).
        relu: relu;
        /// 1 / (1 + e^-x).
        sigmoid: sigmoid;
    }

    /// The quotient, broadcast; of whole numbers, rounded towards zero. A whole number divided by zero is refused.
    pub fn div(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.broadcast(other)?;
        left.check_number("div")?;
        if left.kind() == Kind::Float {
            return Ok(Self(Dispatch::float_div(left.0, right.0)));
        }
        right.check_divisor()?;
        Ok(Self(Dispatch::int_div(left.0, right.0)))
    }

    /// The remainder with the sign of the divisor, broadcast. A whole number divided by zero is refused.
    pub fn remainder(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.broadcast(other)?;
        left.check_number("remainder")?;
        if left.kind() == Kind::Float {
            return Ok(Self(Dispatch::float_remainder(left.0, right.0)));
        }
        right.check_divisor()?;
        Ok(Self(Dispatch::int_remainder(left.0, right.0)))
    }

    fn check_divisor(&self) -> Result<(), Error> {
        if !self.to_i64s()?.contains(&0) {
            return Ok(());
        }
        let actual = "0".to_owned();
        Err(Error::Setting { what: "a whole divisor", expected: "one other than 0", actual })
    }

    /// The bits that each whole number does not have.
    pub fn bit_not(&self) -> Result<Self, Error> {
        self.require("bit_not", Kind::Int)?;
        Ok(Self(Dispatch::bitwise_not(self.0.clone())))
    }

    /// -x.
    pub fn neg(&self) -> Result<Self, Error> {
        self.check_number("neg")?;
        Ok(Self(match self.kind() {
            Kind::Int => Dispatch::int_neg(self.0.clone()),
            _ => Dispatch::float_neg(self.0.clone()),
        }))
    }

    /// |x|.
    pub fn abs(&self) -> Result<Self, Error> {
        self.check_number("abs")?;
        Ok(Self(match self.kind() {
            Kind::Int => Dispatch::int_abs(self.0.clone()),
            _ => Dispatch::float_abs(self.0.clone()),
        }))
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> Result<Self, Error> {
        self.check_number("sign")?;
        Ok(Self(match self.kind() {
            Kind::Int => Dispatch::int_sign(self.0.clone()),
            _ => Dispatch::float_sign(self.0.clone()),
        }))
    }

    /// This to the power of the other, broadcast. Whole exponents of whole numbers must not be negative.
    pub fn pow(&self, exponent: &Self) -> Result<Self, Error> {
        let (base, exponent) = self.broadcast(exponent)?;
        base.check_number("pow")?;
        if base.kind() == Kind::Float {
            return Ok(Self(Dispatch::float_powf(base.0, exponent.0)));
        }
        if let Some(negative) = exponent.to_i64s()?.into_iter().find(|it| *it < 0) {
            let actual = negative.to_string();
            return Err(Error::Setting { what: "a whole exponent", expected: "one of at least 0", actual });
        }
        Ok(Self(Dispatch::int_powi(base.0, exponent.0)))
    }

    /// This to the power of a number. Its gradient is right for a negative base too, where the number is whole.
    pub fn pow_number(&self, exponent: f64) -> Result<Self, Error> {
        self.require("the base of a power", Kind::Float)?;
        Ok(Self(Dispatch::float_powf_scalar(self.0.clone(), Scalar::Float(exponent))))
    }

    /// The larger of two, broadcast. NaN where either is.
    pub fn max_of(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.broadcast(other)?;
        let takes_right = right.greater(&left)?;
        let chosen = takes_right.choose(&right, &left)?;
        chosen.or_nan(&right)
    }

    /// The smaller of two, broadcast. NaN where either is.
    pub fn min_of(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = self.broadcast(other)?;
        let takes_right = left.greater(&right)?;
        let chosen = takes_right.choose(&right, &left)?;
        chosen.or_nan(&right)
    }

    fn or_nan(&self, other: &Self) -> Result<Self, Error> {
        if self.kind() != Kind::Float {
            return Ok(self.clone());
        }
        other.is_nan()?.choose(other, self)
    }

    /// Where this is true, `yes`, else `no`; all three broadcast.
    pub fn choose(&self, yes: &Self, no: &Self) -> Result<Self, Error> {
        self.require("the condition", Kind::Bool)?;
        yes.require_as("the alternative", no)?;
        let shape = broadcast_shape(&broadcast_shape(&self.shape(), &yes.shape())?, &no.shape())?;
        checked_len(&shape, yes.element())?;
        let (mask, yes, no) = (self.expand(&shape)?.0, yes.expand(&shape)?, no.expand(&shape)?.0);
        Ok(Self(match yes.kind() {
            Kind::Float => Dispatch::float_mask_where(no, mask, yes.0),
            Kind::Int => Dispatch::int_mask_where(no, mask, yes.0),
            Kind::Bool => Dispatch::bool_mask_where(no, mask, yes.0),
        }))
    }

    /// The same values as elements of another type. Numbers become true where they are not 0; reals become whole
    /// numbers by cutting off.
    pub fn cast(&self, element: Element) -> Result<Self, Error> {
        if self.element() == element {
            return Ok(self.clone());
        }
        let (tensor, to) = (self.0.clone(), element.dtype());
        Ok(Self(match (self.kind(), element.kind()) {
            (Kind::Float, Kind::Float) => Dispatch::float_cast(tensor, to.into()),
            (Kind::Float, Kind::Int) => Dispatch::float_into_int(self.detach().0, to.into()),
            (Kind::Int, Kind::Float) => Dispatch::int_into_float(tensor, to.into()),
            (Kind::Int, Kind::Int) => Dispatch::int_cast(tensor, to.into()),
            (Kind::Bool, Kind::Float) => Dispatch::bool_into_float(tensor, to.into()),
            (Kind::Bool, Kind::Int) => Dispatch::bool_into_int(tensor, to.into()),
            (_, Kind::Bool) => return self.detach().equal(&self.detach().mul_number(0.0)?)?.not(),
        }))
    }

    /// Both tensors in the shape that they have together. Fails where one holds reals and the other does not.
    fn broadcast(&self, other: &Self) -> Result<(Self, Self), Error> {
        other.require_as("the second tensor", self)?;
        let (left, right) = (self.shape(), other.shape());
        if left == right {
            return Ok((self.clone(), other.clone()));
        }
        let shape = broadcast_shape(&left, &right)?;
        checked_len(&shape, self.element())?;
        // Backends broadcast dimensions of length 1 themselves, without a copy.
        Ok((self.with_rank(shape.len())?, other.with_rank(shape.len())?))
    }

    pub(super) fn broadcast_for_comparison(&self, other: &Self) -> Result<(Self, Self), Error> {
        let (left, right) = self.detach().broadcast(&other.detach())?;
        let shape = broadcast_shape(&left.shape(), &right.shape())?;
        Ok((left.expand(&shape)?, right.expand(&shape)?))
    }

    fn check_number(&self, what: &str) -> Result<(), Error> {
        if self.kind() != Kind::Bool {
            return Ok(());
        }
        Err(Error::Element { what: what.to_owned(), expected: "a type of numbers", actual: self.element() })
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use crate::{Device, Element, Tensor};

    fn floats(values: &[f32]) -> Tensor {
        Tensor::from_vec(values.to_vec(), &[values.len()], &Device::flex()).unwrap()
    }

    #[test]
    fn whole_numbers_are_not_divided_by_zero() {
        let x = Tensor::from_vec(vec![7_i64, -7], &[2], &Device::flex()).unwrap();
        let two = Tensor::from_vec(vec![2_i64], &[1], &Device::flex()).unwrap();
        assert_eq!(x.div(&two).unwrap().to_i64s().unwrap(), [3, -3]);
        assert!(x.div(&two.sub(&two).unwrap()).is_err());
    }

    #[test]
    fn reals_and_whole_numbers_do_not_mix() {
        let whole = Tensor::from_vec(vec![2_i64], &[1], &Device::flex()).unwrap();
        let message = floats(&[1.0]).add(&whole).unwrap_err().to_string();
        assert_eq!(
            message,
            "the second tensor holds int64 elements, but the element type of the first is needed"
        );
    }

    #[test]
    fn nan_is_the_larger_and_the_smaller() {
        let (x, nan) = (floats(&[1.0, f32::NAN, 2.0]), floats(&[f32::NAN, 1.0, 3.0]));
        let larger = x.max_of(&nan).unwrap().to_f64s().unwrap();
        assert!(larger[0].is_nan() && larger[1].is_nan() && larger[2] == 3.0);
    }

    #[test]
    fn casts_between_kinds() {
        let x = floats(&[-1.7, 0.0, 2.5]);
        assert_eq!(x.cast(Element::I32).unwrap().to_i64s().unwrap(), [-1, 0, 2]);
        assert_eq!(x.cast(Element::Bool).unwrap().to_bools().unwrap(), [true, false, true]);
        assert_eq!(x.cast(Element::F16).unwrap().to_f64s().unwrap()[2], 2.5);
    }
}
