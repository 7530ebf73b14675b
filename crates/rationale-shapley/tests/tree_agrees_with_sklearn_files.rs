//! Models of scikit-learn in skops files: read, predicted and explained as scikit-learn and shap do; see
//! `golden/skops_cases.py` of rationale-trees.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests may fail loudly")]

use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, Array3, ArrayD, Axis, Ix2};
use rationale_core::{Background, Explain, Predict, Silent};
use rationale_shapley::tree::TreeShap;
use rationale_testkit::brute_force;
use rationale_testkit::games::PathDependentGame;
use rationale_testkit::golden::{self, Golden, Tensor, difference};
use rationale_trees::ModelFile;
use serde::Deserialize;

/// Predictions are sums in another order than scikit-learn's: equal to rounding, relative to their size.
const ROUNDING: f64 = 1e-12;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    rows: Tensor,
    margins: Tensor,
    predictions: Tensor,
    background: Tensor,
    /// Interventional values of the last rows, by enumeration of scikit-learn's own raw predictions.
    exact: Tensor,
    leaves: Option<Tensor>,
    shap_rows: Option<Tensor>,
    shap_values: Option<Tensor>,
    shap_base: Option<Tensor>,
    max_samples: Option<f64>,
    score_rows: Option<Tensor>,
    scores: Option<Tensor>,
}

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rationale-trees/golden").join(version)
}

/// Runs a check on every case of both versions; it gives a difference and what is allowed.
fn check(what: &str, compare: impl Fn(&Case, &ModelFile) -> Option<(f64, f64)>) {
    let mut worst: f64 = 0.0;
    let mut failures = Vec::new();
    for version in ["skops_1_9", "skops_1_3"] {
        let golden: Golden<Case> = golden::read(&folder(version).join("cases.json")).unwrap();
        assert!(golden.cases.len() >= 35);
        for case in &golden.cases {
            let file = ModelFile::from_bytes(&std::fs::read(folder(version).join(&case.file)).unwrap());
            let file = file.unwrap_or_else(|error| panic!("{version}, {}: {error}", case.name));
            let Some((difference, allowed)) = compare(case, &file) else { continue };
            worst = worst.max(difference);
            if difference > allowed {
                failures.push(format!("{version}, {}: {difference:e}", case.name));
            }
        }
    }
    println!("{what}: off by {worst:e} at most");
    assert!(failures.is_empty(), "{what}:\n{}", failures.join("\n"));
}

fn table(tensor: &Tensor) -> Array2<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix2>().unwrap()
}

fn scale(reference: &ArrayD<f64>) -> f64 {
    reference.iter().fold(1.0, |size, value| size.max(value.abs()))
}

#[test]
fn raw_predictions_agree() {
    check("raw predictions", |case, file| {
        let reference = case.margins.array().unwrap();
        let margins = file.ensemble.margins(table(&case.rows).view()).unwrap();
        Some((difference(margins.view().into_dyn(), &reference) / scale(&reference), ROUNDING))
    });
}

#[test]
fn predictions_agree() {
    check("predictions", |case, file| {
        let reference = case.predictions.array().unwrap();
        let predictions = file.ensemble.predict(table(&case.rows).view()).unwrap();
        Some((difference(predictions.view().into_dyn(), &reference) / scale(&reference), ROUNDING))
    });
}

#[test]
fn every_row_falls_into_the_same_leaves() {
    check("leaves", |case, file| {
        let reference = table(case.leaves.as_ref()?);
        let rows = table(&case.rows);
        let leaf = |(row, tree): (usize, usize)| {
            let value = |feature| file.ensemble.input_precision().round(rows[[row, feature]]);
            file.ensemble.trees()[tree].leaf(value) as f64
        };
        let leaves = Array2::from_shape_fn((rows.nrows(), file.ensemble.trees().len()), leaf);
        Some((difference(leaves.view().into_dyn(), &reference.into_dyn()), 0.0))
    });
}

#[test]
fn path_dependent_values_agree_with_shap() {
    check("path-dependent values", |case, file| {
        let reference = case.shap_values.as_ref()?.array().unwrap();
        let explainer = TreeShap::path_dependent(&file.ensemble).unwrap();
        let explained = explainer.explain(table(case.shap_rows.as_ref()?).view(), &Silent).unwrap();
        let gap = difference(explained.values().into_dyn(), &reference);
        let base = case.shap_base.as_ref().map_or(0.0, |base| {
            let ours = Array1::from(explainer.base_values().to_vec()).into_dyn();
            difference(ours.view(), &base.array().unwrap())
        });
        Some((gap.max(base) / scale(&reference), 1e-9))
    });
}

#[test]
fn interventional_values_agree_with_the_enumerated_model() {
    check("interventional values", |case, file| {
        let reference = case.exact.array().unwrap();
        let background = Background::new(table(&case.background)).unwrap();
        let explainer = TreeShap::interventional(&file.ensemble, &background).unwrap();
        let explained = explainer.explain(last_rows(case).view(), &Silent).unwrap();
        Some((difference(explained.values().into_dyn(), &reference) / scale(&reference), 1e-9))
    });
}

/// Categories, missing values and repeated features included, which shap leaves out.
#[test]
fn path_dependent_values_agree_with_brute_force() {
    check("path-dependent values against brute force", |case, file| {
        let rows = last_rows(case);
        let explainer = TreeShap::path_dependent(&file.ensemble).unwrap();
        let explained = explainer.explain(rows.view(), &Silent).unwrap();
        let exact = rows
            .rows()
            .into_iter()
            .map(|row| brute_force::values(&PathDependentGame { model: &file.ensemble, row }).unwrap());
        let exact: Vec<_> = exact.collect();
        let exact: Array3<f64> =
            ndarray::stack(Axis(0), &exact.iter().map(Array2::view).collect::<Vec<_>>()).unwrap();
        let exact = exact.into_dyn();
        Some((difference(explained.values().into_dyn(), &exact) / scale(&exact), 1e-9))
    });
}

fn last_rows(case: &Case) -> Array2<f64> {
    let rows = table(&case.rows);
    let n_exact = case.exact.array().unwrap().shape()[0];
    rows.select(Axis(0), &(rows.nrows() - n_exact..rows.nrows()).collect::<Vec<_>>())
}

#[test]
fn the_score_of_an_isolation_forest_follows_from_its_path_length() {
    check("isolation scores", |case, file| {
        let n = case.max_samples?;
        let c = 2.0 * ((n - 1.0).ln() + 0.577_215_664_901_532_9) - 2.0 * (n - 1.0) / n;
        let lengths = file.ensemble.predict(table(case.score_rows.as_ref()?).view()).unwrap();
        let scores = lengths.mapv(|length| -(-length / c).exp2()).column(0).to_owned();
        assert!(file.notes.iter().any(|note| note.contains(&format!("-2^(-h / {c})"))), "{:?}", file.notes);
        Some((difference(scores.view().into_dyn(), &case.scores.as_ref()?.array().unwrap()), ROUNDING))
    });
}
