//! Inputs near an input, and their explanations: what the metrics of robustness share.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rationale_core::Seed;

use crate::error::check_setting;
use crate::{Case, Error, Input, ask};

/// How many neighbours an input has, and how far away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbourhood {
    radius: f64,
    n_samples: usize,
    seed: Seed,
}

impl Default for Neighbourhood {
    /// 10 neighbours within 0.02 of each column's scale: captum's.
    fn default() -> Self {
        Self { radius: 0.02, n_samples: 10, seed: Seed::default() }
    }
}

impl Neighbourhood {
    /// How far a column moves at most, in its scales ([`Case::with_scales`]).
    pub fn with_radius(self, radius: f64) -> Self {
        Self { radius, ..self }
    }

    /// How many neighbours.
    pub fn with_samples(self, n_samples: usize) -> Self {
        Self { n_samples, ..self }
    }

    /// The seed of the neighbours.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// How many neighbours.
    pub(crate) fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// Neighbours `[sample, column]`: each column moves by a uniform draw within the radius. Missing values stay missing.
    pub(crate) fn rows(&self, row: ArrayView1<'_, f64>, scales: &[f64]) -> Result<Array2<f64>, Error> {
        check_setting("the radius", self.radius, self.radius > 0.0 && self.radius.is_finite(), "above 0")?;
        check_setting("the number of neighbours", self.n_samples as f64, self.n_samples >= 1, "at least 1")?;
        let mut rows = Array2::zeros((self.n_samples, row.len()));
        for (sample, mut neighbour) in rows.rows_mut().into_iter().enumerate() {
            let mut draws = self.seed.draws("neighbour", 0, sample as u64);
            let columns = neighbour.iter_mut().zip(row.iter().zip(scales));
            columns.for_each(|(slot, (x, scale))| {
                *slot = x + self.radius * scale * (2.0 * draws.uniform() - 1.0);
            });
        }
        Ok(rows)
    }

    /// The neighbours that the case names, or else drawn ones.
    pub(crate) fn near(&self, case: &Case<'_>, input: &Input<'_>) -> Result<Array2<f64>, Error> {
        let n_columns = input.row.len();
        match case.neighbours(n_columns)? {
            Some(rows) => Ok(rows),
            None => self.rows(input.row.view(), &case.scales(n_columns)?),
        }
    }

    /// The attribution of a case and those of its neighbours.
    pub(crate) fn explained(&self, case: &Case<'_>, metric: &'static str) -> Result<Explained, Error> {
        let input = case.input(metric)?;
        let rows = self.near(case, input)?;
        let attributions = case.explained(metric, rows.view())?;
        Ok(Explained { own: case.attribution(), rows, attributions })
    }
}

/// Neighbours with their attributions.
pub(crate) struct Explained {
    pub(crate) own: Vec<f64>,
    /// `[sample, column]`.
    pub(crate) rows: Array2<f64>,
    /// `[sample, player]`.
    pub(crate) attributions: Array2<f64>,
}

impl Explained {
    /// How far each neighbour's attribution is from the own one.
    pub(crate) fn changes(&self) -> Vec<f64> {
        self.attributions.outer_iter().map(|it| distance(self.own.iter(), it.iter())).collect()
    }

    /// The length of the own attribution.
    pub(crate) fn size(&self) -> f64 {
        norm(self.own.iter().copied())
    }

    /// How far each attribution is from the own one, each value as a share of itself.
    pub(crate) fn relative_changes(&self) -> Vec<f64> {
        let of = |it: ArrayView1<'_, f64>| relative(self.own.iter(), it.iter());
        self.attributions.outer_iter().map(of).collect()
    }
}

/// What stands for a divisor of 0; Quantus's.
pub(crate) const LEAST: f64 = 1e-6;

/// The length of (a - b) / a, value by value, where a value of 0 counts as [`LEAST`].
pub(crate) fn relative<'a>(a: impl Iterator<Item = &'a f64>, b: impl Iterator<Item = &'a f64>) -> f64 {
    norm(a.zip(b).map(|(a, b)| (a - b) / if *a == 0.0 { LEAST } else { *a }))
}

pub(crate) fn distance<'a>(a: impl Iterator<Item = &'a f64>, b: impl Iterator<Item = &'a f64>) -> f64 {
    norm(a.zip(b).map(|(a, b)| a - b))
}

pub(crate) fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|it| it * it).sum::<f64>().sqrt()
}

/// The model's answers for the input and for its neighbours, and which of these keep its class.
pub(crate) fn kept(
    case: &Case<'_>,
    metric: &'static str,
    rows: ArrayView2<'_, f64>,
) -> Result<(Array2<f64>, Vec<bool>), Error> {
    let input = case.input(metric)?;
    let mut all = input.row.clone().insert_axis(Axis(0));
    all.append(Axis(0), rows).map_err(rationale_core::Error::model)?;
    let answers = ask::answers(input.model, all.view())?;
    let own = ask::class(answers.row(0));
    let kept = answers.outer_iter().skip(1).map(|it| ask::class(it) == own).collect();
    Ok((answers, kept))
}

/// The largest of the values that count.
pub(crate) fn largest(values: &[f64], counts: &[bool]) -> Option<f64> {
    values.iter().zip(counts).filter(|(_, counts)| **counts).map(|(value, _)| *value).reduce(f64::max)
}
