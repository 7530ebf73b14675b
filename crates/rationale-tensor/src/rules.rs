//! Attribution rules: operators run so that automatic differentiation finds a rule's multipliers in the place of
//! gradients.
//!
//! A rule goes by what an operator is ([`Nature`](crate::Nature)) and not by modules or layers, so it does not matter
//! whether a network comes from a file or is written by hand, calls functions or modules, or uses one module twice.
//! Its answer for an example never depends on the examples beside it.
//!
//! | rule | what [`differentiate_run`](crate::differentiate_run) then gives |
//! |---|---|
//! | [`GuidedBackpropagation`], [`Deconvolution`] | a filtered gradient |
//! | [`Rescale`], [`RevealCancel`] (DeepLIFT) | multipliers: attributions are these times (input - reference) |
//! | [`RelevancePropagation`] (LRP) | relevance itself |

mod deconvolution;
mod elementwise;
mod guided_backpropagation;
mod layer_rule;
mod maximum;
mod path;
mod reference;
mod relevance_propagation;
mod rescale;
mod reveal_cancel;
mod softmax;

use crate::{Error, Tensor};

pub use deconvolution::Deconvolution;
pub use guided_backpropagation::GuidedBackpropagation;
pub use layer_rule::LayerRule;
pub use reference::Reference;
pub use relevance_propagation::RelevancePropagation;
pub use rescale::Rescale;
pub use reveal_cancel::RevealCancel;

/// An operator's inputs, of which some may be left out.
type Inputs = [Option<Tensor>];

fn is_followed(inputs: &Inputs) -> bool {
    inputs.iter().flatten().any(Tensor::is_followed)
}

/// The inputs through which a gradient would pass.
fn followed(inputs: &Inputs) -> Vec<usize> {
    (0..inputs.len()).filter(|&i| inputs[i].as_ref().is_some_and(Tensor::is_followed)).collect()
}

fn detached(inputs: &Inputs) -> Vec<Option<Tensor>> {
    inputs.iter().map(|it| it.as_ref().map(Tensor::detach)).collect()
}

/// The inputs with each followed one in another form.
fn with_followed(
    inputs: &Inputs,
    form: impl Fn(usize, &Tensor) -> Result<Tensor, Error>,
) -> Result<Vec<Option<Tensor>>, Error> {
    let of = |(i, input): (usize, &Option<Tensor>)| match input {
        Some(it) if it.is_followed() => form(i, it).map(Some),
        other => Ok(other.clone()),
    };
    inputs.iter().enumerate().map(of).collect()
}

/// The values of `outputs`, with the gradients of `twins`; an output that is not of reals has none.
fn valued(twins: Vec<Tensor>, outputs: &[Tensor]) -> Result<Vec<Tensor>, Error> {
    let of = |(twin, output): (Tensor, &Tensor)| {
        if twin.is_followed() { twin.with_value(output) } else { Ok(output.clone()) }
    };
    twins.into_iter().zip(outputs).map(of).collect()
}

/// `yes` where the condition holds, elsewhere a number.
fn where_else(condition: &Tensor, yes: &Tensor, no: f64) -> Result<Tensor, Error> {
    condition.choose(yes, &Tensor::full(no, &vec![1; yes.rank()], yes.element(), &yes.detach().device())?)
}

/// 1 where the condition holds, else 0, in the type of `like`.
fn indicator(condition: &Tensor, like: &Tensor) -> Result<Tensor, Error> {
    condition.cast(like.element())
}
