//! What of a network's output a map is about.

use ndarray::Array2;
use rationale_tensor::{Element, Tensor};

use super::objective::Objective;
use crate::Error;

/// What of the output is explained, picture by picture.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum CamTarget {
    /// The class with the largest output.
    #[default]
    Predicted,
    /// A class, for all pictures.
    Class(usize),
    /// A class for each picture.
    Classes(Vec<usize>),
    /// What speaks for one class rather than another: the difference of their scores.
    Contrast {
        /// The class spoken for.
        of: usize,
        /// The class spoken against.
        against: usize,
    },
    /// Of a dense output `[picture, class, row, column]`: the sum of a class's scores over a region.
    Region {
        /// The class.
        class: usize,
        /// The region, at the output's resolution.
        mask: Array2<bool>,
    },
}

/// What number stands for a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Score {
    /// The output as it is: the logit, where the network does not end in a softmax.
    #[default]
    Logit,
    /// The softmax over the classes of the output.
    Softmax,
}

impl Score {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Logit => "logit",
            Self::Softmax => "softmax",
        }
    }
}

impl CamTarget {
    pub(super) fn is_one_class(&self) -> bool {
        matches!(self, Self::Predicted | Self::Class(_) | Self::Classes(_))
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Predicted => "the class with the largest output".to_owned(),
            Self::Class(class) => format!("class {class}"),
            Self::Classes(classes) => format!("classes {classes:?}"),
            Self::Contrast { of, against } => format!("class {of} rather than class {against}"),
            Self::Region { class, mask } => {
                let n = mask.iter().filter(|it| **it).count();
                format!("class {class} at {n} positions")
            }
        }
    }

    /// The classes meant for these outputs, of which the first is that of picture `first`.
    fn classes(&self, output: &Tensor, first: usize) -> Result<Vec<usize>, Error> {
        let n = output.shape()[0];
        match self {
            Self::Predicted => Ok(output.top_class()?),
            Self::Class(class) | Self::Contrast { of: class, .. } | Self::Region { class, .. } => {
                Ok(vec![*class; n])
            }
            Self::Classes(classes) => classes
                .get(first..first + n)
                .map(<[usize]>::to_vec)
                .ok_or(Error::Classes { n_classes: classes.len(), needed: first + n }),
        }
    }

    /// The number to be explained, as a function of the output.
    pub(super) fn resolve(&self, output: &Tensor, score: Score, first: usize) -> Result<Objective, Error> {
        match (self, &output.shape()[..]) {
            (Self::Region { class, mask }, &[n, available, rows, columns]) => {
                check_class(*class, available)?;
                check_region(mask, [rows, columns])?;
                Ok(Objective::weighted(vec![*class; n], region(output, *class, mask)?, score))
            }
            (Self::Region { .. }, shape) => Err(Error::Output {
                expected: "[picture, class, row, column] for a region",
                actual: shape.to_vec(),
            }),
            (_, &[_, available]) => {
                let classes = self.classes(output, first)?;
                classes.iter().try_for_each(|it| check_class(*it, available))?;
                let mut weights = one_hot(output, &classes)?;
                if let Self::Contrast { against, .. } = self {
                    check_class(*against, available)?;
                    weights = weights.sub(&one_hot(output, &vec![*against; classes.len()])?)?;
                }
                Ok(Objective::weighted(classes, weights, score))
            }
            (_, shape) => Err(Error::Output {
                expected: "[picture, class]; of a dense output, explain a region",
                actual: shape.to_vec(),
            }),
        }
    }
}

pub(super) fn one_hot(output: &Tensor, classes: &[usize]) -> Result<Tensor, Error> {
    let available = output.shape()[1];
    let mut weights = vec![0.0_f32; classes.len() * available];
    classes.iter().enumerate().for_each(|(i, class)| weights[i * available + class] = 1.0);
    Ok(Tensor::from_vec(weights, &[classes.len(), available], &output.device())?.cast(output.element())?)
}

fn region(output: &Tensor, class: usize, mask: &Array2<bool>) -> Result<Tensor, Error> {
    let shape = output.shape();
    let (available, n_positions) = (shape[1], mask.len());
    let mut weights = vec![0.0_f32; available * n_positions];
    mask.iter().enumerate().filter(|(_, it)| **it).for_each(|(i, _)| weights[class * n_positions + i] = 1.0);
    let weights = Tensor::from_vec(weights, &[1, available, shape[2], shape[3]], &output.device())?;
    Ok(weights.cast(Element::F32)?.cast(output.element())?.expand(&shape)?)
}

fn check_class(asked: usize, available: usize) -> Result<(), Error> {
    if asked < available { Ok(()) } else { Err(rationale_core::Error::Target { asked, available }.into()) }
}

fn check_region(mask: &Array2<bool>, expected: [usize; 2]) -> Result<(), Error> {
    let actual = [mask.nrows(), mask.ncols()];
    if actual != expected {
        return Err(Error::Shape { what: "the region", expected, actual });
    }
    if mask.iter().any(|it| *it) { Ok(()) } else { Err(Error::EmptyRegion) }
}
