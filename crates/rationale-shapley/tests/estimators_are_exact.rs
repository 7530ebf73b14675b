//! What claims to be exact, against TreeSHAP, brute force and the axioms.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};
use rationale_core::{Absence, Background, Explain, FeatureGroups, FromFn, Game, Seed, Silent, TableGame};
use rationale_shapley::tree::TreeShap;
use rationale_shapley::{Estimator, ExactShap, KernelShap, TableExplainer, explain_game};
use rationale_testkit::random_trees::{self, Shape};
use rationale_testkit::{axioms, brute_force};
use rationale_trees::TreeEnsemble;

fn model(n_features: usize, seed: u64) -> TreeEnsemble {
    let shape = Shape { n_features, n_outputs: 2, n_trees: 4, depth: 5 };
    random_trees::ensemble(shape, Seed::new(seed)).unwrap()
}

fn background(n_rows: usize, n_features: usize) -> Background {
    Background::new(random_trees::rows(n_rows, n_features, Seed::new(1))).unwrap()
}

fn explainer(model: &TreeEnsemble, background: &Background, estimator: Arc<dyn Estimator>) -> TableExplainer {
    TableExplainer::new(Arc::new(model.clone()), Absence::marginal(background.clone()), estimator)
}

fn largest_gap<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    a.into_iter().zip(b).fold(0.0, |worst, (a, b)| (a - b).abs().max(worst))
}

#[test]
fn equals_interventional_tree_shap() {
    for seed in 0..20 {
        let n_features = 4 + (seed % 7) as usize;
        let (model, background) = (model(n_features, seed), background(5, n_features));
        let rows = random_trees::rows(3, n_features, Seed::new(100 + seed));
        let trees =
            TreeShap::interventional(&model, &background).unwrap().explain(rows.view(), &Silent).unwrap();
        let estimators: [Arc<dyn Estimator>; 2] =
            [Arc::new(ExactShap::new()), Arc::new(KernelShap::new().with_samples(1 << n_features))];
        for estimator in estimators {
            let exact = explainer(&model, &background, estimator).explain(rows.view(), &Silent).unwrap();
            let gap = largest_gap(exact.values(), trees.values());
            assert!(gap < 1e-9, "{} is off by {gap}", exact.evidence().method);
            assert!(largest_gap(exact.base_values(), trees.base_values()) < 1e-12);
        }
    }
}

#[test]
fn interactions_equal_those_of_brute_force() {
    let (model, background) = (model(5, 3), background(4, 5));
    let rows = random_trees::rows(3, 5, Seed::new(7));
    let pairs = explainer(&model, &background, Arc::new(ExactShap::new()))
        .interactions(rows.view(), &Silent)
        .unwrap();
    let answers = model.margins(background.rows()).unwrap();
    let predictions = model.margins(rows.view()).unwrap();
    let (absence, players) = (Absence::marginal(background), (0..5).map(|f| vec![f]).collect::<Vec<_>>());
    for (idx, row) in rows.rows().into_iter().enumerate() {
        let game =
            TableGame::new(&model, row, &absence, &players, answers.view(), predictions.row(idx)).unwrap();
        let expected = brute_force::interactions(&game).unwrap();
        assert!(largest_gap(pairs.values().index_axis(Axis(0), idx), &expected) < 1e-12);
    }
}

#[test]
fn the_axioms_hold_for_exact_values() {
    axioms::check(
        &|model, background| Ok(Box::new(explainer(model, background, Arc::new(ExactShap::new())))),
        1e-10,
        20,
    )
    .unwrap();
}

#[test]
fn the_axioms_hold_for_kernel_values_of_all_coalitions() {
    axioms::check(
        &|model, background| Ok(Box::new(explainer(model, background, Arc::new(KernelShap::new())))),
        1e-10,
        20,
    )
    .unwrap();
}

/// A group is one player: its value is that of the game in which its features come together.
#[test]
fn a_group_is_one_player() {
    let (model, background) = (model(6, 9), background(5, 6));
    let rows = random_trees::rows(2, 6, Seed::new(8));
    let names: Vec<String> = (0..6).map(|idx| format!("x{idx}")).collect();
    let groups =
        FeatureGroups::new(vec![("pair".into(), vec![1, 4]), ("three".into(), vec![0, 2, 5])], &names)
            .unwrap();
    let grouped = explainer(&model, &background, Arc::new(ExactShap::new())).with_groups(groups.clone());
    let explained = grouped.explain(rows.view(), &Silent).unwrap();
    assert_eq!(explained.feature_names(), ["pair", "three", "x3"]);
    let (answers, predictions) =
        (model.margins(background.rows()).unwrap(), model.margins(rows.view()).unwrap());
    let absence = Absence::marginal(background);
    let game =
        TableGame::new(&model, rows.row(1), &absence, groups.members(), answers.view(), predictions.row(1))
            .unwrap();
    let expected = brute_force::values(&game).unwrap();
    assert!(largest_gap(explained.values().index_axis(Axis(0), 1), &expected) < 1e-12);
}

/// f = 2 a with a = b in the background: the nearest rows know a from b, so b shares in it.
#[test]
fn nearest_rows_credit_what_goes_with_a_feature() {
    let rows = Array2::from_shape_fn((20, 2), |(row, _)| row as f64);
    let model = FromFn::new(|rows: ArrayView2<'_, f64>| (&rows.column(0) * 2.0).insert_axis(Axis(1)));
    let model = Arc::new(model);
    let background = Background::new(rows.clone()).unwrap();
    let explain = |absence| {
        let explainer = TableExplainer::new(model.clone(), absence, Arc::new(ExactShap::new()));
        let explained = explainer.explain(rows.view(), &Silent).unwrap();
        (explained.row(19, 0).to_vec(), explained.completeness_gap())
    };
    assert_eq!(explain(Absence::nearest(background.clone(), 1).unwrap()), (vec![9.5, 9.5], 0.0));
    assert_eq!(explain(Absence::marginal(background)).0, [19.0, 0.0]);
}

/// One number for each player, and a share of it for each pair.
struct Pairs(usize);

impl Game for Pairs {
    fn n_players(&self) -> usize {
        self.0
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, rationale_core::Error> {
        let worth = coalitions.map_axis(Axis(1), |coalition| {
            let sum: f64 = coalition
                .iter()
                .enumerate()
                .map(|(player, is)| player as f64 * f64::from(u8::from(*is)))
                .sum();
            sum * sum
        });
        Ok(worth.insert_axis(Axis(1)))
    }
}

/// v = (sum of i)^2: player i gets i times the sum of all.
#[test]
fn one_pair_of_orders_is_exact_where_only_pairs_interact() {
    let n = 30;
    let estimators: [(&dyn Estimator, &str); 2] =
        [(&rationale_shapley::PermutationShap::new(), "permutation"), (&KernelShap::new(), "kernel")];
    for (estimator, name) in estimators {
        let found = explain_game(estimator, &Pairs(n), 0).unwrap();
        let total = (n * (n - 1) / 2) as f64;
        for player in 0..n {
            let gap = found.values[[player, 0]] - player as f64 * total;
            assert!(gap.abs() < 1e-6, "{name}, player {player}: off by {gap}");
            assert!(found.standard_error.as_ref().unwrap()[[player, 0]] < 1e-6);
        }
    }
}
