//! What is asked about a table: the model, the rows, the methods, and what they are compared with.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ndarray::Array2;
use rationale::audit::ScoringModel;
use rationale::tabular::{Encoder, Table};
use rationale::{Background, Seed};

use super::methods::{Explained, Method, Question, Settings};
#[cfg(feature = "networks")]
use super::network;
use super::players::{AskedPlayers, Players};
use super::scored::{self, Answer, Program, Scored};
use super::{Model, encode};
use crate::arguments::Common;
use crate::failure::Usage;
use crate::output::note;

/// Background rows where the table explained is its own background: shap's number.
const OWN_BACKGROUND: usize = 100;

#[derive(Debug, Args)]
pub(super) struct Asked {
    #[command(flatten)]
    pub(super) model: Model,
    /// The rows to explain: a CSV or Parquet file; or, for tree-shap with an --out that is .parquet, a folder of them
    /// (column=value in the names of folders are columns) or a pattern such as 'data/*.parquet'.
    pub(super) data: PathBuf,
    /// How to explain; may be given several times.
    #[arg(long, value_enum, required = true)]
    pub(super) method: Vec<Method>,
    /// Compare with the rows of this file; makes tree-shap interventional. Other methods compare with 100 rows of the
    /// table itself where not given, and lime with all of it.
    #[arg(long, value_name = "FILE")]
    pub(super) background: Option<PathBuf>,
    /// Take at most this many rows of the background, drawn by the seed (lime uses them all).
    #[arg(long, value_name = "N")]
    background_rows: Option<usize>,
    /// Explain these rows only, counted from 0: 0,5,10-19.
    #[arg(long, value_name = "A,B-C,..", value_parser = ranges)]
    pub(super) rows: Option<Ranges>,
    /// A network: what its columns are, where its file does not say: a JSON list of {"name", "kind": "numeric"} and {"name",
    /// "kind": "categorical", "categories"}. Without either, columns of numbers go in by their order.
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// What is explained: what trees add up to (a network: its outputs), their prediction (the softmax), or (approximately, tree-shap with a background) the
    /// probability or the loss as shap rescales them.
    #[arg(long, value_enum, default_value_t = Scale::Margin)]
    pub(super) scale: Scale,
    /// One output only, by its name or its number counted from 0; all where not given.
    #[arg(long, value_name = "K|NAME")]
    target: Option<String>,
    #[command(flatten)]
    players: AskedPlayers,
    /// Count the cover of the trees' nodes from the rows of this file, for a model that has none or by choice.
    #[arg(long, value_name = "FILE")]
    pub(super) cover: Option<PathBuf>,
    #[command(flatten)]
    program: Program,
    #[command(flatten)]
    pub(super) settings: Settings,
}

/// On which scale outputs are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Scale {
    /// What trees add up to; for a program, what it answers; for a network, its outputs.
    Margin,
    /// That after the link, such as the probability; by methods that only ask. For a network, the softmax.
    Prediction,
    /// The probability, by rescaling the margin's values pair by pair.
    RescaledProbability,
    /// The loss against --label, by rescaling the margin's values pair by pair.
    RescaledLoss,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(usize, usize)>);

fn ranges(text: &str) -> Result<Ranges, String> {
    let number =
        |text: &str| text.trim().parse::<usize>().map_err(|_| format!("`{text}` is no row's number"));
    let range = |text: &str| match text.split_once('-') {
        Some((first, last)) => Ok((number(first)?, number(last)?)),
        None => number(text).map(|row| (row, row)),
    };
    let ranges = text.split(',').map(range).collect::<Result<Vec<_>, String>>()?;
    match ranges.iter().find(|(first, last)| first > last) {
        Some((first, last)) => Err(format!("{first}-{last} runs backwards")),
        None => Ok(Ranges(ranges)),
    }
}

/// What was read.
pub(super) struct Read {
    pub(super) scored: Scored,
    /// The trees; none where a program is asked.
    pub(super) trees: Option<ScoringModel>,
    /// The rows that are explained, as a table.
    pub(super) table: Table,
    /// The number of each in its file.
    pub(super) numbers: Vec<usize>,
    /// The rows that are explained `[row, feature]`.
    pub(super) rows: Array2<f64>,
    whole: Table,
    background: Option<Table>,
    pub(super) target: Option<usize>,
    pub(super) players: Players,
}

impl Asked {
    pub(super) fn check(&self) -> Result<(), Usage> {
        let refuse = |message: String| Err(Usage::new(message));
        if let Some(twice) = (1..self.method.len()).find(|&at| self.method[..at].contains(&self.method[at])) {
            return refuse(format!("--method {} is given twice", self.method[twice].name()));
        }
        self.settings.check(&self.method)?;
        self.players.check()?;
        let has_trees = self.method.contains(&Method::TreeShap);
        if self.program.is_given(&self.model.model)? {
            if let Some(method) = self.method.iter().find(|it| it.is_inside()) {
                return refuse(format!(
                    "{} needs the inside of a network, and a program only answers: take lime, kernel-shap or permutation-shap",
                    method.name()
                ));
            }
            if has_trees {
                return refuse(
                    "tree-shap needs the trees, and a program only answers: take lime, kernel-shap or permutation-shap".into(),
                );
            }
            if self.scale != Scale::Margin || self.cover.is_some() || self.schema.is_some() {
                return refuse(
                    "--scale, --cover and --schema are about model files: leave them out with --predict-command"
                        .into(),
                );
            }
        }
        let is_rescaled = matches!(self.scale, Scale::RescaledProbability | Scale::RescaledLoss);
        if is_rescaled && self.method != [Method::TreeShap] {
            return refuse("--scale rescaled-probability and rescaled-loss go with tree-shap alone".into());
        }
        if self.scale == Scale::Prediction && has_trees {
            return refuse("tree-shap explains what trees add up to: leave --scale prediction out".into());
        }
        if self.background_rows == Some(0) {
            return refuse("--background-rows 0: at least 1 is needed".into());
        }
        Ok(())
    }

    /// The files that are read.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Path> {
        let files = [
            Some(&self.model.model),
            Some(&self.data),
            self.background.as_ref(),
            self.cover.as_ref(),
            self.schema.as_ref(),
        ];
        files.into_iter().flatten().map(PathBuf::as_path).chain(self.players.file())
    }

    pub(super) fn is_by_feature(&self) -> bool {
        self.players.is_by_feature(&self.method)
    }

    /// The players, all of whose columns exist.
    pub(super) fn players(&self, encoder: &Encoder) -> anyhow::Result<Players> {
        let players = self.players.read(&self.method)?;
        players.of(encoder)?;
        Ok(players)
    }

    pub(super) fn read(&self, common: &Common) -> anyhow::Result<Read> {
        let whole = Table::read(&self.data)?;
        let background = self.background.as_deref().map(Table::read).transpose()?;
        let (scored, trees) = if self.program.is_given(&self.model.model)? {
            (self.start(&whole, background.as_ref(), common)?, None)
        } else if let Some(network) = self.network(&whole, background.as_ref(), common)? {
            (network, None)
        } else {
            self.check_trees()?;
            let trees = self.trees()?;
            let answer = if self.scale == Scale::Prediction { Answer::Prediction } else { Answer::Margin };
            (Scored::of_trees(&trees, answer), Some(trees))
        };
        let numbers = self.numbers(&whole)?;
        let table = if self.rows.is_some() { whole.select_rows(&numbers) } else { whole.clone() };
        let target = self.target.as_deref().map(|target| output(&scored, target)).transpose()?;
        let rows = encode(&scored.encoder, &table, common)?.rows;
        let players = self.players(&scored.encoder)?;
        Ok(Read { scored, trees, table, numbers, rows, whole, background, target, players })
    }

    /// Explains by a method that needs only answers.
    pub(super) fn question<'a>(&'a self, read: &'a Read, common: &'a Common) -> anyhow::Result<Question<'a>> {
        let (_, by_columns) = read.scored.by_columns()?;
        let coded = by_columns.encode(&read.table)?.rows;
        let (of, most) = match &read.background {
            Some(background) => (background, self.background_rows.unwrap_or(background.n_rows())),
            None => (&read.whole, self.background_rows.unwrap_or(OWN_BACKGROUND)),
        };
        let whole = read.scored.encoder.encode(of)?.rows;
        let seed = Seed::new(common.seed);
        let background = Background::sampled(whole.view(), most, seed)?;
        if of.n_rows() == 1 && read.background.is_none() {
            anyhow::bail!(
                "`{}` has one row, and nothing to compare it with: give rows to compare with by --background FILE",
                of.name()
            );
        }
        if background.rows().nrows() < of.n_rows() || read.background.is_none() {
            let n = background.rows().nrows();
            note(common, &format!("compared with {n} of the {} rows of `{}`", of.n_rows(), of.name()));
        }
        Ok(Question {
            scored: &read.scored,
            rows: read.rows.clone(),
            coded,
            numbers: read.numbers.clone(),
            background,
            training: by_columns.encode(of)?.rows,
            players: read.players.clone(),
            target: read.target,
            settings: &self.settings,
            common,
        })
    }

    /// The trees, and the background to compare with.
    pub(super) fn of_trees<'r>(
        &self,
        read: &'r Read,
    ) -> anyhow::Result<(&'r ScoringModel, Option<Background>)> {
        // Checked before anything was read.
        let model = read.trees.as_ref().ok_or_else(|| Usage::new("tree-shap needs a model of trees"))?;
        Ok((model, self.background_of(model)?))
    }

    /// The rows of `--background`, all of them.
    pub(super) fn background_of(&self, model: &ScoringModel) -> anyhow::Result<Option<Background>> {
        let Some(path) = &self.background else { return Ok(None) };
        let rows = model.encoder().encode(&Table::read(path)?)?.rows;
        Ok(Some(Background::new(rows)?))
    }

    /// The output of `--target`.
    pub(super) fn target_of(&self, model: &ScoringModel) -> anyhow::Result<Option<usize>> {
        let scored = Scored::of_trees(model, Answer::Margin);
        self.target.as_deref().map(|target| output(&scored, target)).transpose()
    }

    /// The trees, with the cover of `--cover`.
    pub(super) fn trees(&self) -> anyhow::Result<ScoringModel> {
        let model = self.model.read()?;
        let Some(path) = &self.cover else { return Ok(model) };
        Ok(model.with_cover(&Table::read(path)?)?)
    }

    fn start(&self, table: &Table, background: Option<&Table>, common: &Common) -> anyhow::Result<Scored> {
        let schema = scored::schema(table, background, self.model.feature_names.as_deref())?;
        let names = schema.names().join(", ");
        let started = self.program.start(schema, self.model.unseen())?;
        note(common, &format!("the program is sent, in this order: {names}"));
        Ok(started)
    }

    /// The network, where the file is one.
    #[cfg(feature = "networks")]
    fn network(
        &self,
        table: &Table,
        background: Option<&Table>,
        common: &Common,
    ) -> anyhow::Result<Option<Scored>> {
        let path = &self.model.model;
        let Some(file) = network::file(path) else { return Ok(None) };
        let shown = path.display();
        if self.method.contains(&Method::TreeShap) {
            return Err(Usage::new(format!(
                "tree-shap needs trees, and `{shown}` is a network: take deep-shap or integrated-gradients"
            ))
            .into());
        }
        if self.cover.is_some() {
            return Err(Usage::new(format!("--cover is about trees, and `{shown}` is a network")).into());
        }
        let answer = if self.scale == Scale::Prediction { Answer::Prediction } else { Answer::Margin };
        let told = network::Told {
            path,
            schema: self.schema.as_deref(),
            names: self.model.feature_names.as_deref(),
            unseen: self.model.unseen(),
            answer,
        };
        let found = network::read(file, &told, table, background)?;
        let names = found.encoder.schema().names().join(", ");
        note(common, &format!("the network is given, in this order: {names}"));
        Ok(Some(found))
    }

    #[cfg(not(feature = "networks"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as where there are networks")]
    fn network(&self, _: &Table, _: Option<&Table>, _: &Common) -> anyhow::Result<Option<Scored>> {
        Ok(None)
    }

    /// Refuses for trees what is about networks.
    fn check_trees(&self) -> Result<(), Usage> {
        let path = self.model.model.display();
        // Whoever reads it says why it cannot be read.
        let is_there = self.model.model.is_file();
        if let Some(method) = self.method.iter().find(|it| it.is_inside() && is_there) {
            return Err(Usage::new(format!(
                "{} needs the inside of a network, and `{path}` is none that can be read: take tree-shap for trees",
                method.name()
            )));
        }
        if self.schema.is_some() {
            return Err(Usage::new(format!(
                "--schema is about networks, and `{path}` is none: leave it out"
            )));
        }
        Ok(())
    }

    /// The rows asked for, in order.
    fn numbers(&self, table: &Table) -> anyhow::Result<Vec<usize>> {
        let Some(Ranges(ranges)) = &self.rows else { return Ok((0..table.n_rows()).collect()) };
        if let Some((_, last)) = ranges.iter().find(|(_, last)| *last >= table.n_rows()) {
            anyhow::bail!(
                "--rows: there is no row {last}; `{}` has {}, counted from 0",
                table.name(),
                table.n_rows()
            );
        }
        Ok(ranges.iter().flat_map(|(first, last)| *first..=*last).collect())
    }
}

impl Read {
    /// Explains by a method that needs only answers.
    pub(super) fn explain(&self, question: &Question<'_>, method: Method) -> anyhow::Result<Explained> {
        let explained = question.explain(method)?;
        tracing::debug!(method = method.name(), rows = self.numbers.len(), "explained");
        Ok(explained)
    }
}

/// An output by its name, or else by its number.
pub(super) fn output(scored: &Scored, target: &str) -> anyhow::Result<usize> {
    let Some(names) = &scored.outputs else {
        return target.parse().map_err(|_| {
            Usage::new(format!(
                "--target {target}: a program's answers have no names; give a number, counted from 0"
            ))
            .into()
        });
    };
    if let Some(place) = names.iter().position(|name| name == target) {
        return Ok(place);
    }
    match target.parse() {
        Ok(place) if place < names.len() => Ok(place),
        _ => {
            Err(rationale::audit::Error::Output { asked: Some(target.to_owned()), available: names.clone() }
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbers_and_ranges() {
        assert_eq!(ranges("0,5,10-12"), Ok(Ranges(vec![(0, 0), (5, 5), (10, 12)])));
        assert_eq!(ranges("7-5").unwrap_err(), "7-5 runs backwards");
        assert_eq!(ranges("1,x").unwrap_err(), "`x` is no row's number");
    }
}
