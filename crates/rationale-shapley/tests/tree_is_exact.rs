//! TreeSHAP against its definition: brute force over all coalitions.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rationale_core::{Background, Explain, Game, Seed, Silent};
use rationale_shapley::tree::{RescaledTreeShap, TreeShap};
use rationale_testkit::games::{MarginalGame, PathDependentGame};
use rationale_testkit::random_trees::{self, Shape};
use rationale_testkit::{axioms, brute_force};
use rationale_trees::{Link, TreeEnsemble};

const TOLERANCE: f64 = 1e-10;
const N_MODELS: u64 = 200;

/// Depth 1 to 5 over 3 to 6 features: at depth 5 over 3 features every long path repeats one.
fn model(seed: u64) -> TreeEnsemble {
    let n_features = 3 + (seed % 4) as usize;
    let shape =
        Shape { n_features, n_outputs: 1 + (seed % 3) as usize, n_trees: 3, depth: 1 + (seed % 5) as usize };
    random_trees::ensemble(shape, Seed::new(seed)).unwrap()
}

fn rows(model: &TreeEnsemble, n_rows: usize, seed: u64) -> Array2<f64> {
    random_trees::rows(n_rows, model.n_features(), Seed::new(seed))
}

/// Compares values and interactions of two rows with the row's game.
fn check<'a, G: Game>(explainer: &TreeShap, rows: &'a Array2<f64>, game: impl Fn(ArrayView1<'a, f64>) -> G) {
    let values = explainer.explain(rows.view(), &Silent).unwrap();
    let pairs = explainer.interactions(rows.view(), &Silent).unwrap();
    for (idx, row) in rows.rows().into_iter().enumerate() {
        let game = game(row);
        let exact = brute_force::values(&game).unwrap();
        let gap = &values.values().index_axis(Axis(0), idx) - &exact;
        assert!(gap.iter().all(|gap| gap.abs() < TOLERANCE), "values are off by {gap}");
        let exact = brute_force::interactions(&game).unwrap();
        let gap = &pairs.values().index_axis(Axis(0), idx) - &exact;
        assert!(gap.iter().all(|gap| gap.abs() < TOLERANCE), "interactions are off by {gap}");
    }
    assert!(values.completeness_gap() < TOLERANCE);
}

#[test]
fn path_dependent_values_and_interactions_match_brute_force() {
    for seed in 0..N_MODELS {
        let model = model(seed);
        let explainer = TreeShap::path_dependent(&model).unwrap();
        check(&explainer, &rows(&model, 2, seed), |row| PathDependentGame { model: &model, row });
    }
}

#[test]
fn interventional_values_and_interactions_match_brute_force() {
    for seed in 0..N_MODELS {
        let model = model(seed);
        let background = rows(&model, 7, seed + 1000);
        let explainer =
            TreeShap::interventional(&model, &Background::new(background.clone()).unwrap()).unwrap();
        let answer = |rows: ArrayView2<'_, f64>| model.margins(rows).map_err(rationale_core::Error::model);
        check(&explainer, &rows(&model, 2, seed), |row| MarginalGame {
            answer: &answer,
            row,
            background: background.view(),
        });
    }
}

#[test]
fn rescaled_values_are_the_margins_values_times_the_slope_of_each_pair() {
    for seed in 0..20 {
        let model = model(seed).with_link(Link::Logistic);
        let background = rows(&model, 5, seed + 1000);
        let rows = rows(&model, 2, seed);
        let explainer = RescaledTreeShap::new(&model, &Background::new(background.clone()).unwrap()).unwrap();
        let rescaled = explainer.explain(rows.view(), &Silent).unwrap();
        assert!(rescaled.completeness_gap() < TOLERANCE);

        let mut mean = Array2::<f64>::zeros((model.n_features(), model.n_outputs()));
        let margins = model.margins(rows.view()).unwrap();
        for other in background.rows() {
            let one = other.insert_axis(Axis(0)).to_owned();
            let reference = model.margins(one.view()).unwrap();
            let pair = TreeShap::interventional(&model, &Background::new(one).unwrap()).unwrap();
            let pair = pair.explain(rows.view(), &Silent).unwrap();
            for output in 0..model.n_outputs() {
                let (x, b) = (margins[[0, output]], reference[[0, output]]);
                let g = |margin: f64| 1.0 / (1.0 + (-margin).exp());
                let slope = if x == b { 0.0 } else { (g(x) - g(b)) / (x - b) };
                mean.column_mut(output).scaled_add(slope / 5.0, &pair.row(0, output));
            }
        }
        let gap = &rescaled.values().index_axis(Axis(0), 0) - &mean;
        assert!(gap.iter().all(|gap| gap.abs() < 1e-9), "{gap}");
    }
}

#[test]
fn values_on_a_loss_add_up_and_are_those_of_one_row_backgrounds_averaged() {
    for (seed, link) in (0..20).flat_map(|seed| [(seed, Link::Logistic), (seed, Link::Identity)]) {
        let shape = Shape { n_features: 4, n_outputs: 1, n_trees: 3, depth: 3 };
        let model = random_trees::ensemble(shape, Seed::new(seed)).unwrap().with_link(link);
        let (background, rows) = (rows(&model, 5, seed + 1000), rows(&model, 2, seed));
        let explain = |background: Array2<f64>| {
            let background = Background::new(background).unwrap();
            let explainer = RescaledTreeShap::loss(&model, &background, vec![1.0, 0.0]).unwrap();
            explainer.explain(rows.view(), &Silent).unwrap()
        };
        let whole = explain(background.clone());
        assert!(whole.completeness_gap() < TOLERANCE);
        let margin = model.margins(rows.view()).unwrap()[[0, 0]];
        let loss = if link == Link::Logistic { (-margin).exp().ln_1p() } else { (1.0 - margin).powi(2) };
        assert!((whole.predictions()[[0, 0]] - loss).abs() < TOLERANCE);
        let mut mean = Array2::<f64>::zeros((2, 4));
        for other in background.rows() {
            let one = explain(other.insert_axis(Axis(0)).to_owned());
            mean.scaled_add(0.2, &one.values().index_axis(Axis(2), 0));
        }
        let gap = mean - whole.values().index_axis(Axis(2), 0);
        assert!(gap.iter().all(|gap| gap.abs() < TOLERANCE), "{gap}");
    }
}

#[test]
fn a_model_that_is_a_stump_or_a_constant_is_explained() {
    for depth in [0, 1] {
        let shape = Shape { n_features: 2, n_outputs: 1, n_trees: 2, depth };
        let model = random_trees::ensemble(shape, Seed::new(5)).unwrap();
        let rows = rows(&model, 3, 1);
        let explained = TreeShap::path_dependent(&model).unwrap().explain(rows.view(), &Silent).unwrap();
        assert!(explained.completeness_gap() < TOLERANCE);
        assert!(depth > 0 || explained.values().iter().all(|value| *value == 0.0));
    }
}

#[test]
fn no_rows_give_no_values() {
    let model = model(3);
    let explainer = TreeShap::path_dependent(&model).unwrap();
    let none = Array2::zeros((0, model.n_features()));
    assert_eq!(explainer.explain(none.view(), &Silent).unwrap().n_rows(), 0);
    assert_eq!(explainer.interactions(none.view(), &Silent).unwrap().values().dim().0, 0);
}

#[test]
fn the_axioms_hold_path_dependent() {
    let build: &axioms::Build<'_> = &|model, _| {
        let explainer = TreeShap::path_dependent(model).map_err(rationale_core::Error::model)?;
        Ok(Box::new(explainer))
    };
    axioms::check(build, TOLERANCE, 64).unwrap();
}

#[test]
fn the_axioms_hold_interventional() {
    let build: &axioms::Build<'_> = &|model, background| {
        let explainer = TreeShap::interventional(model, background).map_err(rationale_core::Error::model)?;
        Ok(Box::new(explainer))
    };
    axioms::check(build, TOLERANCE, 64).unwrap();
}
