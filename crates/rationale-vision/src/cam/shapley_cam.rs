//! Shapley-CAM. Cai 2025, <https://arxiv.org/abs/2501.06261>.
//!
//! ```text
//! w_k = 1/Z sum_ij (g - 1/2 H A)_kij
//! H A ~ (4 D(e) - D(2e)) / 3,  D(e) = (g(A + e A) - g(A - e A)) / 2e
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | the activation | `[channel, row, column]` |
//! | g, H | gradient and second derivative of the explained number at A | |
//! | Z | the number of positions | |
//! | e | [`CamMethod::ShapleyCam`](crate::CamMethod::ShapleyCam)`::step` | |
//!
//! Holds: the second-order part of the activations' Shapley values. Equal to Grad-CAM where what follows the layer is
//! linear in pieces, whose second derivative is 0.
//! Costs: as Grad-CAM, and five more passes with gradients through what lies behind the layer, of which one keeps the
//! slopes of its operators.
//! Departs: gradients are taken once only, so the product with the second derivative is a central difference of them,
//! after one step of Richardson's extrapolation, with an error of e^4 and of rounding over e. |D(e) - D(2e)| / 3 as a part
//! of the largest weight is in the evidence as `hvp_error`: it is what the extrapolation corrects. pytorch-grad-cam
//! differentiates twice. Across the kink of a ReLU a difference would see a bend that the derivative, 0 on either side, does
//! not; so operators of one or two slopes keep, while the activations move, the slopes that they have at A. Maxima of
//! several elements (max pooling) are not kept so.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ndarray::{Array3, Axis};
use rationale_tensor::{Error as RunError, Nature, Operator, Rule, Tensor};

use super::look::Place;
use super::weights::{Weights, spatial_mean};
use crate::Error;

pub(super) fn weights(at: &Place<'_>, step: f64) -> Result<Weights, Error> {
    if !(step > 0.0 && step < 0.5) {
        return Err(Error::Number {
            what: "the step of shapley-cam",
            value: step,
            expected: "between 0 and 0.5",
        });
    }
    let pieces = Pieces::default();
    at.gradient_by(&at.value()?, &pieces)?;
    let pieces = pieces.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (near, far) = (difference(at, step, &pieces)?, difference(at, 2.0 * step, &pieces)?);
    let correction = (&near - &far) / 3.0;
    let weights = spatial_mean((&at.gradient() - &((near + &correction) * 0.5)).view());
    let error = spatial_mean(correction.view()).fold(0.0_f64, |most, it| most.max(it.abs()));
    let largest = weights.fold(0.0_f64, |most, it| most.max(it.abs()));
    at.note_error(if largest > 0.0 { error / largest } else { error });
    Ok(Weights::Channels(weights))
}

/// D(e): how fast the gradient changes as the activation grows.
fn difference(at: &Place<'_>, step: f64, pieces: &[Option<Piece>]) -> Result<Array3<f64>, Error> {
    let value = at.value()?;
    let gradient = |factor: f64| -> Result<Array3<f64>, Error> {
        let rule = Kept { pieces, next: AtomicUsize::new(0) };
        Ok(at.gradient_by(&value.mul_number(factor)?, &rule)?.index_axis_move(Axis(0), 0))
    };
    Ok((gradient(1.0 + step)? - gradient(1.0 - step)?) / (2.0 * step))
}

/// An operator of one or two slopes as it is at A: y = y0 + slope (x - x0).
#[derive(Debug)]
struct Piece {
    x: Tensor,
    y: Tensor,
    slope: Tensor,
}

/// Runs operators as they are, and notes of each that works element by element its piece, if it has pieces.
#[derive(Default)]
struct Pieces(Mutex<Vec<Option<Piece>>>);

/// Runs operators in the same order, with the pieces noted.
struct Kept<'a> {
    pieces: &'a [Option<Piece>],
    next: AtomicUsize,
}

impl Rule for Pieces {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, RunError> {
        let outputs = operator.forward(inputs)?;
        if let Some(x) = elementwise_input(operator, inputs) {
            let piece = Piece::of(operator, inputs, x, &outputs)?;
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
        }
        Ok(outputs)
    }
}

impl Rule for Kept<'_> {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, RunError> {
        let Some(x) = elementwise_input(operator, inputs) else { return operator.forward(inputs) };
        match self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            Some(Some(piece)) => Ok(vec![piece.slope.mul(&x.sub(&piece.x)?)?.add(&piece.y)?]),
            _ => operator.forward(inputs),
        }
    }
}

/// What an operator works on, where it does so element by element and on the way from the layer.
fn elementwise_input<'a>(operator: &dyn Operator, inputs: &'a [Option<Tensor>]) -> Option<&'a Tensor> {
    let first = inputs.first()?.as_ref().filter(|it| it.is_followed())?;
    matches!(operator.nature(), Nature::Elementwise | Nature::Rectifier).then_some(first)
}

impl Piece {
    fn of(
        operator: &dyn Operator,
        inputs: &[Option<Tensor>],
        x: &Tensor,
        outputs: &[Tensor],
    ) -> Result<Option<Self>, RunError> {
        let [y] = outputs else { return Ok(None) };
        let slope = slope(operator, inputs, &x.detach())?;
        // Elsewhere, too: a sigmoid of one value has one slope there.
        let elsewhere = self::slope(operator, inputs, &x.detach().add_number(0.1)?)?;
        let bits = |slope: &Tensor| -> Result<BTreeSet<u32>, RunError> {
            Ok(slope.to_f32s()?.into_iter().map(|it| (it + 0.0).to_bits()).collect())
        };
        let slopes = &bits(&slope)? | &bits(&elsewhere)?;
        Ok((slopes.len() <= 2).then(|| Self { x: x.detach(), y: y.detach(), slope }))
    }
}

fn slope(operator: &dyn Operator, inputs: &[Option<Tensor>], x: &Tensor) -> Result<Tensor, RunError> {
    let leaf = x.leaf()?;
    let rest = inputs.iter().skip(1).map(|it| it.as_ref().map(Tensor::detach));
    let inputs: Vec<Option<Tensor>> = std::iter::once(Some(leaf.clone())).chain(rest).collect();
    let outputs = operator.forward(&inputs)?;
    let gradients = outputs.first().filter(|it| it.is_followed()).map(Tensor::backward).transpose()?;
    gradients.and_then(|it| it.of(&leaf)).map_or_else(|| x.full_like(0.0), Ok)
}
