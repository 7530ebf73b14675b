//! Elements by their indices.

use std::cmp::Ordering;

use burn_backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn_backend::tensor::IndexingUpdateOp;
use burn_dispatch::Dispatch;

use super::checked_len;
use crate::{Element, Error, Kind, Tensor};

impl Tensor {
    /// The parts of a dimension with these indices, which may be negative: then they count from the end.
    pub fn select(&self, dimension: usize, indices: &[i64]) -> Result<Self, Error> {
        self.check_dimension("a selection", dimension)?;
        let mut shape = self.shape();
        let indices = from_the_start("a selection", indices, shape[dimension])?;
        shape[dimension] = indices.len();
        checked_len(&shape, self.element())?;
        if indices.is_empty() || self.is_empty() {
            return Self::full(0.0, &shape, self.element(), &self.device());
        }
        let n = indices.len();
        let indices = Self::from_vec(indices, &[n], &self.device())?.0;
        Ok(Self(match self.kind() {
            Kind::Float => Dispatch::float_select(self.0.clone(), dimension, indices),
            Kind::Int => Dispatch::int_select(self.0.clone(), dimension, indices),
            Kind::Bool => Dispatch::bool_select(self.0.clone(), dimension, indices),
        }))
    }

    /// For each place of `indices`, which has as many dimensions as this, the element there with the index along
    /// `dimension` replaced by that at the place.
    pub fn gather(&self, dimension: usize, indices: &Self) -> Result<Self, Error> {
        self.check_dimension("a gathering", dimension)?;
        let (own, asked) = (self.shape(), indices.shape());
        let smaller = |(i, (a, b)): (usize, (&usize, &usize))| i == dimension || b <= a;
        if own.len() != asked.len() || !own.iter().zip(&asked).enumerate().all(smaller) {
            let expected = format!("{own:?} or smaller, but for dimension {dimension}");
            return Err(Error::shape("the indices", expected, &asked));
        }
        checked_len(&asked, self.element())?;
        let values = from_the_start("a gathering", &indices.to_i64s()?, own[dimension])?;
        let indices = Self::from_vec(values, &asked, &self.device())?.0;
        let mut this = self.clone();
        for (i, &length) in asked.iter().enumerate().filter(|(i, _)| *i != dimension) {
            this = this.narrow(i, 0, length)?;
        }
        Ok(Self(match self.kind() {
            Kind::Float => Dispatch::float_gather(dimension, this.0, indices),
            Kind::Int => Dispatch::int_gather(dimension, this.0, indices),
            Kind::Bool => Dispatch::bool_gather(dimension, this.0, indices),
        }))
    }

    /// The parts of `added` added to the parts of a dimension with these indices, of which several may be equal.
    pub fn add_at(&self, dimension: usize, indices: &[i64], added: &Self) -> Result<Self, Error> {
        self.check_dimension("an addition at indices", dimension)?;
        added.require_as("what is added", self)?;
        let mut shape = self.shape();
        let indices = from_the_start("an addition at indices", indices, shape[dimension])?;
        shape[dimension] = indices.len();
        if added.shape() != shape {
            return Err(Error::shape("what is added", format!("{shape:?}"), &added.shape()));
        }
        if added.is_empty() {
            return Ok(self.clone());
        }
        let n = indices.len();
        let indices = Self::from_vec(indices, &[n], &self.device())?.0;
        let (own, added, how) = (self.0.clone(), added.0.clone(), IndexingUpdateOp::Add);
        Ok(Self(match self.kind() {
            Kind::Float => Dispatch::float_select_assign(own, dimension, indices, added, how),
            Kind::Int => Dispatch::int_select_assign(own, dimension, indices, added, how),
            Kind::Bool => {
                return Err(Error::Element {
                    what: "an addition at indices".to_owned(),
                    expected: "a type of numbers",
                    actual: self.element(),
                });
            }
        }))
    }

    /// The elements of a dimension in order, and where each was before; equals stay in the order they had.
    pub fn sort(&self, dimension: usize, descending: bool) -> Result<(Self, Self), Error> {
        self.check_dimension("a sort", dimension)?;
        let order = self.sorted_indices(dimension, descending)?;
        Ok((self.gather(dimension, &order)?, order))
    }

    fn sorted_indices(&self, dimension: usize, descending: bool) -> Result<Self, Error> {
        match self.kind() {
            // -0 and 0 are equal.
            Kind::Float => {
                let values: Vec<f64> = self.to_f64s()?.into_iter().map(|it| it + 0.0).collect();
                self.order_of(&values, f64::total_cmp, dimension, descending)
            }
            Kind::Int => self.order_of(&self.to_i64s()?, Ord::cmp, dimension, descending),
            Kind::Bool => self.order_of(&self.to_bools()?, Ord::cmp, dimension, descending),
        }
    }

    fn order_of<T>(
        &self,
        values: &[T],
        compare: fn(&T, &T) -> Ordering,
        dimension: usize,
        descending: bool,
    ) -> Result<Self, Error> {
        let shape = self.shape();
        let inner: usize = shape[dimension + 1..].iter().product();
        let length = shape[dimension];
        let mut order = vec![0_i64; values.len()];
        for start in (0..values.len()).filter(|it| (it / inner.max(1)).is_multiple_of(length.max(1))) {
            let at = |i: usize| &values[start + i * inner];
            let mut places: Vec<usize> = (0..length).collect();
            places.sort_by(|&a, &b| {
                let ascending = compare(at(a), at(b));
                if descending { ascending.reverse() } else { ascending }
            });
            places.iter().enumerate().for_each(|(i, &place)| order[start + i * inner] = place as i64);
        }
        Self::from_vec(order, &shape, &self.device())
    }

    /// The same tensor with `values` written where `mask` is true; all have one shape.
    pub fn overwrite(&self, mask: &Self, values: &Self) -> Result<Self, Error> {
        mask.choose(values, self)
    }

    /// Whole numbers from `start` by steps of `step`, `n` of them.
    pub fn counting(start: i64, step: i64, n: usize, device: &crate::Device) -> Result<Self, Error> {
        checked_len(&[n], Element::I64)?;
        let values = (0..n as i64).map(|i| start.wrapping_add(step.wrapping_mul(i))).collect();
        Self::from_vec(values, &[n], device)
    }

    /// The index `[example]` of each example's largest output, of outputs `[example, class]`.
    pub fn top_class(&self) -> Result<Vec<usize>, Error> {
        let last = self.rank().saturating_sub(1);
        Ok(self.index_of_max(last)?.to_i64s()?.into_iter().map(|it| it as usize).collect())
    }
}

fn from_the_start(what: &'static str, indices: &[i64], length: usize) -> Result<Vec<i64>, Error> {
    let place = |&asked: &i64| {
        let index = if asked < 0 { asked.checked_add(length as i64) } else { Some(asked) };
        index.filter(|it| (0..length as i64).contains(it)).ok_or(Error::Index { what, asked, length })
    };
    indices.iter().map(place).collect()
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use super::*;
    use crate::Device;

    fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
        Tensor::from_vec(values.to_vec(), shape, &Device::flex()).unwrap()
    }

    #[test]
    fn negative_indices_count_from_the_end() {
        let x = tensor(&[1.0, 2.0, 3.0], &[3]);
        assert_eq!(x.select(0, &[-1, 0]).unwrap().to_f64s().unwrap(), [3.0, 1.0]);
        assert_eq!(x.select(0, &[3]).unwrap_err(), Error::Index { what: "a selection", asked: 3, length: 3 });
    }

    #[test]
    fn sorts_along_any_dimension_and_keeps_equals_in_order() {
        let x = tensor(&[1.0, 5.0, 3.0, 5.0, 2.0, 4.0], &[3, 2]);
        let (sorted, order) = x.sort(0, true).unwrap();
        assert_eq!(sorted.to_f64s().unwrap(), [3.0, 5.0, 2.0, 5.0, 1.0, 4.0]);
        assert_eq!(order.to_i64s().unwrap(), [1, 0, 2, 1, 0, 2]);
    }

    #[test]
    fn gathers_and_passes_the_gradient_on() {
        let x = tensor(&[1.0, 2.0, 3.0, 4.0], &[2, 2]).leaf().unwrap();
        let indices = Tensor::from_vec(vec![1_i64, 0], &[2, 1], &Device::flex()).unwrap();
        let y = x.gather(1, &indices).unwrap();
        assert_eq!(y.to_f64s().unwrap(), [2.0, 3.0]);
        let gradient = y.backward().unwrap().of(&x).unwrap();
        assert_eq!(gradient.to_f64s().unwrap(), [0.0, 1.0, 1.0, 0.0]);
    }
}
