//! Local models against the Python library lime: its own samples in, its coefficients out.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::Path;

use ndarray::{Array1, Array2, Ix1, Ix2};
use rationale_surrogate::{Lime, LocalModel, Neighbourhood, Selection};
use rationale_testkit::golden::{Golden, Tensor, read};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    width: f64,
    design: Tensor,
    outputs: Tensor,
    distances: Tensor,
    fits: Vec<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    output: usize,
    selection: String,
    n_features: usize,
    features: Vec<usize>,
    coefficients: Vec<f64>,
    intercept: f64,
    r_squared: f64,
    local_prediction: f64,
}

fn matrix(tensor: &Tensor) -> Array2<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix2>().unwrap()
}

fn vector(tensor: &Tensor) -> Array1<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix1>().unwrap()
}

fn selection(name: &str) -> Selection {
    let all = [
        Selection::Auto,
        Selection::Forward,
        Selection::HighestWeights,
        Selection::LassoPath,
        Selection::All,
    ];
    all.into_iter().find(|it| it.name() == name).unwrap()
}

/// The largest difference from the reference; its features must be ours.
fn difference(ours: &LocalModel, reference: &Reference) -> f64 {
    let mut features: Vec<usize> = ours.terms.iter().map(|term| term.feature).collect();
    let mut expected = reference.features.clone();
    features.sort_unstable();
    expected.sort_unstable();
    assert_eq!(features, expected);
    let coefficients =
        reference.features.iter().zip(&reference.coefficients).map(|(it, b)| ours.coefficient_of(*it) - b);
    let others = [
        ours.intercept - reference.intercept,
        ours.r_squared - reference.r_squared,
        ours.local_prediction - reference.local_prediction,
    ];
    coefficients.chain(others).fold(0.0, |worst, gap| worst.max(gap.abs()))
}

fn check(file: &str, n_fits: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(file);
    let golden: Golden<Case> = read(&path).unwrap();
    let (mut compared, mut worst) = (0, 0.0);
    for case in &golden.cases {
        let neighbourhood =
            Neighbourhood::new(matrix(&case.design), matrix(&case.outputs), vector(&case.distances)).unwrap();
        for reference in &case.fits {
            let lime = Lime::default()
                .with_selection(selection(&reference.selection))
                .with_features(reference.n_features);
            let ours = neighbourhood.local_model(reference.output, case.width, &lime).unwrap();
            let gap = difference(&ours, reference);
            let (name, way, size) = (&case.name, &reference.selection, reference.n_features);
            assert!(gap <= golden.tolerance, "{name}, {way}, {size}: {gap:e}");
            worst = f64::max(worst, gap);
            compared += 1;
        }
    }
    println!("{file}: {compared} fits, at most {worst:e} apart");
    assert_eq!(compared, n_fits);
}

#[test]
fn tables_match() {
    check("lime_tables.json", 80);
}

#[test]
fn pictures_match() {
    check("lime_pictures.json", 20);
}

#[test]
fn texts_match() {
    check("lime_texts.json", 20);
}
