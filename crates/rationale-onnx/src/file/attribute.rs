//! The attributes of a node, each of the kind that its operator needs: `AttributeProto`.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::wire::{Field, Wire};
use super::{Graph, Initialiser};
use crate::Error;

/// What an attribute holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number of single precision.
    Float(f32),
    /// A whole number.
    Int(i64),
    /// A text, in UTF-8 if the file is as it should be.
    Text(Vec<u8>),
    /// A tensor.
    Tensor(Initialiser),
    /// A graph, such as a branch.
    Graph(Graph),
    /// Numbers of single precision.
    Floats(Vec<f32>),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Texts.
    Texts(Vec<Vec<u8>>),
    /// Tensors.
    Tensors(Vec<Initialiser>),
    /// Graphs.
    Graphs(Vec<Graph>),
    /// Inside a function: what the node that calls the function has in the attribute of this name.
    Reference(String),
    /// What no operator here needs, such as a type: what it is.
    Other(&'static str),
}

impl Value {
    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Float(_) => "a number of single precision",
            Self::Int(_) => "a whole number",
            Self::Text(_) => "a text",
            Self::Tensor(_) => "a tensor",
            Self::Graph(_) => "a graph",
            Self::Floats(_) => "a list of numbers of single precision",
            Self::Ints(_) => "a list of whole numbers",
            Self::Texts(_) => "a list of texts",
            Self::Tensors(_) => "a list of tensors",
            Self::Graphs(_) => "a list of graphs",
            Self::Reference(_) => "a reference to an attribute of the function",
            Self::Other(kind) => kind,
        }
    }

    /// The tensors in it.
    pub(super) fn tensors(&self) -> &[Initialiser] {
        match self {
            Self::Tensor(tensor) => std::slice::from_ref(tensor),
            Self::Tensors(tensors) => tensors,
            _ => &[],
        }
    }

    /// The graphs in it.
    pub(super) fn graphs_mut(&mut self) -> &mut [Graph] {
        match self {
            Self::Graph(graph) => std::slice::from_mut(graph),
            Self::Graphs(graphs) => graphs,
            _ => &mut [],
        }
    }
}

/// The attributes of one node, or the defaults of a function.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes {
    /// Whose they are, in words.
    owner: String,
    values: BTreeMap<String, Value>,
}

impl Attributes {
    pub(crate) fn new(owner: String, list: Vec<(String, Value)>) -> Result<Self, Error> {
        let mut attributes = Self { owner, values: BTreeMap::new() };
        for (name, value) in list {
            if attributes.values.contains_key(&name) {
                return Err(attributes.wrong(&name, "given twice", "one"));
            }
            attributes.values.insert(name, value);
        }
        Ok(attributes)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Of any kind.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Whether there is one of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Result<i64, Error> {
        self.required(name, "a whole number", as_int)
    }

    /// A whole number, or its default.
    pub fn int_or(&self, name: &str, default: i64) -> Result<i64, Error> {
        self.optional(name, "a whole number", as_int, default)
    }

    /// A number.
    pub fn float(&self, name: &str) -> Result<f32, Error> {
        self.required(name, "a number of single precision", as_float)
    }

    /// A number, or its default.
    pub fn float_or(&self, name: &str, default: f32) -> Result<f32, Error> {
        self.optional(name, "a number of single precision", as_float, default)
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.required(name, "a text in UTF-8", as_text)
    }

    /// A text, or its default.
    pub fn text_or<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str, Error> {
        self.optional(name, "a text in UTF-8", as_text, default)
    }

    /// Whole numbers.
    pub fn ints(&self, name: &str) -> Result<&[i64], Error> {
        self.required(name, "a list of whole numbers", as_ints)
    }

    /// Whole numbers, or their default.
    pub fn ints_or<'a>(&'a self, name: &str, default: &'a [i64]) -> Result<&'a [i64], Error> {
        self.optional(name, "a list of whole numbers", as_ints, default)
    }

    /// Numbers.
    pub fn floats(&self, name: &str) -> Result<&[f32], Error> {
        self.required(name, "a list of numbers of single precision", as_floats)
    }

    /// Numbers, or their default.
    pub fn floats_or<'a>(&'a self, name: &str, default: &'a [f32]) -> Result<&'a [f32], Error> {
        self.optional(name, "a list of numbers of single precision", as_floats, default)
    }

    /// Texts.
    pub fn texts(&self, name: &str) -> Result<Vec<&str>, Error> {
        self.required(name, "a list of texts in UTF-8", as_texts)
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Result<&Initialiser, Error> {
        self.required(name, "a tensor", as_tensor)
    }

    /// A graph.
    pub fn graph(&self, name: &str) -> Result<&Graph, Error> {
        self.required(name, "a graph", as_graph)
    }

    /// An error about an attribute of this node: what it is, and what is needed.
    pub fn wrong(&self, name: &str, found: impl Into<String>, expected: &'static str) -> Error {
        Error::Attribute {
            node: self.owner.clone(),
            attribute: name.to_owned(),
            found: found.into(),
            expected,
        }
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.values.values_mut()
    }

    fn required<'a, T>(
        &'a self,
        name: &str,
        expected: &'static str,
        convert: fn(&'a Value) -> Option<T>,
    ) -> Result<T, Error> {
        let value = self.get(name).ok_or_else(|| self.wrong(name, "absent", expected))?;
        convert(value).ok_or_else(|| self.wrong(name, value.kind(), expected))
    }

    fn optional<'a, T>(
        &'a self,
        name: &str,
        expected: &'static str,
        convert: fn(&'a Value) -> Option<T>,
        default: T,
    ) -> Result<T, Error> {
        if self.contains(name) { self.required(name, expected, convert) } else { Ok(default) }
    }
}

fn as_int(value: &Value) -> Option<i64> {
    if let Value::Int(value) = value { Some(*value) } else { None }
}

fn as_float(value: &Value) -> Option<f32> {
    if let Value::Float(value) = value { Some(*value) } else { None }
}

fn as_text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { std::str::from_utf8(text).ok() } else { None }
}

fn as_ints(value: &Value) -> Option<&[i64]> {
    if let Value::Ints(list) = value { Some(list) } else { None }
}

fn as_floats(value: &Value) -> Option<&[f32]> {
    if let Value::Floats(list) = value { Some(list) } else { None }
}

fn as_texts(value: &Value) -> Option<Vec<&str>> {
    let Value::Texts(list) = value else { return None };
    list.iter().map(|text| std::str::from_utf8(text).ok()).collect()
}

fn as_tensor(value: &Value) -> Option<&Initialiser> {
    if let Value::Tensor(tensor) = value { Some(tensor) } else { None }
}

fn as_graph(value: &Value) -> Option<&Graph> {
    if let Value::Graph(graph) = value { Some(graph) } else { None }
}

/// Reads an attribute and its name.
pub(super) fn read<R: BufRead>(wire: &mut Wire<R>, field: Field) -> Result<(String, Value), Error> {
    wire.hold::<(String, Value)>(0)?;
    let offset = field.offset;
    let mut parts = Parts::default();
    wire.message(field, |wire, field| parts.take(wire, field))?;
    let found = parts.kind;
    let wrong = |name| Error::Damaged {
        offset,
        expected: "an attribute of ONNX's kinds 1 to 14, with what its kind says,",
        found: format!("the attribute `{name}` of kind {found}"),
    };
    let name = std::mem::take(&mut parts.name);
    match parts.value() {
        Some(value) => Ok((name, value)),
        None => Err(wrong(name)),
    }
}

/// What has been read so far. It is a union in all but name: the fields that are not its kind are empty.
#[derive(Default)]
struct Parts {
    name: String,
    kind: i64,
    float: Option<f32>,
    int: Option<i64>,
    text: Option<Vec<u8>>,
    tensor: Option<Initialiser>,
    graph: Option<Graph>,
    floats: Vec<f32>,
    ints: Vec<i64>,
    texts: Vec<Vec<u8>>,
    tensors: Vec<Initialiser>,
    graphs: Vec<Graph>,
    reference: String,
}

impl Parts {
    /// A field of `AttributeProto`.
    fn take<R: BufRead>(&mut self, wire: &mut Wire<R>, field: Field) -> Result<(), Error> {
        match field.number {
            1 => self.name = wire.text(field)?,
            2 => self.float = Some(wire.float(field)?),
            3 => self.int = Some(wire.int(field)?),
            4 => self.text = Some(wire.bytes(field)?),
            5 => self.tensor = Some(Initialiser::read(wire, field)?),
            6 => self.graph = Some(Graph::read(wire, field)?),
            7 => wire.append_floats(field, &mut self.floats)?,
            8 => wire.append_ints(field, &mut self.ints)?,
            9 => {
                wire.hold::<Vec<u8>>(0)?;
                self.texts.push(wire.bytes(field)?);
            }
            10 => self.tensors.push(Initialiser::read(wire, field)?),
            11 => self.graphs.push(Graph::read(wire, field)?),
            20 => self.kind = wire.int(field)?,
            21 => self.reference = wire.text(field)?,
            _ => {}
        }
        Ok(())
    }

    /// A number or text that is its default may be left out of the file; a tensor or graph may not.
    fn value(self) -> Option<Value> {
        if !self.reference.is_empty() {
            return Some(Value::Reference(self.reference));
        }
        Some(match self.kind {
            1 => Value::Float(self.float.unwrap_or(0.0)),
            2 => Value::Int(self.int.unwrap_or(0)),
            3 => Value::Text(self.text.unwrap_or_default()),
            4 => Value::Tensor(self.tensor?),
            5 => Value::Graph(self.graph?),
            6 => Value::Floats(self.floats),
            7 => Value::Ints(self.ints),
            8 => Value::Texts(self.texts),
            9 => Value::Tensors(self.tensors),
            10 => Value::Graphs(self.graphs),
            11 => Value::Other("a sparse tensor"),
            12 => Value::Other("a list of sparse tensors"),
            13 => Value::Other("a type"),
            14 => Value::Other("a list of types"),
            0 => self.value_of_no_kind()?,
            _ => return None,
        })
    }

    /// Files of before 2017 do not say the kind.
    fn value_of_no_kind(self) -> Option<Value> {
        None.or(self.float.map(Value::Float))
            .or(self.int.map(Value::Int))
            .or(self.text.map(Value::Text))
            .or(self.tensor.map(Value::Tensor))
            .or(self.graph.map(Value::Graph))
            .or(filled(self.floats).map(Value::Floats))
            .or(filled(self.ints).map(Value::Ints))
            .or(filled(self.texts).map(Value::Texts))
            .or(filled(self.tensors).map(Value::Tensors))
            .or(filled(self.graphs).map(Value::Graphs))
    }
}

fn filled<T>(list: Vec<T>) -> Option<Vec<T>> {
    if list.is_empty() { None } else { Some(list) }
}
