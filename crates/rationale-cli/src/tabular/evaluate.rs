//! `rationale evaluate tabular`: methods over a table and trees.

use std::any::Any;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use rationale::audit::ScoringModel;
use rationale::metrics::{Input, Players};
use rationale::shapley::tree::TreeShap;
use rationale::surrogate::occlude;
use rationale::tabular::{FieldKind, Table};
use rationale::trees::TreeEnsemble;
use rationale::{
    Attributions, Background, Error, Explain, FeatureGroups, Predict, Progress, Randomise, Seed, Silent,
};

use super::asked::output;
use super::scored::{Answer, Scored};
use super::{Model, encode};
use crate::arguments::Common;
use crate::evaluate::{Choice, Contender, Explained, Subject, Told, random_values};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The rows to explain: CSV or Parquet.
    data: PathBuf,
    /// The methods; all where not given.
    #[arg(long, value_enum)]
    method: Vec<Method>,
    /// Compare with the rows of this file; makes tree-shap interventional, and gives what stands for an absent column.
    #[arg(long, value_name = "FILE")]
    background: Option<PathBuf>,
    /// The output to explain, by its name or its number counted from 0.
    #[arg(long, value_name = "K|NAME", default_value = "0")]
    target: String,
    /// How many rows, drawn at random.
    #[arg(long, value_name = "N", default_value_t = 50)]
    rows: usize,
    #[command(flatten)]
    choice: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Exact Shapley values of trees.
    TreeShap,
    /// What is lost without each column.
    Occlusion,
    /// Random numbers: what every method should beat.
    Random,
}

pub(crate) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let model = arguments.model.read()?;
    let table = Table::read(&arguments.data)?;
    let all = encode(model.encoder(), &table, common)?.rows;
    let background = match &arguments.background {
        Some(path) => Some(Background::new(model.encoder().encode(&Table::read(path)?)?.rows)?),
        None => None,
    };
    let target = output(&Scored::of_trees(&model, Answer::Margin), &arguments.target)?;
    let seed = Seed::new(common.seed);
    let rows = Background::sampled(all.view(), arguments.rows, seed)?.rows().to_owned();
    let usual = background.as_ref().map_or(all.view(), Background::rows);
    let groups = FeatureGroups::new(model.encoder().groups(), model.encoder().feature_names())?;
    let players = players(&groups, rows.ncols())?;
    let fill = medians(usual);
    let trees = Trees { own: model.trees(), groups: &groups, players: &players, fill: &fill };
    let contenders = contenders(&arguments.method, trees, background.as_ref(), seed);
    let margins = Margins(model.trees());
    let n_rows = rows.nrows();
    let subject = Subject {
        model: &margins,
        players: &players,
        fills: Array2::from_shape_fn(rows.dim(), |(_, column)| fill[column]),
        scales: scales(&model, &groups, usual),
        outputs: vec![target; n_rows],
        n_outputs: model.trees().n_outputs(),
        regions: vec![None; n_rows],
        groups: None,
        randomise: Some(model.trees()),
        rows,
    };
    let told = Told {
        title: format!("Explanations of {}", arguments.model.model.display()),
        facts: facts(arguments, &model, &table, &subject, target),
    };
    arguments.choice.evaluate(&subject, &contenders, &told, common)
}

fn facts(
    arguments: &Arguments,
    model: &ScoringModel,
    table: &Table,
    subject: &Subject<'_>,
    target: usize,
) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    vec![
        fact("model", format!("{} ({})", arguments.model.model.display(), model.trees().fingerprint())),
        fact("data", format!("{}, {} of {} rows", table.name(), subject.rows.nrows(), table.n_rows())),
        fact("output", format!("{}, on the margin", model.trees().output_names()[target])),
        fact("absence", "the median of each column; the columns of one category go together".to_owned()),
    ]
}

/// What trees add up to: what is explained, and so what faithfulness is measured on.
struct Margins<'a>(&'a TreeEnsemble);

impl Predict for Margins<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        self.0.margins(rows).map_err(Error::model)
    }
}

/// The model, and how its features make columns.
#[derive(Clone, Copy)]
struct Trees<'a> {
    own: &'a TreeEnsemble,
    groups: &'a FeatureGroups,
    players: &'a Players,
    fill: &'a Array1<f64>,
}

/// Makes the explainer of some trees.
type Build<'a> = dyn Fn(&TreeEnsemble) -> Result<Box<dyn Explain>, Error> + Send + Sync + 'a;

/// A method as a function from trees to its explainer: one more method is one more of these.
struct ByTrees<'a> {
    name: &'static str,
    calls: u64,
    is_complete: bool,
    trees: Trees<'a>,
    build: Box<Build<'a>>,
}

impl Contender for ByTrees<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn calls(&self) -> u64 {
        self.calls
    }

    fn explain(
        &self,
        replaced: Option<&dyn Randomise>,
        rows: ArrayView2<'_, f64>,
        output: usize,
    ) -> Result<Explained, Error> {
        let replaced = replaced.and_then(|it| (it as &dyn Any).downcast_ref::<TreeEnsemble>());
        let explained = (self.build)(replaced.unwrap_or(self.trees.own))?.explain(rows, &Silent)?;
        let is_by_column = explained.n_features() == self.trees.groups.len();
        let explained = if is_by_column { explained } else { explained.grouped(self.trees.groups)? };
        let output = if explained.n_outputs() == 1 { 0 } else { output };
        let explained = explained.select_output(output)?;
        let base_values = self.is_complete.then(|| explained.base_values().column(0).to_vec());
        Ok(Explained { values: explained.values().index_axis(Axis(2), 0).to_owned(), base_values })
    }
}

fn contenders<'a>(
    methods: &[Method],
    trees: Trees<'a>,
    background: Option<&'a Background>,
    seed: Seed,
) -> Vec<Box<dyn Contender + 'a>> {
    let methods = if methods.is_empty() { Method::value_variants() } else { methods };
    let n_players = trees.players.len();
    let contender = |method: &Method| -> Box<dyn Contender + 'a> {
        let (name, calls, is_complete, build): (_, _, _, Box<Build<'a>>) = match method {
            Method::TreeShap => ("tree-shap", 1, true, Box::new(move |model| tree_shap(model, background))),
            Method::Occlusion => ("occlusion", n_players as u64 + 1, false, {
                Box::new(move |model| {
                    let (players, fill) = (trees.players.clone(), trees.fill.clone());
                    Ok(Box::new(Occlusion { model: model.clone(), players, fill }))
                })
            }),
            Method::Random => {
                ("random", 1, false, Box::new(move |_| Ok(Box::new(Random { n_players, seed }))))
            }
        };
        Box::new(ByTrees { name, calls, is_complete, trees, build })
    };
    methods.iter().map(contender).collect()
}

fn tree_shap(model: &TreeEnsemble, background: Option<&Background>) -> Result<Box<dyn Explain>, Error> {
    let explainer = match background {
        Some(background) => TreeShap::interventional(model, background),
        None => TreeShap::path_dependent(model),
    };
    Ok(Box::new(explainer.map_err(|error| Error::method("tree-shap", error))?))
}

/// What the margin loses without each column.
struct Occlusion {
    model: TreeEnsemble,
    players: Players,
    fill: Array1<f64>,
}

impl Explain for Occlusion {
    fn explain(&self, rows: ArrayView2<'_, f64>, progress: &dyn Progress) -> Result<Attributions, Error> {
        let margins = Margins(&self.model);
        let mut values = Array3::zeros((rows.nrows(), self.players.len(), self.model.n_outputs()));
        for (row, mut slot) in rows.outer_iter().zip(values.outer_iter_mut()) {
            let input = Input::new(&margins, row, self.fill.view(), &self.players);
            let input = input.map_err(|error| Error::method("occlusion", error))?;
            let losses = occlude(&input, 64, progress).map_err(|error| Error::method("occlusion", error))?;
            slot.assign(&losses);
        }
        let predictions = margins.predict(rows)?;
        Attributions::new(values, Array2::zeros(predictions.dim()), predictions)
    }
}

/// Random numbers.
struct Random {
    n_players: usize,
    seed: Seed,
}

impl Explain for Random {
    fn explain(&self, rows: ArrayView2<'_, f64>, _: &dyn Progress) -> Result<Attributions, Error> {
        let values = random_values(rows, self.n_players, self.seed).insert_axis(Axis(2));
        let zeros = Array2::zeros((rows.nrows(), 1));
        Attributions::new(values, zeros.clone(), zeros)
    }
}

/// Each column of the table is a player, with all the features that its categories became.
fn players(groups: &FeatureGroups, n_features: usize) -> anyhow::Result<Players> {
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

/// The standard deviation of numbers; categories do not move.
fn scales(model: &ScoringModel, groups: &FeatureGroups, rows: ArrayView2<'_, f64>) -> Vec<f64> {
    let fields = model.encoder().schema().fields();
    let is_number = |name: &str| {
        fields.iter().any(|field| field.name == name && matches!(field.kind, FieldKind::Numeric))
    };
    let mut scales = vec![0.0; rows.ncols()];
    for (name, members) in groups.names().iter().zip(groups.members()) {
        for &feature in members.iter().filter(|_| is_number(name)) {
            let present: Vec<f64> = rows.column(feature).iter().copied().filter(|it| !it.is_nan()).collect();
            let n = present.len().max(1) as f64;
            let mean = present.iter().sum::<f64>() / n;
            scales[feature] = (present.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / n).sqrt();
        }
    }
    scales
}
