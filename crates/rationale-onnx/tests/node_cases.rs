//! The ONNX project's own cases of single operators: which there are, and which are left out and why, is in
//! `docs/ONNX-NODE-CASES.md`. They run on every device that is built in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests may fail loudly")]

mod devices;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use prost::Message;
use rationale_onnx::{ElementType, Error, ModelFile, OnnxNetwork};
use rationale_tensor::{Device, Element, Kind, Network, Run, Tensor};
use zip::ZipArchive;

use devices::devices;

/// `TensorProto`, as the cases' files hold it.
#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(int32, repeated, tag = "5")]
    int32_data: Vec<i32>,
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
}

struct Case {
    model: Vec<u8>,
    inputs: Vec<Vec<u8>>,
    outputs: Vec<Vec<u8>>,
}

fn cases() -> BTreeMap<String, Case> {
    let archive = include_bytes!("../golden/node_cases.zip");
    let mut archive = ZipArchive::new(Cursor::new(&archive[..])).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    let names: BTreeSet<String> =
        files.keys().filter_map(|it| Some(it.split_once('/')?.0.to_owned())).collect();
    let numbered = |name: &str, word: &str| {
        let at = |i: usize| files.get(&format!("{name}/{word}_{i}.pb")).cloned();
        (0..).map_while(at).collect::<Vec<_>>()
    };
    let case = |name: &String| Case {
        model: files[&format!("{name}/model.onnx")].clone(),
        inputs: numbered(name, "input"),
        outputs: numbered(name, "output"),
    };
    names.iter().map(|name| (name.clone(), case(name))).collect()
}

fn tensor(bytes: &[u8], device: &Device) -> Tensor {
    let proto = TensorProto::decode(bytes).unwrap();
    let element = match ElementType::from_code(proto.data_type.into()).unwrap() {
        ElementType::Float => Element::F32,
        ElementType::Double => Element::F64,
        ElementType::Float16 => Element::F16,
        ElementType::Int8 => Element::I8,
        ElementType::Int16 => Element::I16,
        ElementType::Int32 => Element::I32,
        ElementType::Int64 => Element::I64,
        ElementType::Uint8 => Element::U8,
        ElementType::Uint16 => Element::U16,
        ElementType::Uint32 => Element::U32,
        ElementType::Uint64 => Element::U64,
        ElementType::Bool => Element::Bool,
        other => panic!("a case with {other} elements"),
    };
    let shape: Vec<usize> = proto.dims.iter().map(|it| usize::try_from(*it).unwrap()).collect();
    let narrow = |it: &i32| it.to_le_bytes().into_iter().take(element.size());
    let bytes: Vec<u8> = proto.raw_data.into_iter().chain(proto.int32_data.iter().flat_map(narrow)).collect();
    Tensor::from_bytes(bytes, element, &shape, device).unwrap()
}

/// Cases whose outputs are wrong, and which later versions of ONNX correct: the mean of a window that reaches beyond the
/// pads, because the number of windows was rounded up, is one over what is within the pads.
const CORRECTED_LATER: [&str; 1] =
    ["test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True"];

/// The network of a case. In those of older operator sets every operator is what it is in the oldest one that is run.
fn network(model: &[u8], device: &Device) -> Result<OnnxNetwork, Error> {
    let mut file = ModelFile::from_bytes(model)?;
    file.opsets.entry(String::new()).and_modify(|version| *version = (*version).max(9));
    OnnxNetwork::from_file(file, device)
}

/// What is wrong with a case, if anything is. The tolerances are the ONNX project's own.
fn failure(case: &Case, device: &Device) -> Option<String> {
    let network = match network(&case.model, device) {
        Ok(network) => network,
        Err(error) => return Some(error.to_string()),
    };
    let inputs: Vec<Tensor> = case.inputs.iter().map(|it| tensor(it, device)).collect();
    let outputs = match network.forward(&mut Run::new(&inputs)) {
        Ok(outputs) => outputs,
        Err(error) => return Some(error.to_string()),
    };
    let expected = case.outputs.iter().map(|it| tensor(it, device));
    expected.zip(&outputs).enumerate().find_map(|(i, (expected, actual))| {
        difference(&expected, actual).map(|it| format!("output {i}: {it}"))
    })
}

fn difference(expected: &Tensor, actual: &Tensor) -> Option<String> {
    if (expected.shape(), expected.element()) != (actual.shape(), actual.element()) {
        let of = |it: &Tensor| format!("{} {:?}", it.element(), it.shape());
        return Some(format!("{} where {} is right", of(actual), of(expected)));
    }
    let (right, found) = (expected.to_f64s().unwrap(), actual.to_f64s().unwrap());
    let (relative, absolute) = if expected.kind() == Kind::Float { (1e-3, 1e-7) } else { (0.0, 0.0) };
    let is_close = |a: f64, b: f64| {
        a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= absolute + relative * a.abs()
    };
    let wrong = right.iter().zip(&found).position(|(a, b)| !is_close(*a, *b))?;
    Some(format!("element {wrong} is {} where {} is right", found[wrong], right[wrong]))
}

#[test]
fn every_case_passes() {
    let cases = cases();
    assert!(cases.len() > 800, "the archive holds {} cases", cases.len());
    for device in devices() {
        let right = cases.iter().filter(|(name, _)| !CORRECTED_LATER.contains(&name.as_str()));
        let failures: Vec<String> =
            right.filter_map(|(name, case)| Some(format!("{name}: {}", failure(case, &device)?))).collect();
        let (n_failures, n_cases, name) = (failures.len(), cases.len(), device.name());
        assert!(
            failures.is_empty(),
            "{n_failures} of {n_cases} cases fail on {name}:\n{}",
            failures.join("\n")
        );
    }
}
