//! The stable mode: S-LIME, Zhou, Hooker and Wang 2021, <https://arxiv.org/abs/2106.07875>.
//!
//! ```text
//! features enter one by one: the next is the one with the largest |c_j|, c_j = mean_i w_i x~_ij r_i
//! z = (|c_1| - |c_j|) / se,   se^2 = var_i(w_i r_i (s_1 x~_i1 - s_j x~_ij)) / n           (their section 3.2)
//! settled where z > z_c for every rival j at each of the first k steps; else n (z_c / z)^2 samples are needed
//!
//! and, of the explanation that is handed out, each of the first k coefficients against every later one:
//! z = (|b_i| - |b_j|) / se(|b_i| - |b_j|) > z_c
//! ```
//!
//! | symbol | name here | unit |
//! |---|---|---|
//! | k | top | features |
//! | c | confidence, shared among steps and looks | none |
//! | r | what is left of the target | the output's own |
//! | s | the sign of c_j | none |
//!
//! **Holds**: where it says settled, another seed that settles gives the same first k features in about the share
//! `confidence` of cases, or more where rivals are far behind. It is a statement about these samples' noise, not about
//! the kernel's width: see [`Lime::with_width_factors`](crate::Lime::with_width_factors).
//!
//! **Costs**: n d k for a look; the sample doubles at least and grows tenfold at most from one look to the next, up to
//! `most_samples`, where it gives up and says which rank is not settled. Where nothing is left to rank (a constant
//! model, fewer features in use than asked for) it is settled at once.
//!
//! **Departs**: from the paper in testing the leader against every rival rather than the second only, in sharing the
//! error among steps and looks, and in taking features out by least squares (as forward selection does) where the
//! paper follows least angles. Features are compared as they are, not standardised, as in lime's own lasso path. The
//! second condition is ours: the paper's settles which features enter, and people read the coefficients. With several
//! outputs, each must settle.

use ndarray::{Array1, ArrayView1, ArrayView2};
use rationale_core::separable::critical_value;

use crate::lime::within;
use crate::local_model::root;
use crate::{Error, LocalModel};

/// Looks that the error is shared among: from 5,000 samples to 100,000 there are at most five.
const N_LOOKS: f64 = 5.0;
/// How much the sample may grow from one look to the next.
const MOST_GROWTH: usize = 10;
/// What is below this share of the largest is rounding: no number of samples ranks it.
const NOTHING: f64 = 1e-12;
/// A feature whose square left over is below this share of its own depends on those that entered.
const DEPENDENT: f64 = 1e-12;

/// When a ranking counts as settled, and when to give up.
#[derive(Debug, Clone, PartialEq)]
pub struct Settling {
    pub(crate) top: usize,
    pub(crate) confidence: f64,
    pub(crate) most_samples: usize,
}

impl Settling {
    /// Settles the first `top` features, at a confidence of 0.95, with at most 100,000 samples (S-LIME's own limit is
    /// 10,000).
    pub fn new(top: usize) -> Self {
        Self { top, confidence: 0.95, most_samples: 100_000 }
    }

    /// The confidence (0.95).
    pub fn with_confidence(self, confidence: f64) -> Self {
        Self { confidence, ..self }
    }

    /// The most samples (100,000).
    pub fn with_most_samples(self, most_samples: usize) -> Self {
        Self { most_samples, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        within("the number of features to settle", self.top as f64, self.top >= 1, "at least 1")?;
        critical_value(self.confidence)?;
        Ok(())
    }

    /// How many samples the next look needs, at most `most_samples`.
    pub(crate) fn next_size(&self, n_samples: usize, wanted: f64) -> usize {
        let (least, most) = (2 * n_samples, MOST_GROWTH * n_samples);
        let enough = (least..most).step_by(n_samples.div_ceil(100)).find(|size| *size as f64 >= wanted);
        enough.unwrap_or(most).min(self.most_samples)
    }

    /// Looks at a centred, weighted design and target.
    pub(crate) fn look(
        &self,
        design: ArrayView2<'_, f64>,
        target: ArrayView1<'_, f64>,
    ) -> Result<Look, Error> {
        Ok(Steps::new(design, target).look(self.top.min(design.ncols()), self.critical()?))
    }

    /// Looks at the first coefficients of an explanation from `n_samples` samples.
    pub(crate) fn look_at_ranks(&self, model: &LocalModel, n_samples: usize) -> Result<Look, Error> {
        let critical = self.critical()?;
        let n_terms = model.terms.len();
        for rank in 0..self.top.min(n_terms) {
            if model.terms[rank].coefficient.abs() <= NOTHING * model.terms[0].coefficient.abs() {
                break;
            }
            let z =
                (rank + 1..n_terms).map(|later| z_of_ranks(model, rank, later)).fold(f64::INFINITY, smaller);
            if z.is_nan() || z <= critical {
                return Ok(Look::Open { rank, wanted: wanted(n_samples, critical, z) });
            }
        }
        Ok(Look::Settled(model.top(self.top)))
    }

    /// A leader must be larger, not only different: one side, so twice the share on two.
    fn critical(&self) -> Result<f64, Error> {
        let share = (1.0 - self.confidence) / self.top as f64 / N_LOOKS;
        Ok(critical_value(1.0 - 2.0 * share.min(0.25))?)
    }
}

fn wanted(n_samples: usize, critical: f64, z: f64) -> f64 {
    n_samples as f64 * (critical / z.max(1e-9)).powi(2)
}

/// The smaller z; one that is not known counts as the smallest.
fn smaller(a: f64, b: f64) -> f64 {
    if a.is_nan() || a <= b { a } else { b }
}

fn z_of_ranks(model: &LocalModel, first: usize, second: usize) -> f64 {
    let (a, b) = (model.terms[first].coefficient, model.terms[second].coefficient);
    let sign = a.signum() * b.signum();
    let covariance = |i: usize, j: usize| model.covariance[[i, j]];
    let variance =
        covariance(first, first) + covariance(second, second) - 2.0 * sign * covariance(first, second);
    (a.abs() - b.abs()) / root(variance)
}

/// What a look at the samples found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Look {
    /// The features in the order in which they entered.
    Settled(Vec<usize>),
    /// The rank (counted from 0) that is open, and how many samples it is thought to need.
    Open { rank: usize, wanted: f64 },
}

/// Whether the ranking is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The first features, in order, are those that other samples would give as well.
    Settled {
        /// The samples it took.
        n_samples: usize,
    },
    /// The ranking was still open when the samples ran out.
    GaveUp {
        /// The samples it took.
        n_samples: usize,
        /// The first rank that is open, counted from 0.
        rank: usize,
        /// The output it is about.
        output: usize,
    },
}

struct Steps<'a> {
    target: Array1<f64>,
    design: ArrayView2<'a, f64>,
    /// The design with those that entered taken out of the others, a feature a row.
    left: ndarray::Array2<f64>,
    squares: Vec<f64>,
    entered: Vec<usize>,
}

impl<'a> Steps<'a> {
    fn new(design: ArrayView2<'a, f64>, target: ArrayView1<'_, f64>) -> Self {
        let left = design.t().as_standard_layout().into_owned();
        let squares = left.rows().into_iter().map(|row| row.dot(&row)).collect();
        Self { target: target.to_owned(), design, left, squares, entered: Vec::new() }
    }

    fn look(mut self, n_steps: usize, critical: f64) -> Look {
        let whole = self.target.dot(&self.target).sqrt();
        for rank in 0..n_steps {
            if self.target.dot(&self.target).sqrt() <= NOTHING * whole {
                break;
            }
            let correlations = self.design.t().dot(&self.target);
            let Some(leader) = self.leader(&correlations) else { return Look::Settled(self.entered) };
            let z = self.smallest_z(&correlations, leader);
            if z.is_nan() || z <= critical {
                return Look::Open { rank, wanted: wanted(self.target.len(), critical, z) };
            }
            self.enter(leader);
        }
        Look::Settled(self.entered)
    }

    fn outside(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.squares.len()).filter(|feature| !self.entered.contains(feature))
    }

    fn leader(&self, correlations: &Array1<f64>) -> Option<usize> {
        self.outside().max_by(|&a, &b| correlations[a].abs().total_cmp(&correlations[b].abs()))
    }

    /// The smallest z of the leader against any rival.
    fn smallest_z(&self, correlations: &Array1<f64>, leader: usize) -> f64 {
        let rivals = self.outside().filter(|&it| it != leader);
        rivals.map(|rival| self.z(correlations, leader, rival)).fold(f64::INFINITY, smaller)
    }

    fn z(&self, correlations: &Array1<f64>, leader: usize, rival: usize) -> f64 {
        let signs = (correlations[leader].signum(), correlations[rival].signum());
        let (first, second) = (self.design.column(leader), self.design.column(rival));
        let n = self.target.len() as f64;
        let (mut sum, mut squares) = (0.0, 0.0);
        for ((a, b), r) in first.iter().zip(second).zip(&self.target) {
            let term = r * (signs.0 * a - signs.1 * b);
            sum += term;
            squares += term * term;
        }
        let variance = (squares - sum * sum / n).max(0.0);
        sum / variance.sqrt()
    }

    fn enter(&mut self, leader: usize) {
        self.entered.push(leader);
        let column = self.left.row(leader).to_owned();
        let square = column.dot(&column);
        if square <= DEPENDENT * self.squares[leader] {
            return;
        }
        self.target.scaled_add(-column.dot(&self.target) / square, &column);
        for (feature, mut row) in self.left.rows_mut().into_iter().enumerate() {
            if !self.entered.contains(&feature) {
                let share = row.dot(&column) / square;
                row.scaled_add(-share, &column);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis};
    use rationale_core::Seed;

    use super::*;

    fn look(slopes: [f64; 3], n: usize) -> Look {
        let mut draws = Seed::new(4).draws("settling", 0, 0);
        let mut design = Array2::from_shape_simple_fn((n, 3), || draws.normal());
        design -= &design.mean_axis(Axis(0)).unwrap();
        let target = design.dot(&ndarray::arr1(&slopes)) + design.column(0).mapv(|x| x * x - 1.0);
        Settling::new(2).look(design.view(), target.view()).unwrap()
    }

    #[test]
    fn clear_leaders_settle_and_close_ones_do_not() {
        assert_eq!(look([0.5, -4.0, 2.0], 2_000), Look::Settled(vec![1, 2]));
        assert!(matches!(look([2.0, -2.0, 0.1], 500), Look::Open { rank: 0, wanted } if wanted > 500.0));
    }

    #[test]
    fn the_next_look_is_bounded() {
        let settling = Settling::new(1).with_most_samples(50_000);
        assert_eq!(settling.next_size(1_000, 1_100.0), 2_000);
        assert_eq!(settling.next_size(1_000, 1e9), 10_000);
        assert_eq!(settling.next_size(10_000, 1e9), 50_000);
    }
}
