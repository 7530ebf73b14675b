//! An ONNX graph at work.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use rationale_tensor::{Device, Error as RunError, Interface, Network, Operator, Port, Run, Site, Tensor};

use crate::build::Builder;
use crate::{Attributes, Error, Limits, ModelFile, Producer};

/// The number of a value, counted as the file brings them.
pub(crate) type ValueId = usize;

/// A node that runs.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Its name, or that of its first output.
    pub(crate) label: String,
    /// Its operator's name.
    pub(crate) operator_name: String,
    pub(crate) attributes: Attributes,
    pub(crate) operator: Arc<dyn Operator>,
    pub(crate) inputs: Vec<Option<ValueId>>,
    pub(crate) outputs: Vec<Option<ValueId>>,
}

/// A network read from an ONNX file.
///
/// What depends on no input is computed once, when the network is made. Nothing else is changed: each value that the
/// file names and an input reaches is a site by that name.
#[derive(Debug, Clone)]
pub struct OnnxNetwork {
    pub(crate) interface: Interface,
    pub(crate) producer: Producer,
    /// Names of all values, by number.
    pub(crate) names: Vec<String>,
    pub(crate) ids: BTreeMap<String, ValueId>,
    pub(crate) inputs: Vec<ValueId>,
    pub(crate) outputs: Vec<ValueId>,
    pub(crate) constants: BTreeMap<ValueId, Tensor>,
    /// In an order in which each comes after what it needs.
    pub(crate) steps: Vec<Step>,
    /// The step that gives a value.
    pub(crate) origins: BTreeMap<ValueId, usize>,
    /// The most bytes of a tensor that is computed.
    pub(crate) tensor_bound: usize,
}

impl OnnxNetwork {
    /// Reads a file. Everything in it that cannot be run is listed in one error.
    pub fn read(path: impl AsRef<Path>, device: &Device) -> Result<Self, Error> {
        Self::read_within(path, device, Limits::default())
    }

    /// Reads a file within limits, which also hold for each run.
    pub fn read_within(path: impl AsRef<Path>, device: &Device, limits: Limits) -> Result<Self, Error> {
        let _span = tracing::debug_span!("onnx", path = %path.as_ref().display()).entered();
        Self::from_file_within(ModelFile::read_within(path, limits)?, device, limits)
    }

    /// Reads a file's bytes.
    pub fn from_bytes(bytes: &[u8], device: &Device) -> Result<Self, Error> {
        Self::from_file(ModelFile::from_bytes(bytes)?, device)
    }

    /// Takes a file that was read already.
    pub fn from_file(file: ModelFile, device: &Device) -> Result<Self, Error> {
        Self::from_file_within(file, device, Limits::default())
    }

    /// Takes a file that was read already; limits hold for what is computed.
    pub fn from_file_within(file: ModelFile, device: &Device, limits: Limits) -> Result<Self, Error> {
        let network = Tensor::within(limits.tensor, || Builder::new(device).build(file))?;
        Ok(Self { tensor_bound: limits.tensor, ..network })
    }

    /// What wrote the file.
    pub fn producer(&self) -> &Producer {
        &self.producer
    }

    /// How many numbers the network has learnt: the elements of its constants.
    pub fn n_parameters(&self) -> usize {
        self.constants.values().map(Tensor::len).sum()
    }

    /// Finds anew which step gives which value, the sites, and the constants that are used.
    pub(crate) fn index(&mut self) {
        let used: BTreeSet<ValueId> =
            self.steps.iter().flat_map(|it| it.inputs.iter().flatten()).copied().collect();
        self.constants.retain(|id, _| used.contains(id) || self.outputs.contains(id));
        self.origins.clear();
        self.interface.sites.clear();
        for (index, step) in self.steps.iter().enumerate() {
            for id in step.outputs.iter().flatten() {
                self.origins.insert(*id, index);
                self.interface.sites.push(Site {
                    name: self.names[*id].clone(),
                    operator: step.operator_name.clone(),
                    node: step.label.clone(),
                });
            }
        }
    }

    fn check_inputs(&self, run: &Run<'_>) -> Result<(), RunError> {
        let ports = &self.interface.inputs;
        if run.inputs().len() > ports.len() {
            let names: Vec<_> = ports.iter().map(|it| format!("`{}`", it.name)).collect();
            return Err(RunError::Inputs {
                expected: names.join(", "),
                actual: format!("{} tensors", run.inputs().len()),
            });
        }
        ports.iter().zip(run.inputs()).try_for_each(|(port, input)| check_input(port, input))
    }

    fn id_of_site(&self, site: &str) -> Result<ValueId, RunError> {
        let site = self.interface.site(site)?;
        self.ids.get(&site.name).copied().ok_or_else(|| RunError::NotReached { site: site.name.clone() })
    }

    /// Which values are asked for: the outputs, or the sites that alone matter.
    fn wanted(&self, run: &Run<'_>) -> Result<Vec<ValueId>, RunError> {
        match run.only_sites() {
            Some(sites) => sites.map(|site| self.id_of_site(site)).collect(),
            None => Ok(self.outputs.clone()),
        }
    }

    /// Values with which a computation of `wanted` begins, and which steps it needs.
    fn plan(&self, run: &Run<'_>, wanted: &[ValueId]) -> Result<Plan, RunError> {
        let mut plan =
            Plan { values: BTreeMap::new(), needs: vec![false; self.steps.len()], uses: BTreeMap::new() };
        let mut open: Vec<ValueId> = wanted.to_vec();
        wanted.iter().for_each(|id| *plan.uses.entry(*id).or_default() += 1);
        let mut seen = vec![false; self.names.len()];
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            if let Some(value) = self.beginning(run, id)? {
                plan.values.insert(id, value);
                continue;
            }
            let Some(&step) = self.origins.get(&id) else { continue };
            if std::mem::replace(&mut plan.needs[step], true) {
                continue;
            }
            for input in self.steps[step].inputs.iter().flatten() {
                *plan.uses.entry(*input).or_default() += 1;
                open.push(*input);
            }
        }
        Ok(plan)
    }

    /// The value of what needs no step: given, an input, or a constant.
    fn beginning(&self, run: &Run<'_>, id: ValueId) -> Result<Option<Tensor>, RunError> {
        if let Some(value) = run.given(&self.names[id]) {
            return Ok(Some(value.clone()));
        }
        match self.inputs.iter().position(|it| *it == id) {
            Some(index) => run.input(index).map(|it| Some(it.clone())),
            None => Ok(self.constants.get(&id).cloned()),
        }
    }
}

impl Network for OnnxNetwork {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, RunError> {
        Tensor::within(self.tensor_bound, || self.computed(run))
    }
}

impl OnnxNetwork {
    fn computed(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, RunError> {
        self.check_inputs(run)?;
        let wanted = self.wanted(run)?;
        let mut plan = self.plan(run, &wanted)?;
        // A site with which the run begins is edited and watched like any other.
        for (id, value) in &mut plan.values {
            if run.given(&self.names[*id]).is_some() {
                *value = run.pass(&self.names[*id], value.clone())?;
            }
        }
        for (index, step) in self.steps.iter().enumerate() {
            if !plan.needs[index] {
                continue;
            }
            let inputs: Vec<Option<Tensor>> = step.inputs.iter().map(|id| plan.take(*id)).collect();
            let outputs = run_step(step, &inputs, run)?;
            drop(inputs);
            for (id, value) in step.outputs.iter().zip(outputs) {
                let Some(id) = *id else { continue };
                if plan.values.contains_key(&id) {
                    continue;
                }
                let value = run.pass(&self.names[id], value)?;
                if plan.uses.contains_key(&id) {
                    plan.values.insert(id, value);
                }
            }
            tracing::trace!(step = index, operator = step.operator_name, "done");
        }
        if run.only_sites().is_some() {
            return Ok(Vec::new());
        }
        let missing = |id: ValueId| RunError::NotReached { site: self.names[id].clone() };
        self.outputs.iter().map(|id| plan.values.get(id).cloned().ok_or_else(|| missing(*id))).collect()
    }
}

/// Runs one step, by the rule of the run where there is one.
pub(crate) fn run_step(
    step: &Step,
    inputs: &[Option<Tensor>],
    run: &Run<'_>,
) -> Result<Vec<Tensor>, RunError> {
    // Shapes are checked before the tensor library is called; should one slip through, its panic becomes an error.
    let outputs = catch_unwind(AssertUnwindSafe(|| run.apply(&*step.operator, inputs)));
    let outputs = outputs.unwrap_or_else(|panic| Err(RunError::Backend { message: message_of(&*panic) }));
    outputs.map_err(|error| error.of_operator(&step.operator_name, &step.label))
}

/// What one run holds.
struct Plan {
    values: BTreeMap<ValueId, Tensor>,
    needs: Vec<bool>,
    /// How often each value will still be taken.
    uses: BTreeMap<ValueId, usize>,
}

impl Plan {
    /// An input of a step; a value is let go with its last use, so that memory is that of what is alive.
    fn take(&mut self, id: Option<ValueId>) -> Option<Tensor> {
        let id = id?;
        let left = self.uses.get_mut(&id)?;
        *left = left.saturating_sub(1);
        if *left == 0 { self.values.remove(&id) } else { self.values.get(&id).cloned() }
    }
}

fn check_input(port: &Port, input: &Tensor) -> Result<(), RunError> {
    let what = format!("input `{}`", port.name);
    if input.element() != port.element {
        return Err(RunError::Element {
            what,
            expected: "the type that the file names",
            actual: input.element(),
        });
    }
    let Some(expected) = &port.shape else { return Ok(()) };
    let actual = input.shape();
    let fits = |(expected, actual): (&Option<usize>, &usize)| expected.is_none_or(|it| it == *actual);
    if expected.len() == actual.len() && expected.iter().zip(&actual).all(fits) {
        return Ok(());
    }
    let lengths: Vec<_> =
        expected.iter().map(|it| it.map_or_else(|| "any".to_owned(), |n| n.to_string())).collect();
    Err(RunError::Shape { what, expected: format!("[{}]", lengths.join(", ")), actual })
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|it| (*it).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a word".to_owned())
}
