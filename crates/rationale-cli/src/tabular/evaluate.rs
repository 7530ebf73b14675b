//! `rationale evaluate tabular`: methods over a table and a model of it.

mod contenders;

use std::path::PathBuf;

use clap::Args;
use ndarray::{Array1, Array2, ArrayView2};
use rationale::audit::ScoringModel;
use rationale::metrics::Players;
use rationale::tabular::{Encoding, FieldKind, Table};
use rationale::{Background, FeatureGroups, Randomise, Seed};

use super::asked::output;
use super::methods::Method;
use super::players::Players as AskedPlayers;
use super::scored::{self, Answer, Program, Scored};
use super::{Model, encode};
use crate::arguments::Common;
use crate::evaluate::{Choice, Part, Subject, Told};
use crate::failure::Usage;
use crate::output::note;

pub(super) use contenders::{Bench, Effort};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The rows to explain: CSV or Parquet.
    data: PathBuf,
    /// The methods; where not given, tree-shap (if the model is of trees), lime, occlusion and random.
    #[arg(long, value_enum)]
    method: Vec<Method>,
    /// Compare with the rows of this file; makes tree-shap interventional, and gives what stands for an absent column.
    #[arg(long, value_name = "FILE")]
    background: Option<PathBuf>,
    /// Rows that methods which only ask compare with, drawn at random: each is asked about for each set of columns.
    #[arg(long, value_name = "N", default_value_t = 20)]
    background_rows: usize,
    /// The output to explain, by its name or its number counted from 0.
    #[arg(long, value_name = "K|NAME", default_value = "0")]
    target: String,
    /// How many rows, drawn at random.
    #[arg(long, value_name = "N", default_value_t = 50)]
    rows: usize,
    #[command(flatten)]
    program: Program,
    #[command(flatten)]
    choice: Choice,
}

/// What is judged where nobody says otherwise: one method a kind, and the control.
const USUAL: [Method; 4] = [Method::TreeShap, Method::Lime, Method::Occlusion, Method::Random];

pub(crate) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    arguments.check()?;
    let table = Table::read(&arguments.data)?;
    let background = arguments.background.as_deref().map(Table::read).transpose()?;
    let (scored, trees) = arguments.scored(&table, background.as_ref(), common)?;
    let target = output(&scored, &arguments.target)?;
    let seed = Seed::new(common.seed);
    let all = encode(&scored.encoder, &table, common)?.rows;
    let rows = Background::sampled(all.view(), arguments.rows, seed)?.rows().to_owned();
    let of = background.as_ref().unwrap_or(&table);
    let compared = scored.encoder.encode(of)?.rows;
    let groups = FeatureGroups::new(scored.encoder.groups(), scored.encoder.feature_names())?;
    let interventional = background.as_ref().map(|_| Background::new(compared.clone())).transpose()?;
    let trees = trees.as_ref().map(ScoringModel::trees);
    let bench = Bench {
        scored: &scored,
        trees,
        players: AskedPlayers::columns(),
        groups: &groups,
        interventional: interventional.as_ref(),
        background: Background::sampled(compared.view(), arguments.background_rows, seed)?,
        training: scored.coded(compared.view()),
        answer: Answer::Margin,
        effort: Effort::Calls(arguments.choice.method_samples),
        common: common.hushed(),
    };
    let players = players(&groups, rows.ncols())?;
    let n_outputs = scored.model.predict(rows.slice_axis(ndarray::Axis(0), (0..1).into()))?.ncols();
    if target >= n_outputs {
        return Err(Usage::new(format!(
            "--target {target}: the model has {n_outputs} outputs, counted from 0"
        ))
        .into());
    }
    let subject =
        subject(&scored, &players, rows, compared.view(), (target, n_outputs), trees.map(|it| it as _));
    let methods = arguments.methods(trees.is_some());
    let contenders: Vec<_> = methods.into_iter().map(|method| bench.contender(method)).collect();
    let told = Told {
        title: format!("Explanations of {}", arguments.model.model.display()),
        facts: facts(arguments, &scored, &table, &subject, target),
    };
    let part = Part { subject: &subject, contenders: &contenders };
    arguments.choice.evaluate(&[part], &told, common)
}

impl Arguments {
    fn check(&self) -> anyhow::Result<()> {
        let is_program = self.program.is_given(&self.model.model)?;
        if is_program && self.method.contains(&Method::TreeShap) {
            return Err(Usage::new("tree-shap needs the trees, and a program only answers").into());
        }
        if self.rows == 0 || self.background_rows == 0 {
            return Err(Usage::new("--rows and --background-rows: at least 1 is needed").into());
        }
        Ok(())
    }

    fn methods(&self, has_trees: bool) -> Vec<Method> {
        if !self.method.is_empty() {
            return self.method.clone();
        }
        USUAL.into_iter().filter(|it| has_trees || *it != Method::TreeShap).collect()
    }

    fn scored(
        &self,
        table: &Table,
        background: Option<&Table>,
        common: &Common,
    ) -> anyhow::Result<(Scored, Option<ScoringModel>)> {
        if !self.program.is_given(&self.model.model)? {
            let model = self.model.read()?;
            return Ok((Scored::of_trees(&model, Answer::Margin), Some(model)));
        }
        let schema = scored::schema(table, background, self.model.feature_names.as_deref())?;
        note(common, &format!("the program is sent, in this order: {}", schema.names().join(", ")));
        Ok((self.program.start(schema, self.model.unseen())?, None))
    }
}

/// The rows as what is judged: a column is a player, its median stands for its absence, and its standard deviation is its scale.
pub(super) fn subject<'a>(
    scored: &'a Scored,
    players: &'a Players,
    rows: Array2<f64>,
    compared: ArrayView2<'_, f64>,
    (target, n_outputs): (usize, usize),
    randomise: Option<&'a dyn Randomise>,
) -> Subject<'a> {
    let fill = medians(compared);
    let n_rows = rows.nrows();
    Subject {
        model: scored.model.as_ref(),
        players,
        fills: Array2::from_shape_fn(rows.dim(), |(_, column)| fill[column]),
        are_quantities: scored.encoder.encoding() == Encoding::OneHot || is_all_numbers(scored),
        scales: scales(scored, compared),
        neighbours: None,
        outputs: vec![target; n_rows],
        n_outputs,
        regions: vec![None; n_rows],
        groups: None,
        randomise,
        rows,
    }
}

fn facts(
    arguments: &Arguments,
    scored: &Scored,
    table: &Table,
    subject: &Subject<'_>,
    target: usize,
) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let model = match scored.fingerprint {
        Some(fingerprint) => format!("{} ({fingerprint})", arguments.model.model.display()),
        None => "an outside program".to_owned(),
    };
    let output = match &scored.outputs {
        Some(names) => format!("{}, on the margin", names[target]),
        None => format!("answer {target}, as the program gives it"),
    };
    vec![
        fact("model", model),
        fact("data", format!("{}, {} of {} rows", table.name(), subject.rows.nrows(), table.n_rows())),
        fact("output", output),
        fact("absence", "the median of each column; the columns of one category go together".to_owned()),
    ]
}

/// Each column of the table is a player, with all the features that its categories became.
pub(super) fn players(groups: &FeatureGroups, n_features: usize) -> anyhow::Result<Players> {
    let mut of_column = vec![0; n_features];
    for (group, members) in groups.members().iter().enumerate() {
        members.iter().for_each(|feature| of_column[*feature] = group);
    }
    Ok(Players::of_columns(of_column)?)
}

/// The median of what is not missing, column by column; missing where all is.
fn medians(rows: ArrayView2<'_, f64>) -> Array1<f64> {
    let median = |column: ndarray::ArrayView1<'_, f64>| {
        let mut present: Vec<f64> = column.iter().copied().filter(|it| !it.is_nan()).collect();
        present.sort_unstable_by(f64::total_cmp);
        present.get(present.len() / 2).copied().unwrap_or(f64::NAN)
    };
    rows.columns().into_iter().map(median).collect()
}

fn is_all_numbers(scored: &Scored) -> bool {
    scored.encoder.schema().fields().iter().all(|field| matches!(field.kind, FieldKind::Numeric))
}

/// The standard deviation of numbers; categories do not move.
fn scales(scored: &Scored, rows: ArrayView2<'_, f64>) -> Vec<f64> {
    let mut scales = vec![0.0; rows.ncols()];
    for (field, (_, members)) in scored.encoder.schema().fields().iter().zip(scored.encoder.groups()) {
        for feature in members.into_iter().filter(|_| matches!(field.kind, FieldKind::Numeric)) {
            let present: Vec<f64> = rows.column(feature).iter().copied().filter(|it| !it.is_nan()).collect();
            let n = present.len().max(1) as f64;
            let mean = present.iter().sum::<f64>() / n;
            scales[feature] = (present.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / n).sqrt();
        }
    }
    scales
}
