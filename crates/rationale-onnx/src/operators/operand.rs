//! Taking an operator's inputs.

use rationale_tensor::{Error, Tensor};

/// An input that the operator cannot do without.
pub(super) fn required<'a>(
    inputs: &'a [Option<Tensor>],
    place: usize,
    name: &'static str,
) -> Result<&'a Tensor, Error> {
    optional(inputs, place).ok_or_else(|| Error::Inputs {
        expected: format!("`{name}` in place {place}"),
        actual: "nothing there".to_owned(),
    })
}

/// An input that may be left out.
pub(super) fn optional(inputs: &[Option<Tensor>], place: usize) -> Option<&Tensor> {
    inputs.get(place).and_then(Option::as_ref)
}

/// An input of a shape that does not fit.
pub(super) fn wrong_shape(what: &str, expected: impl Into<String>, actual: &[usize]) -> Error {
    Error::Shape { what: what.to_owned(), expected: expected.into(), actual: actual.to_vec() }
}
