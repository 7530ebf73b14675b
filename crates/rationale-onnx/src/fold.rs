//! Batch normalisations folded into the layers beside them.

use rationale_tensor::{Element, Error as RunError, Run, Tensor};

use crate::network::{OnnxNetwork, Step, ValueId, run_step};
use crate::{Attributes, Error};

impl OnnxNetwork {
    /// The same function with each batch normalisation folded into the weights of a layer beside it: into the `Conv`,
    /// `ConvTranspose` or `Gemm` before it, else into the `Conv` without padding or the `Gemm` behind it. The value between
    /// both must be used by nothing else; it is a site no longer. Other batch normalisations stay.
    ///
    /// Rules of relevance propagation that look at weights then see those that a layer works with, as zennit's canonizers
    /// have it (Anders et al. 2021). The difference to the network as it was is rounding.
    pub fn with_batch_normalization_folded(mut self) -> Result<Self, Error> {
        let mut at = 0;
        while at < self.steps.len() {
            let is_folded = match self.affine(at)? {
                Some(affine) => self.fold_backwards(at, &affine)? || self.fold_forwards(at, &affine)?,
                None => false,
            };
            if is_folded {
                self.steps.remove(at);
            } else {
                at += 1;
            }
        }
        self.index();
        Ok(self)
    }

    /// What the batch normalisation at this place multiplies by and adds.
    fn affine(&self, at: usize) -> Result<Option<Affine>, Error> {
        let step = &self.steps[at];
        let statistics: Vec<_> = step.inputs.iter().skip(1).map(|id| self.constant(*id)).collect();
        let ("BatchNormalization", [Some(scale), Some(bias), Some(mean), Some(variance)]) =
            (step.operator_name.as_str(), &statistics[..])
        else {
            return Ok(None);
        };
        let zeros = |like: &Tensor| like.full_like(0.0);
        let at_row = |x: f64, bias: &Tensor, mean: &Tensor| -> Result<Tensor, Error> {
            let row = scale.full_like(x)?.reshape(&[1, scale.len()])?;
            let inputs = [&row, scale, bias, mean, variance].map(|it| Some(it.clone()));
            let outputs = run_step(step, &inputs, &Run::default())?;
            let only = outputs.into_iter().next().ok_or_else(|| no_output(step))?;
            Ok(only.reshape(&[scale.len()])?)
        };
        Ok(Some(Affine {
            factor: at_row(1.0, &zeros(bias)?, &zeros(mean)?)?,
            shift: at_row(0.0, bias, mean)?,
        }))
    }

    /// Into the layer whose output is normalised.
    fn fold_backwards(&mut self, at: usize, affine: &Affine) -> Result<bool, Error> {
        let (Some(between), output) = (self.steps[at].inputs[0], self.steps[at].outputs[0]) else {
            return Ok(false);
        };
        let layer = self.steps.iter().position(|it| it.outputs.first() == Some(&Some(between)));
        let Some((layer, found)) = layer.and_then(|it| Some((it, self.layer(&self.steps[it])?))) else {
            return Ok(false);
        };
        if self.n_uses(between) != 1 || found.weights.shape()[found.outputs] != affine.factor.len() {
            return Ok(false);
        }
        let factor = along(&affine.factor, found.outputs, &found.weights)?;
        let bias = match &found.bias {
            Some(bias) => {
                bias.mul(&along_last(&affine.factor, bias)?)?.add(&along_last(&affine.shift, bias)?)?
            }
            None => affine.shift.cast(found.weights.element())?,
        };
        let weights = found.weights.mul(&factor)?;
        self.put(layer, weights, bias);
        self.steps[layer].outputs[0] = output;
        Ok(true)
    }

    /// Into the layer that is given what is normalised.
    fn fold_forwards(&mut self, at: usize, affine: &Affine) -> Result<bool, Error> {
        let Some(between) = self.steps[at].outputs[0] else { return Ok(false) };
        let layer = self.steps.iter().position(|it| it.inputs.first() == Some(&Some(between)));
        let Some((layer, found)) = layer.and_then(|it| Some((it, self.layer(&self.steps[it])?))) else {
            return Ok(false);
        };
        let is_whole = found.weights.shape()[found.inputs] == affine.factor.len();
        if self.n_uses(between) != 1 || found.is_padded || !is_whole {
            return Ok(false);
        }
        let shifted = found.of_constants(&affine.shift)?;
        let bias = match &found.bias {
            Some(bias) => bias.add(&along_last(&shifted, bias)?)?,
            None => shifted,
        };
        let weights = found.weights.mul(&along(&affine.factor, found.inputs, &found.weights)?)?;
        self.put(layer, weights, bias);
        self.steps[layer].inputs[0] = self.steps[at].inputs[0];
        Ok(true)
    }

    /// A step as a layer whose weights and bias are constants.
    fn layer(&self, step: &Step) -> Option<Layer> {
        let (attributes, [_, weights, rest @ ..]) = (&step.attributes, &step.inputs[..]) else { return None };
        let (outputs, inputs, alpha) = axes(&step.operator_name, attributes)?;
        let bias = match rest.first().copied().flatten() {
            Some(bias) => Some(self.constant(Some(bias)).filter(|it| it.rank() > 0)?),
            None => None,
        };
        let weights = self.constant(*weights).filter(|it| it.rank() >= 2)?;
        let is_padded = step.operator_name != "Gemm" && is_padded(step);
        Some(Layer { weights, bias, outputs, inputs, alpha, is_padded })
    }

    fn constant(&self, id: Option<ValueId>) -> Option<Tensor> {
        self.constants.get(&id?).cloned()
    }

    /// How often a value is taken, by steps and as an output.
    fn n_uses(&self, id: ValueId) -> usize {
        let by_steps = self.steps.iter().flat_map(|it| it.inputs.iter().flatten());
        by_steps.chain(&self.outputs).filter(|it| **it == id).count()
    }

    /// Gives a layer other weights; the old ones may be another layer's as well.
    fn put(&mut self, layer: usize, weights: Tensor, bias: Tensor) {
        let label = self.steps[layer].label.clone();
        self.steps[layer].inputs.resize(3, None);
        for (place, value) in [(1, weights), (2, bias)] {
            let id = self.names.len();
            self.names.push(format!("{label}, folded, {place}"));
            self.constants.insert(id, value);
            self.steps[layer].inputs[place] = Some(id);
        }
    }
}

/// x times factor plus shift, channel by channel.
struct Affine {
    factor: Tensor,
    shift: Tensor,
}

struct Layer {
    weights: Tensor,
    bias: Option<Tensor>,
    /// The dimension of the weights along which its output channels lie.
    outputs: usize,
    /// And its input channels.
    inputs: usize,
    /// What the product with the weights is multiplied by.
    alpha: f64,
    /// Whether zeros stand beside the input, to which a shift would have to be added too.
    is_padded: bool,
}

impl Layer {
    /// The layer's output, without its bias, where each input channel is the same everywhere.
    fn of_constants(&self, channels: &Tensor) -> Result<Tensor, RunError> {
        let shape = self.weights.shape();
        let rows = if self.outputs == 0 { self.weights.clone() } else { self.weights.swap(0, 1)? };
        let sizes = [shape[self.outputs], shape[self.inputs], shape[2..].iter().product()];
        let channels = along(channels, 1, &rows.reshape(&sizes)?)?;
        let products = rows.reshape(&sizes)?.mul(&channels)?.reshape(&[sizes[0], sizes[1] * sizes[2]])?;
        products.sum(1)?.reshape(&[sizes[0]])?.mul_number(self.alpha)
    }
}

/// Along which dimensions of the weights output and input channels lie, and the factor of their product.
fn axes(operator: &str, attributes: &Attributes) -> Option<(usize, usize, f64)> {
    let is = |name: &str, value: i64| attributes.int_or(name, value).is_ok_and(|it| it == value);
    match operator {
        "Conv" => Some((0, 1, 1.0)),
        "ConvTranspose" if is("group", 1) => Some((1, 0, 1.0)),
        "Gemm" if is("transA", 0) && attributes.float_or("beta", 1.0).is_ok_and(|it| it == 1.0) => {
            let alpha = f64::from(attributes.float_or("alpha", 1.0).ok()?);
            Some(if is("transB", 0) { (1, 0, alpha) } else { (0, 1, alpha) })
        }
        _ => None,
    }
}

/// Whether a convolution sees anything but its input; one that goes the other way does at its edges.
fn is_padded(step: &Step) -> bool {
    let pads = step.attributes.ints_or("pads", &[]).unwrap_or(&[1]);
    let rule = step.attributes.text_or("auto_pad", "NOTSET").unwrap_or_default();
    step.operator_name != "Conv" || pads.iter().any(|it| *it != 0) || !matches!(rule, "NOTSET" | "VALID")
}

/// Numbers, one a channel, along a dimension of `like`, in its type.
fn along(channels: &Tensor, dimension: usize, like: &Tensor) -> Result<Tensor, RunError> {
    let element: Element = like.element();
    let mut shape = vec![1; like.rank()];
    shape[dimension] = channels.len();
    channels.cast(element)?.reshape(&shape)
}

fn along_last(channels: &Tensor, like: &Tensor) -> Result<Tensor, RunError> {
    along(channels, like.rank() - 1, like)
}

fn no_output(step: &Step) -> RunError {
    RunError::Inputs { expected: "an output".to_owned(), actual: format!("none of `{}`", step.label) }
}
