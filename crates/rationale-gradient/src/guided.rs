//! Guided backpropagation: Springenberg, Dosovitskiy, Brox and Riedmiller 2015, <https://arxiv.org/abs/1412.6806>; and
//! the deconvolutional network: Zeiler and Fergus 2014, <https://arxiv.org/abs/1311.2901>.
//!
//! Gradients that are cut at each rectifier y = max(x, 0):
//!
//! | method | dx |
//! |---|---|
//! | gradient | `[x > 0]` dy |
//! | deconvolution | max(dy, 0) |
//! | guided backpropagation | `[x > 0]` max(dy, 0) |
//!
//! **Holds**: no axiom. Both recover edges of the input and change little when the network's upper layers are randomised
//! (Adebayo et al. 2018); the evidence carries this warning.
//!
//! **Costs**: one pass forward and back.
//!
//! **Departs** from captum: every rectifier counts, also one that is called as a function, or twice.

use rationale_core::Evidence;
use rationale_tensor::{Rule, rules};

use crate::settings::with_settings;
use crate::{Error, Found, GradientMethod, Settings, Task};

const WARNING: &str = "its pictures follow the input's edges and change little when the network is randomised; they are no \
    evidence of what the network weighs";

macro_rules! filtered {
    ($($(#[$doc:meta])* $name:ident, $method:literal;)*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            settings: Settings,
        }

        impl $name {
            /// Of the predicted element at the first input.
            pub fn new() -> Self {
                Self::default()
            }

            with_settings!();
        }

        impl GradientMethod for $name {
            fn settings(&self) -> &Settings {
                &self.settings
            }

            fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
                found(task, &rules::$name, $method)
            }
        })*
    };
}
filtered! {
    /// Gradients that pass a rectifier where it is on and they are positive.
    GuidedBackpropagation, "guided-backprop";
    /// Gradients that pass a rectifier where they are positive.
    Deconvolution, "deconvolution";
}

fn found(task: &Task<'_>, rule: &dyn Rule, method: &str) -> Result<Found, Error> {
    let gradients = task.multipliers(rule, task.point(), task.places())?.gradients;
    Ok(Found::new(gradients, Evidence::new(method, "")).with_warning(WARNING.to_owned()))
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;
    use rationale_tensor::Element;
    use rationale_tensor::ops::{Dense, RELU};

    use super::*;
    use crate::toy::{tensor, toy};

    #[test]
    fn both_cut_the_gradient_at_a_rectifier_that_is_called_twice() {
        let network = toy(Element::F32, &[None, Some(2)], &[], |run| {
            let weights = tensor(&[1.0, 2.0, -1.0, 3.0], &[2, 2]); // columns are units
            let hidden = run.one(&RELU, &[&run.one(&Dense, &[run.input(0)?, &weights])?])?;
            let out = tensor(&[1.0, -1.0], &[2, 1]);
            Ok(vec![run.one(&Dense, &[&run.one(&RELU, &[&hidden])?, &out])?])
        });
        // Units x0 - x1 = -1 and 2 x0 + 3 x1 = 8; the output's gradient to them is (1, -1).
        let x = [tensor(&[1.0, 2.0], &[1, 2])];
        let guided = GuidedBackpropagation::new().explain(&network, &x, &Silent).unwrap();
        assert_eq!(guided.values[0].as_slice().unwrap(), [0.0, 0.0]);
        let deconvolved = Deconvolution::new().explain(&network, &x, &Silent).unwrap();
        assert_eq!(deconvolved.values[0].as_slice().unwrap(), [1.0, -1.0]);
        assert!(deconvolved.evidence.warnings.iter().any(|it| it.contains("randomised")));
    }
}
