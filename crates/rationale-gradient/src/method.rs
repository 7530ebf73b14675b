//! The pipeline that the whole family shares.

use ndarray::{Array1, Array2, ArrayD, Axis};
use rationale_core::{Evidence, Progress};
use rationale_tensor::{Network, Place, Tensor};

use crate::passes::{Passes, describe};
use crate::point::Point;
use crate::{Attribution, Error, Found, Settings, Task};

/// A method of the family: what it is told, and the step in which it differs from the others.
pub trait GradientMethod: Send + Sync {
    /// Where, which output, how many examples at once.
    fn settings(&self) -> &Settings;

    /// The values of some examples.
    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error>;

    /// Explains examples, which lie along dimension 0 of the network's inputs. A unit of progress is one example's way
    /// through the network.
    fn explain(
        &self,
        network: &dyn Network,
        inputs: &[Tensor],
        progress: &dyn Progress,
    ) -> Result<Attribution, Error> {
        explain(self.settings(), &|task| self.attribute(task), network, inputs, progress)
    }
}

type Attribute<'a> = &'a dyn Fn(&Task<'_>) -> Result<Found, Error>;

fn explain(
    settings: &Settings,
    attribute: Attribute<'_>,
    network: &dyn Network,
    inputs: &[Tensor],
    progress: &dyn Progress,
) -> Result<Attribution, Error> {
    let _span = tracing::debug_span!("gradient").entered();
    settings.check()?;
    let passes = Passes::new(network, settings, inputs, progress)?;
    let all = passes.point(inputs)?;
    let n = all.n_examples();
    let mut parts = Vec::new();
    for first in (0..n).step_by(passes.batch_size()) {
        let numbers: Vec<usize> = (first..n.min(first + passes.batch_size())).collect();
        parts.push(Part::of(&passes, all.examples(&numbers)?, first, attribute)?);
    }
    assemble(&passes, &parts)
}

/// What was found for some examples.
struct Part {
    values: Vec<ArrayD<f64>>,
    standard_error: Option<Vec<ArrayD<f64>>>,
    targets: Vec<usize>,
    predictions: Vec<f64>,
    base_values: Option<Vec<f64>>,
    gaps: Option<Vec<f64>>,
    steps: Option<Vec<usize>>,
    logits: Array2<f64>,
    warnings: Vec<String>,
    evidence: Evidence,
}

impl Part {
    fn of(passes: &Passes<'_>, point: Point, first: usize, attribute: Attribute<'_>) -> Result<Self, Error> {
        let looked = passes.look(point, first)?;
        let mut warnings = Vec::new();
        let mut found = match &looked.task {
            Some(task) => attribute(task)?,
            None => Found::new(Vec::new(), Evidence::default()),
        };
        passes.check_values(&found.values)?;
        warnings.append(&mut found.warnings);
        let values = looked.spread(&found.values, passes.places(), &mut warnings)?;
        let standard_error = found.standard_error.as_ref();
        let standard_error =
            standard_error.map(|it| looked.spread(it, passes.places(), &mut Vec::new())).transpose()?;
        let gaps = found.base_values.as_ref().map(|base| gaps(&values, &looked.predictions, base));
        Ok(Self {
            values,
            standard_error,
            targets: looked.elements,
            predictions: looked.predictions,
            base_values: found.base_values,
            gaps,
            steps: found.steps,
            logits: looked.logits,
            warnings,
            evidence: found.evidence,
        })
    }
}

/// The sum of each example's values at all places, minus what they should add up to.
fn gaps(values: &[ArrayD<f64>], predictions: &[f64], base: &[f64]) -> Vec<f64> {
    let n = predictions.len();
    let mut gaps: Vec<f64> = predictions.iter().zip(base).map(|(of, from)| from - of).collect();
    for values in values {
        let sums = values.as_slice_memory_order().map(|it| it.chunks(it.len() / n.max(1)));
        let sums = sums.into_iter().flatten().map(|it| it.iter().sum::<f64>());
        gaps.iter_mut().zip(sums).for_each(|(gap, sum)| *gap += sum);
    }
    gaps
}

fn assemble(passes: &Passes<'_>, parts: &[Part]) -> Result<Attribution, Error> {
    let joined = |of: &dyn Fn(&Part) -> Option<&Vec<ArrayD<f64>>>| -> Result<Vec<ArrayD<f64>>, Error> {
        let n_places = passes.places().len();
        (0..n_places).map(|place| join(parts.iter().filter_map(|it| of(it).map(|it| &it[place])))).collect()
    };
    let values = joined(&|it| Some(&it.values))?;
    let has_errors = parts.iter().any(|it| it.standard_error.is_some());
    let standard_error = has_errors.then(|| joined(&|it| it.standard_error.as_ref())).transpose()?;
    let logits: Vec<_> = parts.iter().map(|it| it.logits.view()).collect();
    let logits = ndarray::concatenate(Axis(0), &logits).map_err(|_| unequal())?;
    let numbers = |of: &dyn Fn(&Part) -> Option<&Vec<f64>>| -> Option<Array1<f64>> {
        let lists: Option<Vec<_>> = parts.iter().map(of).collect();
        lists.map(|it| it.into_iter().flatten().copied().collect())
    };
    let steps: Option<Vec<_>> = parts.iter().map(|it| it.steps.as_ref()).collect();
    let attribution = Attribution {
        places: passes.places().to_vec(),
        values,
        standard_error,
        targets: parts.iter().flat_map(|it| it.targets.iter().copied()).collect(),
        predictions: numbers(&|it| Some(&it.predictions)).unwrap_or_default(),
        base_values: numbers(&|it| it.base_values.as_ref()),
        completeness_gaps: numbers(&|it| it.gaps.as_ref()),
        steps: steps.map(|it| it.into_iter().flatten().copied().collect()),
        logits,
        evidence: Evidence::default(),
    };
    Ok(with_evidence(attribution, passes, parts))
}

fn with_evidence(mut attribution: Attribution, passes: &Passes<'_>, parts: &[Part]) -> Attribution {
    let mut evidence = parts.first().map(|it| it.evidence.clone()).unwrap_or_default();
    passes.engine().clone_into(&mut evidence.engine);
    let places: Vec<_> = passes.places().iter().map(describe).collect();
    let mut evidence = evidence
        .with_parameter("places", places.join("; ").as_str())
        .with_parameter("target", passes.target().describe().as_str())
        .with_parameter("batch_size", passes.batch_size())
        .with_parameter("caveat", Attribution::CAVEAT)
        .with_model_calls(passes.calls());
    evidence.steps = attribution.steps.as_ref().and_then(|it| it.iter().copied().max());
    if let Some(gaps) = &attribution.completeness_gaps {
        evidence.completeness_gap = gaps.iter().map(|it| it.abs()).reduce(f64::max);
        evidence.completeness_gaps = Some(gaps.to_vec());
    }
    for warning in parts.iter().flat_map(|it| &it.warnings) {
        if !evidence.warnings.contains(warning) {
            tracing::warn!("{warning}");
            evidence.warnings.push(warning.clone());
        }
    }
    attribution.evidence = evidence;
    attribution
}

fn join<'a>(arrays: impl Iterator<Item = &'a ArrayD<f64>>) -> Result<ArrayD<f64>, Error> {
    let views: Vec<_> = arrays.map(ndarray::ArrayBase::view).collect();
    ndarray::concatenate(Axis(0), &views).map_err(|_| unequal())
}

/// Examples of one batch have one shape, so this does not happen with a network that keeps to its interface.
fn unequal() -> Error {
    let (expected, actual) = ("values of one shape for all examples".to_owned(), "several shapes".to_owned());
    rationale_tensor::Error::Inputs { expected, actual }.into()
}

/// What is known of some examples before the method begins.
pub(crate) struct Looked<'a> {
    /// `None` where the target depends on none of the places.
    pub(crate) task: Option<Task<'a>>,
    pub(crate) elements: Vec<usize>,
    pub(crate) predictions: Vec<f64>,
    pub(crate) logits: Array2<f64>,
    /// For each place its value's shape, and whether the output is computed from it.
    pub(crate) shapes: Vec<(Vec<usize>, bool)>,
}

impl Looked<'_> {
    /// Values of all places from those of the places that take part; the others have zeros, and a warning.
    fn spread(
        &self,
        values: &[Tensor],
        places: &[Place],
        warnings: &mut Vec<String>,
    ) -> Result<Vec<ArrayD<f64>>, Error> {
        let mut left = values.iter();
        let mut all = Vec::new();
        for ((shape, takes_part), place) in self.shapes.iter().zip(places) {
            let value = takes_part.then(|| left.next()).flatten().map(Tensor::to_array_f64).transpose()?;
            let value = value.unwrap_or_else(|| ArrayD::zeros(shape.clone()));
            if value.iter().all(|it| *it == 0.0) {
                warnings.push(format!(
                    "every value at {} is 0: the target does not depend on it",
                    describe(place)
                ));
            }
            all.push(value);
        }
        Ok(all)
    }
}
