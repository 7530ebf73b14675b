//! One tree, and trees whose answers are averaged: forests and bagging.
//!
//! `BaseForest.predict_proba` and `BaggingClassifier.predict_proba` are the mean of the trees' class shares, `predict`
//! of the regressors the mean of their values: so each tree weighs one over their number, and the margin is the
//! prediction. Since 1.3 a classification leaf holds shares, before it held weighted counts, which
//! `DecisionTreeClassifier.predict_proba` divided by their sum (and by 1 where that is 0).

use super::nodes::Nodes;
use super::object::Object;
use super::{check_members, finish, n_features};
use crate::{Error, InputPrecision, ModelFile, Outputs, Tree, TreeEnsemble};

/// Shares add up to 1 but for rounding; counts that happen to do so are shares.
const ROUNDING: f64 = 1e-9;

const IN_BAG: &str = "the cover of a tree is the weight of the training rows that it was given itself: where rows were drawn for \
                      each tree, the base value differs from the mean prediction over all training rows";

/// What the leaves of a model's trees hold.
enum Leaves {
    /// Class shares or counts: the names of the classes of each output.
    Classes(Vec<Vec<String>>),
    /// The mean of each output.
    Means,
}

/// Reads `DecisionTreeClassifier`, `ExtraTreeClassifier`.
pub(super) fn tree_classifier(model: &Object<'_>) -> Result<ModelFile, Error> {
    averaged(model, std::slice::from_ref(model), &Leaves::Classes(classes(model)?), &[])
}

/// Reads `DecisionTreeRegressor`, `ExtraTreeRegressor`.
pub(super) fn tree_regressor(model: &Object<'_>) -> Result<ModelFile, Error> {
    averaged(model, std::slice::from_ref(model), &Leaves::Means, &[])
}

/// Reads `RandomForestClassifier`, `ExtraTreesClassifier`.
pub(super) fn forest_classifier(model: &Object<'_>) -> Result<ModelFile, Error> {
    averaged(model, &members(model)?, &Leaves::Classes(classes(model)?), &[])
}

/// Reads `RandomForestRegressor`, `ExtraTreesRegressor`.
pub(super) fn forest_regressor(model: &Object<'_>) -> Result<ModelFile, Error> {
    averaged(model, &members(model)?, &Leaves::Means, &[])
}

/// Reads `BaggingClassifier` over trees.
pub(super) fn bagging_classifier(model: &Object<'_>) -> Result<ModelFile, Error> {
    averaged(model, &members(model)?, &Leaves::Classes(classes(model)?), &columns(model)?)
}

/// Reads `BaggingRegressor` over trees.
pub(super) fn bagging_regressor(model: &Object<'_>) -> Result<ModelFile, Error> {
    averaged(model, &members(model)?, &Leaves::Means, &columns(model)?)
}

/// The trees of a forest.
pub(super) fn members<'a>(model: &Object<'a>) -> Result<Vec<Object<'a>>, Error> {
    let members = model.attribute("estimators_")?.items()?;
    check_members(&members)?;
    Ok(members)
}

/// The features that each tree of a bagging ensemble was given.
pub(super) fn columns(model: &Object<'_>) -> Result<Vec<Vec<usize>>, Error> {
    model.attribute("estimators_features_")?.items()?.iter().map(Object::counts).collect()
}

/// The names of the classes, output by output.
pub(super) fn classes(model: &Object<'_>) -> Result<Vec<Vec<String>>, Error> {
    let classes = model.attribute("classes_")?;
    if classes.is_list() {
        classes.items()?.iter().map(Object::texts).collect()
    } else {
        Ok(vec![classes.texts()?])
    }
}

fn averaged(
    model: &Object<'_>,
    members: &[Object<'_>],
    leaves: &Leaves,
    columns: &[Vec<usize>],
) -> Result<ModelFile, Error> {
    if members.is_empty() || (!columns.is_empty() && columns.len() != members.len()) {
        return Err(model.wrong("at least one tree, and the features of each"));
    }
    let weight = 1.0 / members.len() as f64;
    let mut trees = Vec::with_capacity(members.len());
    for (idx, member) in members.iter().enumerate() {
        let nodes = Nodes::read(member)?;
        let tree = leaves.tree(member, nodes, columns.get(idx).map(Vec::as_slice));
        trees.push(tree.map_err(|error| error.in_tree(idx))?.with_weight(weight));
    }
    let names = leaves.output_names();
    let n_outputs = names.as_ref().map_or_else(|| trees[0].leaf_values(0).len(), Vec::len);
    let mut ensemble =
        TreeEnsemble::new(trees, n_features(model)?, n_outputs)?.with_input_precision(InputPrecision::Single);
    if let Some(names) = names {
        ensemble = ensemble.with_output_names(names)?;
    }
    let mut file = finish(model, ensemble, model.get("criterion").and_then(|criterion| criterion.text()))?;
    file.notes.extend((members.len() > 1).then(|| IN_BAG.to_owned()));
    Ok(file)
}

impl Leaves {
    fn tree(&self, member: &Object<'_>, nodes: Nodes, columns: Option<&[usize]>) -> Result<Tree, Error> {
        let Self::Classes(classes) = self else {
            let means =
                |nodes: &Nodes, node| (0..nodes.n_outputs()).map(|k| nodes.values(node, k)[0]).collect();
            return nodes.into_tree(columns, Outputs::All, means);
        };
        let widest = classes.iter().map(Vec::len).max();
        if nodes.n_outputs() != classes.len() || widest != Some(nodes.n_classes()) {
            return Err(member.wrong("a tree of as many outputs and classes as the model has"));
        }
        let shares = |nodes: &Nodes, node| {
            let shares =
                |(output, names): (usize, &Vec<String>)| shares(nodes.values(node, output), names.len());
            classes.iter().enumerate().flat_map(shares).collect()
        };
        nodes.into_tree(columns, Outputs::All, shares)
    }

    fn output_names(&self) -> Option<Vec<String>> {
        match self {
            Self::Means => None,
            Self::Classes(classes) => match &classes[..] {
                [classes] => Some(classes.clone()),
                outputs => {
                    Some(outputs.iter().enumerate().flat_map(|(k, names)| qualified(k, names)).collect())
                }
            },
        }
    }
}

/// The shares of the classes of one output; it has `n_classes` of them, padded with zeros up to the widest output's.
fn shares(values: &[f64], n_classes: usize) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    let total = if sum == 0.0 || (sum - 1.0).abs() < ROUNDING { 1.0 } else { sum };
    values[..n_classes].iter().map(|value| value / total).collect()
}

fn qualified(output: usize, names: &[String]) -> impl Iterator<Item = String> {
    names.iter().map(move |name| format!("output {output}: {name}"))
}
