//! ROAD, remove and debias: Rong et al. 2022, <https://arxiv.org/abs/2202.00449>, sections 4 and 5.
//!
//! ```text
//! ROAD = mean over shares of (f(x, least relevant removed) - f(x, most relevant removed)) / 2
//! removed pixels p solve  p (sum of w_q over the neighbours q in the picture) = sum_q w_q q,   w = 1/6 at edges, 1/12 at corners, and
//! get noise of deviation 0.01
//! ```
//!
//! | symbol | name here | unit |
//! |---|---|---|
//! | w | 1/6 at the four sides, 1/12 at the four corners | none |
//! | shares | 10%, 20%, ... 90% | of the pixels |
//!
//! **Direction**: higher is better. **Holds**: what is removed is filled smoothly from around it, so that the shape of the hole tells the model less.
//! **Costs**: 2 x shares + 0 model calls, and a sparse system a removal: conjugate gradients over the removed pixels, O(pixels) a step.
//! **Departs**: two metrics have this name. The paper and Quantus report the accuracy after removal, over a data set; pytorch-grad-cam's `ROADCombined`
//! reports the change of the score, (LeRF - MoRF) / 2, which is a number for one input and which this follows. The system is solved
//! to 1e-10 instead of by a factorisation; neighbours outside the picture are left out of both sides, as there.
//! pytorch-grad-cam keeps pixels below the percentile of the map and orders by 1 - map for the least relevant; with ties ours removes
//! exactly the share asked for.
//!
//! ```
//! use ndarray::{array, Array1};
//! use rationale_core::{FromFn, Game, Seed};
//! use rationale_metrics::{ChannelOrder, LinearImputation, Plane};
//!
//! // The middle of three pixels is filled with the mean of the others.
//! let own = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.to_owned());
//! let plane = Plane { height: 1, width: 3, n_channels: 1, order: ChannelOrder::First };
//! let row = array![1.0, 9.0, 3.0];
//! let game = LinearImputation::new(&own, row.view(), plane)?.with_noise(0.0);
//! let filled = game.value(array![[true, false, true]].view())?;
//! assert!((&filled - &array![[1.0, 2.0, 3.0]]).iter().all(|gap| gap.abs() < 1e-9));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ndarray::{Array2, ArrayView1, ArrayView2};
use rationale_core::{Error as CoreError, Game, Predict, Seed};

use crate::curve::{Change, Order, order_of, values_at};
use crate::error::check_length;
use crate::{Case, Cost, Error, Measure, Plane, Score, Ties, ask};

/// The gain of removing the least relevant pixels over removing the most relevant ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Road {
    shares: Vec<f64>,
    noise: f64,
    ties: Ties,
    seed: Seed,
}

impl Default for Road {
    /// 10% to 90% and noise of 0.01, as in pytorch-grad-cam.
    fn default() -> Self {
        let shares = (1..10).map(|tenth| f64::from(tenth) / 10.0).collect();
        Self { shares, noise: 0.01, ties: Ties::default(), seed: Seed::default() }
    }
}

impl Road {
    /// Which shares of the pixels are removed.
    pub fn with_shares(self, shares: Vec<f64>) -> Self {
        Self { shares, ..self }
    }

    /// The standard deviation of the noise in what is filled.
    pub fn with_noise(self, noise: f64) -> Self {
        Self { noise, ..self }
    }

    /// In which order equals go.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }

    /// The seed of the noise.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// The outputs after removal, for each share; most and least relevant pixels first.
    pub fn outputs(&self, case: &Case<'_>) -> Result<[Vec<f64>; 2], Error> {
        let input = case.input("road")?;
        let plane = *input.players.plane().ok_or(Error::Missing {
            metric: "road",
            what: "a picture whose pixels are the players",
            with: "Players::pixels",
        })?;
        let game = LinearImputation::new(input.model, input.row.view(), plane)?;
        let game = game.with_noise(self.noise).with_seed(self.seed);
        let n = case.n_players() as f64;
        #[expect(clippy::cast_sign_loss, reason = "a share of a count")]
        let counts: Vec<usize> =
            self.shares.iter().map(|share| (share.clamp(0.0, 1.0) * n).round() as usize).collect();
        let of = |order: Order| {
            let order = order_of(&case.attribution(), order, self.ties);
            values_at(&game, case.output(), &order, Change::Deletion, &counts)
        };
        Ok([of(Order::MostRelevantFirst)?, of(Order::LeastRelevantFirst)?])
    }
}

impl Measure for Road {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let [most, least] = self.outputs(case)?;
        let all: Vec<f64> = most.iter().chain(&least).copied().collect();
        if let Some(reason) = ask::no_order(&case.attribution(), &all) {
            return Ok(Score::NoSignal(reason));
        }
        let gain: f64 = least.iter().zip(&most).map(|(least, most)| (least - most) / 2.0).sum();
        Ok(Score::Value(gain / self.shares.len() as f64))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::calls(2 * self.shares.len())
    }
}

/// A picture as a game whose absent pixels are filled from their neighbours, with noise.
pub struct LinearImputation<'a> {
    model: &'a dyn Predict,
    row: ArrayView1<'a, f64>,
    plane: Plane,
    noise: f64,
    seed: Seed,
}

/// Steps of conjugate gradients; a hole of the whole picture but one pixel needs about its side times a few.
const MOST_STEPS: usize = 20_000;
const ACCURACY: f64 = 1e-10;

impl<'a> LinearImputation<'a> {
    /// Takes a picture as a row of numbers, and how it lies there.
    pub fn new(model: &'a dyn Predict, row: ArrayView1<'a, f64>, plane: Plane) -> Result<Self, Error> {
        check_length("the picture", plane.n_pixels() * plane.n_channels, row.len())?;
        Ok(Self { model, row, plane, noise: 0.01, seed: Seed::default() })
    }

    /// The standard deviation of the noise (0.01).
    pub fn with_noise(self, noise: f64) -> Self {
        Self { noise, ..self }
    }

    /// The seed of the noise.
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Neighbours in the picture and their weights.
    fn neighbours(&self, pixel: usize) -> impl Iterator<Item = (usize, f64)> {
        let Plane { height, width, .. } = self.plane;
        let (y, x) = (pixel / width, pixel % width);
        let rows = y.saturating_sub(1)..(y + 2).min(height);
        rows.flat_map(move |v| (x.saturating_sub(1)..(x + 2).min(width)).map(move |u| (v, u)))
            .filter(move |place| *place != (y, x))
            .map(move |(v, u)| (v * width + u, if v == y || u == x { 1.0 / 6.0 } else { 1.0 / 12.0 }))
    }

    /// The picture with absent pixels filled.
    fn filled(&self, present: ArrayView1<'_, bool>) -> Vec<f64> {
        let mut row = self.row.to_vec();
        let absent: Vec<usize> = (0..self.plane.n_pixels()).filter(|pixel| !present[*pixel]).collect();
        if absent.is_empty() {
            return row;
        }
        let system = System::new(self, present, &absent);
        for channel in 0..self.plane.n_channels {
            let known = |pixel: usize| self.row[self.plane.place(pixel, channel)];
            let mut draws = self.seed.draws("road", absent.len() as u64, channel as u64);
            for (pixel, value) in absent.iter().zip(system.solve(known)) {
                row[self.plane.place(*pixel, channel)] = value + self.noise * draws.normal();
            }
        }
        row
    }
}

impl Game for LinearImputation<'_> {
    fn n_players(&self) -> usize {
        self.plane.n_pixels()
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, CoreError> {
        let mut rows = Array2::zeros((coalitions.nrows(), self.row.len()));
        for (mut row, present) in rows.rows_mut().into_iter().zip(coalitions.rows()) {
            row.assign(&ArrayView1::from(&self.filled(present)));
        }
        self.model.predict(rows.view())
    }
}

/// The equations of the absent pixels: symmetric, and positive definite unless no pixel is present.
struct System {
    diagonal: Vec<f64>,
    /// Absent neighbours of each absent pixel, as (place among the absent, weight).
    inside: Vec<Vec<(usize, f64)>>,
    /// Present neighbours, as (pixel, weight).
    border: Vec<Vec<(usize, f64)>>,
}

impl System {
    fn new(game: &LinearImputation<'_>, present: ArrayView1<'_, bool>, absent: &[usize]) -> Self {
        let mut place = vec![usize::MAX; present.len()];
        absent.iter().enumerate().for_each(|(at, pixel)| place[*pixel] = at);
        let (mut diagonal, mut inside, mut border) = (Vec::new(), Vec::new(), Vec::new());
        for &pixel in absent {
            let (known, unknown): (Vec<_>, Vec<_>) = game.neighbours(pixel).partition(|(it, _)| present[*it]);
            diagonal.push(known.iter().chain(&unknown).map(|(_, weight)| weight).sum());
            inside.push(unknown.into_iter().map(|(it, weight)| (place[it], weight)).collect());
            border.push(known);
        }
        Self { diagonal, inside, border }
    }

    fn times(&self, x: &[f64]) -> Vec<f64> {
        let of = |row: usize| {
            let around: f64 = self.inside[row].iter().map(|(at, weight)| weight * x[*at]).sum();
            self.diagonal[row] * x[row] - around
        };
        (0..x.len()).map(of).collect()
    }

    /// Conjugate gradients from the mean of the border. With no pixel present the answer is 0, the least of all solutions.
    fn solve(&self, known: impl Fn(usize) -> f64) -> Vec<f64> {
        let side = |row: &Vec<(usize, f64)>| row.iter().map(|(it, weight)| weight * known(*it)).sum();
        let right: Vec<f64> = self.border.iter().map(side).collect();
        let mut x = vec![0.0; right.len()];
        let mut rest = right.clone();
        let mut direction = rest.clone();
        let mut square = dot(&rest, &rest);
        let enough = ACCURACY * ACCURACY * square;
        for _ in 0..MOST_STEPS {
            if square <= enough {
                break;
            }
            let image = self.times(&direction);
            let step = square / dot(&direction, &image);
            x.iter_mut().zip(&direction).for_each(|(x, d)| *x += step * d);
            rest.iter_mut().zip(&image).for_each(|(r, i)| *r -= step * i);
            let next = dot(&rest, &rest);
            direction.iter_mut().zip(&rest).for_each(|(d, r)| *d = r + next / square * *d);
            square = next;
        }
        x
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
