//! CatBoost's models against what CatBoost says of them; see `rationale-trees/golden/catboost_1.py`.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayD, Axis, Ix2, concatenate};
use rationale_core::{Background, Explain, Predict, Silent};
use rationale_shapley::tree::TreeShap;
use rationale_testkit::brute_force;
use rationale_testkit::games::PathDependentGame;
use rationale_testkit::golden::{self, Golden, Tensor, difference};
use rationale_trees::{Error, ModelFile};
use serde::Deserialize;

/// Predictions and margins are sums of the same float64 numbers; only their order and the link's rounding differ.
const PREDICTION: f64 = 1e-12;

#[derive(Deserialize)]
struct Case {
    name: String,
    model: String,
    rows: Tensor,
    raw: Tensor,
    predictions: Tensor,
    leaves: Option<Vec<Vec<usize>>>,
    shap_values: Option<Tensor>,
    path_dependent: Tensor,
    disagrees: bool,
    categories: Vec<Option<Vec<String>>>,
    background: Option<Tensor>,
    interventional: Option<Tensor>,
}

impl Case {
    fn file(&self) -> ModelFile {
        ModelFile::from_bytes(self.model.as_bytes()).unwrap()
    }

    fn rows(&self) -> Array2<f64> {
        table(&self.rows)
    }

    /// Attributions as CatBoost lays them out: [row, output, feature], the base value behind the features.
    fn path_dependent(&self) -> ArrayD<f64> {
        let explainer = TreeShap::path_dependent(&self.file().ensemble).unwrap();
        let explained = explainer.explain(self.rows().view(), &Silent).unwrap();
        let base = explained.base_values().to_owned().insert_axis(Axis(1));
        let both = concatenate![Axis(1), explained.values().to_owned(), base];
        both.permuted_axes([0, 2, 1]).into_dyn()
    }
}

fn table(tensor: &Tensor) -> Array2<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix2>().unwrap()
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rationale-trees/golden/catboost_1.json")
}

/// Calls `compare` for every case; it gives a difference, which must not pass the tolerance.
fn check(what: &str, tolerance: Option<f64>, compare: impl Fn(&Case) -> f64) {
    let golden: Golden<Case> = golden::read(&path()).unwrap();
    assert!(golden.cases.len() >= 25);
    let worst = golden.cases.iter().map(|case| {
        let difference = compare(case);
        let tolerance = tolerance.unwrap_or(golden.tolerance);
        assert!(difference <= tolerance, "{what} of `{}`: off by {difference:e}", case.name);
        difference
    });
    println!("{what}: largest difference {:e}", worst.fold(0.0, f64::max));
}

#[test]
fn raw_values_agree() {
    check("raw values", Some(PREDICTION), |case| {
        let margins = case.file().ensemble.margins(case.rows().view()).unwrap();
        difference(margins.view().into_dyn(), &case.raw.array().unwrap())
    });
}

#[test]
fn predictions_agree() {
    check("predictions", Some(PREDICTION), |case| {
        let predictions = case.file().ensemble.predict(case.rows().view()).unwrap();
        difference(predictions.view().into_dyn(), &case.predictions.array().unwrap())
    });
}

/// Our trees have the last split at the root and number leaves depth-first, so bit i of the index is split i here too.
#[test]
fn every_row_falls_into_the_same_leaf_of_every_oblivious_tree() {
    check("leaves", Some(0.0), |case| {
        let Some(leaves) = &case.leaves else { return 0.0 };
        let (model, rows) = (case.file().ensemble, case.rows());
        let ours = rows.rows().into_iter().map(|row| {
            let value = |feature| model.input_precision().round(row[feature]);
            model.trees().iter().map(|tree| tree.leaf(value)).collect()
        });
        if ours.collect::<Vec<Vec<_>>>() == *leaves { 0.0 } else { 1.0 }
    });
}

#[test]
fn shap_values_agree_where_catboost_agrees_with_all_coalitions() {
    check("ShapValues", None, |case| match &case.shap_values {
        Some(theirs) if !case.disagrees => difference(case.path_dependent().view(), &theirs.array().unwrap()),
        _ => 0.0,
    });
}

#[test]
fn path_dependent_values_are_those_of_all_coalitions_of_the_files_own_trees() {
    check("path-dependent values", Some(1e-12), |case| {
        difference(case.path_dependent().view(), &case.path_dependent.array().unwrap())
    });
}

#[test]
fn path_dependent_values_are_those_of_all_coalitions_of_the_trees_read() {
    check("path-dependent values against all coalitions", Some(1e-12), |case| {
        let (model, rows) = (case.file().ensemble, case.rows());
        let explained = TreeShap::path_dependent(&model).unwrap().explain(rows.view(), &Silent).unwrap();
        let gaps = rows.rows().into_iter().enumerate().map(|(idx, row)| {
            let exact = brute_force::values(&PathDependentGame { model: &model, row }).unwrap();
            difference(explained.values().index_axis(Axis(0), idx).into_dyn(), &exact.into_dyn())
        });
        gaps.fold(0.0, f64::max)
    });
}

#[test]
fn interventional_values_are_those_of_catboost_asked_for_every_coalition() {
    check("interventional values", None, |case| {
        let (Some(background), Some(exact)) = (&case.background, &case.interventional) else { return 0.0 };
        let exact = exact.array().unwrap();
        let background = Background::new(table(background)).unwrap();
        let explainer = TreeShap::interventional(&case.file().ensemble, &background).unwrap();
        let rows = case.rows().slice_axis(Axis(0), (..exact.shape()[0]).into()).to_owned();
        let explained = explainer.explain(rows.view(), &Silent).unwrap();
        difference(explained.values().into_dyn(), &exact)
    });
}

#[test]
fn categories_have_their_names() {
    check("categories", Some(0.0), |case| if case.file().categories == case.categories { 0.0 } else { 1.0 });
}

#[test]
fn names_and_versions_come_from_the_file() {
    let golden: Golden<Case> = golden::read(&path()).unwrap();
    let file = |name: &str| golden.cases.iter().find(|case| case.name == name).unwrap().file();
    assert_eq!(file("scale and bias").ensemble.feature_names(), ["first one", "b", "c"]);
    assert_eq!(file("MultiClass").ensemble.output_names(), ["high", "low", "middle"]);
    assert_eq!(file("MultiClass").objective.as_deref(), Some("MultiClass"));
    assert_eq!(file("MultiClass").version.as_deref(), Some("1.2.10"));
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    #[derive(Deserialize)]
    struct Refused {
        refused: BTreeMap<String, String>,
    }
    let golden: Refused = serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    let words = [
        ("encoded", "(OnlineCtr) of town"),
        ("unnamed", "(cat_features_hash) on town"),
        ("uncertain", "RMSEWithUncertainty"),
    ];
    for (name, word) in words {
        let error = ModelFile::from_bytes(golden.refused[name].as_bytes()).unwrap_err();
        assert!(
            matches!(error, Error::Unsupported { .. }) && error.to_string().contains(word),
            "{name}: {error}"
        );
    }
}
