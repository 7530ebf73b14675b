//! The benchmarks, which live in `rationale-lab` because they compile what is heavy.

use anyhow::Result;

use crate::command::{cargo, run as start};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// Handed on to the benchmarks as they are
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the benchmarks in release.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let bench = ["run", "--release", "--locked", "--package", "rationale-lab", "--bin", "bench", "--"];
    start(cargo().args(bench).args(&settings.arguments))
}
