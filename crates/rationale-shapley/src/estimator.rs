//! The seam between the methods and the games they divide.

use ndarray::{Array2, Array3};
use rationale_core::{Draws, Error, Evidence, Game, Seed};

/// A way to divide the worth of everybody among the players of a game, from answers alone.
pub trait Estimator: Send + Sync {
    /// The method's name and settings, as evidence records them.
    fn settings(&self) -> Evidence;

    /// What may be spent on one game of so many players; fails where the settings cannot work for them.
    fn budget(&self, n_players: usize) -> Result<Budget, Error>;

    /// Begins with one game of at least two players. The streams of chance are the caller's.
    fn begin<'g>(&self, game: &'g dyn Game, stream: Stream) -> Result<Box<dyn Sampler + 'g>, Error>;
}

/// One game under way.
pub trait Sampler {
    /// Goes on until the estimate rests on `samples` samples, counted as the method documents.
    fn extend(&mut self, samples: usize) -> Result<(), Error>;

    /// What is known now.
    fn estimate(&self) -> Estimate;
}

/// Values of the players of one game.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// Values `[player, output]`.
    pub values: Array2<f64>,
    /// The covariance of their errors `[output, player, player]`, where they are sampled.
    pub covariance: Option<Array3<f64>>,
}

/// What a method may spend on one game.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// The most samples, counted as the method documents.
    pub samples: usize,
    /// The fewest samples that give an error as well.
    pub least: usize,
    /// Coalitions asked about a sample, at most.
    pub coalitions: f64,
    /// The error to stop at, if any: the largest standard error over the spread of the values.
    pub tolerance: Option<f64>,
    /// Into how many parts a background is cut at most, each with samples of its own.
    pub parts: usize,
    /// Whether chance plays a part, so that values have an error.
    pub sampled: bool,
    /// Whether players who never matter must be in the game all the same.
    pub idle_players: bool,
}

impl Budget {
    /// That of a method which asks about a fixed number of coalitions and has no error.
    pub(crate) fn fixed(coalitions: f64) -> Self {
        Self {
            samples: 1,
            least: 1,
            coalitions,
            tolerance: None,
            parts: 1,
            sampled: false,
            idle_players: false,
        }
    }
}

/// Which streams of chance a game has to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stream {
    /// What stands for the row: a number made of its values, so that its place in a table does not matter.
    pub row: u64,
    /// The part of the background.
    pub part: u32,
}

impl Stream {
    pub(crate) fn draws(self, seed: Seed, purpose: &str, sample: u32) -> Draws {
        seed.draws(purpose, self.row, u64::from(self.part) << 32 | u64::from(sample))
    }
}
