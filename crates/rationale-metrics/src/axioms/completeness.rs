//! Completeness: Sundararajan, Taly and Yan 2017, <https://arxiv.org/abs/1703.01365>, proposition 1; Shapley's efficiency.
//!
//! ```text
//! gap = |sum_i phi_i - (f(x) - base value)| / |f(x) - base value|
//! ```
//!
//! **Direction**: lower is better: 0 is complete. **Holds**: promised by Shapley values, Integrated Gradients, DeepLIFT and LRP; not by saliency, CAM or
//! LIME, for which a gap is no fault. **Costs**: one model call.
//! **Departs**: a gap, where Quantus compares floating-point numbers for equality and says "false" of nearly every real network: for attributions that
//! sum to 0.30000000000000004 against 0.3 it says false where this says 1.9e-16.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Completeness, Input, Measure, Players, Score};
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[3.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![2.0, 1.0].view(), 0)?.with_input(&input)?.with_base_value(0.0);
//! assert_eq!(Completeness.measure(&case)?, Score::Value(0.25));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::{Case, Cost, Error, Measure, NoSignal, Score, ask};

/// How far the attribution is from adding up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Completeness;

impl Measure for Completeness {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let base = case.base_value("completeness")?;
        let whole =
            ask::worth(case.game("completeness")?, 1, case.output(), |_, present| present.fill(true))?[0];
        let gap = (case.attribution().iter().sum::<f64>() - (whole - base)).abs();
        Ok(Score::ratio(gap, (whole - base).abs(), NoSignal::NoScale))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::calls(1)
    }
}
