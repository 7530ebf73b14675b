//! Submodular pick: Ribeiro, Singh and Guestrin 2016, <https://arxiv.org/abs/1602.04938>, section 4.
//!
//! ```text
//! W_ij = |coefficient of feature j in explanation i|,   I_j = sqrt(sum_i W_ij)
//! c(V) = sum_j [some i in V has W_ij > 0] I_j,          V grows by the explanation that raises c most   (algorithm 2)
//! ```
//!
//! | symbol | name here | shape |
//! |---|---|---|
//! | W | built from terms, by name | `[explanation, feature]` |
//! | V | [`Pick::explanations`] | at most as many as asked for |
//! | I | [`Pick::importance`] | `[feature]` |
//! | c(V) | [`Pick::coverage`] | after each choice, as a share of all importance |
//!
//! **Holds**: c is submodular, so the greedy choice covers at least 1 - 1/e of what the best one would.
//! **Costs**: explanations x features for each choice. **Departs**: from lime 0.2.0.1 in taking the first among equals (there
//! the last), and in drawing nothing: the candidates are the caller's.
//!
//! ```
//! use ndarray::{Array2, array};
//! use rationale_surrogate::{Lime, Neighbourhood, submodular_pick};
//!
//! let explain = |slopes: [f64; 2]| {
//!     let design = array![[1.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]];
//!     let outputs = design.dot(&ndarray::arr1(&slopes)).insert_axis(ndarray::Axis(1));
//!     let neighbourhood = Neighbourhood::new(design, outputs, ndarray::Array1::zeros(4))?;
//!     neighbourhood.local_model(0, 1.0, &Lime::default().with_features(1).with_penalty(0.0))
//! };
//! let candidates = [explain([3.0, 0.0])?, explain([2.0, 0.0])?, explain([0.0, 1.0])?];
//! let pick = submodular_pick(&candidates.iter().collect::<Vec<_>>(), 2);
//! assert_eq!(pick.explanations, [0, 2]);
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```

use std::collections::BTreeMap;

use crate::LocalModel;

/// A few explanations that together show what matters.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// Positions of the chosen explanations, in the order of their choice.
    pub explanations: Vec<usize>,
    /// The share of all importance that is covered after each choice.
    pub coverage: Vec<f64>,
    /// The features' names and importances, by falling importance.
    pub importance: Vec<(String, f64)>,
}

/// Picks at most `n` of the explanations.
pub fn submodular_pick(explanations: &[&LocalModel], n: usize) -> Pick {
    let weights: Vec<BTreeMap<&str, f64>> = explanations.iter().map(|model| weights(model)).collect();
    let mut importance: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, weight) in weights.iter().flatten() {
        *importance.entry(name).or_default() += weight;
    }
    importance.values_mut().for_each(|sum| *sum = sum.sqrt());
    let total: f64 = importance.values().sum();
    let mut open = importance.clone();
    let (mut chosen, mut coverage) = (Vec::new(), Vec::new());
    while chosen.len() < n.min(explanations.len()) {
        let Some(next) = best(&weights, &open, &chosen) else { break };
        chosen.push(next);
        weights[next].keys().for_each(|name| {
            open.remove(name);
        });
        let left: f64 = open.values().sum();
        coverage.push(if total > 0.0 { 1.0 - left / total } else { 1.0 });
    }
    let mut importance: Vec<(String, f64)> =
        importance.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    importance.sort_by(|a, b| b.1.total_cmp(&a.1));
    Pick { explanations: chosen, coverage, importance }
}

fn weights(model: &LocalModel) -> BTreeMap<&str, f64> {
    let present = model.terms.iter().filter(|term| term.coefficient != 0.0);
    present.map(|term| (term.name.as_str(), term.coefficient.abs())).collect()
}

/// The candidate that adds most; the first one among equals.
fn best(weights: &[BTreeMap<&str, f64>], open: &BTreeMap<&str, f64>, chosen: &[usize]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for candidate in (0..weights.len()).filter(|it| !chosen.contains(it)) {
        let gain = weights[candidate].keys().filter_map(|name| open.get(name)).sum();
        if best.is_none_or(|(_, most)| gain > most) {
            best = Some((candidate, gain));
        }
    }
    best.map(|(candidate, _)| candidate)
}
