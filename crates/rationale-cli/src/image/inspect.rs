//! `rationale inspect` of a network: inputs, outputs, layers, and what cannot be run.

use std::collections::BTreeMap;
use std::path::Path;

use rationale::onnx::{Dimension, Error, ModelFile, OnnxNetwork, ValueInfo};
use rationale::tensor::{Device, Network};
use serde_json::{Value, json};

use crate::arguments::Common;
use crate::output::say;

/// Layers that are listed.
const SHOWN: usize = 40;

/// Says what a network's file holds; `false` where the file is no network but trees.
pub(crate) fn of_network(path: &Path, common: &Common) -> anyhow::Result<bool> {
    let Ok(file) = ModelFile::read(path) else { return Ok(false) };
    if file.graph.nodes.iter().any(|it| it.operator.starts_with("TreeEnsemble")) {
        return Ok(false);
    }
    let found = Found::of(file)?;
    say(common, &if common.json { format!("{:#}", found.json()) } else { found.text(common) })?;
    match found.unsupported {
        Some(error) => Err(error.into()),
        None => Ok(true),
    }
}

struct Found {
    producer: String,
    opsets: Vec<String>,
    inputs: Vec<String>,
    outputs: Vec<String>,
    operators: BTreeMap<String, usize>,
    /// Name, operator and node of each layer.
    layers: Vec<[String; 3]>,
    n_parameters: usize,
    unsupported: Option<Error>,
}

impl Found {
    fn of(file: ModelFile) -> anyhow::Result<Self> {
        let mut operators = BTreeMap::new();
        file.graph.nodes.iter().for_each(|it| *operators.entry(it.operator.clone()).or_default() += 1);
        let domain = |it: &str| if it.is_empty() { "ai.onnx".to_owned() } else { it.to_owned() };
        let mut found = Self {
            producer: format!("{} {}", file.producer.name, file.producer.version).trim().to_owned(),
            opsets: file.opsets.iter().map(|(name, version)| format!("{} {version}", domain(name))).collect(),
            inputs: file.graph.open_inputs().map(port).collect(),
            outputs: file.graph.outputs.iter().map(port).collect(),
            operators,
            layers: Vec::new(),
            n_parameters: 0,
            unsupported: None,
        };
        match OnnxNetwork::from_file(file, &Device::named("flex")?) {
            Ok(network) => found.run(&network),
            Err(error) => found.unsupported = Some(error),
        }
        Ok(found)
    }

    fn run(&mut self, network: &OnnxNetwork) {
        let sites = network.interface().sites.iter();
        self.layers = sites.map(|it| [it.name.clone(), it.operator.clone(), it.node.clone()]).collect();
        self.n_parameters = network.n_parameters();
    }

    fn text(&self, common: &Common) -> String {
        let counts: Vec<_> = self.operators.iter().map(|(name, n)| format!("{name} {n}")).collect();
        let mut lines = vec![
            format!("A network written by {} (operator sets: {})", self.producer, self.opsets.join(", ")),
            format!("inputs:     {}", self.inputs.join(", ")),
            format!("outputs:    {}", self.outputs.join(", ")),
            format!("operators:  {}", counts.join(", ")),
        ];
        if self.unsupported.is_some() {
            return lines.join("\n");
        }
        lines.push(format!("parameters: {}", self.n_parameters));
        lines.push(format!(
            "layers ({}; --layer takes the name of a value or of its node):",
            self.layers.len()
        ));
        let hidden = if common.verbose > 0 { 0 } else { self.layers.len().saturating_sub(SHOWN) };
        if hidden > 0 {
            lines.push(format!("  ... {hidden} before these; -v lists all"));
        }
        lines.extend(
            self.layers.iter().skip(hidden).map(|[name, operator, _]| format!("  {name}  {operator}")),
        );
        lines.join("\n")
    }

    fn json(&self) -> Value {
        let layers = self
            .layers
            .iter()
            .map(|[name, operator, node]| json!({"name": name, "operator": operator, "node": node}));
        json!({
            "producer": self.producer,
            "opsets": self.opsets,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "operators": self.operators,
            "parameters": self.n_parameters,
            "layers": layers.collect::<Vec<_>>(),
            "unsupported": self.unsupported.as_ref().map(ToString::to_string),
        })
    }
}

fn port(value: &ValueInfo) -> String {
    let element = value.element.map_or("unknown", |it| it.name());
    let Some(shape) = &value.shape else { return format!("{} ({element})", value.name) };
    let lengths: Vec<String> = shape
        .iter()
        .map(|it| match it {
            Dimension::Fixed(n) => n.to_string(),
            Dimension::Symbolic(name) => name.clone(),
            Dimension::Unknown => "?".to_owned(),
        })
        .collect();
    format!("{} ({element} [{}])", value.name, lengths.join(", "))
}
