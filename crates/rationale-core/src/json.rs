//! Attributions and their evidence as JSON text, in a versioned form of its own.
//!
//! ```json
//! {"format": "rationale/attributions/1",
//!  "feature_names": ["age"], "output_names": ["good"],
//!  "values": [[[0.25]]], "base_values": [[0.5]], "predictions": [[0.75]],
//!  "evidence": {"method": "tree-shap", "engine": "...", "parameters": {}, "seed": null, ...}}
//! ```
//!
//! `values` is `[row][feature][output]`, `base_values` and `predictions` are `[row][output]`. Numbers are written with
//! all digits that float64 needs, so nothing is lost; a number that is not finite becomes null.

use std::collections::BTreeMap;

use ndarray::{Array3, ArrayView2, ArrayView3, Axis};
use serde::Serialize;

use crate::{Attributions, Evidence, Parameter};

const FORMAT: &str = "rationale/attributions/1";

/// Values, base values, predictions, names and evidence.
pub fn attributions(attributions: &Attributions) -> String {
    let document = Document {
        format: FORMAT,
        feature_names: attributions.feature_names(),
        output_names: attributions.output_names(),
        values: cube(attributions.values()),
        base_values: table(attributions.base_values()),
        predictions: table(attributions.predictions()),
        evidence: EvidenceDocument::of(attributions.evidence()),
    };
    text(&document)
}

/// The evidence alone, with base values and predictions: what stands beside a file that holds only values.
pub fn evidence(attributions: &Attributions) -> String {
    let document = EvidenceFile {
        evidence: EvidenceDocument::of(attributions.evidence()),
        output_names: attributions.output_names(),
        base_values: table(attributions.base_values()),
        predictions: table(attributions.predictions()),
    };
    text(&document)
}

/// The evidence of what is no table, such as a map.
pub fn evidence_alone(evidence: &Evidence) -> String {
    text(&EvidenceDocument::of(evidence))
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    feature_names: &'a [String],
    output_names: &'a [String],
    values: Vec<Vec<Vec<f64>>>,
    base_values: Vec<Vec<f64>>,
    predictions: Vec<Vec<f64>>,
    evidence: EvidenceDocument<'a>,
}

#[derive(Serialize)]
struct EvidenceFile<'a> {
    #[serde(flatten)]
    evidence: EvidenceDocument<'a>,
    output_names: &'a [String],
    base_values: Vec<Vec<f64>>,
    predictions: Vec<Vec<f64>>,
}

#[derive(Serialize)]
struct EvidenceDocument<'a> {
    method: &'a str,
    engine: &'a str,
    parameters: BTreeMap<&'a str, ParameterDocument<'a>>,
    seed: Option<u64>,
    model: Option<String>,
    data: Option<String>,
    baseline: Option<&'a str>,
    background: Option<String>,
    n_background_rows: Option<usize>,
    model_calls: u64,
    completeness_gap: Option<f64>,
    // Not every method has these three; their absence says so, and documents of before stay as they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    completeness_gaps: Option<&'a [f64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<usize>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
    standard_error: Option<Vec<Vec<Vec<f64>>>>,
    separable: Option<Vec<Vec<Vec<bool>>>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ParameterDocument<'a> {
    Integer(u64),
    Number(f64),
    Text(&'a str),
}

impl<'a> EvidenceDocument<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        Self {
            method: &evidence.method,
            engine: &evidence.engine,
            parameters: evidence
                .parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.into()))
                .collect(),
            seed: evidence.seed.map(crate::Seed::get),
            model: evidence.model.map(|model| model.to_string()),
            data: evidence.data.map(|data| data.to_string()),
            baseline: evidence.baseline.as_deref(),
            background: evidence.background.map(|background| background.to_string()),
            n_background_rows: evidence.n_background_rows,
            model_calls: evidence.model_calls,
            completeness_gap: evidence.completeness_gap,
            completeness_gaps: evidence.completeness_gaps.as_deref(),
            steps: evidence.steps,
            warnings: &evidence.warnings,
            standard_error: evidence.standard_error.as_ref().map(Array3::view).map(cube),
            separable: evidence.separable.as_ref().map(Array3::view).map(cube),
        }
    }
}

impl<'a> From<&'a Parameter> for ParameterDocument<'a> {
    fn from(parameter: &'a Parameter) -> Self {
        match parameter {
            Parameter::Integer(value) => Self::Integer(*value),
            Parameter::Number(value) => Self::Number(*value),
            Parameter::Text(value) => Self::Text(value),
        }
    }
}

fn cube<T: Copy>(values: ArrayView3<'_, T>) -> Vec<Vec<Vec<T>>> {
    values.axis_iter(Axis(0)).map(table).collect()
}

fn table<T: Copy>(values: ArrayView2<'_, T>) -> Vec<Vec<T>> {
    values.rows().into_iter().map(|row| row.to_vec()).collect()
}

/// Plain numbers, texts and lists cannot fail to become text.
fn text(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string(document).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use serde_json::{Value, json};

    use super::*;

    fn one_row() -> Attributions {
        let evidence =
            Evidence::new("tree-shap", "plain").with_parameter("n", 3_usize).with_baseline("cover");
        let values = array![[[0.1 + 0.2], [f64::NAN]]];
        Attributions::new(values, array![[1.0]], array![[2.0]]).unwrap().with_evidence(evidence)
    }

    #[test]
    fn numbers_keep_all_their_digits_and_nan_becomes_null() {
        let read: Value = serde_json::from_str(&attributions(&one_row())).unwrap();
        assert_eq!(read["format"], "rationale/attributions/1");
        assert_eq!(read["values"], json!([[[0.300_000_000_000_000_04], [null]]]));
        assert_eq!(read["evidence"]["parameters"], json!({"n": 3}));
    }

    #[test]
    fn evidence_alone_has_base_values_and_predictions_at_its_top() {
        let read: Value = serde_json::from_str(&evidence(&one_row())).unwrap();
        assert_eq!(read["method"], "tree-shap");
        assert_eq!(read["base_values"], json!([[1.0]]));
        assert_eq!(read["predictions"], json!([[2.0]]));
        assert_eq!(read["baseline"], "cover");
    }

    #[test]
    fn steps_gaps_and_warnings_are_written_where_there_are_any() {
        let mut of_steps = Evidence::new("integrated-gradients", "plain");
        let read: Value = serde_json::from_str(&evidence_alone(&of_steps)).unwrap();
        assert!(read.get("steps").is_none() && read.get("warnings").is_none());
        of_steps.steps = Some(50);
        of_steps.completeness_gaps = Some(vec![0.5, -0.25]);
        of_steps.warnings = vec!["every value is 0".to_owned()];
        let read: Value = serde_json::from_str(&evidence_alone(&of_steps)).unwrap();
        assert_eq!(read["steps"], 50);
        assert_eq!(read["completeness_gaps"], json!([0.5, -0.25]));
        assert_eq!(read["warnings"], json!(["every value is 0"]));
    }
}
