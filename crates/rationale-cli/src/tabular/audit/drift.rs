//! `rationale audit drift`: two portfolios compared.

use std::path::PathBuf;

use clap::Args;
use rationale::Seed;
use rationale::audit::{Configuration, Drift, DriftLimits, ScoringModel, n_explained};
use rationale::report::number;
use rationale::tabular::Table;

use crate::arguments::Common;
use crate::bar::Bar;
use crate::output::say;
use crate::tabular::Folder;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The model file.
    model: PathBuf,
    /// The earlier portfolio: CSV or Parquet.
    before: PathBuf,
    /// The later one.
    after: PathBuf,
    /// The output that is the score, where the model has several.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// An `audit.toml`, whose output and limits are taken; options override it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The limit of the population stability index beyond chance; 0.2 where not given.
    #[arg(long, value_name = "X")]
    psi: Option<f64>,
    /// The limit of Wasserstein's distance in standard deviations; 0.25 where not given.
    #[arg(long, value_name = "X")]
    wasserstein: Option<f64>,
    #[command(flatten)]
    folder: Folder,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    arguments.folder.check()?;
    let read = arguments.config.as_deref().map(Configuration::read).transpose()?.unwrap_or_default();
    let limits = DriftLimits {
        psi: arguments.psi.or(read.drift.psi),
        wasserstein: arguments.wasserstein.or(read.drift.wasserstein),
    };
    let output = arguments.output.as_deref().or(read.output.as_deref()).or(read.favourable.as_deref());
    let model = ScoringModel::read(&arguments.model)?.into();
    let (before, after) = (Table::read(&arguments.before)?, Table::read(&arguments.after)?);
    let bar = Bar::new("explaining", n_explained(&before, &after), common);
    let seed = Seed::new(common.seed);
    let drift = Drift::new(&model, output, [&before, &after], limits, seed, &bar)?;
    drop(bar);
    drift.write(&arguments.folder.out, arguments.folder.existing())?;
    say(common, &if common.json { drift.to_json()? } else { told(&drift, arguments) })?;
    match drift.exceeded().count() {
        0 => Ok(()),
        n => anyhow::bail!("{n} of {} exceed a limit", drift.found.len()),
    }
}

fn told(drift: &Drift, arguments: &Arguments) -> String {
    let ([before, after], [n_before, n_after]) = (&drift.files, drift.n_rows);
    let mut lines = vec![format!("Compared {n_after} applicants of {after} with {n_before} of {before}")];
    lines.extend(drift.exceeded().map(|it| {
        let distance = it
            .wasserstein
            .map_or_else(String::new, |distance| format!(", Wasserstein {} SD", number(distance)));
        let (psi, chance) = (number(it.psi), number(it.chance));
        format!("  {:?} {}: PSI {psi} ({chance} by chance){distance}", it.what, it.column)
    }));
    let out = &arguments.folder.out;
    lines.push(format!("Wrote {}: open {}", out.display(), out.join("index.html").display()));
    lines.join("\n")
}
