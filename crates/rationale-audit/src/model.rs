//! A model together with what its features mean.

use std::fs;
use std::io;
use std::path::Path;

use ndarray::{Array1, ArrayView2};
use rationale_core::Predict;
use rationale_tabular::{Encoder, Encoding, Field, FieldKind, Schema};
use rationale_trees::TreeEnsemble;
use serde::{Deserialize, Serialize};

use crate::Error;

const FORMAT: &str = "rationale-model";
const VERSION: u32 = 1;
const TREES: &str = "rationale-trees";

/// Trees, and the encoder that turns a table into their rows.
///
/// ```json
/// {"format": "rationale-model", "version": 1, "encoding": "one-hot",
///  "schema": [{"name": "job", "kind": "categorical", "categories": ["clerk", "none"]},
///             {"name": "amount", "kind": "numeric"}],
///  "trees": {"format": "rationale-trees", ...}}
/// ```
///
/// A file of trees alone (`rationale-trees`) is read too: each feature is then a numeric column of its name.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoringModel {
    trees: TreeEnsemble,
    encoder: Encoder,
}

impl ScoringModel {
    /// Fails where the encoder makes other features than the trees split on.
    pub fn new(trees: TreeEnsemble, encoder: Encoder) -> Result<Self, Error> {
        let (expected, actual) = (trees.feature_names(), encoder.feature_names());
        if expected.len() != actual.len() {
            return Err(Error::Features { expected: expected.len(), actual: actual.len() });
        }
        match expected.iter().zip(actual).position(|(a, b)| a != b) {
            Some(at) => {
                Err(Error::FeatureName { at, expected: expected[at].clone(), actual: actual[at].clone() })
            }
            None => Ok(Self { trees, encoder }),
        }
    }

    /// Trees whose features are numeric columns of the same names.
    pub fn of_numbers(trees: TreeEnsemble) -> Result<Self, Error> {
        let field = |name: &String| Field { name: name.clone(), kind: FieldKind::Numeric };
        let schema = Schema::new(trees.feature_names().iter().map(field).collect())?;
        Self::new(trees, Encoder::new(schema, Encoding::Ordinal)?)
    }

    /// Reads a model file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NoModel { file: file.clone() },
            _ => Error::ReadModel { file: file.clone(), source },
        })?;
        Self::from_json(&text).map_err(|source| Error::InModel { file, source: Box::new(source) })
    }

    /// Reads a model from JSON text.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let header: Header = serde_json::from_str(text).map_err(|source| Error::ModelJson { source })?;
        match (header.format.as_str(), header.version) {
            (FORMAT, VERSION) => Self::from_document(text),
            (TREES, _) => Self::of_numbers(rationale_trees::json::from_str(text)?),
            _ => Err(Error::ModelFormat { format: header.format, version: header.version }),
        }
    }

    /// As JSON text; reading it back gives the same model.
    pub fn to_json(&self) -> Result<String, Error> {
        let trees = rationale_trees::json::to_string(&self.trees);
        let trees = serde_json::from_str(&trees).map_err(|source| Error::ModelJson { source })?;
        let document = Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            encoding: self.encoder.encoding().name().to_owned(),
            schema: self.encoder.schema().to_json(),
            trees,
        };
        serde_json::to_string(&document).map_err(|source| Error::ModelJson { source })
    }

    /// The trees.
    pub fn trees(&self) -> &TreeEnsemble {
        &self.trees
    }

    /// The encoder.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The same model with another encoder of the same features, such as one that takes unseen categories for missing.
    pub fn with_encoder(self, encoder: Encoder) -> Result<Self, Error> {
        Self::new(self.trees, encoder)
    }

    /// Scores `[row]` of encoded rows `[row, feature]`: one output of the prediction, after the link.
    pub fn scores(&self, rows: ArrayView2<'_, f64>, output: usize) -> Result<Array1<f64>, Error> {
        Ok(self.trees.predict(rows)?.column(output).to_owned())
    }

    /// The output of this name; where no name is given, the one called `favourable`, or the only one.
    pub fn output(&self, name: Option<&str>, favourable: Option<&str>) -> Result<usize, Error> {
        let names = self.trees.output_names();
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let found = match name {
            Some(name) => find(name),
            None => favourable.and_then(find).or((names.len() == 1).then_some(0)),
        };
        found.ok_or_else(|| Error::Output {
            asked: name.or(favourable).map(str::to_owned),
            available: names.to_vec(),
        })
    }

    fn from_document(text: &str) -> Result<Self, Error> {
        let document: Document = serde_json::from_str(text).map_err(|source| Error::ModelJson { source })?;
        let encoding = Encoding::from_name(&document.encoding)
            .ok_or_else(|| Error::Encoding { name: document.encoding.clone() })?;
        let encoder = Encoder::new(Schema::from_json(&document.schema)?, encoding)?;
        Self::new(rationale_trees::json::from_str(&document.trees.to_string())?, encoder)
    }
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    encoding: String,
    schema: serde_json::Value,
    trees: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::model;

    #[test]
    fn goes_to_json_and_back() {
        let text = model().to_json().unwrap();
        assert_eq!(ScoringModel::from_json(&text).unwrap(), model());
    }

    #[test]
    fn trees_alone_take_numeric_columns() {
        let text = rationale_trees::json::to_string(model().trees());
        let read = ScoringModel::from_json(&text).unwrap();
        assert_eq!(read.encoder().schema().names(), ["job=clerk", "job=none", "amount"]);
    }

    #[test]
    fn the_favourable_value_names_the_output() {
        assert_eq!(model().output(None, Some("good")).unwrap(), 1);
        assert_eq!(model().output(Some("bad"), Some("good")).unwrap(), 0);
        let error = model().output(None, Some("goood")).unwrap_err().to_string();
        assert_eq!(
            error,
            "the model has no output `goood`; its outputs are `bad`, `good`: name the one that is the score"
        );
    }

    #[test]
    fn another_file_is_told_from_a_broken_one() {
        let error = ScoringModel::from_json("{\"format\": \"x\", \"version\": 7}").unwrap_err().to_string();
        assert!(error.starts_with("the file says it is `x` version 7"), "{error}");
        assert!(ScoringModel::from_json("PK").unwrap_err().to_string().contains("line 1 column 1"));
        let missing = ScoringModel::read(Path::new("/nowhere/m.json")).unwrap_err().to_string();
        assert!(missing.starts_with("there is no model file `/nowhere/m.json`"), "{missing}");
    }

    #[test]
    fn an_encoder_of_other_features_is_refused() {
        let schema = Schema::new(vec![Field { name: "a".into(), kind: FieldKind::Numeric }]).unwrap();
        let encoder = Encoder::new(schema, Encoding::Ordinal).unwrap();
        let error = model().with_encoder(encoder).unwrap_err().to_string();
        assert_eq!(error, "the trees have 3 features, but the schema makes 1");
    }
}
