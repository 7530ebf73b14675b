//! Products of matrices.

use burn_backend::ops::{FloatTensorOps, IntTensorOps};
use burn_dispatch::Dispatch;

use super::{broadcast_shape, checked_len};
use crate::{Error, Kind, Tensor};

impl Tensor {
    /// The product of matrices `[.., rows, inner]` and `[.., inner, columns]`, the dimensions before them broadcast.
    pub fn matmul(&self, other: &Self) -> Result<Self, Error> {
        let (left, right) = (self.shape(), other.shape());
        if left.len() < 2 || right.len() < 2 || left[left.len() - 1] != right[right.len() - 2] {
            let expected = format!("[.., {}, columns]", left.last().copied().unwrap_or(1));
            return Err(Error::shape("the second matrix", expected, &right));
        }
        if self.element() != other.element() || self.kind() == Kind::Bool {
            let expected = "the number type of the first matrix";
            return Err(Error::Element {
                what: "the second matrix".to_owned(),
                expected,
                actual: other.element(),
            });
        }
        let (l, r) = (left.len(), right.len());
        let mut shape = broadcast_shape(&left[..l - 2], &right[..r - 2])?;
        if r == 2 && l > 2 && !self.is_empty() {
            // One matrix for all: one large product is faster than many small ones.
            let rows = self.len() / left[l - 1];
            shape.extend([left[l - 2], right[1]]);
            return self.reshape(&[rows, left[l - 1]])?.matmul(other)?.reshape(&shape);
        }
        let batch = shape.clone();
        shape.extend([left[l - 2], right[r - 1]]);
        checked_len(&shape, self.element())?;
        let expanded = |tensor: &Self, own: &[usize]| {
            let matrix = [&batch, &own[own.len() - 2..]].concat();
            tensor.expand(&matrix)
        };
        let (left, right) = (expanded(self, &left)?, expanded(other, &right)?);
        Ok(Self(match self.kind() {
            Kind::Int => Dispatch::int_matmul(left.0, right.0),
            _ => Dispatch::float_matmul(left.0, right.0),
        }))
    }
}
