//! Moving elements about: shapes, slices, joins.

use burn_backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn_backend::{Shape, Slice};
use burn_dispatch::Dispatch;

use super::{by_kind, checked_len};
use crate::{Error, Kind, Tensor};

/// The shape of two tensors broadcast together by the rules of numpy.
pub fn broadcast_shape(left: &[usize], right: &[usize]) -> Result<Vec<usize>, Error> {
    let rank = left.len().max(right.len());
    let at = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    let joined = |i| match (at(left, i), at(right, i)) {
        (a, b) if a == b => Some(a),
        (1, b) => Some(b),
        (a, 1) => Some(a),
        _ => None,
    };
    let shape: Option<Vec<usize>> = (0..rank).map(joined).collect();
    shape.ok_or_else(|| Error::Broadcast { left: left.to_vec(), right: right.to_vec() })
}

impl Tensor {
    /// The same elements in another shape.
    pub fn reshape(&self, shape: &[usize]) -> Result<Self, Error> {
        if checked_len(shape, self.element())? != self.len() {
            return Err(Error::shape(
                "the tensor",
                format!("one of as many elements as {shape:?}"),
                &self.shape(),
            ));
        }
        if self.shape() == shape {
            return Ok(self.clone());
        }
        Ok(Self(by_kind!(self, float_reshape, int_reshape, bool_reshape, Shape::from(shape.to_vec()))))
    }

    /// The dimensions in another order.
    pub fn permute(&self, axes: &[usize]) -> Result<Self, Error> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.rank()) {
            return Err(Error::Setting {
                what: "the order of dimensions",
                expected: "each dimension once",
                actual: format!("{axes:?} for {} dimensions", self.rank()),
            });
        }
        Ok(Self(by_kind!(self, float_permute, int_permute, bool_permute, axes)))
    }

    /// Two dimensions exchanged.
    pub fn swap(&self, first: usize, second: usize) -> Result<Self, Error> {
        let mut axes: Vec<usize> = (0..self.rank()).collect();
        self.check_dimension("an exchange", first)?;
        self.check_dimension("an exchange", second)?;
        axes.swap(first, second);
        self.permute(&axes)
    }

    /// Broadcast to a shape by the rules of numpy.
    pub fn expand(&self, shape: &[usize]) -> Result<Self, Error> {
        let own = self.shape();
        if own == shape {
            return Ok(self.clone());
        }
        if broadcast_shape(&own, shape)? != shape {
            return Err(Error::Broadcast { left: own, right: shape.to_vec() });
        }
        checked_len(shape, self.element())?;
        let padded = self.with_rank(shape.len())?;
        Ok(Self(by_kind!(padded, float_expand, int_expand, bool_expand, Shape::from(shape.to_vec()))))
    }

    /// Dimensions of length 1 put before the others, until there are `rank`.
    pub(crate) fn with_rank(&self, rank: usize) -> Result<Self, Error> {
        let own = self.shape();
        let mut shape = vec![1; rank.saturating_sub(own.len())];
        shape.extend(own);
        self.reshape(&shape)
    }

    /// A dimension of length 1 put in before dimension `dimension`.
    pub fn unsqueeze(&self, dimension: usize) -> Result<Self, Error> {
        let mut shape = self.shape();
        if dimension > shape.len() {
            return Err(Error::Dimension { what: "unsqueeze", asked: dimension as i64, rank: shape.len() });
        }
        shape.insert(dimension, 1);
        self.reshape(&shape)
    }

    /// The part `start..end` of a dimension.
    pub fn narrow(&self, dimension: usize, start: usize, end: usize) -> Result<Self, Error> {
        self.check_dimension("a slice", dimension)?;
        let length = self.shape()[dimension];
        if start > end || end > length {
            return Err(Error::Index { what: "a slice", asked: end as i64, length });
        }
        let mut slices = vec![Slice::new(0, None, 1); self.rank()];
        slices[dimension] = Slice::new(start as isize, Some(end as isize), 1);
        if start == end {
            return self.emptied(dimension);
        }
        Ok(Self(by_kind!(self, float_slice, int_slice, bool_slice, &slices)))
    }

    /// Every `step`-th element of `start..end` of a dimension, `step` at least 1.
    pub fn stride(&self, dimension: usize, start: usize, end: usize, step: usize) -> Result<Self, Error> {
        let part = self.narrow(dimension, start, end)?;
        if step <= 1 || start == end {
            return Ok(part);
        }
        let indices: Vec<i64> = (0..(end - start)).step_by(step).map(|it| it as i64).collect();
        part.select(dimension, &indices)
    }

    fn emptied(&self, dimension: usize) -> Result<Self, Error> {
        let mut shape = self.shape();
        shape[dimension] = 0;
        Self::full(0.0, &shape, self.element(), &self.device())
    }

    /// The elements of a dimension in reverse order.
    pub fn flip(&self, dimension: usize) -> Result<Self, Error> {
        self.check_dimension("flip", dimension)?;
        Ok(Self(by_kind!(self, float_flip, int_flip, bool_flip, &[dimension])))
    }

    /// Tensors joined along a dimension.
    pub fn concat(tensors: &[Self], dimension: usize) -> Result<Self, Error> {
        let Some(first) = tensors.first() else {
            return Err(Error::Setting {
                what: "a join",
                expected: "at least one tensor",
                actual: "none".to_owned(),
            });
        };
        first.check_dimension("a join", dimension)?;
        let mut joined = first.shape();
        joined[dimension] = 0;
        for tensor in tensors {
            tensor.require_as("a tensor to be joined", first)?;
            let mut shape = tensor.shape();
            let fits = shape.len() == joined.len();
            joined[dimension] += if fits { shape[dimension] } else { 0 };
            if fits {
                shape[dimension] = joined[dimension];
            }
            if shape != joined {
                let expected = format!("{:?} but for dimension {dimension}", first.shape());
                return Err(Error::shape("a tensor to be joined", expected, &tensor.shape()));
            }
        }
        checked_len(&joined, first.element())?;
        let parts: Vec<_> = tensors.iter().filter(|it| !it.is_empty()).map(|it| it.0.clone()).collect();
        if parts.len() < 2 {
            return Ok(parts.into_iter().next().map_or_else(|| first.clone(), Self));
        }
        Ok(Self(match first.kind() {
            Kind::Float => Dispatch::float_cat(parts, dimension),
            Kind::Int => Dispatch::int_cat(parts, dimension),
            Kind::Bool => Dispatch::bool_cat(parts, dimension),
        }))
    }

    /// The tensor repeated along a dimension.
    pub fn repeat(&self, dimension: usize, times: usize) -> Result<Self, Error> {
        self.check_dimension("repeat", dimension)?;
        let mut shape = self.shape();
        shape[dimension] = shape[dimension].saturating_mul(times);
        checked_len(&shape, self.element())?;
        match times {
            0 => self.emptied(dimension),
            1 => Ok(self.clone()),
            _ => {
                Ok(Self(by_kind!(self, float_repeat_dim, int_repeat_dim, bool_repeat_dim, dimension, times)))
            }
        }
    }

    /// One value put before and after the elements of each dimension.
    pub fn pad(&self, pads: &[(usize, usize)], value: f64) -> Result<Self, Error> {
        let mut padded = self.clone();
        for (dimension, &(before, after)) in pads.iter().enumerate() {
            padded = padded.pad_dimension(dimension, before, after, value)?;
        }
        Ok(padded)
    }

    fn pad_dimension(
        &self,
        dimension: usize,
        before: usize,
        after: usize,
        value: f64,
    ) -> Result<Self, Error> {
        let block = |length: usize| {
            let mut shape = self.shape();
            *shape.get_mut(dimension)? = length;
            (length > 0).then(|| Self::full(value, &shape, self.element(), &self.device()))
        };
        let before = block(before).transpose()?;
        let after = block(after).transpose()?;
        if before.is_none() && after.is_none() {
            return Ok(self.clone());
        }
        let parts: Vec<Self> = before.into_iter().chain([self.clone()]).chain(after).collect();
        Self::concat(&parts, dimension)
    }

    pub(crate) fn check_dimension(&self, what: &'static str, dimension: usize) -> Result<(), Error> {
        if dimension < self.rank() {
            return Ok(());
        }
        Err(Error::Dimension { what, asked: dimension as i64, rank: self.rank() })
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use super::*;
    use crate::{Device, Element};

    fn counting(shape: &[usize]) -> Tensor {
        let n: usize = shape.iter().product();
        Tensor::from_vec((0..n).map(|it| it as f32).collect(), shape, &Device::flex()).unwrap()
    }

    #[test]
    fn broadcasts_as_numpy_does() {
        assert_eq!(broadcast_shape(&[2, 1, 3], &[4, 1]).unwrap(), [2, 4, 3]);
        assert!(broadcast_shape(&[2], &[3]).is_err());
        assert_eq!(broadcast_shape(&[], &[0]).unwrap(), [0]);
    }

    #[test]
    fn pads_each_side_by_its_own_length() {
        let padded = counting(&[1, 2]).pad(&[(0, 1), (1, 0)], 9.0).unwrap();
        assert_eq!(padded.to_f64s().unwrap(), [9.0, 0.0, 1.0, 9.0, 9.0, 9.0]);
    }

    #[test]
    fn takes_every_other_element() {
        assert_eq!(counting(&[5]).stride(0, 1, 5, 2).unwrap().to_f64s().unwrap(), [1.0, 3.0]);
        assert_eq!(counting(&[2, 2]).flip(1).unwrap().to_f64s().unwrap(), [1.0, 0.0, 3.0, 2.0]);
    }

    #[test]
    fn refuses_what_is_too_large_before_it_is_made() {
        let one = counting(&[1]);
        assert!(matches!(one.expand(&[1 << 40]), Err(Error::TooLarge { .. })));
        assert!(matches!(one.repeat(0, usize::MAX), Err(Error::TooLarge { .. })));
        let overflowing = [0, usize::MAX, usize::MAX];
        assert!(matches!(
            Tensor::full(0.0, &overflowing, Element::F32, &Device::flex()),
            Err(Error::TooLarge { .. })
        ));
    }

    #[test]
    fn joins_along_a_dimension_and_refuses_other_shapes() {
        let joined = Tensor::concat(&[counting(&[2, 1]), counting(&[2, 2])], 1).unwrap();
        assert_eq!(joined.to_f64s().unwrap(), [0.0, 0.0, 1.0, 1.0, 2.0, 3.0]);
        assert!(Tensor::concat(&[counting(&[2, 1]), counting(&[3, 1])], 1).is_err());
        assert!(Tensor::concat(&[counting(&[2, 1]), counting(&[2])], 1).is_err());
    }
}
