//! One model by one method, measured by the program itself in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
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
            let record = run.record(program, &folder)?;
            all.took += Duration::from_secs_f64(record.seconds);
            match record.refused {
                Some(said) => all.failure = Some(said),
                None => all.lines.extend(lines(&folder)?),
            }
        }
        Ok(all)
    }
}

/// How a run went: written last, so that a run without a record is made again.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Arguments and inputs: the results of another question are no results.
    asked: Vec<String>,
    seconds: f64,
    /// What the program said where it refused.
    refused: Option<String>,
}

impl Run {
    fn asked(&self) -> Vec<String> {
        [&self.arguments[..], &self.inputs].concat()
    }

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

    fn record(&self, program: &Path, folder: &Path) -> Result<Record> {
        let path = PathBuf::from(format!("{}.run.json", folder.display()));
        let known = std::fs::read_to_string(&path).ok();
        let known: Option<Record> = known.and_then(|text| serde_json::from_str(&text).ok());
        if let Some(record) = known.filter(|it| it.asked == self.asked()) {
            return Ok(record);
        }
        std::fs::create_dir_all(folder.parent().unwrap_or(Path::new(".")))?;
        let begun = Instant::now();
        let output = self.command(program, folder).output()?;
        let said = (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr));
        let record = Record {
            asked: self.asked(),
            seconds: begun.elapsed().as_secs_f64(),
            refused: said.map(|it| last_line(&it).to_owned()),
        };
        write(&path, &serde_json::to_string(&record)?)?;
        Ok(record)
    }
}

/// What a run that went well left in its folder.
fn lines(folder: &Path) -> Result<Vec<Value>> {
    let results = folder.join("results.json");
    let text = std::fs::read_to_string(&results)
        .with_context(|| format!("`{}` cannot be read", results.display()))?;
    Ok(serde_json::from_str(&text)?)
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
