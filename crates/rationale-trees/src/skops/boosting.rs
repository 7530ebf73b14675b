//! `GradientBoostingClassifier` and `GradientBoostingRegressor`.
//!
//! raw prediction = init + learning rate x sum of the trees' values (`_raw_predict`): one column for regression and
//! two classes, else one a class, with a tree each at every stage.
//!
//! | loss | link | init of the class shares p |
//! |---|---|---|
//! | `log_loss` (`deviance` before 1.1), two classes | logistic | ln(p / (1 - p)) |
//! | `log_loss`, more classes | softmax | ln p; since 1.4 minus its mean over the classes |
//! | `exponential` | 1 / (1 + exp(-2 margin)) | ln(p / (1 - p)) / 2 |
//! | `squared_error`, `absolute_error`, `huber`, `quantile` | identity | the constant itself |
//!
//! Shares are first kept away from 0 and 1: by the epsilon of float32, since 1.8 by that of float64.

use super::forest::classes;
use super::object::Object;
use super::{FORMAT, Version, check_members, finish, n_features, nodes::Nodes};
use crate::{Error, InputPrecision, Link, ModelFile, Outputs, TreeEnsemble};

/// Reads `GradientBoostingClassifier`.
pub(super) fn classifier(model: &Object<'_>) -> Result<ModelFile, Error> {
    let names = one_output(model)?;
    let loss = loss(model)?;
    let link = match (loss.as_str(), names.len()) {
        ("log_loss" | "deviance", 2) => Link::Logistic,
        ("log_loss" | "deviance", _) => Link::Softmax,
        ("exponential", 2) => Link::ScaledLogistic { slope: 2.0 },
        _ => return Err(unknown_loss(&loss)),
    };
    let n_outputs = if names.len() == 2 { 1 } else { names.len() };
    let base = initial_classes(model, link, names.len())?;
    let ensemble = stages(model, n_outputs)?
        .with_link(link)
        .with_base_score(base)?
        .with_output_names(names[names.len() - n_outputs..].to_vec())?;
    finish(model, ensemble, Some(loss))
}

/// Reads `GradientBoostingRegressor`.
pub(super) fn regressor(model: &Object<'_>) -> Result<ModelFile, Error> {
    let loss = loss(model)?;
    if !["squared_error", "ls", "absolute_error", "lad", "huber", "quantile"].contains(&loss.as_str()) {
        return Err(unknown_loss(&loss));
    }
    let init = model.attribute("init_")?;
    let base = match init.text().as_deref() {
        Some("zero") => 0.0,
        _ if init.class() == "DummyRegressor" => init.attribute("constant_")?.number()?,
        _ => return Err(moving_init(&init)),
    };
    let ensemble = stages(model, 1)?.with_base_score(vec![base])?;
    finish(model, ensemble, Some(loss))
}

/// The names of the classes of a model of one output.
pub(super) fn one_output(model: &Object<'_>) -> Result<Vec<String>, Error> {
    let mut classes = classes(model)?;
    match (classes.len(), classes.pop()) {
        (1, Some(names)) if names.len() >= 2 => Ok(names),
        _ => Err(model.wrong("one list of at least two classes")),
    }
}

/// The name of the loss.
pub(super) fn loss(model: &Object<'_>) -> Result<String, Error> {
    let loss = model.attribute("loss")?;
    loss.text().ok_or_else(|| loss.wrong("the name of a loss"))
}

/// The error that a loss is not known.
pub(super) fn unknown_loss(loss: &str) -> Error {
    Error::Unsupported { format: FORMAT, parts: vec![format!("the loss `{loss}`")], advice: super::NEWER }
}

fn stages(model: &Object<'_>, n_outputs: usize) -> Result<TreeEnsemble, Error> {
    let rate = model.attribute("learning_rate")?.number()?;
    let estimators = model.attribute("estimators_")?;
    let mut trees = Vec::new();
    for stage in estimators.items()? {
        let members = stage.items()?;
        check_members(&members)?;
        if members.len() != n_outputs {
            return Err(stage.wrong("one tree an output"));
        }
        for (output, member) in members.iter().enumerate() {
            let value = |nodes: &Nodes, node| vec![nodes.values(node, 0)[0]];
            let tree = Nodes::read(member)?.into_tree(None, Outputs::One(output), value);
            trees.push(tree.map_err(|error| error.in_tree(trees.len()))?.with_weight(rate));
        }
    }
    let ensemble = TreeEnsemble::new(trees, n_features(model)?, n_outputs)?;
    Ok(ensemble.with_input_precision(InputPrecision::Single))
}

/// The margin `[output]` at which a classifier starts.
fn initial_classes(model: &Object<'_>, link: Link, n_classes: usize) -> Result<Vec<f64>, Error> {
    let init = model.attribute("init_")?;
    if init.text().as_deref() == Some("zero") {
        return Ok(vec![0.0; if n_classes == 2 { 1 } else { n_classes }]);
    }
    let version = Version::of(model);
    let least = if version.is_at_least(1, 8) { f64::EPSILON } else { f64::from(f32::EPSILON) };
    let shares: Vec<_> = shares(&init, n_classes)?.iter().map(|p| p.clamp(least, 1.0 - least)).collect();
    let odds = |p: f64| (p / (1.0 - p)).ln();
    Ok(match link {
        Link::ScaledLogistic { .. } => vec![0.5 * odds(shares[1])],
        Link::Softmax => {
            let logs: Vec<_> = shares.iter().map(|p| p.ln()).collect();
            let mean = logs.iter().sum::<f64>() / logs.len() as f64;
            let reference = if version.is_at_least(1, 4) { mean } else { 0.0 };
            logs.iter().map(|log| log - reference).collect()
        }
        _ => vec![odds(shares[1])],
    })
}

/// `DummyClassifier.predict_proba`: the same shares for every row, but under `stratified`, which draws lots.
fn shares(init: &Object<'_>, n_classes: usize) -> Result<Vec<f64>, Error> {
    if init.class() != "DummyClassifier" {
        return Err(moving_init(init));
    }
    let prior = init.attribute("class_prior_")?.floats()?;
    if prior.len() != n_classes {
        return Err(init.wrong("a share for each class"));
    }
    let only = |class: usize| (0..n_classes).map(|k| f64::from(u8::from(k == class))).collect();
    match init.attribute("strategy")?.text().as_deref() {
        Some("prior") => Ok(prior),
        Some("uniform") => Ok(vec![1.0 / n_classes as f64; n_classes]),
        // NumPy's argmax: the first of equals.
        Some("most_frequent") => {
            Ok(only((0..n_classes).rev().max_by(|a, b| prior[*a].total_cmp(&prior[*b])).unwrap_or(0)))
        }
        Some("constant") => Ok(only(constant_class(init)?)),
        _ => Err(moving_init(init)),
    }
}

fn constant_class(init: &Object<'_>) -> Result<usize, Error> {
    let (classes, constant) = (init.attribute("classes_")?.floats()?, init.attribute("constant")?.number()?);
    classes
        .iter()
        .position(|class| *class == constant)
        .ok_or_else(|| init.wrong("a constant that is a class"))
}

fn moving_init(init: &Object<'_>) -> Error {
    let what = match init.get("strategy").and_then(|strategy| strategy.text()) {
        Some(strategy) => format!("an `init` of {} with strategy `{strategy}`", init.class()),
        None => format!("an `init` of {}", init.full_class()),
    };
    Error::Unsupported {
        format: FORMAT,
        parts: vec![what],
        advice: "train with init=None or init=\"zero\": a start that differs from row to row is no part of the trees",
    }
}
