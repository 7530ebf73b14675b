//! [Tile](https://onnx.ai/onnx/operators/onnx__Tile.html): each dimension repeated so many times.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::lengths;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Tile))
}

#[derive(Debug)]
struct Tile;

impl Operator for Tile {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        let times = lengths("a number of times", &required(inputs, 1, "repeats")?.to_i64s()?)?;
        if times.len() != x.rank() {
            let actual = format!("{times:?} for {:?}", x.shape());
            return Err(Error::Setting { what: "`repeats`", expected: "one number a dimension", actual });
        }
        let repeat = |x: Tensor, (i, times): (usize, usize)| x.repeat(i, times);
        Ok(vec![times.into_iter().enumerate().try_fold(x.clone(), repeat)?])
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_tensor::Device;

    use super::*;

    #[test]
    fn what_is_too_large_is_refused_before_it_is_made() {
        let x = Tensor::counting(0, 1, 3, &Device::flex()).unwrap();
        let times = |n| Some(Tensor::from_vec(vec![n], &[1], &Device::flex()).unwrap());
        assert!(matches!(Tile.forward(&[Some(x.clone()), times(i64::MAX)]), Err(Error::TooLarge { .. })));
        assert!(Tile.forward(&[Some(x), times(-1)]).is_err());
    }
}
