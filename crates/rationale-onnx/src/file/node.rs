//! Nodes: `NodeProto`.

use std::io::BufRead;

use super::wire::{Field, Wire};
use super::{Attributes, ElementType, Value, attribute, plain_domain};
use crate::Error;

/// An operator at work.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// Its name, as viewers show it; may be empty.
    pub name: String,
    /// The domain of its operator; empty for ONNX's own.
    pub domain: String,
    /// Its operator, such as `Conv`.
    pub operator: String,
    /// The values it needs, in the operator's order; an optional one that is not given is empty.
    pub inputs: Vec<String>,
    /// The values it gives, in the operator's order; one that nobody needs may be empty.
    pub outputs: Vec<String>,
    /// Its attributes.
    pub attributes: Attributes,
}

impl Node {
    /// An input by its place, `None` where it is not given.
    pub fn input(&self, place: usize) -> Option<&str> {
        self.inputs.get(place).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// An output by its place, `None` where it is not asked for.
    pub fn output(&self, place: usize) -> Option<&str> {
        self.outputs.get(place).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// What to call it in a message: by its name, or by the first value that it gives.
    pub fn label(&self) -> String {
        let given = || self.outputs.iter().find(|name| !name.is_empty());
        match (self.name.is_empty(), given()) {
            (false, _) => format!("the node `{}` ({})", self.name, self.operator),
            (true, Some(output)) => format!("the node {} that gives `{output}`", self.operator),
            (true, None) => format!("a node {} without name and outputs", self.operator),
        }
    }

    pub(super) fn read<R: BufRead>(wire: &mut Wire<R>, field: Field) -> Result<Self, Error> {
        wire.hold::<Self>(0)?;
        let mut node = Self::default();
        let mut list = Vec::new();
        wire.message(field, |wire, field| {
            match field.number {
                1 => node.inputs.push(wire.text(field)?),
                2 => node.outputs.push(wire.text(field)?),
                3 => node.name = wire.text(field)?,
                4 => node.operator = wire.text(field)?,
                5 => list.push(attribute::read(wire, field)?),
                7 => node.domain = plain_domain(wire.text(field)?),
                _ => {}
            }
            Ok(())
        })?;
        let label = node.label();
        wire.hold::<()>(label.len())?;
        refuse_unread(wire, &label, &list)?;
        node.attributes = Attributes::new(label, list)?;
        Ok(node)
    }
}

/// Attributes whose content is not kept.
fn refuse_unread<R: BufRead>(wire: &mut Wire<R>, label: &str, list: &[(String, Value)]) -> Result<(), Error> {
    for (name, value) in list {
        let has_texts = value.tensors().iter().any(|tensor| tensor.element == ElementType::String);
        let unread = match value {
            Value::Other(kind @ ("a sparse tensor" | "a list of sparse tensors")) => Some(*kind),
            _ if has_texts => Some("a tensor of texts"),
            _ => None,
        };
        if let Some(unread) = unread {
            wire.refuse(format!("{unread} in the attribute `{name}` of {label}"))?;
        }
    }
    Ok(())
}
