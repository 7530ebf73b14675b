//! Element-wise Grad-CAM, as pytorch-grad-cam has it: HiResCAM with each negative product left out.
//!
//! ```text
//! map = sum_k ReLU(dy/dA_k * A_k)              * element by element
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | `activation` | `[channel, row, column]` |
//! | dy/dA | `gradient` | `[channel, row, column]` |
//!
//! Holds: the map is not negative; equal to LayerCAM behind a ReLU.
//! Costs: as Grad-CAM.
//! Departs: nothing. There is no paper of it; the formula is <https://github.com/jacobgil/pytorch-grad-cam>'s.

use ndarray::{ArrayView3, Zip};

use super::weights::Weights;

pub(super) fn weights(activation: ArrayView3<'_, f64>, gradient: ArrayView3<'_, f64>) -> Weights {
    let kept = |&a: &f64, &g: &f64| if a * g > 0.0 { g } else { 0.0 };
    Weights::Elements(Zip::from(activation).and(gradient).map_collect(kept))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn keeps_what_speaks_for_the_class() {
        let (activation, gradient) = (array![[[1.0, -1.0, 2.0]]], array![[[3.0, -4.0, -5.0]]]);
        assert_eq!(
            weights(activation.view(), gradient.view()),
            Weights::Elements(array![[[3.0, -4.0, 0.0]]])
        );
    }
}
