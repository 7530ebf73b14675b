//! Isolation forests. Liu, Ting, Zhou 2008, <https://doi.org/10.1109/ICDM.2008.17>.
//!
//! What is explained is E\[h\], the mean over trees of the path length: the leaf's depth plus
//! c(n), the mean path length of a search tree over the n training rows that stayed together in the leaf:
//!
//! ```text
//! c(n) = 2 (ln(n - 1) + 0.5772156649) - 2 (n - 1) / n,  c(2) = 1,  c(1) = c(0) = 0
//! score_samples = -2^(-E[h] / c(max_samples)),  decision_function = score_samples - offset
//! ```
//!
//! A short path means that a row is easily isolated: an anomaly. The score is no sum over trees, so its values are not
//! those of the path length; shap explains the path length too. The note of the file gives both constants.
//!
//! n is `n_node_samples`, which counts rows; cover is their weight, as for every tree. shap 0.51 takes its base value from
//! the counts and its values from the weights: for a forest trained with weights they do not add up to its prediction
//! (off by 0.04 of 8.6 in a case looked at). The values here do, and are shap's.

use super::forest::{columns, members};
use super::nodes::Nodes;
use super::object::Object;
use super::{finish, n_features};
use crate::{Error, InputPrecision, ModelFile, Outputs, TreeEnsemble};

const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// Reads `IsolationForest`.
pub(super) fn isolation_forest(model: &Object<'_>) -> Result<ModelFile, Error> {
    let (members, columns) = (members(model)?, columns(model)?);
    if members.is_empty() || columns.len() != members.len() {
        return Err(model.wrong("at least one tree, and the features of each"));
    }
    let weight = 1.0 / members.len() as f64;
    let mut trees = Vec::with_capacity(members.len());
    for (idx, (member, columns)) in members.iter().zip(&columns).enumerate() {
        let nodes = Nodes::read(member)?;
        let depths = nodes.depths().map_err(|error| error.in_tree(idx))?;
        let length =
            |nodes: &Nodes, node: usize| vec![depths[node] as f64 + mean_path(nodes.n_samples()[node])];
        let tree =
            nodes.into_tree(Some(columns), Outputs::One(0), length).map_err(|error| error.in_tree(idx))?;
        trees.push(tree.with_weight(weight));
    }
    let ensemble = TreeEnsemble::new(trees, n_features(model)?, 1)?
        .with_input_precision(InputPrecision::Single)
        .with_output_names(vec!["mean path length".to_owned()])?;
    let mut file = finish(model, ensemble, None)?;
    file.notes.push(score_in_words(model)?);
    Ok(file)
}

fn score_in_words(model: &Object<'_>) -> Result<String, Error> {
    let scale = mean_path(model.attribute("_max_samples")?.number()?);
    let offset = model.attribute("offset_")?.number()?;
    Ok(format!(
        "what is explained is the mean path length h, short for anomalies; \
         scikit-learn's score_samples is -2^(-h / {scale}), its decision_function is that minus {offset}"
    ))
}

/// `_average_path_length`: c(n).
fn mean_path(n: f64) -> f64 {
    if n <= 1.0 {
        0.0
    } else if n == 2.0 {
        1.0
    } else {
        2.0 * ((n - 1.0).ln() + EULER_GAMMA) - 2.0 * (n - 1.0) / n
    }
}

#[cfg(test)]
mod tests {
    use super::mean_path;

    #[test]
    fn the_mean_path_is_scikit_learns() {
        // `sklearn.ensemble._iforest._average_path_length` of 1.9.1.
        let known = [
            (0.0, 0.0),
            (1.0, 0.0),
            (2.0, 1.0),
            (5.0, 2.327_020_052_042_847),
            (999.0, 12.967_939_884_427_995),
        ];
        for (n, expected) in known {
            assert!((mean_path(n) - expected).abs() < 1e-12, "{n}: {}", mean_path(n));
        }
    }
}
