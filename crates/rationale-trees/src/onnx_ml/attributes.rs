//! The attributes of a node, each of the kind that the specification gives it.

use super::proto::{Attribute, Node};
use super::{FORMAT, malformed};
use crate::Error;

/// The attributes of one node.
#[derive(Clone, Copy)]
pub(super) struct Attributes<'a>(&'a Node);

impl<'a> Attributes<'a> {
    /// Of a node.
    pub(super) fn of(node: &'a Node) -> Self {
        Self(node)
    }

    /// Fails where there are attributes of other names: they may change what the node means.
    pub(super) fn check_names(self, known: &[&str]) -> Result<(), Error> {
        let unknown = self.0.attribute.iter().filter(|attribute| !known.contains(&attribute.name.as_str()));
        let parts: Vec<_> = unknown
            .map(|attribute| format!("the attribute `{}` of {}", attribute.name, self.0.op_type))
            .collect();
        if parts.is_empty() {
            Ok(())
        } else {
            Err(Error::Unsupported { format: FORMAT, parts, advice: super::OPSETS })
        }
    }

    /// Whole numbers; none where the attribute is absent.
    pub(super) fn integers(self, name: &str) -> &'a [i64] {
        self.get(name).map_or(&[], |attribute| &attribute.ints)
    }

    /// Indices and counts.
    pub(super) fn indices(self, name: &str) -> Result<Vec<usize>, Error> {
        let index = |value: &i64| {
            usize::try_from(*value).map_err(|_| malformed(name, "indices, at least 0,", value.to_string()))
        };
        self.integers(name).iter().map(index).collect()
    }

    /// One whole number.
    pub(super) fn integer(self, name: &str) -> Option<i64> {
        self.get(name).and_then(|attribute| attribute.i)
    }

    /// Numbers: from the tensor `NAME_as_tensor` where there is one, else from the floats `NAME`.
    pub(super) fn numbers(self, name: &str) -> Result<Vec<f64>, Error> {
        match self.tensor(&format!("{name}_as_tensor"))? {
            Some(numbers) => Ok(numbers),
            None => Ok(self
                .get(name)
                .map_or_else(Vec::new, |list| list.floats.iter().copied().map(f64::from).collect())),
        }
    }

    /// The numbers of a tensor.
    pub(super) fn tensor(self, name: &str) -> Result<Option<Vec<f64>>, Error> {
        let Some(tensor) = self.get(name).and_then(|attribute| attribute.t.as_ref()) else { return Ok(None) };
        let wrong =
            || malformed(name, "a tensor of float, double or uint8 in the file itself", "another".to_owned());
        tensor.numbers().map(Some).ok_or_else(wrong)
    }

    /// A text.
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(|attribute| std::str::from_utf8(&attribute.s).ok())
    }

    /// Texts; none where the attribute is absent.
    pub(super) fn texts(self, name: &str) -> Result<Vec<&'a str>, Error> {
        let texts = self.get(name).map_or(&[][..], |attribute| &attribute.strings).iter();
        let wrong = |_| malformed(name, "texts in UTF-8", "other bytes".to_owned());
        texts.map(|text| std::str::from_utf8(text).map_err(wrong)).collect()
    }

    fn get(self, name: &str) -> Option<&'a Attribute> {
        self.0.attribute.iter().find(|attribute| attribute.name == name)
    }
}
