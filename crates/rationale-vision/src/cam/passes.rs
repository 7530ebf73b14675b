//! Passes through a network, counted, in batches of the size that it takes.

use std::cell::Cell;

use rationale_core::Progress;
use rationale_tensor::{
    Differentiated, Error as RunError, Interface, Network, Place, Rule, Run, Tensor, differentiate_from,
};

use super::layer::PictureAxes;
use crate::Error;

/// A value with which a run begins inside.
pub(super) type Given<'a> = (&'a str, &'a Tensor);

/// A network as the members of the family use it.
pub(super) struct Passes<'a> {
    network: &'a dyn Network,
    batch_size: usize,
    /// Whether the file fixes the number of pictures of a run; smaller batches are then filled up.
    is_fixed: bool,
    output: usize,
    axes: PictureAxes,
    progress: &'a dyn Progress,
    calls: Cell<u64>,
    error: Cell<Option<f64>>,
}

impl<'a> Passes<'a> {
    pub(super) fn new(
        network: &'a dyn Network,
        input: &Tensor,
        batch_size: usize,
        output: usize,
        progress: &'a dyn Progress,
    ) -> Result<Self, Error> {
        let interface = network.interface();
        let [port] = &interface.inputs[..] else {
            let expected = names(interface.inputs.iter().map(|it| &it.name));
            return Err(RunError::Inputs { expected, actual: "one tensor of pictures".to_owned() }.into());
        };
        if output >= interface.outputs.len() {
            let available = interface.outputs.len();
            return Err(rationale_core::Error::Target { asked: output, available }.into());
        }
        let axes = PictureAxes::of(port, &input.shape())?;
        let fixed = port.shape.as_ref().and_then(|it| it.first().copied().flatten());
        let batch_size = fixed.unwrap_or(batch_size).max(1);
        Ok(Self {
            network,
            batch_size,
            is_fixed: fixed.is_some(),
            output,
            axes,
            progress,
            calls: Cell::new(0),
            error: Cell::new(None),
        })
    }

    /// How many pictures go through at once.
    pub(super) fn batch_size(&self) -> usize {
        self.batch_size
    }

    pub(super) fn axes(&self) -> PictureAxes {
        self.axes
    }

    pub(super) fn interface(&self) -> &'a Interface {
        self.network.interface()
    }

    /// How many pictures have gone through, the filling of batches left out.
    pub(super) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// Notes the error of a number that is a difference.
    pub(super) fn note_error(&self, error: f64) {
        self.error.set(Some(self.error.get().unwrap_or(0.0).max(error)));
    }

    /// The largest error noted.
    pub(super) fn error(&self) -> Option<f64> {
        self.error.get()
    }

    /// The output for these pictures, from the beginning or from inside.
    pub(super) fn output(&self, pictures: &Tensor, given: &[Given<'_>]) -> Result<Tensor, Error> {
        let n = pictures.shape()[0];
        let mut run = Run::new(&[self.filled(pictures)?]);
        for (layer, value) in given {
            run = run.begin_at(layer, self.filled(value)?);
        }
        self.run(&mut run, n)
    }

    /// One run prepared by the caller, of `n` pictures.
    pub(super) fn run(&self, run: &mut Run<'_>, n: usize) -> Result<Tensor, Error> {
        let outputs = self.network.forward(run)?;
        self.count(n);
        Ok(self.chosen(&outputs, n)?)
    }

    /// The values and gradients at layers, of the sum of a target's numbers.
    pub(super) fn differentiate(
        &self,
        pictures: &Tensor,
        given: &[Given<'_>],
        places: &[Place],
        target: &dyn Fn(&Tensor) -> Result<Tensor, RunError>,
    ) -> Result<Differentiated, Error> {
        let n = pictures.shape()[0];
        let given: Vec<_> = given
            .iter()
            .map(|(layer, value)| Ok(((*layer).to_owned(), self.filled(value)?)))
            .collect::<Result<_, RunError>>()?;
        let inputs = [self.filled(pictures)?];
        let of_outputs = |outputs: &[Tensor]| target(&self.chosen(outputs, n)?);
        let mut found = differentiate_from(self.network, &given, &inputs, places, &of_outputs)?;
        self.count(n);
        found.outputs = vec![self.chosen(&found.outputs, n)?];
        for value in found.values.iter_mut().chain(&mut found.gradients) {
            *value = cut(value, n)?;
        }
        Ok(found)
    }

    /// The gradient of a target's numbers at a layer that has this value, with operators run by a rule.
    pub(super) fn gradient(
        &self,
        pictures: &Tensor,
        (layer, value): Given<'_>,
        rule: &dyn Rule,
        target: &dyn Fn(&Tensor) -> Result<Tensor, RunError>,
    ) -> Result<Tensor, Error> {
        let n = pictures.shape()[0];
        let leaf = value.leaf()?;
        let run = Run::new(&[self.filled(pictures)?]).with_rule(rule);
        let output = self.run(&mut run.begin_at(layer, self.filled(&leaf)?), n)?;
        let scores = target(&output)?;
        let gradient = if scores.is_followed() { scores.backward()?.of(&leaf) } else { None };
        Ok(gradient.map_or_else(|| value.full_like(0.0), Ok)?)
    }

    /// Filled up with copies of the last picture, where the file fixes the number.
    pub(super) fn filled(&self, pictures: &Tensor) -> Result<Tensor, RunError> {
        let n = pictures.shape()[0];
        if !self.is_fixed || n >= self.batch_size {
            return Ok(pictures.clone());
        }
        let last = pictures.narrow(0, n - 1, n)?.repeat(0, self.batch_size - n)?;
        Tensor::concat(&[pictures.clone(), last], 0)
    }

    fn chosen(&self, outputs: &[Tensor], n: usize) -> Result<Tensor, RunError> {
        let missing = || RunError::Inputs {
            expected: format!("output {}", self.output),
            actual: format!("{} outputs", outputs.len()),
        };
        let output = cut(outputs.get(self.output).ok_or_else(missing)?, n)?;
        // Some networks leave the picture that a pooling has shrunk to one position: [picture, class, 1, 1].
        match output.shape()[..] {
            [pictures, classes, 1, 1] => output.reshape(&[pictures, classes]),
            _ => Ok(output),
        }
    }

    fn count(&self, n: usize) {
        self.calls.set(self.calls.get() + n as u64);
        self.progress.advance(n as u64);
    }
}

/// The first pictures of a batch.
pub(super) fn cut(value: &Tensor, n: usize) -> Result<Tensor, RunError> {
    match value.shape().first() {
        Some(&length) if length > n => value.narrow(0, 0, n),
        _ => Ok(value.clone()),
    }
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}
