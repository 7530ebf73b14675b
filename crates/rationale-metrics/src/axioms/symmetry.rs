//! Symmetry: Shapley 1953, <https://doi.org/10.1515/9781400881970-018>; Sundararajan and Najmi 2020, <https://arxiv.org/abs/1908.08474>.
//!
//! ```text
//! max over interchangeable i, j of |phi_i - phi_j| / max |phi|,   interchangeable: f(S + i) = f(S + j) for every S without both
//! ```
//!
//! **Direction**: lower is better; 0 keeps the axiom. **Holds**: promised by Shapley values and Integrated Gradients along a straight line. Which players
//! are interchangeable is tested on random S: a pair that passes by chance would count wrongly, so the first draws are nobody and all.
//! **Costs**: 2 players + 2 contexts x pairs model calls, at most 20 pairs.
//! **Departs**: no peer measures it.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Measure, Players, Score, Symmetry};
//!
//! // x0 and x1 are interchangeable; x2 is not.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[1.0], [1.0], [5.0]]));
//! let (row, fill, players) = (array![1.0, 1.0, 1.0], array![0.0, 0.0, 0.0], Players::columns(3));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![1.5, 0.5, 5.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(Symmetry::default().measure(&case)?, Score::Value(0.2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use rationale_core::{Game, Seed};

use crate::{Case, Cost, Error, Measure, NoSignal, Score, ask};

/// How far interchangeable features are from being treated alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symmetry {
    n_contexts: usize,
    seed: Seed,
}

impl Default for Symmetry {
    fn default() -> Self {
        Self { n_contexts: 8, seed: Seed::default() }
    }
}

/// Answers that differ by less, as a share of the largest, are one.
const EQUAL: f64 = 1e-9;
const MOST_PAIRS: usize = 20;

impl Symmetry {
    /// How many random contexts a pair must pass (8).
    pub fn with_contexts(self, n_contexts: usize) -> Self {
        Self { n_contexts, ..self }
    }

    /// The seed of the contexts.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Pairs whose members do the same alone and when they alone are missing, and matter at all.
    fn candidates(alone: &[f64], without: &[f64], idle: &[bool]) -> Vec<[usize; 2]> {
        let n = alone.len();
        let is_alike = |i: usize, j: usize| is_equal(alone[i], alone[j]) && is_equal(without[i], without[j]);
        let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| [i, j]));
        pairs.filter(|[i, j]| !idle[*i] && !idle[*j] && is_alike(*i, *j)).take(MOST_PAIRS).collect()
    }

    fn is_interchangeable(&self, game: &dyn Game, output: usize, [i, j]: [usize; 2]) -> Result<bool, Error> {
        let worth = ask::worth(game, 2 * self.n_contexts, output, |number, present| {
            let mut draws = self.seed.draws("symmetry", 0, number as u64 / 2);
            present.iter_mut().for_each(|slot| *slot = draws.uniform() < 0.5);
            (present[i], present[j]) = (number % 2 == 0, number % 2 == 1);
        })?;
        Ok(worth.chunks(2).all(|pair| is_equal(pair[0], pair[1])))
    }
}

fn is_equal(a: f64, b: f64) -> bool {
    (a - b).abs() <= EQUAL * a.abs().max(b.abs())
}

impl Measure for Symmetry {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let (game, n, output) = (case.game("symmetry")?, case.n_players(), case.output());
        let worth = ask::worth(game, 2 * n + 2, output, |number, present| {
            present.fill(number >= n && number != 2 * n);
            if number < 2 * n {
                present[number % n] = number < n;
            }
        })?;
        if ask::is_flat(&worth) {
            return Ok(Score::NoSignal(NoSignal::ConstantModel));
        }
        let (alone, without) = (&worth[..n], &worth[n..2 * n]);
        let idle: Vec<bool> = (0..n)
            .map(|i| is_equal(alone[i], worth[2 * n]) && is_equal(without[i], worth[2 * n + 1]))
            .collect();
        let attribution = case.attribution();
        let mut gap: Option<f64> = None;
        for pair in Self::candidates(alone, without, &idle) {
            if self.is_interchangeable(game, output, pair)? {
                gap = Some(gap.unwrap_or(0.0).max((attribution[pair[0]] - attribution[pair[1]]).abs()));
            }
        }
        let largest = attribution.iter().fold(0.0_f64, |largest, it| largest.max(it.abs()));
        Ok(match gap {
            None => Score::NoSignal(NoSignal::NoPair),
            Some(gap) => Score::ratio(gap, largest, NoSignal::NothingAttributed),
        })
    }

    fn cost(&self, n_players: usize) -> Cost {
        let n_pairs = (n_players * n_players.saturating_sub(1) / 2).min(MOST_PAIRS);
        Cost::calls(2 * n_players + 2 + 2 * self.n_contexts * n_pairs)
    }
}
