//! How a window lies over an input: the attributes that convolutions and poolings share.

use rationale_tensor::Error;

use crate::Node;

/// How pads are found where the file does not give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operators) enum AutoPad {
    /// They are given.
    NotSet,
    /// As many outputs as inputs over the stride, an odd pad at the end.
    SameUpper,
    /// The same, an odd pad at the beginning.
    SameLower,
    /// None.
    Valid,
}

/// `auto_pad`, `dilations`, `kernel_shape`, `pads` and `strides` of a node, as the file gives them.
#[derive(Debug, Clone)]
pub(in crate::operators) struct Window {
    pub(in crate::operators) auto_pad: AutoPad,
    pub(in crate::operators) kernel: Vec<usize>,
    strides: Vec<usize>,
    dilations: Vec<usize>,
    pads: Vec<usize>,
}

/// The same for an input of known shape, one entry a spatial dimension.
#[derive(Debug, Clone)]
pub(in crate::operators) struct Placed {
    pub(in crate::operators) strides: Vec<usize>,
    pub(in crate::operators) pads: Vec<(usize, usize)>,
    pub(in crate::operators) dilations: Vec<usize>,
}

impl Window {
    pub(in crate::operators) fn of(node: &Node) -> Result<Self, crate::Error> {
        let attributes = &node.attributes;
        let auto_pad = match attributes.text_or("auto_pad", "NOTSET")? {
            "NOTSET" => AutoPad::NotSet,
            "SAME_UPPER" => AutoPad::SameUpper,
            "SAME_LOWER" => AutoPad::SameLower,
            "VALID" => AutoPad::Valid,
            other => {
                return Err(attributes.wrong("auto_pad", other, "NOTSET, SAME_UPPER, SAME_LOWER or VALID"));
            }
        };
        let counts = |name: &str| {
            let values = attributes.ints_or(name, &[])?.iter();
            let counts = values.map(|it| usize::try_from(*it)).collect::<Result<Vec<_>, _>>();
            counts.map_err(|_| attributes.wrong(name, "negative", "a list of numbers of at least 0"))
        };
        Ok(Self {
            auto_pad,
            kernel: counts("kernel_shape")?,
            strides: counts("strides")?,
            dilations: counts("dilations")?,
            pads: counts("pads")?,
        })
    }

    /// Over an input `[example, channel, spatial ..]`, by a kernel of these lengths.
    pub(in crate::operators) fn over(&self, input: &[usize], kernel: &[usize]) -> Result<Placed, Error> {
        let n = kernel.len();
        let spatial = input.get(2..).unwrap_or_default();
        let or_ones = |given: &[usize]| if given.is_empty() { vec![1; n] } else { given.to_vec() };
        let (strides, dilations) = (or_ones(&self.strides), or_ones(&self.dilations));
        let pads = if self.pads.is_empty() { vec![0; 2 * n] } else { self.pads.clone() };
        let of_kernel = self.kernel.is_empty() || self.kernel == kernel;
        if spatial.len() != n
            || strides.len() != n
            || dilations.len() != n
            || pads.len() != 2 * n
            || !of_kernel
        {
            let actual = format!("{self:?} over an input {input:?} with a kernel {kernel:?}");
            return Err(Error::Setting {
                what: "a window",
                expected: "one entry a spatial dimension",
                actual,
            });
        }
        if strides.contains(&0) || dilations.contains(&0) || kernel.contains(&0) {
            return Err(Error::Setting {
                what: "a window",
                expected: "positive lengths",
                actual: format!("{self:?}"),
            });
        }
        let pads = (0..n).map(|i| match self.auto_pad {
            AutoPad::NotSet => (pads[i], pads[i + n]),
            AutoPad::Valid => (0, 0),
            same => same_pads(spatial[i], kernel[i], strides[i], dilations[i], same),
        });
        Ok(Placed { pads: pads.collect(), strides, dilations })
    }
}

fn same_pads(length: usize, kernel: usize, stride: usize, dilation: usize, rule: AutoPad) -> (usize, usize) {
    let extent = (kernel - 1).saturating_mul(dilation) + 1;
    let needed = (length.div_ceil(stride).saturating_sub(1)).saturating_mul(stride).saturating_add(extent);
    let total = needed.saturating_sub(length);
    let (less, more) = (total / 2, total - total / 2);
    if rule == AutoPad::SameLower { (more, less) } else { (less, more) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_pad_goes_to_the_side_that_the_rule_names() {
        assert_eq!(same_pads(4, 2, 1, 1, AutoPad::SameUpper), (0, 1));
        assert_eq!(same_pads(4, 2, 1, 1, AutoPad::SameLower), (1, 0));
        assert_eq!(same_pads(5, 3, 2, 1, AutoPad::SameUpper), (1, 1));
    }
}
