//! The program as a model: settings, and the model once it runs.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ndarray::{Array2, ArrayView2, Axis};
use rationale_core::Predict;

use crate::child::{NoLine, Running};
use crate::wire::Fault;
use crate::{Error, Format};

const BATCH_ROWS: usize = 1024;
const TIMEOUT: Duration = Duration::from_mins(1);
const TRIES: usize = 3;
const PATIENCE_AT_FIRST: Duration = Duration::from_millis(100);

/// How to start and ask a program; see [`Process::start`].
#[derive(Debug, Clone)]
pub struct Process {
    program: OsString,
    arguments: Vec<OsString>,
    folder: Option<PathBuf>,
    format: Format,
    categories: Vec<Option<Vec<String>>>,
    batch_rows: usize,
    timeout: Duration,
    tries: usize,
}

impl Process {
    /// Takes the program: a path, or a name that PATH finds.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            folder: None,
            format: Format::default(),
            categories: Vec::new(),
            batch_rows: BATCH_ROWS,
            timeout: TIMEOUT,
            tries: TRIES,
        }
    }

    /// Adds arguments. Each arrives as it is: no shell reads them.
    pub fn with_arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets the folder in which the program runs; by default that of this program.
    pub fn with_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Sets how lines are written; JSON by default.
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Names the categories of columns, in order and none for columns of numbers: the number k of a column of categories
    /// is written as the name of its k-th.
    pub fn with_categories(mut self, categories: Vec<Option<Vec<String>>>) -> Self {
        self.categories = categories;
        self
    }

    /// Sends at most this many rows before their answers are waited for; 1024 by default.
    pub fn with_batch_rows(mut self, batch_rows: usize) -> Self {
        self.batch_rows = batch_rows.max(1);
        self
    }

    /// Waits this long for the next answer, 60 seconds by default; the first answer includes the program's start.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Tries a batch so often, starting the program again after each death; 3 by default.
    pub fn with_tries(mut self, tries: usize) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// Starts the program, which then waits for rows.
    pub fn start(self) -> Result<ProcessModel, Error> {
        let running = self.spawn()?;
        Ok(ProcessModel {
            settings: self,
            state: Mutex::new(State { running: Some(running), n_scores: None }),
        })
    }

    fn spawn(&self) -> Result<Running, Error> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        Running::start(&mut command).map_err(|source| Error::Start { program: self.name(), source })
    }

    fn name(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }
}

/// A running program as a model.
///
/// It is asked by one thread at a time, in batches of bounded size. If it dies, it is started again and the batch sent
/// once more, a bounded number of times; whatever else it does wrong is an error at once, after which it is ended, and
/// started afresh for the next question.
pub struct ProcessModel {
    settings: Process,
    state: Mutex<State>,
}

struct State {
    running: Option<Running>,
    n_scores: Option<usize>,
}

impl ProcessModel {
    fn ask(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scores = Vec::new();
        for batch in rows.axis_chunks_iter(Axis(0), self.settings.batch_rows) {
            match self.ask_batch(&mut state, batch) {
                Ok(answered) => scores.extend(answered),
                Err(error) => {
                    state.running = None;
                    return Err(error);
                }
            }
        }
        let n_scores = state.n_scores.ok_or_else(|| Error::NoRows { program: self.settings.name() })?;
        let shape = (rows.nrows(), n_scores);
        // Every row was checked to have as many scores.
        Ok(Array2::from_shape_vec(shape, scores).unwrap_or_default())
    }

    fn ask_batch(&self, state: &mut State, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut running = match state.running.take() {
                Some(running) => running,
                None => self.settings.spawn()?,
            };
            let (lines, trouble) = self.lines(&mut running, rows)?;
            let Some(NoLine::Ended) = trouble else {
                let scores = self.scores(&lines, &mut state.n_scores, &running)?;
                state.running = Some(running);
                return Ok(scores);
            };
            let (status, stderr) = running.end();
            let (program, answered, asked) = (self.settings.name(), lines.len(), rows.nrows());
            tracing::warn!(program, status, answered, asked, tries, "the program ended");
            // A bad line before the end says more than the end does.
            self.check_lines(&lines, &stderr)?;
            if tries >= self.settings.tries {
                return Err(Error::Died { program, status, answered, asked, tries, stderr });
            }
        }
    }

    /// Sends rows and collects a line for each, until the program ends.
    fn lines(
        &self,
        running: &mut Running,
        rows: ArrayView2<'_, f64>,
    ) -> Result<(Vec<String>, Option<NoLine>), Error> {
        let (program, asked) = (self.settings.name(), rows.nrows());
        if let Some(line) = running.line_at_hand() {
            return Err(Error::TooMany { program, asked: running.last_asked, line });
        }
        let is_first = running.last_asked == 0;
        running.last_asked = asked;
        let mut text = String::new();
        rows.rows()
            .into_iter()
            .for_each(|row| self.settings.format.write(row, &self.settings.categories, &mut text));
        let mut lines = Vec::with_capacity(asked);
        if !running.send(text) {
            return Ok((lines, Some(NoLine::Ended)));
        }
        while lines.len() < asked {
            match running.line(self.settings.timeout) {
                Ok(line) => lines.push(line),
                Err(NoLine::Ended) => return Ok((lines, Some(NoLine::Ended))),
                Err(NoLine::TimedOut) => {
                    let (answered, timeout, stderr) =
                        (lines.len(), self.settings.timeout, running.last_words());
                    self.check_lines(&lines, &stderr)?;
                    return Err(Error::Silent { program, answered, asked, timeout, stderr });
                }
            }
        }
        // A program that writes too much does so from the start; later, what is too much is met by the next batch.
        let one_more = if is_first { running.line(PATIENCE_AT_FIRST).ok() } else { running.line_at_hand() };
        match one_more {
            Some(line) => Err(Error::TooMany { program, asked, line }),
            None => Ok((lines, None)),
        }
    }

    fn check_lines(&self, lines: &[String], stderr: &[String]) -> Result<Vec<Vec<f64>>, Error> {
        lines.iter().enumerate().map(|(row, line)| self.read(row, line, stderr)).collect()
    }

    fn read(&self, row: usize, line: &str, stderr: &[String]) -> Result<Vec<f64>, Error> {
        let shown = || line.chars().take(200).collect();
        self.settings.format.read(line).map_err(|fault| match fault {
            Fault::Text(needed) => Error::Text {
                program: self.settings.name(),
                row,
                line: shown(),
                needed,
                stderr: stderr.to_vec(),
            },
            Fault::NotFinite => Error::NotFinite { program: self.settings.name(), row, line: shown() },
        })
    }

    fn scores(
        &self,
        lines: &[String],
        n_scores: &mut Option<usize>,
        running: &Running,
    ) -> Result<Vec<f64>, Error> {
        let scores = self.check_lines(lines, &running.last_words())?;
        for (row, scores) in scores.iter().enumerate() {
            let (expected, actual) = (*n_scores.get_or_insert(scores.len()), scores.len());
            if expected != actual {
                return Err(Error::Scores { program: self.settings.name(), row, expected, actual });
            }
        }
        Ok(scores.concat())
    }
}

impl Predict for ProcessModel {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, rationale_core::Error> {
        self.ask(rows).map_err(rationale_core::Error::model)
    }
}
