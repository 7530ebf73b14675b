//! Linear models of features that vary together: expectations given some of them, under a normal distribution.

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use rationale_core::separable::Ranking;
use rationale_core::{Error, Seed};

use super::METHOD;
use crate::driver::CONFIDENCE;
use crate::regression::{cholesky, inverse};

const MOST_ENUMERATED: usize = 12;
/// Orders are averaged in so many batches, whose differences show the error.
const BATCHES: usize = 20;

/// How a row's distances from the mean become values: phi = T (x - m).
#[derive(Debug, Clone)]
pub(super) struct Transform {
    mean: Array2<f64>,
    /// The means of batches of orders, where these were drawn.
    batches: Vec<Array2<f64>>,
}

impl Transform {
    /// Values `[row, feature]` of distances `[row, feature]`.
    pub(super) fn of_rows(&self, distances: &Array2<f64>) -> Array2<f64> {
        distances.dot(&self.mean.t())
    }

    /// The covariance `[feature, feature]` of the values of one row's distances.
    fn covariance(&self, distances: &Array1<f64>) -> Array2<f64> {
        let n = self.batches.len() as f64;
        let centre = self.mean.dot(distances);
        let mut covariance = Array2::zeros(self.mean.dim());
        for batch in &self.batches {
            let gap = (batch.dot(distances) - &centre).insert_axis(Axis(1));
            covariance += &gap.dot(&gap.t());
        }
        covariance / (n * (n - 1.0))
    }
}

/// The covariance `[feature, feature]` of rows. Its scale does not matter here.
pub(super) fn covariance(rows: ArrayView2<'_, f64>) -> Array2<f64> {
    let n = rows.nrows() as f64;
    let centred = &rows - &(rows.sum_axis(Axis(0)) / n);
    centred.t().dot(&centred) / (n - 1.0).max(1.0)
}

/// A transform for each output, exact for few features and else over drawn orders, whose number is given too.
pub(super) fn transforms(
    weights: &Array2<f64>,
    covariance: &Array2<f64>,
    samples: usize,
    seed: Seed,
) -> Result<(Vec<Transform>, Option<usize>), Error> {
    let varying = varying(covariance);
    check_regular(covariance, &varying)?;
    if varying.len() <= MOST_ENUMERATED {
        let exact =
            |weights| Transform { mean: enumerated(&weights, covariance, &varying), batches: Vec::new() };
        return Ok((weights.rows().into_iter().map(|it| exact(it.to_owned())).collect(), None));
    }
    if samples < 2 * BATCHES {
        let setting = crate::Error::Setting {
            what: "the number of orders",
            given: samples as f64,
            needed: "at least 40",
        };
        return Err(setting.of(METHOD));
    }
    let draw = |sample: usize| {
        let mut order = varying.clone();
        seed.draws(METHOD, 0, sample as u64).shuffle(&mut order);
        order
    };
    let orders: Vec<Vec<usize>> = (0..samples).map(draw).collect();
    let drawn = |weights: Array1<f64>| batched(&weights, covariance, &orders);
    Ok((weights.rows().into_iter().map(|it| drawn(it.to_owned())).collect(), Some(samples)))
}

/// A transform for each output over orders that are given.
pub(super) fn by_orders(
    weights: &Array2<f64>,
    covariance: &Array2<f64>,
    orders: &[Vec<usize>],
) -> Result<Vec<Transform>, Error> {
    let varying = varying(covariance);
    check_regular(covariance, &varying)?;
    for order in orders {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if sorted != varying {
            let (expected, actual) = (varying.len(), order.len());
            let what = "an order of the features that vary, each once,";
            return Err(crate::Error::Length { what, expected, actual }.of(METHOD));
        }
    }
    let transform =
        |weights: Array1<f64>| Transform { mean: mean_of(&weights, covariance, orders), batches: Vec::new() };
    Ok(weights.rows().into_iter().map(|it| transform(it.to_owned())).collect())
}

/// Standard errors `[row, feature, output]` and which ranks are told apart `[row, rank, output]`, where orders were drawn.
pub(super) fn errors(
    transforms: &[Transform],
    distances: &Array2<f64>,
) -> Option<(Array3<f64>, Array3<bool>)> {
    if transforms.iter().any(|transform| transform.batches.is_empty()) {
        return None;
    }
    let (n_rows, n_features) = distances.dim();
    let mut errors = Array3::zeros((n_rows, n_features, transforms.len()));
    let mut separable = Array3::from_elem((n_rows, n_features.saturating_sub(1), transforms.len()), false);
    for (output, transform) in transforms.iter().enumerate() {
        for (row, distances) in distances.rows().into_iter().enumerate() {
            let covariance = transform.covariance(&distances.to_owned());
            let values = transform.mean.dot(&distances);
            let ranking = Ranking::new(values.view(), covariance.view(), CONFIDENCE).ok()?;
            for (feature, variance) in covariance.diag().iter().enumerate() {
                errors[[row, feature, output]] = variance.sqrt();
            }
            for (rank, is_separable) in ranking.is_separable().iter().enumerate() {
                separable[[row, rank, output]] = *is_separable;
            }
        }
    }
    Some((errors, separable))
}

/// Features of one value have nothing to vary with.
fn varying(covariance: &Array2<f64>) -> Vec<usize> {
    (0..covariance.nrows()).filter(|&feature| covariance[[feature, feature]] > 0.0).collect()
}

/// Names features that determine each other.
fn check_regular(covariance: &Array2<f64>, varying: &[usize]) -> Result<(), Error> {
    let of = |features: &[usize]| covariance.select(Axis(0), features).select(Axis(1), features);
    if cholesky(&of(varying)).is_some() {
        return Ok(());
    }
    let broken =
        (1..=varying.len()).find(|&n| cholesky(&of(&varying[..n])).is_none()).unwrap_or(varying.len());
    let (before, last) = (&varying[..broken - 1], varying[broken - 1]);
    let towards: Array1<f64> = before.iter().map(|&feature| covariance[[feature, last]]).collect();
    let slopes = inverse(&of(before)).map(|inverse| inverse.dot(&towards)).unwrap_or_default();
    let scale = |feature: usize| (covariance[[feature, feature]] / covariance[[last, last]]).sqrt();
    let matters =
        |(&feature, slope): (&usize, &f64)| (slope.abs() * scale(feature) > 1e-6).then_some(feature);
    let mut features: Vec<usize> = before.iter().zip(&slopes).filter_map(matters).collect();
    features.push(last);
    Err(crate::Error::Collinear { features }.of(METHOD))
}

/// v(C) - v(nobody) = a . (x - m) over C with a = S_CC^-1 (S w)_C; gives a for each beginning C of the order.
fn slopes(weights: &Array1<f64>, covariance: &Array2<f64>, order: &[usize]) -> Vec<Array1<f64>> {
    let within = covariance.select(Axis(0), order).select(Axis(1), order);
    let Some(lower) = cholesky(&within) else { return Vec::new() };
    // Features that do not vary are worth nothing to others, so they need not be left out of the sum.
    let towards = covariance.dot(weights);
    let n = order.len();
    let mut solved = Array1::<f64>::zeros(n);
    for i in 0..n {
        let known: f64 = (0..i).map(|k| lower[[i, k]] * solved[k]).sum();
        solved[i] = (towards[order[i]] - known) / lower[[i, i]];
    }
    let beginning = |n: usize| {
        let mut slopes = Array1::<f64>::zeros(n);
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| lower[[k, i]] * slopes[k]).sum();
            slopes[i] = (solved[i] - known) / lower[[i, i]];
        }
        slopes
    };
    (0..=n).map(beginning).collect()
}

/// Adds what each feature of an order gains to the transform.
fn add_order(transform: &mut Array2<f64>, weights: &Array1<f64>, covariance: &Array2<f64>, order: &[usize]) {
    let slopes = slopes(weights, covariance, order);
    for (place, pair) in slopes.windows(2).enumerate() {
        let player = order[place];
        for (feature, slope) in order.iter().zip(&pair[1]) {
            transform[[player, *feature]] += slope;
        }
        for (feature, slope) in order.iter().zip(&pair[0]) {
            transform[[player, *feature]] -= slope;
        }
    }
}

fn mean_of(weights: &Array1<f64>, covariance: &Array2<f64>, orders: &[Vec<usize>]) -> Array2<f64> {
    let mut transform = Array2::zeros(covariance.dim());
    orders.iter().for_each(|order| add_order(&mut transform, weights, covariance, order));
    with_unvarying(transform / orders.len().max(1) as f64, weights, covariance)
}

fn batched(weights: &Array1<f64>, covariance: &Array2<f64>, orders: &[Vec<usize>]) -> Transform {
    let batch = |batch: usize| {
        let orders: Vec<Vec<usize>> = orders.iter().skip(batch).step_by(BATCHES).cloned().collect();
        mean_of(weights, covariance, &orders)
    };
    let batches: Vec<Array2<f64>> = (0..BATCHES).map(batch).collect();
    let sum = batches.iter().fold(Array2::zeros(covariance.dim()), |sum, batch| sum + batch);
    Transform { mean: sum / BATCHES as f64, batches }
}

/// The Shapley values of the game over every coalition of the features that vary.
fn enumerated(weights: &Array1<f64>, covariance: &Array2<f64>, varying: &[usize]) -> Array2<f64> {
    let n = varying.len();
    let shares = crate::exact::shares(n);
    let mut transform = Array2::zeros(covariance.dim());
    for coalition in 1..1_usize << n {
        let members: Vec<usize> = (0..n).filter(|&k| coalition >> k & 1 == 1).map(|k| varying[k]).collect();
        let slopes = slopes(weights, covariance, &members).pop().unwrap_or_default();
        for (k, &player) in varying.iter().enumerate() {
            let size = members.len();
            let share = if coalition >> k & 1 == 1 { shares[size - 1] } else { -shares[size] };
            members.iter().zip(&slopes).for_each(|(&it, slope)| transform[[player, it]] += share * slope);
        }
    }
    with_unvarying(transform, weights, covariance)
}

/// A feature of one value has its own weight and nothing else.
fn with_unvarying(
    mut transform: Array2<f64>,
    weights: &Array1<f64>,
    covariance: &Array2<f64>,
) -> Array2<f64> {
    for feature in (0..weights.len()).filter(|&feature| covariance[[feature, feature]] <= 0.0) {
        transform[[feature, feature]] = weights[feature];
    }
    transform
}
