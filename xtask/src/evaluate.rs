//! The project's own evaluation, which lives in `rationale-lab` because it compiles what is heavy.

use anyhow::Result;

use crate::command::{cargo, run as start};
use crate::workspace::Metadata;

/// How much to evaluate.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// One method a kind on few inputs: under 5 minutes on 2 cores
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Everything, without caps; goes on where it was broken off
    #[arg(long)]
    full: bool,
    /// Keep the cells that are finished
    #[arg(long)]
    resume: bool,
}

/// Builds the program in release, measures it and writes `docs/evaluation/`.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    start(cargo().args(["build", "--release", "--locked", "--package", "rationale-cli"]))?;
    let target = Metadata::of_members()?.target_directory;
    let program = target.join("release").join(format!("rationale{}", std::env::consts::EXE_SUFFIX));
    let evaluate = ["run", "--release", "--locked", "--package", "rationale-lab", "--bin", "evaluate", "--"];
    let mut command = cargo();
    command.args(evaluate).arg(program).arg(target.join("evaluation")).arg("docs/evaluation");
    let options = [("--quick", settings.quick), ("--full", settings.full), ("--resume", settings.resume)];
    command.args(options.into_iter().filter(|it| it.1).map(|it| it.0));
    start(&mut command)
}
