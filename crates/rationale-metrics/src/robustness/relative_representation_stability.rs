//! Relative representation stability: Agarwal et al. 2022, <https://arxiv.org/abs/2203.06877>, equation 3.
//!
//! ```text
//! RRS = max over x' near x of its class, of ||(phi(x) - phi(x')) / phi(x)|| / max(||(L(x) - L(x')) / L(x)||, e),   L: a layer
//! ```
//!
//! **Direction**: lower is better. **Holds**: as relative input stability, with what the model makes of the input in the input's place.
//! **Costs**: one explanation and two model calls a neighbour, and two.
//! **Departs**: in nothing; which layer is for the caller to say ([`Case::with_representation`]). Quantus joins all layers into one vector.
//!
//! See [`MaxSensitivity`](crate::MaxSensitivity) for an example; for phi(x) = L(x) = x this gives 1.

use ndarray::Axis;

use super::Neighbourhood;
use super::neighbourhood::{LEAST, kept, largest, relative};
use crate::error::{check_finite, check_length};
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The relative change of the attribution over that of an inner representation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RelativeRepresentationStability {
    neighbourhood: Neighbourhood,
}

impl RelativeRepresentationStability {
    /// Which neighbours.
    pub fn with_neighbourhood(self, neighbourhood: Neighbourhood) -> Self {
        Self { neighbourhood }
    }
}

impl Measure for RelativeRepresentationStability {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let name = "relative-representation-stability";
        let (input, represent) = (case.input(name)?, case.represent(name)?);
        let explained = self.neighbourhood.explained(case, name)?;
        let (_, kept) = kept(case, name, explained.rows.view())?;
        let own = represent(input.row.view().insert_axis(Axis(0)))?;
        let others = represent(explained.rows.view())?;
        check_length("the representation (rows)", explained.rows.nrows(), others.nrows())?;
        check_length("the representation (units)", own.ncols(), others.ncols())?;
        check_finite("the representation", own.iter().chain(&others))?;
        let steps = others.outer_iter().map(|it| relative(own.iter(), it.iter()).max(LEAST));
        let slopes: Vec<f64> =
            explained.relative_changes().iter().zip(steps).map(|(change, step)| change / step).collect();
        Ok(Score::of(largest(&slopes, &kept), NoSignal::NoNeighbour))
    }

    fn cost(&self, _: usize) -> Cost {
        let n = self.neighbourhood.n_samples() as u64;
        Cost { calls: 2 * (n + 1), explanations: n }
    }
}
