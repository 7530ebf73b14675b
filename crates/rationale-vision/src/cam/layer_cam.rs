//! LayerCAM. Jiang, Zhang, Hou, Cheng and Wei 2021, <https://doi.org/10.1109/TIP.2021.3089943>.
//!
//! ```text
//! w_kij = ReLU(dy/dA_kij)                      (6)
//! map   = ReLU(sum_k w_kij A_kij)              (7), (8)
//! ```
//!
//! | symbol | here | shape |
//! |---|---|---|
//! | A | the activation, multiplied by the pipeline | `[channel, row, column]` |
//! | dy/dA | `gradient` | `[channel, row, column]` |
//!
//! Holds: made for early layers, too, where weights of whole channels say little.
//! Costs: as Grad-CAM.
//! Departs: the paper scales the maps of early layers by tanh(2 map / max) before it joins them; here, as in
//! pytorch-grad-cam, each layer's map is scaled to [0, 1] and the mean is taken.

use ndarray::ArrayView3;

use super::weights::Weights;

pub(super) fn weights(gradient: ArrayView3<'_, f64>) -> Weights {
    Weights::Elements(gradient.mapv(|g| g.max(0.0)))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn by_hand() {
        let activation = array![[[1.0, 2.0]], [[3.0, 4.0]]];
        let gradient = array![[[-1.0, 0.5]], [[2.0, 0.25]]];
        let weighted = weights(gradient.view()).times(activation.view());
        assert_eq!(weighted.sum_axis(ndarray::Axis(0)), array![[6.0, 2.0]]);
    }
}
