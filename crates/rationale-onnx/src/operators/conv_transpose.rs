//! [ConvTranspose](https://onnx.ai/onnx/operators/onnx__ConvTranspose.html): transposed convolution over one, two or three
//! dimensions, with groups, dilations, `auto_pad`, `output_padding` and `output_shape`.

use rationale_tensor::{Error, Nature, Operator, Tensor, TransposedConvolution};

use super::conv::{AutoPad, Placed, Window};
use super::operand::{optional, required};
use super::{Built, Context};
use crate::Node;

pub(super) fn build(node: &Node, _: &Context<'_>) -> Built {
    let attributes = &node.attributes;
    let counts = |name: &str| {
        let counts = attributes.ints_or(name, &[])?.iter().map(|it| usize::try_from(*it));
        let counts: Result<Vec<_>, _> = counts.collect();
        counts.map_err(|_| attributes.wrong(name, "negative", "a list of numbers of at least 0"))
    };
    let groups = attributes.int_or("group", 1)?;
    Ok(Box::new(ConvTranspose {
        window: Window::of(node)?,
        output_padding: counts("output_padding")?,
        output_shape: counts("output_shape")?,
        groups: usize::try_from(groups)
            .map_err(|_| attributes.wrong("group", groups.to_string(), "a number of at least 1"))?,
    }))
}

#[derive(Debug)]
struct ConvTranspose {
    window: Window,
    output_padding: Vec<usize>,
    output_shape: Vec<usize>,
    groups: usize,
}

impl Operator for ConvTranspose {
    fn nature(&self) -> Nature {
        Nature::Convolution
    }

    fn forward(&self, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        let (x, w) = (required(inputs, 0, "X")?, required(inputs, 1, "W")?);
        let (input, weights) = (x.shape(), w.shape());
        let kernel = weights.get(2..).unwrap_or_default();
        let placed = self.window.over(&input, kernel)?;
        let how = self.laid(placed, input.get(2..).unwrap_or_default(), kernel)?;
        Ok(vec![x.convolve_transposed(w, optional(inputs, 2), &how)?])
    }
}

impl ConvTranspose {
    /// Over an input and with a kernel of these lengths.
    fn laid(
        &self,
        placed: Placed,
        lengths: &[usize],
        kernel: &[usize],
    ) -> Result<TransposedConvolution, Error> {
        let Placed { strides, mut pads, dilations } = placed;
        let n = strides.len();
        let mut output_pads = self.output_padding.clone();
        output_pads.resize(if output_pads.is_empty() { n } else { output_pads.len() }, 0);
        let asked = match self.window.auto_pad {
            _ if !self.output_shape.is_empty() => Some(self.output_shape.clone()),
            AutoPad::NotSet | AutoPad::Valid => None,
            _ => Some(
                lengths.iter().zip(&strides).map(|(length, stride)| length.saturating_mul(*stride)).collect(),
            ),
        };
        if output_pads.len() != n || asked.as_ref().is_some_and(|it| it.len() != n) {
            let actual = format!("{output_pads:?} and {asked:?}");
            let expected = "one entry a spatial dimension";
            return Err(Error::Setting { what: "the padding and shape of an output", expected, actual });
        }
        for (i, asked) in asked.iter().flatten().enumerate() {
            let extent = (kernel[i] - 1).saturating_mul(dilations[i]).saturating_add(1);
            let steps = lengths[i].saturating_sub(1).saturating_mul(strides[i]);
            let full = steps.saturating_add(extent).saturating_add(output_pads[i]);
            pads[i] = self.split(full.saturating_sub(*asked));
            // What is asked for beyond the full length is added at the end.
            output_pads[i] = output_pads[i].saturating_add(asked.saturating_sub(full));
        }
        Ok(TransposedConvolution { strides, pads, dilations, output_pads, groups: self.groups })
    }

    /// An odd element is cut off at the end with `SAME_UPPER`, otherwise at the beginning.
    fn split(&self, total: usize) -> (usize, usize) {
        let (less, more) = (total / 2, total - total / 2);
        if self.window.auto_pad == AutoPad::SameUpper { (less, more) } else { (more, less) }
    }
}
