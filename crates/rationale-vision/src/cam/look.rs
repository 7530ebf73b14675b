//! One look at a batch of pictures: the output, what is explained, and the layers' values and gradients.

use std::cell::RefCell;
use std::collections::VecDeque;

use ndarray::{Array4, ArrayView3, Axis};
use rationale_core::Seed;
use rationale_tensor::{Error as RunError, Place as RunPlace, Rule, Run, Site, Tensor};

use super::explain::ClassActivation;
use super::layer::{Layer, Met, last};
use super::objective::Objective;
use super::passes::{Passes, cut};
use crate::Error;

/// How many bytes of values are kept while the last layer is looked for, so that it need not be computed again.
const KEPT_BYTES: usize = 256 << 20;

/// A layer and what was found there.
pub(super) struct Seen {
    pub(super) layer: Layer,
    pub(super) value: Tensor,
    pub(super) activation: Array4<f64>,
    gradient: Array4<f64>,
}

/// What one pass through the network gave.
pub(super) struct Look {
    pub(super) output: Tensor,
    pub(super) objective: Objective,
    pub(super) seen: Vec<Seen>,
}

/// One picture and one layer: what a member of the family is asked about.
pub(super) struct Place<'a> {
    pub(super) settings: &'a ClassActivation,
    pub(super) passes: &'a Passes<'a>,
    pub(super) pictures: &'a Tensor,
    pub(super) look: &'a Look,
    pub(super) layer_index: usize,
    /// Within the batch.
    pub(super) index: usize,
    /// Of the batch's first picture.
    pub(super) first: usize,
}

impl<'a> Place<'a> {
    pub(super) fn seen(&self) -> &'a Seen {
        &self.look.seen[self.layer_index]
    }

    pub(super) fn activation(&self) -> ArrayView3<'a, f64> {
        self.seen().activation.index_axis(Axis(0), self.index)
    }

    /// Empty where the member asks for none.
    pub(super) fn gradient(&self) -> ArrayView3<'a, f64> {
        self.seen().gradient.index_axis(Axis(0), self.index)
    }

    pub(super) fn n_channels(&self) -> usize {
        self.activation().len_of(Axis(0))
    }

    pub(super) fn layer_index(&self) -> usize {
        self.layer_index
    }

    /// The picture's place among all.
    pub(super) fn picture(&self) -> usize {
        self.first + self.index
    }

    pub(super) fn seed(&self) -> Seed {
        self.settings.seed
    }

    /// The picture itself `[1, ..]`.
    pub(super) fn input(&self) -> Result<Tensor, Error> {
        Ok(self.pictures.narrow(0, self.index, self.index + 1)?)
    }

    /// The layer's value for it `[1, ..]`.
    pub(super) fn value(&self) -> Result<Tensor, Error> {
        Ok(self.seen().value.narrow(0, self.index, self.index + 1)?)
    }

    /// What is explained of it.
    pub(super) fn objective(&self) -> Result<Objective, Error> {
        self.look.objective.of(self.index)
    }

    /// The number that is explained.
    pub(super) fn score(&self) -> Result<f64, Error> {
        let output = self.look.output.narrow(0, self.index, self.index + 1)?;
        let scores = self.objective()?.scores(&output)?.to_f64s()?;
        scores.first().copied().ok_or(Error::Output { expected: "[picture, class]", actual: output.shape() })
    }

    /// Notes the error of a number that is a difference.
    pub(super) fn note_error(&self, error: f64) {
        self.passes.note_error(error);
    }

    /// The gradient at the layer where it has another value `[1, ..]`, with operators run by a rule.
    pub(super) fn gradient_by(&self, value: &Tensor, rule: &dyn Rule) -> Result<Array4<f64>, Error> {
        let (layer, objective) = (&self.seen().layer, self.objective()?);
        let target = |output: &Tensor| objective.scores(output);
        layer.pictures(&self.passes.gradient(&self.input()?, (&layer.name, value), rule, &target)?)
    }

    /// The gradient at the layer where it has another value `[1, ..]`, as `[channel, row, column]`.
    pub(super) fn gradient_at(&self, value: &Tensor) -> Result<Array4<f64>, Error> {
        let (layer, objective) = (&self.seen().layer, self.objective()?);
        let places = [RunPlace::Site(layer.name.clone())];
        let given = [(layer.name.as_str(), value)];
        let target = |output: &Tensor| objective.scores(output);
        let found = self.passes.differentiate(&self.input()?, &given, &places, &target)?;
        layer.pictures(&found.gradients[0])
    }
}

/// Looks at a batch. Layers that are known already are taken; else they are found.
pub(super) fn look(
    settings: &ClassActivation,
    passes: &Passes<'_>,
    pictures: &Tensor,
    first: usize,
    known: Option<&[Layer]>,
    objective: Option<&Objective>,
) -> Result<Look, Error> {
    let resolve = |output: &Tensor| match objective {
        Some(objective) => Ok(objective.clone()),
        None => settings.resolve(output, first),
    };
    let sites = match known {
        Some(layers) => layers.iter().map(|it| site(passes, &it.name)).collect::<Result<Vec<_>, _>>()?,
        None => settings.layers.names().iter().map(|it| site(passes, it)).collect::<Result<_, _>>()?,
    };
    let found = if sites.is_empty() {
        scout(settings, passes, pictures, &resolve)?
    } else if settings.method.needs_gradient() {
        differentiated(passes, pictures, &sites, &resolve)?
    } else {
        watched(passes, pictures, &sites, &resolve)?
    };
    seen(settings, passes, pictures.shape()[0], found)
}

fn site(passes: &Passes<'_>, name: &str) -> Result<Site, Error> {
    Ok(passes.interface().site(name)?.clone())
}

type Resolve<'a> = &'a dyn Fn(&Tensor) -> Result<Objective, Error>;

/// A look before its values are read.
struct Found {
    output: Tensor,
    objective: Objective,
    sites: Vec<Site>,
    values: Vec<Tensor>,
    /// As many as values, or none.
    gradients: Vec<Tensor>,
}

fn watched(
    passes: &Passes<'_>,
    pictures: &Tensor,
    sites: &[Site],
    resolve: Resolve<'_>,
) -> Result<Found, Error> {
    let n = pictures.shape()[0];
    let run = Run::new(&[passes.filled(pictures)?]);
    let mut run = sites.iter().fold(run, |run, site| run.watch(&site.name));
    let output = passes.run(&mut run, n)?;
    let watched = sites.iter().map(|site| cut(run.watched(&site.name)?, n));
    let values = watched.collect::<Result<_, RunError>>()?;
    Ok(Found { objective: resolve(&output)?, output, sites: sites.to_vec(), values, gradients: Vec::new() })
}

fn differentiated(
    passes: &Passes<'_>,
    pictures: &Tensor,
    sites: &[Site],
    resolve: Resolve<'_>,
) -> Result<Found, Error> {
    differentiated_from(passes, pictures, None, sites, resolve)
}

fn differentiated_from(
    passes: &Passes<'_>,
    pictures: &Tensor,
    given: Option<(&str, &Tensor)>,
    sites: &[Site],
    resolve: Resolve<'_>,
) -> Result<Found, Error> {
    let places: Vec<_> = sites.iter().map(|it| RunPlace::Site(it.name.clone())).collect();
    // What is explained may depend on the output, so it is decided between the two halves of the pass.
    let decided: RefCell<Option<Result<Objective, Error>>> = RefCell::new(None);
    let target = |output: &Tensor| {
        let objective = resolve(&output.detach());
        let scores = objective.as_ref().map_or(Err(RunError::Finished), |it| it.scores(output));
        *decided.borrow_mut() = Some(objective);
        scores
    };
    let given: Vec<_> = given.into_iter().collect();
    let found = passes.differentiate(pictures, &given, &places, &target);
    let decided = decided.into_inner().transpose()?;
    let mut found = found?;
    let objective = decided.map_or_else(|| resolve(&found.outputs[0]), Ok)?;
    let output = found.outputs.swap_remove(0);
    let sites = sites.to_vec();
    Ok(Found { output, objective, sites, values: found.values, gradients: found.gradients })
}

/// Looks for the last layer in a pass that is needed anyway, and goes on from there.
fn scout(
    settings: &ClassActivation,
    passes: &Passes<'_>,
    pictures: &Tensor,
    resolve: Resolve<'_>,
) -> Result<Found, Error> {
    let n = pictures.shape()[0];
    let kept = RefCell::new(Kept::default());
    let mut run = Run::new(&[passes.filled(pictures)?]);
    let sites = &passes.interface().sites;
    let first_kept = first_kept(sites);
    for (index, site) in sites.iter().enumerate() {
        let kept = &kept;
        run = run.edit(&site.name, move |value| {
            kept.borrow_mut().meet(site, cut(&value, n)?, index >= first_kept);
            Ok(value)
        });
    }
    let output = passes.run(&mut run, n)?;
    drop(run);
    let Kept { met, mut values, .. } = kept.into_inner();
    let index =
        last(&met, n, passes.axes().size, &output.shape()).ok_or(Error::NoLayer { n_sites: met.len() })?;
    let site = site(passes, &met[index].name)?;
    tracing::debug!(layer = site.name, operator = site.operator, "the last layer");
    let value = values.iter().position(|(it, _)| *it == index).map(|it| values.swap_remove_back(it));
    let Some(Some((_, value))) = value else { return again(settings, passes, pictures, site, resolve) };
    if settings.method.needs_gradient() {
        return differentiated_from(
            passes,
            pictures,
            Some((&site.name, &value)),
            std::slice::from_ref(&site),
            resolve,
        );
    }
    Ok(Found {
        objective: resolve(&output)?,
        output,
        sites: vec![site],
        values: vec![value],
        gradients: vec![],
    })
}

fn again(
    settings: &ClassActivation,
    passes: &Passes<'_>,
    pictures: &Tensor,
    site: Site,
    resolve: Resolve<'_>,
) -> Result<Found, Error> {
    if settings.method.needs_gradient() {
        return differentiated(passes, pictures, &[site], resolve);
    }
    watched(passes, pictures, &[site], resolve)
}

/// Before the last layer come at most so many of a network's last products with weights; with attention, a block's.
const LAST_PRODUCTS: [usize; 2] = [6, 16];

/// The first site whose value is kept while the last layer is looked for. A value that is kept cannot be overwritten by
/// the next operator, and its memory not be used again, so those that are hardly ever the last layer are let go.
fn first_kept(sites: &[Site]) -> usize {
    let is_product =
        |it: &Site| matches!(it.operator.as_str(), "Conv" | "ConvTranspose" | "MatMul" | "Gemm" | "Einsum");
    let attends = sites.iter().any(|it| matches!(it.operator.as_str(), "Softmax" | "Attention"));
    let products = sites.iter().enumerate().rev().filter(|(_, it)| is_product(it));
    products.map(|(index, _)| index).nth(LAST_PRODUCTS[usize::from(attends)] - 1).unwrap_or(0)
}

/// What was met on the way, and the latest of its values.
#[derive(Default)]
struct Kept {
    met: Vec<Met>,
    values: VecDeque<(usize, Tensor)>,
    bytes: usize,
}

impl Kept {
    fn meet(&mut self, site: &Site, value: Tensor, is_late: bool) {
        let shape = value.shape();
        if is_late && (3..=4).contains(&shape.len()) && value.kind() == rationale_tensor::Kind::Float {
            self.bytes += value.len() * value.element().size();
            self.values.push_back((self.met.len(), value));
        }
        self.met.push(Met { name: site.name.clone(), operator: site.operator.clone(), shape });
        while self.bytes > KEPT_BYTES {
            let Some((_, oldest)) = self.values.pop_front() else { break };
            self.bytes -= oldest.len() * oldest.element().size();
        }
    }
}

fn seen(settings: &ClassActivation, passes: &Passes<'_>, n: usize, found: Found) -> Result<Look, Error> {
    let mut seen = Vec::new();
    for (i, (site, value)) in found.sites.iter().zip(found.values).enumerate() {
        let layer = Layer::new(&site.name, &site.operator, &value, n, passes.axes().size, settings.layout)?;
        let activation = layer.pictures(&value)?;
        let gradient = match found.gradients.get(i) {
            Some(gradient) => layer.pictures(gradient)?,
            None => Array4::zeros((n, 0, 0, 0)),
        };
        seen.push(Seen { layer, value, activation, gradient });
    }
    Ok(Look { output: found.output, objective: found.objective, seen })
}
