//! Rows per second of TreeSHAP on standard models, engine by engine, and of other libraries beside it:
//! `cargo xtask bench trees [MODEL ...] [--one-thread] [--write FOLDER [--peers PYTHON ...]] [--report FILE]`.
//!
//! | model | trees | depth |
//! |---|---|---|
//! | small | 100 | 4 |
//! | forest | 100 | 6 |
//! | medium | 500 | 6 |
//! | large | 1000 | 8 |
//! | deep | 100 | 16 |
//!
//! Trees are random and full: at each node a random feature is cut at a random quantile of the training rows that come
//! there, so that the covers are those of data. 30 features, 50,000 training rows, float32 numbers; the training rows are
//! explained, as many as take about a second. Seconds are those of the processor where the system tells them, so that a
//! busy machine disturbs less; on two threads they are those of the clock. With `--write` models and rows are written too; each Python of `--peers` measures the libraries it has on
//! them (`peers/trees.py`), in turns with ours. A sixth model, `lightgbm`, is trained by LightGBM where some Python has it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use ndarray::{Array2, Axis, Slice};
use rationale::shapley::tree::{Engine, Precision, TreeShap};
use rationale::trees::{InputPrecision, Missing, NodeSpec, Outputs, Side, Split, Test, Tree, TreeEnsemble};
use rationale::{Background, Draws, Explain, Seed, Silent};
use rayon::prelude::*;

const N_FEATURES: usize = 30;
const N_ROWS: usize = 50_000;
/// Each figure is the median of this many runs, taken in turns.
const N_RUNS: usize = 3;
/// Rows a call of the function at the bottom.
const BLOCK_ROWS: usize = 256;

struct Standard {
    name: &'static str,
    n_trees: usize,
    depth: usize,
    /// Rows that take the reference engine about a second.
    n_plain: usize,
}

const MODELS: [Standard; 5] = [
    Standard { name: "small", n_trees: 100, depth: 4, n_plain: 10_000 },
    Standard { name: "forest", n_trees: 100, depth: 6, n_plain: 3_000 },
    Standard { name: "medium", n_trees: 500, depth: 6, n_plain: 500 },
    Standard { name: "large", n_trees: 1000, depth: 8, n_plain: 100 },
    Standard { name: "deep", n_trees: 100, depth: 16, n_plain: 5 },
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |word: &str| -> Vec<PathBuf> {
        let places = arguments.windows(2).filter(|pair| pair[0] == word);
        places.map(|pair| PathBuf::from(&pair[1])).collect()
    };
    let asked = |name: &str| arguments.iter().any(|word| word == name);
    let peers = Peers { pythons: after("--peers"), folder: after("--write").pop() };
    anyhow::ensure!(peers.pythons.is_empty() || peers.folder.is_some(), "--peers needs --write FOLDER");
    let threads: &[usize] = if asked("--one-thread") { &[1] } else { &[1, 2] };
    let names = MODELS.iter().map(|model| model.name).chain(["lightgbm"]);
    let asked_any = names.into_iter().any(&asked);
    let rows = rows(N_ROWS, 1);
    if let Some(folder) = &peers.folder {
        let bytes: Vec<u8> = rows.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect();
        write(&folder.join("rows.f32"), &bytes)?;
    }
    let mut report = Report::default();
    for standard in MODELS.iter().filter(|model| !asked_any || asked(model.name)) {
        let model = standard.grow(&rows)?;
        if let Some(folder) = &peers.folder {
            let text = rationale::trees::json::to_string(&model);
            write(&folder.join(format!("{}.json", standard.name)), text.as_bytes())?;
        }
        compare(standard, &model, &rows, threads, &peers, &mut report)?;
    }
    let lightgbm = if !asked_any || asked("lightgbm") { peers.lightgbm()? } else { None };
    if let Some(model) = lightgbm {
        let standard = Standard { name: "lightgbm", n_trees: 500, depth: 62, n_plain: 300 };
        compare(&standard, &model, &rows, threads, &peers, &mut report)?;
    }
    match after("--report").pop() {
        Some(path) => write(&path, report.document()?.as_bytes()),
        None => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    rationale::whole::write_file(path, |file| -> Result<()> { Ok(file.write_all(bytes)?) })
}

/// One way to explain.
struct Way<'a> {
    name: String,
    build: Box<dyn Fn() -> Result<TreeShap> + Sync + 'a>,
    n_rows: usize,
    n_threads: usize,
    /// Interactions and not values.
    pairs: bool,
}

fn compare(
    standard: &Standard,
    model: &TreeEnsemble,
    rows: &Array2<f64>,
    threads: &[usize],
    peers: &Peers,
    report: &mut Report,
) -> Result<()> {
    let n_leaves: usize = model.trees().iter().map(Tree::n_leaves).sum();
    report.line(&format!("\n## {}: {} trees, {n_leaves} leaves\n", standard.name, model.trees().len()));
    report
        .line("| | threads | rows | building, s | rows/s | with building | with predictions and evidence |");
    report.line("|---|---|---|---|---|---|---|");
    peers.put_values(standard.name, model, rows)?;
    let ways = ways(standard, model, threads)?;
    let mut figures: Vec<Vec<[f64; 3]>> = vec![Vec::new(); ways.len()];
    let mut others: Vec<serde_json::Value> = Vec::new();
    for _ in 0..N_RUNS {
        for (way, figures) in ways.iter().zip(&mut figures) {
            figures.push(measure(way, rows)?);
        }
        for &n_threads in threads {
            others.extend(peers.run(standard.name, n_threads)?);
        }
    }
    for (way, figures) in ways.iter().zip(&figures) {
        let [building, values, explaining] =
            [0, 1, 2].map(|i| median(figures.iter().map(|f| f[i]).collect()));
        let rate = |seconds: f64| way.n_rows as f64 / seconds;
        report.line(&format!(
            "| {} | {} | {} | {building:.3} | {:.0} | {:.0} | {:.0} |",
            way.name,
            way.n_threads,
            way.n_rows,
            rate(values),
            rate(values + building),
            rate(explaining),
        ));
    }
    peer_lines(&others, report);
    if standard.n_trees <= 500 && standard.depth <= 8 {
        let latency = latency(model, rows)?;
        report.line(&format!(
            "\nOne row on a loaded model, one thread, median of 500: {:.1} us",
            1e6 * latency
        ));
    }
    Ok(())
}

/// All ways to explain this model.
fn ways<'a>(standard: &'a Standard, model: &'a TreeEnsemble, threads: &[usize]) -> Result<Vec<Way<'a>>> {
    let mut ways: Vec<Way<'a>> = Vec::new();
    for &n_threads in threads {
        for (engine, precision) in [
            (Engine::Plain, Precision::Double),
            (Engine::RowSimd, Precision::Double),
            (Engine::RowSimd, Precision::Single),
            (Engine::PatternTables, Precision::Double),
            (Engine::PatternTables, Precision::Single),
            (Engine::Auto, Precision::Double),
            (Engine::Auto, Precision::Single),
        ] {
            if engine == Engine::PatternTables && standard.depth > 6 {
                continue;
            }
            let n_rows = standard.n_rows(engine);
            let build =
                move || Ok(TreeShap::path_dependent(model)?.with_engine(engine).with_precision(precision));
            let name = format!("path-dependent {engine:?} {precision:?}");
            ways.push(Way { name, build: Box::new(build), n_rows, n_threads, pairs: false });
        }
        for precision in [Precision::Double, Precision::Single].into_iter().filter(|_| standard.depth <= 6) {
            let n_rows = (standard.n_plain * 2).min(4096);
            let build = move || Ok(TreeShap::path_dependent(model)?.with_precision(precision));
            let name = format!("interactions Auto {precision:?}");
            ways.push(Way { name, build: Box::new(build), n_rows, n_threads, pairs: true });
        }
        let backgrounds =
            [(100, Engine::Plain), (100, Engine::Auto), (10_000, Engine::Auto), (1_000_000, Engine::Auto)];
        for (n_background, engine) in backgrounds {
            // Folding a large background into a large model takes minutes.
            let n_meetings = (n_background * model.trees().len()) << standard.depth.min(20);
            if standard.depth > 8 || n_meetings > 2_000_000_000 {
                continue;
            }
            let n_rows = standard.n_rows(engine);
            let background = Background::new(self::rows(n_background, 3))?;
            let build = move || Ok(TreeShap::interventional(model, &background)?.with_engine(engine));
            let name = format!("interventional {n_background} {engine:?} Double");
            ways.push(Way { name, build: Box::new(build), n_rows, n_threads, pairs: false });
        }
    }
    Ok(ways)
}

fn peer_lines(others: &[serde_json::Value], report: &mut Report) {
    let key = |run: &serde_json::Value| {
        let text = |name: &str| run[name].as_str().unwrap_or_default().to_owned();
        (text("peer"), text("version"), run["threads"].as_u64().unwrap_or(0))
    };
    let mut keys: Vec<_> = others.iter().map(key).collect();
    keys.sort();
    keys.dedup();
    for (peer, version, threads) in keys {
        let runs: Vec<_> =
            others.iter().filter(|run| key(run) == (peer.clone(), version.clone(), threads)).collect();
        let of = |f: &dyn Fn(&serde_json::Value) -> f64| median(runs.iter().map(|run| f(run)).collect());
        let number =
            |name: &'static str| move |run: &serde_json::Value| run[name].as_f64().unwrap_or(f64::NAN);
        let rate = of(&|run| number("rows")(run) / number("seconds")(run));
        let (loading, rows, gap) = (of(&number("loading")), of(&number("rows")), of(&number("gap")));
        report.line(&format!(
            "| **{peer} {version}** (largest difference {gap:.0e} of the largest value) | {threads} | {rows:.0} | {loading:.3} | {rate:.0} | | |"
        ));
        let pairs = of(&|run| number("pair_rows")(run) / number("pair_seconds")(run));
        if pairs.is_finite() {
            report.line(&format!("| **{peer} {version}** interactions | {threads} | | | {pairs:.1} | | |"));
        }
    }
}

/// Seconds for one row of a model that is loaded, in memory that is there already.
fn latency(model: &TreeEnsemble, rows: &Array2<f64>) -> Result<f64> {
    let explainer = TreeShap::path_dependent(model)?;
    let mut values = vec![0.0; N_FEATURES];
    let mut seconds = Vec::new();
    for row in 0..600 {
        let row = rows.row(row).to_vec();
        let columns: Vec<&[f64]> = row.chunks(1).collect();
        let begin = Instant::now();
        explainer.values_of_block(&columns, &mut values)?;
        seconds.push(begin.elapsed().as_secs_f64());
    }
    // The first ones make the plan and the memory.
    Ok(median(seconds.split_off(100)))
}

/// Lines for people, and for the report.
#[derive(Default)]
struct Report(String);

impl Report {
    fn line(&mut self, line: &str) {
        println!("{line}");
        self.0 += line;
        self.0.push('\n');
    }

    /// With the machine in front; the date is that of the file's name.
    fn document(&self) -> Result<String> {
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let named = |key: &str| {
            cpu.lines().find(|line| line.starts_with(key)).and_then(|line| line.split(": ").nth(1))
        };
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
        let n_cores = std::thread::available_parallelism()?;
        Ok(format!(
            "Machine: {}, {n_cores} cores; load at the end {load}; instruction sets {}; rationale {}.\n\n\
             Medians of {N_RUNS} runs, ours and the other libraries' in turns. Seconds on one thread are the processor's, on two \
             the clock's. Building is what happens before the first row: the explainer, its tables, one row; of other \
             libraries, loading the model.\n{}",
            named("model name").unwrap_or("unknown"),
            TreeShap::instruction_sets().join(", "),
            env!("CARGO_PKG_VERSION"),
            self.0
        ))
    }
}

/// Other libraries, each in a Python of its own.
struct Peers {
    pythons: Vec<PathBuf>,
    folder: Option<PathBuf>,
}

impl Peers {
    /// Our own values of the first rows, for the others to compare with.
    fn put_values(&self, name: &str, model: &TreeEnsemble, rows: &Array2<f64>) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let first = rows.slice_axis(Axis(0), Slice::from(0..100)).to_owned();
        let own = values(&TreeShap::path_dependent(model)?, &first)?;
        let bytes: Vec<u8> = own.iter().flat_map(|x| x.to_le_bytes()).collect();
        write(&folder.join(format!("{name}.values.f64")), &bytes)
    }

    fn run(&self, name: &str, n_threads: usize) -> Result<Vec<serde_json::Value>> {
        self.ask(&[name, &n_threads.to_string()])
    }

    /// The model that LightGBM trains, where there is one.
    fn lightgbm(&self) -> Result<Option<TreeEnsemble>> {
        self.ask(&["lightgbm", "2", "train"])?;
        let Some(folder) = &self.folder else { return Ok(None) };
        match std::fs::read(folder.join("lightgbm.txt")) {
            Ok(bytes) => Ok(Some(rationale::trees::ModelFile::from_bytes(&bytes)?.ensemble)),
            Err(_) => Ok(None),
        }
    }

    fn ask(&self, words: &[&str]) -> Result<Vec<serde_json::Value>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let mut answers = Vec::new();
        for python in &self.pythons {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/trees.py");
            let output = std::process::Command::new(python).arg(script).arg(folder).args(words).output()?;
            let complaint = String::from_utf8_lossy(&output.stderr);
            anyhow::ensure!(output.status.success(), "{} failed: {complaint}", python.display());
            for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with('{')) {
                answers.push(serde_json::from_str(line)?);
            }
        }
        Ok(answers)
    }
}

/// Seconds for building, for the values alone, and for a whole explanation.
fn measure(way: &Way<'_>, rows: &Array2<f64>) -> Result<[f64; 3]> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(way.n_threads).build()?;
    pool.install(|| {
        let rows = rows.slice_axis(Axis(0), Slice::from(0..way.n_rows)).to_owned();
        let begin = Stopwatch::start(way.n_threads);
        let explainer = (way.build)()?.with_announced_rows(way.n_rows);
        let first = rows.slice_axis(Axis(0), Slice::from(0..1)).to_owned();
        if way.pairs {
            explainer.interactions(first.view(), &Silent)?;
            let building = begin.seconds();
            let begin = Stopwatch::start(way.n_threads);
            explainer.interactions(rows.view(), &Silent)?;
            return Ok([building, begin.seconds(), f64::NAN]);
        }
        values(&explainer, &first)?;
        let building = begin.seconds();
        let begin = Stopwatch::start(way.n_threads);
        values(&explainer, &rows)?;
        let valued = begin.seconds();
        let begin = Stopwatch::start(way.n_threads);
        explainer.explain(rows.view(), &Silent)?;
        Ok([building, valued, begin.seconds()])
    })
}

/// The time of the clock, or for one thread of the processor.
enum Stopwatch {
    Clock(Instant),
    Processor(f64),
}

impl Stopwatch {
    fn start(n_threads: usize) -> Self {
        let processor = (n_threads == 1).then(processor_seconds).flatten();
        processor.map_or_else(|| Self::Clock(Instant::now()), Self::Processor)
    }

    fn seconds(&self) -> f64 {
        match self {
            Self::Clock(begin) => begin.elapsed().as_secs_f64(),
            Self::Processor(begin) => processor_seconds().unwrap_or(f64::NAN) - begin,
        }
    }
}

/// What this thread has used, as Linux tells it.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? * 1e-9)
}

/// The values alone, block by block.
fn values(explainer: &TreeShap, rows: &Array2<f64>) -> Result<Vec<f64>> {
    let stride = rows.ncols() * explainer.base_values().len();
    let mut values = vec![0.0; rows.nrows() * stride];
    values.par_chunks_mut(BLOCK_ROWS * stride).enumerate().try_for_each(|(block, values)| -> Result<()> {
        let start = block * BLOCK_ROWS;
        let rows = rows.slice_axis(Axis(0), Slice::from(start..start + values.len() / stride));
        let columns: Vec<Vec<f64>> = rows.columns().into_iter().map(|column| column.to_vec()).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        Ok(explainer.values_of_block(&columns, values)?)
    })?;
    Ok(values)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rows(n_rows: usize, seed: u64) -> Array2<f64> {
    let mut draws = Seed::new(seed).draws("bench", 0, 0);
    Array2::from_shape_simple_fn((n_rows, N_FEATURES), || f64::from(draws.normal() as f32))
}

impl Standard {
    fn n_rows(&self, engine: Engine) -> usize {
        if engine == Engine::Plain { self.n_plain } else { (self.n_plain * 50).min(N_ROWS) }
    }

    fn grow(&self, rows: &Array2<f64>) -> Result<TreeEnsemble> {
        let columns: Vec<Vec<f64>> = rows.columns().into_iter().map(|column| column.to_vec()).collect();
        let trees = (0..self.n_trees).into_par_iter().map(|tree| {
            let mut draws = Seed::new(2).draws(self.name, tree as u64, 0);
            let (mut nodes, mut here) = (Vec::new(), (0..rows.nrows()).collect::<Vec<_>>());
            grow(&columns, self.depth, &mut here, &mut nodes, &mut draws);
            Ok(Tree::new(nodes, Outputs::One(0))?)
        });
        let trees = trees.collect::<Result<Vec<_>>>()?;
        Ok(TreeEnsemble::new(trees, N_FEATURES, 1)?.with_input_precision(InputPrecision::Single))
    }
}

/// Adds a subtree over the rows that come here, and returns its place.
fn grow(
    columns: &[Vec<f64>],
    depth: usize,
    here: &mut [usize],
    nodes: &mut Vec<NodeSpec>,
    draws: &mut Draws,
) -> usize {
    let (place, cover) = (nodes.len(), here.len() as f64);
    let feature = draws.below(N_FEATURES);
    let cut = here.len() / 5 + draws.below((3 * here.len() / 5).max(1));
    nodes.push(NodeSpec::leaf(vec![f64::from(draws.normal() as f32)]).with_cover(cover));
    if depth == 0 || cut == 0 {
        return place;
    }
    let column = &columns[feature];
    here.select_nth_unstable_by(cut, |a, b| column[*a].total_cmp(&column[*b]));
    let threshold = column[here[cut]];
    let (left, right) = here.split_at_mut(cut);
    let left = grow(columns, depth - 1, left, nodes, draws);
    let right = grow(columns, depth - 1, right, nodes, draws);
    let (test, missing) = (Test::Less(threshold), Missing::nan(Side::Left));
    nodes[place] = NodeSpec::split(Split { feature, test, missing, left, right }).with_cover(cover);
    place
}
