//! ONNX files with trees of the machine learning domain: `TreeEnsembleClassifier` and `TreeEnsembleRegressor` (opsets 1
//! and 3), `TreeEnsemble` (opset 5). So models reach this crate through skl2onnx and onnxmltools.
//!
//! | post_transform | link |
//! |---|---|
//! | NONE | identity |
//! | LOGISTIC | logistic, output by output |
//! | SOFTMAX, SOFTMAX_ZERO | softmax, over all outputs or those that are not 0 |
//! | PROBIT | refused |
//!
//! The graph around the node is understood or refused; `graph.rs` lists what is understood. The message format is
//! decoded by `prost` from the few fields named in `proto.rs`.
//!
//! Oddities, as ONNX Runtime 1.32 answers; where the specification, its reference implementation and the runtime
//! differ, the file is refused, for nobody can say what it predicts:
//! - A classifier of two labels with one column of weights (class 0) gives the **second** label's score: one output is
//!   explained, named by that label. One column with softmax, a column for the second label alone, and two columns or
//!   two base values with a base value that is not 0 are refused.
//! - A base value is added to an output only where a leaf that the row reached feeds it: a base value that is not 0 is
//!   refused where no tree feeds its output from every leaf. `post_transform` of a regressor with one target is refused:
//!   the runtime ignores it. So are 1 and 2 in opset 5: softmax and logistic by the specification, the other way round in
//!   the runtime.
//! - A missing value goes to true where the node says so, else where C's comparison sends NaN: to false, but to true under
//!   `BRANCH_NEQ`.
//! - Thresholds and weights are float32 but in `*_as_tensor` of double; a row is rounded to float32 but for an input of
//!   double without a `Cast`. Converters round the thresholds of their libraries: answers near a threshold may differ from
//!   the original model's, and all differ by the rounding of leaf values. The original's own file is the better source.
//! - `nodes_hitrates` is 1 everywhere in what converters write, and no count otherwise: **no cover is known**.
//!   Path-dependent values need rows sent down the trees ([`with_cover`](crate::TreeEnsemble::with_cover)), or a background.
//!
//! Aggregates SUM and AVERAGE are read, MIN and MAX refused. Tested with skl2onnx 1.20, onnxmltools 1.16 (LightGBM 4.7,
//! XGBoost 3.4), onnx 1.23 and ONNX Runtime 1.32.

mod attributes;
mod builder;
mod by_id;
mod by_index;
mod graph;
mod proto;
mod scores;
#[cfg(test)]
mod tests;

use graph::Chain;
use prost::Message;
use proto::Model;
use scores::Scores;

use crate::{Error, Format, ModelFile};

const FORMAT: &str = "ONNX-ML";
const DOMAIN: &str = "ai.onnx.ml";
const OPSET: u32 = 5;
const OPSETS: &str = "opsets 1 to 5 of ai.onnx.ml are known";

/// Whether the bytes begin as an ONNX file does: with the field `ir_version`, which has reached 13.
pub(crate) fn is_onnx(bytes: &[u8]) -> bool {
    matches!(bytes, [0x08, 1..=64, ..])
}

/// Reads an ONNX file.
pub fn read(bytes: &[u8]) -> Result<ModelFile, Error> {
    let model =
        Model::decode(bytes).map_err(|source| Error::Container { format: FORMAT, source: source.into() })?;
    let opset = opset(&model)?;
    let graph = model.graph.as_ref().ok_or_else(|| malformed("model", "a graph", "none".to_owned()))?;
    let chain = Chain::of(graph)?;
    let mut scores = Scores::read(&chain)?;
    scores.follow(&chain.tail)?;
    let objective = format!("{}, post_transform {}", chain.trees.op_type, scores.post_transform());
    let mut file = ModelFile::new(Format::OnnxMl, scores.ensemble(&chain)?);
    file.version = Some(written_by(&model, opset));
    file.objective = Some(objective);
    file.notes = vec![
        "the file carries no cover: path-dependent values need rows sent down the trees, or a background".to_owned(),
        "ONNX holds thresholds and leaf values as its converter rounded them: near a threshold answers may differ from \
         the original model's"
            .to_owned(),
    ];
    Ok(file)
}

/// The error that a part of the file is not what it should be.
fn malformed(place: &str, expected: &'static str, actual: String) -> Error {
    Error::Malformed { format: FORMAT, place: place.to_owned(), expected, actual }
}

fn opset(model: &Model) -> Result<u32, Error> {
    let of_trees = model.opset_import.iter().find(|opset| opset.domain == DOMAIN);
    let wrong =
        || malformed("opset_import", "the version of ai.onnx.ml, at the file's end,", "none".to_owned());
    let version = u32::try_from(of_trees.ok_or_else(wrong)?.version).unwrap_or(u32::MAX);
    if version > OPSET {
        return Err(Error::Format {
            format: DOMAIN.to_owned(),
            version,
            known: DOMAIN,
            known_version: OPSET,
        });
    }
    Ok(version)
}

fn written_by(model: &Model, opset: u32) -> String {
    let Model { producer_name: name, producer_version: version, .. } = model;
    if name.is_empty() {
        format!("{DOMAIN} {opset}")
    } else {
        format!("{DOMAIN} {opset}, by {name} {version}")
    }
}
