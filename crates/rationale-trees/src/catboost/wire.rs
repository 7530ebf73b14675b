//! The JSON as CatBoost writes it, as far as it is read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct Wire {
    #[serde(default, deserialize_with = "or_default")]
    model_info: ModelInfo,
    pub(super) features_info: FeaturesInfo,
    pub(super) oblivious_trees: Option<Vec<Oblivious>>,
    pub(super) trees: Option<Vec<Nested>>,
    scale_and_bias: Option<(f64, Numbers)>,
}

#[derive(Deserialize, Default)]
struct ModelInfo {
    catboost_version_info: Option<String>,
    class_params: Option<ClassParams>,
    #[serde(default, deserialize_with = "or_default")]
    params: Params,
}

#[derive(Deserialize)]
struct ClassParams {
    #[serde(default, deserialize_with = "or_default")]
    class_names: Vec<Value>,
}

#[derive(Deserialize, Default)]
struct Params {
    loss_function: Option<LossFunction>,
}

#[derive(Deserialize)]
struct LossFunction {
    #[serde(rename = "type")]
    name: String,
}

#[derive(Deserialize)]
pub(super) struct FeaturesInfo {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) float_features: Vec<FloatFeature>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) categorical_features: Vec<CategoricalFeature>,
    #[serde(default, deserialize_with = "or_default")]
    text_features: Vec<Column>,
    #[serde(default, deserialize_with = "or_default")]
    embedding_features: Vec<Column>,
    #[serde(default, deserialize_with = "or_default")]
    ctrs: Vec<Ctr>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) cat_features_hash: Vec<HashedName>,
}

/// CatBoost writes null for some of the lists that it has nothing to put into.
fn or_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(value: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

/// What every kind of feature has: its place in the table and, where the training table had one, its name.
#[derive(Deserialize)]
pub(super) struct Column {
    pub(super) flat_feature_index: usize,
    #[serde(default, deserialize_with = "or_default")]
    feature_id: String,
}

#[derive(Deserialize)]
pub(super) struct FloatFeature {
    #[serde(flatten)]
    pub(super) column: Column,
    pub(super) feature_index: usize,
    pub(super) nan_value_treatment: NanTreatment,
}

/// As what a NaN is compared with a border.
#[derive(Deserialize, Clone, Copy)]
pub(super) enum NanTreatment {
    #[serde(rename = "AsIs")]
    Itself,
    #[serde(rename = "AsFalse")]
    BelowAll,
    #[serde(rename = "AsTrue")]
    AboveAll,
}

#[derive(Deserialize)]
pub(super) struct CategoricalFeature {
    #[serde(flatten)]
    pub(super) column: Column,
    pub(super) feature_index: usize,
    /// The hashes that splits ask for.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) values: Vec<i32>,
}

#[derive(Deserialize)]
struct Ctr {
    #[serde(default, deserialize_with = "or_default")]
    elements: Vec<CtrElement>,
}

#[derive(Deserialize)]
struct CtrElement {
    cat_feature_index: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct HashedName {
    pub(super) hash: u32,
    pub(super) value: String,
}

#[derive(Deserialize)]
pub(super) struct Oblivious {
    /// Null where the tree is one leaf.
    pub(super) splits: Option<Vec<Split>>,
    pub(super) leaf_values: Vec<f64>,
    pub(super) leaf_weights: Option<Vec<f64>>,
}

/// A split with two children, or a leaf with its value.
#[derive(Deserialize)]
pub(super) struct Nested {
    pub(super) split: Option<Split>,
    pub(super) left: Option<Box<Nested>>,
    pub(super) right: Option<Box<Nested>>,
    pub(super) value: Option<Numbers>,
    pub(super) weight: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct Split {
    pub(super) split_type: String,
    pub(super) float_feature_index: Option<usize>,
    pub(super) border: Option<f64>,
    pub(super) cat_feature_index: Option<usize>,
    pub(super) value: Option<i32>,
}

/// One number stands without a list.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub(super) enum Numbers {
    One(f64),
    Many(Vec<f64>),
}

impl Numbers {
    pub(super) fn list(&self) -> Vec<f64> {
        match self {
            Self::One(number) => vec![*number],
            Self::Many(numbers) => numbers.clone(),
        }
    }
}

impl Wire {
    pub(super) fn loss(&self) -> Option<&str> {
        self.model_info.params.loss_function.as_ref().map(|loss| loss.name.as_str())
    }

    pub(super) fn scale_and_bias(&self) -> (f64, Vec<f64>) {
        self.scale_and_bias.as_ref().map_or((1.0, Vec::new()), |(scale, bias)| (*scale, bias.list()))
    }

    /// The library's version, from `Branch: tags/v1.2.10` or `Summary: CatBoost release 1.2.10.`.
    pub(super) fn version(&self) -> Option<String> {
        let info = self.model_info.catboost_version_info.as_deref()?;
        let after = |mark: &str| info.split_once(mark).map(|(_, rest)| rest);
        let rest = after("Branch: tags/v").or_else(|| after("CatBoost release "))?;
        let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        Some(version.trim_end_matches('.').to_owned()).filter(|version| !version.is_empty())
    }

    /// A class for each output, or the second class for the one output of two.
    pub(super) fn output_names(&self, n_outputs: usize) -> Option<Vec<String>> {
        let names = &self.model_info.class_params.as_ref()?.class_names;
        let names = if n_outputs == 1 && names.len() == 2 { &names[1..] } else { names };
        (names.len() == n_outputs).then(|| names.iter().map(text).collect())
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl FeaturesInfo {
    /// All columns of the table.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Column> {
        let numeric = self.float_features.iter().map(|feature| &feature.column);
        numeric.chain(self.categorical_features.iter().map(|feature| &feature.column))
    }

    /// What of the features is not read, by name.
    pub(super) fn refused(&self) -> impl Iterator<Item = String> {
        let kinds = [
            ("text features", names(self.text_features.iter())),
            ("embedding features", names(self.embedding_features.iter())),
            ("categories encoded by target statistics (OnlineCtr) of", names(self.encoded())),
            ("one-hot splits without category names (cat_features_hash) on", names(self.unnamed())),
        ];
        kinds
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(kind, names)| format!("{kind} {}", names.join(" and ")))
    }

    /// The features that target statistics are made of.
    fn encoded(&self) -> impl Iterator<Item = &Column> {
        let elements = self.ctrs.iter().flat_map(|ctr| &ctr.elements);
        let asked: BTreeSet<_> = elements.filter_map(|element| element.cat_feature_index).collect();
        let is_asked = move |it: &&CategoricalFeature| asked.contains(&it.feature_index);
        self.categorical_features.iter().filter(is_asked).map(|it| &it.column)
    }

    fn unnamed(&self) -> impl Iterator<Item = &Column> {
        let names = self.category_names();
        let lacks = move |it: &&CategoricalFeature| !it.values.iter().all(|value| names.contains_key(value));
        self.categorical_features.iter().filter(lacks).map(|it| &it.column)
    }

    /// The names of categories by their hash; splits hold the same 32 bits with a sign.
    pub(super) fn category_names(&self) -> BTreeMap<i32, &str> {
        self.cat_features_hash.iter().map(|it| (it.hash.cast_signed(), it.value.as_str())).collect()
    }
}

fn names<'a>(columns: impl Iterator<Item = &'a Column>) -> Vec<String> {
    columns.map(Column::name).collect()
}

impl Column {
    pub(super) fn name(&self) -> String {
        if self.feature_id.is_empty() {
            return format!("feature {}", self.flat_feature_index);
        }
        self.feature_id.clone()
    }
}
