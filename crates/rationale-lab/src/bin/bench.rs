//! Rows per second of TreeSHAP on a random forest, by reading and by threads: `cargo xtask bench`.

use std::time::Instant;

use anyhow::Result;
use ndarray::Array2;
use rationale::shapley::tree::TreeShap;
use rationale::trees::TreeEnsemble;
use rationale::trees::linfa::{Leaves, RandomForest, Training, ensemble_learner};
use rationale::{Background, Explain, Seed, Silent};

const N_TREES: usize = 100;
const DEPTH: usize = 6;
const N_FEATURES: usize = 30;
const N_TRAINING: usize = 5000;
const N_BACKGROUND: usize = 100;
/// Each figure is the median of this many runs.
const N_RUNS: usize = 5;

fn main() -> Result<()> {
    let model = forest()?;
    let n_leaves: usize = model.trees().iter().map(rationale::trees::Tree::n_leaves).sum();
    println!(
        "{N_TREES} trees of depth {DEPTH}, {n_leaves} leaves, {N_FEATURES} features, 2 outputs, float64"
    );
    println!("{:<24} {:>8} {:>8} {:>12} {:>10}", "", "threads", "rows", "rows/second", "building");
    let background = Background::new(rows(N_BACKGROUND, 3))?;
    let path_dependent = || Ok(TreeShap::path_dependent(&model)?);
    let interventional = || Ok(TreeShap::interventional(&model, &background)?);
    for n_threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build()?;
        pool.install(|| {
            bench("path-dependent", n_threads, 10_000, &path_dependent, &values)?;
            bench("interventional, 100", n_threads, 10_000, &interventional, &values)?;
            bench("interactions", n_threads, 500, &path_dependent, &interactions)
        })?;
    }
    Ok(())
}

fn bench(
    name: &str,
    n_threads: usize,
    n_rows: usize,
    build: &dyn Fn() -> Result<TreeShap>,
    explain: &dyn Fn(&TreeShap, &Array2<f64>) -> Result<()>,
) -> Result<()> {
    let rows = rows(n_rows, 2);
    let (mut building, mut explaining) = (Vec::new(), Vec::new());
    for _ in 0..N_RUNS {
        let begin = Instant::now();
        let explainer = build()?;
        building.push(begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        explain(&explainer, &rows)?;
        explaining.push(begin.elapsed().as_secs_f64());
    }
    let (rate, building) = (n_rows as f64 / median(explaining), median(building));
    println!("{name:<24} {n_threads:>8} {n_rows:>8} {rate:>12.0} {building:>8.3} s");
    Ok(())
}

fn values(explainer: &TreeShap, rows: &Array2<f64>) -> Result<()> {
    explainer.explain(rows.view(), &Silent)?;
    Ok(())
}

fn interactions(explainer: &TreeShap, rows: &Array2<f64>) -> Result<()> {
    explainer.interactions(rows.view(), &Silent)?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rows(n_rows: usize, seed: u64) -> Array2<f64> {
    let mut draws = Seed::new(seed).draws("bench", 0, 0);
    Array2::from_shape_simple_fn((n_rows, N_FEATURES), || draws.normal())
}

/// A forest that learns a noisy interaction of many features, so that its trees are full.
fn forest() -> Result<TreeEnsemble> {
    let records = rows(N_TRAINING, 1);
    let mut noise = Seed::new(4).draws("bench", 0, 0);
    let label = |row: ndarray::ArrayView1<'_, f64>| {
        let signal: f64 = row.iter().zip(row.iter().skip(1)).map(|(a, b)| a * b + a).sum();
        signal + 4.0 * noise.normal() > 0.0
    };
    let labels: Vec<bool> = records.rows().into_iter().map(label).collect();
    let forest = RandomForest::new(N_TREES).with_max_depth(DEPTH).fit(records.view(), &labels)?;
    let training = Training::new(records.view(), &labels)?;
    Ok(ensemble_learner(&forest, &training, Leaves::ClassShares)?)
}
