//! [Clip](https://onnx.ai/onnx/operators/onnx__Clip.html): values held between two bounds, of which the upper one wins.
//! Before operator set 11 the bounds are attributes, since then inputs; since 12 for whole numbers too. The gradient is
//! that of x where x is within the bounds or on one. With a lower bound of 0 it is a rectifier: ReLU6 comes as Clip(x, 0, 6).

use rationale_tensor::{Error, Kind, Nature, Operator, Tensor};

use super::operand::{optional, required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, context: &Context<'_>) -> Built {
    if context.opset >= 11 {
        return Ok(Box::new(Clip::ByInputs));
    }
    let bound = |name: &str| node.attributes.contains(name).then(|| node.attributes.float(name)).transpose();
    Ok(Box::new(Clip::Between(bound("min")?.map(f64::from), bound("max")?.map(f64::from))))
}

#[derive(Debug)]
enum Clip {
    Between(Option<f64>, Option<f64>),
    ByInputs,
}

impl Operator for Clip {
    fn nature(&self) -> Nature {
        Nature::Elementwise
    }

    fn rectifies(&self, inputs: &[Option<Tensor>]) -> bool {
        match self {
            Self::Between(least, _) => *least == Some(0.0),
            Self::ByInputs => optional(inputs, 1).is_some_and(is_zero),
        }
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "input")?;
        Ok(vec![match self {
            Self::Between(least, most) => {
                let above = least.map_or_else(|| Ok(x.clone()), |it| x.at_least(it))?;
                most.map_or_else(|| Ok(above.clone()), |it| above.at_most(it))?
            }
            Self::ByInputs => {
                let above = bounded(x, optional(inputs, 1), Tensor::at_least, Tensor::max_of)?;
                bounded(&above, optional(inputs, 2), Tensor::at_most, Tensor::min_of)?
            }
        }])
    }
}

fn is_zero(bound: &Tensor) -> bool {
    bound.len() == 1 && bound.to_f64s().is_ok_and(|it| it == [0.0])
}

/// A constant bound of reals is a number; one that is followed, or of whole numbers, which may not fit a real, a tensor.
fn bounded(
    x: &Tensor,
    bound: Option<&Tensor>,
    by_number: fn(&Tensor, f64) -> Result<Tensor, Error>,
    by_tensor: fn(&Tensor, &Tensor) -> Result<Tensor, Error>,
) -> Result<Tensor, Error> {
    let Some(bound) = bound else { return Ok(x.clone()) };
    if bound.len() != 1 || bound.element() != x.element() {
        let expected = format!("one element of {}", x.element());
        return Err(wrong_shape("a bound", expected, &bound.shape()));
    }
    match bound.to_f64s()?.first() {
        Some(number) if x.kind() == Kind::Float && !bound.is_followed() => by_number(x, *number),
        _ => by_tensor(x, &bound.reshape(&vec![1; x.rank()])?),
    }
}

#[cfg(test)]
mod tests {
    use rationale_tensor::rules::{Deconvolution, GuidedBackpropagation};
    use rationale_tensor::{Device, Rule};

    use super::*;

    /// The multipliers of Clip(x) at -1, 3, 5 and 7 for slopes 2, 2, -2 and 2.
    fn multipliers(rule: &dyn Rule, clip: &Clip, bounds: &[f32]) -> Vec<f64> {
        let tensor = |values: &[f32]| {
            let shape = if values.len() == 1 { vec![] } else { vec![values.len()] };
            Tensor::from_vec(values.to_vec(), &shape, &Device::flex()).unwrap()
        };
        let x = tensor(&[-1.0, 3.0, 5.0, 7.0]).leaf().unwrap();
        let inputs: Vec<_> =
            std::iter::once(x.clone()).chain(bounds.iter().map(|it| tensor(&[*it]))).map(Some).collect();
        let y = rule.apply(clip, &inputs).unwrap().remove(0);
        let slopes = tensor(&[2.0, 2.0, -2.0, 2.0]);
        y.mul(&slopes).unwrap().backward().unwrap().of(&x).unwrap().to_f64s().unwrap()
    }

    #[test]
    fn between_0_and_6_it_is_a_rectifier_whose_negative_slopes_are_cut() {
        for (clip, bounds) in
            [(Clip::Between(Some(0.0), Some(6.0)), &[][..]), (Clip::ByInputs, &[0.0, 6.0][..])]
        {
            assert_eq!(multipliers(&GuidedBackpropagation, &clip, bounds), [0.0, 2.0, 0.0, 0.0]);
            assert_eq!(multipliers(&Deconvolution, &clip, bounds), [2.0, 2.0, 0.0, 2.0]);
        }
    }

    #[test]
    fn between_other_bounds_it_is_none() {
        let clip = Clip::Between(Some(-2.0), Some(6.0));
        assert_eq!(multipliers(&GuidedBackpropagation, &clip, &[]), [2.0, 2.0, -2.0, 0.0]);
    }
}
