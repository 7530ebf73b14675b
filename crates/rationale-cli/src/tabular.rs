//! Commands over tables and trees.

mod asked;
mod audit;
mod compare;
mod demo;
pub(crate) mod evaluate;
mod explain;
mod inspect;
mod judged;
mod methods;
#[cfg(feature = "networks")]
mod network;
mod players;
mod scored;
mod stream;
mod summary;
mod summary_page;
mod told;
mod verify;

use std::path::PathBuf;

pub(crate) use self::compare::Comparison;

use clap::{Args, Subcommand, ValueEnum};
use rationale::audit::ScoringModel;
use rationale::tabular::{Encoded, Encoder, Table, UnseenCategory};
use rationale::whole::Existing;

use crate::arguments::Common;
use crate::output::{note, say};

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
    /// Check an audit's files by their hashes, and recompute a sample.
    Verify(verify::Arguments),
}

pub(crate) fn execute(command: Command, common: &Common) -> anyhow::Result<()> {
    match command {
        Command::Demo(arguments) => demo::execute(&arguments, common),
        Command::Inspect(arguments) => inspect::execute(&arguments, common),
        Command::Tabular(arguments) => explain::execute(&arguments, common),
        Command::Audit(arguments) => audit::execute(&arguments, common),
        Command::Verify(arguments) => verify::execute(&arguments, common),
    }
}

pub(crate) fn compare(comparison: &Comparison, common: &Common) -> anyhow::Result<()> {
    compare::execute(comparison, common)
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
        Ok(rationale::audit::check_folder(&self.out, self.existing())?)
    }
}

/// A model file, and how its columns are found in a table.
#[derive(Debug, Args)]
struct Model {
    /// The model: a file of XGBoost, LightGBM, CatBoost, scikit-learn (skops or ONNX) or of this program, recognised by its content;
    /// for `tabular` an ONNX network too, or `-` where `tabular --predict-command` asks a program.
    model: PathBuf,
    /// The names of the model's features in order, for a file that names none: A,B,C.
    #[arg(long, value_name = "A,B,..", value_delimiter = ',')]
    feature_names: Option<Vec<String>>,
    /// What to do about a category that did not occur in training.
    #[arg(long, value_enum, default_value_t = Unseen::Refuse)]
    unseen: Unseen,
}

/// What to do about a category that did not occur in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Unseen {
    /// Fail, naming it.
    Refuse,
    /// Take it for missing.
    Missing,
}

impl Unseen {
    /// The word in configurations.
    fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Missing => "missing",
        }
    }
}

impl Model {
    fn unseen(&self) -> UnseenCategory {
        match self.unseen {
            Unseen::Refuse => UnseenCategory::Refuse,
            Unseen::Missing => UnseenCategory::Missing,
        }
    }

    /// Reads the file.
    fn read(&self) -> anyhow::Result<ScoringModel> {
        let mut model = ScoringModel::read(&self.model)?;
        if let Some(names) = &self.feature_names {
            model = model.with_feature_names(names)?;
        }
        let encoder = model.encoder().clone().with_unseen(self.unseen());
        model.source().notes.iter().for_each(|note| tracing::info!("{}: {note}", self.model.display()));
        Ok(model.with_encoder(encoder)?)
    }
}

/// The rows of a table for a model; says which columns it does not use.
fn encode(encoder: &Encoder, table: &Table, common: &Common) -> anyhow::Result<Encoded> {
    let encoded = encoder.encode(table)?;
    if !encoded.ignored.is_empty() {
        note(common, &format!("`{}`: the model does not use {}", table.name(), encoded.ignored.join(", ")));
    }
    Ok(encoded)
}
