//! Which layer is looked at, and where in its value the picture lies.
//!
//! Of a convolutional network, the last layer is the last value `[picture, channel, row, column]` with more than one
//! position. Of a transformer it is the last layer normalisation before the last attention: behind that, a class token
//! may read no other token, and gradients to the others are 0.
//!
//! Tokens `[picture, token, channel]` are laid into the grid `rows * columns` that has the picture's proportions, after
//! as many leading tokens (of the class, of distillation, registers) as are left over.

use std::fmt;

use ndarray::{Array4, Ix4};
use rationale_tensor::{Kind, Port, Tensor};

use crate::Error;

/// How a layer's value holds the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerLayout {
    /// `[picture, channel, row, column]`.
    ChannelsFirst,
    /// `[picture, row, column, channel]`.
    ChannelsLast,
    /// `[picture, token, channel]`.
    Tokens {
        /// Rows of the grid.
        rows: usize,
        /// Columns of the grid.
        columns: usize,
        /// Tokens before those of the grid, which belong to no place.
        leading: usize,
    },
}

/// A layer that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The name of its value.
    pub name: String,
    /// The operator that computes it.
    pub operator: String,
    /// The value's shape for one picture.
    pub shape: Vec<usize>,
    /// How the value holds the picture.
    pub layout: LayerLayout,
}

impl fmt::Display for LayerLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChannelsFirst => f.write_str("channels first"),
            Self::ChannelsLast => f.write_str("channels last"),
            Self::Tokens { rows, columns, leading } => {
                write!(f, "tokens in a grid of {rows} x {columns} after {leading} of their own")
            }
        }
    }
}

/// Where in an input the picture lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PictureAxes {
    pub(super) size: [usize; 2],
    pub(super) channel: usize,
    pub(super) column: usize,
}

impl PictureAxes {
    pub(super) fn of(port: &Port, shape: &[usize]) -> Result<Self, Error> {
        let &[n, first, second, third] = shape else {
            return Err(Error::Pictures { actual: shape.to_vec() });
        };
        let declared = port.shape.as_deref();
        let is_wrong = declared.is_some_and(|it| it.len() != 4) || n * first * second * third == 0;
        if is_wrong || port.element.kind() != Kind::Float {
            return Err(Error::Pictures { actual: shape.to_vec() });
        }
        let is_colour = |length: usize| length == 1 || length == 3;
        if is_colour(third) && !is_colour(first) {
            return Ok(Self { size: [first, second], channel: 3, column: 2 });
        }
        Ok(Self { size: [second, third], channel: 1, column: 3 })
    }
}

impl Layer {
    /// The layer of this name, whose value has this shape.
    pub(super) fn new(
        name: &str,
        operator: &str,
        value: &Tensor,
        n: usize,
        size: [usize; 2],
        layout: Option<LayerLayout>,
    ) -> Result<Self, Error> {
        let shape = value.shape();
        let refused = || Error::Layer { layer: name.to_owned(), shape: shape.clone() };
        if value.kind() != Kind::Float {
            return Err(refused());
        }
        let inferred = layout.or_else(|| LayerLayout::infer(operator, &shape, n, size));
        let layout = inferred.filter(|it| it.fits(&shape)).ok_or_else(refused)?;
        Ok(Self { name: name.to_owned(), operator: operator.to_owned(), shape: shape[1..].to_vec(), layout })
    }

    /// The value as `[picture, channel, row, column]`.
    pub(super) fn pictures(&self, value: &Tensor) -> Result<Array4<f64>, Error> {
        let value = self.layout.channels_first(value)?;
        let shape = value.shape();
        value
            .to_array_f64()?
            .into_dimensionality::<Ix4>()
            .map_err(|_| Error::Layer { layer: self.name.clone(), shape })
    }

    pub(super) fn channel_axis(&self) -> usize {
        match self.layout {
            LayerLayout::ChannelsFirst => 1,
            LayerLayout::ChannelsLast => 3,
            LayerLayout::Tokens { .. } => 2,
        }
    }

    pub(super) fn describe(&self) -> String {
        format!("{} ({}, {:?}, {})", self.name, self.operator, self.shape, self.layout)
    }
}

/// How many leading tokens are looked for: none, a class token, one of distillation too, four registers too, others.
const LEADING: [usize; 9] = [0, 1, 2, 5, 3, 4, 6, 7, 8];

impl LayerLayout {
    /// How a value of this shape holds `n` pictures of this size, if it does.
    pub(super) fn infer(operator: &str, shape: &[usize], n: usize, size: [usize; 2]) -> Option<Self> {
        let layout = match *shape {
            [pictures, a, b, c] if pictures == n => {
                // A layer normalisation runs over the last dimension, which is then that of channels.
                let is_last =
                    operator == "LayerNormalization" || distortion([a, b], size) < distortion([b, c], size);
                if is_last { Self::ChannelsLast } else { Self::ChannelsFirst }
            }
            [pictures, tokens, _] if pictures == n => Self::grid(tokens, size)?,
            _ => return None,
        };
        layout.fits(shape).then_some(layout)
    }

    fn grid(tokens: usize, [height, width]: [usize; 2]) -> Option<Self> {
        let patches = || 1..=height.min(width);
        let divides = |patch: &usize| height % patch == 0 && width % patch == 0;
        let found = |patch: usize| {
            let (rows, columns) = (height / patch, width / patch);
            let leading = tokens.checked_sub(rows * columns)?;
            LEADING.contains(&leading).then_some(Self::Tokens { rows, columns, leading })
        };
        let rank = |layout: &Self| match layout {
            Self::Tokens { leading, .. } => LEADING.iter().position(|it| it == leading),
            _ => None,
        };
        let exact = patches().filter(divides).filter_map(found).min_by_key(rank);
        exact.or_else(|| patches().filter_map(found).min_by_key(rank))
    }

    /// Whether it describes a value of this shape with more than one position.
    fn fits(self, shape: &[usize]) -> bool {
        match (self, shape) {
            (Self::ChannelsFirst, &[_, channels, rows, columns])
            | (Self::ChannelsLast, &[_, rows, columns, channels]) => rows * columns > 1 && channels > 0,
            (Self::Tokens { rows, columns, leading }, &[_, tokens, channels]) => {
                rows * columns > 1 && channels > 0 && leading.saturating_add(rows * columns) <= tokens
            }
            _ => false,
        }
    }

    fn channels_first(self, value: &Tensor) -> Result<Tensor, Error> {
        Ok(match self {
            Self::ChannelsFirst => value.clone(),
            Self::ChannelsLast => value.permute(&[0, 3, 1, 2])?,
            Self::Tokens { rows, columns, leading } => {
                let shape = value.shape();
                let grid = value.narrow(1, leading, leading + rows * columns)?.permute(&[0, 2, 1])?;
                grid.reshape(&[shape[0], shape[2], rows, columns])?
            }
        })
    }

    pub(super) fn device_map(self, value: &Tensor) -> Result<Tensor, Error> {
        self.channels_first(value)
    }
}

/// How far a grid's proportions are from a picture's.
fn distortion([rows, columns]: [usize; 2], [height, width]: [usize; 2]) -> f64 {
    let [rows, columns, height, width] = [rows, columns, height, width].map(|it| it.max(1) as f64);
    (rows * width / (columns * height)).ln().abs()
}

/// A value met on the way through the network.
#[derive(Debug, Clone)]
pub(super) struct Met {
    pub(super) name: String,
    pub(super) operator: String,
    pub(super) shape: Vec<usize>,
}

/// The last layer of a network, from what was met on the way.
pub(super) fn last(met: &[Met], n: usize, size: [usize; 2], output: &[usize]) -> Option<usize> {
    last_before_attention(met, n, size).or_else(|| last_spatial(met, n, size, output))
}

fn last_before_attention(met: &[Met], n: usize, size: [usize; 2]) -> Option<usize> {
    let is_square = |shape: &[usize]| matches!(*shape, [.., a, b] if a == b && a > 1);
    let is_attention = |it: &Met| {
        it.operator == "Attention"
            || it.operator == "Softmax"
                && it.shape.len() > 2
                && is_square(&it.shape)
                && !it.shape.ends_with(&size)
    };
    let before = &met[..met.iter().rposition(is_attention)?];
    let layout = |it: &Met| {
        LayerLayout::infer(&it.operator, &it.shape, n, size).filter(|it| *it != LayerLayout::ChannelsFirst)
    };
    let is_normal = |it: &Met| it.operator == "LayerNormalization" && layout(it).is_some();
    before.iter().rposition(is_normal).or_else(|| {
        // Old files spell layer normalisation out: it ends in a sum as wide as the first tokens are.
        let is_sum = |it: &&Met| it.operator == "Add" && layout(it).is_some();
        let width = before.iter().find(is_sum)?.shape.last()?;
        before.iter().rposition(|it| is_sum(&it) && it.shape.last() == Some(width))
    })
}

fn last_spatial(met: &[Met], n: usize, size: [usize; 2], output: &[usize]) -> Option<usize> {
    // Of a dense output, neither the output counts nor what has its classes for channels.
    let classes = (output.len() == 4).then(|| output[1]);
    met.iter().rposition(|it| {
        let layout = LayerLayout::infer(&it.operator, &it.shape, n, size);
        match (layout, &it.shape[..]) {
            (Some(LayerLayout::ChannelsFirst), &[_, channels, rows, columns]) => {
                classes != Some(channels) && distortion([rows, columns], size) < 2_f64.ln()
            }
            (Some(LayerLayout::ChannelsLast), &[_, _, _, channels]) => classes != Some(channels),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(sites: &[(&str, &[usize])]) -> Vec<Met> {
        let one = |(operator, shape): &(&str, &[usize])| Met {
            name: String::new(),
            operator: (*operator).to_owned(),
            shape: shape.to_vec(),
        };
        sites.iter().map(one).collect()
    }

    #[test]
    fn the_last_layer_of_a_convolutional_network_comes_before_its_pooling() {
        let sites: &[(&str, &[usize])] = &[
            ("Conv", &[1, 64, 56, 56]),
            ("Relu", &[1, 512, 7, 7]),
            ("GlobalAveragePool", &[1, 512, 1, 1]),
            ("Gemm", &[1, 1000]),
        ];
        assert_eq!(last(&met(sites), 1, [224, 224], &[1, 1000]), Some(1));
    }

    #[test]
    fn the_last_layer_of_a_transformer_comes_before_its_attention() {
        let sites: &[(&str, &[usize])] = &[
            ("Conv", &[1, 192, 14, 14]),
            ("LayerNormalization", &[1, 197, 192]),
            ("Softmax", &[1, 3, 197, 197]),
            ("Add", &[1, 197, 192]),
            ("LayerNormalization", &[1, 197, 192]),
            ("Gemm", &[1, 1000]),
        ];
        assert_eq!(last(&met(sites), 1, [224, 224], &[1, 1000]), Some(1));
    }

    #[test]
    fn a_dense_output_is_no_layer() {
        let sites: &[(&str, &[usize])] =
            &[("Relu", &[1, 256, 28, 28]), ("Conv", &[1, 21, 28, 28]), ("Resize", &[1, 21, 224, 224])];
        assert_eq!(last(&met(sites), 1, [224, 224], &[1, 21, 224, 224]), Some(0));
    }

    #[test]
    fn tokens_lie_in_the_pictures_proportions() {
        let grid = |tokens, size| LayerLayout::infer("Add", &[2, tokens, 8], 2, size);
        let tokens = |rows, columns, leading| Some(LayerLayout::Tokens { rows, columns, leading });
        assert_eq!(grid(197, [224, 224]), tokens(14, 14, 1));
        assert_eq!(grid(49, [224, 224]), tokens(7, 7, 0));
        assert_eq!(grid(261, [224, 224]), tokens(16, 16, 5));
        assert_eq!(grid(2 * 14 * 14 + 1, [224, 448]), tokens(14, 28, 1));
        assert_eq!(grid(1, [224, 224]), None);
    }

    #[test]
    fn channels_are_where_the_picture_is_not() {
        let infer = |operator, shape: &[usize]| LayerLayout::infer(operator, shape, 2, [224, 224]);
        assert_eq!(infer("Add", &[2, 7, 7, 768]), Some(LayerLayout::ChannelsLast));
        assert_eq!(infer("Add", &[2, 768, 7, 7]), Some(LayerLayout::ChannelsFirst));
        assert_eq!(infer("LayerNormalization", &[2, 16, 16, 16]), Some(LayerLayout::ChannelsLast));
        assert_eq!(infer("Add", &[2, 768, 1, 1]), None);
        assert_eq!(infer("Add", &[8, 7, 7, 768]), None);
    }
}
