//! What can go wrong with a model that is an outside program.

use std::time::Duration;

/// Why an outside program gave no usable answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program could not be started at all.
    #[error("`{program}` could not be started: {source}; give the path of a program, or one that PATH finds")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The program ended, or closed its output, with rows unanswered.
    #[error(
        "`{program}` ended ({status}) after {answered} of {asked} answers, {tries} times in all; it must go on until its \
         input is closed{}",
        last_words(stderr)
    )]
    Died {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// How many rows of the batch it had answered.
        answered: usize,
        /// How many rows the batch has.
        asked: usize,
        /// How often it was tried.
        tries: usize,
        /// The last lines that it wrote to its standard error.
        stderr: Vec<String>,
    },
    /// The program is there and does not answer.
    #[error(
        "`{program}` gave {answered} of {asked} answers and then none for {}; it must write one line for each row and \
         flush its output (or raise the time-out){}",
        seconds(timeout),
        last_words(stderr)
    )]
    Silent {
        /// The program.
        program: String,
        /// How many rows of the batch it had answered.
        answered: usize,
        /// How many rows the batch has.
        asked: usize,
        /// How long it was waited for.
        timeout: Duration,
        /// The last lines that it wrote to its standard error.
        stderr: Vec<String>,
    },
    /// There are more answers than rows.
    #[error(
        "`{program}` wrote more lines than the {asked} rows it was given; the first too many is `{line}`"
    )]
    TooMany {
        /// The program.
        program: String,
        /// How many rows it was given.
        asked: usize,
        /// The first line that nobody asked for.
        line: String,
    },
    /// A line is not a list of numbers.
    #[error(
        "`{program}` answered row {row} of the batch with `{line}`; {needed} is needed{}",
        last_words(stderr)
    )]
    Text {
        /// The program.
        program: String,
        /// The row, counted from 0.
        row: usize,
        /// The line.
        line: String,
        /// What would be right.
        needed: &'static str,
        /// The last lines that the program wrote to its standard error.
        stderr: Vec<String>,
    },
    /// A score is NaN or infinite.
    #[error("`{program}` answered row {row} of the batch with `{line}`; every score must be a finite number")]
    NotFinite {
        /// The program.
        program: String,
        /// The row, counted from 0.
        row: usize,
        /// The line.
        line: String,
    },
    /// Rows have different numbers of scores.
    #[error(
        "`{program}` answered row {row} of the batch with {actual} scores, where it gave {expected} before"
    )]
    Scores {
        /// The program.
        program: String,
        /// The row, counted from 0.
        row: usize,
        /// The number of scores before.
        expected: usize,
        /// The number of scores now.
        actual: usize,
    },
    /// There is nothing to be asked that would show how many scores there are.
    #[error(
        "no rows were given, so the number of scores of `{program}` is not known; give at least one row first"
    )]
    NoRows {
        /// The program.
        program: String,
    },
}

fn seconds(timeout: &Duration) -> String {
    format!("{} s", timeout.as_secs_f64())
}

fn last_words(stderr: &[String]) -> String {
    if stderr.is_empty() {
        return "; it wrote nothing to its standard error".to_owned();
    }
    format!("; its standard error ends:\n    {}", stderr.join("\n    "))
}
