//! Sufficiency: Dasgupta, Frost and Moshkovitz 2022, <https://arxiv.org/abs/2202.00734>, section 2.3.
//!
//! ```text
//! P(class of x' = class of x | x' is explained like x):  the share of the other rows with a near explanation that have the class
//! ```
//!
//! **Direction**: higher is better. **Costs**: no model call: attributions and classes of the other rows are given.
//! **Departs**: from the paper, which treats discrete explanations, as Quantus does: explanations are alike within a distance, here a share of
//! the largest distance between any two rows. Quantus gives 0 where no other row is explained alike; ours says no signal, since nothing failed.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Measure, Peers, Score, Sufficiency};
//!
//! let all = array![[1.0, 0.0], [1.01, 0.0], [0.99, 0.0], [0.0, 1.0]];
//! let peers = Peers { attributions: &all, classes: &[1, 1, 0, 0], own: 0 };
//! let case = Case::new(all.row(0), 0)?.with_peers(peers)?;
//! assert_eq!(Sufficiency::default().measure(&case)?, Score::Value(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ndarray::ArrayView1;

use crate::{Case, Cost, Error, Measure, NoSignal, Peers, Score};

/// Whether rows that are explained alike are of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sufficiency {
    threshold: f64,
}

impl Default for Sufficiency {
    /// 10% of the largest distance.
    fn default() -> Self {
        Self { threshold: 0.1 }
    }
}

impl Sufficiency {
    /// Which share of the largest distance still counts as alike.
    pub fn with_threshold(self, threshold: f64) -> Self {
        Self { threshold }
    }
}

impl Measure for Sufficiency {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let peers = case.peers("sufficiency")?;
        let rows: Vec<ArrayView1<'_, f64>> = peers.attributions.outer_iter().collect();
        let largest = largest_distance(&rows);
        if largest == 0.0 {
            return Ok(Score::NoSignal(NoSignal::ConstantAttribution));
        }
        let is_near = |row: usize| distance(rows[peers.own], rows[row]) <= self.threshold * largest;
        let near: Vec<usize> = (0..rows.len()).filter(|row| *row != peers.own && is_near(*row)).collect();
        Ok(share_of_class(&peers, &near))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}

/// The share of some rows that have the case's class.
fn share_of_class(peers: &Peers<'_>, rows: &[usize]) -> Score {
    let n_same = rows.iter().filter(|row| peers.classes[**row] == peers.classes[peers.own]).count();
    Score::ratio(n_same as f64, rows.len() as f64, NoSignal::NoPeer)
}

fn largest_distance(rows: &[ArrayView1<'_, f64>]) -> f64 {
    let of_row = |a: usize| rows[..a].iter().map(move |b| distance(rows[a], *b)).fold(0.0, f64::max);
    (0..rows.len()).map(of_row).fold(0.0, f64::max)
}

fn distance(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
