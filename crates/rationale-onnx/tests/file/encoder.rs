//! Protobuf messages of ONNX written by hand, right or wrong as a test needs them.

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field of a whole number.
pub(crate) fn int(number: u64, value: i64) -> Vec<u8> {
    [varint(number << 3), varint(value.cast_unsigned())].concat()
}

/// A field of 32 bits.
pub(crate) fn fixed32(number: u64, bytes: [u8; 4]) -> Vec<u8> {
    [varint(number << 3 | 5), bytes.to_vec()].concat()
}

/// A field of 64 bits.
pub(crate) fn fixed64(number: u64, bytes: [u8; 8]) -> Vec<u8> {
    [varint(number << 3 | 1), bytes.to_vec()].concat()
}

/// A field of bytes.
pub(crate) fn bytes(number: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A field that announces bytes and has none.
pub(crate) fn announced(number: u64, length: u64) -> Vec<u8> {
    [varint(number << 3 | 2), varint(length)].concat()
}

/// A field of a text.
pub(crate) fn text(number: u64, text: &str) -> Vec<u8> {
    bytes(number, text.as_bytes())
}

/// A field of a message.
pub(crate) fn message(number: u64, fields: &[Vec<u8>]) -> Vec<u8> {
    bytes(number, &fields.concat())
}

/// A packed field of whole numbers.
pub(crate) fn packed(number: u64, values: &[i64]) -> Vec<u8> {
    bytes(number, &values.iter().flat_map(|value| varint(value.cast_unsigned())).collect::<Vec<_>>())
}

/// A model of IR version 8 and opset 17 with the fields of its graph.
pub(crate) fn model(graph: &[Vec<u8>]) -> Vec<u8> {
    [int(1, 8), text(2, "pytorch"), text(3, "2.9"), message(7, graph), opset("", 17)].concat()
}

pub(crate) fn opset(domain: &str, version: i64) -> Vec<u8> {
    message(8, &[text(1, domain), int(2, version)])
}

/// A node's fields, to stand as field 1 of a graph or 7 of a function.
pub(crate) fn node(operator: &str, inputs: &[&str], outputs: &[&str], more: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let inputs = inputs.iter().map(|name| text(1, name));
    let outputs = outputs.iter().map(|name| text(2, name));
    let name = text(3, &format!("/{operator}/{}", outputs.len()));
    inputs.chain(outputs).chain([name, text(4, operator)]).chain(more.iter().cloned()).collect()
}

/// A node of a graph.
pub(crate) fn graph_node(operator: &str, inputs: &[&str], outputs: &[&str], more: &[Vec<u8>]) -> Vec<u8> {
    message(1, &node(operator, inputs, outputs, more))
}

/// An attribute of a node.
pub(crate) fn attribute(name: &str, kind: i64, more: &[Vec<u8>]) -> Vec<u8> {
    message(5, &[vec![text(1, name), int(20, kind)], more.to_vec()].concat())
}

/// An initialiser of a graph.
pub(crate) fn initialiser(name: &str, code: i64, dimensions: &[i64], more: &[Vec<u8>]) -> Vec<u8> {
    message(5, &[vec![packed(1, dimensions), int(2, code), text(8, name)], more.to_vec()].concat())
}

/// Of float, with raw bytes.
pub(crate) fn floats(name: &str, dimensions: &[i64], values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    initialiser(name, 1, dimensions, &[bytes(9, &raw)])
}

/// A value of float with a batch and three features, to stand as field 11, 12 or 13 of a graph.
pub(crate) fn value(number: u64, name: &str) -> Vec<u8> {
    let dimensions = [message(1, &[text(2, "batch")]), message(1, &[int(1, 3)]), message(1, &[])];
    message(number, &[text(1, name), message(2, &[message(1, &[int(1, 1), message(2, &dimensions)])])])
}

/// An entry of `external_data`.
pub(crate) fn external(key: &str, value: &str) -> Vec<u8> {
    message(13, &[text(1, key), text(2, value)])
}

/// An initialiser of two floats that is kept in another file.
pub(crate) fn kept_in(location: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let place = [external("location", location), int(14, 1)];
    initialiser("w", 1, &[2], &[place.to_vec(), more.to_vec()].concat())
}

/// A bit of everything that a file may hold: a constant, branches, every kind of attribute, a function.
pub(crate) fn small() -> Vec<u8> {
    let constant = message(5, &[int(2, 7), packed(7, &[-1])]);
    let then = message(6, &[graph_node("Neg", &["h"], &["t"], &[]), value(12, "t")]);
    let other = message(6, &[graph_node("Abs", &["h"], &["e"], &[]), value(12, "e")]);
    let branches = [attribute("then_branch", 5, &[then]), attribute("else_branch", 5, &[other])];
    let graph = [
        text(2, "main"),
        graph_node("Constant", &[], &["c"], &[attribute("value", 4, &[constant])]),
        graph_node("MatMul", &["x", "w"], &["h"], &[]),
        graph_node("If", &["c"], &["b"], &branches),
        graph_node(
            "Gemm",
            &["b", "w", ""],
            &["y"],
            &[
                attribute("alpha", 1, &[fixed32(2, 0.5_f32.to_le_bytes())]),
                attribute("transA", 2, &[int(3, 1)]),
                attribute("mode", 3, &[text(4, "linear")]),
                attribute("scales", 6, &[bytes(7, &[0, 0, 128, 63]), fixed32(7, 2_f32.to_le_bytes())]),
                attribute("pads", 7, &[int(8, 0), packed(8, &[1, -1])]),
                attribute("names", 8, &[text(9, "a"), text(9, "b")]),
            ],
        ),
        floats("w", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        value(11, "x"),
        value(12, "y"),
        value(13, "h"),
    ];
    let twice = [
        vec![
            text(1, "Twice"),
            text(10, "own"),
            text(4, "a"),
            text(5, "b"),
            text(6, "axis"),
            opset_of_function(),
        ],
        vec![message(7, &node("Add", &["a", "a"], &["b"], &[message(5, &[text(1, "k"), text(21, "axis")])]))],
    ];
    [model(&graph), message(14, &[text(1, "author"), text(2, "Ada")]), message(25, &twice.concat())].concat()
}

fn opset_of_function() -> Vec<u8> {
    message(9, &[text(1, "ai.onnx"), int(2, 17)])
}
