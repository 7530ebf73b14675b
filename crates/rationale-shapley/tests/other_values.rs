//! Owen, Banzhaf, additive and correlated linear values against their definitions.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, array};
use rationale_core::{Absence, Background, Explain, FromFn, Predict, Seed, Silent};
use rationale_shapley::{
    AdditiveShap, BanzhafValues, Estimator, ExactShap, FeatureTree, LinearModel, LinearShap, PartitionShap,
    TableExplainer,
};
use rationale_testkit::random_trees;

/// x0 x1 + x2 x3 x4, and the sum of squares.
fn model() -> Arc<dyn Predict> {
    Arc::new(FromFn::new(|rows: ArrayView2<'_, f64>| {
        let answers = rows.rows().into_iter().map(|r| [r[0] * r[1] + r[2] * r[3] * r[4], r.dot(&r)]);
        Array2::from(answers.collect::<Vec<_>>())
    }))
}

fn explain(estimator: impl Estimator + 'static, row: &Array2<f64>) -> rationale_core::Attributions {
    let absence = Absence::mask(vec![0.0; row.ncols()]).unwrap();
    TableExplainer::new(model(), absence, Arc::new(estimator)).explain(row.view(), &Silent).unwrap()
}

fn close(actual: &[f64], expected: &[f64]) {
    assert!(actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{actual:?} {expected:?}");
}

/// In the triple a Banzhaf value is a quarter of the product: of the four coalitions of the others one completes it.
#[test]
fn banzhaf_values_are_mean_gains_over_all_coalitions() {
    let row = array![[2.0, 3.0, 1.0, 2.0, 4.0]];
    let explained = explain(BanzhafValues::new(), &row);
    close(
        explained.row(0, 0).as_slice().unwrap_or(&explained.row(0, 0).to_vec()),
        &[3.0, 3.0, 2.0, 2.0, 2.0],
    );
    assert!(explained.evidence().standard_error.iter().flatten().all(|error| *error == 0.0));
    assert!((explained.completeness_gap() - 2.0).abs() < 1e-12);
}

#[test]
fn sampled_banzhaf_values_lie_within_their_errors() {
    let row = Array2::from_shape_fn((1, 18), |(_, k)| 1.0 + k as f64 / 10.0);
    let exact = explain(BanzhafValues::new().with_samples(1 << 18), &row);
    let sampled = explain(BanzhafValues::new().with_samples(500).with_seed(Seed::new(3)), &row);
    let errors = sampled.evidence().standard_error.clone().unwrap();
    for feature in 0..18 {
        let gap = (sampled.row(0, 0)[feature] - exact.row(0, 0)[feature]).abs();
        assert!(gap <= 4.0 * errors[[0, feature, 0]] + 1e-12, "feature {feature}: {gap}");
    }
}

/// Three players in a triple of which two are joined: the third gets half of it, the two share the other half.
#[test]
fn owen_values_share_by_branches() {
    let row = array![[0.0, 0.0, 2.0, 3.0, 4.0]];
    let tree = FeatureTree::new(5, vec![[0, 1], [2, 3], [6, 4], [5, 7]]).unwrap();
    close(&explain(PartitionShap::new(tree), &row).row(0, 0).to_vec(), &[0.0, 0.0, 6.0, 6.0, 12.0]);
}

#[test]
fn a_small_budget_shares_what_is_not_split_and_still_sums_up() {
    let row = random_trees::rows(1, 9, Seed::new(4)).mapv(|x| if x.is_nan() { 1.0 } else { x });
    let tree = FeatureTree::from_correlation(random_trees::rows(50, 9, Seed::new(5)).view());
    for samples in [0, 2, 7, 40] {
        let explained = explain(PartitionShap::new(tree.clone()).with_samples(samples), &row);
        assert!(explained.completeness_gap() < 1e-9, "{samples}");
        assert!(explained.evidence().model_calls <= samples as u64 + 3, "{samples}");
    }
}

#[test]
fn a_tree_over_other_features_is_refused() {
    let tree = FeatureTree::new(2, vec![[0, 1]]).unwrap();
    let explainer = TableExplainer::new(
        model(),
        Absence::mask(vec![0.0; 5]).unwrap(),
        Arc::new(PartitionShap::new(tree)),
    );
    let error = explainer.explain(Array2::ones((1, 5)).view(), &Silent).unwrap_err();
    assert_eq!(error.to_string(), "partition-shap failed: the feature tree has length 2, but 5 is needed");
}

#[test]
fn additive_values_are_exact_and_a_gap_shows_where_they_are_not() {
    let background = random_trees::rows(10, 6, Seed::new(1)).mapv(|x| if x.is_nan() { 0.0 } else { x });
    let background = Background::new(background).unwrap();
    let rows = array![[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]];
    let additive = AdditiveShap::new(model(), background.clone()).with_batch_rows(3);
    let additive = additive.explain(rows.view(), &Silent).unwrap();
    let exact = TableExplainer::new(model(), Absence::marginal(background), Arc::new(ExactShap::new()));
    let exact = exact.explain(rows.view(), &Silent).unwrap();
    let second = |explained: &rationale_core::Attributions| explained.select_output(1).unwrap();
    assert!((&second(&additive).values() - &second(&exact).values()).iter().all(|gap| gap.abs() < 1e-9));
    assert!(second(&additive).completeness_gap() < 1e-9 && additive.completeness_gap() > 1.0);
}

fn linear_background(n_features: usize) -> Background {
    let mut draws = Seed::new(6).draws("linear", 0, 0);
    let common: Vec<f64> = (0..80).map(|_| draws.normal()).collect();
    Background::new(Array2::from_shape_fn((80, n_features), |(row, _)| common[row] + draws.normal())).unwrap()
}

/// Beyond 12 features orders are drawn; over the twelve the value is exact. A weight of 0 for the rest joins the two.
#[test]
fn correlated_values_of_many_features_come_with_errors() {
    let weights = Array2::from_shape_fn((1, 14), |(_, k)| 1.0 + (k % 5) as f64);
    let model = LinearModel::new(weights, array![0.0]).unwrap();
    let explain = |samples, seed| {
        let explainer =
            LinearShap::correlated(model.clone(), linear_background(14), samples, Seed::new(seed)).unwrap();
        explainer.explain(Array2::ones((1, 14)).view(), &Silent).unwrap()
    };
    let (few, many) = (explain(200, 1), explain(8000, 2));
    let errors = few.evidence().standard_error.clone().unwrap();
    for feature in 0..14 {
        let gap = (few.row(0, 0)[feature] - many.row(0, 0)[feature]).abs();
        let error = errors[[0, feature, 0]];
        assert!(error > 0.0 && gap < 4.5 * error, "feature {feature}: {gap}, error {error}");
    }
    assert!(few.completeness_gap() < 1e-9);
}

#[test]
fn features_that_determine_each_other_are_named() {
    let mut rows = linear_background(4).rows().to_owned();
    let sum = &rows.column(0) + &rows.column(2);
    rows.column_mut(3).assign(&sum);
    let model = LinearModel::new(Array2::ones((1, 4)), array![0.0]).unwrap();
    let error = LinearShap::correlated(model, Background::new(rows).unwrap(), 0, Seed::new(0)).err().unwrap();
    assert!(error.to_string().contains("the covariance of features [0, 2, 3] is singular"), "{error}");
}

#[test]
fn a_feature_of_one_value_keeps_its_own_weight() {
    let mut rows = linear_background(3).rows().to_owned();
    rows.column_mut(1).fill(7.0);
    let model = LinearModel::new(array![[1.0, 2.0, 3.0]], array![0.0]).unwrap();
    let explainer = LinearShap::correlated(model, Background::new(rows).unwrap(), 0, Seed::new(0)).unwrap();
    let explained = explainer.explain(array![[0.0, 8.0, 0.0]].view(), &Silent).unwrap();
    assert!((explained.row(0, 0)[1] - 2.0).abs() < 1e-12 && explained.completeness_gap() < 1e-12);
}
