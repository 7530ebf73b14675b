//! Trees in ONNX files: read, predicted and explained as ONNX Runtime answers; see `golden/onnx_ml.py` of
//! rationale-trees.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests may fail loudly")]

use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, ArrayD, Axis, Ix2};
use rationale_core::{Background, Explain, Predict, Silent};
use rationale_shapley::tree::TreeShap;
use rationale_testkit::brute_force;
use rationale_testkit::games::PathDependentGame;
use rationale_testkit::golden::{self, Golden, Tensor, difference};
use rationale_trees::{CoverSource, ModelFile};
use serde::Deserialize;

/// ONNX Runtime adds up in float32.
const SINGLE: f64 = 1e-6;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    rows: Tensor,
    margins: Tensor,
    predictions: Tensor,
    background: Tensor,
    /// Interventional values of the first rows, by enumeration of ONNX Runtime's own scores.
    exact: Tensor,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rationale-trees/golden/onnx_ml")
}

/// Runs a check on every case; it gives a difference, which is judged relative to the reference's size.
fn check(what: &str, allowed: f64, compare: impl Fn(&Case, &ModelFile) -> (f64, ArrayD<f64>)) {
    let golden: Golden<Case> = golden::read(&folder().join("cases.json")).unwrap();
    assert!(golden.cases.len() >= 30);
    let mut worst: f64 = 0.0;
    let mut failures = Vec::new();
    for case in &golden.cases {
        let file = ModelFile::from_bytes(&std::fs::read(folder().join(&case.file)).unwrap());
        let (difference, reference) =
            compare(case, &file.unwrap_or_else(|error| panic!("{}: {error}", case.name)));
        let size = reference.iter().fold(1.0, |size: f64, value| size.max(value.abs()));
        worst = worst.max(difference / size);
        if difference > allowed * size {
            failures.push(format!("{}: {:e}", case.name, difference / size));
        }
    }
    println!("{what}: off by {worst:e} at most");
    assert!(failures.is_empty(), "{what}:\n{}", failures.join("\n"));
}

fn table(tensor: &Tensor) -> Array2<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix2>().unwrap()
}

#[test]
fn scores_agree() {
    check("scores", SINGLE, |case, file| {
        let reference = case.margins.array().unwrap();
        // A factor that stands behind the trees is part of the margin, but not of their scores.
        let margins = file.ensemble.margins(table(&case.rows).view()).unwrap() - behind_the_trees(case);
        (difference(margins.view().into_dyn(), &reference), reference)
    });
}

/// XGBoost's Poisson multiplies by its base score behind the exp: a shift of the margin.
fn behind_the_trees(case: &Case) -> f64 {
    if case.name != "xgboost poisson" {
        return 0.0;
    }
    let (margins, predictions) = (table(&case.margins), table(&case.predictions));
    (predictions[[0, 0]].ln() - margins[[0, 0]]).clamp(-20.0, 20.0)
}

#[test]
fn predictions_agree() {
    check("predictions", SINGLE, |case, file| {
        let reference = case.predictions.array().unwrap();
        let predictions = file.ensemble.predict(table(&case.rows).view()).unwrap();
        (difference(predictions.view().into_dyn(), &reference), reference)
    });
}

#[test]
fn interventional_values_agree_with_the_enumerated_scores() {
    check("interventional values", 1e-5, |case, file| {
        let reference = case.exact.array().unwrap();
        let background = Background::new(table(&case.background)).unwrap();
        let explainer = TreeShap::interventional(&file.ensemble, &background).unwrap();
        let explained = explainer.explain(first_rows(case).view(), &Silent).unwrap();
        (difference(explained.values().into_dyn(), &reference), reference)
    });
}

#[test]
fn path_dependent_values_need_a_pass_of_rows() {
    check("path-dependent values", 1e-9, |case, file| {
        assert_eq!(file.ensemble.cover_source(), CoverSource::Unknown);
        assert!(TreeShap::path_dependent(&file.ensemble).is_err(), "{}", case.name);
        let model = file.ensemble.clone().with_cover(table(&case.background).view()).unwrap();
        let rows = first_rows(case);
        let explained = TreeShap::path_dependent(&model).unwrap().explain(rows.view(), &Silent).unwrap();
        let exact = rows
            .rows()
            .into_iter()
            .map(|row| brute_force::values(&PathDependentGame { model: &model, row }).unwrap());
        let exact: Vec<_> = exact.collect();
        let views: Vec<_> = exact.iter().map(Array2::view).collect();
        let exact: Array3<f64> = ndarray::stack(Axis(0), &views).unwrap();
        (difference(explained.values().into_dyn(), &exact.clone().into_dyn()), exact.into_dyn())
    });
}

fn first_rows(case: &Case) -> Array2<f64> {
    let n_exact = case.exact.array().unwrap().shape()[0];
    table(&case.rows).select(Axis(0), &(0..n_exact).collect::<Vec<_>>())
}
