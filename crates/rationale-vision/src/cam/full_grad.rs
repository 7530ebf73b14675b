//! FullGrad. Srinivas and Fleuret 2019, <https://arxiv.org/abs/1905.00780>.
//!
//! ```text
//! f(x) = x . df/dx + sum_l b_l . df/dz_l                                       (2), full gradients
//! map  = Up(psi(|x * df/dx|)) + sum_l sum_c Up(psi(|b_lc * df/dz_lc|))          (3)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | x | the picture | `[1, channel, row, column]` |
//! | z_l | the output of linear operator l | any |
//! | b_l | what l gives for an input of zeros | that of z_l |
//! | psi | minmax, channel by channel | |
//! | Up | bilinear, half-pixel centres | |
//!
//! Holds: completeness, where each operator is linear, piecewise linear through 0, or moves elements: the two sides of (2)
//! differ by the `completeness_gap` of the evidence.
//! Costs: one forward and one backward pass to the picture, one forward pass of each linear operator more, and memory
//! for the biases of all.
//! Departs: pytorch-grad-cam sums over the biases of convolutions and batch normalisations as its modules hold them; here
//! every linear operator in space counts as it stands in the file, where both are often folded into one. Of biases without
//! space, such as that of the last layer, (2) takes account, and the map does not. Layers are not chosen. The weighting
//! (3) does not add up to f; only (2) does.

use std::sync::Mutex;

use ndarray::{Array2, Ix4};
use rationale_tensor::{Error as RunError, Nature, Operator, Rule, Run, Tensor};

use super::layer::LayerLayout;
use super::objective::Objective;
use super::passes::Passes;
use crate::picture::{MINMAX_EPS, scaled_to};
use crate::{Error, minmax};

/// What FullGrad finds in one picture.
pub(super) struct FullGradient {
    pub(super) map: Array2<f64>,
    pub(super) output: Tensor,
    pub(super) objective: Objective,
    pub(super) gap: f64,
}

/// Runs each operator as it is and notes what linear ones give for zeros, with a leaf of zeros added to their outputs.
#[derive(Default)]
struct Biases(Noted);

/// A bias, and the leaf whose gradient is that of the operator's output.
type Noted = Mutex<Vec<(Tensor, Tensor)>>;

impl Rule for Biases {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, RunError> {
        let mut outputs = operator.forward(inputs)?;
        let is_explained = inputs.iter().flatten().any(Tensor::is_followed);
        let is_linear = matches!(operator.nature(), Nature::Linear | Nature::Convolution | Nature::Dense);
        if !is_explained || !is_linear {
            return Ok(outputs);
        }
        let nothing = |it: &Tensor| if it.is_followed() { it.full_like(0.0) } else { Ok(it.clone()) };
        let zeros: Vec<Option<Tensor>> =
            inputs.iter().map(|it| it.as_ref().map(nothing).transpose()).collect::<Result<_, _>>()?;
        let biases = operator.forward(&zeros)?;
        for (output, bias) in outputs.iter_mut().zip(biases) {
            if bias.abs()?.total()?.to_f64s()?.iter().all(|it| *it == 0.0) {
                continue;
            }
            let leaf = output.full_like(0.0)?.leaf()?;
            *output = output.add(&leaf)?;
            if let Ok(mut noted) = self.0.lock() {
                noted.push((bias, leaf));
            }
        }
        Ok(outputs)
    }
}

/// The map of one picture `[1, ..]`.
pub(super) fn full_gradient(
    passes: &Passes<'_>,
    picture: &Tensor,
    resolve: &dyn Fn(&Tensor) -> Result<Objective, Error>,
) -> Result<FullGradient, Error> {
    let biases = Biases::default();
    let leaf = picture.leaf()?;
    let mut run = Run::new(&[passes.filled(&leaf)?]).with_rule(&biases);
    let output = passes.run(&mut run, 1)?;
    drop(run);
    let objective = resolve(&output.detach())?;
    let scores = objective.scores(&output)?;
    let gradients = scores.backward()?;
    let size = passes.axes().size;
    let mut sum = Sum { map: Array2::zeros(size), total: 0.0, size };
    if let Some(gradient) = gradients.of(&leaf) {
        let product = picture.mul(&gradient)?;
        sum.add(&if passes.axes().channel == 1 { product } else { product.permute(&[0, 3, 1, 2])? })?;
    }
    for (bias, leaf) in biases.0.into_inner().unwrap_or_default() {
        if let Some(gradient) = gradients.of(&leaf) {
            sum.add(&bias.mul(&gradient)?)?;
        }
    }
    let score = scores.detach().to_f64s()?.first().copied().unwrap_or(f64::NAN);
    let gap = (score - sum.total).abs();
    let map = minmax(sum.map.view(), MINMAX_EPS);
    Ok(FullGradient { map, output: output.detach(), objective, gap })
}

/// The terms of (2), added up, and drawn where they have a place.
struct Sum {
    map: Array2<f64>,
    total: f64,
    size: [usize; 2],
}

impl Sum {
    fn add(&mut self, product: &Tensor) -> Result<(), Error> {
        self.total += product.to_f64s()?.iter().sum::<f64>();
        let shape = product.shape();
        let Some(layout) = LayerLayout::infer("", &shape, shape[0], self.size) else { return Ok(()) };
        let product = layout.device_map(product)?.to_array_f64()?;
        // The filling of a batch, if any, has gradients of 0, and comes after the picture itself.
        let Ok(product) = product.into_dimensionality::<Ix4>() else { return Ok(()) };
        let Some(picture) = product.outer_iter().next() else { return Ok(()) };
        for channel in picture.outer_iter() {
            self.map += &scaled_to(channel.mapv(f64::abs).view(), self.size)?;
        }
        Ok(())
    }
}
