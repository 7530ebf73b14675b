//! `rationale tabular`: the rows of a table explained.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rationale::audit::ScoringModel;
use rationale::shapley::tree::{Engine, Error, Precision, RescaledTreeShap, TreeShap};
use rationale::tabular::{OutputFormat, Table, labels, write_attributions, write_interactions};
use rationale::{Attributions, Background, Explain, FeatureGroups, json, whole};

use super::{Model, encode, say};
use crate::arguments::Common;
use crate::bar::Bar;
use crate::failure::Usage;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The rows to explain: CSV or Parquet.
    data: PathBuf,
    /// How to explain.
    #[arg(long, value_enum)]
    method: Method,
    /// Compare with the rows of this file; makes tree-shap interventional.
    #[arg(long, value_name = "FILE")]
    background: Option<PathBuf>,
    /// What an absent feature is; interventional with a background and path-dependent without, where not given.
    #[arg(long, value_enum)]
    perturbation: Option<Perturbation>,
    /// Explain the margin, or (approximately, with a background) the probability or the loss as shap rescales them.
    #[arg(long, value_enum, default_value_t = Scale::Margin)]
    scale: Scale,
    /// The column with what happened, for --scale rescaled-loss: numbers, or texts with --favourable.
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// The value of the label that counts as 1; all others count as 0.
    #[arg(long, value_name = "VALUE", requires = "label")]
    favourable: Option<String>,
    /// What computes tree-shap; the evidence names what did.
    #[arg(long, value_enum, default_value_t = EngineName::Auto)]
    engine: EngineName,
    /// float64, or float32 lanes: faster, with about six right digits.
    #[arg(long, value_enum, default_value_t = PrecisionName::Double)]
    precision: PrecisionName,
    /// Write [row, feature, feature, output]: how features work in pairs.
    #[arg(long)]
    interactions: bool,
    /// One output only, by its name or its number counted from 0; all where not given.
    #[arg(long, value_name = "K|NAME")]
    target: Option<String>,
    /// One value a feature of the model, or one a column of the table with all its categories summed.
    #[arg(long, value_enum, default_value_t = By::Feature)]
    by: By,
    /// Count the cover of the trees' nodes from the rows of this file, for a model that has none or by choice.
    #[arg(long, value_name = "FILE")]
    cover: Option<PathBuf>,
    /// The file to write: .parquet, .csv, .json, or .npy (float64 [row, feature, output]).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Exact Shapley values of trees.
    TreeShap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Perturbation {
    /// Absent features go both ways at a split, in proportion to the training rows.
    PathDependent,
    /// Absent features are filled from the background.
    Interventional,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scale {
    /// What trees add up to.
    Margin,
    /// The probability, by rescaling the margin's values pair by pair.
    RescaledProbability,
    /// The loss against --label, by rescaling the margin's values pair by pair.
    RescaledLoss,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    /// The one that is likely to be fastest for the model and the number of rows.
    Auto,
    /// One pattern look-up a row and leaf: the reference.
    Plain,
    /// Many rows at once walk each tree.
    RowSimd,
    /// Tables of what each pattern of satisfied splits gives.
    PatternTables,
}

impl EngineName {
    fn engine(self) -> Engine {
        match self {
            Self::Auto => Engine::Auto,
            Self::Plain => Engine::Plain,
            Self::RowSimd => Engine::RowSimd,
            Self::PatternTables => Engine::PatternTables,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrecisionName {
    /// float64.
    Double,
    /// float32, folded into float64.
    Single,
}

impl PrecisionName {
    fn precision(self) -> Precision {
        match self {
            Self::Double => Precision::Double,
            Self::Single => Precision::Single,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// As the model numbers them.
    Feature,
    /// As the table names them.
    Column,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    arguments.check()?;
    arguments.check_out()?;
    let Method::TreeShap = arguments.method;
    let format = OutputFormat::from_path(&arguments.out)?;
    let model = arguments.model()?;
    let table = Table::read(&arguments.data)?;
    let rows = encode(&model, &table, common)?.rows;
    let background = arguments.background(&model)?;
    let target = arguments.target.as_deref().map(|target| output(&model, target)).transpose()?;
    let bar = Bar::new("explaining", rows.nrows() as u64, common);
    let explained = if arguments.interactions {
        let pairs = arguments.tree_shap(&model, background.as_ref())?.interactions(rows.view(), &bar)?;
        let pairs = match target {
            Some(output) => pairs.select_output(output)?,
            None => pairs,
        };
        let (summed, out) = (pairs.summed(), &arguments.out);
        write_interactions(pairs.values(), summed.feature_names(), summed.output_names(), out, format)?;
        summed.clone()
    } else {
        let explainer = arguments.explainer(&model, background.as_ref(), &table)?;
        let explained = explainer.explain(rows.view(), &bar)?;
        let explained = in_shape(explained, target, arguments.by, &model)?;
        write_attributions(&explained, &arguments.out, format)?;
        explained
    };
    drop(bar);
    write_evidence(&explained, &arguments.out, format, arguments.interactions)?;
    report(&explained, &arguments.out, common)
}

impl Arguments {
    fn check(&self) -> Result<(), Usage> {
        let has_background = self.background.is_some();
        let refuse = |message: &str| Err(Usage::new(message));
        match self.perturbation {
            Some(Perturbation::Interventional) if !has_background => {
                return refuse("--perturbation interventional needs --background FILE");
            }
            Some(Perturbation::PathDependent) if has_background => {
                return refuse("--perturbation path-dependent uses no background: leave --background out");
            }
            _ => {}
        }
        if self.scale != Scale::Margin && !has_background {
            return refuse("--scale rescaled-probability and rescaled-loss need --background FILE");
        }
        if (self.scale == Scale::RescaledLoss) != self.label.is_some() {
            return refuse("--scale rescaled-loss and --label COLUMN go together");
        }
        if self.interactions && (self.scale != Scale::Margin || self.by != By::Feature) {
            return refuse(
                "--interactions are of the margin and of the model's features: leave --scale and --by out",
            );
        }
        Ok(())
    }

    /// Before the long work: the result has a place, and that is none of what it is made from.
    fn check_out(&self) -> anyhow::Result<()> {
        let out = self.out.display();
        let folder = self.out.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            anyhow::bail!("`{out}`: there is no such folder; make it first");
        }
        if self.out.is_dir() {
            anyhow::bail!("`{out}` is a folder; the name of a file is needed");
        }
        let inputs =
            [Some(&self.model.model), Some(&self.data), self.background.as_ref(), self.cover.as_ref()];
        let is_input = |input: &&PathBuf| {
            self.out.canonicalize().is_ok_and(|out| input.canonicalize().is_ok_and(|input| input == out))
        };
        match inputs.into_iter().flatten().find(is_input) {
            Some(_) => {
                anyhow::bail!("`{out}` is one of the files to read; choose another name for the result")
            }
            None => Ok(()),
        }
    }

    fn model(&self) -> anyhow::Result<ScoringModel> {
        let model = self.model.read()?;
        let Some(path) = &self.cover else { return Ok(model) };
        Ok(model.with_cover(&Table::read(path)?)?)
    }

    fn explainer(
        &self,
        model: &ScoringModel,
        background: Option<&Background>,
        table: &Table,
    ) -> anyhow::Result<Box<dyn Explain>> {
        let trees = model.trees();
        Ok(match (self.scale, background) {
            (Scale::RescaledProbability, Some(background)) => {
                Box::new(RescaledTreeShap::new(trees, background)?)
            }
            (Scale::RescaledLoss, Some(background)) => {
                Box::new(RescaledTreeShap::loss(trees, background, self.labels(table)?)?)
            }
            _ => Box::new(self.tree_shap(model, background)?),
        })
    }

    fn tree_shap(&self, model: &ScoringModel, background: Option<&Background>) -> anyhow::Result<TreeShap> {
        let explainer = tree_shap(model, background)?;
        Ok(explainer.with_engine(self.engine.engine()).with_precision(self.precision.precision()))
    }

    /// What happened, row by row, as numbers.
    fn labels(&self, table: &Table) -> anyhow::Result<Vec<f64>> {
        let column = self.label.as_deref().unwrap_or_default();
        if let Some(favourable) = &self.favourable {
            let labels = labels(table, column, favourable)?;
            return Ok(labels.into_iter().map(|is| f64::from(u8::from(is))).collect());
        }
        match table.column(column)?.numbers() {
            Some(numbers) if numbers.iter().all(|number| number.is_finite()) => Ok(numbers.to_vec()),
            Some(_) => anyhow::bail!(
                "`{}`, column `{column}`: a label is missing; every row needs one",
                table.name()
            ),
            None => anyhow::bail!(
                "`{}`, column `{column}` holds texts; say with --favourable which one counts as 1",
                table.name()
            ),
        }
    }

    fn background(&self, model: &ScoringModel) -> anyhow::Result<Option<Background>> {
        let Some(path) = &self.background else { return Ok(None) };
        let rows = model.encoder().encode(&Table::read(path)?)?.rows;
        Ok(Some(Background::new(rows)?))
    }
}

fn tree_shap(model: &ScoringModel, background: Option<&Background>) -> anyhow::Result<TreeShap> {
    let explainer = match background {
        Some(background) => TreeShap::interventional(model.trees(), background),
        None => TreeShap::path_dependent(model.trees()),
    };
    explainer.map_err(|error| match error {
        Error::NoCover => anyhow::anyhow!(
            "the model has no cover (how many training rows came through each node), which path-dependent values need; \
             count it from training rows with --cover FILE, or compare with the rows of --background FILE"
        ),
        other => other.into(),
    })
}

/// An output by its name, or else by its number.
pub(super) fn output(model: &ScoringModel, target: &str) -> anyhow::Result<usize> {
    let names = model.trees().output_names();
    if let Some(place) = names.iter().position(|name| name == target) {
        return Ok(place);
    }
    match target.parse() {
        Ok(place) if place < names.len() => Ok(place),
        _ => Ok(model.output(Some(target), None)?),
    }
}

fn in_shape(
    explained: Attributions,
    target: Option<usize>,
    by: By,
    model: &ScoringModel,
) -> anyhow::Result<Attributions> {
    let explained = match target {
        Some(output) => explained.select_output(output)?,
        None => explained,
    };
    if by == By::Feature {
        return Ok(explained);
    }
    let groups = FeatureGroups::new(model.encoder().groups(), model.encoder().feature_names())?;
    Ok(explained.grouped(&groups)?)
}

/// The evidence beside the file; JSON of attributions has it inside.
fn write_evidence(
    explained: &Attributions,
    path: &Path,
    format: OutputFormat,
    interactions: bool,
) -> anyhow::Result<()> {
    if format == OutputFormat::Json && !interactions {
        return Ok(());
    }
    let (beside, text) = (path.with_extension("evidence.json"), json::evidence(explained));
    let written: std::io::Result<()> = whole::write_file(&beside, |out| out.write_all(text.as_bytes()));
    written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", beside.display()))
}

fn report(explained: &Attributions, path: &Path, common: &Common) -> anyhow::Result<()> {
    let text = if common.json {
        json::evidence(explained)
    } else {
        format!(
            "Explained {} rows, {} features, outputs {} (largest gap {:.0e}; {}); wrote {}",
            explained.n_rows(),
            explained.n_features(),
            explained.output_names().join(", "),
            explained.completeness_gap(),
            explained.evidence().baseline.as_deref().unwrap_or("no baseline"),
            path.display()
        )
    };
    say(common, &text)
}
