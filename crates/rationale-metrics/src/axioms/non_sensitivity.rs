//! Non-sensitivity: Nguyen and Rodríguez Martínez 2020, <https://arxiv.org/abs/2007.07584>, section 2.2; the dummy axiom.
//!
//! ```text
//! share of features in the symmetric difference of {i: phi_i = 0} and {i: the output does not change without i}
//! ```
//!
//! **Direction**: lower is better. **Holds**: a feature may matter only together with others, and then does not change the output when it goes alone.
//! **Costs**: players + 1 model calls.
//! **Departs**: zero is 1e-5 of the largest magnitude, of attributions and of changes each; Quantus takes an absolute 1e-5 and compares signed
//! attributions with it, so that every negative one counts as zero. A share here, a number there: for attributions (1, 0) of f = x0 + x1
//! ours is 1/2 and its 1.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::FromFn;
//! use rationale_metrics::{Case, Input, Measure, NonSensitivity, Players, Score};
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.dot(&array![[1.0], [1.0]]));
//! let (row, fill, players) = (array![1.0, 1.0], array![0.0, 0.0], Players::columns(2));
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let case = Case::new(array![1.0, 0.0].view(), 0)?.with_input(&input)?;
//! assert_eq!(NonSensitivity::default().measure(&case)?, Score::Value(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::{Case, Cost, Error, Measure, NoSignal, Score, ask};

/// How many features are said to matter and do not, or the reverse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonSensitivity {
    threshold: f64,
}

impl Default for NonSensitivity {
    /// 1e-5, Quantus's.
    fn default() -> Self {
        Self { threshold: 1e-5 }
    }
}

impl NonSensitivity {
    /// Which share of the largest magnitude counts as zero.
    pub fn with_threshold(self, threshold: f64) -> Self {
        Self { threshold }
    }

    fn is_zero(self, values: &[f64]) -> Vec<bool> {
        let largest = values.iter().fold(0.0_f64, |largest, it| largest.max(it.abs()));
        values.iter().map(|it| it.abs() <= self.threshold * largest).collect()
    }
}

impl Measure for NonSensitivity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let n = case.n_players();
        let outputs = ask::worth(case.game("non-sensitivity")?, n + 1, case.output(), |number, present| {
            present.fill(true);
            if number < n {
                present[number] = false;
            }
        })?;
        if ask::is_flat(&outputs) {
            return Ok(Score::NoSignal(NoSignal::ConstantModel));
        }
        let changes: Vec<f64> = outputs[..n].iter().map(|without| outputs[n] - without).collect();
        let (said, seen) = (self.is_zero(&case.attribution()), self.is_zero(&changes));
        let n_wrong = said.iter().zip(&seen).filter(|(said, seen)| said != seen).count();
        Ok(Score::Value(n_wrong as f64 / n as f64))
    }

    fn cost(&self, n_players: usize) -> Cost {
        Cost::calls(n_players + 1)
    }
}
