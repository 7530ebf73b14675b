//! What a method is given: some examples, and ways through the network.

use rationale_tensor::rules::Reference;
use rationale_tensor::{Network, Place, Rule, Tensor};

use crate::passes::{By, Passes};
use crate::point::{Point, examples_of};
use crate::{Error, OutputTarget};

/// Some examples to be explained, and ways through the network, which are counted and checked.
pub struct Task<'a> {
    pub(crate) passes: &'a Passes<'a>,
    pub(crate) places: Vec<Place>,
    pub(crate) point: Point,
    pub(crate) values: Vec<Tensor>,
    pub(crate) elements: Vec<usize>,
    pub(crate) first: usize,
}

/// What one pass forward and back gives.
#[derive(Debug, Clone)]
pub struct Slopes {
    /// The value at each place.
    pub values: Vec<Tensor>,
    /// The gradient at each place.
    pub gradients: Vec<Tensor>,
    /// The number explained, example by example.
    pub scores: Vec<f64>,
}

impl<'a> Task<'a> {
    /// The network.
    pub fn network(&self) -> &'a dyn Network {
        self.passes.network()
    }

    /// Which number is explained.
    pub fn target(&self) -> &'a OutputTarget {
        self.passes.target()
    }

    /// Where values are wanted. The target is computed from each of these places.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// What a run of the examples begins with.
    pub fn point(&self) -> &Point {
        &self.point
    }

    /// The value at each place.
    pub fn values(&self) -> &[Tensor] {
        &self.values
    }

    /// The element of the output that each example is explained for.
    pub fn elements(&self) -> &[usize] {
        &self.elements
    }

    /// The number of the first of these examples, among all that are explained.
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many examples there are.
    pub fn n_examples(&self) -> usize {
        self.elements.len()
    }

    /// How many copies of all examples go through the network at once.
    pub fn copies_at_once(&self) -> usize {
        (self.passes.batch_size() / self.n_examples().max(1)).max(1)
    }

    /// The numbers explained, at a point that holds the examples once or several times.
    pub fn scores(&self, point: &Point) -> Result<Vec<f64>, Error> {
        self.passes.scores(point, &self.elements_of(point))
    }

    /// The gradients at places, at a point that holds the examples once or several times.
    pub fn slopes(&self, point: &Point, places: &[Place]) -> Result<Slopes, Error> {
        self.flow(point, places, By::Slopes)
    }

    /// The same by a rule, which serves this one run: its multipliers in the place of gradients.
    pub fn multipliers(&self, rule: &dyn Rule, point: &Point, places: &[Place]) -> Result<Slopes, Error> {
        self.flow(point, places, By::Multipliers(rule))
    }

    /// The same by a rule of relevance: the relevance at places.
    pub fn relevance(&self, rule: &dyn Rule, point: &Point, places: &[Place]) -> Result<Slopes, Error> {
        self.flow(point, places, By::Relevance(rule))
    }

    fn flow(&self, point: &Point, places: &[Place], by: By<'_>) -> Result<Slopes, Error> {
        let (found, scores) = self.passes.differentiate(point, places, &self.elements_of(point), by)?;
        Ok(Slopes { values: found.values, gradients: found.gradients, scores })
    }

    /// What the network computes at a point, recorded for rules that compare with it, and the numbers explained there.
    pub(crate) fn reference(&self, point: &Point) -> Result<(Reference, Vec<f64>), Error> {
        let reference = Reference::record(self.passes.network(), self.passes.filled(point)?.run())?;
        self.passes.count(self.n_examples());
        let output = self.target().output(reference.outputs(), self.n_examples())?;
        let scores = self.target().scores(&output, &self.elements_of(point))?.to_f64s()?;
        Ok((reference, scores))
    }

    /// The same task with other values at its places.
    pub fn moved(&self, values: Vec<Tensor>) -> Task<'a> {
        let start = self.point.clone();
        let point = self
            .places
            .iter()
            .zip(&values)
            .fold(start, |it, (place, value)| it.with_value(place, value.clone()));
        Task {
            passes: self.passes,
            places: self.places.clone(),
            point,
            values,
            elements: self.elements.clone(),
            first: self.first,
        }
    }

    /// The same examples with another place as the one that a path is taken along.
    pub(crate) fn along(&self, place: &Place) -> Result<Task<'a>, Error> {
        let (place, value) = self.passes.value_of(place, &self.point, &self.elements)?;
        Ok(Task {
            passes: self.passes,
            places: vec![place],
            point: self.point.clone(),
            values: vec![value],
            elements: self.elements.clone(),
            first: self.first,
        })
    }

    /// The same task for some of its examples.
    pub(crate) fn of(&self, numbers: &[usize]) -> Result<Task<'a>, Error> {
        let n = self.n_examples();
        let values = self.values.iter().map(|it| examples_of(it, n, numbers)).collect::<Result<_, _>>()?;
        Ok(Task {
            passes: self.passes,
            places: self.places.clone(),
            point: self.point.examples(numbers)?,
            values,
            elements: numbers.iter().map(|it| self.elements[*it]).collect(),
            first: self.first,
        })
    }

    fn elements_of(&self, point: &Point) -> Vec<usize> {
        let times = point.n_examples() / self.n_examples().max(1);
        self.elements.repeat(times)
    }
}
