//! `rationale tabular`: the rows of a table explained.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rationale::audit::ScoringModel;
use rationale::shapley::tree::{Engine, Error, Precision, RescaledTreeShap, TreeShap};
use rationale::tabular::{OutputFormat, Table, labels, write_attributions_of, write_interactions};
use rationale::{Attributions, Background, Explain, json, whole};

use super::asked::{Asked, Read, Scale};
use super::judged::Judged;
use super::methods::{Explained, Method};
use super::players::{By, Players};
use super::{say, stream, told};
use crate::arguments::Common;
use crate::bar::Bar;
use crate::evaluate::EvidenceAsked;
use crate::failure::Usage;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) asked: Asked,
    /// tree-shap: what an absent feature is; interventional with a background and path-dependent without, where not given.
    #[arg(long, value_enum)]
    perturbation: Option<Perturbation>,
    /// The column with what happened, for --scale rescaled-loss: numbers, or texts with --favourable.
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// The value of the label that counts as 1; all others count as 0.
    #[arg(long, value_name = "VALUE", requires = "label")]
    favourable: Option<String>,
    /// What computes tree-shap; the evidence names what did.
    #[arg(long, value_enum, default_value_t = EngineName::Auto)]
    pub(super) engine: EngineName,
    /// tree-shap in float64, or in float32 lanes: faster, with about six right digits.
    #[arg(long, value_enum, default_value_t = PrecisionName::Double)]
    pub(super) precision: PrecisionName,
    /// tree-shap: write [row, feature, feature, output]: how features work in pairs.
    #[arg(long)]
    pub(super) interactions: bool,
    /// How much is said about the explanations; full judges the first three rows by themselves.
    #[arg(long, value_enum, default_value_t = EvidenceAsked::Usual)]
    evidence: EvidenceAsked,
    /// The file to write: .parquet, .csv, .json, or .npy (float64 [row, feature, output]). With several methods each has
    /// a file of its own, such as values.lime.csv for values.csv.
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) stream: stream::PartByPart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Perturbation {
    /// Absent features go both ways at a split, in proportion to the training rows.
    PathDependent,
    /// Absent features are filled from the background.
    Interventional,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineName {
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
pub(super) enum PrecisionName {
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

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    arguments.check()?;
    arguments.check_out()?;
    let format = OutputFormat::from_path(&arguments.out)?;
    let is_streamed = arguments.stream.is_asked(&arguments.asked.data, format);
    if is_streamed && arguments.evidence.is_full() {
        return Err(
            Usage::new("--evidence full judges rows of a table in memory: choose some by --rows").into()
        );
    }
    if is_streamed {
        return stream::execute(arguments, format, common);
    }
    let read = arguments.asked.read(common)?;
    if arguments.interactions {
        return arguments.interactions(&read, format, common);
    }
    let methods = &arguments.asked.method;
    let asks = methods.iter().any(|method| *method != Method::TreeShap) || arguments.evidence.is_full();
    let question = asks.then(|| arguments.asked.question(&read, common)).transpose()?;
    let mut told = Vec::new();
    for method in methods {
        let mut explained = match &question {
            Some(question) if *method != Method::TreeShap => read.explain(question, *method)?,
            _ => arguments.by_trees(&read, common)?.into(),
        };
        let judged = match &question {
            Some(question) if arguments.evidence.is_full() => {
                Some(Judged::of(*method, &arguments.asked, (&read, question), common)?)
            }
            _ => None,
        };
        if let Some(judged) = &judged {
            judged.told(&mut explained);
        }
        told.push(arguments.write(&explained, judged.as_ref(), *method, &read, format, common)?);
    }
    say(common, &told.join("\n"))
}

impl Arguments {
    fn check(&self) -> Result<(), Usage> {
        self.asked.check()?;
        let has_background = self.asked.background.is_some();
        let has_trees = self.asked.method.contains(&Method::TreeShap);
        let refuse = |message: &str| Err(Usage::new(message));
        let is_of_trees = self.perturbation.is_some()
            || self.interactions
            || self.engine != EngineName::Auto
            || self.precision != PrecisionName::Double;
        if is_of_trees && !has_trees {
            return refuse(
                "--perturbation, --engine, --precision and --interactions go with --method tree-shap",
            );
        }
        if self.interactions && self.asked.method.len() > 1 {
            return refuse("--interactions: give --method tree-shap alone");
        }
        match self.perturbation {
            Some(Perturbation::Interventional) if !has_background => {
                return refuse("--perturbation interventional needs --background FILE");
            }
            Some(Perturbation::PathDependent) if has_background => {
                return refuse("--perturbation path-dependent uses no background: leave --background out");
            }
            _ => {}
        }
        let scale = self.asked.scale;
        let is_rescaled = matches!(scale, Scale::RescaledProbability | Scale::RescaledLoss);
        if self.evidence.is_full() && (is_rescaled || self.interactions) {
            return refuse(
                "--evidence full judges values of the margin or the prediction: leave --scale and --interactions out",
            );
        }
        if matches!(scale, Scale::RescaledProbability | Scale::RescaledLoss) && !has_background {
            return refuse("--scale rescaled-probability and rescaled-loss need --background FILE");
        }
        if (scale == Scale::RescaledLoss) != self.label.is_some() {
            return refuse("--scale rescaled-loss and --label COLUMN go together");
        }
        if self.interactions && (scale != Scale::Margin || !self.asked.is_by_feature()) {
            return refuse(
                "--interactions are of the margin and of the model's features: leave --scale, --by and --group out",
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
        let is_input = |input: &&Path| {
            self.out.canonicalize().is_ok_and(|out| input.canonicalize().is_ok_and(|input| input == out))
        };
        match self.asked.inputs().find(is_input) {
            Some(_) => {
                anyhow::bail!("`{out}` is one of the files to read; choose another name for the result")
            }
            None => Ok(()),
        }
    }

    /// Shapley values of trees.
    fn by_trees(&self, read: &Read, common: &Common) -> anyhow::Result<Attributions> {
        let (model, background) = self.asked.of_trees(read)?;
        let explainer = self.explainer(model, background.as_ref(), &read.table)?;
        let bar = Bar::new("tree-shap", read.rows.nrows() as u64, common);
        let explained = explainer.explain(read.rows.view(), &bar)?;
        in_shape(explained, read.target, &read.players, model)
    }

    fn interactions(&self, read: &Read, format: OutputFormat, common: &Common) -> anyhow::Result<()> {
        let (model, background) = self.asked.of_trees(read)?;
        let explainer = self.tree_shap(model, background.as_ref())?;
        let bar = Bar::new("tree-shap", read.rows.nrows() as u64, common);
        let pairs = explainer.interactions(read.rows.view(), &bar)?;
        drop(bar);
        let pairs = match read.target {
            Some(output) => pairs.select_output(output)?,
            None => pairs,
        };
        let (summed, out) = (pairs.summed(), &self.out);
        write_interactions(pairs.values(), summed.feature_names(), summed.output_names(), out, format)?;
        write_beside(out, "evidence.json", &json::evidence(summed))?;
        let told = if common.json {
            json::evidence(summed)
        } else {
            told::of(Method::TreeShap, summed, &read.numbers, &[])?
        };
        say(common, &[told, told::wrote(out)].join("\n"))
    }

    /// Writes one method's values with their evidence, and gives what to tell.
    fn write(
        &self,
        explained: &Explained,
        judged: Option<&Judged>,
        method: Method,
        read: &Read,
        format: OutputFormat,
        common: &Common,
    ) -> anyhow::Result<String> {
        let out = self.out_of(method);
        let attributions = &explained.attributions;
        write_attributions_of(attributions, &read.numbers, &out, format)?;
        let evidence = evidence(attributions, judged);
        if format != OutputFormat::Json || judged.is_some() {
            write_beside(&out, "evidence.json", &evidence)?;
        }
        if let Some(details) = &explained.details {
            write_beside(&out, "local-models.json", &format!("{details}\n"))?;
        }
        if common.json {
            return Ok(evidence);
        }
        Ok([told::of(method, attributions, &read.numbers, &explained.remarks)?, told::wrote(&out)].join("\n"))
    }

    /// The file of one method.
    fn out_of(&self, method: Method) -> PathBuf {
        let suffix = self.out.extension().unwrap_or_default().to_string_lossy();
        match self.asked.method.len() {
            1 => self.out.clone(),
            _ => self.out.with_extension(format!("{}.{suffix}", method.name())),
        }
    }

    fn explainer(
        &self,
        model: &ScoringModel,
        background: Option<&Background>,
        table: &Table,
    ) -> anyhow::Result<Box<dyn Explain>> {
        let trees = model.trees();
        Ok(match (self.asked.scale, background) {
            (Scale::RescaledProbability, Some(background)) => {
                Box::new(RescaledTreeShap::new(trees, background)?)
            }
            (Scale::RescaledLoss, Some(background)) => {
                Box::new(RescaledTreeShap::loss(trees, background, self.labels(table)?)?)
            }
            _ => Box::new(self.tree_shap(model, background)?),
        })
    }

    pub(super) fn tree_shap(
        &self,
        model: &ScoringModel,
        background: Option<&Background>,
    ) -> anyhow::Result<TreeShap> {
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
}

pub(super) fn tree_shap(model: &ScoringModel, background: Option<&Background>) -> anyhow::Result<TreeShap> {
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

pub(super) fn in_shape(
    explained: Attributions,
    target: Option<usize>,
    players: &Players,
    model: &ScoringModel,
) -> anyhow::Result<Attributions> {
    let explained = match target {
        Some(output) => explained.select_output(output)?,
        None => explained,
    };
    if players.by == By::Feature {
        return Ok(explained);
    }
    Ok(explained.grouped(&players.of(model.encoder())?)?)
}

/// The evidence of values, with what the model itself says of them where that was asked for.
fn evidence(attributions: &Attributions, judged: Option<&Judged>) -> String {
    let text = json::evidence(attributions);
    let Some(judged) = judged else { return text };
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    value["full"] = judged.document();
    format!("{value:#}\n")
}

/// A text beside the values.
fn write_beside(values: &Path, suffix: &str, text: &str) -> anyhow::Result<()> {
    let beside = values.with_extension(suffix);
    let written: std::io::Result<()> = whole::write_file(&beside, |out| out.write_all(text.as_bytes()));
    written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", beside.display()))
}
