//! [Shape](https://onnx.ai/onnx/operators/onnx__Shape.html), of which since operator set 15 a part may be taken, and
//! [Size](https://onnx.ai/onnx/operators/onnx__Size.html), the number of elements.

use rationale_tensor::{Error, Nature, Operator, Tensor};

use super::operand::required;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let (start, end) = (node.attributes.int_or("start", 0)?, node.attributes.int_or("end", i64::MAX)?);
    Ok(Box::new(Shape { start, end }))
}

#[derive(Debug)]
struct Shape {
    start: i64,
    end: i64,
}

impl Operator for Shape {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        let rank = x.rank() as i64;
        let place = |it: i64| if it < 0 { it.saturating_add(rank) } else { it }.clamp(0, rank) as usize;
        let (start, end) = (place(self.start), place(self.end));
        let lengths = x.shape().into_iter().take(end).skip(start).map(|it| it as i64);
        let lengths: Vec<i64> = lengths.collect();
        let n = lengths.len();
        Ok(vec![Tensor::from_vec(lengths, &[n], &x.device())?])
    }
}

pub(super) fn build_size(_: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Size))
}

#[derive(Debug)]
struct Size;

impl Operator for Size {
    fn nature(&self) -> Nature {
        Nature::Opaque
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let x = required(inputs, 0, "data")?;
        Ok(vec![Tensor::from_vec(vec![x.len() as i64], &[], &x.device())?])
    }
}
