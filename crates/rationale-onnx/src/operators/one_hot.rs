//! [OneHot](https://onnx.ai/onnx/operators/onnx__OneHot.html): a new dimension of length `depth`, with the second value
//! where its index is the one given and the first value elsewhere. Negative indices count from the end since operator
//! set 11; an index out of range gives the first value everywhere.

use rationale_tensor::{Element, Error, Nature, Operator, Tensor};

use super::axis::{axis, length};
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(OneHot { axis: node.attributes.int_or("axis", -1)? }))
}

#[derive(Debug)]
struct OneHot {
    axis: i64,
}

impl Operator for OneHot {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let indices = required(inputs, 0, "indices")?.detach().cast(Element::I64)?;
        let depth = required(inputs, 1, "depth")?.detach().cast(Element::I64)?;
        let values = required(inputs, 2, "values")?;
        let [depth] = depth.to_i64s()?[..] else {
            let (what, expected) = ("`depth`".to_owned(), "a single element".to_owned());
            return Err(Error::Shape { what, expected, actual: depth.shape() });
        };
        let depth = length("`depth`", depth)?;
        let dimension = axis("OneHot", self.axis, indices.rank() + 1)?;
        let spread = indices.unsqueeze(dimension)?;
        let mut shape = spread.shape();
        shape.iter_mut().skip(dimension).take(1).for_each(|it| *it = depth);
        Tensor::check_size(&shape, Element::I64)?;
        let mut along = vec![1; shape.len()];
        along.iter_mut().skip(dimension).take(1).for_each(|it| *it = depth);
        let numbers = Tensor::counting(0, 1, depth, &indices.device())?.reshape(&along)?;
        let from_the_end = numbers.add_number(-(depth as f64))?;
        let is_there = spread.equal(&numbers)?.or(&spread.equal(&from_the_end)?)?;
        let value = |place: i64| values.select(0, &[place])?.reshape(&vec![1; shape.len()]);
        Ok(vec![is_there.choose(&value(1)?, &value(0)?)?])
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_tensor::Device;

    use super::*;

    #[test]
    fn a_depth_that_is_too_large_is_refused() {
        let whole = |values: Vec<i64>| {
            let n = values.len();
            Some(Tensor::from_vec(values, &[n], &Device::flex()).unwrap())
        };
        let of_depth =
            |depth| OneHot { axis: -1 }.forward(&[whole(vec![0]), whole(vec![depth]), whole(vec![0, 1])]);
        assert_eq!(of_depth(2).unwrap()[0].to_i64s().unwrap(), [1, 0]);
        assert!(matches!(of_depth(i64::MAX), Err(Error::TooLarge { .. })));
        assert!(of_depth(-1).is_err());
    }
}
