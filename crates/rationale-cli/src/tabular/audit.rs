//! `rationale audit`: the credit audit.

mod drift;
mod init;
pub(super) mod program;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rationale::audit::{Configuration, Findings, ProtectedColumn};

use super::scored::Program;
use super::{Folder, Unseen, say, summary};
use crate::arguments::Common;
use crate::bar::Bar;
use crate::failure::Usage;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    /// The model file, recognised by its content; `-` where --predict-command asks a program.
    model: Option<String>,
    /// The applicants: CSV or Parquet.
    applicants: Option<String>,
    /// An `audit.toml`, which says all that the options below say; options override it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    program: Program,
    /// The names of the model's features in order, for a file that names none: A,B,C; of the columns that a program is sent
    /// (all but label, id and protected ones where not given).
    #[arg(long, value_name = "A,B,..", value_delimiter = ',')]
    feature_names: Option<Vec<String>>,
    /// What to do about a category that did not occur in training; refuse where not given.
    #[arg(long, value_enum)]
    unseen: Option<Unseen>,
    /// The column with what happened; decisions are compared with it.
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// The favourable value of the label, and the name of the output that is the score if the model has one called so.
    #[arg(long, value_name = "VALUE")]
    favourable: Option<String>,
    /// The output that is the score, where --favourable does not name it.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// Approve from this score on.
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true, conflicts_with = "approve_rate", value_parser = finite)]
    cut_off: Option<f64>,
    /// Approve this share of the applicants, such as 0.7.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    approve_rate: Option<f64>,
    /// Lower scores are favourable: approve from the cut-off downwards.
    #[arg(long)]
    lower_is_favourable: bool,
    /// Compare each applicant with `approved` or `all` applicants of this table, those `just-above` the cut-off (a tenth of
    /// the approved; just-above:0.2 for a fifth), or the rows of a file; approved where not given.
    #[arg(long, value_name = "approved|just-above|all|FILE")]
    reference: Option<String>,
    /// Take at most so many rows of the reference, drawn at random; 10000 where not given.
    #[arg(long, value_name = "N")]
    reference_rows: Option<usize>,
    /// The reference is the whole population: there are no intervals.
    #[arg(long)]
    census: bool,
    /// The reasons: a TOML file of codes, groups of columns and sentences, or hmda, or consumer-credit. Without it each
    /// column is a reason.
    #[arg(long, value_name = "FILE")]
    catalogue: Option<String>,
    /// The code of a column's reason, such as income=C08; may be given several times.
    #[arg(long, value_name = "COLUMN=CODE", value_parser = pair)]
    reason: Vec<(String, String)>,
    /// A template of letters, in place of the catalogue's.
    #[arg(long, value_name = "FILE")]
    letter: Option<String>,
    /// Other fits of the model, to show what refitting does to the reasons.
    #[arg(long, value_name = "MODEL", num_args = 1..)]
    refits: Vec<String>,
    /// What applicants are called in the results: a column of names; their row, counted from 0, where not given.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Compare the groups of this column; may be given several times. The model need not know it.
    #[arg(long, value_name = "COLUMN")]
    protected: Vec<String>,
    /// Where the bands of a protected column of numbers begin, such as age=25,60; quartiles where not given.
    #[arg(long, value_name = "COLUMN=A,B,..", value_parser = bands)]
    bands: Vec<Bands>,
    /// The folder of the audit before this one: this one's manifest is chained to it.
    #[arg(long, value_name = "DIR")]
    previous: Option<String>,
    /// Sign the manifest with the Ed25519 key in this file: 64 hexadecimal digits.
    #[arg(long, value_name = "FILE")]
    signing_key: Option<String>,
    /// The folder to write, whole or not at all.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the folder if it is there and not empty.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write a commented audit.toml from a model and a table, to begin with.
    Init(init::Arguments),
    /// Compare two portfolios: inputs, scores, attributions; exit code 1 where a limit is exceeded.
    Drift(drift::Arguments),
}

#[derive(Debug, Clone)]
struct Bands {
    column: String,
    edges: Vec<f64>,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    match &arguments.task {
        Some(Task::Init(arguments)) => init::execute(arguments, common),
        Some(Task::Drift(arguments)) => drift::execute(arguments, common),
        None => audit(arguments, common),
    }
}

fn audit(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let Some(out) = arguments.out.clone() else {
        return Err(Usage::new("--out DIR: where shall the audit go?").into());
    };
    let protected = arguments.protected()?;
    if let Some(model) = &arguments.model {
        arguments.program.is_given(model.as_ref())?;
    }
    let read = arguments.config.as_deref().map(Configuration::read).transpose()?.unwrap_or_default();
    let configuration = arguments.over(&read, protected, common);
    check(&configuration)?;
    let folder = Folder { out, force: arguments.force };
    folder.check()?;
    let findings = found(&arguments.program, &configuration, common);
    let findings = findings.map_err(|error| located(error, arguments.config.as_deref()))?;
    findings.write_bundle(&folder.out, folder.existing(), &configuration, |_| Ok(()))?;
    say(common, &summary::of(&findings, &folder.out, common)?)
}

/// Decides and explains. The table is gone when what was found is written, for both may not fit.
fn found(program: &Program, configuration: &Configuration, common: &Common) -> anyhow::Result<Findings> {
    let applicants;
    let audit = if configuration.predict_command.is_some() {
        applicants = configuration.table()?;
        let program = program.or(configuration);
        configuration.audit_of(program::start(&program, configuration, &applicants, common)?)?
    } else {
        let audit = configuration.audit()?;
        applicants = configuration.table()?;
        audit
    };
    audit.model().source().notes.iter().for_each(|note| tracing::info!("the model: {note}"));
    audit.decide(&applicants)?.explain_with_bar(common)
}

/// With the line of the configuration that is wrong, where it states what is.
fn located(error: anyhow::Error, file: Option<&Path>) -> anyhow::Error {
    match (error.downcast::<rationale::audit::Error>(), file) {
        (Ok(error), Some(file)) => error.located(file).into(),
        (Ok(error), None) => error.into(),
        (Err(error), _) => error,
    }
}

/// Explains behind a progress bar.
pub(super) trait WithBar {
    fn explain_with_bar(self, common: &Common) -> anyhow::Result<rationale::audit::Findings>;
}

impl WithBar for rationale::audit::Decided<'_> {
    fn explain_with_bar(self, common: &Common) -> anyhow::Result<rationale::audit::Findings> {
        let bar = Bar::new("explaining", self.n_units(), common);
        Ok(self.explain(&bar)?)
    }
}

/// What only file and options together can lack.
fn check(configuration: &Configuration) -> Result<(), Usage> {
    let has_model = configuration.model.is_some() || configuration.predict_command.is_some();
    if !has_model || configuration.data.is_none() {
        return Err(Usage::new(
            "a model and a table of applicants are needed: MODEL APPLICANTS, or a --config that names them",
        ));
    }
    if configuration.label.is_some() && configuration.favourable.is_none() {
        return Err(Usage::new("--label: say with --favourable VALUE which of its values is favourable"));
    }
    if configuration.lower_is_favourable && configuration.label.is_none() && configuration.output.is_none() {
        return Err(Usage::new(
            "--lower-is-favourable: --favourable names the score itself, and lower scores cannot be favourable then; name \
             the score with --output",
        ));
    }
    if configuration.cut_off.is_none() && configuration.approve_rate.is_none() {
        return Err(Usage::new(
            "who is approved must be stated: give --cut-off SCORE or --approve-rate SHARE (such as 0.7)",
        ));
    }
    Ok(())
}

impl Arguments {
    /// What was typed, over what a file says.
    fn over(&self, file: &Configuration, protected: Vec<ProtectedColumn>, common: &Common) -> Configuration {
        let rule = match (self.cut_off, self.approve_rate) {
            (None, None) => (file.cut_off, file.approve_rate),
            typed => typed,
        };
        let mut reason_columns = file.reason_columns.clone();
        reason_columns.extend(self.reason.iter().cloned());
        let or = |typed: &Option<String>, read: &Option<String>| typed.clone().or_else(|| read.clone());
        // A model file typed takes the place of a program in the file.
        let is_file = self.model.as_ref().is_some_and(|model| model != "-");
        let (predict_command, predict_format, predict_timeout) =
            if is_file { (None, None, None) } else { self.program.or(file).recorded() };
        let model = if predict_command.is_some() { None } else { or(&self.model, &file.model) };
        Configuration {
            model,
            predict_command,
            predict_format,
            predict_timeout,
            data: or(&self.applicants, &file.data),
            feature_names: self.feature_names.clone().unwrap_or_else(|| file.feature_names.clone()),
            unseen: self.unseen.map(|it| it.name().to_owned()).or_else(|| file.unseen.clone()),
            label: or(&self.label, &file.label),
            favourable: or(&self.favourable, &file.favourable),
            output: or(&self.output, &file.output),
            cut_off: rule.0,
            approve_rate: rule.1,
            lower_is_favourable: self.lower_is_favourable || file.lower_is_favourable,
            reference: or(&self.reference, &file.reference),
            reference_rows: self.reference_rows.or(file.reference_rows),
            census: self.census || file.census,
            catalogue: or(&self.catalogue, &file.catalogue),
            letter: or(&self.letter, &file.letter),
            refits: if self.refits.is_empty() { file.refits.clone() } else { self.refits.clone() },
            id: or(&self.id, &file.id),
            seed: if common.seed == 0 { file.seed } else { Some(common.seed) },
            previous: or(&self.previous, &file.previous),
            signing_key: or(&self.signing_key, &file.signing_key),
            protected: if protected.is_empty() { file.protected.clone() } else { protected },
            reason_columns,
            ..file.clone()
        }
    }

    fn protected(&self) -> Result<Vec<ProtectedColumn>, Usage> {
        if let Some(stray) = self.bands.iter().find(|bands| !self.protected.contains(&bands.column)) {
            let column = &stray.column;
            return Err(Usage::new(format!("--bands {column}=...: add --protected {column}")));
        }
        let columns: Vec<&String> = self.bands.iter().map(|bands| &bands.column).collect();
        for (what, columns) in [("--protected", self.protected.iter().collect()), ("--bands", columns)] {
            if let Some(column) = repeated(columns) {
                return Err(Usage::new(format!("{what} is given twice for `{column}`")));
            }
        }
        let edges = |column: &String| {
            let found = self.bands.iter().find(|bands| bands.column == *column);
            found.map(|bands| bands.edges.clone()).unwrap_or_default()
        };
        let one = |column: &String| ProtectedColumn { column: column.clone(), bands: edges(column) };
        Ok(self.protected.iter().map(one).collect())
    }
}

/// Fails where a file is there and nobody said to replace it.
fn check_new(path: &Path, force: bool) -> anyhow::Result<()> {
    if path.exists() && !force {
        anyhow::bail!(
            "`{}` is there already; nothing was written: choose another, or replace it with --force",
            path.display()
        );
    }
    Ok(())
}

fn repeated(mut names: Vec<&String>) -> Option<&String> {
    names.sort();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (column, code) = text.rsplit_once('=').ok_or("COLUMN=CODE is needed, such as income=C08")?;
    Ok((column.to_owned(), code.to_owned()))
}

fn finite(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| "a finite number is needed".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "a share above 0 and at most 1 is needed, such as 0.7".to_owned())
}

fn bands(text: &str) -> Result<Bands, String> {
    let (column, edges) = text.split_once('=').ok_or("COLUMN=A,B,.. is needed, such as age=25,60")?;
    let edges = edges.split(',').map(|edge| finite(edge.trim())).collect::<Result<Vec<f64>, _>>()?;
    if !edges.is_sorted_by(|a, b| a < b) {
        return Err("bands must ascend, as in age=25,60".to_owned());
    }
    Ok(Bands { column: column.to_owned(), edges })
}
