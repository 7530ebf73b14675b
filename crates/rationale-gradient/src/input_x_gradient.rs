//! Input x gradient. Shrikumar, Greenside, Shcherbina and Kundaje 2016, <https://arxiv.org/abs/1605.01713>.
//!
//! A_i = x_i dF/dx_i: the first term of Taylor's series of F at x, towards 0.
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | F | the target's number | one an example |
//! | x | the value at the place | that of the place |
//!
//! **Holds**: implementation invariance; completeness with the base value F(0) where F is linear, with 0 where F is
//! homogeneous (ReLU networks without biases).
//!
//! **Costs**: one pass forward and back.
//!
//! **Departs** in nothing from captum's `InputXGradient`.

use rationale_core::Evidence;

use crate::line::multiplied;
use crate::settings::with_settings;
use crate::{Error, Found, GradientMethod, Settings, Task};

/// The value times the gradient.
#[derive(Debug, Clone, Default)]
pub struct InputXGradient {
    settings: Settings,
}

impl InputXGradient {
    /// Of the predicted element at the first input.
    pub fn new() -> Self {
        Self::default()
    }

    with_settings!();
}

impl GradientMethod for InputXGradient {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        let slopes = task.slopes(task.point(), task.places())?;
        let values = multiplied(&slopes.values, &slopes.gradients)?;
        Ok(Found::new(values, Evidence::new("input-x-gradient", "")))
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;

    use super::*;
    use crate::toy::{formula, tensor};

    #[test]
    fn is_the_value_times_the_slope() {
        let network = formula(3); // 5 x0 + x1^2 + sin x2
        let x = tensor(&[2.0, 3.0, 0.5], &[1, 3]);
        let found = InputXGradient::new().explain(&network, &[x], &Silent).unwrap();
        let right = [10.0, 18.0, 0.5 * 0.5_f64.cos()];
        assert!(found.values[0].iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6), "{:?}", found.values);
        assert!(found.completeness_gaps.is_none());
    }
}
