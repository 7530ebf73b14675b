//! The one error enum of the crate.

use std::fmt;
use std::io;

/// Why a model cannot be audited as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model's path leads nowhere.
    #[error("there is no model file `{file}` (a relative path starts at the current folder)")]
    NoModel {
        /// The path that was given.
        file: String,
    },
    /// The operating system refused to hand over the model.
    #[error("the model file `{file}` cannot be read: {source}")]
    ReadModel {
        /// The path that was given.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A model file holds something else than it should.
    #[error("`{file}`: {source}")]
    InModel {
        /// The path that was given.
        file: String,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// A `rationale-model` file is not JSON, or lacks a field.
    #[error("this is no `rationale-model` that can be read: {source}")]
    ModelJson {
        /// What the JSON reader said, with line and column.
        source: serde_json::Error,
    },
    /// A model file is of another kind or version.
    #[error("the file says it is `{format}` version {version}; `rationale-model` version 1 is read")]
    ModelFormat {
        /// The format it names.
        format: String,
        /// The version it names.
        version: u32,
    },
    /// An encoding that is not known.
    #[error("the encoding `{name}` is not known; `one-hot` and `ordinal` are")]
    Encoding {
        /// The name given.
        name: String,
    },
    /// Trees and schema differ in the number of features.
    #[error("the trees have {expected} features, but the schema makes {actual}")]
    Features {
        /// The trees' features.
        expected: usize,
        /// The schema's features.
        actual: usize,
    },
    /// Trees and schema differ in a feature.
    #[error("feature {at} is called `{expected}` by the trees and `{actual}` by the schema")]
    FeatureName {
        /// The feature, counted from 0.
        at: usize,
        /// The trees' name.
        expected: String,
        /// The schema's name.
        actual: String,
    },
    /// It is not clear which output is the score.
    #[error(
        "the model has no output {}; its outputs are {}: name the one that is the score",
        asked.as_ref().map_or_else(|| "that was named".to_owned(), |name| format!("`{name}`")),
        Quoted(available)
    )]
    Output {
        /// The name that was looked for.
        asked: Option<String>,
        /// The names that there are.
        available: Vec<String>,
    },
    /// A cut-off that no score can be compared with.
    #[error("the cut-off is {cut_off}; a finite number on the scale of the scores is needed")]
    CutOff {
        /// What was given.
        cut_off: f64,
    },
    /// A rate that is no share.
    #[error("the approve rate is {rate}; a share above 0 and at most 1 is needed, such as 0.7")]
    ApproveRate {
        /// What was given.
        rate: f64,
    },
    /// Nobody to compare with.
    #[error("{reference} are no rows at all; choose another reference or another cut-off")]
    NoReference {
        /// The reference in words.
        reference: String,
    },
    /// Bands that are not in order.
    #[error("the bands of `{column}`, {bands:?}, must be finite numbers in ascending order")]
    Bands {
        /// The column.
        column: String,
        /// What was given.
        bands: Vec<f64>,
    },
    /// Bands of a column that holds no numbers.
    #[error("`{column}` holds texts, and bands are of numbers; leave its bands out")]
    BandsOfTexts {
        /// The column.
        column: String,
    },
    /// A column with too many groups to compare.
    #[error(
        "`{column}` has {found} groups, and at most {most} are compared; give another column, or one with fewer values"
    )]
    Groups {
        /// The column.
        column: String,
        /// How many groups it has.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// Lower scores are said to be favourable, and the score is that of the favourable value.
    #[error(
        "the score is the model's output `{output}`, which is the favourable value itself: lower scores cannot be favourable; \
         leave lower-is-favourable out, or name the output that is the score"
    )]
    Contradiction {
        /// The output's name.
        output: String,
    },
    /// The catalogue could not be read.
    #[error("the catalogue `{file}` cannot be read: {source}")]
    ReadCatalogue {
        /// The path that was given.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The catalogue is no TOML of the right shape.
    #[error("the catalogue `{file}`: {source}")]
    CatalogueToml {
        /// The path that was given.
        file: String,
        /// What the TOML reader said, with line and column.
        source: Box<toml::de::Error>,
    },
    /// A reason has no columns.
    #[error("`{file}`: the reason `{code}` has no columns; name at least one")]
    CatalogueEmpty {
        /// The catalogue.
        file: String,
        /// The reason's code.
        code: String,
    },
    /// A reason without words.
    #[error("`{file}`: the reason `{code}` has no group or no sentence; an applicant would be told nothing")]
    CatalogueWords {
        /// The catalogue.
        file: String,
        /// The reason's code.
        code: String,
    },
    /// A reason that contradicts itself.
    #[error("`{file}`: the reason `{code}` is said to be immutable and actionable; it can be one of the two")]
    CatalogueFlags {
        /// The catalogue.
        file: String,
        /// The reason's code.
        code: String,
    },
    /// A column is given a code that no reason has.
    #[error(
        "the column `{column}` is given the code `{code}`, which the catalogue does not have; its codes are {}",
        Quoted(known)
    )]
    CatalogueNoCode {
        /// The column.
        column: String,
        /// The code.
        code: String,
        /// The codes that there are.
        known: Vec<String>,
    },
    /// A letter's template holds what cannot be filled.
    #[error(
        "line {line} of the letter holds `{{{slot}}}`, which is not known; known are {}, and {{{{ and }}}} for braces",
        crate::letter::known()
    )]
    Letter {
        /// The line, counted from 1.
        line: usize,
        /// What stands between the braces; empty for a brace alone.
        slot: String,
    },
    /// Too many reasons are asked for, or none.
    #[error("{asked} reasons are asked for; 1 to {most} are given")]
    MostReasons {
        /// What was given.
        asked: usize,
        /// How many there may be.
        most: usize,
    },
    /// A share of approved applicants that is none.
    #[error(
        "the share of approved applicants just above the cut-off is {share}; above 0 and at most 1 is needed, such as 0.1"
    )]
    JustAbove {
        /// What was given.
        share: f64,
    },
    /// A census of which only a part is taken.
    #[error(
        "the reference is said to be the whole population, and has {n_rows} rows, of which at most {most} are taken; raise the limit of reference rows, or leave the census out"
    )]
    Census {
        /// How many rows there are.
        n_rows: usize,
        /// How many are taken.
        most: usize,
    },
    /// Another fit of the model has other columns.
    #[error(
        "refit {place} does not make the same reasons as the model: `{reason}` is in one of them only; refits need the same columns"
    )]
    Refit {
        /// Which one, counted from 1.
        place: usize,
        /// The reason's group.
        reason: String,
    },
    /// A catalogue without a reason.
    #[error("`{file}` holds no reason; begin each with [[reason]], or leave the catalogue out")]
    CatalogueNothing {
        /// The catalogue.
        file: String,
    },
    /// Two reasons share the name of their group.
    #[error(
        "the group `{group}` stands twice in the catalogue, or is also a column of its own; give each reason its own name"
    )]
    CatalogueGroup {
        /// The group's name.
        group: String,
    },
    /// Two reasons name the same column.
    #[error("the catalogue names the column `{column}` in two reasons; its attribution may count once")]
    CatalogueTwice {
        /// The column.
        column: String,
    },
    /// Two reasons share a code.
    #[error("`{file}`: the code `{code}` stands twice; give each reason its own")]
    CatalogueCode {
        /// The catalogue.
        file: String,
        /// The code.
        code: String,
    },
    /// The catalogue names columns that the model does not have: all of them.
    #[error(
        "the catalogue names columns that the model does not use: {}; the model's columns are {}",
        Quoted(unknown),
        Quoted(known)
    )]
    CatalogueColumns {
        /// The columns that are not there.
        unknown: Vec<String>,
        /// The columns that are.
        known: Vec<String>,
    },
    /// The configuration could not be read.
    #[error("the configuration `{file}` cannot be read: {source}")]
    ReadConfiguration {
        /// The path that was given.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The configuration is no TOML of the right shape.
    #[error("the configuration `{file}`: {source}")]
    ConfigurationToml {
        /// The path that was given.
        file: String,
        /// What the TOML reader said, with line and column.
        source: Box<toml::de::Error>,
    },
    /// A value of the configuration cannot be meant.
    #[error("`{file}`, line {line}: {key}: {message}")]
    Configuration {
        /// The path that was given.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        message: String,
    },
    /// A configuration that only the model or the table shows to be wrong.
    #[error("`{file}`, line {line}: {source}")]
    Stated {
        /// The file.
        file: String,
        /// The line on which the word stands that is wrong, counted from 1.
        line: usize,
        /// What is wrong.
        source: Box<Error>,
    },
    /// Nobody said who is approved.
    #[error(
        "who is approved must be stated: give a cut-off or an approve rate (such as 0.7), one of the two"
    )]
    NoRule,
    /// A file that every audit needs is not named.
    #[error("no {what} is named: give it, or name it in the configuration")]
    Absent {
        /// Which file.
        what: &'static str,
    },
    /// The scores come from a program, and a file cannot start it.
    #[error(
        "the scores come from the program `{command}`: name it yourself (--predict-command) to ask it again"
    )]
    Program {
        /// The command, as recorded.
        command: String,
    },
    /// A letter's template could not be read.
    #[error("the letter `{file}` cannot be read: {source}")]
    ReadLetter {
        /// The path that was given.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file that an audit rests on could not be read.
    #[error("`{file}` cannot be read: {source}")]
    ReadInput {
        /// The path.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The audit before has no manifest that can be read.
    #[error("the previous audit's `{file}` cannot be read: {source}; name the folder of an audit")]
    ReadPrevious {
        /// The path.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The manifest of the audit before is not as it was written.
    #[error("the previous audit's `{file}` is not as it was written; nothing is chained to it")]
    Previous {
        /// The path.
        file: String,
    },
    /// A folder without a manifest.
    #[error("`{file}` cannot be read: {source}; name a folder that `rationale audit` wrote")]
    NoManifest {
        /// The path.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A key could not be read.
    #[error("the key `{file}` cannot be read: {source}")]
    ReadKey {
        /// The path that was given.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A key that is none.
    #[error(
        "`{file}` holds no key: 64 hexadecimal digits in lower case are needed, as `openssl rand -hex 32` makes them"
    )]
    Key {
        /// The path that was given.
        file: String,
    },
    /// The output folder is there and not empty, or is a file.
    #[error(
        "`{folder}` exists and is not an empty folder; nothing was written: choose another, or replace it with --force"
    )]
    Occupied {
        /// The path that was given.
        folder: String,
    },
    /// The output folder is the current one, or holds it.
    #[error("`{folder}` is the current folder or holds it, and cannot be replaced; choose another")]
    Current {
        /// The path that was given.
        folder: String,
    },
    /// Something could not be written; nothing of it is left, and what stood there stands there still.
    #[error("`{path}` cannot be written: {source}")]
    Write {
        /// The path.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file of the output folder could not be made; nothing of the folder is left.
    #[error("nothing was written to `{folder}`: {source}")]
    Folder {
        /// The folder that was asked for.
        folder: String,
        /// What went wrong.
        source: Box<Error>,
    },
    /// A result cannot become JSON.
    #[error("the findings cannot be written as JSON: {source}")]
    Json {
        /// What the writer said.
        #[from]
        source: serde_json::Error,
    },
    /// The table is not as it should be.
    #[error(transparent)]
    Table(Box<rationale_tabular::Error>),
    /// The trees are not as they should be.
    #[error(transparent)]
    Trees(#[from] rationale_trees::Error),
    /// The trees cannot be explained.
    #[error(transparent)]
    Explain(#[from] rationale_shapley::tree::Error),
    /// The vocabulary was misused.
    #[error(transparent)]
    Core(#[from] rationale_core::Error),
    /// A picture or page cannot be made.
    #[error(transparent)]
    Report(#[from] rationale_report::Error),
}

/// Boxed, because its messages carry many texts, and every result of this crate would be as large.
impl From<rationale_tabular::Error> for Error {
    fn from(source: rationale_tabular::Error) -> Self {
        Self::Table(Box::new(source))
    }
}

/// Names in back quotes, separated by commas.
struct Quoted<'a>(&'a [String]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}`{name}`")?;
        }
        Ok(())
    }
}
