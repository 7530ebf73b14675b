//! `rationale audit`: the credit audit.

use std::path::PathBuf;

use clap::Args;
use rationale::Seed;
use rationale::audit::{Audit, Catalogue, Direction, Label, Protected, Reference, Rule};
use rationale::tabular::Table;

use super::{Folder, Model, say, summary};
use crate::arguments::Common;
use crate::bar::Bar;
use crate::failure::Usage;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The applicants: CSV or Parquet.
    applicants: PathBuf,
    /// The column with what happened; decisions are compared with it.
    #[arg(long, value_name = "COLUMN", requires = "favourable")]
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
    /// Compare each applicant with `approved` or `all` applicants of this table, or with the rows of a file.
    #[arg(long, value_name = "approved|all|FILE", default_value = "approved")]
    reference: String,
    /// The reasons: a TOML file of codes, groups of columns and sentences. Without it each column is a reason.
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// What applicants are called in the results: a column of names; their row, counted from 0, where not given.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Compare the groups of this column; may be given several times. The model need not know it.
    #[arg(long, value_name = "COLUMN")]
    protected: Vec<String>,
    /// Where the bands of a protected column of numbers begin, such as age=25,60; quartiles where not given.
    #[arg(long, value_name = "COLUMN=A,B,..", value_parser = bands)]
    bands: Vec<Bands>,
    #[command(flatten)]
    folder: Folder,
}

#[derive(Debug, Clone)]
struct Bands {
    column: String,
    edges: Vec<f64>,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let rule = arguments.rule()?;
    let protected = arguments.protected()?;
    arguments.folder.check()?;
    let mut audit = Audit::new(arguments.model.read()?, rule)
        .with_direction(arguments.direction())
        .with_reference(arguments.reference()?)
        .with_protected(protected)
        .with_seed(Seed::new(common.seed));
    if let Some(id) = &arguments.id {
        audit = audit.with_id(id);
    }
    if let Some(path) = &arguments.catalogue {
        audit = audit.with_catalogue(Catalogue::read(path)?);
    }
    let applicants = Table::read(&arguments.applicants)?;
    if let (Some(column), Some(favourable)) = (&arguments.label, &arguments.favourable) {
        audit = audit.with_label(Label { column: column.clone(), favourable: favourable.clone() });
    }
    if let Some(output) =
        arguments.output.as_ref().or(arguments.favourable.as_ref().filter(|_| arguments.label.is_none()))
    {
        audit = audit.with_output(output);
    }
    let decided = audit.decide(&applicants)?;
    let findings = decided.explain_with_bar(common)?;
    findings.write(&arguments.folder.out, arguments.folder.existing())?;
    say(common, &summary::of(&findings, &arguments.folder.out, common)?)
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

impl Arguments {
    fn rule(&self) -> Result<Rule, Usage> {
        if self.lower_is_favourable && self.label.is_none() && self.output.is_none() {
            return Err(Usage::new(
                "--lower-is-favourable: --favourable names the score itself, and lower scores cannot be favourable then; name \
                 the score with --output",
            ));
        }
        match (self.cut_off, self.approve_rate) {
            (Some(cut_off), None) => Ok(Rule::CutOff(cut_off)),
            (None, Some(rate)) => Ok(Rule::ApproveRate(rate)),
            _ => Err(Usage::new(
                "who is approved must be stated: give --cut-off SCORE or --approve-rate SHARE (such as 0.7)",
            )),
        }
    }

    fn direction(&self) -> Direction {
        if self.lower_is_favourable { Direction::LowerIsFavourable } else { Direction::HigherIsFavourable }
    }

    fn reference(&self) -> anyhow::Result<Reference> {
        Ok(match self.reference.as_str() {
            "approved" => Reference::Approved,
            "all" => Reference::All,
            file => Reference::Rows(Box::new(Table::read(file.as_ref())?)),
        })
    }

    fn protected(&self) -> Result<Vec<Protected>, Usage> {
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
        Ok(self.protected.iter().map(|column| Protected::new(column).with_bands(edges(column))).collect())
    }
}

fn repeated(mut names: Vec<&String>) -> Option<&String> {
    names.sort();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
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
