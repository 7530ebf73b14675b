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

/// Runs the benchmarks in release: `surrogate` and `stability` are those of methods by answers, `vision` those of
/// maps, `gradients` those of Integrated Gradients and DeepSHAP, all else TreeSHAP's.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let words: Vec<&str> = settings.arguments.iter().map(String::as_str).collect();
    let (binary, words) = match words.split_first() {
        Some((&"surrogate", rest)) => ("surrogate", [&["cost"], rest].concat()),
        Some((&"stability", rest)) => ("surrogate", [&["stability"], rest].concat()),
        Some((&"vision", rest)) => ("vision", rest.to_vec()),
        Some((&"gradients", rest)) => ("gradients", rest.to_vec()),
        _ => ("bench", words),
    };
    let bench = ["run", "--release", "--locked", "--package", "rationale-lab", "--bin", binary, "--"];
    start(cargo().args(bench).args(words))
}
