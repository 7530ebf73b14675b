//! An ONNX file as it is.
//!
//! The messages are those of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>, read by hand from a stream, so that
//! each tensor's bytes go from the file into the buffer where they stay. Fields that are not read (texts of documentation,
//! training, quantisation notes) are passed over.

mod attribute;
mod element;
mod external;
mod function;
mod graph;
mod initialiser;
mod limits;
mod node;
mod order;
mod recognise;
mod value_info;
mod wire;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

pub use attribute::{Attributes, Value};
pub use element::ElementType;
pub use function::Function;
pub use graph::Graph;
pub use initialiser::Initialiser;
pub use limits::Limits;
pub use node::Node;
pub use value_info::{Dimension, ValueInfo};

use self::wire::{Field, Wire};
use crate::Error;

/// The default domain has two spellings in files; here it is the empty one.
fn plain_domain(domain: String) -> String {
    if domain == "ai.onnx" { String::new() } else { domain }
}

/// What wrote a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Producer {
    /// The program's name, such as `pytorch`; empty where the file does not say.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// An ONNX file as it is: nothing is folded, fused or renamed.
///
/// Nodes stand in an order in which each comes after what it needs, whatever their order in the file; every value that is used
/// is given by exactly one input, initialiser or node.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFile {
    /// The version of the file's own form, at least 3.
    pub ir_version: i64,
    /// What wrote it.
    pub producer: Producer,
    /// The version of each operator set by its domain, which is empty for ONNX's own operators.
    pub opsets: BTreeMap<String, i64>,
    /// The network.
    pub graph: Graph,
    /// Notes for people and programs.
    pub metadata: BTreeMap<String, String>,
    /// Operators that the file defines out of others.
    pub functions: Vec<Function>,
}

impl ModelFile {
    /// Reads a file, and external data from its folder, within the default [`Limits`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read_within(path, Limits::default())
    }

    /// Reads a file, and external data from its folder, within limits.
    pub fn read_within(path: impl AsRef<Path>, limits: Limits) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = |source| Error::Open { path: path.to_owned(), source };
        // A pipe or a device could make opening wait for ever.
        let size = external::size_of_file(path).map_err(failed)?;
        let source = BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?);
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Self::from_wire(Wire::new(source, size, limits, Some(folder.unwrap_or(Path::new(".")).to_owned())))
    }

    /// Reads a file's bytes, within the default [`Limits`]. External data is refused: bytes lie in no folder.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_bytes_within(bytes, Limits::default())
    }

    /// Reads a file's bytes within limits.
    pub fn from_bytes_within(bytes: &[u8], limits: Limits) -> Result<Self, Error> {
        Self::from_wire(Wire::new(bytes, bytes.len() as u64, limits, None))
    }

    /// The version of an operator set; of ONNX's own where the domain is empty.
    pub fn opset(&self, domain: &str) -> Option<i64> {
        self.opsets.get(domain).copied()
    }

    fn from_wire<R: BufRead>(mut wire: Wire<R>) -> Result<Self, Error> {
        recognise::check(wire.peek()?)?;
        let mut parts = Parts::default();
        wire.each(|wire, field| parts.take(wire, field))?;
        let refused = wire.into_refused();
        if !refused.is_empty() {
            return Err(Error::Unsupported { parts: refused });
        }
        parts.finish()
    }
}

/// What has been read so far.
#[derive(Default)]
struct Parts {
    ir_version: i64,
    producer: Producer,
    opsets: BTreeMap<String, i64>,
    graph: Option<Graph>,
    metadata: BTreeMap<String, String>,
    functions: Vec<Function>,
}

impl Parts {
    /// A field of `ModelProto`.
    fn take<R: BufRead>(&mut self, wire: &mut Wire<R>, field: Field) -> Result<(), Error> {
        match field.number {
            1 => self.ir_version = wire.int(field)?,
            2 => self.producer.name = wire.text(field)?,
            3 => self.producer.version = wire.text(field)?,
            7 => self.graph.get_or_insert_default().take_all(wire, field)?,
            8 => read_opset(wire, field, &mut self.opsets)?,
            14 => self.metadata.extend([wire.pair(field)?]),
            25 => self.functions.push(Function::read(wire, field)?),
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<ModelFile, Error> {
        let mut graph = self.graph.ok_or(Error::NoGraph)?;
        if self.ir_version < 3 {
            return Err(Error::IrVersion { version: self.ir_version });
        }
        if self.opsets.is_empty() {
            return Err(Error::NoOpset);
        }
        order::settle(&mut graph)?;
        let mut functions = self.functions;
        functions.iter_mut().try_for_each(order::settle_function)?;
        Ok(ModelFile {
            ir_version: self.ir_version,
            producer: self.producer,
            opsets: self.opsets,
            graph,
            metadata: self.metadata,
            functions,
        })
    }
}

/// Reads an `OperatorSetIdProto`.
fn read_opset<R: BufRead>(
    wire: &mut Wire<R>,
    field: Field,
    opsets: &mut BTreeMap<String, i64>,
) -> Result<(), Error> {
    let (mut domain, mut version) = (String::new(), 0);
    wire.message(field, |wire, field| {
        match field.number {
            1 => domain = plain_domain(wire.text(field)?),
            2 => version = wire.int(field)?,
            _ => {}
        }
        Ok(())
    })?;
    match opsets.insert(domain.clone(), version) {
        Some(first) if first != version => Err(Error::TwoOpsets { domain, first, second: version }),
        _ => Ok(()),
    }
}
