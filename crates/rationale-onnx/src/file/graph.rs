//! Graphs: `GraphProto`.

use std::io::BufRead;

use super::wire::{Field, Wire};
use super::{ElementType, Initialiser, Node, ValueInfo};
use crate::Error;

/// A graph: a network, or a branch or the body of a loop inside one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    /// Its name; may be empty.
    pub name: String,
    /// Its nodes, each after those it needs.
    pub nodes: Vec<Node>,
    /// The tensors that the file holds, in its order.
    pub initialisers: Vec<Initialiser>,
    /// The values that are given to it. Files of IR version 3 name initialisers here too: see [`Self::open_inputs`].
    pub inputs: Vec<ValueInfo>,
    /// The values that it gives.
    pub outputs: Vec<ValueInfo>,
    /// What the file says of the values in between.
    pub value_info: Vec<ValueInfo>,
}

impl Graph {
    /// The inputs that no initialiser fills.
    pub fn open_inputs(&self) -> impl Iterator<Item = &ValueInfo> {
        let filled: std::collections::BTreeSet<_> = self.initialisers.iter().map(|it| &it.name).collect();
        self.inputs.iter().filter(move |input| !filled.contains(&input.name))
    }

    pub(super) fn read<R: BufRead>(wire: &mut Wire<R>, field: Field) -> Result<Self, Error> {
        wire.hold::<Self>(0)?;
        let mut graph = Self::default();
        graph.take_all(wire, field)?;
        Ok(graph)
    }

    /// Adds what a message holds: of two in one file the second goes on where the first ended.
    pub(super) fn take_all<R: BufRead>(&mut self, wire: &mut Wire<R>, field: Field) -> Result<(), Error> {
        wire.deeper(|wire| wire.message(field, |wire, field| self.take(wire, field)))
    }

    fn take<R: BufRead>(&mut self, wire: &mut Wire<R>, field: Field) -> Result<(), Error> {
        match field.number {
            1 => self.nodes.push(Node::read(wire, field)?),
            2 => self.name = wire.text(field)?,
            5 => self.take_initialiser(wire, field)?,
            11 => self.inputs.push(ValueInfo::read(wire, field)?),
            12 => self.outputs.push(ValueInfo::read(wire, field)?),
            13 => self.value_info.push(ValueInfo::read(wire, field)?),
            15 => refuse_sparse(wire, field)?,
            _ => {}
        }
        Ok(())
    }

    fn take_initialiser<R: BufRead>(&mut self, wire: &mut Wire<R>, field: Field) -> Result<(), Error> {
        let initialiser = Initialiser::read(wire, field)?;
        if initialiser.element == ElementType::String {
            wire.refuse(format!("the initialiser `{}` of texts", initialiser.name))?;
        }
        self.initialisers.push(initialiser);
        Ok(())
    }
}

/// A `SparseTensorProto`, whose name is that of its values.
fn refuse_sparse<R: BufRead>(wire: &mut Wire<R>, field: Field) -> Result<(), Error> {
    let mut name = String::new();
    wire.message(field, |wire, field| match field.number {
        1 => wire.message(field, |wire, field| {
            if field.number == 8 {
                name = wire.text(field)?;
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    wire.refuse(format!("the sparse initialiser `{name}`"))
}
