//! The parts of a model file that predictions and attributions depend on, as the file names them. The same for JSON and
//! UBJSON; what is not listed is skipped.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

#[derive(Deserialize)]
pub(super) struct File {
    pub version: Vec<u32>,
    pub learner: Learner,
}

#[derive(Deserialize)]
pub(super) struct Learner {
    pub learner_model_param: ModelParam,
    pub objective: Objective,
    pub gradient_booster: Booster,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub feature_names: Vec<String>,
    #[serde(default)]
    pub feature_types: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct ModelParam {
    pub base_score: Scores,
    pub num_feature: Count,
    pub num_class: Count,
    #[serde(default)]
    pub num_target: Count,
}

#[derive(Deserialize)]
pub(super) struct Objective {
    pub name: String,
    pub quantile_loss_param: Option<QuantileParam>,
}

#[derive(Deserialize)]
pub(super) struct QuantileParam {
    pub quantile_alpha: Option<Scores>,
}

/// `gbtree`, `dart` or `gblinear`. DART's weights stand beside the model, since 3.4 within.
#[derive(Deserialize)]
pub(super) struct Booster {
    pub name: String,
    pub model: Option<Model>,
    pub gbtree: Option<Inner>,
    pub weight_drop: Option<Vec<Real>>,
}

#[derive(Deserialize)]
pub(super) struct Inner {
    pub model: Option<Model>,
}

#[derive(Deserialize)]
pub(super) struct Model {
    #[serde(default)]
    pub trees: Vec<Tree>,
    #[serde(default)]
    pub tree_info: Vec<i64>,
    pub iteration_indptr: Option<Vec<i64>>,
    pub gbtree_model_param: Option<ForestParam>,
    pub weight_drop: Option<Vec<Real>>,
    pub cats: Option<Categories>,
}

#[derive(Deserialize)]
pub(super) struct ForestParam {
    #[serde(default)]
    pub num_parallel_tree: Count,
}

#[derive(Deserialize)]
pub(super) struct Categories {
    #[serde(default)]
    pub enc: Vec<Names>,
}

/// The categories of a feature: texts one after the other in `values`, cut at `offsets`, or whole numbers.
#[derive(Deserialize)]
pub(super) struct Names {
    pub offsets: Option<Vec<i64>>,
    #[serde(rename = "type")]
    pub kind: Option<i64>,
    #[serde(default)]
    pub values: Vec<i64>,
}

#[derive(Deserialize)]
pub(super) struct Tree {
    pub id: Option<i64>,
    pub tree_param: TreeParam,
    pub left_children: Vec<i32>,
    pub right_children: Vec<i32>,
    pub split_indices: Vec<i64>,
    pub split_conditions: Vec<Real>,
    pub default_left: Vec<Flag>,
    pub sum_hessian: Option<Vec<Real>>,
    pub base_weights: Option<Vec<Real>>,
    pub leaf_weights: Option<Vec<Real>>,
    #[serde(default)]
    pub split_type: Vec<Flag>,
    #[serde(default)]
    pub categories: Vec<i32>,
    #[serde(default)]
    pub categories_nodes: Vec<i32>,
    #[serde(default)]
    pub categories_segments: Vec<i64>,
    #[serde(default)]
    pub categories_sizes: Vec<i64>,
}

#[derive(Deserialize)]
pub(super) struct TreeParam {
    #[serde(default)]
    pub size_leaf_vector: Count,
}

/// A float32. In JSON a decimal fraction, or the text "NaN", "Infinity", "-Infinity" (see [`super::text`]).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Real(pub f32);

/// True or false, or 1 or 0 in files since 1.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flag(pub bool);

/// A whole number, mostly as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count(pub usize);

/// Numbers: one, a list, or either as a text such as "5E-1" or, since 3.1, "[5E-1,2E-1]".
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scores(pub Vec<f32>);

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RealVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

impl<'de> Deserialize<'de> for Scores {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScoresVisitor)
    }
}

struct RealVisitor;

impl Visitor<'_> for RealVisitor {
    type Value = f32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, NaN or Infinity")
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<f32, E> {
        Ok(value)
    }

    /// The nearest float32. That the text was rounded to float64 on the way could matter only for a text within 1e-16
    /// of the middle between two float32 numbers; XGBoost writes the shortest text that gives the number back.
    fn visit_f64<E: Error>(self, value: f64) -> Result<f32, E> {
        Ok(value as f32)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f32, E> {
        Ok(value as f32)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f32, E> {
        Ok(value as f32)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f32, E> {
        text.trim().parse().map_err(|_| E::custom(format!("`{text}` is no number")))
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, 1 or 0")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Flag, E> {
        Ok(Flag(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Flag, E> {
        match value {
            0 => Ok(Flag(false)),
            1 => Ok(Flag(true)),
            other => Err(E::custom(format!("{other} is neither 0 nor 1"))),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Flag, E> {
        self.visit_u64(u64::try_from(value).unwrap_or(u64::MAX))
    }
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, at least 0, or its text")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Count, E> {
        usize::try_from(value).map(Count).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Count, E> {
        usize::try_from(value).map(Count).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Count, E> {
        text.trim()
            .parse()
            .map(Count)
            .map_err(|_| E::custom(format!("`{text}` is no whole number, at least 0")))
    }
}

struct ScoresVisitor;

impl<'de> Visitor<'de> for ScoresVisitor {
    type Value = Scores;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a list of numbers, or either as a text")
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<Scores, E> {
        Ok(Scores(vec![value]))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scores, E> {
        RealVisitor.visit_f64(value).and_then(|value| self.visit_f32(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scores, E> {
        RealVisitor.visit_u64(value).and_then(|value| self.visit_f32(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scores, E> {
        RealVisitor.visit_i64(value).and_then(|value| self.visit_f32(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scores, E> {
        let inner = text.trim();
        let inner = inner.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(inner);
        inner.split(',').map(|number| RealVisitor.visit_str(number)).collect::<Result<_, E>>().map(Scores)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scores, A::Error> {
        let mut scores = Vec::new();
        while let Some(Real(score)) = items.next_element()? {
            scores.push(score);
        }
        Ok(Scores(scores))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_come_in_every_form() {
        for (json, expected) in [
            ("0.5", vec![0.5]),
            ("1", vec![1.0]),
            ("\"5E-1\"", vec![0.5]),
            ("\"[5E-1]\"", vec![0.5]),
            ("\"[5E-1, -2E-1]\"", vec![0.5, -0.2]),
            ("[0.5, 2]", vec![0.5, 2.0]),
        ] {
            assert_eq!(serde_json::from_str::<Scores>(json).unwrap(), Scores(expected), "{json}");
        }
        for json in ["\"\"", "\"[]\"", "\"[1,]\"", "\"half\"", "null", "{}"] {
            assert!(serde_json::from_str::<Scores>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn flags_and_counts_are_checked() {
        assert_eq!(serde_json::from_str::<Vec<Flag>>("[true, 0, 1]").unwrap(), [true, false, true].map(Flag));
        assert!(serde_json::from_str::<Flag>("2").is_err());
        assert_eq!(serde_json::from_str::<Vec<Count>>("[\"3\", 3]").unwrap(), [Count(3), Count(3)]);
        assert!(serde_json::from_str::<Count>("\"-3\"").is_err());
        assert!(serde_json::from_str::<Count>("-3").is_err());
    }
}
