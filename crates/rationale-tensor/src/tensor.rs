//! A tensor of any rank.

mod activation;
mod bound;
mod compare;
mod convolution;
mod elementwise;
mod gradient;
mod index;
mod matrix;
mod pool;
mod read;
mod reduce;
mod shape;

pub use convolution::{Convolution, TransposedConvolution};
pub use gradient::Gradients;
pub use pool::Pooling;
pub use shape::broadcast_shape;

use burn_backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn_backend::{Scalar, Shape, TensorData, TensorMetadata};
use burn_dispatch::{Dispatch, DispatchTensor};
use half::f16;

use crate::buffer::Words;
use crate::{Buffer, Device, Element, Error, Kind};

/// A tensor of any rank, element type and device, all known when the program runs.
///
/// It is a handle: cloning it copies nothing. Shapes are checked before anything is computed, and no tensor may be
/// larger than [`Tensor::bound`].
///
/// ```
/// use rationale_tensor::{Device, Tensor};
///
/// let x = Tensor::from_vec(vec![1.0_f32, 2.0, 3.0, 4.0], &[2, 2], &Device::flex())?;
/// let row = Tensor::from_vec(vec![10.0_f32, 20.0], &[2], &Device::flex())?;
/// assert_eq!(x.add(&row)?.to_f64s()?, [11.0, 22.0, 13.0, 24.0]);
/// # Ok::<(), rationale_tensor::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tensor(DispatchTensor);

/// Calls the operation of the tensor's kind.
macro_rules! by_kind {
    ($tensor:expr, $float:ident, $int:ident, $bool:ident $(, $argument:expr)*) => {
        match $tensor.kind() {
            $crate::Kind::Float => Dispatch::$float($tensor.0.clone() $(, $argument)*),
            $crate::Kind::Int => Dispatch::$int($tensor.0.clone() $(, $argument)*),
            $crate::Kind::Bool => Dispatch::$bool($tensor.0.clone() $(, $argument)*),
        }
    };
}
use by_kind;

/// A Rust number that a tensor can hold.
pub trait Number: burn_backend::Element {
    /// Its element type.
    const ELEMENT: Element;
}

macro_rules! numbers {
    ($($number:ty => $element:ident),*) => {
        $(impl Number for $number { const ELEMENT: Element = Element::$element; })*
    };
}
numbers!(f16 => F16, f32 => F32, f64 => F64, i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16,
    u32 => U32, u64 => U64, bool => Bool);

impl Tensor {
    /// A tensor of numbers in row-major order.
    pub fn from_vec<N: Number>(values: Vec<N>, shape: &[usize], device: &Device) -> Result<Self, Error> {
        if checked_len(shape, N::ELEMENT)? != values.len() {
            return Err(Error::shape("the tensor", format!("a shape of {} elements", values.len()), shape));
        }
        Ok(Self::from_data(TensorData::new(values, shape.to_vec()), device))
    }

    /// A tensor of the bytes of its elements, little-endian, in row-major order; truth values are bytes 0 and 1.
    pub fn from_bytes(
        bytes: Vec<u8>,
        element: Element,
        shape: &[usize],
        device: &Device,
    ) -> Result<Self, Error> {
        Self::from_buffer(bytes.into(), element, shape, device)
    }

    /// The same of a buffer, which is taken as it is where its alignment is the elements'.
    pub fn from_buffer(
        buffer: Buffer,
        element: Element,
        shape: &[usize],
        device: &Device,
    ) -> Result<Self, Error> {
        let needed = checked_len(shape, element)? * element.size();
        if needed != buffer.len() {
            return Err(Error::shape(
                "the tensor",
                format!("a shape of {} bytes of {element}", buffer.len()),
                shape,
            ));
        }
        if element == Element::Bool && buffer.bytes().iter().any(|&it| it > 1) {
            return Err(Error::Setting {
                what: "a truth value",
                expected: "0 or 1",
                actual: "another byte".to_owned(),
            });
        }
        let shape = shape.to_vec();
        let words = match buffer.aligned(element.size()).0 {
            Words::One(words) => TensorData::new(words, shape),
            Words::Two(words) => TensorData::new(words, shape),
            Words::Four(words) => TensorData::new(words, shape),
            Words::Eight(words) => TensorData::new(words, shape),
        };
        let (bytes, shape, _) = words.into_parts();
        Ok(Self::from_data(TensorData::from_bytes(bytes, shape, element.dtype()), device))
    }

    /// A tensor of an array of single-precision numbers.
    pub fn from_array(array: &ndarray::ArrayViewD<'_, f32>, device: &Device) -> Result<Self, Error> {
        Self::from_vec(array.iter().copied().collect(), array.shape(), device)
    }

    /// A tensor of one value repeated.
    pub fn full(value: f64, shape: &[usize], element: Element, device: &Device) -> Result<Self, Error> {
        checked_len(shape, element)?;
        let shape = Shape::from(shape.to_vec());
        Ok(Self(match element.kind() {
            Kind::Float => {
                Dispatch::float_full(shape, Scalar::Float(value), device.inner(), element.dtype().into())
            }
            Kind::Int => {
                Dispatch::int_full(shape, Scalar::Int(value as i64), device.inner(), element.dtype().into())
            }
            Kind::Bool if value == 0.0 => Dispatch::bool_zeros(shape, device.inner(), element.dtype().into()),
            Kind::Bool => Dispatch::bool_ones(shape, device.inner(), element.dtype().into()),
        }))
    }

    /// A tensor of one value repeated, of the shape, elements and device of this one.
    pub fn full_like(&self, value: f64) -> Result<Self, Error> {
        Self::full(value, &self.shape(), self.element(), &self.device())
    }

    fn from_data(values: TensorData, device: &Device) -> Self {
        let kind = Element::of(values.dtype()).kind();
        Self(match kind {
            Kind::Float => Dispatch::float_from_data(values, device.inner()),
            Kind::Int => Dispatch::int_from_data(values, device.inner()),
            Kind::Bool => Dispatch::bool_from_data(values, device.inner()),
        })
    }

    /// The tensor of burn of the same value, for modules written with burn. Panics where the rank or kind is another.
    #[cfg(feature = "modules")]
    pub fn to_burn<const D: usize>(&self) -> burn_tensor::Tensor<D> {
        burn_tensor::Tensor::from_dispatch(self.0.clone())
    }

    /// A tensor of burn as one of ours.
    #[cfg(feature = "modules")]
    pub fn from_burn<const D: usize>(tensor: burn_tensor::Tensor<D>) -> Self {
        Self(tensor.into_dispatch())
    }

    /// The length of each dimension.
    pub fn shape(&self) -> Vec<usize> {
        self.0.shape().to_vec()
    }

    /// How many dimensions there are.
    pub fn rank(&self) -> usize {
        self.0.shape().num_dims()
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    pub fn element(&self) -> Element {
        Element::of(self.0.dtype())
    }

    /// What the elements are for.
    pub fn kind(&self) -> Kind {
        self.element().kind()
    }

    /// Where the tensor lives.
    pub fn device(&self) -> Device {
        Device::from_inner(self.0.device())
    }

    /// The same tensor on a device.
    pub fn to_device(&self, device: &Device) -> Self {
        Self(by_kind!(self, float_to_device, int_to_device, bool_to_device, device.inner()))
    }

    /// How many elements a tensor of this shape has, or an error where it would be larger than is allowed.
    pub fn check_size(shape: &[usize], element: Element) -> Result<usize, Error> {
        checked_len(shape, element)
    }

    pub(crate) fn require_as(&self, what: &str, first: &Self) -> Result<(), Error> {
        if self.element() == first.element() {
            return Ok(());
        }
        let expected = "the element type of the first";
        Err(Error::Element { what: what.to_owned(), expected, actual: self.element() })
    }

    pub(crate) fn require(&self, what: &str, kind: Kind) -> Result<(), Error> {
        if self.kind() == kind {
            return Ok(());
        }
        let expected = match kind {
            Kind::Float => "a floating-point type",
            Kind::Int => "an integer type",
            Kind::Bool => "bool",
        };
        Err(Error::Element { what: what.to_owned(), expected, actual: self.element() })
    }
}

/// The number of elements of a shape, or an error where it overflows or passes the bound.
pub(crate) fn checked_len(shape: &[usize], element: Element) -> Result<usize, Error> {
    let too_large = || Error::TooLarge { shape: shape.to_vec(), bound: Tensor::bound() };
    // A zero must not hide an overflow of the other dimensions: strides are computed from them.
    let product = |skip_zero: bool| {
        shape.iter().filter(|it| !skip_zero || **it != 0).try_fold(1_usize, |len, &it| len.checked_mul(it))
    };
    let len = product(true).ok_or_else(too_large)?;
    let bytes = len.checked_mul(element.size()).ok_or_else(too_large)?;
    if bytes > Tensor::bound() {
        return Err(too_large());
    }
    product(false).ok_or_else(too_large)
}
