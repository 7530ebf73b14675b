//! From the margin, which trees add up to, to the scale that people read.

use ndarray::{Array2, Axis};

/// The function from margin to prediction. Trees are additive on the margin, so that is what is explained by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// The margin is the prediction: regression, vote shares.
    #[default]
    Identity,
    /// 1 / (1 + exp(-margin)), output by output.
    Logistic,
    /// exp(margin) / sum of exp(margins), over outputs.
    Softmax,
    /// exp(margin): Poisson, gamma, Tweedie.
    Exponential,
}

impl Link {
    /// Predictions `[row, output]` from margins `[row, output]`.
    ///
    /// ```
    /// use ndarray::array;
    /// use rationale_trees::Link;
    ///
    /// assert_eq!(Link::Logistic.apply(array![[0.0]]), array![[0.5]]);
    /// assert_eq!(Link::Softmax.apply(array![[7.0, 7.0]]), array![[0.5, 0.5]]);
    /// ```
    pub fn apply(self, mut margins: Array2<f64>) -> Array2<f64> {
        match self {
            Self::Identity => {}
            Self::Logistic => margins.mapv_inplace(logistic),
            Self::Exponential => margins.mapv_inplace(f64::exp),
            Self::Softmax => softmax_rows(&mut margins),
        }
        margins
    }

    /// The function of one output's margin alone, where there is one: not for [`Link::Softmax`].
    pub fn elementwise(self) -> Option<fn(f64) -> f64> {
        match self {
            Self::Identity => Some(|margin| margin),
            Self::Logistic => Some(logistic),
            Self::Exponential => Some(f64::exp),
            Self::Softmax => None,
        }
    }
}

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

fn softmax_rows(margins: &mut Array2<f64>) {
    for mut row in margins.axis_iter_mut(Axis(0)) {
        let top = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        row.mapv_inplace(|margin| (margin - top).exp());
        let sum = row.sum();
        row /= sum;
    }
}
