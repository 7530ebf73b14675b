//! Bad input is refused with a message that says what would be right, and what is strange is said.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis, array};
use rationale_core::{Absence, Background, Explain, FromFn, Parameter, Predict, Silent};
use rationale_shapley::{Estimator, ExactShap, KernelShap, PermutationShap, SamplingShap, TableExplainer};

fn sum() -> Arc<dyn Predict> {
    Arc::new(FromFn::new(|rows: ArrayView2<'_, f64>| rows.sum_axis(Axis(1)).insert_axis(Axis(1))))
}

fn against(
    model: Arc<dyn Predict>,
    background: Array2<f64>,
    estimator: Arc<dyn Estimator>,
) -> TableExplainer {
    TableExplainer::new(model, Absence::marginal(Background::new(background).unwrap()), estimator)
}

fn refusal(explainer: &TableExplainer, rows: &Array2<f64>) -> String {
    explainer.explain(rows.view(), &Silent).unwrap_err().to_string()
}

fn all() -> [Arc<dyn Estimator>; 4] {
    [
        Arc::new(ExactShap::new()),
        Arc::new(KernelShap::new()),
        Arc::new(PermutationShap::new()),
        Arc::new(SamplingShap::new()),
    ]
}

#[test]
fn over_twenty_players_are_too_many_to_enumerate() {
    let explainer = against(sum(), Array2::zeros((2, 21)), Arc::new(ExactShap::new()));
    assert_eq!(
        refusal(&explainer, &Array2::ones((1, 21))),
        "exact-shap failed: 21 players have 2^21 coalitions, and at most 20 players are enumerated; join features into \
         groups, or take kernel-shap or permutation-shap, which sample"
    );
}

#[test]
fn more_features_than_samples() {
    let kernel = against(sum(), Array2::zeros((2, 30)), Arc::new(KernelShap::new().with_samples(25)));
    assert_eq!(
        refusal(&kernel, &Array2::ones((1, 30))),
        "kernel-shap failed: 30 players need at least 120 samples, and 25 were allowed; raise the number of samples, or \
         join features into groups"
    );
    let permutation = against(sum(), Array2::zeros((2, 3)), Arc::new(PermutationShap::new().with_samples(1)));
    assert!(refusal(&permutation, &Array2::ones((1, 3))).contains("need at least 2 samples"));
}

#[test]
fn a_background_with_other_columns() {
    for estimator in all() {
        let explainer = against(sum(), Array2::zeros((2, 4)), estimator);
        assert_eq!(
            refusal(&explainer, &Array2::ones((1, 3))),
            "the table of rows, beside the background or mask, has shape [1, 3], but [1, 4] is needed"
        );
    }
}

#[test]
fn a_model_that_answers_nan_or_too_little() {
    let nan = Arc::new(FromFn::new(|rows: ArrayView2<'_, f64>| {
        rows.map_axis(Axis(1), |row| if row[0] > 0.5 && row[1] < 0.5 { f64::NAN } else { 1.0 })
            .insert_axis(Axis(1))
    }));
    let refused = refusal(&against(nan, array![[0.0, 0.0]], Arc::new(ExactShap::new())), &array![[1.0, 1.0]]);
    assert!(refused.starts_with("the model answered NaN at output 0 for the row [1.0, 0.0]"), "{refused}");
    let short = Arc::new(FromFn::new(|_: ArrayView2<'_, f64>| array![[1.0]]));
    let refused = refusal(&against(short, array![[0.0], [1.0]], Arc::new(ExactShap::new())), &array![[1.0]]);
    assert_eq!(refused, "the model's answer has shape [1, 1], but [2, 1] is needed");
}

#[test]
fn a_constant_model_has_zero_attributions_and_it_is_said() {
    let constant: Arc<dyn Predict> =
        Arc::new(FromFn::new(|rows: ArrayView2<'_, f64>| Array2::from_elem((rows.nrows(), 1), 0.3)));
    for estimator in all() {
        let explained = against(constant.clone(), Array2::zeros((3, 5)), estimator);
        let explained = explained.explain(Array2::ones((2, 5)).view(), &Silent).unwrap();
        assert!(explained.values().iter().all(|value| value.abs() < 1e-15));
        let said = Parameter::from("the model gave the same answer to every input");
        assert_eq!(explained.evidence().parameters.get("constant_model"), Some(&said));
    }
}

#[test]
fn a_feature_with_one_value_gets_nothing() {
    let background = array![[0.0, 7.0, 1.0, 0.0], [1.0, 7.0, 2.0, 0.0], [2.0, 7.0, 5.0, 1.0]];
    for absence in [
        Absence::marginal(Background::new(background.clone()).unwrap()),
        Absence::nearest(Background::new(background.clone()).unwrap(), 2).unwrap(),
    ] {
        for estimator in all() {
            let explainer = TableExplainer::new(sum(), absence.clone(), estimator);
            let explained = explainer.explain(array![[4.0, 7.0, 1.0, 3.0]].view(), &Silent).unwrap();
            assert_eq!(explained.row(0, 0)[1], 0.0);
            assert!(explained.evidence().standard_error.iter().all(|errors| errors[[0, 1, 0]] == 0.0));
            assert!(!explained.evidence().parameters.contains_key("constant_model"));
        }
    }
}

#[test]
fn no_rows_and_one_feature_are_no_trouble() {
    for estimator in all() {
        let explainer = against(sum(), array![[0.0], [1.0]], estimator);
        assert_eq!(explainer.explain(array![[3.0]].view(), &Silent).unwrap().row(0, 0).to_vec(), [2.5]);
        assert_eq!(explainer.explain(Array2::zeros((0, 1)).view(), &Silent).unwrap().n_rows(), 0);
    }
}
