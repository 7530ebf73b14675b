//! Region perturbation, AOPC: Samek et al. 2017, <https://arxiv.org/abs/1509.06321>, equation 12.
//!
//! ```text
//! AOPC = 1 / (L + 1) sum_(k = 0..L) f(x) - f(x without its first k regions),   regions by the sum of their attributions
//! ```
//!
//! **Direction**: higher is better. **Costs**: L + 1 model calls, L the number of regions or 100.
//! **Departs**: from the paper in what stands in a region's place, which the game decides (the paper draws noise). Quantus gives the
//! differences for k = 1..L and their trapezoids: for the example below it reports the area (3 + 4) / 2 = 3.5 where the
//! paper's mean is 7 / 3. Patches at the edge keep their size; Quantus pads the picture.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Measure, Players, RegionPerturbation, Score};
//!
//! // f = 3 x0 + x1: differences 0, 3, 4.
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![3.0, 1.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(RegionPerturbation::default().measure(&case)?, Score::Value(7.0 / 3.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::subsets::{group_sums, ordered_groups};
use crate::curve::without_groups;
use crate::{Case, Cost, Error, Measure, Score, Ties, ask};

/// The mean loss while regions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionPerturbation {
    n_regions: usize,
    ties: Ties,
}

impl Default for RegionPerturbation {
    /// 100 regions, the paper's.
    fn default() -> Self {
        Self { n_regions: 100, ties: Ties::default() }
    }
}

impl RegionPerturbation {
    /// How many regions go at most.
    pub fn with_regions(self, n_regions: usize) -> Self {
        Self { n_regions, ..self }
    }

    /// In which order equals go.
    pub fn with_ties(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }

    /// The losses for k = 0..L.
    pub fn losses(&self, case: &Case<'_>) -> Result<Vec<f64>, Error> {
        let groups = case.groups();
        let order = ordered_groups(&group_sums(&case.attribution(), &groups), self.ties);
        let order = &order[..order.len().min(self.n_regions)];
        let values = without_groups(case.game("region-perturbation")?, case.output(), &groups, order)?;
        Ok(values.iter().map(|value| values[0] - value).collect())
    }
}

impl Measure for RegionPerturbation {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let losses = self.losses(case)?;
        let reason = ask::no_order(&group_sums(&case.attribution(), &case.groups()), &losses);
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        Ok(reason.map_or(Score::Value(mean), Score::NoSignal))
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(self.n_regions.min(n_players) + 1)
    }
}
