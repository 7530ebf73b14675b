//! The training of the small networks that are shipped, which lives in `rationale-lab` because it compiles what is heavy.

use anyhow::Result;

use crate::command::{cargo, run as start};

/// What to train.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// `credit`, or `sentiment REVIEWS.csv`
    #[arg(trailing_var_arg = true)]
    arguments: Vec<String>,
}

/// Trains in the profile of development: the dependencies in which the time goes are optimised there too.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let train = ["run", "--locked", "--package", "rationale-lab", "--bin", "train", "--"];
    start(cargo().args(train).args(&settings.arguments))
}
