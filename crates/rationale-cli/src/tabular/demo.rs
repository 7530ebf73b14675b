//! `rationale demo`: real credit data, a forest trained on it, and the audit of its decisions.

use std::path::Path;

use clap::Args;
use rationale::Seed;
use rationale::audit::{
    Audit, Catalogue, Configuration, Findings, Label, Protected, ProtectedColumn, Rule, ScoringModel,
};
use rationale::tabular::{
    Column, Encoder, Encoding, MissingValues, OutputFormat, Schema, Table, labels, write_table,
};
use rationale::trees::linfa::{Leaves, RandomForest, Training, ensemble_learner};
use rationale::whole::write_file;
use rationale_datasets::GERMAN_CREDIT;

use super::audit::WithBar;
use super::{Folder, say, summary};
use crate::arguments::Common;

const CATALOGUE: &str = include_str!("../../assets/german_credit_reasons.toml");
const LABEL: &str = "creditability";
const FAVOURABLE: &str = "good";
/// Columns by which groups are compared, and which the model therefore does not see.
const NOT_FOR_THE_MODEL: [&str; 4] = ["personal_status_and_sex", "age_in_years", "foreign_worker", SEX];
const SEX: &str = "sex";
const AGE: &str = "age_in_years";
const AGE_BANDS: [f64; 3] = [25.0, 35.0, 50.0];
const N_TRAINING: usize = 700;
const N_TREES: usize = 300;
const MAX_DEPTH: usize = 8;
/// The share of good outcomes in the data.
const APPROVE_RATE: f64 = 0.7;

#[derive(Debug, Args)]
#[command(mut_arg("out", |out| out.default_value("rationale-demo").required(false)))]
pub(crate) struct Arguments {
    #[command(flatten)]
    folder: Folder,
}

pub(super) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    folder.check()?;
    let seed = Seed::new(common.seed);
    let table = with_sex(&Table::from_csv_bytes("German Credit", GERMAN_CREDIT.as_bytes())?)?;
    let (training, applicants) = split(&table, seed);
    let model = train(&training, seed)?;
    if !common.json {
        say(common, &introduction(&training, &applicants, &model))?;
    }
    let audit = Audit::new(model.clone(), Rule::ApproveRate(APPROVE_RATE))
        .with_label(Label { column: LABEL.to_owned(), favourable: FAVOURABLE.to_owned() })
        .with_catalogue(Catalogue::from_toml("the demo's catalogue", CATALOGUE)?)
        .with_protected(vec![Protected::new(SEX), Protected::new(AGE).with_bands(AGE_BANDS.to_vec())])
        .with_seed(seed);
    let findings = audit.decide(&applicants)?.explain_with_bar(common)?;
    let networks = write(&findings, folder, &model, &training, &applicants, common)?;
    say(common, &summary::of(&findings, &folder.out, common)?)?;
    if !common.json {
        say(common, &networks)?;
    }
    if common.json { Ok(()) } else { say(common, &next_steps(&folder.out)) }
}

/// The table with the sex that its column of personal status names.
fn with_sex(table: &Table) -> anyhow::Result<Table> {
    let status = table.column("personal_status_and_sex")?;
    let texts: Vec<Option<String>> = (0..table.n_rows())
        .map(|row| status.text_at(row).map(|text| text.split(" : ").next().unwrap_or_default().to_owned()))
        .collect();
    let mut columns: Vec<(String, Column)> =
        table.columns().map(|(name, column)| (name.to_owned(), column.clone())).collect();
    columns.push((SEX.to_owned(), Column::text(texts)));
    Ok(Table::new(table.name(), columns)?)
}

/// Rows to learn from, and applicants to decide about.
fn split(table: &Table, seed: Seed) -> (Table, Table) {
    let mut rows: Vec<usize> = (0..table.n_rows()).collect();
    seed.draws("demo split", 0, 0).shuffle(&mut rows);
    let (training, applicants) = rows.split_at(N_TRAINING.min(rows.len()));
    (table.select_rows(training), table.select_rows(applicants))
}

/// A forest that votes by the class shares of its leaves.
fn train(table: &Table, seed: Seed) -> anyhow::Result<ScoringModel> {
    let excluded: Vec<&str> = NOT_FOR_THE_MODEL.into_iter().chain([LABEL]).collect();
    let encoder = Encoder::new(Schema::learn(table, &excluded)?, Encoding::OneHot)?;
    let rows = encoder.clone().with_missing(MissingValues::Refuse).encode(table)?.rows;
    let good = labels(table, LABEL, FAVOURABLE)?;
    let forest =
        RandomForest::new(N_TREES).with_max_depth(MAX_DEPTH).with_seed(seed).fit(rows.view(), &good)?;
    let training = Training::new(rows.view(), &good)?;
    let trees = ensemble_learner(&forest, &training, Leaves::ClassShares)?
        .with_feature_names(encoder.feature_names().to_vec())?
        .with_output_names(vec!["bad".to_owned(), FAVOURABLE.to_owned()])?;
    Ok(ScoringModel::new(trees, encoder)?)
}

/// The audit's folder, with the model, the tables and the catalogue, so that it can be done again by hand.
fn write(
    findings: &Findings,
    folder: &Folder,
    model: &ScoringModel,
    training: &Table,
    applicants: &Table,
    common: &Common,
) -> anyhow::Result<String> {
    let mut networks = Ok(String::new());
    let text = |path: &Path, text: &str| {
        write_file(path, |out| out.write_all(text.as_bytes()))
            .map_err(|source| rationale::audit::Error::Write { path: path.display().to_string(), source })
    };
    let configuration = configuration(common);
    findings.write_bundle(&folder.out, folder.existing(), &configuration, |part| {
        text(&part.join("model.json"), &model.to_json()?)?;
        text(&part.join("catalogue.toml"), CATALOGUE)?;
        write_table(training, &part.join("training.csv"), OutputFormat::Csv)?;
        write_table(applicants, &part.join("applicants.csv"), OutputFormat::Csv)?;
        networks = explain_picture(part, common)
            .and_then(|picture| Ok([picture, explain_sentence(part, common)?].join("\n").trim().to_owned()));
        Ok(())
    })?;
    networks
}

/// What the audit was, by the files beside it: `rationale verify` does it again.
fn configuration(common: &Common) -> Configuration {
    let text = |text: &str| Some(text.to_owned());
    let protected =
        |column: &str, bands: &[f64]| ProtectedColumn { column: column.to_owned(), bands: bands.to_vec() };
    Configuration {
        model: text("model.json"),
        data: text("applicants.csv"),
        label: text(LABEL),
        favourable: text(FAVOURABLE),
        approve_rate: Some(APPROVE_RATE),
        catalogue: text("catalogue.toml"),
        protected: vec![protected(SEX, &[]), protected(AGE, &AGE_BANDS)],
        seed: Some(common.seed),
        ..Configuration::default()
    }
}

/// A photograph and where a network looks in it, beside the audit.
#[cfg(feature = "image")]
fn explain_picture(folder: &Path, common: &Common) -> anyhow::Result<String> {
    crate::image::write_demo(folder, common)
}

#[cfg(not(feature = "image"))]
fn explain_picture(_: &Path, _: &Common) -> anyhow::Result<String> {
    Ok(String::new())
}

/// A sentence and which of its words a network goes by.
#[cfg(feature = "text")]
fn explain_sentence(folder: &Path, common: &Common) -> anyhow::Result<String> {
    crate::text::write_demo(folder, common)
}

#[cfg(not(feature = "text"))]
fn explain_sentence(_: &Path, _: &Common) -> anyhow::Result<String> {
    Ok(String::new())
}

fn introduction(training: &Table, applicants: &Table, model: &ScoringModel) -> String {
    format!(
        "German Credit (UCI Statlog, CC BY 4.0): {} loans to learn from, {} applicants to decide about\n\
         A forest of {N_TREES} trees over {} columns; it does not see {}",
        training.n_rows(),
        applicants.n_rows(),
        model.encoder().schema().fields().len(),
        NOT_FOR_THE_MODEL.join(", ")
    )
}

fn next_steps(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "The same with files of your own:\n  rationale audit {folder}/model.json {folder}/applicants.csv --label {LABEL} \
         --favourable {FAVOURABLE} --approve-rate {APPROVE_RATE} --catalogue {folder}/catalogue.toml --protected {SEX} \
         --out my-audit\n\
         Is it still what was written?\n  rationale verify {folder}\n\
         The picture again, with more methods side by side:\n  rationale compare image {folder}/mobilenet.onnx \
         {folder}/chelsea.png --out sheet.png\n\
         A sentence of your own:\n  rationale text {folder}/sentiment.onnx --tokenizer {folder}/tokenizer.json \
         \"what a lovely film\" --method integrated-gradients"
    )
}
