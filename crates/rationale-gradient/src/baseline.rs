//! What an input is compared with.
//!
//! Absence has no one meaning: a black picture hides nothing from a network that looks for black. Sturmfels, Lundberg
//! and Lee 2020, <https://doi.org/10.23915/distill.00022>, compare the choices below.

use ndarray::{ArrayD, Axis};
use rationale_core::{Draws, Seed};
use rationale_tensor::{Place, Tensor};

use crate::passes::describe;
use crate::point::{Point, rows_of_example};
use crate::{Error, Task};

/// What the value at a place is compared with.
///
/// Several baselines, of [`Baseline::Several`] or of noise, are averaged: the attributions are the means over them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Baseline {
    /// Zeros: captum's default.
    Zero,
    /// One number everywhere, such as that of black.
    Constant(f64),
    /// The mean of these examples, which lie along dimension 0.
    Mean(Tensor),
    /// The value itself, blurred over its rows and columns by a Gaussian of this width in pixels.
    Blurred {
        /// The standard deviation of the Gaussian.
        sigma: f64,
    },
    /// Uniform noise, drawn so many times.
    Uniform {
        /// The smallest number.
        low: f64,
        /// The number that is not reached.
        high: f64,
        /// How many draws are averaged over.
        n_draws: usize,
        /// The seed.
        seed: Seed,
    },
    /// The value itself with Gaussian noise added, drawn so many times.
    Gaussian {
        /// The noise's standard deviation.
        standard_deviation: f64,
        /// How many draws are averaged over.
        n_draws: usize,
        /// The seed.
        seed: Seed,
    },
    /// This value: one for all examples, or one for each example of a batch, along dimension 0.
    Values(Tensor),
    /// What the network has at the place when it runs on these inputs, such as tokens that mean nothing. One example.
    Inputs(Vec<Tensor>),
    /// Each of these, averaged over.
    Several(Vec<Baseline>),
}

impl Baseline {
    /// In words, for the evidence.
    pub fn describe(&self) -> String {
        match self {
            Self::Zero => "zero".to_owned(),
            Self::Constant(value) => format!("constant {value}"),
            Self::Mean(examples) => {
                format!("mean of {} examples", examples.shape().first().copied().unwrap_or(0))
            }
            Self::Blurred { sigma } => format!("blurred, sigma {sigma}"),
            Self::Uniform { low, high, n_draws, seed } => {
                format!("uniform noise in [{low}, {high}), {n_draws} draws, seed {}", seed.get())
            }
            Self::Gaussian { standard_deviation, n_draws, seed } => {
                let seed = seed.get();
                format!(
                    "the input with noise of deviation {standard_deviation}, {n_draws} draws, seed {seed}"
                )
            }
            Self::Values(values) => format!("given, of shape {:?}", values.shape()),
            Self::Inputs(_) => "the network's own value for given inputs".to_owned(),
            Self::Several(all) => {
                let all: Vec<_> = all.iter().map(Self::describe).collect();
                format!("the mean over: {}", all.join("; "))
            }
        }
    }

    /// The baselines of one place, each of the shape of its value.
    fn resolve(&self, task: &Task<'_>, index: usize) -> Result<Vec<Tensor>, Error> {
        let (place, value) = (&task.places()[index], &task.values()[index]);
        Ok(match self {
            Self::Zero => vec![value.full_like(0.0)?],
            Self::Constant(number) => vec![value.full_like(*number)?],
            Self::Mean(examples) => {
                let mean = examples.mean(0).map_err(Error::from)?;
                vec![of_all_examples(&mean, place, value, task.n_examples())?]
            }
            Self::Blurred { sigma } => vec![blurred(value, *sigma)?],
            Self::Uniform { low, high, n_draws, seed } => {
                let number = |draws: &mut Draws, _: f64| low + (high - low) * draws.uniform();
                drawn(task, value, *n_draws, *seed, &number)?
            }
            Self::Gaussian { standard_deviation, n_draws, seed } => {
                let number = |draws: &mut Draws, at: f64| at + standard_deviation * draws.normal();
                drawn(task, value, *n_draws, *seed, &number)?
            }
            Self::Values(values) => vec![of_all_examples(values, place, value, task.n_examples())?],
            Self::Inputs(inputs) => vec![of_inputs(inputs, place, value, task)?],
            Self::Several(all) => {
                let all = all.iter().map(|it| it.resolve(task, index)).collect::<Result<Vec<_>, _>>()?;
                all.into_iter().flatten().collect()
            }
        })
    }
}

/// The baselines of all places of a task, `[baseline][place]`: one for all places, or one for each.
pub(crate) fn resolved(baselines: &[Baseline], task: &Task<'_>) -> Result<Vec<Vec<Tensor>>, Error> {
    let n_places = task.places().len();
    if baselines.len() != 1 && baselines.len() != n_places {
        return Err(Error::Count { what: "baselines", n_given: baselines.len(), needed: n_places });
    }
    let of_place = |index: usize| baselines[index.min(baselines.len() - 1)].resolve(task, index);
    let of_places = (0..n_places).map(of_place).collect::<Result<Vec<_>, _>>()?;
    let most = of_places.iter().map(Vec::len).max().unwrap_or(0);
    if most == 0 {
        return Err(rationale_core::Error::Empty { what: "the list of baselines" }.into());
    }
    for of_place in &of_places {
        if of_place.len() != 1 && of_place.len() != most {
            return Err(Error::Count { what: "baselines of a place", n_given: of_place.len(), needed: most });
        }
    }
    let at = |number: usize| of_places.iter().map(|it| it[number.min(it.len() - 1)].clone()).collect();
    Ok((0..most).map(at).collect())
}

pub(crate) fn described(baselines: &[Baseline]) -> String {
    baselines.iter().map(Baseline::describe).collect::<Vec<_>>().join(" | ")
}

/// A value of one example for all examples, or one of all examples as it is, in the type and on the device of `like`.
pub(crate) fn of_all_examples(
    given: &Tensor,
    place: &Place,
    like: &Tensor,
    n: usize,
) -> Result<Tensor, Error> {
    let expected = like.shape();
    let given = given.cast(like.element())?.to_device(&like.device());
    if given.shape() == expected {
        return Ok(given);
    }
    let rows = rows_of_example(like, n).unwrap_or(0);
    let one: Vec<usize> = [rows].into_iter().chain(expected.iter().skip(1).copied()).collect();
    if given.shape() != one || rows == 0 {
        return Err(Error::BaselineShape { place: describe(place), expected, actual: given.shape() });
    }
    Ok(given.repeat(0, n)?)
}

fn of_inputs(inputs: &[Tensor], place: &Place, value: &Tensor, task: &Task<'_>) -> Result<Tensor, Error> {
    let needed = task.network().interface().inputs.len();
    if inputs.len() != needed {
        return Err(Error::Count { what: "inputs of the baseline", n_given: inputs.len(), needed });
    }
    let point: Point = task.passes.point(inputs)?;
    let found = match place {
        Place::Input(index) => point.inputs()[*index].clone(),
        Place::Site(site) => task.passes.value_at(&point, site)?,
    };
    of_all_examples(&found, place, value, task.n_examples())
}

/// Numbers drawn for each example by its own number, so that batches change nothing.
fn drawn(
    task: &Task<'_>,
    value: &Tensor,
    n_draws: usize,
    seed: Seed,
    number: &dyn Fn(&mut Draws, f64) -> f64,
) -> Result<Vec<Tensor>, Error> {
    if n_draws == 0 {
        return Err(Error::Setting { what: "the number of draws", value: 0.0, expected: "at least 1" });
    }
    let values = value.to_f64s()?;
    let n = task.n_examples();
    let draw = |sample: usize| {
        let mut all = Vec::with_capacity(values.len());
        for (i, example) in values.chunks((values.len() / n.max(1)).max(1)).enumerate() {
            let mut draws = seed.draws("gradient baseline", (task.first() + i) as u64, sample as u64);
            all.extend(example.iter().map(|at| number(&mut draws, *at)));
        }
        Ok(Tensor::from_vec(all, &value.shape(), &value.device())?.cast(value.element())?)
    };
    (0..n_draws).map(draw).collect()
}

/// Blurred over rows and columns: the last two dimensions, or the two before a last one of at most 4 channels.
fn blurred(value: &Tensor, sigma: f64) -> Result<Tensor, Error> {
    if !(sigma > 0.0 && sigma.is_finite()) {
        return Err(Error::Setting { what: "the width of the blur", value: sigma, expected: "more than 0" });
    }
    let shape = value.shape();
    let rank = shape.len();
    if rank < 2 {
        let expected = "two dimensions to blur over".to_owned();
        return Err(Error::Shape { what: "the value at the place", expected, actual: shape });
    }
    let is_last_channel = rank == 4 && shape[3] <= 4 && shape[1] > 4;
    let first = if is_last_channel { 1 } else { rank - 2 };
    let mut array = value.to_array_f64()?;
    for axis in [first, first + 1] {
        blur_along(&mut array, axis, &kernel(sigma));
    }
    let blurred = Tensor::from_vec(array.iter().copied().collect(), &shape, &value.device())?;
    Ok(blurred.cast(value.element())?)
}

/// One half of a Gaussian from its middle on, cut at 4 deviations and summing to 1 with its mirror image, as scipy's.
fn kernel(sigma: f64) -> Vec<f64> {
    let radius = (4.0 * sigma + 0.5) as usize;
    let half: Vec<f64> = (0..=radius).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
    let total = 2.0 * half.iter().sum::<f64>() - half[0];
    half.iter().map(|it| it / total).collect()
}

fn blur_along(array: &mut ArrayD<f64>, axis: usize, half: &[f64]) {
    for mut lane in array.lanes_mut(Axis(axis)) {
        let values = lane.to_vec();
        for (i, value) in lane.iter_mut().enumerate() {
            let sides =
                |k: usize| mirrored(&values, i as isize - k as isize) + mirrored(&values, (i + k) as isize);
            *value = half[0] * values[i] + (1..half.len()).map(|k| half[k] * sides(k)).sum::<f64>();
        }
    }
}

/// The value at an index beyond the ends, where the row is seen in a mirror at its edge: d c b a | a b c d.
fn mirrored(values: &[f64], index: isize) -> f64 {
    let n = values.len() as isize;
    let index = index.rem_euclid(2 * n);
    values[if index < n { index } else { 2 * n - 1 - index } as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurs_as_scipy_does() {
        // scipy 1.17.1: gaussian_filter1d([0, 0, 1, 0, 5], 1.0)
        let mut array = ArrayD::from_shape_vec(vec![1, 5], vec![0.0, 0.0, 1.0, 0.0, 5.0]).unwrap();
        blur_along(&mut array, 1, &kernel(1.0));
        let right = [0.059_092_14, 0.264_933_74, 0.691_058_41, 1.721_918_14, 3.262_997_56];
        assert!(array.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-8), "{array}");
    }
}
