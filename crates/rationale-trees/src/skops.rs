//! scikit-learn's tree models, as `skops.io.dump` saves them: a zip archive of JSON and arrays, without a pickle.
//!
//! | class | margin | link | outputs |
//! |---|---|---|---|
//! | `DecisionTree*`, `ExtraTree*`, `RandomForest*`, `ExtraTrees*`, `Bagging*` of trees | class share or mean | identity | one a class (all classes of all outputs), or one a regression output |
//! | `GradientBoosting*` | raw prediction | by loss | one; one a class above two |
//! | `HistGradientBoosting*` | raw prediction | by loss | one; one a class above two |
//! | `IsolationForest` | mean path length | identity | one |
//!
//! Every other class is refused by its name. So is a pipeline with a step before its model that is not `passthrough`,
//! and a class of another package that bears one of these names.
//!
//! Oddities followed here:
//! - Trees round a row to float32 and compare it with float64 thresholds, `x <= t`; histogram trees do not round.
//! - Cover is `weighted_n_node_samples`, the weight of the training rows that a tree was given: in-bag for forests.
//! - A missing value goes where the node says; before 1.3, which knew none, it goes right, as NaN compares.
//! - NumPy's arrays of objects (class labels, stages of boosting) are lists in the schema.
//!
//! **Departs** from scikit-learn: a row that its input check would refuse (infinity, NaN for models that were trained
//! without) is answered.
//!
//! Tested with scikit-learn 1.3.2 and 1.9.1 through skops 0.16 (protocol 2), down to every leaf, and with files of skops 0.9,
//! which hold the same parts.

mod archive;
mod boosting;
mod forest;
mod histogram;
mod isolation;
mod literal;
mod nodes;
mod npy;
mod object;
mod pickle;

use archive::Archive;
use object::Object;
use serde_json::Value;

pub(crate) use pickle::refuse as refuse_pickle;

use crate::{Error, Format, ModelFile, TreeEnsemble};

const FORMAT: &str = "skops";
/// The newest protocol whose nodes are known.
const PROTOCOL: u32 = 2;
const NEWER: &str = "scikit-learn 1.2 to 1.9 are known; a newer one may mean something new by it";
const KNOWN: &str = "read are DecisionTree, ExtraTree, RandomForest, ExtraTrees, Bagging (of trees), GradientBoosting and \
                     HistGradientBoosting, as Classifier and Regressor, and IsolationForest";
/// Feature names take memory that a file could announce without holding it; hashed texts have 2^20 features.
const FEATURES: usize = 1 << 20;

type Reader = fn(&Object<'_>) -> Result<ModelFile, Error>;

/// Whether the bytes are a zip archive, which skops files are.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Reads a skops file.
pub fn read(bytes: &[u8]) -> Result<ModelFile, Error> {
    let archive = Archive::open(bytes)?;
    let protocol = archive.schema().get("protocol").and_then(Value::as_u64).unwrap_or(0);
    if protocol > u64::from(PROTOCOL) {
        let version = u32::try_from(protocol).unwrap_or(u32::MAX);
        return Err(Error::Format {
            format: FORMAT.to_owned(),
            version,
            known: FORMAT,
            known_version: PROTOCOL,
        });
    }
    let model = without_pipeline(Object::root(&archive))?;
    let reader = reader(&model).ok_or_else(|| unknown_class(&model))?;
    reader(&model)
}

fn reader(model: &Object<'_>) -> Option<Reader> {
    Some(match model.class() {
        _ if !model.is_of_sklearn() => return None,
        "DecisionTreeClassifier" | "ExtraTreeClassifier" => forest::tree_classifier,
        "DecisionTreeRegressor" | "ExtraTreeRegressor" => forest::tree_regressor,
        "RandomForestClassifier" | "ExtraTreesClassifier" => forest::forest_classifier,
        "RandomForestRegressor" | "ExtraTreesRegressor" => forest::forest_regressor,
        "BaggingClassifier" => forest::bagging_classifier,
        "BaggingRegressor" => forest::bagging_regressor,
        "IsolationForest" => isolation::isolation_forest,
        "GradientBoostingClassifier" => boosting::classifier,
        "GradientBoostingRegressor" => boosting::regressor,
        "HistGradientBoostingClassifier" => histogram::classifier,
        "HistGradientBoostingRegressor" => histogram::regressor,
        _ => return None,
    })
}

fn unknown_class(model: &Object<'_>) -> Error {
    Error::Unsupported {
        format: FORMAT,
        parts: vec![format!("the class {}", model.full_class())],
        advice: KNOWN,
    }
}

/// The last step of a pipeline, where the steps before it change nothing.
fn without_pipeline(model: Object<'_>) -> Result<Object<'_>, Error> {
    if model.class() != "Pipeline" || !model.is_of_sklearn() {
        return Ok(model);
    }
    let steps = model.attribute("steps")?.items()?;
    let mut steps = steps.iter().map(Object::items).collect::<Result<Vec<_>, _>>()?;
    let Some(last) = steps.pop().and_then(|mut step| step.pop()) else {
        return Err(model.wrong("a pipeline of at least one step"));
    };
    let changes = |step: &&Vec<Object<'_>>| {
        step.last().is_some_and(|object| !object.is_none() && object.text().as_deref() != Some("passthrough"))
    };
    let parts: Vec<_> = steps.iter().filter(changes).map(|step| step_in_words(step)).collect();
    if parts.is_empty() {
        return Ok(last);
    }
    Err(Error::Unsupported {
        format: FORMAT,
        parts,
        advice: "what a step makes of a row is not read: save the last step alone, `dump(pipeline[-1], path)`, and give \
                 it rows as the steps before leave them",
    })
}

fn step_in_words(step: &[Object<'_>]) -> String {
    let name = step.first().and_then(Object::text).unwrap_or_default();
    let class = step.last().map(Object::full_class).unwrap_or_default();
    format!("the step `{name}` ({class})")
}

/// Fails where a member of an ensemble is no tree of scikit-learn.
fn check_members(members: &[Object<'_>]) -> Result<(), Error> {
    const TREES: [&str; 4] =
        ["DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor"];
    let strangers =
        members.iter().filter(|member| !TREES.contains(&member.class()) || !member.is_of_sklearn());
    let mut parts: Vec<_> =
        strangers.map(|member| format!("a member of class {}", member.full_class())).collect();
    parts.sort();
    parts.dedup();
    if parts.is_empty() { Ok(()) } else { Err(Error::Unsupported { format: FORMAT, parts, advice: KNOWN }) }
}

fn n_features(model: &Object<'_>) -> Result<usize, Error> {
    let n_features = model.attribute("n_features_in_")?;
    match n_features.count()? {
        count if count <= FEATURES => Ok(count),
        _ => Err(n_features.wrong("at most 1048576 features")),
    }
}

/// Adds what every model carries: the names of its features, its version.
fn finish(model: &Object<'_>, ensemble: TreeEnsemble, objective: Option<String>) -> Result<ModelFile, Error> {
    let ensemble = match model.get("feature_names_in_") {
        Some(names) => ensemble.with_feature_names(names.texts()?)?,
        None => ensemble,
    };
    let mut file = ModelFile::new(Format::Skops, ensemble);
    file.version = model.get("_sklearn_version").and_then(|version| version.text());
    file.objective = objective;
    Ok(file)
}

/// The version of scikit-learn that fitted a model, as far as it decides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

impl Version {
    /// A model without a version counts as new.
    fn of(model: &Object<'_>) -> Self {
        let text = model.get("_sklearn_version").and_then(|version| version.text()).unwrap_or_default();
        let mut parts = text.split('.').map(|part| part.parse().ok());
        match (parts.next().flatten(), parts.next().flatten()) {
            (Some(major), Some(minor)) => Self(major, minor),
            _ => Self(u32::MAX, 0),
        }
    }

    fn is_at_least(self, major: u32, minor: u32) -> bool {
        self >= Self(major, minor)
    }
}
