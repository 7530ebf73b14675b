//! [Range](https://onnx.ai/onnx/operators/onnx__Range.html), since operator set 11: numbers from `start` to before
//! `limit` by steps of `delta`.

use rationale_tensor::{Element, Error, Kind, Nature, Operator, Tensor};

use super::axis::single;
use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Range))
}

#[derive(Debug)]
struct Range;

impl Operator for Range {
    // How many numbers there are depends on what comes in, so there is no difference to follow back.
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let start = required(inputs, 0, "start")?;
        let (limit, delta) = (required(inputs, 1, "limit")?, required(inputs, 2, "delta")?);
        let n = if start.kind() == Kind::Int {
            n_whole(single("`start`", start)?, single("`limit`", limit)?, single("`delta`", delta)?)?
        } else {
            n_real(real(start)?, real(limit)?, real(delta)?)?
        };
        Tensor::check_size(&[n], Element::I64)?;
        let numbers = Tensor::counting(0, 1, n, &start.device())?.cast(start.element())?;
        Ok(vec![numbers.mul(&delta.reshape(&[1])?)?.add(&start.reshape(&[1])?)?])
    }
}

fn real(tensor: &Tensor) -> Result<f64, Error> {
    match tensor.to_f64s()?[..] {
        [value] => Ok(value),
        _ => Err(Error::Shape {
            what: "an end or a step".to_owned(),
            expected: "a single element".to_owned(),
            actual: tensor.shape(),
        }),
    }
}

fn no_step() -> Error {
    Error::Setting { what: "`delta`", expected: "a step other than 0", actual: "0".to_owned() }
}

fn n_whole(start: i64, limit: i64, delta: i64) -> Result<usize, Error> {
    let (span, step) = (i128::from(limit) - i128::from(start), i128::from(delta));
    let (span, step) = if step < 0 { (-span, -step) } else { (span, step) };
    let n = (span + step - 1).checked_div(step).ok_or_else(no_step)?;
    Ok(usize::try_from(n.max(0)).unwrap_or(usize::MAX))
}

fn n_real(start: f64, limit: f64, delta: f64) -> Result<usize, Error> {
    if delta == 0.0 {
        return Err(no_step());
    }
    // Numbers that are not finite give no length, or one that is refused.
    Ok(((limit - start) / delta).ceil().max(0.0) as usize)
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_tensor::Device;

    use super::*;

    #[test]
    fn what_is_too_long_is_refused_before_it_is_made() {
        let whole = |it: i64| Some(Tensor::from_vec(vec![it], &[], &Device::flex()).unwrap());
        let real = |it: f32| Some(Tensor::from_vec(vec![it], &[], &Device::flex()).unwrap());
        let too_large =
            |inputs: [Option<Tensor>; 3]| matches!(Range.forward(&inputs), Err(Error::TooLarge { .. }));
        assert!(too_large([whole(i64::MIN), whole(i64::MAX), whole(1)]));
        assert!(too_large([real(0.0), real(f32::INFINITY), real(1.0)]));
        assert!(Range.forward(&[whole(0), whole(1), whole(0)]).is_err());
        assert!(Range.forward(&[real(0.0), real(1.0), real(0.0)]).is_err());
    }
}
