//! A model file of any library, recognised by its content and never by its name.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{Error, TreeEnsemble};

/// Which library wrote a file, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// This project's own JSON, [`crate::json`].
    Rationale,
    /// scikit-learn's models as skops saves them, [`crate::skops`].
    Skops,
    /// ONNX with the operators of its machine learning domain, [`crate::onnx_ml`].
    OnnxMl,
    /// LightGBM's text model, [`crate::lightgbm`].
    LightGbmText,
    /// LightGBM's JSON dump, [`crate::lightgbm`].
    LightGbmJson,
    /// CatBoost's JSON, [`crate::catboost`].
    CatBoostJson,
    /// XGBoost's JSON, [`crate::xgboost`].
    XgboostJson,
    /// XGBoost's UBJSON, [`crate::xgboost`].
    XgboostUbjson,
}

impl Format {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rationale => "rationale-trees JSON",
            Self::Skops => "scikit-learn in skops",
            Self::OnnxMl => "ONNX-ML",
            Self::LightGbmText => "LightGBM text model",
            Self::LightGbmJson => "LightGBM JSON dump",
            Self::CatBoostJson => "CatBoost JSON",
            Self::XgboostJson => "XGBoost JSON",
            Self::XgboostUbjson => "XGBoost UBJSON",
        }
    }
}

/// What a model file holds: the trees, and what only the file knows.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFile {
    /// Which library wrote it, and in which form.
    pub format: Format,
    /// The version of the library (or of the format) that the file names.
    pub version: Option<String>,
    /// What the model was trained for, in the library's own words, such as `binary:logistic`.
    pub objective: Option<String>,
    /// The trees.
    pub ensemble: TreeEnsemble,
    /// For each feature the names of its categories, where the file has them: code k is the k-th name.
    pub categories: Vec<Option<Vec<String>>>,
    /// What a reader of the results should know: trees left out after early stopping, where cover comes from.
    pub notes: Vec<String>,
}

impl ModelFile {
    /// Trees without anything that only a file knows.
    pub(crate) fn new(format: Format, ensemble: TreeEnsemble) -> Self {
        let categories = vec![None; ensemble.n_features()];
        Self { format, version: None, objective: None, ensemble, categories, notes: Vec::new() }
    }

    /// Reads a file's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if crate::xgboost::recognises(bytes) {
            return crate::xgboost::read(bytes);
        }
        crate::skops::refuse_pickle(bytes)?;
        if crate::skops::is_zip(bytes) {
            return crate::skops::read(bytes);
        }
        if crate::onnx_ml::is_onnx(bytes) {
            return crate::onnx_ml::read(bytes);
        }
        if crate::lightgbm::is_text(bytes) {
            return crate::lightgbm::read(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Error::UnknownFile)?;
        Self::from_json(text)
    }

    fn from_json(text: &str) -> Result<Self, Error> {
        let keys: JsonKeys = serde_json::from_str(text)?;
        match keys {
            JsonKeys { tree_info: Some(_), .. } => crate::lightgbm::read(text.as_bytes()),
            JsonKeys { features_info: Some(_), .. } => crate::catboost::read(text.as_bytes()),
            JsonKeys { format: Some(_), .. } => {
                Ok(Self::new(Format::Rationale, crate::json::from_str(text)?))
            }
            _ => Err(Error::UnknownFile),
        }
    }
}

/// The keys at the top of a JSON file that tell formats apart.
#[derive(Deserialize)]
struct JsonKeys {
    /// This project's own.
    format: Option<IgnoredAny>,
    /// LightGBM's dump.
    tree_info: Option<IgnoredAny>,
    /// CatBoost's JSON.
    features_info: Option<IgnoredAny>,
}
