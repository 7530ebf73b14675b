//! A model together with what its features mean.

use std::fs;
use std::io;
use std::path::Path;

use ndarray::{Array1, ArrayView2};
use rationale_core::Predict;
use rationale_tabular::{Encoder, Encoding, Field, FieldKind, Schema, Table};
use rationale_trees::{ModelFile, TreeEnsemble};
use serde::{Deserialize, Serialize};

use crate::Error;

const FORMAT: &str = "rationale-model";
const VERSION: u32 = 1;

/// Trees, and the encoder that turns a table into their rows.
///
/// ```json
/// {"format": "rationale-model", "version": 1, "encoding": "one-hot",
///  "schema": [{"name": "job", "kind": "categorical", "categories": ["clerk", "none"]},
///             {"name": "amount", "kind": "numeric"}],
///  "trees": {"format": "rationale-trees", ...}}
/// ```
///
/// Model files of other libraries are read too ([`ModelFile`]): each feature is then a column of its name, a category where the
/// file names its categories and else a number.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoringModel {
    trees: TreeEnsemble,
    encoder: Encoder,
    source: Source,
}

/// Where a model comes from, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// Which library wrote the file, and in which form; empty where there is no file.
    pub format: String,
    /// The version of the library that the file names.
    pub version: Option<String>,
    /// What the model was trained for, in the library's words.
    pub objective: Option<String>,
    /// What a reader of the results should know.
    pub notes: Vec<String>,
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
            None => Ok(Self { trees, encoder, source: Source::default() }),
        }
    }

    /// A model file of another library.
    pub fn of_file(file: ModelFile) -> Result<Self, Error> {
        let kind = |categories: &Option<Vec<String>>| match categories {
            Some(categories) => FieldKind::Categorical { categories: categories.clone() },
            None => FieldKind::Numeric,
        };
        let names = file.ensemble.feature_names().iter().zip(&file.categories);
        let fields = names.map(|(name, categories)| Field { name: name.clone(), kind: kind(categories) });
        let encoder = Encoder::new(Schema::new(fields.collect())?, Encoding::Ordinal)?;
        let source = Source {
            format: file.format.name().to_owned(),
            version: file.version,
            objective: file.objective,
            notes: file.notes,
        };
        Ok(Self { source, ..Self::new(file.ensemble, encoder)? })
    }

    /// Reads a model file; its format is recognised by its content.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let file = path.display().to_string();
        let bytes = fs::read(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NoModel { file: file.clone() },
            _ => Error::ReadModel { file: file.clone(), source },
        })?;
        Self::from_bytes(&bytes).map_err(|source| Error::InModel { file, source: Box::new(source) })
    }

    /// Reads a model from the bytes of its file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        // Only a file that names the format is looked at as JSON here: others may be large, and are read once.
        let own = std::str::from_utf8(bytes).ok().filter(|text| text.contains(FORMAT));
        match own {
            Some(text) => Self::from_json(text),
            None => Self::of_file(ModelFile::from_bytes(bytes)?),
        }
    }

    /// Reads a `rationale-model` from JSON text.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let header: Header = serde_json::from_str(text).map_err(|source| Error::ModelJson { source })?;
        if header.format != FORMAT || header.version != VERSION {
            return Err(Error::ModelFormat { format: header.format, version: header.version });
        }
        Self::from_document(text)
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

    /// Where it comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The same model with its features named anew, in order: for files that name none.
    pub fn with_feature_names(self, names: &[String]) -> Result<Self, Error> {
        let (expected, actual) = (self.trees.n_features(), names.len());
        let fields = self.encoder.schema().fields();
        if expected != actual || fields.len() != actual {
            return Err(Error::Features { expected, actual });
        }
        let renamed =
            fields.iter().zip(names).map(|(field, name)| Field { name: name.clone(), ..field.clone() });
        let encoder = Encoder::new(Schema::new(renamed.collect())?, self.encoder.encoding())?;
        let trees = self.trees.with_feature_names(encoder.feature_names().to_vec())?;
        Ok(Self { source: self.source, ..Self::new(trees, encoder)? })
    }

    /// The same model with the cover of its nodes counted from the rows of a table.
    pub fn with_cover(self, table: &Table) -> Result<Self, Error> {
        let rows = self.encoder.encode(table)?.rows;
        Ok(Self { trees: self.trees.with_cover(rows.view())?, ..self })
    }

    /// The same model with another encoder of the same features, such as one that takes unseen categories for missing.
    pub fn with_encoder(self, encoder: Encoder) -> Result<Self, Error> {
        Ok(Self { source: self.source, ..Self::new(self.trees, encoder)? })
    }

    /// Scores `[row]` of encoded rows `[row, feature]`: one output of the prediction, after the link.
    pub fn scores(&self, rows: ArrayView2<'_, f64>, output: usize) -> Result<Array1<f64>, Error> {
        Ok(self.trees.predict(rows)?.column(output).to_owned())
    }

    /// The output of this name; where no name is given, the one called `favourable`, or the only one.
    pub fn output(&self, name: Option<&str>, favourable: Option<&str>) -> Result<usize, Error> {
        output_of(self.trees.output_names(), name, favourable)
    }

    fn from_document(text: &str) -> Result<Self, Error> {
        let document: Document = serde_json::from_str(text).map_err(|source| Error::ModelJson { source })?;
        let encoding = Encoding::from_name(&document.encoding)
            .ok_or_else(|| Error::Encoding { name: document.encoding.clone() })?;
        let encoder = Encoder::new(Schema::from_json(&document.schema)?, encoding)?;
        let trees = rationale_trees::json::from_str(&document.trees.to_string())?;
        let source = Source { format: format!("{FORMAT} JSON"), ..Source::default() };
        Ok(Self { source, ..Self::new(trees, encoder)? })
    }
}

/// The output of this name; where no name is given, the one called `favourable`, or the only one.
pub(crate) fn output_of(
    names: &[String],
    name: Option<&str>,
    favourable: Option<&str>,
) -> Result<usize, Error> {
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
        let read = ScoringModel::from_bytes(text.as_bytes()).unwrap();
        assert_eq!((read.trees(), read.encoder()), (model().trees(), model().encoder()));
        assert_eq!(read.to_json().unwrap(), text);
    }

    #[test]
    fn trees_alone_take_numeric_columns() {
        let text = rationale_trees::json::to_string(model().trees());
        let read = ScoringModel::from_bytes(text.as_bytes()).unwrap();
        assert_eq!(read.encoder().schema().names(), ["job=clerk", "job=none", "amount"]);
        assert_eq!(read.source().format, "rationale-trees JSON");
    }

    #[test]
    fn features_can_be_named_anew() {
        let text = rationale_trees::json::to_string(model().trees());
        let read = || ScoringModel::from_bytes(text.as_bytes()).unwrap();
        let named = read().with_feature_names(&["a", "b", "c"].map(String::from)).unwrap();
        assert_eq!(named.encoder().schema().names(), ["a", "b", "c"]);
        assert_eq!(named.trees().feature_names(), ["a", "b", "c"]);
        assert!(read().with_feature_names(&["a".to_owned()]).is_err());
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
        let read = |text: &str| ScoringModel::from_bytes(text.as_bytes()).unwrap_err().to_string();
        let error = read("{\"format\": \"rationale-model\", \"version\": 7}");
        assert!(error.starts_with("the file says it is `rationale-model` version 7"), "{error}");
        assert!(read("{\"rationale-model\": 1").contains("line 1 column"));
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
