//! Max-sensitivity: Yeh et al. 2019, <https://arxiv.org/abs/1901.09392>, definition 2.2.
//!
//! ```text
//! SENS_max = max over ||x' - x||_inf <= r of ||phi(x') - phi(x)|| / ||phi(x)||
//! ```
//!
//! **Direction**: lower is better. **Holds**: the maximum over a few draws is a lower bound; 0 for a constant attribution, however
//! wrong: read it beside faithfulness. **Costs**: one explanation a neighbour.
//! **Departs**: from the paper in dividing by ||phi(x)||, as captum and Quantus do, so that methods of different scale compare. Quantus drops a
//! whole case where one neighbour changes the class; the paper's ball knows no such exception, and neither does this.
//!
//! ```
//! use ndarray::{Array2, Array3, array};
//! use rationale_core::{Attributions, Error, Explain, FromFn, Progress};
//! use rationale_metrics::{Case, Input, MaxSensitivity, Measure, Players};
//!
//! /// phi(x) = x.
//! struct Own;
//! impl Explain for Own {
//!     fn explain(&self, rows: ndarray::ArrayView2<'_, f64>, _: &dyn Progress) -> Result<Attributions, Error> {
//!         let zeros = Array2::zeros((rows.nrows(), 1));
//!         Attributions::new(rows.to_owned().insert_axis(ndarray::Axis(2)), zeros.clone(), zeros)
//!     }
//! }
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.to_owned());
//! let (row, fill, players) = (array![2.0], array![0.0], Players::columns(1));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(row.view(), 0)?.with_input(&input)?.with_explain(&Own);
//! // At most 0.02 of 2.
//! let score = MaxSensitivity::default().measure(&case)?.value().unwrap();
//! assert!(0.005 < score && score <= 0.01);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::Neighbourhood;
use crate::{Case, Cost, Error, Measure, NoSignal, Score};

/// The largest relative change of the attribution near the input.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MaxSensitivity {
    neighbourhood: Neighbourhood,
}

impl MaxSensitivity {
    /// Which neighbours.
    pub fn with_neighbourhood(self, neighbourhood: Neighbourhood) -> Self {
        Self { neighbourhood }
    }
}

impl Measure for MaxSensitivity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let explained = self.neighbourhood.explained(case, "max-sensitivity")?;
        let largest = explained.changes().into_iter().fold(0.0, f64::max);
        Ok(Score::ratio(largest, explained.size(), NoSignal::NothingAttributed))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(self.neighbourhood.n_samples())
    }
}
