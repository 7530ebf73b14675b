//! Saliency: the gradient itself. Simonyan, Vedaldi and Zisserman 2013, <https://arxiv.org/abs/1312.6034>.
//!
//! S_i = |dF/dx_i| (section 3), or the gradient with its sign.
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | F | the target's number | one an example |
//! | x | the value at the place | that of the place |
//!
//! **Holds**: implementation invariance. Not completeness, nor sensitivity: where the network saturates, it is 0.
//!
//! **Costs**: one pass forward and back.
//!
//! **Departs** from the paper: it takes the largest over the channels of a picture; here each channel has its own value,
//! as in captum, whose `Saliency` takes absolute values by default, as this does.
//!
//! ```
//! use rationale_gradient::{Saliency, Sign};
//!
//! let explainer = Saliency::new().with_sign(Sign::Both);
//! // explainer.explain(&network, &inputs, &Silent)?.values[0] is the gradient to the first input.
//! # let _ = explainer;
//! ```

use rationale_core::Evidence;

use crate::settings::with_settings;
use crate::{Error, Found, GradientMethod, Settings, Task};

/// The gradient, or its absolute value.
#[derive(Debug, Clone, Default)]
pub struct Saliency {
    settings: Settings,
    sign: Sign,
}

/// Whether the sign of a gradient is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    /// Absolute values; captum's default.
    #[default]
    Absolute,
    /// The gradient as it is.
    Both,
}

impl Saliency {
    /// Of the predicted element to the first input, in absolute values.
    pub fn new() -> Self {
        Self::default()
    }

    with_settings!();

    /// Whether the sign is kept.
    pub fn with_sign(mut self, sign: Sign) -> Self {
        self.sign = sign;
        self
    }
}

impl GradientMethod for Saliency {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        let gradients = task.slopes(task.point(), task.places())?.gradients;
        let (values, sign) = match self.sign {
            Sign::Both => (gradients, "both"),
            Sign::Absolute => {
                (gradients.iter().map(rationale_tensor::Tensor::abs).collect::<Result<_, _>>()?, "absolute")
            }
        };
        Ok(Found::new(values, Evidence::new("saliency", "").with_parameter("sign", sign)))
    }
}
