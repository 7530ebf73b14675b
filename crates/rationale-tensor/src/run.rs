//! One run of a network, and what happens at its sites.

use std::collections::BTreeMap;

use crate::{Error, Operator, Rule, Tensor};

type Edit<'a> = Box<dyn FnMut(Tensor) -> Result<Tensor, Error> + 'a>;

/// One run of a network: its inputs, and what happens at which site.
///
/// At each site, in this order: the value is computed (or taken, where the run begins there), edited, and watched.
#[derive(Default)]
pub struct Run<'a> {
    inputs: Vec<Tensor>,
    given: BTreeMap<String, Tensor>,
    edits: BTreeMap<String, Edit<'a>>,
    watched: BTreeMap<String, Option<Tensor>>,
    rule: Option<&'a dyn Rule>,
    stops_early: bool,
}

impl<'a> Run<'a> {
    /// A run of these inputs. A run that begins inside may leave them out.
    pub fn new(inputs: &[Tensor]) -> Self {
        Self { inputs: inputs.to_vec(), ..Self::default() }
    }

    /// The same run of other inputs.
    pub fn with_inputs(mut self, inputs: Vec<Tensor>) -> Self {
        self.inputs = inputs;
        self
    }

    /// Takes this value at a site; what only the site needs is not computed.
    pub fn begin_at(mut self, site: &str, value: Tensor) -> Self {
        self.given.insert(site.to_owned(), value);
        self
    }

    /// Replaces the value at a site by a function of it.
    pub fn edit(mut self, site: &str, edit: impl FnMut(Tensor) -> Result<Tensor, Error> + 'a) -> Self {
        self.edits.insert(site.to_owned(), Box::new(edit));
        self
    }

    /// Keeps the value at a site.
    pub fn watch(mut self, site: &str) -> Self {
        self.watched.insert(site.to_owned(), None);
        self
    }

    /// Computes no more than the watched sites need; there will be no outputs.
    pub fn only_watched(mut self) -> Self {
        self.stops_early = true;
        self
    }

    /// Runs each operator by a rule.
    pub fn with_rule(mut self, rule: &'a dyn Rule) -> Self {
        self.rule = Some(rule);
        self
    }

    /// The value kept at a watched site.
    pub fn watched(&self, site: &str) -> Result<&Tensor, Error> {
        self.watched
            .get(site)
            .and_then(Option::as_ref)
            .ok_or_else(|| Error::NotReached { site: site.to_owned() })
    }

    /// For networks: an input.
    pub fn input(&self, index: usize) -> Result<&Tensor, Error> {
        self.inputs.get(index).ok_or_else(|| Error::Inputs {
            expected: format!("at least {}", index + 1),
            actual: format!("{} tensors", self.inputs.len()),
        })
    }

    /// For networks: all inputs.
    pub fn inputs(&self) -> &[Tensor] {
        &self.inputs
    }

    /// For networks written by hand: the value at a site, which is computed unless the run begins here. What only this
    /// value needs is computed inside the closure; then a run that begins here leaves it out.
    pub fn site(
        &mut self,
        name: &str,
        compute: impl FnOnce(&mut Self) -> Result<Tensor, Error>,
    ) -> Result<Tensor, Error> {
        let value = match self.given.get(name) {
            Some(value) => value.clone(),
            None => compute(self)?,
        };
        let value = self.pass(name, value)?;
        if self.is_finished() { Err(Error::Finished) } else { Ok(value) }
    }

    /// For networks that run a graph: the value with which the run begins at a site.
    pub fn given(&self, site: &str) -> Option<&Tensor> {
        self.given.get(site)
    }

    /// For networks that run a graph: edits and watches a value on its way through a site.
    pub fn pass(&mut self, site: &str, value: Tensor) -> Result<Tensor, Error> {
        let value = match self.edits.get_mut(site) {
            Some(edit) => edit(value)?,
            None => value,
        };
        if let Some(watched) = self.watched.get_mut(site) {
            *watched = Some(value.clone());
        }
        Ok(value)
    }

    /// For networks that run a graph: the sites whose values are all that is asked for, where that is so.
    pub fn only_sites(&self) -> Option<impl Iterator<Item = &str>> {
        self.stops_early.then(|| self.watched.keys().map(String::as_str))
    }

    /// For networks: runs an operator, by the rule where there is one.
    pub fn apply(&self, operator: &dyn Operator, inputs: &[Option<Tensor>]) -> Result<Vec<Tensor>, Error> {
        match self.rule {
            Some(rule) => rule.apply(operator, inputs),
            None => operator.forward(inputs),
        }
    }

    /// The same for an operator with one output, all of whose inputs are there.
    pub fn one(&self, operator: &dyn Operator, inputs: &[&Tensor]) -> Result<Tensor, Error> {
        let inputs: Vec<_> = inputs.iter().map(|it| Some((*it).clone())).collect();
        self.apply(operator, &inputs)?.into_iter().next().ok_or_else(|| Error::Inputs {
            expected: "an output".to_owned(),
            actual: format!("none of {operator:?}"),
        })
    }

    fn is_finished(&self) -> bool {
        self.stops_early && self.watched.values().all(Option::is_some)
    }
}
