//! `rationale tabular` from Parquet to Parquet, in constant memory: read, explained and written at once, part by part.

use std::path::Path;

use clap::Args;
use ndarray::{Array2, Array4, Axis, Slice};
use rationale::audit::ScoringModel;
use rationale::shapley::tree::{RescaledTreeShap, TreeShap};
use rationale::tabular::{
    Column, Finished, Leftover, OutputFormat, Part, Parts, Source, Table, attribution_columns, stream,
};
use rationale::{Attributions, Background, Explain, Hasher, Seed, Silent, Summary, json, whole};
use serde_json::{Value, json};

use super::asked::Scale;
use super::methods::Method;
use super::players::Players;
use super::{explain, note, say, summary_page};
use crate::arguments::Common;
use crate::bar::Bar;
use crate::failure::Usage;

/// Rows a part, where their values take no more than [`PART_BYTES`].
const PART_ROWS: usize = 65_536;
const PART_BYTES: usize = 64 << 20;
/// Larger files are explained part by part without being told to.
const LARGE_BYTES: u64 = 64 << 20;
/// Interactions of the sample are taken so many rows at a time.
const PAIR_ROWS: usize = 64;

/// What belongs to explaining part by part.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Part by part (large files, folders, or one of these options; --out F.parquet)"
)]
pub(super) struct PartByPart {
    /// Hand this column of the data through, beside the values; may stand several times.
    #[arg(long, value_name = "COLUMN")]
    keep: Vec<String>,
    /// Write the names and values of the K features with the largest |value| instead of all.
    #[arg(long, value_name = "K")]
    top: Option<usize>,
    /// Go on with a run that was cut off, from the parts in OUT.parts; the result has the same bytes as without the cut.
    #[arg(long)]
    resume: bool,
    /// Rows a part, and a row group of the result; 65536 where not given, fewer for models with many outputs.
    #[arg(long, value_name = "N")]
    part_rows: Option<usize>,
    /// Rows of the sample in OUT.summary.json and OUT.summary.html; 1000 where not given.
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// Put the mean |interaction| of each pair of features over the sample into OUT.summary.json and OUT.summary.html.
    #[arg(long)]
    interaction_strength: bool,
}

impl PartByPart {
    /// Whether the options or the data ask for it.
    pub(super) fn is_asked(&self, data: &Path, format: OutputFormat) -> bool {
        let by_option = !self.keep.is_empty()
            || self.top.is_some()
            || self.resume
            || self.interaction_strength
            || self.part_rows.is_some()
            || self.sample.is_some();
        let is_large = std::fs::metadata(data).is_ok_and(|found| found.len() > LARGE_BYTES);
        let is_many = data.is_dir() || (!data.exists() && data.to_string_lossy().contains(['*', '?', '[']));
        by_option || is_many || (is_large && format == OutputFormat::Parquet)
    }

    fn part_rows(&self, model: &ScoringModel) -> usize {
        let row_bytes = 8 * model.trees().n_features() * model.trees().n_outputs();
        self.part_rows.unwrap_or_else(|| (PART_BYTES / row_bytes.max(1)).clamp(256, PART_ROWS))
    }
}

pub(super) fn execute(
    arguments: &explain::Arguments,
    format: OutputFormat,
    common: &Common,
) -> anyhow::Result<()> {
    check(arguments, format)?;
    let model = &arguments.asked.trees()?;
    let source = open(arguments, model)?;
    if !source.ignored().is_empty() {
        let ignored = source.ignored().join(", ");
        note(common, &format!("`{}`: the model does not use {ignored}", arguments.asked.data.display()));
    }
    let job = Job::new(arguments, model, &source, common)?;
    let leftover = if arguments.stream.resume { Leftover::Resume } else { Leftover::Refuse };
    let parts = Parts::begin(&arguments.out, source.parts().len(), &job.description(), leftover)?;
    let bar = Bar::rows("explaining", source.n_rows(), common);
    stream(
        &source,
        &parts,
        &bar,
        |_, table| job.prepare(table),
        |_, input| job.explain(input),
        |part, explained| job.finish(part, &explained),
    )?;
    drop(bar);
    let ended = job.end(&parts)?;
    parts.join()?;
    report(&ended, arguments, common)
}

fn check(arguments: &explain::Arguments, format: OutputFormat) -> anyhow::Result<()> {
    let refuse = |message: &str| Err(Usage::new(message).into());
    if format != OutputFormat::Parquet {
        return refuse(
            "--keep, --top, --resume, --part-rows, --sample, --interaction-strength, folders and patterns need an --out that \
             ends in .parquet",
        );
    }
    if arguments.asked.method != [Method::TreeShap] || arguments.asked.rows.is_some() {
        return refuse(
            "--keep, --top, --resume, --part-rows, --sample, --interaction-strength, folders, patterns and files above 64 MiB \
             go with --method tree-shap alone and without --rows",
        );
    }
    if arguments.interactions || arguments.asked.scale == Scale::RescaledLoss {
        return refuse(
            "--interactions and --scale rescaled-loss are not made part by part: leave out --keep, --top, --resume, \
             --part-rows and --sample, and give one file of up to 64 MiB",
        );
    }
    if arguments.stream.top == Some(0) || arguments.stream.part_rows == Some(0) {
        return refuse("--top and --part-rows need 1 or more");
    }
    if arguments.stream.interaction_strength && arguments.asked.scale != Scale::Margin {
        return refuse("--interaction-strength is of the margin: leave --scale out");
    }
    Ok(())
}

fn open(arguments: &explain::Arguments, model: &ScoringModel) -> anyhow::Result<Source> {
    let fields = model.encoder().schema().names();
    let mut columns: Vec<String> = fields.iter().map(|name| (*name).to_owned()).collect();
    for name in &arguments.stream.keep {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    Ok(Source::open(&arguments.asked.data, &columns, arguments.stream.part_rows(model))?)
}

/// All that a part needs to be explained.
struct Job<'a> {
    arguments: &'a explain::Arguments,
    model: &'a ScoringModel,
    background: Option<Background>,
    explainer: Box<dyn Explain>,
    target: Option<usize>,
    players: Players,
    n_rows: u64,
    part_rows: usize,
    data: String,
    seed: u64,
}

/// A part's rows as numbers, and the columns that are handed through.
struct Input {
    rows: Array2<f64>,
    kept: Vec<(String, Column)>,
}

struct Explained {
    input: Input,
    attributions: Attributions,
}

/// What all parts together came to.
struct Ended {
    summary: Summary,
    evidence: Value,
}

impl<'a> Job<'a> {
    fn new(
        arguments: &'a explain::Arguments,
        model: &'a ScoringModel,
        source: &Source,
        common: &Common,
    ) -> anyhow::Result<Self> {
        let background = arguments.asked.background_of(model)?;
        let explainer: Box<dyn Explain> = match (arguments.asked.scale, &background) {
            (Scale::RescaledProbability, Some(background)) => {
                Box::new(RescaledTreeShap::new(model.trees(), background)?)
            }
            _ => Box::new(tree_shap(arguments, model, background.as_ref(), source.n_rows())?),
        };
        let target = arguments.asked.target_of(model)?;
        let players = arguments.asked.players(model.encoder())?;
        let part_rows = arguments.stream.part_rows(model);
        let (n_rows, data) = (source.n_rows(), source.fingerprint().to_string());
        Ok(Self {
            arguments,
            model,
            background,
            explainer,
            target,
            players,
            n_rows,
            part_rows,
            data,
            seed: common.seed,
        })
    }

    /// All that the result's bytes depend on.
    fn description(&self) -> Value {
        let (arguments, stream) = (self.arguments, &self.arguments.stream);
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": self.model.trees().fingerprint().to_string(),
            "columns": self.model.encoder().schema().to_json(),
            "data": self.data,
            "background": self.background.as_ref().map(|background| background.fingerprint().to_string()),
            "scale": format!("{:?}", arguments.asked.scale),
            "players": format!("{:?}", self.players),
            "target": self.target,
            "engine": format!("{:?}", arguments.engine),
            "precision": format!("{:?}", arguments.precision),
            "instructions": TreeShap::instruction_sets(),
            "unseen": format!("{:?}", arguments.asked.model.unseen),
            "keep": stream.keep,
            "top": stream.top,
            "part_rows": self.part_rows,
            "sample": self.sample(),
            "seed": self.seed,
        })
    }

    fn sample(&self) -> usize {
        self.arguments.stream.sample.unwrap_or(1000)
    }

    fn summary(&self) -> Summary {
        Summary::new(self.n_rows, self.sample(), Seed::new(self.seed))
    }

    fn prepare(&self, table: &Table) -> anyhow::Result<Input> {
        let rows = self.model.encoder().encode(table)?.rows;
        let keep = &self.arguments.stream.keep;
        let kept = keep.iter().map(|name| Ok((name.clone(), table.column(name)?.clone())));
        Ok(Input { rows, kept: kept.collect::<anyhow::Result<_>>()? })
    }

    fn explain(&self, input: Input) -> anyhow::Result<Explained> {
        let explained = self.explainer.explain(input.rows.view(), &Silent)?;
        let attributions = explain::in_shape(explained, self.target, &self.players, self.model)?;
        Ok(Explained { input, attributions })
    }

    /// The part's columns, and its share of summary and evidence.
    fn finish(&self, part: &Part, explained: &Explained) -> anyhow::Result<Finished> {
        let attributions = &explained.attributions;
        let mut summary = self.summary();
        // Summed over categories a feature has no one input: the sample then has those of the model.
        summary.add(explained.input.rows.view(), part.first_row, attributions)?;
        let evidence: Value = serde_json::from_str(&json::evidence_alone(attributions.evidence()))?;
        let base_values = attributions.base_values().row(0).to_vec();
        let summary: Value = serde_json::from_str(&summary.to_state())?;
        let state = json!({"summary": summary, "evidence": evidence, "base_values": base_values});
        let columns = match self.arguments.stream.top {
            Some(top) => top_columns(attributions, part.first_row, top),
            None => attribution_columns(attributions, &numbers(attributions, part.first_row)),
        };
        Ok(Finished { columns: with_kept(columns, &explained.input.kept), state: state.to_string() })
    }

    /// Summary and evidence of all parts, written beside the result.
    fn end(&self, parts: &Parts) -> anyhow::Result<Ended> {
        let (mut summary, mut evidence, mut data) = (self.summary(), Value::Null, Hasher::new());
        for part in 0..parts.len() {
            let mut state: Value = serde_json::from_str(&parts.state(part)?)?;
            summary.resume(&state["summary"].to_string())?;
            data.text(state["evidence"]["data"].as_str().unwrap_or_default());
            if evidence.is_null() {
                evidence = state["evidence"].take();
                evidence["base_values"] = state["base_values"].take();
            }
        }
        evidence["completeness_gap"] = json!(summary.completeness_gap());
        // Of the parts' own fingerprints, in order: whoever has the parts can check it.
        evidence["data"] = json!(data.finish().to_string());
        evidence["n_rows"] = json!(summary.n_rows());
        evidence["part_rows"] = json!(self.part_rows);
        let mut document = summary.to_json();
        if self.arguments.stream.interaction_strength {
            document["interaction_strength"] = self.interaction_strength(&summary)?;
        }
        put(&self.arguments.out.with_extension("evidence.json"), &evidence)?;
        put(&self.arguments.out.with_extension("summary.json"), &document)?;
        summary_page::of(&summary, &evidence, &document)?
            .save(&self.arguments.out.with_extension("summary.html"))?;
        Ok(Ended { summary, evidence })
    }

    /// Mean |interaction| `[feature][feature][output]` over the sample.
    fn interaction_strength(&self, summary: &Summary) -> anyhow::Result<Value> {
        let rows = summary.sample_rows();
        let n_rows = rows.nrows();
        let explainer = tree_shap(self.arguments, self.model, self.background.as_ref(), n_rows as u64)?;
        let (n_features, n_outputs) = (self.model.trees().n_features(), self.model.trees().n_outputs());
        let mut sums = Array4::<f64>::zeros((1, n_features, n_features, n_outputs));
        for start in (0..n_rows).step_by(PAIR_ROWS) {
            let block = Slice::from(start..(start + PAIR_ROWS).min(n_rows));
            let pairs = explainer.interactions(rows.slice_axis(Axis(0), block), &Silent)?;
            sums += &pairs.values().mapv(f64::abs).sum_axis(Axis(0)).insert_axis(Axis(0));
        }
        let means = sums / n_rows.max(1) as f64;
        let outputs = self.target.map_or_else(|| (0..n_outputs).collect(), |target| vec![target]);
        let of_pair = |a: usize, b: usize| outputs.iter().map(|&o| means[[0, a, b, o]]).collect::<Vec<_>>();
        let of_feature = |a: usize| (0..n_features).map(|b| of_pair(a, b)).collect::<Vec<_>>();
        Ok(json!({
            "n_rows": n_rows,
            "feature_names": self.model.trees().feature_names(),
            "mean_absolute": (0..n_features).map(of_feature).collect::<Vec<_>>(),
        }))
    }
}

fn tree_shap(
    arguments: &explain::Arguments,
    model: &ScoringModel,
    background: Option<&Background>,
    n_rows: u64,
) -> anyhow::Result<TreeShap> {
    Ok(arguments.tree_shap(model, background)?.with_announced_rows(n_rows as usize))
}

/// The numbers of a part's rows in their table.
fn numbers(attributions: &Attributions, first_row: u64) -> Vec<usize> {
    (first_row as usize..).take(attributions.n_rows()).collect()
}

/// `row`, then the names and values of the features with the largest |value|, then base values and predictions.
fn top_columns(attributions: &Attributions, first_row: u64, top: usize) -> Vec<(String, Column)> {
    let names = attributions.feature_names();
    let top = top.min(names.len());
    let mut columns = attribution_columns(attributions, &numbers(attributions, first_row));
    let ends = columns.split_off(1 + names.len() * attributions.n_outputs());
    columns.truncate(1);
    for (output, name) in attributions.output_names().iter().enumerate() {
        let named =
            |text: String| if attributions.n_outputs() == 1 { text } else { format!("{text}[{name}]") };
        let ranked: Vec<Vec<usize>> =
            (0..attributions.n_rows()).map(|row| largest(attributions, row, output, top)).collect();
        for rank in 0..top {
            let features = ranked.iter().map(|ranked| Some(names[ranked[rank]].as_str()));
            columns.push((named(format!("top_{}_feature", rank + 1)), Column::text(features)));
            let value =
                |(row, ranked): (usize, &Vec<usize>)| attributions.values()[[row, ranked[rank], output]];
            let values = ranked.iter().enumerate().map(value).collect();
            columns.push((named(format!("top_{}_value", rank + 1)), Column::numeric(values)));
        }
    }
    columns.extend(ends);
    columns
}

/// The features with the largest |value|, the first of equals first.
fn largest(attributions: &Attributions, row: usize, output: usize, top: usize) -> Vec<usize> {
    let values = attributions.row(row, output);
    let mut features: Vec<usize> = (0..values.len()).collect();
    let order = |a: &usize, b: &usize| values[*b].abs().total_cmp(&values[*a].abs()).then(a.cmp(b));
    if top < features.len() {
        features.select_nth_unstable_by(top, order);
        features.truncate(top);
    }
    features.sort_unstable_by(order);
    features
}

/// The columns handed through stand behind the first one; one that has the name of another is called `name (input)`.
fn with_kept(mut columns: Vec<(String, Column)>, kept: &[(String, Column)]) -> Vec<(String, Column)> {
    let taken: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let named = |(name, column): &(String, Column)| {
        let name = if taken.contains(name) { format!("{name} (input)") } else { name.clone() };
        (name, column.clone())
    };
    columns.splice(1..1, kept.iter().map(named));
    columns
}

fn put(path: &Path, document: &Value) -> anyhow::Result<()> {
    let written: std::io::Result<()> = whole::write_file(path, |out| writeln!(out, "{document}"));
    written.map_err(|error| anyhow::anyhow!("`{}` cannot be written: {error}", path.display()))
}

fn report(ended: &Ended, arguments: &explain::Arguments, common: &Common) -> anyhow::Result<()> {
    if common.json {
        return say(common, &ended.evidence.to_string());
    }
    let text = format!(
        "Explained {} rows part by part (largest gap {:.0e}; {}); wrote {}, and an overview to {}",
        ended.summary.n_rows(),
        ended.summary.completeness_gap(),
        ended.evidence["baseline"].as_str().unwrap_or("no baseline"),
        arguments.out.display(),
        arguments.out.with_extension("summary.html").display()
    );
    say(common, &text)
}
