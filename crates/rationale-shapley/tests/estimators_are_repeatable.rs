//! Threads, batches, the order and the company of rows change no bit of any estimator.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::sync::Arc;

use ndarray::{Array2, Axis};
use rationale_core::{Absence, Attributions, Background, Explain, Seed, Silent};
use rationale_shapley::{Estimator, ExactShap, KernelShap, PermutationShap, SamplingShap, TableExplainer};
use rationale_testkit::random_trees::{self, Shape};

const N_FEATURES: usize = 13;

fn estimators() -> Vec<Arc<dyn Estimator>> {
    vec![
        Arc::new(ExactShap::new()),
        Arc::new(KernelShap::new().with_samples(200)),
        Arc::new(KernelShap::leverage().with_samples(200).with_tolerance(0.05)),
        Arc::new(PermutationShap::new()),
        Arc::new(SamplingShap::new().with_samples(4)),
    ]
}

fn explain(
    estimator: &Arc<dyn Estimator>,
    rows: &Array2<f64>,
    batch_rows: usize,
    n_threads: usize,
) -> Attributions {
    let shape = Shape { n_features: N_FEATURES, n_outputs: 2, n_trees: 6, depth: 5 };
    let model = random_trees::ensemble(shape, Seed::new(1)).unwrap();
    let background = Background::new(random_trees::rows(15, N_FEATURES, Seed::new(2))).unwrap();
    let explainer = TableExplainer::new(Arc::new(model), Absence::marginal(background), estimator.clone());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
    pool.install(|| explainer.with_batch_rows(batch_rows).explain(rows.view(), &Silent)).unwrap()
}

fn bits(explained: &Attributions) -> Vec<u64> {
    let errors = explained.evidence().standard_error.iter().flatten();
    explained.values().iter().chain(errors).map(|value| value.to_bits()).collect()
}

#[test]
fn threads_batches_and_order_change_no_bit() {
    let rows = random_trees::rows(5, N_FEATURES, Seed::new(3));
    let turned = rows.select(Axis(0), &[4, 3, 2, 1, 0]);
    for estimator in estimators() {
        let name = estimator.settings().method;
        let expected = explain(&estimator, &rows, 4096, 1);
        for (batch_rows, n_threads) in [(1, 2), (7, 4), (100_000, 3)] {
            let again = explain(&estimator, &rows, batch_rows, n_threads);
            assert!(bits(&again) == bits(&expected), "{name}: batches of {batch_rows}, {n_threads} threads");
            assert_eq!(again.evidence(), expected.evidence(), "{name}");
        }
        let back = explain(&estimator, &turned, 4096, 2).select_rows(&[4, 3, 2, 1, 0]);
        assert!(bits(&back) == bits(&expected), "{name}: rows in another order");
        let alone = explain(&estimator, &rows.select(Axis(0), &[2]), 4096, 2);
        assert!(bits(&alone) == bits(&expected.select_rows(&[2])), "{name}: a row alone");
    }
}

#[test]
fn another_seed_is_another_sample() {
    let rows = random_trees::rows(2, N_FEATURES, Seed::new(3));
    let explain = |seed| {
        let estimator: Arc<dyn Estimator> = Arc::new(PermutationShap::new().with_seed(Seed::new(seed)));
        bits(&explain(&estimator, &rows, 4096, 1))
    };
    assert!(explain(1) == explain(1) && explain(1) != explain(2));
}
