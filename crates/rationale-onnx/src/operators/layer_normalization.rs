//! [LayerNormalization](https://onnx.ai/onnx/operators/onnx__LayerNormalization.html): (x - mean) / sqrt(variance +
//! `epsilon`) times a scale, plus a bias, over the dimensions from `axis` on. Since operator set 17.
//!
//! `stash_type` says in which type the statistics are computed; they are in single precision or x's own, whichever is
//! more exact.

use rationale_tensor::ops::{ADD, MUL, Standardise};
use rationale_tensor::{Element, Error, Nature, Operator, Runner, Tensor};

use super::axis;
use super::operand::{one, optional, required, wrong_shape};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(LayerNormalization {
        axis: node.attributes.int_or("axis", -1)?,
        epsilon: f64::from(node.attributes.float_or("epsilon", 1e-5)?),
        tells_statistics: node.output(1).is_some() || node.output(2).is_some(),
    }))
}

#[derive(Debug)]
struct LayerNormalization {
    axis: i64,
    epsilon: f64,
    tells_statistics: bool,
}

impl Operator for LayerNormalization {
    fn nature(&self) -> Nature {
        Nature::Joint
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, scale, bias) =
            (required(inputs, 0, "X")?, required(inputs, 1, "Scale")?, optional(inputs, 2));
        let shape = x.shape();
        let axis = axis::axis("a layer normalisation", self.axis, shape.len())?;
        if x.is_empty() {
            return Err(wrong_shape("a layer normalisation's input", "dimensions with elements", &shape));
        }
        let own = shape.get(axis..).unwrap_or_default();
        let length = own.iter().product();
        let rows = x.reshape(&[x.len() / length, length])?;
        let is_whole = |it: &Tensor| it.shape() == own && it.element() == x.element();
        let exact = has_exact_statistics(x);
        if !self.tells_statistics && exact && is_whole(scale) && bias.is_none_or(is_whole) {
            let bias = bias.map(|it| it.reshape(&[length])).transpose()?;
            let y = rows.layer_norm(&scale.reshape(&[length])?, bias.as_ref(), self.epsilon)?;
            return Ok(vec![y.reshape(&shape)?]);
        }
        let standard = Standardised::of(&rows, 1, self.epsilon)?;
        let scaled = standard.values.reshape(&shape)?.mul(scale)?;
        let y = bias.map_or_else(|| Ok(scaled.clone()), |bias| scaled.add(bias))?;
        let ones = shape.iter().enumerate().map(|(i, it)| if i < axis { *it } else { 1 });
        let reduced: Vec<usize> = ones.collect();
        Ok(vec![y, standard.mean.reshape(&reduced)?, standard.inverse_deviation.reshape(&reduced)?])
    }

    fn parts(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Option<Result<Vec<Tensor>, Error>> {
        let exact = inputs.first()?.as_ref().is_some_and(|x| has_exact_statistics(x) && !x.is_empty());
        (exact && !self.tells_statistics).then(|| self.run(inputs, run).map(|it| vec![it]))
    }
}

impl LayerNormalization {
    fn run(&self, inputs: &[Option<Tensor>], run: &Runner<'_>) -> Result<Tensor, Error> {
        let (x, scale) = (required(inputs, 0, "X")?, required(inputs, 1, "Scale")?);
        let shape = x.shape();
        let axis = axis::axis("a layer normalisation", self.axis, shape.len())?;
        let length: usize = shape.iter().skip(axis).product();
        let standard = Standardise { dimension: 1, epsilon: self.epsilon };
        let rows = one(run, &standard, &[&x.reshape(&[x.len() / length, length])?])?;
        let scaled = one(run, &MUL, &[&rows.reshape(&shape)?, scale])?;
        optional(inputs, 2).map_or_else(|| Ok(scaled.clone()), |bias| one(run, &ADD, &[&scaled, bias]))
    }
}

fn has_exact_statistics(x: &Tensor) -> bool {
    matches!(x.element(), Element::F32 | Element::F64)
}

/// Values less their mean, over their standard deviation.
pub(super) struct Standardised {
    /// The values, of the type that came in.
    pub(super) values: Tensor,
    mean: Tensor,
    inverse_deviation: Tensor,
}

impl Standardised {
    /// Over one dimension.
    pub(super) fn of(x: &Tensor, over: usize, epsilon: f64) -> Result<Self, Error> {
        let exact = if has_exact_statistics(x) { x.clone() } else { x.cast(Element::F32)? };
        let mean = exact.mean(over)?;
        let centred = exact.sub(&mean)?;
        let variance = centred.mul(&centred)?.mean(over)?;
        let inverse_deviation = variance.add_number(epsilon)?.sqrt()?.reciprocal()?;
        let values = centred.mul(&inverse_deviation)?.cast(x.element())?;
        Ok(Self { values, mean, inverse_deviation })
    }
}
