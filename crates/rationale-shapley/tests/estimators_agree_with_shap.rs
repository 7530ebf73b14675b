//! The estimators against the Python library shap; see `golden/shap_estimators.py`.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::Path;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayView2, Axis, Ix1, Ix2, array};
use rationale_core::{Absence, Background, Explain, FromFn, Game, Predict, Seed, Silent, TableGame};
use rationale_shapley::tree::TreeShap;
use rationale_shapley::{
    Estimator, ExactShap, FeatureTree, KernelShap, LinearModel, LinearShap, PartitionShap, TableExplainer,
    kernel_values,
};
use rationale_testkit::golden::{self, Golden, Tensor, difference};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    kernel: Vec<Kernel>,
    partition: Vec<Partition>,
    linear: Vec<Linear>,
}

#[derive(Deserialize)]
struct Kernel {
    name: String,
    rows: Tensor,
    background: Tensor,
    coalitions: Tensor,
    weights: Tensor,
    values: Tensor,
}

#[derive(Deserialize)]
struct Partition {
    name: String,
    rows: Tensor,
    background: Tensor,
    merges: Vec<[usize; 2]>,
    values: Tensor,
}

#[derive(Deserialize)]
struct Linear {
    name: String,
    rows: Tensor,
    background: Tensor,
    weights: Tensor,
    intercept: f64,
    independent: Tensor,
    correlated: Tensor,
    orders: Vec<Vec<usize>>,
}

fn golden() -> Golden<Cases> {
    golden::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/shap_estimators.json")).unwrap()
}

fn table(tensor: &Tensor) -> Array2<f64> {
    tensor.array().unwrap().into_dimensionality::<Ix2>().unwrap()
}

/// The function that the golden file was made with.
fn smooth() -> impl Predict {
    FromFn::new(|rows: ArrayView2<'_, f64>| {
        let answer = |row: ndarray::ArrayView1<'_, f64>| {
            let neighbours = row.iter().zip(row.iter().skip(1));
            let waves: f64 = neighbours.map(|(a, b)| (a * b).sin()).sum();
            [waves, row.iter().map(|x| 1.0 + x / 10.0).product::<f64>()]
        };
        let answers: Vec<[f64; 2]> = rows.rows().into_iter().map(answer).collect();
        Array2::from(answers)
    })
}

fn mean_answer(background: &Array2<f64>) -> Array1<f64> {
    smooth().predict(background.view()).unwrap().mean_axis(Axis(0)).unwrap()
}

#[track_caller]
fn check(what: &str, name: &str, gap: f64, tolerance: f64) {
    eprintln!("{what}, {name}: {gap:e}");
    assert!(gap <= tolerance, "{what}, {name}: off by {gap}");
}

#[test]
fn kernel_values_of_the_same_coalitions_agree() {
    let golden = golden();
    for case in &golden.cases[0].kernel {
        let (rows, background) = (table(&case.rows), table(&case.background));
        let coalitions = table(&case.coalitions).mapv(|is| is > 0.5);
        let weights = case.weights.array().unwrap().into_dimensionality::<Ix1>().unwrap();
        let answers = smooth().predict(background.view()).unwrap();
        let prediction = smooth().predict(rows.view()).unwrap();
        let absence = Absence::marginal(Background::new(background.clone()).unwrap());
        let players: Vec<Vec<usize>> = (0..rows.ncols()).map(|feature| vec![feature]).collect();
        let model = smooth();
        let game = TableGame::new(&model, rows.row(0), &absence, &players, answers.view(), prediction.row(0))
            .unwrap();
        let worth = game.value(coalitions.view()).unwrap();
        let nobody = mean_answer(&background);
        let values =
            kernel_values(coalitions.view(), weights.view(), worth.view(), nobody.view(), prediction.row(0))
                .unwrap();
        let gap = difference(values.insert_axis(Axis(0)).view().into_dyn(), &case.values.array().unwrap());
        check("kernel", &case.name, gap, golden.tolerance);
    }
}

/// 2,000 samples are all coalitions of 10 features, for shap and here.
#[test]
fn kernel_and_exact_values_agree_where_shap_asks_about_all_coalitions() {
    let golden = golden();
    let case = &golden.cases[0].kernel[1];
    let absence = Absence::marginal(Background::new(table(&case.background)).unwrap());
    let model: Arc<dyn Predict> = Arc::new(smooth());
    let kernel = TableExplainer::new(model.clone(), absence.clone(), Arc::new(KernelShap::new()));
    let exact = TableExplainer::new(model, absence, Arc::new(ExactShap::new()));
    for explainer in [kernel, exact] {
        let explained = explainer.explain(table(&case.rows).view(), &Silent).unwrap();
        let gap = difference(explained.values().into_dyn(), &case.values.array().unwrap());
        check(&explained.evidence().method, &case.name, gap, golden.tolerance);
    }
}

#[test]
fn partition_values_over_the_same_tree_agree() {
    let golden = golden();
    for case in &golden.cases[0].partition {
        let (rows, background) = (table(&case.rows), table(&case.background));
        let tree = FeatureTree::new(rows.ncols(), case.merges.clone()).unwrap();
        let absence = Absence::marginal(Background::new(background).unwrap());
        let estimator = Arc::new(PartitionShap::new(tree).with_samples(1_000_000));
        let explained = TableExplainer::new(Arc::new(smooth()), absence, estimator)
            .explain(rows.view(), &Silent)
            .unwrap();
        let gap = difference(explained.values().into_dyn(), &case.values.array().unwrap());
        check("partition", &case.name, gap, golden.tolerance);
        assert!(explained.completeness_gap() < 1e-12);
    }
}

#[derive(Deserialize)]
struct Forest {
    name: String,
    model: serde_json::Value,
    rows: Tensor,
    background: Tensor,
}

/// Three rows against five, for forests that scikit-learn trained on data of the world; see `golden/shap_sklearn.py`.
#[test]
fn exact_and_whole_kernel_values_equal_tree_shap_on_trained_forests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/shap_sklearn.json");
    let golden: Golden<Forest> = golden::read(&folder).unwrap();
    for case in &golden.cases {
        let model = rationale_trees::json::from_str(&case.model.to_string()).unwrap();
        let first = |tensor: &Tensor, n: usize| table(tensor).select(Axis(0), &(0..n).collect::<Vec<_>>());
        let (rows, background) = (first(&case.rows, 3), Background::new(first(&case.background, 5)).unwrap());
        let trees =
            TreeShap::interventional(&model, &background).unwrap().explain(rows.view(), &Silent).unwrap();
        let estimators: [Arc<dyn Estimator>; 2] = [Arc::new(ExactShap::new()), Arc::new(KernelShap::new())];
        for estimator in estimators {
            let absence = Absence::marginal(background.clone());
            let explainer = TableExplainer::new(Arc::new(model.clone()), absence, estimator);
            let explained = explainer.explain(rows.view(), &Silent).unwrap();
            let gap = difference(explained.values().into_dyn(), &trees.values().to_owned().into_dyn());
            check(&explained.evidence().method, &case.name, gap, 1e-9);
        }
    }
}

fn linear(case: &Linear) -> (LinearModel, Background) {
    let model = LinearModel::new(table(&case.weights), array![case.intercept]).unwrap();
    (model, Background::new(table(&case.background)).unwrap())
}

fn linear_gap(explainer: &LinearShap, case: &Linear, reference: &Tensor) -> f64 {
    let explained = explainer.explain(table(&case.rows).view(), &Silent).unwrap();
    assert!(explained.completeness_gap() < 1e-12);
    let of_output = explained.values().index_axis(Axis(2), 0).to_owned();
    difference(of_output.view().into_dyn(), &reference.array().unwrap())
}

#[test]
fn linear_values_agree() {
    let golden = golden();
    for case in &golden.cases[0].linear {
        let (model, background) = linear(case);
        let independent = LinearShap::independent(model.clone(), background.clone()).unwrap();
        let gap = linear_gap(&independent, case, &case.independent);
        check("independent", &case.name, gap, golden.tolerance);
        let correlated = LinearShap::correlated_by_orders(model, background, &case.orders).unwrap();
        let gap = linear_gap(&correlated, case, &case.correlated);
        check("correlated", &case.name, gap, golden.tolerance);
    }
}

/// Over all orders of five features the mean of the orders is the enumerated value.
#[test]
fn correlated_values_are_those_of_all_orders() {
    let golden = golden();
    let case = &golden.cases[0].linear[0];
    let (model, background) = linear(case);
    let mut orders = vec![vec![]];
    for feature in 0..5 {
        let with = |order: &Vec<usize>| {
            let insert = |place| {
                let mut order = order.clone();
                order.insert(place, feature);
                order
            };
            (0..=order.len()).map(insert).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(with).collect();
    }
    assert_eq!(orders.len(), 120);
    let rows = table(&case.rows);
    let exact = LinearShap::correlated(model.clone(), background.clone(), 0, Seed::new(0)).unwrap();
    let exact = exact.explain(rows.view(), &Silent).unwrap();
    let by_orders = LinearShap::correlated_by_orders(model, background, &orders).unwrap();
    let by_orders = by_orders.explain(rows.view(), &Silent).unwrap();
    assert!((&exact.values() - &by_orders.values()).iter().all(|gap| gap.abs() < 1e-12));
}
