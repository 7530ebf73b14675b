//! [Upsample](https://onnx.ai/onnx/operators/onnx__Upsample.html): what operator set 9 has in the place of `Resize`.

use super::resize::Resize;
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    Ok(Box::new(Resize::by_scales_alone(node)?))
}
