//! What methods by answers cost beside the Python libraries, and how steady LIME is.
//!
//! | command | prints |
//! |---|---|
//! | `cargo xtask bench surrogate [--lime PYTHON] [--shap PYTHON]` | processor time outside the model, ours and theirs, in one run |
//! | `cargo xtask bench stability` | how alike LIME's first columns are over seeds, by default and in the stable mode |
//!
//! PYTHON is the interpreter of an environment with lime 0.2.0.1, or with shap 0.51 and scikit-learn; RATIONALE_LIME_PYTHON
//! and RATIONALE_SHAP_PYTHON say the same. A library that is not there is not compared with.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use cpu_time::ThreadTime;
use ndarray::{Array2, ArrayView2, Axis};
use rationale::shapley::tree::TreeShap;
use rationale::shapley::{KernelShap, TableExplainer};
use rationale::surrogate::{
    Column, Columns, Explanation, Labels, Lime, LimeTabular, Settlement, Settling, jaccard,
};
use rationale::trees::TreeEnsemble;
use rationale::trees::linfa::{Leaves, RandomForest, Training, ensemble_learner};
use rationale::{Absence, Background, Error, Explain, Predict, Seed, Silent};
use rayon::prelude::*;

const N_COLUMNS: usize = 23;
const N_BACKGROUND: usize = 100;
const N_LIME_ROWS: usize = 50;
const N_SHAP_ROWS: usize = 100;
/// shap's: 2 features + 2048.
const N_COALITIONS: usize = 2 * N_COLUMNS + 2048;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("cost") => cost(&arguments),
        Some("stability") => stability(),
        _ => bail!("cost or stability is needed"),
    }
}

/// Nanoseconds that this thread was computing, whatever else the machine does.
fn busy() -> u64 {
    ThreadTime::now().as_duration().as_nanos() as u64
}

/// A model that knows how long it took.
struct Timed<M>(M, AtomicU64);

impl<M: Predict> Predict for Timed<M> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let start = busy();
        let answers = self.0.predict(rows);
        self.1.fetch_add(busy() - start, Ordering::Relaxed);
        answers
    }
}

/// A cheap model of two classes.
struct Sum;

impl Predict for Sum {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let score = rows.sum_axis(Axis(1)).mapv(f64::tanh);
        ndarray::stack(Axis(1), &[(1.0 - &score).view(), score.view()]).map_err(Error::model)
    }
}

/// Milliseconds a row.
struct Cost {
    outside: f64,
    total: f64,
    model_rows: f64,
    error: Option<f64>,
}

impl Cost {
    fn print(&self, name: &str) {
        let Self { outside, total, model_rows, error } = self;
        let error = error.map_or_else(String::new, |error| format!(", error {error:.6}"));
        println!(
            "  {name:<34} {outside:9.3} ms outside, {total:9.3} ms in all, {model_rows:8.0} model rows{error}"
        );
    }
}

fn cost(arguments: &[String]) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("rationale-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let training = training();
    let bytes: Vec<u8> = training.iter().flat_map(|it| it.to_le_bytes()).collect();
    rationale::whole::write_file(&folder.join("training.f64"), |out| -> Result<()> {
        Ok(out.write_all(&bytes)?)
    })?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let of = |library: &str| -> Result<Option<Cost>> {
        let Some(python) = python(arguments, library) else {
            println!("  {library}: skipped, no Python given (--{library} PYTHON)");
            return Ok(None);
        };
        let n_rows = if library == "lime" { N_LIME_ROWS } else { N_SHAP_ROWS };
        peer(&python, library, &folder, n_rows).map(Some)
    };
    println!("One thread, processor time a row explained.");
    println!("LIME for tables: 5,000 samples, {N_COLUMNS} columns in quartiles, a cheap model");
    let theirs = of("lime")?;
    let ours = pool.install(|| lime_cost(&training))?;
    compare(&ours, theirs.as_ref(), "lime", 20.0);
    println!("Kernel SHAP: background of {N_BACKGROUND}, {N_COLUMNS} features, 100 trees of depth 4");
    let theirs = of("shap")?;
    let model = match &theirs {
        Some(_) => rationale::trees::json::from_str(&std::fs::read_to_string(folder.join("model.json"))?)?,
        None => forest(&training)?,
    };
    for (samples, what) in kernel_budgets(&model, &training, theirs.as_ref())? {
        let ours = pool.install(|| kernel_cost(&model, &training, samples))?;
        println!("  {samples} coalitions, {what}:");
        compare(&ours, theirs.as_ref(), "shap", 10.0);
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn compare(ours: &Cost, theirs: Option<&Cost>, library: &str, asked: f64) {
    ours.print("rationale");
    if let Some(theirs) = theirs {
        theirs.print(library);
        println!(
            "  {library} / rationale, outside the model: {:.1} (asked: {asked})",
            theirs.outside / ours.outside
        );
    }
}

fn training() -> Array2<f64> {
    let mut draws = Seed::new(1).draws("bench surrogate", 0, 0);
    Array2::from_shape_simple_fn((1000, N_COLUMNS), || draws.normal())
}

/// Trees of the kind that the Python side trains, where there is none.
fn forest(rows: &Array2<f64>) -> Result<TreeEnsemble> {
    let classes: Vec<bool> = rows.rows().into_iter().map(|row| row[0] * row[1] + row[2] > 0.0).collect();
    let forest =
        RandomForest::new(100).with_max_depth(4).with_seed(Seed::new(0)).fit(rows.view(), &classes)?;
    let training = Training::new(rows.view(), &classes)?;
    Ok(ensemble_learner(&forest, &training, Leaves::ClassShares)?)
}

fn python(arguments: &[String], library: &str) -> Option<PathBuf> {
    let option = format!("--{library}");
    let given = arguments.iter().position(|word| *word == option).and_then(|at| arguments.get(at + 1));
    let variable = format!("RATIONALE_{}_PYTHON", library.to_uppercase());
    given.cloned().or_else(|| std::env::var(variable).ok()).map(PathBuf::from)
}

fn peer(python: &Path, library: &str, folder: &Path, n_rows: usize) -> Result<Cost> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/surrogate_cost.py");
    let output = Command::new(python)
        .arg(script)
        .arg(library)
        .arg(folder)
        .arg(n_rows.to_string())
        .envs([("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1")])
        .output()
        .with_context(|| format!("{} does not start", python.display()))?;
    if !output.status.success() {
        bail!("{library} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let found: serde_json::Value = serde_json::from_str(text.lines().last().unwrap_or_default())?;
    let number = |name: &str| found[name].as_f64().with_context(|| format!("{library} says no {name}"));
    let (outside, total) = (1e3 * number("outside")?, 1e3 * number("total")?);
    println!("  {library} {}", found["version"].as_str().unwrap_or_default());
    Ok(Cost { outside, total, model_rows: number("model_rows")?, error: found["error"].as_f64() })
}

fn lime_cost(training: &Array2<f64>) -> Result<Cost> {
    let model = Timed(Sum, AtomicU64::new(0));
    let names = (0..N_COLUMNS).map(|column| format!("x{column}"));
    let lime = LimeTabular::new(&model, Columns::numeric(names)?, training.view())?;
    let start = busy();
    let mut model_rows = 0.0;
    for row in 0..N_LIME_ROWS {
        let explained = lime.explain_row(training.row(row), row as u64, &Silent)?;
        model_rows += explained.evidence.model_calls as f64;
    }
    let total = (busy() - start) as f64;
    let n = N_LIME_ROWS as f64;
    let inside = model.1.load(Ordering::Relaxed) as f64;
    Ok(Cost {
        outside: (total - inside) / 1e6 / n,
        total: total / 1e6 / n,
        model_rows: model_rows / n,
        error: None,
    })
}

/// As many coalitions as shap asks about, and the fewest of some whose error is no larger than shap's.
fn kernel_budgets(
    model: &TreeEnsemble,
    training: &Array2<f64>,
    theirs: Option<&Cost>,
) -> Result<Vec<(usize, &'static str)>> {
    let mut budgets = vec![(N_COALITIONS, "as many as shap")];
    let Some(allowed) = theirs.and_then(|it| it.error) else { return Ok(budgets) };
    for samples in (5..=25).map(|part| N_COALITIONS * part / 50) {
        if kernel_cost(model, training, samples)?.error.is_some_and(|error| error <= allowed) {
            budgets.push((samples, "an error no larger than shap's"));
            break;
        }
    }
    Ok(budgets)
}

fn kernel_cost(model: &TreeEnsemble, training: &Array2<f64>, samples: usize) -> Result<Cost> {
    // The Python side rounds to float32, which the trees compare.
    let rounded = training.mapv(|it| f64::from(it as f32));
    let pick = |rows: std::ops::Range<usize>| rounded.select(Axis(0), &rows.collect::<Vec<_>>());
    let (rows, background) = (pick(0..N_SHAP_ROWS), Background::new(pick(1000 - N_BACKGROUND..1000))?);
    let exact = TreeShap::interventional(model, &background)?.explain(rows.view(), &Silent)?;
    let timed = Arc::new(Timed(model.clone(), AtomicU64::new(0)));
    let kernel = Arc::new(KernelShap::new().with_samples(samples));
    let explainer = TableExplainer::new(timed.clone(), Absence::marginal(background), kernel);
    let start = busy();
    let explained = explainer.explain(rows.view(), &Silent)?;
    let total = (busy() - start) as f64;
    let inside = timed.1.load(Ordering::Relaxed) as f64;
    let gaps = &explained.values() - &exact.values();
    let n = N_SHAP_ROWS as f64;
    Ok(Cost {
        outside: (total - inside) / 1e6 / n,
        total: total / 1e6 / n,
        model_rows: explained.evidence().model_calls as f64 / n,
        error: Some((gaps.iter().map(|gap| gap * gap).sum::<f64>() / gaps.len() as f64).sqrt()),
    })
}

const N_APPLICANTS: usize = 50;
const N_SEEDS: u64 = 20;
const TOP: usize = 3;

/// How alike the first features are over seeds: the default against the stable mode.
fn stability() -> Result<()> {
    let (columns, rows, good) = german_credit()?;
    let forest = RandomForest::new(100).with_max_depth(8).with_seed(Seed::new(0)).fit(rows.view(), &good)?;
    let training = Training::new(rows.view(), &good)?;
    let model = ensemble_learner(&forest, &training, Leaves::ClassShares)?;
    let step = rows.nrows() / N_APPLICANTS;
    let applicants: Vec<usize> = (0..N_APPLICANTS).map(|it| it * step).collect();
    println!(
        "| mode | mean top-{TOP} Jaccard | applicants settled by every seed | their mean | least | samples |"
    );
    println!("|---|---|---|---|---|---|");
    let default = Lime::default().with_labels(Labels::These(vec![1]));
    for (name, lime) in [
        ("default, 5,000 samples", default.clone()),
        ("stable, up to 100,000 samples", default.with_settling(Settling::new(TOP))),
    ] {
        let of = |&applicant: &usize| Over::seeds(&model, &columns, &rows, applicant, &lime);
        let over: Vec<Over> = applicants.par_iter().map(of).collect::<Result<_>>()?;
        let mean = |over: &[&Over]| over.iter().map(|it| it.jaccard).sum::<f64>() / over.len().max(1) as f64;
        let all: Vec<&Over> = over.iter().collect();
        let settled: Vec<&Over> = over.iter().filter(|it| it.is_settled).collect();
        let least = settled.iter().map(|it| it.jaccard).fold(1.0, f64::min);
        let samples = over.iter().map(|it| it.samples).sum::<f64>() / over.len() as f64;
        let of_settled = if settled.is_empty() {
            "- | -".to_owned()
        } else {
            format!("{:.3} | {least:.3}", mean(&settled))
        };
        println!(
            "| {name} | {:.3} | {} of {N_APPLICANTS} | {of_settled} | {samples:.0} |",
            mean(&all),
            settled.len()
        );
    }
    Ok(())
}

/// One applicant over all seeds.
struct Over {
    jaccard: f64,
    is_settled: bool,
    samples: f64,
}

impl Over {
    fn seeds(
        model: &TreeEnsemble,
        columns: &Columns,
        rows: &Array2<f64>,
        applicant: usize,
        lime: &Lime,
    ) -> Result<Self> {
        let explained = |seed: u64| -> Result<Explanation> {
            let lime = lime.clone().with_seed(Seed::new(seed));
            let explainer = LimeTabular::new(model, columns.clone(), rows.view())?.with_lime(lime);
            Ok(explainer.explain_row(rows.row(applicant), applicant as u64, &Silent)?.without_samples())
        };
        let explained: Vec<Explanation> = (0..N_SEEDS).map(explained).collect::<Result<_>>()?;
        let tops: Vec<Vec<usize>> = explained.iter().map(|it| it.models[0].top(TOP)).collect();
        let pairs = (0..tops.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let alike: Vec<f64> = pairs.map(|(i, j)| jaccard(&tops[i], &tops[j])).collect();
        let is_settled = |it: &Explanation| matches!(it.settlement, Some(Settlement::Settled { .. }));
        Ok(Self {
            jaccard: alike.iter().sum::<f64>() / alike.len() as f64,
            is_settled: explained.iter().all(is_settled),
            samples: explained.iter().map(|it| it.n_samples as f64).sum::<f64>() / explained.len() as f64,
        })
    }
}

/// The columns, the rows with categories by their numbers, and who repaid.
fn german_credit() -> Result<(Columns, Array2<f64>, Vec<bool>)> {
    let mut lines = rationale_datasets::GERMAN_CREDIT.lines().map(cells);
    let names = lines.next().context("German Credit has no header")?;
    let rows: Vec<Vec<String>> = lines.filter(|cells| cells.len() == names.len()).collect();
    let label = names.iter().position(|name| name == "creditability").context("no label")?;
    let good = rows.iter().map(|row| row[label] == "good").collect();
    let of = |at: usize| rows.iter().map(move |row| row[at].as_str());
    let column = |at: usize| {
        if of(at).all(|text| text.parse::<f64>().is_ok()) {
            return Column::numeric(&names[at]);
        }
        let mut categories: Vec<&str> = of(at).collect();
        categories.sort_unstable();
        categories.dedup();
        Column::categorical(&names[at], categories)
    };
    let kept: Vec<usize> = (0..names.len()).filter(|at| *at != label).collect();
    let columns = Columns::new(kept.iter().map(|at| column(*at)).collect())?;
    let mut coded = Array2::zeros((rows.len(), kept.len()));
    for (mut out, row) in coded.rows_mut().into_iter().zip(&rows) {
        let texts: Vec<&str> = kept.iter().map(|at| row[*at].as_str()).collect();
        out.assign(&columns.encode(&texts)?);
    }
    Ok((columns, coded, good))
}

/// The cells of a line, where quotes hold cells with commas together.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            letter => cells.last_mut().into_iter().for_each(|cell| cell.push(letter)),
        }
    }
    cells
}
