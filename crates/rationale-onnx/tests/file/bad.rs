//! Broken, hostile and foreign files: each gives an error that says why, never a panic.

use std::path::Path;

use proptest::prelude::*;
use rationale_onnx::{Error, Limits, ModelFile, OnnxNetwork, Outside};
use rationale_tensor::{Device, Network, Run, Tensor};

use crate::encoder::*;
use crate::write;

fn refuse(graph: &[Vec<u8>]) -> Error {
    ModelFile::from_bytes(&model(graph)).unwrap_err()
}

/// The model's error in a folder where `arrange` has put files.
fn refuse_in_folder(graph: &[Vec<u8>], arrange: impl FnOnce(&Path)) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("model");
    std::fs::create_dir(&inner).unwrap();
    write(&folder.path().join("secret.bin"), &[0; 8]);
    arrange(&inner);
    write(&inner.join("model.onnx"), &model(graph));
    ModelFile::read(inner.join("model.onnx")).unwrap_err()
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = small();
    for length in 0..whole.len() {
        match ModelFile::from_bytes(&whole[..length]) {
            Err(error) => assert!(!error.to_string().is_empty()),
            // Metadata and functions stand at the end; without them it is a model too.
            Ok(file) => assert!(file.graph.nodes.len() == 4 && file.functions.is_empty(), "{length} bytes"),
        }
    }
}

#[test]
fn a_cut_says_where() {
    let whole = model(&[floats("w", &[4], &[1.0, 2.0, 3.0, 4.0])]);
    let error = ModelFile::from_bytes(&whole[..30]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file is cut off or damaged: byte 18 announces 28 more bytes, but 12 are left; copy or download it again"
    );
}

#[test]
fn empty_and_foreign_files_are_named() {
    assert!(matches!(ModelFile::from_bytes(b""), Err(Error::Empty)));
    let error = ModelFile::from_bytes(b"<!DOCTYPE html><title>Not found</title>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "this is no ONNX model: it looks like an HTML or XML page, such as a failed download; give the `.onnx` file that an \
         exporter wrote"
    );
    assert!(matches!(ModelFile::from_bytes(b"PK\x03\x04"), Err(Error::NotOnnx { .. })));
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(ModelFile::read(folder.path()), Err(Error::Open { .. })));
}

#[test]
fn parts_that_a_model_needs_are_asked_for() {
    let graph = message(7, &[value(11, "x")]);
    let read = |parts: &[Vec<u8>]| ModelFile::from_bytes(&parts.concat());
    assert!(matches!(read(&[int(1, 8), opset("", 17)]), Err(Error::NoGraph)));
    assert!(matches!(read(&[int(1, 8), graph.clone()]), Err(Error::NoOpset)));
    assert!(matches!(read(&[int(1, 2), graph.clone(), opset("", 1)]), Err(Error::IrVersion { version: 2 })));
    assert!(matches!(
        read(&[int(1, 8), graph, opset("", 17), opset("ai.onnx", 18)]),
        Err(Error::TwoOpsets { first: 17, second: 18, .. })
    ));
}

#[test]
fn wrong_data_lengths_are_refused() {
    let error = refuse(&[floats("w", &[3], &[1.0, 2.0])]);
    assert_eq!(
        error.to_string(),
        "the tensor `w` of float and shape [3] needs 12 bytes of data, but the file gives 8"
    );
    assert!(matches!(refuse(&[initialiser("w", 1, &[1 << 20], &[])]), Error::DataLength { actual: 0, .. }));
    // The list of another type is not this type's.
    assert!(matches!(refuse(&[initialiser("w", 7, &[1], &[packed(5, &[1])])]), Error::DataLength { .. }));
    assert!(matches!(refuse(&[initialiser("w", 1, &[1], &[bytes(4, &[0; 6])])]), Error::Damaged { .. }));
}

#[test]
fn dimensions_that_cannot_be_counted_are_refused() {
    for dimensions in [&[-1][..], &[1 << 32, 1 << 32], &[i64::MAX], &[0, 1 << 40, 1 << 40], &[1 << 61]] {
        let error = refuse(&[initialiser("w", 1, dimensions, &[])]);
        assert!(matches!(error, Error::Dimensions { .. }), "{dimensions:?}: {error}");
    }
}

#[test]
fn more_than_the_bound_is_refused() {
    let bytes = model(&[floats("w", &[1000], &[0.0; 1000])]);
    let limits = Limits { memory: 3000, ..Limits::default() };
    assert!(matches!(ModelFile::from_bytes_within(&bytes, limits), Err(Error::Memory { limit: 3000, .. })));
    // Many things of two bytes each take more memory than the file.
    let nodes = model(&vec![message(1, &[]); 1000]);
    let limits = Limits { memory: 20_000, ..Limits::default() };
    assert!(matches!(ModelFile::from_bytes_within(&nodes, limits), Err(Error::Memory { .. })));
}

/// The network of a node that makes 100 x 3 x 100 numbers out of `x` or of nothing, where one tensor may take so many bytes.
fn thirty_thousand(operator: &str, inputs: &[&str], tensor: usize) -> Result<OnnxNetwork, Error> {
    let lengths = initialiser("n", 7, &[3], &[packed(7, &[100, 3, 100])]);
    let graph = [lengths, value(11, "x"), graph_node(operator, inputs, &["y"], &[]), value(12, "y")];
    let limits = Limits { tensor, ..Limits::default() };
    OnnxNetwork::from_file_within(ModelFile::from_bytes(&model(&graph))?, &Device::flex(), limits)
}

#[test]
fn a_constant_beyond_the_bound_is_refused_while_the_network_is_made() {
    assert!(thirty_thousand("ConstantOfShape", &["n"], 120_000).is_ok());
    let error = thirty_thousand("ConstantOfShape", &["n"], 119_999).unwrap_err().to_string();
    assert!(error.contains("more than the 119999 bytes"), "{error}");
}

#[test]
fn a_value_beyond_the_bound_is_refused_in_the_run() {
    let x = Tensor::from_vec(vec![1.0_f32; 3], &[1, 3, 1], &Device::flex()).unwrap();
    let run = |tensor| {
        let network = thirty_thousand("Expand", &["x", "n"], tensor).unwrap();
        network.forward(&mut Run::new(std::slice::from_ref(&x))).map_err(|error| error.to_string())
    };
    assert_eq!(run(120_000).unwrap()[0].shape(), [100, 3, 100]);
    let error = run(119_999).unwrap_err();
    assert!(error.contains("more than the 119999 bytes"), "{error}");
}

#[test]
fn external_data_beyond_the_bound_is_refused_before_it_is_read() {
    let keys = [external("location", "w.bin"), int(14, 1)];
    let graph = [initialiser("w", 1, &[1 << 36], &keys)];
    let error = refuse_in_folder(&graph, |folder| {
        std::fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(folder.join("w.bin"))
            .and_then(|file| file.set_len(1 << 38))
            .unwrap();
    });
    assert!(matches!(&error, Error::Memory { what, .. } if what == "the tensor `w`"), "{error}");
}

#[test]
fn announced_lengths_are_not_believed() {
    for graph in [announced(5, u64::MAX), announced(1, 1 << 40), message(5, &[announced(9, 1 << 33)])] {
        assert!(matches!(refuse(&[graph]), Error::CutOff { .. }));
    }
}

#[test]
fn damaged_fields_are_refused() {
    let longer = [vec![0x08], vec![0xff; 12]].concat();
    let fields = [vec![0x0b], vec![0x0c], vec![0x0f], vec![0x00], longer, bytes(2, &[0xff, 0xfe]), int(1, 1)];
    for field in fields {
        let error = refuse(std::slice::from_ref(&field));
        assert!(matches!(error, Error::Damaged { .. } | Error::CutOff { .. }), "{field:?}: {error}");
    }
}

#[test]
fn unknown_element_types_are_refused() {
    assert!(matches!(refuse(&[initialiser("w", 99, &[1], &[])]), Error::ElementType { code: 99, .. }));
    let input = message(11, &[text(1, "x"), message(2, &[message(1, &[int(1, -3)])])]);
    assert!(matches!(refuse(&[input]), Error::ElementType { code: -3, .. }));
}

#[test]
fn everything_that_is_not_read_is_listed_at_once() {
    let texts = message(5, &[int(2, 8), text(6, "a")]);
    let sparse = message(15, &[message(1, &[text(8, "few")])]);
    let error = refuse(&[
        initialiser("labels", 8, &[], &[text(6, "a")]),
        sparse,
        graph_node("Constant", &[], &["c"], &[attribute("value", 4, &[texts])]),
        graph_node("Constant", &[], &["d"], &[attribute("sparse_value", 11, &[message(22, &[])])]),
    ]);
    assert_eq!(
        error.to_string(),
        "the file holds what is not read: the initialiser `labels` of texts, the sparse initialiser `few`, a tensor of texts in \
         the attribute `value` of the node `/Constant/1` (Constant), a sparse tensor in the attribute `sparse_value` of the node \
         `/Constant/1` (Constant); export the model with dense tensors of numbers"
    );
}

#[test]
fn attributes_of_no_kind_are_refused() {
    for attribute in [attribute("a", 99, &[]), attribute("a", 4, &[]), attribute("a", 0, &[])] {
        let error = refuse(&[graph_node("A", &[], &["y"], &[attribute])]);
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
    let twice = [attribute("a", 2, &[int(3, 1)]), attribute("a", 2, &[int(3, 2)])];
    assert!(matches!(refuse(&[graph_node("A", &[], &["y"], &twice)]), Error::Attribute { .. }));
}

#[test]
fn a_value_that_nothing_gives_is_named() {
    let error = refuse(&[graph_node("Conv", &["x", "weight"], &["y"], &[]), value(11, "x"), value(12, "y")]);
    assert_eq!(
        error.to_string(),
        "the node `/Conv/1` (Conv) uses the value `weight`, but no input, initialiser or node gives it: the file may lack an \
         initialiser"
    );
    let error = refuse(&[value(11, "x"), value(12, "y")]);
    assert!(matches!(&error, Error::MissingValue { value, .. } if value == "y"), "{error}");
}

#[test]
fn a_value_that_nothing_gives_is_named_inside_a_branch_too() {
    let branch = message(6, &[graph_node("Neg", &["gone"], &["t"], &[]), value(12, "t")]);
    let error = refuse(&[graph_node("If", &[], &["y"], &[attribute("then_branch", 5, &[branch])])]);
    let named =
        matches!(&error, Error::MissingValue { user, value } if user.contains("Neg") && value == "gone");
    assert!(named, "{error}");
}

#[test]
fn a_function_uses_only_its_own() {
    let function = [text(1, "F"), text(5, "y"), message(7, &node("Neg", &["x"], &["y"], &[]))];
    let bytes = [model(&[value(11, "x")]), message(25, &function)].concat();
    assert!(matches!(ModelFile::from_bytes(&bytes), Err(Error::MissingValue { .. })));
}

#[test]
fn values_given_twice_are_refused() {
    let relu = graph_node("Relu", &["x"], &["y"], &[]);
    let cases = [
        vec![relu.clone(), relu.clone(), value(11, "x")],
        vec![graph_node("Relu", &["x"], &["x"], &[]), value(11, "x")],
        vec![value(11, "x"), value(11, "x")],
        vec![floats("w", &[1], &[1.0]), floats("w", &[1], &[1.0])],
        vec![graph_node("Relu", &["x"], &["y", "y"], &[]), value(11, "x")],
    ];
    for graph in cases {
        let error = refuse(&graph);
        assert!(matches!(error, Error::Duplicate { .. }), "{error}");
    }
}

#[test]
fn a_cycle_names_a_node_of_it() {
    let graph = [
        graph_node("Before", &["x"], &["a"], &[]),
        graph_node("Behind", &["b"], &["y"], &[]),
        graph_node("First", &["a", "c"], &["b"], &[]),
        graph_node("Second", &["b"], &["c"], &[]),
        value(11, "x"),
        value(12, "y"),
    ];
    assert_eq!(
        refuse(&graph).to_string(),
        "the graph has a cycle: the node `/First/1` (First) needs the value `c`, which needs that node's own outputs"
    );
    assert!(matches!(refuse(&[graph_node("Self", &["y"], &["y"], &[])]), Error::Cycle { .. }));
}

#[test]
fn a_branch_that_needs_its_own_node_is_a_cycle() {
    let branch = message(6, &[graph_node("Neg", &["y"], &["t"], &[]), value(12, "t")]);
    let error = refuse(&[graph_node("If", &[], &["y"], &[attribute("then_branch", 5, &[branch])])]);
    assert!(matches!(error, Error::Cycle { .. }), "{error}");
}

#[test]
fn graphs_nested_too_deep_are_refused() {
    let nested = |depth| {
        (0..depth).fold(vec![], |inner: Vec<Vec<u8>>, _| {
            let branch = attribute("body", 5, &[message(6, &inner)]);
            vec![graph_node("Loop", &[], &["y"], &[branch])]
        })
    };
    assert!(ModelFile::from_bytes(&model(&nested(15))).is_ok());
    assert!(matches!(refuse(&nested(16)), Error::Depth { limit: 16, .. }));
    assert!(matches!(refuse(&nested(2000)), Error::Depth { .. }));
}

#[test]
fn external_data_outside_the_folder_is_refused() {
    let cases = [
        ("/etc/hostname", Outside::Absolute),
        ("../secret.bin", Outside::Upward),
        ("a/../../secret.bin", Outside::Upward),
    ];
    for (location, expected) in cases {
        let error = refuse_in_folder(&[kept_in(location, &[])], |_| {});
        assert!(matches!(&error, Error::ExternalOutside { reason, .. } if *reason == expected), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn symbolic_links_lead_nowhere_else() {
    let link = |folder: &Path| std::os::unix::fs::symlink("../secret.bin", folder.join("w.bin")).unwrap();
    let error = refuse_in_folder(&[kept_in("w.bin", &[])], link);
    assert!(matches!(error, Error::ExternalOutside { reason: Outside::Link, .. }), "{error}");
    let link = |folder: &Path| std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
    let error = refuse_in_folder(&[kept_in("up/secret.bin", &[])], link);
    assert!(matches!(error, Error::ExternalOutside { reason: Outside::Link, .. }), "{error}");
}

#[test]
fn external_data_that_does_not_fit_is_refused() {
    let arrange = |folder: &Path| write(&folder.join("w.bin"), &[0; 10]);
    let refuse = |more: &[Vec<u8>]| refuse_in_folder(&[kept_in("w.bin", more)], arrange);
    assert!(matches!(refuse(&[external("offset", "3")]), Error::ExternalCutOff { available: 10, .. }));
    let most = u64::MAX.to_string();
    assert!(matches!(refuse(&[external("offset", &most)]), Error::ExternalCutOff { .. }));
    assert!(matches!(refuse(&[external("length", "9")]), Error::ExternalKey { key: "length", .. }));
    assert!(matches!(refuse(&[external("offset", "-1")]), Error::ExternalKey { key: "offset", .. }));
    let absent = refuse_in_folder(&[kept_in("gone.bin", &[])], |_| {});
    assert!(matches!(absent, Error::ExternalOpen { .. }), "{absent}");
    let folder = refuse_in_folder(&[kept_in(".", &[])], |_| {});
    assert!(matches!(folder, Error::ExternalOpen { .. }), "{folder}");
    let nowhere = refuse_in_folder(&[initialiser("w", 1, &[2], &[int(14, 1)])], |_| {});
    assert!(matches!(nowhere, Error::ExternalKey { key: "location", .. }), "{nowhere}");
}

#[test]
fn bytes_alone_have_no_external_data() {
    assert!(matches!(refuse(&[kept_in("w.bin", &[])]), Error::ExternalWithoutFolder { .. }));
}

/// A message must be made of what a file holds, so that making it may fail too.
fn read_and_say(bytes: &[u8]) {
    let limits = Limits { memory: 1 << 24, ..Limits::default() };
    if let Err(error) = ModelFile::from_bytes_within(bytes, limits) {
        assert!(!error.to_string().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = small();
        for (place, value) in flips {
            *place.get_mut(&mut bytes) = value;
        }
        read_and_say(&bytes);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_and_say(&[int(1, 8), bytes].concat());
    }

    #[test]
    fn bytes_left_out_or_added_never_panic(at in any::<prop::sample::Index>(), n in 0..20_usize, more in prop::collection::vec(any::<u8>(), 0..20)) {
        let mut bytes = small();
        let at = at.index(bytes.len());
        let end = (at + n).min(bytes.len());
        bytes.splice(at..end, more);
        read_and_say(&bytes);
    }
}
