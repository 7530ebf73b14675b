//! From a file to a network that runs: names become numbers, functions and constant branches are put in place, and
//! what depends on no input is computed.

use std::collections::BTreeMap;
use std::sync::Arc;

use rationale_tensor::{Device, Interface, Operator, Run, Tensor};

use crate::network::{OnnxNetwork, Step, ValueId, run_step};
use crate::operators::{self, Context};
use crate::{Attributes, Error, Function, Graph, ModelFile, Node, UnsupportedOperator, Value, element};

/// Functions call functions; a chain longer than this is one that calls itself.
const DEEPEST_CALL: usize = 16;

/// Makes a network, node by node.
pub(crate) struct Builder {
    device: Device,
    names: Vec<String>,
    ids: BTreeMap<String, ValueId>,
    constants: BTreeMap<ValueId, Tensor>,
    steps: Vec<Step>,
    functions: BTreeMap<(String, String), Function>,
    opsets: BTreeMap<String, i64>,
    unsupported: BTreeMap<String, Vec<String>>,
}

/// What names mean inside a branch or a function: the value each stands for.
type Scope = BTreeMap<String, String>;

impl Builder {
    pub(crate) fn new(device: &Device) -> Self {
        Self {
            device: device.clone(),
            names: Vec::new(),
            ids: BTreeMap::new(),
            constants: BTreeMap::new(),
            steps: Vec::new(),
            functions: BTreeMap::new(),
            opsets: BTreeMap::new(),
            unsupported: BTreeMap::new(),
        }
    }

    pub(crate) fn build(mut self, file: ModelFile) -> Result<OnnxNetwork, Error> {
        let version = file.opset("").unwrap_or(operators::NEWEST);
        if !(operators::OLDEST..=operators::NEWEST).contains(&version) {
            return Err(Error::OpsetVersion { version });
        }
        self.opsets = file.opsets;
        self.functions =
            file.functions.into_iter().map(|it| ((it.domain.clone(), it.name.clone()), it)).collect();
        let ports = file.graph.open_inputs().map(element::port).collect::<Result<Vec<_>, _>>()?;
        let outputs = file.graph.outputs.iter().map(element::port).collect::<Result<Vec<_>, _>>()?;
        self.add_graph(file.graph, &Scope::new())?;
        self.refuse_unsupported()?;
        Ok(self.finish(ports, outputs, file.producer))
    }

    /// Adds what is in a graph: the file's own, or a branch, whose names may stand for values outside.
    fn add_graph(&mut self, graph: Graph, scope: &Scope) -> Result<(), Error> {
        for initialiser in graph.initialisers {
            let id = self.id(meaning(scope, &initialiser.name));
            let tensor = element::tensor(initialiser, &self.device)?;
            self.constants.insert(id, tensor);
        }
        graph.nodes.into_iter().try_for_each(|node| self.add_node(&node, scope, 0))
    }

    fn add_node(&mut self, node: &Node, scope: &Scope, depth: usize) -> Result<(), Error> {
        let key = (node.domain.clone(), node.operator.clone());
        if let Some(function) = self.functions.get(&key).cloned() {
            return self.add_call(node, &function, scope, depth);
        }
        if node.operator == "If" && node.domain.is_empty() {
            return self.add_branch(node, scope);
        }
        let context = Context {
            opset: self.opsets.get(&node.domain).copied().unwrap_or(operators::NEWEST),
            device: &self.device,
        };
        let Some(build) = operators::find(&node.domain, &node.operator) else {
            self.note_unsupported(node, "");
            return Ok(());
        };
        let operator: Arc<dyn Operator> = match build(node, &context) {
            Ok(operator) => operator.into(),
            Err(operators::BuildError::Unsupported(what)) => {
                self.note_unsupported(node, &what);
                return Ok(());
            }
            Err(operators::BuildError::Wrong(error)) => return Err(error),
        };
        let mut ids = |names: &[String]| -> Vec<Option<ValueId>> {
            let named = names.iter().map(|name| (!name.is_empty()).then(|| meaning(scope, name)));
            named.map(|name| name.map(|it| self.id(it))).collect()
        };
        let (inputs, outputs) = (ids(&node.inputs), ids(&node.outputs));
        self.add_step(Step {
            label: name_of(node),
            operator_name: node.operator.clone(),
            attributes: node.attributes.clone(),
            operator,
            inputs,
            outputs,
        })
    }

    /// Keeps a step, or runs it at once where all its inputs are constants.
    fn add_step(&mut self, step: Step) -> Result<(), Error> {
        let constant = |id: &Option<ValueId>| id.is_none_or(|it| self.constants.contains_key(&it));
        // While something is unsupported the network will be refused, so nothing is worth computing.
        if !self.unsupported.is_empty() || !step.inputs.iter().all(constant) {
            self.steps.push(step);
            return Ok(());
        }
        let inputs: Vec<_> =
            step.inputs.iter().map(|id| id.and_then(|it| self.constants.get(&it).cloned())).collect();
        let outputs = run_step(&step, &inputs, &Run::default())?;
        for (id, value) in step.outputs.iter().zip(outputs) {
            if let Some(id) = id {
                self.constants.insert(*id, value);
            }
        }
        Ok(())
    }

    /// Puts the body of a function in the place of the node that calls it.
    fn add_call(
        &mut self,
        node: &Node,
        function: &Function,
        scope: &Scope,
        depth: usize,
    ) -> Result<(), Error> {
        if depth >= DEEPEST_CALL {
            self.note_unsupported(node, "functions that call themselves");
            return Ok(());
        }
        let mut inside = Scope::new();
        let bind = |inside: &mut Scope, formal: &[String], actual: &[String]| {
            for (i, name) in formal.iter().enumerate() {
                let outer = actual.get(i).map_or("", String::as_str);
                inside.insert(name.clone(), meaning(scope, outer).to_owned());
            }
        };
        bind(&mut inside, &function.inputs, &node.inputs);
        bind(&mut inside, &function.outputs, &node.outputs);
        let prefix = name_of(node);
        for value in function.nodes.iter().flat_map(|it| it.outputs.iter()) {
            inside.entry(value.clone()).or_insert_with(|| format!("{prefix}/{value}"));
        }
        for body in &function.nodes {
            let mut body = body.clone();
            body.attributes = resolve(&body, node, function)?;
            // An input that is left out has no value.
            body.inputs
                .iter_mut()
                .filter(|it| inside.get(*it).is_some_and(String::is_empty))
                .for_each(String::clear);
            body.name = format!("{prefix}/{}", name_of(&body));
            self.add_node(&body, &inside, depth + 1)?;
        }
        Ok(())
    }

    /// Puts the branch that is taken in the place of an `If` whose condition is known.
    fn add_branch(&mut self, node: &Node, scope: &Scope) -> Result<(), Error> {
        let condition = node
            .input(0)
            .and_then(|name| self.ids.get(meaning(scope, name)))
            .and_then(|id| self.constants.get(id));
        let Some(condition) = condition else {
            self.note_unsupported(node, "a condition that depends on the input");
            return Ok(());
        };
        let taken = condition.to_bools()?.first().copied().unwrap_or(false);
        let graph = node.attributes.graph(if taken { "then_branch" } else { "else_branch" })?.clone();
        let mut inside = scope.clone();
        let own = graph.nodes.iter().flat_map(|it| it.outputs.iter().cloned());
        let own: Vec<String> = own.chain(graph.initialisers.iter().map(|it| it.name.clone())).collect();
        let prefix = name_of(node);
        for name in own {
            inside.insert(
                name.clone(),
                if self.ids.contains_key(&name) { format!("{prefix}/{name}") } else { name },
            );
        }
        let outputs: Vec<String> = graph.outputs.iter().map(|it| it.name.clone()).collect();
        self.add_graph(graph, &inside)?;
        for (inner, outer) in outputs.iter().zip(&node.outputs) {
            let names = (meaning(&inside, inner).to_owned(), meaning(scope, outer).to_owned());
            let copy = Node {
                operator: "Identity".to_owned(),
                inputs: vec![names.0],
                outputs: vec![names.1],
                ..Node::default()
            };
            self.add_node(&copy, &Scope::new(), 0)?;
        }
        Ok(())
    }

    fn id(&mut self, name: &str) -> ValueId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    fn note_unsupported(&mut self, node: &Node, what: &str) {
        let domain = if node.domain.is_empty() { String::new() } else { format!("{}.", node.domain) };
        let of = if what.is_empty() { String::new() } else { format!(" with {what}") };
        let operator = format!("{domain}{}{of}", node.operator);
        self.unsupported.entry(operator).or_default().push(name_of(node));
    }

    fn refuse_unsupported(&mut self) -> Result<(), Error> {
        if self.unsupported.is_empty() {
            return Ok(());
        }
        let list = std::mem::take(&mut self.unsupported).into_iter();
        Err(Error::Operators {
            list: list.map(|(operator, nodes)| UnsupportedOperator { operator, nodes }).collect(),
        })
    }

    fn finish(
        mut self,
        inputs: Vec<rationale_tensor::Port>,
        outputs: Vec<rationale_tensor::Port>,
        producer: crate::Producer,
    ) -> OnnxNetwork {
        let input_ids: Vec<_> = inputs.iter().map(|it| self.id(&it.name)).collect();
        let output_ids: Vec<_> = outputs.iter().map(|it| self.id(&it.name)).collect();
        let interface = Interface { inputs, outputs, sites: Vec::new(), device: self.device };
        let mut network = OnnxNetwork {
            interface,
            producer,
            names: self.names,
            ids: self.ids,
            inputs: input_ids,
            outputs: output_ids,
            constants: self.constants,
            steps: self.steps,
            origins: BTreeMap::new(),
            tensor_bound: Tensor::bound(),
        };
        network.index();
        network
    }
}

fn meaning<'a>(scope: &'a Scope, name: &'a str) -> &'a str {
    scope.get(name).map_or(name, String::as_str)
}

/// A node's name, or that of its first output.
fn name_of(node: &Node) -> String {
    let given = || node.outputs.iter().find(|it| !it.is_empty()).cloned();
    if node.name.is_empty() { given().unwrap_or_default() } else { node.name.clone() }
}

/// The attributes of a node of a function's body, with the caller's in the place of references.
fn resolve(body: &Node, caller: &Node, function: &Function) -> Result<Attributes, Error> {
    let mut list = Vec::new();
    for (name, value) in body.attributes.iter() {
        let value = match value {
            Value::Reference(outer) => caller.attributes.get(outer).or_else(|| function.defaults.get(outer)),
            own => Some(own),
        };
        list.extend(value.map(|it| (name.to_owned(), it.clone())));
    }
    Attributes::new(body.label(), list)
}
