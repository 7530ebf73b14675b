//! Models of XGBoost, read from its files, against what XGBoost itself says of them; see
//! `crates/rationale-trees/golden/xgboost_models.py`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests may fail loudly")]

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ndarray::{Array2, Array3, ArrayD, ArrayView2, Axis, concatenate};
use rationale_core::{Background, Explain, Predict, Silent};
use rationale_shapley::tree::TreeShap;
use rationale_testkit::brute_force;
use rationale_testkit::games::{MarginalGame, PathDependentGame};
use rationale_testkit::golden::{self, Golden, Tensor};
use rationale_trees::{ModelFile, Tree, TreeEnsemble};
use serde::Deserialize;

const VERSIONS: [&str; 4] = ["1.7.6", "2.1.4", "3.2.0", "3.4.1"];

/// Contributions come of float32 sums over many products.
const OF_CONTRIBUTIONS: f64 = 1e-5;

#[derive(Deserialize)]
struct Case {
    name: String,
    json: Option<String>,
    ubj: Option<String>,
    rows: Tensor,
    margins: Tensor,
    predictions: Tensor,
    leaf_values: Option<Tensor>,
    contributions: Option<Tensor>,
    interactions: Option<Tensor>,
}

impl Case {
    fn bytes(&self) -> Vec<u8> {
        match &self.ubj {
            Some(base64) => BASE64_STANDARD.decode(base64).unwrap(),
            None => self.json.clone().unwrap().into_bytes(),
        }
    }

    fn file(&self) -> ModelFile {
        ModelFile::from_bytes(&self.bytes()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn rows(&self) -> Array2<f64> {
        self.rows.array().unwrap().into_dimensionality().unwrap()
    }
}

/// Calls `compare` for every case of every version; it gives the difference, or nothing where there is nothing to compare.
fn check(what: &str, tolerance: f64, at_least: usize, compare: impl Fn(&str, &Case) -> Option<f64>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rationale-trees/golden");
    let (mut compared, mut failed) = (0, Vec::new());
    for version in VERSIONS {
        let golden: Golden<Case> = golden::read(&folder.join(format!("xgboost_{version}.json"))).unwrap();
        assert_eq!(golden.requires[0], format!("xgboost=={version}"));
        let mut worst = 0.0_f64;
        for case in &golden.cases {
            let Some(difference) = compare(version, case) else { continue };
            compared += 1;
            worst = worst.max(difference);
            if difference > tolerance {
                failed.push(format!("{version}, {}: off by {difference}", case.name));
            }
        }
        println!("{what}, {version}: the largest difference is {worst:e}");
    }
    assert!(failed.is_empty(), "{what}\n{}", failed.join("\n"));
    assert!(compared >= at_least, "only {compared} were compared");
}

/// The largest difference, relative where numbers are above 1; infinite where shapes differ or one is NaN.
fn relative(ours: &ArrayD<f64>, reference: &Tensor) -> f64 {
    let reference = reference.array().unwrap();
    if ours.shape() != reference.shape() {
        return f64::INFINITY;
    }
    let gaps = ours.iter().zip(&reference).map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
    gaps.fold(0.0, |worst, gap| if gap.is_nan() { f64::INFINITY } else { gap.max(worst) })
}

#[test]
fn margins_agree() {
    check("margins", 1e-6, 200, |_, case| {
        let margins = case.file().ensemble.margins(case.rows().view()).unwrap();
        Some(relative(&margins.into_dyn(), &case.margins))
    });
}

#[test]
fn predictions_agree() {
    check("predictions", 1e-6, 200, |_, case| {
        let file = case.file();
        let mut predictions = file.ensemble.predict(case.rows().view()).unwrap();
        if file.objective.as_deref() == Some("multi:softmax") {
            predictions = largest(predictions.view());
        }
        Some(relative(&predictions.into_dyn(), &case.predictions))
    });
}

/// The number of the largest class, which is all that multi:softmax predicts.
fn largest(shares: ArrayView2<'_, f64>) -> Array2<f64> {
    let class = |row: ndarray::ArrayView1<'_, f64>| {
        let best = (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b]));
        best.unwrap() as f64
    };
    shares.map_axis(Axis(1), class).insert_axis(Axis(1))
}

#[test]
fn every_row_falls_into_the_same_leaf() {
    check("values of leaves", 0.0, 150, |_, case| {
        let model = case.file().ensemble;
        let rows = case.rows();
        let of = |tree: &Tree, row: usize| {
            let leaf = tree.leaf(|feature| model.input_precision().round(rows[[row, feature]]));
            tree.leaf_values(leaf)[0]
        };
        let shape = (rows.nrows(), model.trees().len());
        let ours = Array2::from_shape_fn(shape, |(row, tree)| of(&model.trees()[tree], row)).into_dyn();
        // The shortest text of a float32 number, which is another float64 number.
        let reference = case.leaf_values.as_ref()?.array().unwrap().mapv(|value| f64::from(value as f32));
        Some(golden::difference(&ours, &reference))
    });
}

/// Values `[row, output, feature]` with the base value as the last feature, as XGBoost lays them out.
fn contributions(model: &TreeEnsemble, rows: ArrayView2<'_, f64>) -> Array3<f64> {
    let explained = TreeShap::path_dependent(model).unwrap().explain(rows, &Silent).unwrap();
    let values = explained.values().permuted_axes([0, 2, 1]);
    concatenate![Axis(2), values, explained.base_values().insert_axis(Axis(2))]
}

#[test]
fn contributions_agree() {
    check("contributions", OF_CONTRIBUTIONS, 190, |_, case| {
        let reference = case.contributions.as_ref()?;
        let ours = contributions(&case.file().ensemble, case.rows().view());
        Some(relative(&ours.into_dyn(), reference))
    });
}

#[test]
fn contributions_are_those_of_the_definition() {
    check("contributions by brute force", 1e-10, 190, |_, case| {
        let model = case.file().ensemble;
        if model.trees().is_empty() || model.trees().iter().any(|tree| tree.covers().is_none()) {
            return None;
        }
        let rows = case.rows().select(Axis(0), &[0, 1]);
        let ours = TreeShap::path_dependent(&model).unwrap().explain(rows.view(), &Silent).unwrap();
        let values = ours.values();
        let gaps = rows.rows().into_iter().zip(values.outer_iter()).map(|(row, ours)| {
            let exact = brute_force::values(&PathDependentGame { model: &model, row }).unwrap();
            (&ours - &exact).fold(0.0_f64, |worst, gap| worst.max(gap.abs()))
        });
        Some(gaps.fold(0.0, f64::max))
    });
}

#[test]
fn interventional_values_are_those_of_the_definition() {
    check("interventional values by brute force", 1e-10, 200, |_, case| {
        let model = case.file().ensemble;
        let rows = case.rows().select(Axis(0), &[0, 1]);
        let background = Background::new(case.rows().select(Axis(0), &[2, 3, 4, 5])).unwrap();
        let ours = TreeShap::interventional(&model, &background).unwrap();
        let ours = ours.explain(rows.view(), &Silent).unwrap();
        let values = ours.values();
        let answer = |rows: ArrayView2<'_, f64>| model.margins(rows).map_err(rationale_core::Error::model);
        let gaps = rows.rows().into_iter().zip(values.outer_iter()).map(|(row, ours)| {
            let game = MarginalGame { answer: &answer, row, background: background.rows() };
            let exact = brute_force::values(&game);
            (&ours - &exact.unwrap()).fold(0.0_f64, |worst, gap| worst.max(gap.abs()))
        });
        Some(gaps.fold(0.0, f64::max))
    });
}

#[test]
fn interactions_agree() {
    check("interactions", OF_CONTRIBUTIONS, 20, |_, case| {
        let reference = case.interactions.as_ref()?.array().unwrap();
        let model = case.file().ensemble;
        let rows = case.rows().select(Axis(0), &[0, 1, 2]);
        let pairs = TreeShap::path_dependent(&model).unwrap().interactions(rows.view(), &Silent).unwrap();
        let (n_features, n_outputs) = (model.n_features(), model.n_outputs());
        // Theirs are [row, output, feature, feature], the base value being one more feature.
        assert_eq!(reference.shape(), [3, n_outputs, n_features + 1, n_features + 1]);
        let values = pairs.values();
        let gaps = values.indexed_iter().map(|((row, i, j, output), ours)| {
            let gap = (ours - reference[[row, output, i, j]]).abs();
            if gap.is_nan() { f64::INFINITY } else { gap }
        });
        Some(gaps.fold(0.0, f64::max))
    });
}

#[test]
fn both_forms_and_what_only_the_file_knows_are_read() {
    check("names", 0.0, 200, |version, case| {
        let file = case.file();
        assert_eq!(file.version.as_deref(), Some(version));
        assert_eq!(file.format.name(), if case.ubj.is_some() { "XGBoost UBJSON" } else { "XGBoost JSON" });
        if case.name == "named features" {
            assert_eq!(file.ensemble.feature_names(), ["loan amount", "Zins", "\"quoted\"", "日本", "NaN"]);
        }
        if case.name == "named categories" && version > "3.1" {
            let [colour, town, grade, size] = &file.categories[..] else { panic!("four features") };
            // Before 3.4 XGBoost cuts names that are not ASCII.
            let whole = ["blue", "red", "türkis"].map(str::to_owned).to_vec();
            assert_eq!(*colour, (version >= "3.4").then_some(whole));
            assert_eq!(file.notes.iter().any(|note| note.ends_with("codes: colour")), version < "3.4");
            assert_eq!(town.as_deref().unwrap(), ["Bonn", "Ulm"]);
            assert_eq!(grade.as_deref().unwrap(), ["10", "20", "40"]);
            assert_eq!(*size, None);
        }
        Some(0.0)
    });
}

#[test]
fn rounds_after_the_best_are_left_out_on_demand() {
    use rationale_trees::xgboost::{Rounds, read_rounds};
    check("rounds", 0.0, 4, |_, case| {
        if case.name != "stopped early" {
            return None;
        }
        let all = read_rounds(&case.bytes(), Rounds::All).unwrap();
        let best = read_rounds(&case.bytes(), Rounds::Best).unwrap();
        // Two rounds of three classes brought nothing after the best one.
        assert_eq!(all.ensemble.trees().len(), best.ensemble.trees().len() + 6);
        assert!(all.notes[0].contains("as by Booster.predict"), "{:?}", all.notes);
        assert!(best.notes[0].contains("are used, up to the best round"), "{:?}", best.notes);
        Some(0.0)
    });
}

#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    check("truncations", 0.0, 8, |_, case| {
        if !["categories in sets", "dart", "binary:logistic"].contains(&case.name.as_str()) {
            return None;
        }
        let bytes = case.bytes();
        for percent in 0..100 {
            assert!(ModelFile::from_bytes(&bytes[..bytes.len() * percent / 100]).is_err(), "{percent}");
        }
        Some(0.0)
    });
}
