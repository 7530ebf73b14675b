//! One model by one method, measured by the program itself in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{folder, write};

/// One pair.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) model: &'static str,
    pub(crate) method: String,
    pub(crate) runs: Vec<Run>,
}

/// One start of the program.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) arguments: Vec<String>,
    /// Files or sentences; none where the arguments say it all.
    pub(crate) inputs: Vec<String>,
}

/// What a cell gave.
pub(crate) struct Found {
    pub(crate) cell: Cell,
    /// The lines of the program's results.
    pub(crate) lines: Vec<Value>,
    /// What the program said where it refused.
    pub(crate) failure: Option<String>,
    /// How long the program ran, now or before.
    pub(crate) took: Duration,
}

impl Cell {
    /// What was found before, or else is found now.
    pub(crate) fn found(&self, program: &Path, work: &Path) -> Result<Found> {
        let mut all =
            Found { cell: self.clone(), lines: Vec::new(), failure: None, took: Duration::default() };
        for (place, run) in self.runs.iter().enumerate() {
            let folder = folder(work, self, place);
            match run.lines(program, &folder)? {
                Ok(found) => all.lines.extend(found),
                Err(said) => all.failure = Some(said),
            }
            all.took += remembered(&folder)?;
        }
        Ok(all)
    }
}

impl Run {
    /// Inputs come last, so that a sentence may begin with a dash.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(&self.arguments).args(["--force", "-q", "--out"]).arg(folder);
        // A process a core.
        command.env("RAYON_NUM_THREADS", "1");
        if !self.inputs.is_empty() {
            command.arg("--").args(&self.inputs);
        }
        command
    }

    fn lines(&self, program: &Path, folder: &Path) -> Result<Result<Vec<Value>, String>> {
        let results = folder.join("results.json");
        let refused = PathBuf::from(format!("{}.refused.txt", folder.display()));
        if !results.is_file() && !refused.is_file() {
            std::fs::create_dir_all(folder.parent().unwrap_or(Path::new(".")))?;
            let begun = Instant::now();
            let output = self.command(program, folder).output()?;
            write(&clock(folder), &format!("{:.1}", begun.elapsed().as_secs_f64()))?;
            if !output.status.success() {
                write(&refused, last_line(&String::from_utf8_lossy(&output.stderr)))?;
            }
        }
        if let Ok(said) = std::fs::read_to_string(&refused) {
            return Ok(Err(said));
        }
        let text = std::fs::read_to_string(&results)
            .with_context(|| format!("`{}` cannot be read", results.display()))?;
        Ok(Ok(serde_json::from_str(&text)?))
    }
}

/// Beside a run's folder: the seconds it took.
fn clock(folder: &Path) -> PathBuf {
    PathBuf::from(format!("{}.seconds.txt", folder.display()))
}

fn remembered(folder: &Path) -> Result<Duration> {
    let clock = clock(folder);
    let text =
        std::fs::read_to_string(&clock).with_context(|| format!("`{}` cannot be read", clock.display()))?;
    Ok(Duration::from_secs_f64(text.trim().parse()?))
}

fn last_line(said: &str) -> &str {
    let line = said.lines().rfind(|it| !it.trim().is_empty()).unwrap_or("nothing was said");
    line.strip_prefix("error: ").unwrap_or(line)
}

impl Found {
    fn line(&self, metric: &str) -> Option<&Value> {
        self.lines.iter().find(|it| it["metric"] == metric)
    }

    /// The mean of a metric.
    pub(crate) fn value(&self, metric: &str) -> Option<f64> {
        self.line(metric).and_then(|it| it["value"].as_f64())
    }

    /// Its interval; the mean twice where one input has none.
    pub(crate) fn interval(&self, metric: &str) -> Option<[f64; 2]> {
        let line = self.line(metric)?;
        let end = |place: usize| line["interval"].get(place).and_then(Value::as_f64);
        Some(match (end(0), end(1)) {
            (Some(low), Some(high)) => [low, high],
            _ => [self.value(metric)?; 2],
        })
    }

    /// How many inputs a metric had a signal on.
    pub(crate) fn n(&self, metric: &str) -> u64 {
        self.line(metric).and_then(|it| it["n"].as_u64()).unwrap_or(0)
    }

    /// Model calls an explanation takes.
    pub(crate) fn calls(&self) -> f64 {
        self.lines.first().and_then(|it| it["explanation_calls"].as_f64()).unwrap_or(1.0)
    }
}
