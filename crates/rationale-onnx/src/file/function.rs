//! Functions, operators that a file defines out of others: `FunctionProto`.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::wire::{Field, Wire};
use super::{Attributes, Node, attribute, plain_domain, read_opset};
use crate::Error;

/// An operator that the file defines out of others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Function {
    /// The operator's name.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// Tells functions of one name and domain apart; mostly empty.
    pub overload: String,
    /// The values that it takes.
    pub inputs: Vec<String>,
    /// The values that it gives.
    pub outputs: Vec<String>,
    /// The names of the attributes that a caller must give.
    pub attributes: Vec<String>,
    /// The attributes that a caller may give, with what they are otherwise.
    pub defaults: Attributes,
    /// Its nodes, each after those it needs.
    pub nodes: Vec<Node>,
    /// The version of each operator set that its nodes use, by domain.
    pub opsets: BTreeMap<String, i64>,
}

impl Function {
    pub(super) fn read<R: BufRead>(wire: &mut Wire<R>, field: Field) -> Result<Self, Error> {
        wire.hold::<Self>(0)?;
        let mut function = Self::default();
        let mut defaults = Vec::new();
        wire.message(field, |wire, field| {
            match field.number {
                11 => defaults.push(attribute::read(wire, field)?),
                _ => function.take(wire, field)?,
            }
            Ok(())
        })?;
        function.defaults = Attributes::new(format!("the function `{}`", function.name), defaults)?;
        Ok(function)
    }

    fn take<R: BufRead>(&mut self, wire: &mut Wire<R>, field: Field) -> Result<(), Error> {
        match field.number {
            1 => self.name = wire.text(field)?,
            4 => self.inputs.push(wire.text(field)?),
            5 => self.outputs.push(wire.text(field)?),
            6 => self.attributes.push(wire.text(field)?),
            7 => self.nodes.push(Node::read(wire, field)?),
            9 => read_opset(wire, field, &mut self.opsets)?,
            10 => self.domain = plain_domain(wire.text(field)?),
            13 => self.overload = wire.text(field)?,
            _ => {}
        }
        Ok(())
    }
}
