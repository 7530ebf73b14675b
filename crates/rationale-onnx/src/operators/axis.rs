//! Dimensions and lengths as files give them: whole numbers, negative ones counted from the end.

use rationale_tensor::{Error, Tensor};

use super::operand::optional;
use crate::Node;

/// A dimension of a tensor with `rank` of them.
pub(super) fn axis(what: &'static str, asked: i64, rank: usize) -> Result<usize, Error> {
    let index = if asked < 0 { asked.saturating_add(rank as i64) } else { asked };
    usize::try_from(index).ok().filter(|it| *it < rank).ok_or(Error::Dimension { what, asked, rank })
}

/// Dimensions, none of them twice.
pub(super) fn axes(what: &'static str, asked: &[i64], rank: usize) -> Result<Vec<usize>, Error> {
    let mut found = Vec::new();
    for &it in asked {
        let place = axis(what, it, rank)?;
        if found.contains(&place) {
            return Err(Error::Setting {
                what: "a list of dimensions",
                expected: "each dimension once",
                actual: format!("{asked:?}"),
            });
        }
        found.push(place);
    }
    Ok(found)
}

/// A length, which is not negative.
pub(super) fn length(what: &'static str, asked: i64) -> Result<usize, Error> {
    let wrong = |_| Error::Setting { what, expected: "a length of at least 0", actual: asked.to_string() };
    usize::try_from(asked).map_err(wrong)
}

/// Lengths of dimensions.
pub(super) fn lengths(what: &'static str, asked: &[i64]) -> Result<Vec<usize>, Error> {
    asked.iter().map(|&it| length(what, it)).collect()
}

/// The one whole number of a tensor of one element.
pub(super) fn single(what: &'static str, tensor: &Tensor) -> Result<i64, Error> {
    match tensor.to_i64s()?[..] {
        [value] => Ok(value),
        _ => Err(Error::Shape {
            what: what.to_owned(),
            expected: "a single element".to_owned(),
            actual: tensor.shape(),
        }),
    }
}

/// Whole numbers that older operator sets give as an attribute, and newer ones as an input.
#[derive(Debug)]
pub(super) struct List {
    attribute: Option<Vec<i64>>,
    place: usize,
}

impl List {
    /// The attribute of this name, else the input in this place.
    pub(super) fn of(node: &Node, name: &str, place: usize) -> Result<Self, crate::Error> {
        let given = node.attributes.contains(name);
        let attribute = given.then(|| node.attributes.ints(name).map(<[i64]>::to_vec)).transpose()?;
        Ok(Self { attribute, place })
    }

    /// The numbers, where they are given.
    pub(super) fn read(&self, inputs: &[Option<Tensor>]) -> Result<Option<Vec<i64>>, Error> {
        match &self.attribute {
            Some(list) => Ok(Some(list.clone())),
            None => optional(inputs, self.place).map(Tensor::to_i64s).transpose(),
        }
    }

    /// The numbers, which must be given.
    pub(super) fn required(&self, inputs: &[Option<Tensor>], name: &str) -> Result<Vec<i64>, Error> {
        self.read(inputs)?.ok_or_else(|| Error::Inputs {
            expected: format!("`{name}` in place {}, or as an attribute", self.place),
            actual: "nothing there".to_owned(),
        })
    }
}
