//! What Kernel SHAP costs here, for comparison with `kernel_cost.py`, which makes the folder.
//!
//! `cargo run --release -p rationale-shapley --example kernel_cost -- FOLDER [ROWS]`

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{Array2, ArrayView2, Axis};
use rationale_core::{Absence, Background, Explain, Predict, Silent};
use rationale_shapley::tree::TreeShap;
use rationale_shapley::{Estimator, KernelShap, PermutationShap, TableExplainer};
use rationale_trees::TreeEnsemble;

/// Nanoseconds that this thread was computing, whatever else the machine does (Linux).
fn busy() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    times.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0)
}

/// A model that knows how long it took.
struct Timed(TreeEnsemble, AtomicU64);

impl Predict for Timed {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, rationale_core::Error> {
        let start = busy();
        let answers = self.0.predict(rows);
        self.1.fetch_add(busy() - start, Ordering::Relaxed);
        answers
    }
}

fn table(path: &Path) -> Result<Array2<f64>, Box<dyn Error>> {
    let rows: Vec<Vec<f64>> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let shape = (rows.len(), rows.first().map_or(0, Vec::len));
    Ok(Array2::from_shape_vec(shape, rows.concat())?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: kernel_cost FOLDER [ROWS]")?;
    let n_rows: usize = std::env::args().nth(2).map_or(Ok(100), |n| n.parse())?;
    let folder = Path::new(&folder);
    let model = rationale_trees::json::from_str(&std::fs::read_to_string(folder.join("model.json"))?)?;
    let (rows, background) =
        (table(&folder.join("rows.json"))?, Background::new(table(&folder.join("background.json"))?)?);
    let rows = rows.select(Axis(0), &(0..n_rows.min(rows.nrows())).collect::<Vec<_>>());
    let exact = TreeShap::interventional(&model, &background)?.explain(rows.view(), &Silent)?;
    let kernel = |samples, parts| -> Arc<dyn Estimator> {
        Arc::new(KernelShap::new().with_samples(samples).with_parts(parts))
    };
    let leverage = |samples, parts| -> Arc<dyn Estimator> {
        Arc::new(KernelShap::leverage().with_samples(samples).with_parts(parts))
    };
    let estimators = [
        ("kernel, default", kernel(2094, 10)),
        ("kernel, one part", kernel(2094, 1)),
        ("kernel, half", kernel(1047, 10)),
        ("kernel, a quarter", kernel(524, 10)),
        ("kernel, an eighth", kernel(262, 10)),
        ("leverage, one part", leverage(2094, 1)),
        ("leverage, a quarter", leverage(524, 10)),
        ("permutation, 10", Arc::new(PermutationShap::new()) as Arc<dyn Estimator>),
    ];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    for (name, estimator) in estimators {
        let timed = Arc::new(Timed(model.clone(), AtomicU64::new(0)));
        let explainer = TableExplainer::new(timed.clone(), Absence::marginal(background.clone()), estimator);
        let (explained, total) = pool.install(|| {
            let start = busy();
            (explainer.explain(rows.view(), &Silent), (busy() - start) as f64 / 1e9)
        });
        let explained = explained?;
        let outside = total - timed.1.load(Ordering::Relaxed) as f64 / 1e9;
        let gaps = &explained.values() - &exact.values();
        let error = (gaps.iter().map(|gap| gap * gap).sum::<f64>() / gaps.len() as f64).sqrt();
        let calls = explained.evidence().model_calls / rows.nrows() as u64;
        println!(
            "{name}: {total:.1} s, {outside:.2} s outside the model, {calls} model rows a row, error {error:.6}"
        );
    }
    Ok(())
}
