//! `rationale audit init`: a configuration to begin with.

use std::path::PathBuf;

use clap::Args;
use rationale::audit::{ScoringModel, template};
use rationale::tabular::Table;
use rationale::whole::write_file;

use super::check_new;
use crate::arguments::Common;
use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The model file.
    model: PathBuf,
    /// The applicants: CSV or Parquet.
    applicants: PathBuf,
    /// The file to write; paths in it are as they were given here.
    #[arg(long, value_name = "FILE", default_value = "audit.toml")]
    out: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    check_new(&arguments.out, arguments.force)?;
    let model = ScoringModel::read(&arguments.model)?;
    let table = Table::read(&arguments.applicants)?;
    let [model_path, table_path] =
        [&arguments.model, &arguments.applicants].map(|path| path.display().to_string());
    let text = template(&model_path, &model, &table_path, &table);
    write_file(&arguments.out, |out| out.write_all(text.as_bytes())).map_err(|source| {
        rationale::audit::Error::Write { path: arguments.out.display().to_string(), source }
    })?;
    let out = arguments.out.display();
    say(
        common,
        &format!(
            "Wrote {out}: say in it who is approved, then\n  rationale audit --config {out} --out audit"
        ),
    )
}
