//! [Reshape](https://onnx.ai/onnx/operators/onnx__Reshape.html): the same elements in another shape. -1 stands for the
//! length that is left; 0 for the length that was there, unless `allowzero` is set, since operator set 14.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Reshape { zero_is_zero: node.attributes.int_or("allowzero", 0)? != 0 }))
}

#[derive(Debug)]
struct Reshape {
    zero_is_zero: bool,
}

impl Operator for Reshape {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let asked = required(inputs, 1, "shape")?.to_i64s()?;
        Ok(vec![x.reshape(&self.shape(&x.shape(), &asked)?)?])
    }
}

impl Reshape {
    fn shape(&self, own: &[usize], asked: &[i64]) -> Result<Vec<usize>, Error> {
        let wrong = || Error::Setting {
            what: "a shape",
            expected: "one of as many elements, with at most one -1",
            actual: format!("{asked:?} for {own:?}"),
        };
        let mut shape = Vec::new();
        for (i, &length) in asked.iter().enumerate() {
            shape.push(match length {
                0 if !self.zero_is_zero => *own.get(i).ok_or_else(wrong)?,
                // To be computed from the others.
                -1 => 1,
                _ => usize::try_from(length).map_err(|_| wrong())?,
            });
        }
        let Some(open) = asked.iter().position(|it| *it == -1) else { return Ok(shape) };
        let given =
            shape.iter().try_fold(1_usize, |product, it| product.checked_mul(*it)).ok_or_else(wrong)?;
        let len: usize = own.iter().product();
        if asked.iter().filter(|it| **it == -1).count() > 1 || given == 0 || !len.is_multiple_of(given) {
            return Err(wrong());
        }
        shape.get_mut(open).into_iter().for_each(|it| *it = len / given);
        Ok(shape)
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use super::*;

    #[test]
    fn one_length_is_computed_and_no_more() {
        let shape = |zero_is_zero, asked: &[i64]| Reshape { zero_is_zero }.shape(&[2, 3, 4], asked);
        assert_eq!(shape(false, &[0, -1]).unwrap(), [2, 12]);
        for wrong in [&[-1, -1][..], &[5, -1], &[1, 1, 1, 0], &[i64::MAX, i64::MAX, -1], &[-2]] {
            assert!(shape(false, wrong).is_err(), "{wrong:?}");
        }
        assert!(shape(true, &[0, -1]).is_err());
    }
}
