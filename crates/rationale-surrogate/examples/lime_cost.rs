//! What LIME for tables costs outside the model: 5,000 samples, 23 columns of numbers, quartiles, 10 features.
//!
//! `cargo run --release -p rationale-surrogate --example lime_cost -- [ROWS]`; `cargo xtask bench surrogate` prints the
//! Python library's time beside it.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{Array2, ArrayView2, Axis};
use rationale_core::{Predict, Seed, Silent};
use rationale_surrogate::{Columns, Lime, LimeTabular};

const N_COLUMNS: usize = 23;

/// Nanoseconds that this thread was computing, whatever else the machine does (Linux).
fn busy() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    times.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0)
}

/// A model that knows how long it took.
struct Timed(AtomicU64);

impl Predict for Timed {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, rationale_core::Error> {
        let start = busy();
        let sum = rows.sum_axis(Axis(1)).mapv(f64::tanh);
        let answers =
            ndarray::stack(Axis(1), &[(1.0 - &sum).view(), sum.view()]).map_err(rationale_core::Error::model);
        self.0.fetch_add(busy() - start, Ordering::Relaxed);
        answers
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let n_rows: usize = std::env::args().nth(1).map_or(Ok(100), |n| n.parse())?;
    let mut draws = Seed::new(1).draws("lime cost", 0, 0);
    let training = Array2::from_shape_simple_fn((1000, N_COLUMNS), || draws.normal());
    let model = Timed(AtomicU64::new(0));
    let names = (0..N_COLUMNS).map(|column| format!("x{column}"));
    let lime =
        LimeTabular::new(&model, Columns::numeric(names)?, training.view())?.with_lime(Lime::default());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let (result, total) = pool.install(|| {
        let start = busy();
        let explained: Result<Vec<_>, _> =
            (0..n_rows).map(|row| lime.explain_row(training.row(row % 1000), row as u64, &Silent)).collect();
        (explained.map(|it| it.len()), busy() - start)
    });
    let outside = total - model.0.load(Ordering::Relaxed);
    let each = |nanoseconds: u64| nanoseconds as f64 / 1e6 / n_rows as f64;
    println!("{} rows: {:.3} ms a row, {:.3} ms outside the model", result?, each(total), each(outside));
    Ok(())
}
