//! The columns of the training table, and the codes of categories.

use std::collections::BTreeMap;

use super::malformed;
use super::wire::{CategoricalFeature, FeaturesInfo, NanTreatment, Split};
use crate::{CategorySet, Error, Missing, Side, Test};

/// The most categories of one feature that splits may ask for. Each split holds a bit for every code below its own, so
/// without a bound a small file could ask for much memory; CatBoost itself proposes to encode 255 at most one-hot.
const MAX_CATEGORIES: usize = 4096;

/// From the indices that splits use, which count each kind of feature apart, to columns.
pub(super) struct Columns {
    names: Vec<String>,
    numeric: BTreeMap<usize, (usize, NanTreatment)>,
    categorical: BTreeMap<usize, Categorical>,
}

struct Categorical {
    column: usize,
    /// The code of each hash.
    codes: BTreeMap<i32, u32>,
    names: Vec<String>,
}

impl Columns {
    pub(super) fn new(info: &FeaturesInfo) -> Result<Self, Error> {
        let mut names = vec![None; info.columns().count()];
        let n_columns = names.len();
        for column in info.columns() {
            let place = names.get_mut(column.flat_feature_index).filter(|place| place.is_none());
            let actual = || format!("column {} of {n_columns}", column.flat_feature_index);
            let place = place.ok_or_else(|| malformed("flat_feature_index", "each column once", actual()))?;
            *place = Some(column.name());
        }
        let numeric = info.float_features.iter();
        let numeric =
            numeric.map(|it| (it.feature_index, (it.column.flat_feature_index, it.nan_value_treatment)));
        check_categories(info)?;
        let (categorical, hashed) = (info.categorical_features.iter(), info.category_names());
        Ok(Self {
            names: names.into_iter().flatten().collect(),
            numeric: numeric.collect(),
            categorical: categorical.map(|it| (it.feature_index, Categorical::new(it, &hashed))).collect(),
        })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// For each column the names of its categories, where splits ask for some.
    pub(super) fn categories(self) -> Vec<Option<Vec<String>>> {
        let mut categories = vec![None; self.names.len()];
        for feature in self.categorical.into_values().filter(|feature| !feature.names.is_empty()) {
            categories[feature.column] = Some(feature.names);
        }
        categories
    }

    /// The column, the question and the side of missing values; rows that pass go left, as those below a border do.
    pub(super) fn question(&self, split: &Split) -> Result<(usize, Test, Missing), Error> {
        match split.split_type.as_str() {
            "FloatFeature" => self.numeric(split),
            "OneHotFeature" => self.one_hot(split),
            other => Err(malformed("split_type", "FloatFeature or OneHotFeature", format!("`{other}`"))),
        }
    }

    fn numeric(&self, split: &Split) -> Result<(usize, Test, Missing), Error> {
        let index = given("float_feature_index", split.float_feature_index)?;
        let (column, nan) = *known("float_feature_index", index, self.numeric.get(&index))?;
        let side = match nan {
            NanTreatment::Itself | NanTreatment::BelowAll => Side::Left,
            NanTreatment::AboveAll => Side::Right,
        };
        // The border is a float32 number, written in enough digits to be found again.
        let border = f64::from(given("border", split.border)? as f32);
        Ok((column, Test::LessOrEqual(border), Missing::nan(side)))
    }

    fn one_hot(&self, split: &Split) -> Result<(usize, Test, Missing), Error> {
        let index = given("cat_feature_index", split.cat_feature_index)?;
        let feature = known("cat_feature_index", index, self.categorical.get(&index))?;
        let value = given("value", split.value)?;
        let code = feature.codes.get(&value).ok_or_else(|| {
            malformed(
                "value",
                "one of the hashes that features_info lists for the feature",
                value.to_string(),
            )
        })?;
        Ok((feature.column, Test::NoneOf(CategorySet::new([*code])), Missing::nan(Side::Left)))
    }
}

fn check_categories(info: &FeaturesInfo) -> Result<(), Error> {
    match info.categorical_features.iter().find(|feature| feature.values.len() > MAX_CATEGORIES) {
        Some(feature) => {
            let place = format!("values of {}", feature.column.name());
            Err(malformed(place, "at most 4096 one-hot categories", feature.values.len().to_string()))
        }
        None => Ok(()),
    }
}

impl Categorical {
    fn new(feature: &CategoricalFeature, hashed: &BTreeMap<i32, &str>) -> Self {
        let named =
            feature.values.iter().filter_map(|&value| Some((value, (*hashed.get(&value)?).to_owned())));
        let (mut codes, mut names) = (BTreeMap::new(), Vec::new());
        for (value, name) in named {
            if codes.insert(value, names.len() as u32).is_none() {
                names.push(name);
            }
        }
        Self { column: feature.column.flat_feature_index, codes, names }
    }
}

fn given<T>(key: &'static str, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| malformed(key, "a split with this key", "none"))
}

fn known<T>(key: &'static str, index: usize, feature: Option<T>) -> Result<T, Error> {
    feature.ok_or_else(|| malformed(key, "a feature of features_info", index.to_string()))
}
