//! What the node of the trees gives: its trees, base values, weight of trees and link, for each of the three operators.

use super::attributes::Attributes;
use super::builder::{self, Part};
use super::graph::{Chain, Tail};
use super::{FORMAT, by_id, by_index, malformed};
use crate::{Error, Link, TreeEnsemble};

/// Names take memory that a file could announce without holding it; hashed texts have 2^20 features.
const FEATURES: usize = 1 << 20;
const OUTPUTS: usize = 1 << 16;

/// What the node of the trees gives.
pub(super) struct Scores {
    trees: Vec<Vec<Part>>,
    names: Option<Vec<String>>,
    n_outputs: usize,
    base: Vec<f64>,
    /// What every leaf is multiplied by.
    weight: f64,
    post_transform: &'static str,
    link: Link,
}

impl Scores {
    pub(super) fn read(chain: &Chain<'_>) -> Result<Self, Error> {
        let attributes = Attributes::of(chain.trees);
        match chain.trees.op_type.as_str() {
            "TreeEnsembleClassifier" => Self::classifier(attributes),
            "TreeEnsembleRegressor" => Self::regressor(attributes),
            _ => Self::by_index(attributes),
        }
    }

    /// The name of what turns scores into predictions.
    pub(super) fn post_transform(&self) -> &'static str {
        self.post_transform
    }

    fn classifier(attributes: Attributes<'_>) -> Result<Self, Error> {
        const NAMES: [&str; 8] = [
            "class_ids",
            "class_nodeids",
            "class_treeids",
            "class_weights",
            "class_weights_as_tensor",
            "classlabels_int64s",
            "classlabels_strings",
            "post_transform",
        ];
        attributes.check_names(&[&by_id::NAMES[..], &NAMES].concat())?;
        let mut names: Vec<_> =
            attributes.texts("classlabels_strings")?.into_iter().map(str::to_owned).collect();
        names.extend(attributes.integers("classlabels_int64s").iter().map(i64::to_string));
        if names.len() < 2 {
            return Err(malformed("classlabels", "at least two labels", names.len().to_string()));
        }
        let (post_transform, link) = post_transform(attributes)?;
        let trees = by_id::trees(attributes, "class", check_outputs(names.len())?)?;
        let base = attributes.numbers("base_values")?;
        let mut scores = Self {
            trees,
            n_outputs: names.len(),
            names: Some(names),
            base,
            weight: 1.0,
            post_transform,
            link,
        };
        if scores.n_outputs == 2 {
            scores.of_two_labels(attributes.integers("class_ids"))?;
        }
        scores.check_base()?;
        Ok(scores)
    }

    /// Two labels: one column of weights is the second label's; what the runtime alone would do is refused.
    fn of_two_labels(&mut self, class_ids: &[i64]) -> Result<(), Error> {
        let is_one_column = class_ids.iter().all(|class| *class == 0);
        let mut parts = Vec::new();
        if class_ids.iter().all(|class| *class == 1) {
            parts.push("two labels with weights for the second alone".to_owned());
        }
        if is_one_column && matches!(self.link, Link::Softmax | Link::SoftmaxZero) {
            parts.push("a softmax over one column of weights".to_owned());
        }
        if self.base.len() > 1 || (!is_one_column && self.base.iter().any(|base| *base != 0.0)) {
            parts.push(
                "two labels with a base value for each, or with two columns and a base value".to_owned(),
            );
        }
        if !parts.is_empty() {
            return Err(Error::Unsupported { format: FORMAT, parts, advice: DISAGREE });
        }
        if is_one_column {
            self.n_outputs = 1;
            self.names = self.names.take().map(|mut names| names.split_off(1));
        } else {
            self.base = Vec::new();
        }
        Ok(())
    }

    fn regressor(attributes: Attributes<'_>) -> Result<Self, Error> {
        const NAMES: [&str; 8] = [
            "aggregate_function",
            "n_targets",
            "post_transform",
            "target_ids",
            "target_nodeids",
            "target_treeids",
            "target_weights",
            "target_weights_as_tensor",
        ];
        attributes.check_names(&[&by_id::NAMES[..], &NAMES].concat())?;
        let n_outputs = n_targets(attributes)?;
        let trees = by_id::trees(attributes, "target", n_outputs)?;
        let weight = match attributes.text("aggregate_function") {
            None | Some("SUM") => 1.0,
            Some("AVERAGE") => 1.0 / trees.len() as f64,
            Some(other) => return Err(aggregate(other)),
        };
        let (post_transform, link) = post_transform(attributes)?;
        let base = attributes.numbers("base_values")?;
        let scores = Self { trees, names: None, n_outputs, base, weight, post_transform, link };
        scores.check_base()?;
        scores.check_one_target()?;
        Ok(scores)
    }

    fn by_index(attributes: Attributes<'_>) -> Result<Self, Error> {
        attributes.check_names(&by_index::NAMES)?;
        let n_outputs = n_targets(attributes)?;
        let trees = by_index::trees(attributes, n_outputs)?;
        let weight = match attributes.integer("aggregate_function") {
            Some(0) => 1.0 / trees.len() as f64,
            None | Some(1) => 1.0,
            Some(2) => return Err(aggregate("MIN")),
            Some(3) => return Err(aggregate("MAX")),
            Some(other) => return Err(aggregate(&other.to_string())),
        };
        let (post_transform, link) = match attributes.integer("post_transform") {
            None | Some(0) => ("NONE", Link::Identity),
            Some(number @ (1 | 2)) => {
                let parts = vec![format!("post_transform {number} of TreeEnsemble")];
                return Err(Error::Unsupported { format: FORMAT, parts, advice: DISAGREE });
            }
            Some(3) => ("SOFTMAX_ZERO", Link::SoftmaxZero),
            Some(4) => return Err(unknown_post_transform("PROBIT")),
            Some(other) => return Err(unknown_post_transform(&other.to_string())),
        };
        let scores = Self { trees, names: None, n_outputs, base: Vec::new(), weight, post_transform, link };
        scores.check_one_target()?;
        Ok(scores)
    }

    fn check_one_target(&self) -> Result<(), Error> {
        if self.n_outputs > 1 || self.link == Link::Identity {
            return Ok(());
        }
        let parts = vec![format!("post_transform {} of one target", self.post_transform)];
        Err(Error::Unsupported { format: FORMAT, parts, advice: DISAGREE })
    }

    fn check_base(&self) -> Result<(), Error> {
        if self.base.is_empty() {
            return Ok(());
        }
        if self.base.len() != self.n_outputs {
            return Err(Error::Length {
                what: "base_values",
                expected: self.n_outputs,
                actual: self.base.len(),
            });
        }
        let fed = builder::always_fed(&self.trees, self.n_outputs);
        let at_risk = (0..self.n_outputs).filter(|output| self.base[*output] != 0.0 && !fed[*output]);
        let parts: Vec<_> = at_risk
            .map(|output| format!("a base value of output {output}, which not every row feeds"))
            .collect();
        if parts.is_empty() {
            Ok(())
        } else {
            Err(Error::Unsupported { format: FORMAT, parts, advice: DISAGREE })
        }
    }

    /// Takes in what the graph does to the scores behind the trees.
    pub(super) fn follow(&mut self, tail: &[Tail]) -> Result<(), Error> {
        if self.base.is_empty() {
            self.base = vec![0.0; self.n_outputs];
        }
        let mut slope = 1.0;
        for step in tail {
            match (*step, self.link) {
                (Tail::Times(factor), Link::Identity) => slope *= factor,
                // factor exp(m) = exp(m + ln factor): XGBoost's Poisson, whose base score stands behind the exp.
                (Tail::Times(factor), Link::Exponential) if factor > 0.0 => {
                    self.base.iter_mut().for_each(|base| *base += factor.ln());
                }
                (Tail::Plus(shift), Link::Identity) if slope != 0.0 => {
                    self.base.iter_mut().for_each(|base| *base += shift / slope);
                }
                (Tail::Exp, Link::Identity) => self.link = Link::Exponential,
                (Tail::Sigmoid, Link::Identity) if slope == 1.0 => self.link = Link::Logistic,
                (Tail::Sigmoid, Link::Identity) if slope.is_finite() => {
                    self.link = Link::ScaledLogistic { slope };
                }
                (Tail::Softmax, Link::Identity) if self.n_outputs > 1 => self.link = Link::Softmax,
                (Tail::Normalizer, Link::Identity) if self.adds_up_to_one() => {}
                (step, _) => return Err(unknown_tail(step)),
            }
            if matches!(step, Tail::Exp | Tail::Softmax) {
                self.multiply(std::mem::replace(&mut slope, 1.0));
            }
        }
        if self.link == Link::Identity {
            self.multiply(slope);
        }
        Ok(())
    }

    fn multiply(&mut self, factor: f64) {
        self.weight *= factor;
        self.base.iter_mut().for_each(|base| *base *= factor);
    }

    /// Whether every row's scores are shares: at least 0, and 1 in all but for rounding.
    fn adds_up_to_one(&self) -> bool {
        let mut total = self.base.iter().sum::<f64>();
        for parts in &self.trees {
            let mut sums = parts.iter().filter_map(|part| match part {
                Part::Leaf(weights) if weights.values().all(|weight| *weight >= 0.0) => {
                    Some(weights.values().sum())
                }
                Part::Leaf(_) => Some(f64::NAN),
                Part::Question(_) => None,
            });
            let first: f64 = sums.next().unwrap_or(f64::NAN);
            if !sums.all(|sum: f64| (sum - first).abs() < 1e-5) {
                return false;
            }
            total += self.weight * first;
        }
        self.n_outputs > 1 && (total - 1.0).abs() < 1e-4
    }

    pub(super) fn ensemble(self, chain: &Chain<'_>) -> Result<TreeEnsemble, Error> {
        let asked = || self.features().map_or(0, |feature| feature.saturating_add(1));
        let n_features = chain.n_columns.unwrap_or_else(asked);
        if n_features > FEATURES {
            return Err(malformed("graph.input", "at most 1048576 features", n_features.to_string()));
        }
        let mut spare = builder::VALUES;
        let tree = |(idx, parts): (usize, Vec<Part>)| {
            let tree =
                builder::tree(parts, self.n_outputs, &mut spare).map_err(|error| error.in_tree(idx))?;
            Ok(tree.with_weight(self.weight))
        };
        let trees = self.trees.into_iter().enumerate().map(tree).collect::<Result<_, Error>>()?;
        let ensemble = TreeEnsemble::new(trees, n_features, self.n_outputs)?
            .with_link(self.link)
            .with_input_precision(chain.precision)
            .with_base_score(self.base)?;
        let ensemble = match &chain.feature_names {
            Some(names) => ensemble.with_feature_names(names.clone())?,
            None => ensemble,
        };
        match self.names {
            Some(names) => ensemble.with_output_names(names),
            None => Ok(ensemble),
        }
    }

    /// The last feature that is asked about.
    fn features(&self) -> Option<usize> {
        let features = self.trees.iter().flatten().filter_map(|part| match part {
            Part::Question(question) => Some(question.feature),
            Part::Leaf(_) => None,
        });
        features.max()
    }
}

const DISAGREE: &str =
    "the specification of ONNX, its reference implementation and ONNX Runtime differ on what this predicts";

fn n_targets(attributes: Attributes<'_>) -> Result<usize, Error> {
    let n_targets = attributes.integer("n_targets").unwrap_or(1);
    let wrong = || malformed("n_targets", "a number from 1 to 65536", n_targets.to_string());
    check_outputs(usize::try_from(n_targets).ok().filter(|n| *n > 0).ok_or_else(wrong)?)
}

fn check_outputs(n_outputs: usize) -> Result<usize, Error> {
    if n_outputs <= OUTPUTS {
        return Ok(n_outputs);
    }
    Err(malformed("the outputs", "at most 65536", n_outputs.to_string()))
}

fn post_transform(attributes: Attributes<'_>) -> Result<(&'static str, Link), Error> {
    match attributes.text("post_transform") {
        None | Some("NONE") => Ok(("NONE", Link::Identity)),
        Some("LOGISTIC") => Ok(("LOGISTIC", Link::Logistic)),
        Some("SOFTMAX") => Ok(("SOFTMAX", Link::Softmax)),
        Some("SOFTMAX_ZERO") => Ok(("SOFTMAX_ZERO", Link::SoftmaxZero)),
        Some(other) => Err(unknown_post_transform(other)),
    }
}

fn unknown_post_transform(name: &str) -> Error {
    let parts = vec![format!("post_transform {name}")];
    Error::Unsupported { format: FORMAT, parts, advice: "NONE, LOGISTIC, SOFTMAX and SOFTMAX_ZERO are read" }
}

fn aggregate(name: &str) -> Error {
    let parts = vec![format!("aggregate_function {name}")];
    Error::Unsupported {
        format: FORMAT,
        parts,
        advice: "trees are explained that add up: SUM and AVERAGE are read",
    }
}

fn unknown_tail(step: Tail) -> Error {
    let parts = vec![format!("{step:?} of the scores where it stands")];
    Error::Unsupported {
        format: FORMAT,
        parts,
        advice: "export the model so that its node of trees gives the prediction",
    }
}
