//! Commands over tables and trees.

mod audit;
mod demo;
mod explain;
mod inspect;
mod summary;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use rationale::audit::ScoringModel;
use rationale::tabular::{Encoder, UnseenCategory};
use rationale::whole::Existing;

use crate::arguments::Common;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train on real credit data, explain every decision, write the audit's folder.
    Demo(demo::Arguments),
    /// Say what a model file holds: trees, features, outputs.
    Inspect(inspect::Arguments),
    /// Explain the rows of a table.
    Tabular(Box<explain::Arguments>),
    /// Audit credit decisions: reasons for every declined applicant, groups side by side, a report.
    Audit(Box<audit::Arguments>),
}

pub(crate) fn execute(command: Command, common: &Common) -> anyhow::Result<()> {
    match command {
        Command::Demo(arguments) => demo::execute(&arguments, common),
        Command::Inspect(arguments) => inspect::execute(&arguments, common),
        Command::Tabular(arguments) => explain::execute(&arguments, common),
        Command::Audit(arguments) => audit::execute(&arguments, common),
    }
}

/// An output folder.
#[derive(Debug, Args)]
struct Folder {
    /// The folder to write, whole or not at all.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace the folder if it is there and not empty.
    #[arg(long)]
    force: bool,
}

impl Folder {
    fn existing(&self) -> Existing {
        if self.force { Existing::Replace } else { Existing::Refuse }
    }

    /// Fails before the long work where the folder is not to be had in the end.
    fn check(&self) -> anyhow::Result<()> {
        let occupied = || rationale::audit::Error::Occupied { folder: self.out.display().to_string() };
        match rationale::whole::WholeFolder::begin(&self.out, self.existing()) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(occupied().into()),
            Err(error) => Err(error).with_context(|| format!("`{}` cannot be written", self.out.display())),
        }
    }
}

/// What to do about a category that did not occur in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Unseen {
    /// Fail, naming it.
    Refuse,
    /// Take it for missing.
    Missing,
}

/// A model file, its encoder set up as asked.
fn read_model(path: &Path, unseen: Unseen) -> anyhow::Result<ScoringModel> {
    let model = ScoringModel::read(path)?;
    let encoder: Encoder = model.encoder().clone().with_unseen(match unseen {
        Unseen::Refuse => UnseenCategory::Refuse,
        Unseen::Missing => UnseenCategory::Missing,
    });
    Ok(model.with_encoder(encoder)?)
}

/// Prints unless the user asked for quiet.
fn say(common: &Common, text: &str) {
    if !common.quiet {
        println!("{}", text.trim_end());
    }
}
