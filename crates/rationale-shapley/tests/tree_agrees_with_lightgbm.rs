//! LightGBM's models against what LightGBM says of them; see `rationale-trees/golden/lightgbm_4.py`. And models that
//! other projects published, with the predictions that they published.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, Axis, Ix2, Ix3, concatenate};
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
    dump: Option<String>,
    averaged: f64,
    rows: Tensor,
    raw: Tensor,
    predictions: Tensor,
    leaves: Vec<Vec<usize>>,
    contributions: Tensor,
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
}

fn table(tensor: &Tensor) -> Array2<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix2>().unwrap()
}

fn cube(tensor: &Tensor) -> Array3<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix3>().unwrap()
}

fn golden(major: u32) -> Golden<Case> {
    let name = format!("../rationale-trees/golden/lightgbm_{major}.json");
    golden::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Calls `compare` for every case of every version; it gives a difference, which must not pass the tolerance.
fn check(what: &str, tolerance: Option<f64>, compare: impl Fn(&Case) -> f64) {
    for major in [2, 3, 4] {
        let golden = golden(major);
        assert!(golden.cases.len() >= 30);
        let worst = golden.cases.iter().map(|case| {
            let difference = compare(case);
            let tolerance = tolerance.unwrap_or(golden.tolerance);
            assert!(difference <= tolerance, "{what} of `{}` by {major}: off by {difference:e}", case.name);
            difference
        });
        println!("{what}, LightGBM {major}: largest difference {:e}", worst.fold(0.0, f64::max));
    }
}

/// The largest difference between two tables, as a share of the number where that is above 1.
fn relative(ours: &Array2<f64>, theirs: &Array2<f64>) -> f64 {
    assert_eq!(ours.dim(), theirs.dim());
    let gaps = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
    gaps.fold(0.0, |worst, gap| if gap.is_nan() { f64::INFINITY } else { gap.max(worst) })
}

#[test]
fn raw_scores_agree() {
    check("raw scores", Some(PREDICTION), |case| {
        let margins = case.file().ensemble.margins(case.rows().view()).unwrap();
        relative(&margins, &(table(&case.raw) / case.averaged))
    });
}

#[test]
fn predictions_agree() {
    check("predictions", Some(PREDICTION), |case| {
        relative(&case.file().ensemble.predict(case.rows().view()).unwrap(), &table(&case.predictions))
    });
}

#[test]
fn every_row_falls_into_the_same_leaf_of_every_tree() {
    check("leaves", Some(0.0), |case| {
        let (file, rows) = (case.file(), case.rows());
        let leaves = rows
            .rows()
            .into_iter()
            .map(|row| file.ensemble.trees().iter().map(|tree| tree.leaf(|feature| row[feature])).collect());
        if leaves.collect::<Vec<Vec<_>>>() == case.leaves { 0.0 } else { 1.0 }
    });
}

#[test]
fn the_dump_gives_the_same_model() {
    check("dumps", Some(0.0), |case| {
        let Some(dump) = &case.dump else { return 0.0 };
        let (text, dump) = (case.file(), ModelFile::from_bytes(dump.as_bytes()).unwrap());
        assert_eq!(dump.categories, text.categories, "{}", case.name);
        // Dumps before 3.1 have no objective, and files name different versions of themselves.
        let told = dump.objective.is_some() || case.name == "custom objective";
        let dumped = if told { dump.ensemble } else { dump.ensemble.with_link(text.ensemble.link()) };
        let rows = case.rows();
        let factor = if told { 1.0 } else { case.averaged };
        let margins = dumped.margins(rows.view()).unwrap() / factor;
        let gap = relative(&margins, &text.ensemble.margins(rows.view()).unwrap());
        if !told && gap <= PREDICTION || dumped == text.ensemble { 0.0 } else { gap.max(1.0) }
    });
}

#[test]
fn categories_have_the_names_of_the_training_table() {
    check("categories", Some(0.0), |case| if case.file().categories == case.categories { 0.0 } else { 1.0 });
}

/// The base value stands behind the features' values in LightGBM's output.
#[test]
fn contributions_agree_base_values_included() {
    check("contributions", None, |case| {
        let explainer = TreeShap::path_dependent(&case.file().ensemble).unwrap();
        let explained = explainer.explain(case.rows().view(), &Silent).unwrap();
        // Ours are [row, feature, output].
        let base = explained.base_values().to_owned().insert_axis(Axis(1));
        let ours = concatenate![Axis(1), explained.values().to_owned(), base].permuted_axes([0, 2, 1]);
        difference(ours.view().into_dyn(), &(case.contributions.array().unwrap() / case.averaged))
    });
}

#[test]
fn contributions_are_those_of_all_coalitions() {
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
fn interventional_values_are_those_of_lightgbm_asked_for_every_coalition() {
    check("interventional values", None, |case| {
        let (Some(background), Some(exact)) = (&case.background, &case.interventional) else { return 0.0 };
        let exact = cube(exact);
        let background = Background::new(table(background)).unwrap();
        let explainer = TreeShap::interventional(&case.file().ensemble, &background).unwrap();
        let rows = case.rows().slice_axis(Axis(0), (..exact.dim().0).into()).to_owned();
        let explained = explainer.explain(rows.view(), &Silent).unwrap();
        difference(explained.values().into_dyn(), &exact.into_dyn())
    });
}

#[test]
fn linear_trees_are_refused_by_name() {
    #[derive(Deserialize)]
    struct WithLinear {
        linear: std::collections::BTreeMap<String, String>,
    }
    for major in [3, 4] {
        let path = format!("../rationale-trees/golden/lightgbm_{major}.json");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let golden: WithLinear = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (form, model) in golden.linear {
            let error = ModelFile::from_bytes(model.as_bytes()).unwrap_err();
            assert!(
                matches!(&error, Error::Unsupported { parts, .. } if parts[0].contains("is_linear")),
                "{form}: {error}"
            );
        }
    }
}

/// The folder of published models, or none with a visible line.
fn published() -> Option<PathBuf> {
    let folder = std::env::var_os("RATIONALE_TESTDATA").map(|root| PathBuf::from(root).join("trees"));
    if folder.is_none() {
        println!("skipped: no test data");
    }
    folder
}

fn numbers(path: &Path) -> Array2<f64> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|line| line.split_ascii_whitespace().map(|word| word.parse().unwrap()).collect())
        .collect();
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

fn model(path: &Path) -> ModelFile {
    ModelFile::from_bytes(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn published_multiclass_model_gives_its_published_predictions() {
    let Some(folder) = published() else { return };
    let folder = folder.join("leaves");
    let model = model(&folder.join("lgmulticlass.model")).ensemble;
    // The first column is the label.
    let rows = numbers(&folder.join("multiclass_test.tsv")).slice_axis(Axis(1), (1..).into()).to_owned();
    let raw = model.margins(rows.view()).unwrap();
    assert!(relative(&raw, &numbers(&folder.join("lgmulticlass_true_raw_predictions.txt"))) < PREDICTION);
    let predicted = model.predict(rows.view()).unwrap();
    assert!(relative(&predicted, &numbers(&folder.join("lgmulticlass_true_predictions.txt"))) < PREDICTION);
}

/// Published are LightGBM's own numbers of the leaves; ours count depth-first, so the two must be in bijection.
#[test]
fn published_binary_model_gives_its_published_leaves() {
    let Some(folder) = published() else { return };
    let folder = folder.join("leaves");
    let model = model(&folder.join("lg_breast_cancer.txt")).ensemble;
    let rows = numbers(&folder.join("lg_breast_cancer_data.txt"));
    let leaves = numbers(&folder.join("lg_breast_cancer_data_pred_leaves.txt"));
    assert_eq!(leaves.dim(), (rows.nrows(), model.trees().len()));
    for (tree, theirs) in model.trees().iter().zip(leaves.columns()) {
        let ours: Vec<usize> = rows.rows().into_iter().map(|row| tree.leaf(|feature| row[feature])).collect();
        for (a, &leaf) in theirs.iter().enumerate() {
            let agree = (0..ours.len()).all(|b| (ours[a] == ours[b]) == (leaf == theirs[b]));
            assert!(agree, "row {a} shares its leaf with other rows than published");
        }
    }
}

#[test]
fn published_categorical_models_are_read() {
    let Some(folder) = published() else { return };
    let models = [
        ("airline.txt", 100, 6),
        ("boston_housing.txt", 100, 13),
        ("pure_categorical.txt", 1, 3),
        ("single_tree.txt", 1, 10),
    ];
    for (name, n_trees, n_features) in models {
        let file = model(&folder.join("lleaves").join(name));
        assert_eq!(
            (file.ensemble.trees().len(), file.ensemble.n_features()),
            (n_trees, n_features),
            "{name}"
        );
        assert!(file.ensemble.trees().iter().all(|tree| tree.covers().is_some()), "{name}");
    }
    // By hand: column 1 in {6, 9} is leaf 0; else column 0 in {0, 1, 2, 4} is leaf 1; else leaf 2. Bits of 576 and 23.
    let pure = model(&folder.join("lleaves/pure_categorical.txt")).ensemble;
    let rows = ndarray::array![[0.0, 6.0, 0.0], [4.0, 5.0, 0.0], [3.0, 5.0, 0.0], [f64::NAN, -1.0, 0.0]];
    let expected =
        [12.616_231_057_968_633, 10.048_276_920_678_525, 9.248_947_872_154_94, 9.248_947_872_154_94];
    assert_eq!(pure.margins(rows.view()).unwrap().column(0).to_vec(), expected);
}
