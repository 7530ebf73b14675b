//! [Pad](https://onnx.ai/onnx/operators/onnx__Pad.html): each dimension made longer at both ends, or shorter where the
//! number is negative: by a value, by the elements mirrored at the end (`reflect`), by the last element (`edge`), or by
//! those of the other end (`wrap`, since operator set 19). The numbers and the value are attributes, and since 11 inputs;
//! since 18 the dimensions can be named.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::axis::{List, axes};
use super::operand::{optional, required};
use super::{BuildError, Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Pad {
        mode: Mode::of(node)?,
        pads: List::of(node, "pads", 1)?,
        value: node.attributes.float_or("value", 0.0)?,
        axes: List::of(node, "", 3)?,
    }))
}

#[derive(Debug)]
struct Pad {
    mode: Mode,
    pads: List,
    value: f32,
    axes: List,
}

/// What is put at the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Constant,
    Reflect,
    Edge,
    Wrap,
}

impl Operator for Pad {
    fn nature(&self) -> Nature {
        Nature::Structural
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let pads = self.pads.required(inputs, "pads")?;
        let dimensions = match self.axes.read(inputs)? {
            Some(asked) => axes("Pad", &asked, x.rank())?,
            None => (0..x.rank()).collect(),
        };
        if pads.len() != 2 * dimensions.len() {
            let actual = format!("{pads:?} for {} dimensions", dimensions.len());
            return Err(Error::Setting { what: "`pads`", expected: "two numbers a dimension", actual });
        }
        let (before, after) = pads.split_at(dimensions.len());
        let mut padded = x.clone();
        for ((dimension, before), after) in dimensions.into_iter().zip(before).zip(after) {
            padded = if self.mode == Mode::Constant {
                let value = optional(inputs, 2);
                self.with_value(&padded, dimension, [*before, *after], value)?
            } else {
                self.mode.pad(&padded, dimension, [*before, *after])?
            };
        }
        Ok(vec![padded])
    }
}

impl Pad {
    fn with_value(
        &self,
        x: &Tensor,
        dimension: usize,
        pads: [i64; 2],
        value: Option<&Tensor>,
    ) -> Result<Tensor, Error> {
        let length = padded_length(x, dimension, pads)?.0;
        let [cut_before, cut_after] = pads.map(|it| usize::try_from(it.saturating_neg()).unwrap_or(0));
        let end = length.saturating_sub(cut_after);
        let kept = x.narrow(dimension, cut_before.min(end), end)?;
        let block = |n: i64| -> Result<Option<Tensor>, Error> {
            let Some(n) = usize::try_from(n).ok().filter(|it| *it > 0) else { return Ok(None) };
            let mut shape = kept.shape();
            shape.iter_mut().skip(dimension).take(1).for_each(|it| *it = n);
            let one = vec![1; shape.len()];
            match value {
                Some(value) => value.reshape(&one)?.expand(&shape).map(Some),
                None => Tensor::full(self.value.into(), &shape, x.element(), &x.device()).map(Some),
            }
        };
        let [before, after] = [block(pads[0])?, block(pads[1])?];
        if before.is_none() && after.is_none() {
            return Ok(kept);
        }
        let parts: Vec<Tensor> = before.into_iter().chain([kept.clone()]).chain(after).collect();
        Tensor::concat(&parts, dimension)
    }
}

/// The length of a dimension before and after, once it is certain that the padded tensor may be made.
fn padded_length(x: &Tensor, dimension: usize, pads: [i64; 2]) -> Result<(usize, usize), Error> {
    let mut shape = x.shape();
    let length = shape.get(dimension).copied().unwrap_or_default();
    let wrong = || Error::Setting {
        what: "the numbers of elements before and after",
        expected: "no more taken away than there is",
        actual: format!("{pads:?} for a length of {length}"),
    };
    let padded = pads.iter().try_fold(length as i64, |sum, it| sum.checked_add(*it)).ok_or_else(wrong)?;
    let padded = usize::try_from(padded).map_err(|_| wrong())?;
    let cut = pads.iter().map(|it| it.min(&0).unsigned_abs()).fold(0_u64, u64::saturating_add);
    if cut > length as u64 {
        return Err(wrong());
    }
    shape.iter_mut().skip(dimension).take(1).for_each(|it| *it = padded);
    Tensor::check_size(&shape, x.element())?;
    Ok((length, padded))
}

impl Mode {
    fn of(node: &Node) -> Result<Self, BuildError> {
        Ok(match node.attributes.text_or("mode", "constant")? {
            "constant" => Self::Constant,
            "reflect" => Self::Reflect,
            "edge" => Self::Edge,
            "wrap" => Self::Wrap,
            other => {
                let expected = "constant, reflect, edge or wrap";
                return Err(node.attributes.wrong("mode", format!("`{other}`"), expected).into());
            }
        })
    }

    /// By elements of the dimension itself.
    fn pad(self, x: &Tensor, dimension: usize, pads: [i64; 2]) -> Result<Tensor, Error> {
        let (length, padded) = padded_length(x, dimension, pads)?;
        if pads == [0, 0] {
            return Ok(x.clone());
        }
        if length == 0 {
            let expected = "a dimension with elements";
            return Err(Error::Shape {
                what: "what is padded by its own elements".to_owned(),
                expected: expected.to_owned(),
                actual: x.shape(),
            });
        }
        let first = pads[0].saturating_neg();
        let indices: Vec<i64> = (0..padded as i64).map(|i| self.index(first + i, length as i64)).collect();
        x.select(dimension, &indices)
    }

    /// The index inside of a place that may be outside.
    fn index(self, place: i64, length: i64) -> i64 {
        match self {
            Self::Reflect if length > 1 => {
                let period = 2 * (length - 1);
                let there = place.rem_euclid(period);
                there.min(period - there)
            }
            Self::Wrap => place.rem_euclid(length),
            _ => place.clamp(0, length - 1),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_tensor::Device;

    use super::*;

    #[test]
    fn more_cannot_be_taken_away_than_there_is_nor_put_in_than_fits() {
        let x = Tensor::counting(0, 1, 3, &Device::flex()).unwrap();
        assert_eq!(padded_length(&x, 0, [-2, 4]).unwrap(), (3, 5));
        assert!(matches!(padded_length(&x, 0, [-4, 4]), Err(Error::Setting { .. })));
        assert!(matches!(padded_length(&x, 0, [i64::MIN, i64::MIN]), Err(Error::Setting { .. })));
        assert!(matches!(Mode::Edge.pad(&x, 0, [0, 1 << 40]), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn mirrors_further_than_the_dimension_is_long() {
        let x = Tensor::counting(0, 1, 3, &Device::flex()).unwrap();
        let padded = Mode::Reflect.pad(&x, 0, [3, 4]).unwrap().to_i64s().unwrap();
        assert_eq!(padded, [1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
    }
}
