//! From the device back to numbers.

use burn_backend::TensorData;
use burn_backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn_backend::try_read_sync;
use burn_dispatch::Dispatch;
use ndarray::{ArrayD, IxDyn};

use crate::{Element, Error, Kind, Tensor};

impl Tensor {
    /// The elements as double-precision numbers, in row-major order.
    pub fn to_f64s(&self) -> Result<Vec<f64>, Error> {
        Ok(self.data()?.iter::<f64>().collect())
    }

    /// The elements as single-precision numbers, in row-major order.
    pub fn to_f32s(&self) -> Result<Vec<f32>, Error> {
        let data = self.data()?;
        match self.element() {
            Element::F32 => {
                data.try_into_vec().map_err(|error| Error::Backend { message: format!("{error:?}") })
            }
            _ => Ok(data.iter::<f32>().collect()),
        }
    }

    /// The elements of a tensor of whole numbers, in row-major order.
    pub fn to_i64s(&self) -> Result<Vec<i64>, Error> {
        self.require("the tensor", Kind::Int)?;
        Ok(self.data()?.iter::<i64>().collect())
    }

    /// The elements of a tensor of truth values, in row-major order.
    pub fn to_bools(&self) -> Result<Vec<bool>, Error> {
        self.require("the tensor", Kind::Bool)?;
        Ok(self.data()?.iter::<bool>().collect())
    }

    /// An array of single-precision numbers of the same shape.
    pub fn to_array(&self) -> Result<ArrayD<f32>, Error> {
        let shape = self.shape();
        ArrayD::from_shape_vec(IxDyn(&shape), self.to_f32s()?)
            .map_err(|_| Error::shape("the tensor", "its own number of elements", &shape))
    }

    /// An array of double-precision numbers of the same shape.
    pub fn to_array_f64(&self) -> Result<ArrayD<f64>, Error> {
        let shape = self.shape();
        ArrayD::from_shape_vec(IxDyn(&shape), self.to_f64s()?)
            .map_err(|_| Error::shape("the tensor", "its own number of elements", &shape))
    }

    /// The bytes of the elements, little-endian, in row-major order.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(self.data()?.as_bytes().to_vec())
    }

    fn data(&self) -> Result<TensorData, Error> {
        let tensor = self.detach().0;
        let read = match self.kind() {
            Kind::Float => try_read_sync(Dispatch::float_into_data(tensor)),
            Kind::Int => try_read_sync(Dispatch::int_into_data(tensor)),
            Kind::Bool => try_read_sync(Dispatch::bool_into_data(tensor)),
        };
        let message = |it: String| Error::Backend { message: it };
        read.ok_or_else(|| message("the device does not answer at once".to_owned()))?
            .map_err(|error| message(format!("{error:?}")))
    }
}
