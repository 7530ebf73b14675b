//! TreeSHAP against the Python library shap on scikit-learn's trees; see `golden/shap_sklearn.py`.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::Path;

use ndarray::{Array2, Array3, Axis, Ix2};
use rationale_core::{Background, Explain, Silent};
use rationale_shapley::tree::TreeShap;
use rationale_testkit::golden::{self, Golden, Tensor, difference};
use rationale_trees::TreeEnsemble;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    model: serde_json::Value,
    rows: Tensor,
    background: Tensor,
    predictions: Tensor,
    path_dependent: Tensor,
    interventional: Tensor,
    interventional_exact: Tensor,
    interactions: Tensor,
}

impl Case {
    fn model(&self) -> TreeEnsemble {
        rationale_trees::json::from_str(&self.model.to_string()).unwrap()
    }
}

fn golden() -> Golden<Case> {
    golden::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/shap_sklearn.json")).unwrap()
}

fn table(tensor: &Tensor) -> Array2<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix2>().unwrap()
}

fn check(what: &str, compare: impl Fn(&Case) -> f64) {
    let golden = golden();
    assert!(golden.cases.len() >= 5);
    for case in &golden.cases {
        let difference = compare(case);
        assert!(difference <= golden.tolerance, "{what} of {}: off by {difference}", case.name);
    }
}

#[test]
fn predictions_agree_with_scikit_learn() {
    check("predictions", |case| {
        let margins = case.model().margins(table(&case.rows).view()).unwrap();
        difference(margins.view().into_dyn(), &case.predictions.array().unwrap())
    });
}

#[test]
fn path_dependent_values_agree() {
    check("path-dependent values", |case| {
        let explainer = TreeShap::path_dependent(&case.model()).unwrap();
        let explained = explainer.explain(table(&case.rows).view(), &Silent).unwrap();
        difference(explained.values().into_dyn(), &case.path_dependent.array().unwrap())
    });
}

fn interventional(case: &Case, n_rows: usize) -> Array3<f64> {
    let background = Background::new(table(&case.background)).unwrap();
    let explainer = TreeShap::interventional(&case.model(), &background).unwrap();
    let rows = table(&case.rows).select(Axis(0), &(0..n_rows).collect::<Vec<_>>());
    explainer.explain(rows.view(), &Silent).unwrap().values().to_owned()
}

#[test]
fn interventional_values_agree() {
    check("interventional values", |case| {
        let reference = case.interventional.array().unwrap();
        difference(interventional(case, reference.shape()[0]).view().into_dyn(), &reference)
    });
}

#[test]
fn interventional_values_agree_with_the_enumerated_model() {
    check("interventional values", |case| {
        let reference = case.interventional_exact.array().unwrap();
        difference(interventional(case, reference.shape()[0]).view().into_dyn(), &reference)
    });
}

#[test]
fn interactions_agree() {
    check("interactions", |case| {
        let reference = case.interactions.array().unwrap();
        let rows = table(&case.rows).select(Axis(0), &(0..reference.shape()[0]).collect::<Vec<_>>());
        let pairs =
            TreeShap::path_dependent(&case.model()).unwrap().interactions(rows.view(), &Silent).unwrap();
        difference(pairs.values().into_dyn(), &reference)
    });
}
