//! Taking an operator's inputs.

use rationale_tensor::{Error, Operator, Runner, Tensor};

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

/// The one output of a part of an operator.
pub(super) fn one(run: &Runner<'_>, part: &dyn Operator, inputs: &[&Tensor]) -> Result<Tensor, Error> {
    let inputs: Vec<_> = inputs.iter().map(|it| Some((*it).clone())).collect();
    let outputs = run(part, &inputs)?;
    outputs.into_iter().next().ok_or_else(|| Error::Inputs {
        expected: "an output".to_owned(),
        actual: format!("none of {part:?}"),
    })
}
