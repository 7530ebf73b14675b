//! Rows per second of TreeSHAP on standard models, and of other libraries on the same models, rows and threads:
//! `cargo xtask bench trees [MODEL ...] [--write FOLDER [--peers PYTHON ...]] [--report STEM] [--engines]`.
//!
//! | model | trees | grown by |
//! |---|---|---|
//! | small | 100 of depth 4 | chance |
//! | medium | 500 of depth 6 | chance |
//! | large | 1000 of depth 8 | chance |
//! | deep | 100 of depth 16 | chance |
//! | lightgbm | 500 of 63 leaves | LightGBM, where some Python has it |
//! | forest | 100 of depth up to 16 | scikit-learn, where some Python has it and skops |
//!
//! Trees grown by chance are full: at each node a random feature is cut at a random quantile of the training rows that come
//! there, so that the covers are those of data. 30 features, 50,000 training rows, float32 numbers; the training rows
//! are explained. Seconds on one thread are those of the processor where the system tells them, so that a busy machine
//! disturbs less; on two threads they are those of the clock. Each figure is the median of three runs, ours and the others' in
//! turns. With `--write` models and rows are written; each Python of `--peers` measures the libraries it has on them
//! (`peers/trees.py`), and the crate `treeshap` is measured too. `--report` writes STEM.md and STEM.svg.

mod figures;
mod models;
mod peers;
mod report;
mod stopwatch;
mod ways;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use ndarray::Array2;
use rationale::trees::{Tree, TreeEnsemble};

use figures::Figures;
use models::{GROWN, Standard, TRAINED};
use peers::Peers;
use report::Report;
use ways::Way;

/// Runs of each way, in turns.
const N_RUNS: usize = 3;
const THREADS: [usize; 2] = [1, 2];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |word: &str| -> Vec<PathBuf> {
        let places = arguments.windows(2).filter(|pair| pair[0] == word);
        places.map(|pair| PathBuf::from(&pair[1])).collect()
    };
    let said = |name: &str| arguments.iter().any(|word| word == name);
    let peers = Peers::new(after("--peers"), after("--write").pop());
    ensure!(peers.are_possible(), "--peers needs --write FOLDER, where the models are put for them");
    let says_any = GROWN.iter().chain(&TRAINED).any(|model| said(model.name));
    let is_wanted = |model: &&Standard| !says_any || said(model.name);

    let rows = models::rows(models::N_ROWS, 1);
    peers.put_rows(&rows)?;
    let mut report = Report::default();
    for standard in GROWN.iter().filter(is_wanted) {
        let model = standard.grow(&rows)?;
        peers.put_model(standard.name, &model)?;
        measure(standard, &model, &rows, &peers, said("--engines"), &mut report)?;
    }
    for standard in TRAINED.iter().filter(is_wanted) {
        if let Some(model) = peers.train(standard.name)? {
            measure(standard, &model, &rows, &peers, said("--engines"), &mut report)?;
        }
    }
    match after("--report").pop() {
        Some(stem) => report.save(&stem),
        None => Ok(()),
    }
}

/// Everybody's figures of one model, in turns.
fn measure(
    standard: &Standard,
    model: &TreeEnsemble,
    rows: &Array2<f64>,
    peers: &Peers,
    all_engines: bool,
    report: &mut Report,
) -> Result<()> {
    let n_leaves: usize = model.trees().iter().map(Tree::n_leaves).sum();
    let title = format!("{}: {} trees, {n_leaves} leaves", standard.name, model.trees().len());
    let expected = ways::expected(model, rows)?;
    peers.put_values(standard.name, &expected)?;
    let ways = Way::all(standard, all_engines);
    let mut figures = Figures::default();
    for _ in 0..N_RUNS {
        for way in &ways {
            figures.add(way.measure(model, rows, &expected)?);
        }
        for n_threads in THREADS {
            peers.measure(standard, n_threads, rows, &mut figures)?;
        }
    }
    report.model(standard.name, &title, &figures);
    if standard.has_latency {
        report.latency(ways::latency(model, rows)?, figures.latencies());
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    rationale::whole::write_file(path, |file| -> Result<()> { Ok(file.write_all(bytes)?) })
}
