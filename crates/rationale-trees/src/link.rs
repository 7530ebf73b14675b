//! From the margin, which trees add up to, to the scale that people read.

use ndarray::{Array2, Axis};

/// The function from margin to prediction. Trees are additive on the margin, so that is what is explained by default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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
    /// 1 / (1 + exp(-slope margin)), output by output: LightGBM's `sigmoid`.
    ScaledLogistic {
        /// How much steeper it is than [`Link::Logistic`].
        slope: f64,
    },
    /// log(1 + exp(margin)): LightGBM's cross_entropy_lambda.
    Softplus,
    /// sign(margin) margin^2: LightGBM's `reg_sqrt`, which trains on square roots.
    SignedSquare,
    /// 1 where the margin is above 0, else 0, output by output: XGBoost's `binary:hinge`.
    Step,
    /// The margins of a row in ascending order: XGBoost's quantiles since 3.4, which so never cross.
    Ascending,
    /// [`Link::Softmax`] over the outputs whose margin is not 0 (up to 1e-7 in size), which stay 0: ONNX's `SOFTMAX_ZERO`.
    SoftmaxZero,
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
    /// assert_eq!(Link::Step.apply(array![[0.0, 0.1]]), array![[0.0, 1.0]]);
    /// assert_eq!(Link::Ascending.apply(array![[2.0, -1.0]]), array![[-1.0, 2.0]]);
    /// ```
    pub fn apply(self, mut margins: Array2<f64>) -> Array2<f64> {
        match self {
            Self::Identity => {}
            Self::Softmax => softmax_rows(&mut margins),
            Self::SoftmaxZero => softmax_zero_rows(&mut margins),
            Self::Ascending => sort_rows(&mut margins),
            other => margins.mapv_inplace(|margin| other.of_one(margin)),
        }
        margins
    }

    /// The function of one output's margin alone, where there is one: not for softmax and [`Link::Ascending`].
    pub fn elementwise(self) -> Option<impl Fn(f64) -> f64> {
        (!matches!(self, Self::Softmax | Self::SoftmaxZero | Self::Ascending))
            .then_some(move |margin| self.of_one(margin))
    }

    fn of_one(self, margin: f64) -> f64 {
        match self {
            Self::Identity | Self::Softmax | Self::SoftmaxZero | Self::Ascending => margin,
            Self::Logistic => logistic(margin),
            Self::ScaledLogistic { slope } => logistic(slope * margin),
            Self::Exponential => margin.exp(),
            Self::Softplus => margin.max(0.0) + (-margin.abs()).exp().ln_1p(),
            Self::SignedSquare => margin * margin.abs(),
            Self::Step => f64::from(u8::from(margin > 0.0)),
        }
    }
}

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

fn sort_rows(margins: &mut Array2<f64>) {
    for mut row in margins.axis_iter_mut(Axis(0)) {
        let mut sorted = row.to_vec();
        sorted.sort_by(f64::total_cmp);
        row.iter_mut().zip(sorted).for_each(|(slot, margin)| *slot = margin);
    }
}

fn softmax_zero_rows(margins: &mut Array2<f64>) {
    for mut row in margins.axis_iter_mut(Axis(0)) {
        let top = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        row.mapv_inplace(|margin| if margin.abs() > 1e-7 { (margin - top).exp() } else { 0.0 });
        let sum = row.sum();
        if sum > 0.0 {
            row /= sum;
        }
    }
}

fn softmax_rows(margins: &mut Array2<f64>) {
    for mut row in margins.axis_iter_mut(Axis(0)) {
        let top = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        row.mapv_inplace(|margin| (margin - top).exp());
        let sum = row.sum();
        row /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_their_closed_forms() {
        let of = |link: Link, margin| link.elementwise().unwrap()(margin);
        assert_eq!(of(Link::ScaledLogistic { slope: 2.0 }, 0.7), of(Link::Logistic, 1.4));
        assert_eq!(of(Link::Softplus, 0.0), std::f64::consts::LN_2);
        assert_eq!((of(Link::Softplus, 1e4), of(Link::Softplus, -1e4)), (1e4, 0.0));
        assert_eq!((of(Link::SignedSquare, -3.0), of(Link::SignedSquare, 3.0)), (-9.0, 9.0));
        assert!(Link::Softmax.elementwise().is_none());
    }
}
