//! What must hold of any bytes that a reader of model files is given.
//!
//! A reader ends with a model or an error: it neither panics nor hangs, and allocates nothing that a file only announces.
//! A model that it gives predicts any two rows, survives being written as JSON, and is the one that
//! [`ModelFile::from_bytes`] gives where that sees the same format.

use std::alloc::System;
use std::collections::BTreeSet;

use cap::Cap;
use ndarray::Array2;
use rationale_core::Predict;
use rationale_onnx::{Graph, Limits};
use rationale_trees::{Error, ModelFile, TreeEnsemble, json};

/// Ends the program where more than 1 GiB would be held, although nothing of it were ever written to: without a sanitizer
/// libFuzzer's own limits see no such allocation.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, 1 << 30);

/// A row is made only for models of up to this many features; a short file may announce a million.
const MANY_FEATURES: usize = 10_000;

/// One format's reader.
pub type Read = fn(&[u8]) -> Result<ModelFile, Error>;

/// Reads the bytes as a format, and checks the model if there is one.
pub fn check(read: Read, bytes: &[u8]) {
    let recognised = ModelFile::from_bytes(bytes);
    // A message is made of what the file holds, so that making it may fail too.
    let Ok(file) = read(bytes).map_err(|error| error.to_string()) else { return };
    assert_eq!(file.categories.len(), file.ensemble.n_features());
    predicts(&file.ensemble);
    survives(&file.ensemble);
    if let Ok(recognised) = recognised
        && recognised.format == file.format
    {
        assert_eq!(recognised, file);
    }
}

/// Reads the bytes as a network. One that is read has the bytes that its shapes ask for, and nodes that come after what they
/// need.
pub fn check_network(bytes: &[u8]) {
    let limits = Limits { memory: 1 << 28, ..Limits::default() };
    let file = rationale_onnx::ModelFile::from_bytes_within(bytes, limits).map_err(|error| error.to_string());
    if let Ok(file) = file {
        is_whole(&file.graph);
    }
}

fn is_whole(graph: &Graph) {
    for tensor in &graph.initialisers {
        let n_elements: usize = tensor.dimensions.iter().product();
        assert_eq!(tensor.bytes.len(), (n_elements * tensor.element.bits() as usize).div_ceil(8));
    }
    let inputs = graph.inputs.iter().map(|input| &input.name);
    let mut given: BTreeSet<_> = inputs.chain(graph.initialisers.iter().map(|tensor| &tensor.name)).collect();
    for node in &graph.nodes {
        assert!(node.inputs.iter().all(|input| input.is_empty() || given.contains(input)));
        given.extend(&node.outputs);
    }
    assert!(graph.outputs.iter().all(|output| given.contains(&output.name)));
}

fn predicts(ensemble: &TreeEnsemble) {
    if ensemble.n_features() > MANY_FEATURES {
        return;
    }
    let mut rows = Array2::zeros((2, ensemble.n_features()));
    rows.row_mut(1).fill(1e300);
    if let Some(first) = rows.first_mut() {
        *first = f64::NAN;
    }
    let predictions = ensemble.predict(rows.view()).expect("the rows have a column for each feature");
    assert_eq!(predictions.dim(), (2, ensemble.n_outputs()));
}

fn survives(ensemble: &TreeEnsemble) {
    let text = json::to_string(ensemble);
    let reread = json::from_str(&text).expect("what is written can be read");
    assert_eq!(&reread, ensemble);
}
