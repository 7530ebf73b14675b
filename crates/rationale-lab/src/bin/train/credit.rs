//! The network for German Credit: two hidden layers over the columns that the demo's forest sees, encoded alike.

use std::path::Path;

use anyhow::Result;
use ndarray::{Array2, Axis};
use rationale::onnx::OnnxNetwork;
use rationale::tabular::{Encoder, Encoding, MissingValues, Schema, Table, labels};
use rationale::tensor::{Device, Rows, Tensor};
use rationale::{Predict, Seed};
use rationale_datasets::GERMAN_CREDIT;

use crate::adam::{Adam, Parameter, cross_entropy};
use crate::onnx::Graph;
use crate::write;

const SEED: Seed = Seed::new(0);
/// What the demo's forest does not see either, and the outcome.
const EXCLUDED: [&str; 4] = ["personal_status_and_sex", "age_in_years", "foreign_worker", "creditability"];
const N_TRAINING: usize = 700;
const HIDDEN: [usize; 2] = [16, 8];
const N_EPOCHS: usize = 60;
const BATCH: usize = 50;
const RATE: f64 = 3e-3;
const DECAY: f32 = 0.5;

pub(crate) fn train(folder: &Path) -> Result<()> {
    let table = Table::from_csv_bytes("German Credit", GERMAN_CREDIT.as_bytes())?;
    // The demo's own split: what is held out here is what the demo decides about.
    let mut order: Vec<usize> = (0..table.n_rows()).collect();
    SEED.draws("demo split", 0, 0).shuffle(&mut order);
    let (training, others) = order.split_at(N_TRAINING);
    let (training, others) = (table.select_rows(training), table.select_rows(others));
    let encoder = Encoder::new(Schema::learn(&training, &EXCLUDED)?, Encoding::OneHot)?
        .with_missing(MissingValues::Refuse);
    let rows = encoder.encode(&training)?.rows;
    let scaling = Scaling::of(&rows);
    let network = fit(&scaling.apply(&rows), &classes(&training)?)?;
    let bytes = export(&network, &scaling, &encoder)?;
    measure(&bytes, &encoder, &others)?;
    write(&folder.join("german_credit.onnx"), &bytes)
}

/// 1 for a good outcome.
fn classes(table: &Table) -> Result<Vec<usize>> {
    Ok(labels(table, "creditability", "good")?.iter().map(|it| usize::from(*it)).collect())
}

/// Each feature's mean and deviation over the training rows; 1 in place of a deviation of 0.
struct Scaling {
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl Scaling {
    fn of(rows: &Array2<f64>) -> Self {
        let column = |values: ndarray::ArrayView1<'_, f64>| {
            let mean = values.mean().unwrap_or(0.0);
            let deviation = values.mapv(|it| (it - mean).powi(2)).mean().unwrap_or(0.0).sqrt();
            (mean, if deviation > 0.0 { deviation } else { 1.0 })
        };
        let (means, deviations) = rows.axis_iter(Axis(1)).map(column).unzip();
        Self { means, deviations }
    }

    fn apply(&self, rows: &Array2<f64>) -> Array2<f64> {
        Array2::from_shape_fn(rows.dim(), |(row, i)| (rows[[row, i]] - self.means[i]) / self.deviations[i])
    }
}

fn parameters(n_features: usize) -> Vec<Parameter> {
    let mut draws = SEED.draws("parameters of credit", 0, 0);
    let [first, second] = HIDDEN;
    let mut layer = |name, from: usize, to: usize| {
        Parameter::normal(name, &[from, to], (2.0 / from as f64).sqrt(), &mut draws)
    };
    vec![
        layer("first", n_features, first),
        Parameter::full("first_bias", &[first], 0.0),
        layer("second", first, second),
        Parameter::full("second_bias", &[second], 0.0),
        layer("third", second, 2),
        Parameter::full("third_bias", &[2], 0.0),
    ]
}

fn fit(rows: &Array2<f64>, classes: &[usize]) -> Result<Vec<Parameter>> {
    let device = Device::named("flex")?;
    let mut parameters = parameters(rows.ncols());
    let mut adam = Adam::new(DECAY);
    for epoch in 0..N_EPOCHS {
        let mut order: Vec<usize> = (0..rows.nrows()).collect();
        SEED.draws("order of credit", epoch as u64, 0).shuffle(&mut order);
        let rate = RATE * (1.0 - epoch as f64 / N_EPOCHS as f64);
        for batch in order.chunks(BATCH) {
            let leaves = parameters.iter().map(|it| it.leaf(&device)).collect::<Result<Vec<_>>>()?;
            let picked: Vec<f32> = rows.select(Axis(0), batch).iter().map(|it| *it as f32).collect();
            let x = Tensor::from_vec(picked, &[batch.len(), rows.ncols()], &device)?;
            let x = x.matmul(&leaves[0])?.add(&leaves[1])?.relu()?;
            let x = x.matmul(&leaves[2])?.add(&leaves[3])?.relu()?;
            let logits = x.matmul(&leaves[4])?.add(&leaves[5])?;
            let labels: Vec<usize> = batch.iter().map(|row| classes[*row]).collect();
            let gradients = cross_entropy(&logits, &labels, &device)?.backward()?;
            let gradients: Vec<_> = leaves.iter().map(|it| gradients.of(it)).collect();
            adam.step(&mut parameters, &gradients, rate as f32)?;
        }
    }
    Ok(parameters)
}

fn export(parameters: &[Parameter], scaling: &Scaling, encoder: &Encoder) -> Result<Vec<u8>> {
    let mut graph = Graph::default();
    let n_features = scaling.means.len();
    graph.note("classes", r#"["bad","good"]"#);
    graph.note("feature_names", &serde_json::to_string(encoder.feature_names())?);
    graph.note("schema", &encoder.schema().to_json().to_string());
    graph.note("encoding", encoder.encoding().name());
    graph.float_input("rows", &["batch", &n_features.to_string()]);
    parameters.iter().for_each(|it| graph.floats(it.name, &it.shape, &it.values));
    let single = |values: &[f64]| values.iter().map(|it| *it as f32).collect::<Vec<_>>();
    graph.floats("means", &[n_features], &single(&scaling.means));
    graph.floats("deviations", &[n_features], &single(&scaling.deviations));
    graph.node("Sub", &["rows", "means"], "centred", &[]);
    graph.node("Div", &["centred", "deviations"], "scaled", &[]);
    graph.node("Gemm", &["scaled", "first", "first_bias"], "first_sum", &[]);
    graph.node("Relu", &["first_sum"], "first_layer", &[]);
    graph.node("Gemm", &["first_layer", "second", "second_bias"], "second_sum", &[]);
    graph.node("Relu", &["second_sum"], "second_layer", &[]);
    graph.node("Gemm", &["second_layer", "third", "third_bias"], "logits", &[]);
    graph.output("logits", &["batch", "2"]);
    Ok(graph.into_bytes("german_credit"))
}

/// Prints how the written file does on the applicants held out.
fn measure(bytes: &[u8], encoder: &Encoder, others: &Table) -> Result<()> {
    let network = OnnxNetwork::from_bytes(bytes, &Device::named("flex")?)?;
    let rows = encoder.encode(others)?.rows;
    let answers = Rows::new(&network, &[rows.ncols()])?.predict(rows.view())?;
    let scores: Vec<f64> = answers.rows().into_iter().map(|row| row[1] - row[0]).collect();
    let classes = classes(others)?;
    let right =
        scores.iter().zip(&classes).filter(|(score, class)| usize::from(**score > 0.0) == **class).count();
    println!("held out: {right} of {} right, AUC {:.4}", scores.len(), auc(&scores, &classes));
    Ok(())
}

/// The share of pairs of a good and a bad outcome whose scores are in order.
fn auc(scores: &[f64], classes: &[usize]) -> f64 {
    let of = |class| scores.iter().zip(classes).filter(move |(_, it)| **it == class).map(|(score, _)| *score);
    let pairs: Vec<f64> = of(1)
        .flat_map(|good| {
            of(0).map(move |bad| {
                if good > bad {
                    1.0
                } else if good < bad {
                    0.0
                } else {
                    0.5
                }
            })
        })
        .collect();
    pairs.iter().sum::<f64>() / pairs.len().max(1) as f64
}
