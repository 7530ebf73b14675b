//! The errors that sampled methods report: intervals cover what they claim, and sampling stops where it was told to.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};
use rationale_core::{Absence, Background, Evidence, Explain, Parameter, Seed, Silent};
use rationale_shapley::{Estimator, ExactShap, KernelShap, PermutationShap, SamplingShap, TableExplainer};
use rationale_testkit::random_trees::{self, Shape};
use rationale_trees::TreeEnsemble;

const N_FEATURES: usize = 12;
const N_REPETITIONS: u64 = 1000;

fn model() -> TreeEnsemble {
    let shape = Shape { n_features: N_FEATURES, n_outputs: 1, n_trees: 20, depth: 5 };
    random_trees::ensemble(shape, Seed::new(0)).unwrap()
}

fn explainer(estimator: Arc<dyn Estimator>) -> TableExplainer {
    let background = Background::new(random_trees::rows(12, N_FEATURES, Seed::new(1))).unwrap();
    TableExplainer::new(Arc::new(model()), Absence::marginal(background), estimator)
}

fn row() -> Array2<f64> {
    random_trees::rows(1, N_FEATURES, Seed::new(2))
}

/// The share of 95% intervals that hold the exact value, pooled over features; every repetition's seed comes from 0.
fn coverage(build: &dyn Fn(Seed) -> Arc<dyn Estimator>) -> f64 {
    let exact = explainer(Arc::new(ExactShap::new())).explain(row().view(), &Silent).unwrap();
    let (mut held, mut asked) = (0_u32, 0_u32);
    for repetition in 0..N_REPETITIONS {
        let seed = Seed::new(Seed::new(0).draws("coverage", repetition, 0).below(1 << 50) as u64);
        let sampled = explainer(build(seed)).explain(row().view(), &Silent).unwrap();
        let errors = sampled.evidence().standard_error.clone().unwrap();
        for feature in 0..N_FEATURES {
            let gap = sampled.row(0, 0)[feature] - exact.row(0, 0)[feature];
            let error = errors[[0, feature, 0]];
            if error > 0.0 {
                asked += 1;
                held += u32::from(gap.abs() <= 1.96 * error);
            }
        }
    }
    assert!(asked > 8 * N_REPETITIONS as u32);
    f64::from(held) / f64::from(asked)
}

fn check(name: &str, build: &dyn Fn(Seed) -> Arc<dyn Estimator>) {
    let coverage = coverage(build);
    eprintln!("{name}: {coverage:.4}");
    assert!((0.93..=0.97).contains(&coverage), "{name}: {coverage}");
}

#[test]
fn kernel_intervals_cover() {
    check("kernel", &|seed| Arc::new(KernelShap::new().with_samples(400).with_parts(1).with_seed(seed)));
}

#[test]
fn kernel_intervals_cover_with_a_background_in_parts() {
    check("kernel in parts", &|seed| Arc::new(KernelShap::new().with_samples(120).with_seed(seed)));
}

#[test]
fn leverage_intervals_cover() {
    check("leverage", &|seed| {
        Arc::new(KernelShap::leverage().with_samples(400).with_parts(1).with_seed(seed))
    });
}

#[test]
fn permutation_intervals_cover() {
    check("permutation", &|seed| {
        Arc::new(PermutationShap::new().with_samples(50).with_parts(1).with_seed(seed))
    });
}

#[test]
fn permutation_intervals_cover_with_a_background_in_parts() {
    check("permutation in parts", &|seed| Arc::new(PermutationShap::new().with_seed(seed)));
}

#[test]
fn sampling_intervals_cover() {
    check("sampling", &|seed| Arc::new(SamplingShap::new().with_seed(seed)));
}

fn parameter(evidence: &Evidence, name: &str) -> Option<Parameter> {
    evidence.parameters.get(name).cloned()
}

#[test]
fn sampling_stops_at_the_stated_error_or_at_the_budget_and_says_which() {
    let estimators = |tolerance| -> [Arc<dyn Estimator>; 3] {
        [
            Arc::new(KernelShap::new().with_samples(4000).with_parts(1).with_tolerance(tolerance)),
            Arc::new(PermutationShap::new().with_samples(400).with_tolerance(tolerance)),
            Arc::new(SamplingShap::new().with_samples(400).with_tolerance(tolerance)),
        ]
    };
    for estimator in estimators(0.02) {
        let explained = explainer(estimator).explain(row().view(), &Silent).unwrap();
        let evidence = explained.evidence();
        assert_eq!(parameter(evidence, "stopped_by"), Some(Parameter::from("tolerance")), "{evidence:?}");
        let spread = explained.values().iter().fold((0.0_f64, 0.0_f64), |(a, b), &v| (a.min(v), b.max(v)));
        let largest = evidence.standard_error.iter().flatten().fold(0.0_f64, |a, &b| a.max(b));
        assert!(largest > 0.0 && largest <= 0.02 * (spread.1 - spread.0));
    }
    for estimator in &estimators(1e-9)[1..] {
        let explained = explainer(estimator.clone()).explain(row().view(), &Silent).unwrap();
        assert_eq!(parameter(explained.evidence(), "stopped_by"), Some(Parameter::from("budget")));
    }
}

/// Two features that enter alike cannot be told apart; one that weighs ten times as much can.
#[test]
fn ranks_within_the_error_are_marked() {
    let model = rationale_core::FromFn::new(|rows: ArrayView2<'_, f64>| {
        let product = |row: ndarray::ArrayView1<'_, f64>| {
            row[0] * row[1] * row[2]
                + 10.0 * row[3]
                + 0.001 * row[4] * row[5] * row[6]
                + row[7] * row[8] * row[9]
        };
        rows.map_axis(Axis(1), product).insert_axis(Axis(1))
    });
    let absence = Absence::mask(vec![0.0; 11]).unwrap();
    let explainer = TableExplainer::new(Arc::new(model), absence, Arc::new(PermutationShap::new()));
    let explained = explainer.explain(Array2::ones((1, 11)).view(), &Silent).unwrap();
    let separable = explained.evidence().separable.clone().unwrap();
    assert_eq!(separable.dim(), (1, 10, 1));
    let separable: Vec<bool> = separable.iter().copied().collect();
    assert!(separable[0], "ten stands out");
    assert!(!separable[1] && !separable[4], "equal shares do not");
    assert!(separable[6], "a third stands out of a three-thousandth");
}

#[test]
fn fewer_calls_are_left_until_none_is() {
    struct Left(std::sync::Mutex<Vec<u64>>);
    impl rationale_core::Progress for Left {
        fn advance(&self, _: u64) {}
        fn calls_left(&self, calls: u64) {
            self.0.lock().unwrap().push(calls);
        }
    }
    let left = Left(std::sync::Mutex::default());
    explainer(Arc::new(KernelShap::new().with_samples(300))).explain(row().view(), &left).unwrap();
    let told = left.0.into_inner().unwrap();
    assert!(told.is_sorted_by(|a, b| a >= b) && told.len() > 1);
    assert_eq!(told.last(), Some(&0));
}
