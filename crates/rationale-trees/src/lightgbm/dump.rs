//! The JSON of `Booster.dump_model`: trees as nested nodes.
//!
//! Where it differs from the text model: an infinite threshold is written as 1e300, dumps before version 3.1 tell neither
//! objective nor `average_output` nor `feature_infos`, and the parameters are missing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::malformed;
use super::model::{
    self, Categories, Header, MissingType, Model, Question, SplitSpec, category_list, malformed_tree,
};
use crate::{Error, Format, ModelFile, NodeSpec, Side, Tree};

/// How many bits the sets of categories of a file may have together: 256 MiB, enough for 500 trees of 31 leaves that split
/// on codes up to 100,000.
const SET_BITS: u64 = 1 << 31;

pub(super) fn read(text: &str) -> Result<ModelFile, Error> {
    let dump: Dump = serde_json::from_str(text)?;
    let n_outputs = model::outputs(dump.num_tree_per_iteration.unwrap_or(dump.num_class))?;
    let categories = dump.categories();
    let notes = dump.notes();
    let (mut trees, mut linear) = (Vec::new(), Vec::new());
    let mut reading = Reading { n_outputs, set_bits: SET_BITS, infinity: dump.infinity() };
    for (idx, info) in dump.tree_info.into_iter().enumerate() {
        match info.read(idx, &mut reading)? {
            Some(tree) => trees.push(tree),
            None => linear.push(idx),
        }
    }
    let header = Header {
        version: dump.version,
        n_outputs,
        feature_names: dump.feature_names,
        objective: dump.objective,
        average_output: dump.average_output.unwrap_or(false),
    };
    if header.feature_names.len() != dump.max_feature_idx.saturating_add(1) {
        let actual =
            format!("{} names for max_feature_idx {}", header.feature_names.len(), dump.max_feature_idx);
        return Err(malformed("feature_names", "a name for each feature", actual));
    }
    Model { header, trees, linear, categories, notes }.into_file(Format::LightGbmJson)
}

#[derive(Deserialize)]
struct Dump {
    version: Option<String>,
    num_class: usize,
    num_tree_per_iteration: Option<usize>,
    max_feature_idx: usize,
    objective: Option<String>,
    average_output: Option<bool>,
    feature_names: Vec<String>,
    feature_infos: Option<BTreeMap<String, Info>>,
    tree_info: Vec<TreeInfo>,
    pandas_categorical: Option<Vec<Vec<Value>>>,
}

/// A numeric feature has no values, a categorical one has its codes.
#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    values: Vec<i64>,
}

#[derive(Deserialize)]
struct TreeInfo {
    tree_structure: WireNode,
}

/// A split, or a leaf where `leaf_value` is there.
#[derive(Deserialize)]
struct WireNode {
    split_feature: Option<usize>,
    threshold: Option<Threshold>,
    decision_type: Option<String>,
    default_left: Option<bool>,
    missing_type: Option<String>,
    internal_count: Option<f64>,
    left_child: Option<Box<WireNode>>,
    right_child: Option<Box<WireNode>>,
    leaf_value: Option<f64>,
    leaf_count: Option<f64>,
    leaf_const: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Threshold {
    Number(f64),
    Codes(String),
}

/// What holds for all trees of a file.
struct Reading {
    n_outputs: usize,
    /// How many bits the sets to come may have.
    set_bits: u64,
    /// What 1e300 stands for.
    infinity: f64,
}

impl Dump {
    /// `Common::AvoidInf` writes 1e300 for the infinite threshold of a split that parts NaN from all numbers. Version 2
    /// keeps 1e300 in the model itself.
    fn infinity(&self) -> f64 {
        if matches!(self.version.as_deref(), None | Some("v2")) { 1e300 } else { f64::INFINITY }
    }

    fn categories(&self) -> Categories {
        let infos = self.feature_infos.as_ref();
        let largest = |name| infos?.get(name)?.values.iter().max().copied();
        Categories {
            lists: self.pandas_categorical.clone().unwrap_or_default(),
            declared: None,
            largest: self.feature_names.iter().map(largest).collect(),
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.average_output.is_none() {
            notes.push(
                "the dump names neither objective nor boosting, as those of LightGBM before 3.1 do: predictions are margins, \
                 and if it was boosted as `rf` they are sums over its iterations; the text model tells"
                    .to_owned(),
            );
        }
        notes
    }
}

impl TreeInfo {
    /// None where a leaf holds a linear model.
    fn read(self, idx: usize, reading: &mut Reading) -> Result<Option<Tree>, Error> {
        let n_outputs = reading.n_outputs;
        let mut flat = Flat { nodes: Vec::new(), idx, linear: false, reading };
        flat.take(self.tree_structure)?;
        if flat.linear {
            return Ok(None);
        }
        let nodes: Option<Vec<_>> = flat.nodes.into_iter().collect();
        model::tree(nodes.unwrap_or_default(), idx, n_outputs).map(Some)
    }
}

/// Nodes as they are met, parents first; a split's place is kept free until its children are known.
struct Flat<'a> {
    nodes: Vec<Option<NodeSpec>>,
    idx: usize,
    linear: bool,
    reading: &'a mut Reading,
}

impl Flat<'_> {
    /// Recursion is as deep as the JSON, which its reader bounds.
    fn take(&mut self, node: WireNode) -> Result<usize, Error> {
        let place = self.nodes.len();
        self.nodes.push(None);
        let spec = match node.leaf_value {
            Some(value) => {
                self.linear |= node.leaf_const.is_some();
                model::leaf(value, node.leaf_count)
            }
            None => self.split(node)?,
        };
        self.nodes[place] = Some(spec);
        Ok(place)
    }

    fn split(&mut self, mut node: WireNode) -> Result<NodeSpec, Error> {
        let question = self.question(&mut node)?;
        let feature = self.given("split_feature", node.split_feature)?;
        let left = *self.given("left_child", node.left_child)?;
        let right = *self.given("right_child", node.right_child)?;
        let spec = SplitSpec { feature, question, left: self.take(left)?, right: self.take(right)? };
        Ok(spec.node(node.internal_count))
    }

    fn question(&mut self, node: &mut WireNode) -> Result<Question, Error> {
        let kind = self.given("decision_type", node.decision_type.take())?;
        match (kind.as_str(), self.given("threshold", node.threshold.take())?) {
            ("<=", Threshold::Number(threshold)) => self.numeric(threshold, node),
            ("==", Threshold::Codes(codes)) => self.categories(&codes),
            _ => {
                let expected = "<= with a number or == with category codes";
                Err(malformed_tree(self.idx, "decision_type", expected, format!("`{kind}`")))
            }
        }
    }

    fn categories(&mut self, codes: &str) -> Result<Question, Error> {
        let set = category_list(codes, &mut self.reading.set_bits).ok_or_else(|| {
            let expected = "category codes such as 1||4, of a size that the file explains";
            malformed_tree(self.idx, "threshold", expected, format!("`{codes}`"))
        })?;
        Ok(Question::Category(set))
    }

    fn numeric(&self, threshold: f64, node: &WireNode) -> Result<Question, Error> {
        let name = node.missing_type.as_deref();
        let missing = match name {
            Some("None") => MissingType::None,
            Some("Zero") => MissingType::Zero,
            Some("NaN") => MissingType::Nan,
            other => {
                let actual = other.unwrap_or("nothing").to_owned();
                return Err(malformed_tree(self.idx, "missing_type", "None, Zero or NaN", actual));
            }
        };
        let left = self.given("default_left", node.default_left)?;
        let default = if left { Side::Left } else { Side::Right };
        let is_clamped = threshold.abs() >= 1e300;
        let threshold = if is_clamped { self.reading.infinity.copysign(threshold) } else { threshold };
        Ok(Question::Numeric { threshold, missing, default })
    }

    fn given<T>(&self, key: &str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| {
            malformed_tree(self.idx, key, "a node with this key, or a leaf with leaf_value", "none")
        })
    }
}
