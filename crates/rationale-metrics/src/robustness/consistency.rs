//! Consistency: Dasgupta, Frost and Moshkovitz 2022, <https://arxiv.org/abs/2202.00734>, section 2.2.
//!
//! ```text
//! P(class of x' = class of x | e(x') = e(x)),   e: the explanation made discrete, here the signs of its largest values
//! ```
//!
//! **Direction**: higher is better. **Costs**: no model call: attributions and classes of the other rows are given.
//! **Departs**: e names the n largest values by magnitude with their signs, for a linear model the reasons that would be told; Quantus's default takes the
//! signs of the first five features, whichever they are. Where no other row has the same e: no signal, where Quantus says 0.
//!
//! ```
//! use ndarray::array;
//! use rationale_metrics::{Case, Consistency, Measure, Peers, Score};
//!
//! // The first three rows say "feature 0 speaks for it"; two of the other two are of the same class.
//! let all = array![[3.0, 1.0], [2.0, -1.0], [5.0, 0.0], [0.0, 4.0]];
//! let peers = Peers { attributions: &all, classes: &[1, 1, 0, 0], own: 0 };
//! let case = Case::new(all.row(0), 0)?.with_peers(peers)?;
//! assert_eq!(Consistency::default().with_top(1).measure(&case)?, Score::Value(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ndarray::ArrayView1;

use crate::order::descending;
use crate::{Case, Cost, Error, Measure, NoSignal, Score, Ties};

/// Whether rows with the same reasons are of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consistency {
    n_top: usize,
}

impl Default for Consistency {
    fn default() -> Self {
        Self { n_top: 3 }
    }
}

impl Consistency {
    /// How many of the largest values make the discrete explanation (3).
    pub fn with_top(self, n_top: usize) -> Self {
        Self { n_top }
    }

    /// The n largest values by magnitude, as (player, sign), in the order of players.
    fn discrete(self, attribution: ArrayView1<'_, f64>) -> Vec<(usize, bool)> {
        let sizes: Vec<f64> = attribution.iter().map(|it| it.abs()).collect();
        let mut top = descending(&sizes, Ties::ByIndex);
        top.truncate(self.n_top.max(1));
        top.sort_unstable();
        top.into_iter().map(|player| (player, attribution[player] > 0.0)).collect()
    }
}

impl Measure for Consistency {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let peers = case.peers("consistency")?;
        let discrete: Vec<_> = peers.attributions.outer_iter().map(|it| self.discrete(it)).collect();
        let is_alike = |row: &usize| *row != peers.own && discrete[*row] == discrete[peers.own];
        let alike: Vec<usize> = (0..discrete.len()).filter(is_alike).collect();
        let n_same = alike.iter().filter(|row| peers.classes[**row] == peers.classes[peers.own]).count();
        Ok(Score::ratio(n_same as f64, alike.len() as f64, NoSignal::NoPeer))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::FREE
    }
}
