//! What a run of the network begins with.

use rationale_tensor::{Error as RunError, Place, Run, Tensor};

/// What a run begins with: inputs, and values at sites. Examples lie along dimension 0 of all of them.
///
/// A value may have several rows for each example (windows of a picture, say): then an example's rows lie together. An
/// input with another number of rows than there are examples is the same for all examples.
#[derive(Debug, Clone)]
pub struct Point {
    n_examples: usize,
    inputs: Vec<Tensor>,
    given: Vec<(String, Tensor)>,
}

impl Point {
    /// These inputs; how many examples they are, the first one says.
    pub(crate) fn new(inputs: Vec<Tensor>) -> Self {
        let n_examples = inputs.iter().find_map(|it| it.shape().first().copied()).unwrap_or(0);
        Self { n_examples, inputs, given: Vec::new() }
    }

    /// How many examples there are.
    pub fn n_examples(&self) -> usize {
        self.n_examples
    }

    /// The inputs.
    pub fn inputs(&self) -> &[Tensor] {
        &self.inputs
    }

    /// The values at sites.
    pub fn given(&self) -> &[(String, Tensor)] {
        &self.given
    }

    /// The same with another value at a place.
    pub fn with_value(mut self, place: &Place, value: Tensor) -> Self {
        match place {
            Place::Input(index) => {
                if let Some(input) = self.inputs.get_mut(*index) {
                    *input = value;
                }
            }
            Place::Site(site) => {
                self.given.retain(|(it, _)| it != site);
                self.given.push((site.clone(), value));
            }
        }
        self
    }

    /// All examples, and again, so many times.
    pub fn repeated(&self, times: usize) -> Result<Self, RunError> {
        let n = self.n_examples;
        self.map(n * times, |value| match rows_of_example(value, n) {
            Some(_) if times > 1 => value.repeat(0, times),
            _ => Ok(value.clone()),
        })
    }

    /// The examples with these numbers.
    pub fn examples(&self, numbers: &[usize]) -> Result<Self, RunError> {
        self.map(numbers.len(), |value| examples_of(value, self.n_examples, numbers))
    }

    /// Filled up to so many examples with copies of the last.
    pub(crate) fn filled(&self, n: usize) -> Result<Self, RunError> {
        let numbers: Vec<usize> = (0..n).map(|it| it.min(self.n_examples.saturating_sub(1))).collect();
        self.examples(&numbers)
    }

    /// A run that begins here.
    pub fn run(&self) -> Run<'static> {
        let begin = |run: Run<'static>, (site, value): &(String, Tensor)| run.begin_at(site, value.clone());
        self.given.iter().fold(Run::new(&self.inputs), begin)
    }

    fn map(
        &self,
        n_examples: usize,
        change: impl Fn(&Tensor) -> Result<Tensor, RunError>,
    ) -> Result<Self, RunError> {
        let inputs = self.inputs.iter().map(&change).collect::<Result<_, _>>()?;
        let given = self.given.iter().map(|(site, value)| Ok((site.clone(), change(value)?)));
        Ok(Self { n_examples, inputs, given: given.collect::<Result<_, RunError>>()? })
    }
}

/// How many rows of a value belong to each of `n` examples; `None` where it is the same for all of them.
pub(crate) fn rows_of_example(value: &Tensor, n: usize) -> Option<usize> {
    let length = *value.shape().first()?;
    (n > 0 && length > 0 && length % n == 0).then(|| length / n)
}

/// The rows of the examples with these numbers, out of a value of `n` examples.
pub(crate) fn examples_of(value: &Tensor, n: usize, numbers: &[usize]) -> Result<Tensor, RunError> {
    let Some(rows) = rows_of_example(value, n) else { return Ok(value.clone()) };
    if numbers.len() == n && numbers.iter().enumerate().all(|(i, it)| i == *it) {
        return Ok(value.clone());
    }
    let rows_of = |number: &usize| (number * rows..(number + 1) * rows).map(|it| it as i64);
    value.select(0, &numbers.iter().flat_map(rows_of).collect::<Vec<_>>())
}
