//! Other libraries: those of Python, each in an interpreter of its own, and the crate `treeshap`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use ndarray::Array2;
use rationale::trees::{ModelFile, TreeEnsemble};

use crate::figures::{Figures, Question, Run};
use crate::models::{N_FEATURES, Standard, background};
use crate::stopwatch::Stopwatch;
use crate::write;

pub(crate) struct Peers {
    pythons: Vec<PathBuf>,
    folder: Option<PathBuf>,
}

impl Peers {
    pub(crate) fn new(pythons: Vec<PathBuf>, folder: Option<PathBuf>) -> Self {
        Self { pythons, folder }
    }

    /// They read from the folder.
    pub(crate) fn are_possible(&self) -> bool {
        self.pythons.is_empty() || self.folder.is_some()
    }

    pub(crate) fn put_rows(&self, rows: &Array2<f64>) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        std::fs::create_dir_all(folder)?;
        for (name, rows) in [("rows", rows), ("background", &background(100))] {
            let bytes: Vec<u8> = rows.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect();
            write(&folder.join(name).with_extension("f32"), &bytes)?;
        }
        Ok(())
    }

    pub(crate) fn put_model(&self, name: &str, model: &TreeEnsemble) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let text = rationale::trees::json::to_string(model);
        write(&folder.join(format!("{name}.json")), text.as_bytes())
    }

    /// The values that others are compared with.
    pub(crate) fn put_values(&self, name: &str, expected: &[f64]) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let bytes: Vec<u8> = expected.iter().flat_map(|x| x.to_le_bytes()).collect();
        write(&folder.join(format!("{name}.values.f64")), &bytes)
    }

    /// The model that a library trains on the rows, where some Python has the library.
    pub(crate) fn train(&self, name: &str) -> Result<Option<TreeEnsemble>> {
        self.ask(&[name, "2", "train"])?;
        let Some(folder) = &self.folder else { return Ok(None) };
        let found = ["txt", "skops"].map(|ending| folder.join(name).with_extension(ending));
        let Some(path) = found.into_iter().find(|path| path.exists()) else { return Ok(None) };
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(Some(ModelFile::from_bytes(&bytes)?.ensemble))
    }

    /// What each takes for a model on so many threads.
    pub(crate) fn measure(
        &self,
        standard: &Standard,
        n_threads: usize,
        rows: &Array2<f64>,
        figures: &mut Figures,
    ) -> Result<()> {
        for line in self.ask(&[standard.name, &n_threads.to_string()])? {
            figures.add(serde_json::from_str(&line)?);
        }
        if let Some(folder) = self.folder.as_ref().filter(|_| n_threads == 1) {
            for question in [Question::PathDependent, Question::Interventional(100)] {
                let is_asked = question == Question::PathDependent || standard.backgrounds.contains(&100);
                if let Some(run) = treeshap(folder, standard.name, rows, question).filter(|_| is_asked) {
                    figures.add(run?);
                }
            }
        }
        Ok(())
    }

    /// The lines of JSON that the Pythons print.
    fn ask(&self, words: &[&str]) -> Result<Vec<String>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for python in &self.pythons {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/trees.py");
            let output = Command::new(python).arg(script).arg(folder).args(words).output()?;
            let complaint = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "{} failed: {complaint}", python.display());
            let text = String::from_utf8_lossy(&output.stdout);
            lines.extend(text.lines().filter(|line| line.starts_with('{')).map(str::to_owned));
        }
        Ok(lines)
    }
}

/// The crate `treeshap` on one thread, where it can read the model; as many rows as take it about a second.
fn treeshap(folder: &Path, name: &str, rows: &Array2<f64>, question: Question) -> Option<Result<Run>> {
    let model = if name == "lightgbm" {
        let text = std::fs::read_to_string(folder.join("lightgbm.txt")).ok()?;
        treeshap::TreeModel::from_lightgbm_text(&text).ok()?
    } else {
        let bytes = std::fs::read(folder.join(format!("{name}.xgb.json"))).ok()?;
        treeshap::TreeModel::from_xgboost_json(&bytes).ok()?
    };
    Some(timed(&model, rows, question))
}

fn timed(model: &treeshap::TreeModel, rows: &Array2<f64>, question: Question) -> Result<Run> {
    let clock = Stopwatch::start(1);
    let flat: Vec<f64> = background(100).into_iter().collect();
    let explainer = match question {
        Question::Interventional(_) => treeshap::TreeExplainer::interventional(model, &flat),
        _ => treeshap::TreeExplainer::path_dependent(model),
    };
    let explainer = explainer.map_err(|error| anyhow::anyhow!("treeshap: {error:?}"))?;
    let building = clock.seconds();
    let all: Vec<f64> = rows.iter().copied().collect();
    let (mut n_rows, mut seconds) = (8, 0.0);
    while seconds < 0.5 && n_rows < rows.nrows() {
        n_rows = (n_rows * 4).min(rows.nrows());
        let clock = Stopwatch::start(1);
        let values = explainer.shap_values_batch(&all[..n_rows * N_FEATURES], 0);
        seconds = clock.seconds();
        std::hint::black_box(values.map_err(|error| anyhow::anyhow!("treeshap: {error:?}"))?);
    }
    let (who, threads) = ("treeshap 0.1.0 (crate)".to_owned(), 1);
    Ok(Run {
        who,
        is_ours: false,
        question,
        threads,
        rows: n_rows,
        building,
        seconds,
        gap: None,
        latency: None,
    })
}
