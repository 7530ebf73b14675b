//! Writes ONNX files: the few messages of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto> that a small network
//! needs.

use half::f16;

/// An ONNX file being put together.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<u8>,
    initialisers: Vec<u8>,
    inputs: Vec<u8>,
    outputs: Vec<u8>,
    metadata: Vec<u8>,
    n_nodes: usize,
}

/// An attribute of a node.
pub(crate) enum Attribute<'a> {
    Int(&'a str, i64),
    Float(&'a str, f32),
    Ints(&'a str, &'a [i64]),
}

const FLOAT: i64 = 1;
pub(crate) const INT64: i64 = 7;
const HALF: i64 = 10;

impl Graph {
    /// Adds a node; nodes are named by their operator and what they give.
    pub(crate) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[Attribute<'_>],
    ) {
        let mut fields = Vec::new();
        inputs.iter().for_each(|it| fields.extend(text(1, it)));
        fields.extend(
            [text(2, output), text(3, &format!("{operator}_{}", self.n_nodes)), text(4, operator)].concat(),
        );
        attributes.iter().for_each(|it| fields.extend(bytes(5, &it.encoded())));
        self.n_nodes += 1;
        self.nodes.extend(bytes(1, &fields));
    }

    /// Adds weights that are stored in half precision and used in single.
    pub(crate) fn halves(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let stored = format!("{name}_half");
        let raw: Vec<u8> = values.iter().flat_map(|it| f16::from_f32(*it).to_le_bytes()).collect();
        self.initialiser(&stored, HALF, shape, &raw);
        self.node("Cast", &[&stored], name, &[Attribute::Int("to", FLOAT)]);
    }

    /// Adds weights in single precision.
    pub(crate) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let raw: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
        self.initialiser(name, FLOAT, shape, &raw);
    }

    /// Adds whole numbers.
    pub(crate) fn ints(&mut self, name: &str, values: &[i64]) {
        let raw: Vec<u8> = values.iter().flat_map(|it| it.to_le_bytes()).collect();
        self.initialiser(name, INT64, &[values.len()], &raw);
    }

    fn initialiser(&mut self, name: &str, element: i64, shape: &[usize], raw: &[u8]) {
        let shape: Vec<u8> = shape.iter().flat_map(|it| varint(*it as u64)).collect();
        let fields = [bytes(1, &shape), int(2, element), text(8, name), bytes(9, raw)].concat();
        self.initialisers.extend(bytes(5, &fields));
    }

    /// Adds an input; a dimension is a number or a name.
    pub(crate) fn input(&mut self, name: &str, element: i64, dimensions: &[&str]) {
        self.inputs.extend(bytes(11, &value(name, element, dimensions)));
    }

    /// Adds an output of floats.
    pub(crate) fn output(&mut self, name: &str, dimensions: &[&str]) {
        self.outputs.extend(bytes(12, &value(name, FLOAT, dimensions)));
    }

    /// Adds an input of floats.
    pub(crate) fn float_input(&mut self, name: &str, dimensions: &[&str]) {
        self.input(name, FLOAT, dimensions);
    }

    /// Adds a note for programs.
    pub(crate) fn note(&mut self, key: &str, value: &str) {
        self.metadata.extend(bytes(14, &[text(1, key), text(2, value)].concat()));
    }

    /// The file, of operator set 17.
    pub(crate) fn into_bytes(self, name: &str) -> Vec<u8> {
        let graph = [self.nodes, text(2, name), self.initialisers, self.inputs, self.outputs].concat();
        let opset = [text(1, ""), int(2, 17)].concat();
        [int(1, 8), text(2, "rationale-lab"), bytes(7, &graph), bytes(8, &opset), self.metadata].concat()
    }
}

impl Attribute<'_> {
    fn encoded(&self) -> Vec<u8> {
        match self {
            Self::Int(name, value) => [text(1, name), int(3, *value), int(20, 2)].concat(),
            Self::Float(name, value) => {
                [text(1, name), varint(2 << 3 | 5), value.to_le_bytes().to_vec(), int(20, 1)].concat()
            }
            Self::Ints(name, values) => {
                let values: Vec<u8> = values.iter().flat_map(|it| int(8, *it)).collect();
                [text(1, name), values, int(20, 7)].concat()
            }
        }
    }
}

fn value(name: &str, element: i64, dimensions: &[&str]) -> Vec<u8> {
    let dimension = |it: &&str| match it.parse::<i64>() {
        Ok(length) => bytes(1, &int(1, length)),
        Err(_) => bytes(1, &text(2, it)),
    };
    let shape: Vec<u8> = dimensions.iter().flat_map(dimension).collect();
    [text(1, name), bytes(2, &bytes(1, &[int(1, element), bytes(2, &shape)].concat()))].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn int(field: u64, value: i64) -> Vec<u8> {
    [varint(field << 3), varint(value.cast_unsigned())].concat()
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn text(field: u64, content: &str) -> Vec<u8> {
    bytes(field, content.as_bytes())
}
