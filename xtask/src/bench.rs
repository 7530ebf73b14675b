//! The benchmarks, which live in `rationale-lab` because they compile what is heavy.

use anyhow::{Result, bail};

use crate::command::{cargo, run as start};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// Handed on to the benchmarks as they are
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the benchmarks in release: `surrogate` and `stability` are those of methods by answers, `vision` those of
/// maps, `gradients` those of Integrated Gradients and DeepSHAP, `pointing` and `sanity` judge maps of photographs, `trees`
/// are TreeSHAP's, which need neither networks nor tables.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let words: Vec<&str> = settings.arguments.iter().map(String::as_str).collect();
    let (binary, words) = match words.split_first() {
        Some((&"surrogate", rest)) => ("surrogate", [&["cost"], rest].concat()),
        Some((&"stability", rest)) => ("surrogate", [&["stability"], rest].concat()),
        Some((&"vision", rest)) => ("vision", rest.to_vec()),
        Some((&"gradients", rest)) => ("gradients", rest.to_vec()),
        Some((&("pointing" | "sanity"), _)) => ("pictures", words),
        Some((&"trees", rest)) => ("trees", rest.to_vec()),
        _ => bail!("say what to measure: trees, surrogate, stability, vision, gradients, pointing or sanity"),
    };
    let bench = ["run", "--release", "--locked", "--package", "rationale-lab", "--bin", binary];
    let light = if binary == "trees" { &["--no-default-features"][..] } else { &[] };
    start(cargo().args(bench).args(light).arg("--").args(words))
}
