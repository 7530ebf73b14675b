//! Right files, as exporters write them: everything is there, under its own name.

use std::path::{Path, PathBuf};

use rationale_onnx::{Dimension, ElementType, Error, Graph, Initialiser, ModelFile, Value};

use crate::encoder::*;
use crate::write;

fn read(graph: &[Vec<u8>]) -> Graph {
    ModelFile::from_bytes(&model(graph)).unwrap().graph
}

/// The bytes of the one initialiser.
fn bytes_of(code: i64, dimensions: &[i64], more: &[Vec<u8>]) -> Vec<u8> {
    let mut graph = read(&[initialiser("w", code, dimensions, more)]);
    let Initialiser { name, element, bytes, .. } = graph.initialisers.remove(0);
    assert_eq!((name.as_str(), element.code()), ("w", code));
    bytes.bytes().to_vec()
}

#[test]
fn everything_is_there_under_its_own_name() {
    let file = ModelFile::from_bytes(&small()).unwrap();
    assert_eq!((file.ir_version, file.opset("")), (8, Some(17)));
    assert_eq!((file.producer.name.as_str(), file.producer.version.as_str()), ("pytorch", "2.9"));
    assert_eq!(file.metadata["author"], "Ada");
    let graph = &file.graph;
    assert_eq!(graph.name, "main");
    let operators: Vec<_> = graph.nodes.iter().map(|node| node.operator.as_str()).collect();
    assert_eq!(operators, ["Constant", "MatMul", "If", "Gemm"]);
    assert_eq!(graph.nodes[1].name, "/MatMul/1");
    assert_eq!(graph.nodes[1].inputs, ["x", "w"]);
    assert_eq!(
        (graph.nodes[3].input(1), graph.nodes[3].input(2), graph.nodes[3].input(9)),
        (Some("w"), None, None)
    );
    assert_eq!(graph.initialisers[0].dimensions, [3, 2]);
    assert_eq!(graph.initialisers[0].bytes.bytes()[4..8], 2_f32.to_le_bytes());
    let shape = [Dimension::Symbolic("batch".to_owned()), Dimension::Fixed(3), Dimension::Unknown];
    for value in [&graph.inputs[0], &graph.outputs[0], &graph.value_info[0]] {
        assert_eq!((value.element, value.shape.as_deref()), (Some(ElementType::Float), Some(&shape[..])));
    }
}

#[test]
fn attributes_are_of_their_kinds() {
    let file = ModelFile::from_bytes(&small()).unwrap();
    let attributes = &file.graph.nodes[3].attributes;
    assert_eq!(attributes.float("alpha").unwrap(), 0.5);
    assert_eq!(attributes.int("transA").unwrap(), 1);
    assert_eq!(attributes.text("mode").unwrap(), "linear");
    assert_eq!(attributes.floats("scales").unwrap(), [1.0, 2.0]);
    assert_eq!(attributes.ints("pads").unwrap(), [0, 1, -1]);
    assert_eq!(attributes.texts("names").unwrap(), ["a", "b"]);
    assert_eq!(attributes.int_or("transB", 7).unwrap(), 7);
    assert_eq!(attributes.ints_or("dilations", &[1, 1]).unwrap(), [1, 1]);
    assert_eq!(attributes.iter().count(), 6);
    let constant = file.graph.nodes[0].attributes.tensor("value").unwrap();
    assert_eq!((constant.element, &constant.dimensions[..]), (ElementType::Int64, &[][..]));
}

#[test]
fn wrong_attributes_name_node_and_attribute() {
    let file = ModelFile::from_bytes(&small()).unwrap();
    let attributes = &file.graph.nodes[3].attributes;
    assert_eq!(
        attributes.int_or("alpha", 1).unwrap_err().to_string(),
        "the node `/Gemm/1` (Gemm): the attribute `alpha` is a number of single precision, but a whole number is needed"
    );
    assert_eq!(
        attributes.tensor("value").unwrap_err().to_string(),
        "the node `/Gemm/1` (Gemm): the attribute `value` is absent, but a tensor is needed"
    );
}

#[test]
fn functions_are_kept() {
    let file = ModelFile::from_bytes(&small()).unwrap();
    let function = &file.functions[0];
    assert_eq!((function.name.as_str(), function.domain.as_str()), ("Twice", "own"));
    assert_eq!((&function.inputs[..], &function.outputs[..]), (&["a".to_owned()][..], &["b".to_owned()][..]));
    assert_eq!((&function.attributes[..], function.opsets[""]), (&["axis".to_owned()][..], 17));
    assert_eq!(function.nodes[0].attributes.get("k"), Some(&Value::Reference("axis".to_owned())));
}

#[test]
fn numbers_are_the_same_raw_packed_and_single() {
    let raw: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let single = [fixed32(4, 1.5_f32.to_le_bytes()), fixed32(4, (-2_f32).to_le_bytes())].concat();
    for data in [bytes(9, &raw), bytes(4, &raw), single] {
        assert_eq!(bytes_of(1, &[2], &[data]), raw);
    }
}

#[test]
fn every_element_type_is_read_from_its_list() {
    assert_eq!(bytes_of(2, &[2], &[packed(5, &[255, 1])]), [255, 1]);
    assert_eq!(bytes_of(3, &[2], &[packed(5, &[-1, 1])]), [255, 1]);
    assert_eq!(bytes_of(5, &[1], &[packed(5, &[-2])]), [254, 255]);
    assert_eq!(bytes_of(6, &[2], &[int(5, -1), int(5, 2)]), [255, 255, 255, 255, 2, 0, 0, 0]);
    assert_eq!(bytes_of(7, &[1], &[packed(7, &[-1])]), [255; 8]);
    assert_eq!(bytes_of(9, &[3], &[packed(5, &[1, 0, 1])]), [1, 0, 1]);
    assert_eq!(bytes_of(10, &[1], &[packed(5, &[0x3c00])]), [0, 0x3c]);
    assert_eq!(bytes_of(11, &[1], &[fixed64(10, 1.5_f64.to_le_bytes())]), 1.5_f64.to_le_bytes());
    assert_eq!(bytes_of(12, &[1], &[packed(11, &[0xffff_ffff])]), [255; 4]);
    assert_eq!(bytes_of(13, &[1], &[packed(11, &[-1])]), [255; 8]);
    assert_eq!(bytes_of(14, &[1], &[bytes(4, &[1; 8])]), [1; 8]);
    assert_eq!(bytes_of(16, &[1], &[packed(5, &[0x3f80])]), [0x80, 0x3f]);
    assert_eq!(bytes_of(22, &[3], &[packed(5, &[0x21, 0x03])]), [0x21, 0x03]);
}

#[test]
fn fields_come_in_any_order() {
    let backwards = message(5, &[bytes(9, &[0; 8]), text(8, "w"), int(2, 1), int(1, 2)]);
    assert_eq!(read(&[backwards]).initialisers[0].dimensions, [2]);
    let graph = [graph_node("Relu", &["x"], &["y"], &[]), value(11, "x"), value(12, "y")];
    let file = ModelFile::from_bytes(&[opset("ai.onnx", 9), message(7, &graph), int(1, 3)].concat()).unwrap();
    assert_eq!(file.opset(""), Some(9));
}

#[test]
fn empty_tensors_and_scalars_are_read() {
    assert!(bytes_of(1, &[0, 5], &[]).is_empty());
    assert_eq!(bytes_of(1, &[], &[bytes(9, &[0; 4])]).len(), 4);
}

#[test]
fn unsorted_nodes_are_sorted() {
    let graph = [
        graph_node("C", &["b"], &["c"], &[]),
        graph_node("B", &["a"], &["b"], &[]),
        graph_node("A", &["x"], &["a"], &[]),
        value(11, "x"),
        value(12, "c"),
    ];
    let operators: Vec<_> = read(&graph).nodes.into_iter().map(|node| node.operator).collect();
    assert_eq!(operators, ["A", "B", "C"]);
}

#[test]
fn what_a_branch_takes_from_around_it_comes_before_it() {
    let branch = message(6, &[graph_node("Neg", &["late"], &["t"], &[]), value(12, "t")]);
    let graph = [
        graph_node("If", &["x"], &["y"], &[attribute("then_branch", 5, &[branch])]),
        graph_node("Late", &["x"], &["late"], &[]),
        value(11, "x"),
        value(12, "y"),
    ];
    assert_eq!(read(&graph).nodes[0].operator, "Late");
}

#[test]
fn initialisers_may_be_inputs_too() {
    let graph = read(&[value(11, "x"), value(11, "w"), floats("w", &[1], &[1.0])]);
    let open: Vec<_> = graph.open_inputs().map(|input| input.name.as_str()).collect();
    assert_eq!(open, ["x"]);
}

#[test]
fn sequences_and_shapeless_values_are_kept_without_shape() {
    let sequence = message(11, &[text(1, "s"), message(2, &[message(4, &[])])]);
    let shapeless = message(11, &[text(1, "t"), message(2, &[message(1, &[int(1, 11)])])]);
    let graph = read(&[sequence, shapeless]);
    assert_eq!((graph.inputs[0].element, &graph.inputs[0].shape), (None, &None));
    assert_eq!((graph.inputs[1].element, &graph.inputs[1].shape), (Some(ElementType::Double), &None));
}

#[test]
fn external_data_is_read_from_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("weights")).unwrap();
    write(&folder.path().join("weights/w.bin"), &[9, 9, 0, 0, 0, 0, 1, 2, 3, 4, 9]);
    let keys = [external("offset", "2"), external("length", "8"), external("checksum", "0")];
    let path = folder.path().join("model.onnx");
    write(&path, &model(&[kept_in("weights/w.bin", &keys)]));
    let file = ModelFile::read(&path).unwrap();
    assert_eq!(file.graph.initialisers[0].bytes.bytes(), [0, 0, 0, 0, 1, 2, 3, 4]);
}

#[test]
fn a_file_and_its_bytes_give_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    write(&path, &small());
    assert_eq!(ModelFile::read(&path).unwrap(), ModelFile::from_bytes(&small()).unwrap());
}

#[test]
fn published_networks_are_read() {
    let Some(root) = std::env::var_os("RATIONALE_TESTDATA") else {
        println!("skipped: no test data");
        return;
    };
    let folder = PathBuf::from(root).join("models");
    let mut n_read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "onnx") {
            let file = ModelFile::read(&path).unwrap();
            assert!(file.graph.nodes.len() > 50 && file.opset("").is_some(), "{}", path.display());
            n_read += 1;
        }
    }
    assert!(n_read > 0, "the folder of test data holds no network");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = ModelFile::read("no/such/model.onnx").unwrap_err();
    assert!(matches!(&error, Error::Open { path, .. } if path == Path::new("no/such/model.onnx")));
}
