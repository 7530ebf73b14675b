//! A network's file, and which column of the table becomes which of its numbers.

use std::path::Path;
use std::sync::Arc;

use ndarray::Array2;
use rationale::onnx::{ModelFile, OnnxNetwork};
use rationale::tabular::{Encoder, Encoding, FieldKind, MissingValues, Schema, Table, UnseenCategory};
use rationale::tensor::{Device, Kind, Network, Port};
use rationale::{Fingerprint, Predict};

use super::TableNetwork;
use crate::failure::Usage;
use crate::tabular::scored::{self, Answer, Scored};

/// The file where it is a network, and neither trees nor anything else.
pub(in crate::tabular) fn file(path: &Path) -> Option<ModelFile> {
    let file = ModelFile::read(path).ok()?;
    let is_of_trees = file.graph.nodes.iter().any(|it| it.operator.starts_with("TreeEnsemble"));
    (!is_of_trees).then_some(file)
}

/// What a network is told of the table beside its file.
pub(in crate::tabular) struct Told<'a> {
    pub(in crate::tabular) path: &'a Path,
    pub(in crate::tabular) schema: Option<&'a Path>,
    pub(in crate::tabular) names: Option<&'a [String]>,
    pub(in crate::tabular) unseen: UnseenCategory,
    pub(in crate::tabular) answer: Answer,
}

/// The network as a model of rows.
pub(in crate::tabular) fn read(
    file: ModelFile,
    told: &Told<'_>,
    table: &Table,
    background: Option<&Table>,
) -> anyhow::Result<Scored> {
    let fingerprint = Fingerprint::of_bytes(&std::fs::read(told.path)?);
    let notes = file.metadata.clone();
    let network = OnnxNetwork::from_file(file, &Device::named("flex")?)?;
    let shape = Shape::of(&network, told.path)?;
    let encoder = told.encoder(&notes, &shape, table, background)?;
    let encoder = encoder.with_unseen(told.unseen).with_missing(MissingValues::Refuse);
    shape.check(&encoder, told.path, table)?;
    let network = TableNetwork {
        n_features: encoder.n_features(),
        fixed: shape.n_rows,
        is_softmax: told.answer == Answer::Prediction,
        fingerprint,
        network: Arc::new(network),
    };
    let n_outputs = network.predict(Array2::zeros((1, encoder.n_features())).view())?.ncols();
    if n_outputs == 1 && network.is_softmax {
        return Err(Usage::new(format!(
            "--scale prediction is the softmax over several outputs, and `{}` has one: leave it out",
            told.path.display()
        ))
        .into());
    }
    let classes = notes.get("classes").and_then(|it| serde_json::from_str::<Vec<String>>(it).ok());
    let outputs = classes.filter(|it| it.len() == n_outputs).unwrap_or_else(|| names(&network, n_outputs));
    Ok(Scored {
        encoder,
        outputs: Some(outputs),
        fingerprint: Some(fingerprint),
        model: Arc::new(network.clone()),
        inside: Some(Arc::new(network)),
    })
}

fn names(network: &TableNetwork, n_outputs: usize) -> Vec<String> {
    let name = network.network.interface().outputs.first().map_or("output", |port| port.name.as_str());
    match n_outputs {
        1 => vec![name.to_owned()],
        _ => (0..n_outputs).map(|output| format!("{name} {output}")).collect(),
    }
}

impl Told<'_> {
    fn encoder(
        &self,
        notes: &std::collections::BTreeMap<String, String>,
        shape: &Shape,
        table: &Table,
        background: Option<&Table>,
    ) -> anyhow::Result<Encoder> {
        let path = self.path.display();
        let (text, from) = match (self.schema, notes.get("schema")) {
            (Some(schema), _) => {
                let text = std::fs::read_to_string(schema)
                    .map_err(|error| anyhow::anyhow!("`{}` cannot be read: {error}", schema.display()))?;
                (text, schema.display().to_string())
            }
            (None, Some(text)) => (text.clone(), format!("{path}, note `schema`")),
            (None, None) => return self.numbers(table, background),
        };
        if self.names.is_some() {
            return Err(Usage::new(format!(
                "--feature-names: the columns are named already, by `{from}`; leave it out"
            ))
            .into());
        }
        let json =
            serde_json::from_str(&text).map_err(|error| anyhow::anyhow!("`{from}` is no JSON: {error}"))?;
        let schema = Schema::from_json(&json).map_err(|error| anyhow::anyhow!("`{from}`: {error}"))?;
        let named = notes.get("encoding").filter(|_| self.schema.is_none());
        let encoding = named.and_then(|name| Encoding::from_name(name));
        let ordinal = Encoder::new(schema.clone(), Encoding::Ordinal)?;
        let is_ordinal = shape.n_features == Some(ordinal.n_features());
        let fitting = if is_ordinal { Encoding::Ordinal } else { Encoding::OneHot };
        Ok(Encoder::new(schema, encoding.unwrap_or(fitting))?)
    }

    /// Columns of numbers, in order.
    fn numbers(&self, table: &Table, background: Option<&Table>) -> anyhow::Result<Encoder> {
        let schema = scored::schema(table, background, self.names)?;
        let texts = schema.fields().iter().find(|it| matches!(it.kind, FieldKind::Categorical { .. }));
        if let Some(field) = texts {
            return Err(Usage::new(format!(
                "`{}`, column `{}` holds texts, and the file of the network does not say how they become numbers: say it by \
                 --schema FILE, a JSON list such as [{{\"name\": \"age\", \"kind\": \"numeric\"}}, {{\"name\": \"job\", \"kind\": \
                 \"categorical\", \"categories\": [\"clerk\", \"none\"]}}], or name the columns of numbers that it takes by \
                 --feature-names A,B,..",
                table.name(),
                field.name
            ))
            .into());
        }
        Ok(Encoder::new(schema, Encoding::Ordinal)?)
    }
}

/// The shape of the input, where the file says it.
struct Shape {
    n_rows: Option<usize>,
    n_features: Option<usize>,
}

impl Shape {
    fn of(network: &OnnxNetwork, path: &Path) -> anyhow::Result<Self> {
        let path = path.display();
        let inputs = &network.interface().inputs;
        let [port] = &inputs[..] else {
            let names: Vec<_> = inputs.iter().map(|it| format!("`{}`", it.name)).collect();
            anyhow::bail!(
                "`{path}` has {} inputs ({}), and the rows of a table are one: `rationale text` takes networks that read",
                inputs.len(),
                names.join(", ")
            );
        };
        if port.element.kind() != Kind::Float {
            anyhow::bail!(
                "the input `{}` of `{path}` takes {:?}, and gradients need floating-point numbers: is it a network that reads \
                 (`rationale text`)? Otherwise export it with an input of float32",
                port.name,
                port.element
            );
        }
        Self::of_port(port).ok_or_else(|| {
            let rank = port.shape.as_ref().map_or(0, Vec::len);
            let hint = if rank == 4 { "; it seems to take pictures: `rationale image` explains those" } else { "" };
            anyhow::anyhow!(
                "the input `{}` of `{path}` has {rank} dimensions, and the rows of a table have two, [row, feature]{hint}",
                port.name
            )
        })
    }

    fn of_port(port: &Port) -> Option<Self> {
        match port.shape.as_deref() {
            None => Some(Self { n_rows: None, n_features: None }),
            Some(&[n_rows, n_features]) => Some(Self { n_rows, n_features }),
            Some(_) => None,
        }
    }

    fn check(&self, encoder: &Encoder, path: &Path, table: &Table) -> anyhow::Result<()> {
        let (given, Some(needed)) = (encoder.n_features(), self.n_features) else { return Ok(()) };
        if given == needed {
            return Ok(());
        }
        let n_columns = encoder.schema().fields().len();
        anyhow::bail!(
            "`{}` takes {needed} numbers a row, and {n_columns} columns of `{}` ({}) make {given}: name those that it takes, in \
             its order, by --feature-names A,B,.., or say how texts become numbers by --schema FILE",
            path.display(),
            table.name(),
            encoder.encoding().name()
        )
    }
}
