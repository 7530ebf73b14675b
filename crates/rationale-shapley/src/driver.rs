//! Runs a method on a game, or on the parts of one, until an error is reached or the budget is spent.

use ndarray::{Array1, Array2, Array3, Axis};
use rationale_core::separable::Ranking;
use rationale_core::{Error, Game};

use crate::estimator::{Budget, Estimate, Estimator, Sampler, Stream};
use crate::ledger::Ends;

/// At which neighbouring ranks are told apart.
pub(crate) const CONFIDENCE: f64 = 0.95;
/// The first look at the error is taken after this share of the budget.
const FIRST_SHARE: usize = 16;

/// Why no more samples were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The error fell to the tolerance.
    Tolerance,
    /// The samples allowed were drawn.
    Budget,
}

/// What a method says of a game.
#[derive(Debug, Clone)]
pub struct GameValues {
    /// Values `[player, output]`.
    pub values: Array2<f64>,
    /// Their standard errors `[player, output]`, where they are sampled.
    pub standard_error: Option<Array2<f64>>,
    /// Whether neighbouring ranks of |value| differ by more than chance at 95% `[rank, output]`, where values are sampled.
    pub separable: Option<Array2<bool>>,
    /// What nobody is worth `[output]`.
    pub nobody: Array1<f64>,
    /// What everybody is worth `[output]`.
    pub everybody: Array1<f64>,
    /// How many samples of each part were drawn.
    pub samples: usize,
    /// Why no more were.
    pub stopped: Stopped,
}

/// Divides a game's worth among its players. `row` keys the random draws; another number is another sample.
///
/// For games of any kind: a picture whose segments are greyed or blurred, a text whose words are taken out.
///
/// ```
/// use ndarray::{Array2, ArrayView2, Axis};
/// use rationale_core::{Error, Game};
/// use rationale_shapley::{ExactShap, explain_game};
///
/// struct Gloves; // A left glove and two right ones: a pair is worth 6.
/// impl Game for Gloves {
///     fn n_players(&self) -> usize {
///         3
///     }
///     fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, Error> {
///         Ok(coalitions.map_axis(Axis(1), |c| if c[0] & (c[1] | c[2]) { 6.0 } else { 0.0 }).insert_axis(Axis(1)))
///     }
/// }
/// let values = explain_game(&ExactShap::new(), &Gloves, 0)?.values;
/// assert!((values[[0, 0]] - 4.0).abs() < 1e-12 && (values[[1, 0]] - 1.0).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
pub fn explain_game(estimator: &dyn Estimator, game: &dyn Game, row: u64) -> Result<GameValues, Error> {
    run(estimator, &[Part { game, weight: 1.0 }], row)
}

/// A game and its share of the whole.
pub(crate) struct Part<'g> {
    pub(crate) game: &'g dyn Game,
    pub(crate) weight: f64,
}

/// Divides the mean of games over the same players: a Shapley value is linear in the game.
pub(crate) fn run(estimator: &dyn Estimator, parts: &[Part<'_>], row: u64) -> Result<GameValues, Error> {
    let ends = mean_ends(parts)?;
    let n_players = parts.first().map_or(0, |part| part.game.n_players());
    if n_players < 2 {
        return Ok(undivided(n_players, ends));
    }
    let budget = estimator.budget(n_players)?;
    let mut samplers = Vec::with_capacity(parts.len());
    for (part, idx) in parts.iter().zip(0..) {
        samplers.push(estimator.begin(part.game, Stream { row, part: idx })?);
    }
    let mut samples = first_look(budget);
    loop {
        samplers.iter_mut().try_for_each(|sampler| sampler.extend(samples))?;
        let estimate = combined(&samplers, parts);
        let is_near = budget.tolerance.is_some_and(|tolerance| relative_error(&estimate) <= tolerance);
        if is_near || samples >= budget.samples {
            let stopped = if is_near { Stopped::Tolerance } else { Stopped::Budget };
            return finished(&estimate, ends, samples, stopped);
        }
        samples = (samples * 2).min(budget.samples);
    }
}

fn first_look(budget: Budget) -> usize {
    match budget.tolerance {
        Some(_) => (budget.samples / FIRST_SHARE).max(budget.least).min(budget.samples),
        None => budget.samples,
    }
}

fn mean_ends(parts: &[Part<'_>]) -> Result<Ends, Error> {
    let mut sum: Option<Ends> = None;
    for part in parts {
        let ends = Ends::of(part.game)?;
        let scaled = Ends { nobody: ends.nobody * part.weight, everybody: ends.everybody * part.weight };
        sum = Some(match sum {
            None => scaled,
            Some(sum) => {
                Ends { nobody: sum.nobody + scaled.nobody, everybody: sum.everybody + scaled.everybody }
            }
        });
    }
    sum.ok_or(Error::Empty { what: "the list of games" })
}

/// One player takes all, exactly.
fn undivided(n_players: usize, ends: Ends) -> GameValues {
    let n_outputs = ends.nobody.len();
    let difference = ends.difference().insert_axis(Axis(0));
    GameValues {
        values: if n_players == 1 { difference } else { Array2::zeros((0, n_outputs)) },
        standard_error: None,
        separable: None,
        nobody: ends.nobody,
        everybody: ends.everybody,
        samples: 0,
        stopped: Stopped::Budget,
    }
}

/// The weighted mean of the parts' estimates, which are independent.
fn combined(samplers: &[Box<dyn Sampler + '_>], parts: &[Part<'_>]) -> Estimate {
    let estimates = samplers.iter().zip(parts).map(|(sampler, part)| {
        let Estimate { values, covariance } = sampler.estimate();
        Estimate { values: values * part.weight, covariance: covariance.map(|it| it * part.weight.powi(2)) }
    });
    let sum = estimates.reduce(|a, b| Estimate {
        values: a.values + b.values,
        covariance: a.covariance.zip(b.covariance).map(|(a, b)| a + b),
    });
    sum.unwrap_or(Estimate { values: Array2::zeros((0, 0)), covariance: None })
}

/// The largest standard error over the spread of the values, as Covert and Lee (2021, section 3.4) take it; the worst
/// output counts, and an output without error is near enough.
fn relative_error(estimate: &Estimate) -> f64 {
    let Some(covariance) = &estimate.covariance else { return 0.0 };
    let outputs = covariance.outer_iter().zip(estimate.values.columns());
    let errors = outputs.map(|(covariance, values)| {
        let largest = covariance.diag().iter().fold(0.0_f64, |a, &b| a.max(b)).sqrt();
        let ends = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &value| (a.min(value), b.max(value)));
        if largest == 0.0 { 0.0 } else { largest / (ends.1 - ends.0) }
    });
    errors.fold(0.0, f64::max)
}

fn finished(estimate: &Estimate, ends: Ends, samples: usize, stopped: Stopped) -> Result<GameValues, Error> {
    let covariance = estimate.covariance.as_ref();
    Ok(GameValues {
        values: estimate.values.clone(),
        standard_error: covariance.map(standard_errors),
        separable: covariance.map(|covariance| separable(&estimate.values, covariance)).transpose()?,
        nobody: ends.nobody,
        everybody: ends.everybody,
        samples,
        stopped,
    })
}

fn standard_errors(covariance: &Array3<f64>) -> Array2<f64> {
    let (n_outputs, n_players, _) = covariance.dim();
    Array2::from_shape_fn((n_players, n_outputs), |(i, output)| covariance[[output, i, i]].max(0.0).sqrt())
}

/// For each output, whether the players at neighbouring ranks differ in |value| by more than chance at 95%.
fn separable(values: &Array2<f64>, covariance: &Array3<f64>) -> Result<Array2<bool>, Error> {
    let (n_players, n_outputs) = values.dim();
    let mut separable = Array2::from_elem((n_players.saturating_sub(1), n_outputs), false);
    let outputs = values.columns().into_iter().zip(covariance.outer_iter());
    for (mut out, (values, covariance)) in separable.columns_mut().into_iter().zip(outputs) {
        let ranking = Ranking::new(values, covariance, CONFIDENCE)?;
        out.iter_mut().zip(ranking.is_separable()).for_each(|(out, is)| *out = *is);
    }
    Ok(separable)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn neighbours_within_their_error_are_not_separable() {
        let covariance = |c: f64| array![[[1.0, c, 0.0], [c, 1.0, 0.0], [0.0, 0.0, 1.0]]];
        let values = array![[5.0], [4.0], [-20.0]];
        // -20 and 5 are far apart; 5 and 4 differ by 1, whose error is 1.96 times the root of 2 - 2c.
        assert_eq!(separable(&values, &covariance(0.0)).unwrap(), array![[true], [false]]);
        assert_eq!(separable(&values, &covariance(0.95)).unwrap(), array![[true], [true]]);
    }

    #[test]
    fn the_error_is_relative_to_the_spread_of_the_values() {
        let estimate =
            Estimate { values: array![[5.0], [1.0]], covariance: Some(array![[[0.04, 0.0], [0.0, 0.01]]]) };
        assert!((relative_error(&estimate) - 0.05).abs() < 1e-12);
    }
}
