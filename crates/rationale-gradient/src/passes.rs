//! Passes through a network, counted and checked, in batches of the size that it takes.

use std::cell::Cell;

use ndarray::Array2;
use rationale_core::Progress;
use rationale_tensor::{
    Differentiated, Element, Error as RunError, Interface, Kind, Network, Place, Rule, Run, Tensor,
    differentiate_run,
};

use crate::method::Looked;
use crate::point::{Point, rows_of_example};
use crate::{Error, OutputTarget, Settings, Task};

/// A network as the members of the family use it.
pub(crate) struct Passes<'a> {
    network: &'a dyn Network,
    target: &'a OutputTarget,
    places: Vec<Place>,
    batch_size: usize,
    /// Whether the network fixes the number of examples of a run; smaller batches are then filled up.
    is_fixed: bool,
    progress: &'a dyn Progress,
    calls: Cell<u64>,
}

/// How many sites are offered where an input has no gradient.
const N_OFFERED: usize = 5;

impl<'a> Passes<'a> {
    pub(crate) fn new(
        network: &'a dyn Network,
        settings: &'a Settings,
        inputs: &[Tensor],
        progress: &'a dyn Progress,
    ) -> Result<Self, Error> {
        let interface = network.interface();
        if inputs.len() != interface.inputs.len() {
            let names: Vec<_> = interface.inputs.iter().map(|it| format!("`{}`", it.name)).collect();
            let actual = format!("{} tensors", inputs.len());
            return Err(RunError::Inputs { expected: names.join(", "), actual }.into());
        }
        let fixed =
            |it: &rationale_tensor::Port| it.shape.as_ref().and_then(|it| it.first().copied().flatten());
        let fixed = interface.inputs.iter().find_map(fixed);
        Ok(Self {
            network,
            target: &settings.target,
            places: settings.places.iter().map(|it| known(it, interface)).collect::<Result<_, _>>()?,
            batch_size: fixed.unwrap_or(settings.batch_size).max(1),
            is_fixed: fixed.is_some(),
            progress,
            calls: Cell::new(0),
        })
    }

    pub(crate) fn network(&self) -> &'a dyn Network {
        self.network
    }

    pub(crate) fn target(&self) -> &'a OutputTarget {
        self.target
    }

    /// The places by the names of their values.
    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// How many examples go through at once.
    pub(crate) fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// How many examples have gone through, the filling of batches left out.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.get()
    }

    pub(crate) fn engine(&self) -> &'static str {
        self.network.interface().device.name()
    }

    /// The inputs in the types and on the device of the network.
    pub(crate) fn point(&self, inputs: &[Tensor]) -> Result<Point, Error> {
        let interface = self.network.interface();
        let mut prepared = Vec::new();
        for (index, (input, port)) in inputs.iter().zip(&interface.inputs).enumerate() {
            check_input(index, input)?;
            prepared.push(input.cast(port.element)?.to_device(&interface.device));
        }
        let point = Point::new(prepared);
        if point.n_examples() == 0 {
            return Err(rationale_core::Error::Empty { what: "the list of examples" }.into());
        }
        Ok(point)
    }

    /// One forward pass: the values at the places, and what is explained.
    pub(crate) fn look(&'a self, point: Point, first: usize) -> Result<Looked<'a>, Error> {
        let n = point.n_examples();
        let watched = self.watch(&point)?;
        let output = self.target.output(&watched.outputs, n)?;
        let elements = self.target.elements(&output, first)?;
        let predictions = self.target.scores(&output, &elements)?.to_f64s()?;
        self.check_scores(&predictions, &point)?;
        let (mut values, mut places, mut shapes) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (value, takes_part)) in self.places.iter().zip(watched.values) {
            self.check_float(place, &value, &point, &elements)?;
            shapes.push((value.shape(), takes_part));
            if takes_part {
                places.push(place.clone());
                values.push(value);
            }
        }
        let width = output.len() / n;
        let logits = Array2::from_shape_vec((n, width), output.to_f64s()?).unwrap_or_default();
        let task = Task { passes: self, places, point, values, elements: elements.clone(), first };
        let task = (!task.places.is_empty()).then_some(task);
        Ok(Looked { task, elements, predictions, logits, shapes })
    }

    /// The outputs, and the value at each place with whether the outputs are computed from it.
    fn watch(&self, point: &Point) -> Result<Watched, Error> {
        let n = point.n_examples();
        let sites = || self.places.iter().filter_map(site);
        let mut run = sites().fold(self.filled(point)?.run(), Run::watch);
        let outputs = self.network.forward(&mut run)?;
        self.count(n);
        let mut values = Vec::new();
        for place in &self.places {
            values.push(match (place, run.watched(site(place).unwrap_or_default())) {
                (Place::Input(index), _) => (point.inputs()[*index].clone(), true),
                (Place::Site(_), Ok(value)) => (self.cut(value, n)?, true),
                (Place::Site(site), Err(_)) => (self.value_at(point, site)?, false),
            });
        }
        Ok(Watched { outputs, values })
    }

    /// The value at one site; no more is computed.
    pub(crate) fn value_at(&self, point: &Point, site: &str) -> Result<Tensor, Error> {
        let mut run = self.filled(point)?.run().watch(site).only_watched();
        match self.network.forward(&mut run) {
            Ok(_) | Err(RunError::Finished) => {}
            Err(error) => return Err(error.into()),
        }
        self.count(point.n_examples());
        self.cut(run.watched(site)?, point.n_examples())
    }

    /// A place by its name in the network, and its value, which can be differentiated.
    pub(crate) fn value_of(
        &self,
        place: &Place,
        point: &Point,
        elements: &[usize],
    ) -> Result<(Place, Tensor), Error> {
        let place = known(place, self.network.interface())?;
        let value = match &place {
            Place::Input(index) => point.inputs()[*index].clone(),
            Place::Site(site) => self.value_at(point, site)?,
        };
        self.check_float(&place, &value, point, elements)?;
        Ok((place, value))
    }

    /// The numbers explained, for these elements.
    pub(crate) fn scores(&self, point: &Point, elements: &[usize]) -> Result<Vec<f64>, Error> {
        let outputs = self.network.forward(&mut self.filled(point)?.run())?;
        self.count(elements.len());
        let output = self.target.output(&outputs, elements.len())?;
        let scores = self.target.scores(&output, elements)?.to_f64s()?;
        self.check_scores(&scores, point)?;
        Ok(scores)
    }

    /// The values, scores and gradients at places.
    pub(crate) fn differentiate(
        &self,
        point: &Point,
        places: &[Place],
        elements: &[usize],
        by: By<'_>,
    ) -> Result<(Differentiated, Vec<f64>), Error> {
        let n = elements.len();
        let mut found = self.gradients(point, places, elements, by)?;
        let scores = self.target.scores(&self.target.output(&found.outputs, n)?, elements)?.to_f64s()?;
        self.check_scores(&scores, point)?;
        for value in found.values.iter_mut().chain(&mut found.gradients) {
            *value = self.cut(value, n)?;
        }
        for (place, gradient) in places.iter().zip(&found.gradients) {
            if !gradient.total()?.to_f64s()?.iter().all(|it| it.is_finite()) {
                return Err(Error::GradientNotFinite { place: describe(place) });
            }
        }
        Ok((found, scores))
    }

    fn gradients(
        &self,
        point: &Point,
        places: &[Place],
        elements: &[usize],
        by: By<'_>,
    ) -> Result<Differentiated, Error> {
        let filled = self.filled(point)?;
        let target = |outputs: &[Tensor]| {
            let output = self.target.output(outputs, elements.len());
            let output = output.map_err(|error| RunError::Backend { message: error.to_string() })?;
            let scores = self.target.scores(&output, elements)?;
            if matches!(by, By::Relevance(_)) { scores.mul(&scores.detach()) } else { Ok(scores) }
        };
        let run = match by {
            By::Slopes => filled.run(),
            By::Multipliers(rule) | By::Relevance(rule) => filled.run().with_rule(rule),
        };
        let found = differentiate_run(self.network, run, places, &target)?;
        self.count(elements.len());
        Ok(found)
    }

    /// Values that were found for some examples must be finite.
    pub(crate) fn check_values(&self, values: &[Tensor]) -> Result<(), Error> {
        for (place, value) in self.places.iter().zip(values) {
            if !value.total()?.to_f64s()?.iter().all(|it| it.is_finite()) {
                return Err(Error::GradientNotFinite { place: describe(place) });
            }
        }
        Ok(())
    }

    fn check_scores(&self, scores: &[f64], point: &Point) -> Result<(), Error> {
        if scores.iter().all(|it| it.is_finite()) { Ok(()) } else { Err(self.first_not_finite(point)) }
    }

    /// Which site is the first with a number that is not finite: looked for in a run that watches all of them.
    fn first_not_finite(&self, point: &Point) -> Error {
        let sites = &self.network.interface().sites;
        let run = self.filled(point).map(|it| sites.iter().fold(it.run(), |run, it| run.watch(&it.name)));
        let mut run = match run {
            Ok(run) => run,
            Err(error) => return error.into(),
        };
        let outcome = self.network.forward(&mut run);
        for site in sites {
            let Ok(value) = run.watched(&site.name) else { continue };
            if let Some((at, value)) = not_finite(value) {
                let node = if site.node.is_empty() { &site.name } else { &site.node };
                let (site, operator, node) = (site.name.clone(), site.operator.clone(), node.clone());
                return Error::NotFinite { site, operator, node, at, value };
            }
        }
        match outcome {
            Err(error) => error.into(),
            Ok(_) => Error::NotFinite {
                site: "the output".to_owned(),
                operator: "the network".to_owned(),
                node: "behind its last site".to_owned(),
                at: 0,
                value: f64::NAN,
            },
        }
    }

    fn check_float(
        &self,
        place: &Place,
        value: &Tensor,
        point: &Point,
        elements: &[usize],
    ) -> Result<(), Error> {
        if value.kind() == Kind::Float {
            return Ok(());
        }
        let sites = self.sites_that_would_do(point, elements).unwrap_or_default();
        Err(Error::NoGradient { place: describe(place), element: value.element(), sites })
    }

    /// The first sites that the target has a gradient to, tables that are looked up in (embeddings) before others.
    fn sites_that_would_do(&self, point: &Point, elements: &[usize]) -> Result<Vec<String>, Error> {
        let interface = self.network.interface();
        let mut run = interface.sites.iter().fold(self.filled(point)?.run(), |run, it| run.watch(&it.name));
        self.network.forward(&mut run)?;
        let is_float = |name: &str| run.watched(name).is_ok_and(|it| it.kind() == Kind::Float);
        let mut candidates: Vec<_> = interface.sites.iter().filter(|it| is_float(&it.name)).collect();
        candidates.sort_by_key(|it| it.operator != "Gather");
        let places: Vec<Place> =
            candidates.iter().take(4 * N_OFFERED).map(|it| Place::Site(it.name.clone())).collect();
        drop(run);
        let found = self.gradients(point, &places, elements, By::Slopes)?;
        let mut sites = Vec::new();
        for (place, gradient) in places.iter().zip(&found.gradients) {
            if gradient.abs()?.total()?.to_f64s()?.iter().any(|it| *it != 0.0) {
                sites.extend(site(place).map(str::to_owned));
            }
        }
        sites.truncate(N_OFFERED);
        Ok(sites)
    }

    /// Filled up with copies of the last example, where the network fixes the number.
    pub(crate) fn filled(&self, point: &Point) -> Result<Point, RunError> {
        if self.is_fixed && point.n_examples() < self.batch_size {
            point.filled(self.batch_size)
        } else {
            Ok(point.clone())
        }
    }

    /// The rows of the first examples, where a batch was filled up.
    pub(crate) fn cut(&self, value: &Tensor, n: usize) -> Result<Tensor, Error> {
        if !self.is_fixed || n >= self.batch_size {
            return Ok(value.clone());
        }
        match rows_of_example(value, self.batch_size) {
            Some(rows) => Ok(value.narrow(0, 0, rows * n)?),
            None => Ok(value.clone()),
        }
    }

    pub(crate) fn count(&self, n: usize) {
        self.calls.set(self.calls.get() + n as u64);
        self.progress.advance(n as u64);
    }
}

/// What flows back through the network.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    /// Gradients.
    Slopes,
    /// A rule's multipliers in their place.
    Multipliers(&'a dyn Rule),
    /// A rule's relevance, of which the number explained has as much as it is.
    Relevance(&'a dyn Rule),
}

struct Watched {
    outputs: Vec<Tensor>,
    values: Vec<(Tensor, bool)>,
}

/// A place in words.
pub(crate) fn describe(place: &Place) -> String {
    match place {
        Place::Input(index) => format!("input {index}"),
        Place::Site(site) => format!("site `{site}`"),
    }
}

fn site(place: &Place) -> Option<&str> {
    match place {
        Place::Site(site) => Some(site),
        Place::Input(_) => None,
    }
}

/// The place by the name of its value, if the network has it.
fn known(place: &Place, interface: &Interface) -> Result<Place, Error> {
    match place {
        Place::Input(index) if *index < interface.inputs.len() => Ok(place.clone()),
        Place::Input(index) => {
            let expected = format!("{} inputs, counted from 0", interface.inputs.len());
            Err(RunError::Inputs { expected, actual: format!("place input {index}") }.into())
        }
        Place::Site(name) => Ok(Place::Site(interface.site(name)?.name.clone())),
    }
}

fn check_input(index: usize, input: &Tensor) -> Result<(), Error> {
    match not_finite(input) {
        Some((at, value)) => Err(Error::Input { input: index, at, value }),
        None => Ok(()),
    }
}

/// The first number that is not finite, and where it stands.
fn not_finite(tensor: &Tensor) -> Option<(usize, f64)> {
    if !matches!(tensor.element(), Element::F16 | Element::BF16 | Element::F32 | Element::F64) {
        return None;
    }
    let values = tensor.to_f64s().ok()?;
    values.into_iter().enumerate().find(|(_, it)| !it.is_finite())
}
