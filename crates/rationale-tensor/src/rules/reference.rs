//! What a network computes of a reference, operator by operator.

use std::fmt::Debug;
use std::sync::Mutex;

use crate::{Error, Nature, Network, Operator, Rule, Run, Tensor};

/// One call of an operator.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) inputs: Vec<Option<Tensor>>,
    pub(super) outputs: Vec<Tensor>,
}

/// A network's run of a reference, recorded operator by operator, for the rules that compare with one.
///
/// It is recorded once and compared with as often as wanted, by inputs of the same shape: a reference for each example.
/// Example and reference do not share a batch, so nothing in the network needs to know which dimension is the batch.
///
/// **Costs**: a forward pass, and the memory of its activations for as long as this lives.
#[derive(Debug, Clone)]
pub struct Reference {
    calls: Vec<Call>,
    outputs: Vec<Tensor>,
}

impl Reference {
    /// Records a run: of inputs, or one that begins at sites.
    pub fn record(network: &dyn Network, run: Run<'_>) -> Result<Self, Error> {
        let recorder = Recorder::default();
        let outputs = network.forward(&mut run.with_rule(&recorder))?;
        let calls = recorder.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(Self { calls, outputs })
    }

    /// The network's outputs.
    pub fn outputs(&self) -> &[Tensor] {
        &self.outputs
    }

    /// The call of this number, whose inputs must have the shapes of these.
    pub(super) fn call(&self, number: usize, inputs: &[Option<Tensor>]) -> Result<&Call, Error> {
        let shapes = |inputs: &[Option<Tensor>]| -> Vec<Option<Vec<usize>>> {
            inputs.iter().map(|it| it.as_ref().map(Tensor::shape)).collect()
        };
        let actual = shapes(inputs);
        let expected = self.calls.get(number).map(|call| (call, shapes(&call.inputs)));
        match expected {
            // What is linear anyway is not kept.
            Some((call, expected)) if call.inputs.is_empty() || expected == actual => Ok(call),
            found => Err(Error::Reference {
                call: number,
                expected: found
                    .map_or_else(|| "no such call".to_owned(), |(_, it)| format!("of shapes {it:?}")),
                actual: format!("of shapes {actual:?}"),
            }),
        }
    }
}

#[derive(Default)]
struct Recorder(Mutex<Vec<Call>>);

impl Rule for Recorder {
    fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        if let Some(outputs) = operator.parts(inputs, &|part, inputs| self.apply(part, inputs)) {
            return outputs;
        }
        let outputs = operator.forward(inputs)?;
        let call = match operator.nature() {
            Nature::Structural | Nature::Linear | Nature::Opaque => {
                Call { inputs: Vec::new(), outputs: Vec::new() }
            }
            _ => Call { inputs: super::detached(inputs), outputs: outputs.clone() },
        };
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(call);
        Ok(outputs)
    }
}
