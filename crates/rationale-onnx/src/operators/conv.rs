//! [Conv](https://onnx.ai/onnx/operators/onnx__Conv.html): convolution over one, two or three dimensions, with groups,
//! dilations, pads that differ by side, and `auto_pad`.

mod window;

use rationale_tensor::{Convolution, Error, Nature, Operator, Tensor};

use super::operand::{optional, required};
use super::{Built, Context};
use crate::Node;
pub(super) use window::{AutoPad, Placed, Window};

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let groups = node.attributes.int_or("group", 1)?;
    let groups = usize::try_from(groups)
        .map_err(|_| node.attributes.wrong("group", groups.to_string(), "a number of at least 1"))?;
    Ok(Box::new(Conv { window: Window::of(node)?, groups }))
}

#[derive(Debug)]
struct Conv {
    window: Window,
    groups: usize,
}

impl Operator for Conv {
    fn nature(&self) -> Nature {
        Nature::Convolution
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, w) = (required(inputs, 0, "X")?, required(inputs, 1, "W")?);
        let placed = self.window.over(&x.shape(), w.shape().get(2..).unwrap_or_default())?;
        let how = Convolution {
            strides: placed.strides,
            pads: placed.pads,
            dilations: placed.dilations,
            groups: self.groups,
        };
        Ok(vec![x.convolve(w, optional(inputs, 2), &how)?])
    }
}
