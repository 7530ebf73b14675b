//! What the margins of a pair are rescaled to, and the slope between the two.

use rationale_trees::{Link, TreeEnsemble};

use super::super::Error;

/// The scale on which values are given.
pub(super) enum Scale {
    /// The prediction.
    Prediction(Link),
    /// The logistic loss of the margin, by row: log(1 + exp(margin)) - label * margin.
    LogLoss(Vec<f64>),
    /// The squared error of the margin, by row.
    SquaredLoss(Vec<f64>),
}

impl Scale {
    /// Fails where the link mixes outputs.
    pub(super) fn prediction(ensemble: &TreeEnsemble) -> Result<Self, Error> {
        let link = ensemble.link();
        if link.elementwise().is_none() { Err(Error::Softmax) } else { Ok(Self::Prediction(link)) }
    }

    /// The loss that a model of one output is trained for, against a label a row: logistic where its link is, squared
    /// where it has none.
    pub(super) fn loss(ensemble: &TreeEnsemble, labels: Vec<f64>) -> Result<Self, Error> {
        match (ensemble.link(), ensemble.n_outputs()) {
            (Link::Logistic, 1) => match labels.iter().position(|label| *label != 0.0 && *label != 1.0) {
                Some(row) => Err(Error::Label { row, label: labels[row] }),
                None => Ok(Self::LogLoss(labels)),
            },
            (Link::Identity, 1) => Ok(Self::SquaredLoss(labels)),
            (link, n_outputs) => Err(Error::NoLoss { link: format!("{link:?}"), n_outputs }),
        }
    }

    /// The name in the evidence.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Prediction(_) => "rescaled-probability",
            Self::LogLoss(_) => "rescaled-log-loss",
            Self::SquaredLoss(_) => "rescaled-squared-loss",
        }
    }

    /// Fails where there is not one label a row.
    pub(super) fn check_rows(&self, n_rows: usize) -> Result<(), Error> {
        match self {
            Self::LogLoss(labels) | Self::SquaredLoss(labels) if labels.len() != n_rows => {
                Err(Error::Length { what: "the list of labels", expected: n_rows, actual: labels.len() })
            }
            _ => Ok(()),
        }
    }

    /// What a margin is on this scale, for a row.
    pub(super) fn value(&self, row: usize, margin: f64) -> f64 {
        match self {
            Self::Prediction(link) => link.elementwise().map_or(margin, |of_one| of_one(margin)),
            Self::LogLoss(labels) => softplus(margin) - labels[row] * margin,
            Self::SquaredLoss(labels) => (labels[row] - margin).powi(2),
        }
    }

    /// The difference quotient of [`Scale::value`] between two margins, and the derivative where they are equal.
    pub(super) fn slope(&self, row: usize, x: f64, b: f64) -> f64 {
        match self {
            Self::Prediction(link) => slope(*link, x, b),
            Self::LogLoss(labels) => softplus_slope(x, b) - labels[row],
            Self::SquaredLoss(labels) => x + b - 2.0 * labels[row],
        }
    }
}

/// (g(x) - g(b)) / (x - b), and g'(x) where x = b, without cancellation.
fn slope(link: Link, x: f64, b: f64) -> f64 {
    match link {
        Link::Logistic => logistic(x) * logistic(-b) * growth(b - x),
        Link::Exponential => b.exp() * growth(x - b),
        Link::ScaledLogistic { slope: steepness } => {
            steepness * slope(Link::Logistic, steepness * x, steepness * b)
        }
        Link::Softplus => softplus_slope(x, b),
        Link::SignedSquare if x * b >= 0.0 => x.abs() + b.abs(),
        Link::SignedSquare => (x * x + b * b) / (x.abs() + b.abs()),
        Link::Step if x == b => 0.0,
        Link::Step => (f64::from(u8::from(x > 0.0)) - f64::from(u8::from(b > 0.0))) / (x - b),
        Link::Identity | Link::Softmax | Link::SoftmaxZero | Link::Ascending => 1.0,
    }
}

/// (log(1 + exp(x)) - log(1 + exp(b))) / (x - b); the second form loses nothing where the margins are close.
fn softplus_slope(x: f64, b: f64) -> f64 {
    let t = x - b;
    if t.abs() > 1.0 {
        (softplus(x) - softplus(b)) / t
    } else if t == 0.0 {
        logistic(b)
    } else {
        (logistic(b) * t.exp_m1()).ln_1p() / t
    }
}

fn softplus(margin: f64) -> f64 {
    margin.max(0.0) + (-margin.abs()).exp().ln_1p()
}

/// (exp(t) - 1) / t, and 1 at 0.
fn growth(t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { t.exp_m1() / t }
}

fn logistic(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_the_difference_quotient() {
        let steep = Link::ScaledLogistic { slope: 1.7 };
        for link in [Link::Logistic, Link::Exponential, steep, Link::Softplus, Link::SignedSquare] {
            let g = link.elementwise().unwrap();
            for (x, b) in [(0.3, -1.2), (2.0, 2.5), (-4.0, 1.0)] {
                assert!((slope(link, x, b) - (g(x) - g(b)) / (x - b)).abs() < 1e-14);
            }
            let derivative = (g(0.7 + 1e-6) - g(0.7 - 1e-6)) / 2e-6;
            assert!((slope(link, 0.7, 0.7) - derivative).abs() < 1e-9);
        }
    }

    #[test]
    fn the_slope_of_a_loss_is_its_difference_quotient() {
        for scale in [Scale::LogLoss(vec![1.0, 0.0]), Scale::SquaredLoss(vec![1.0, -0.5])] {
            for (row, x, b) in [(0, 0.3, -1.2), (1, 2.0, 2.5), (0, -4.0, 1.0)] {
                let quotient = (scale.value(row, x) - scale.value(row, b)) / (x - b);
                assert!((scale.slope(row, x, b) - quotient).abs() < 1e-14);
            }
            let derivative = (scale.value(1, 0.7 + 1e-6) - scale.value(1, 0.7 - 1e-6)) / 2e-6;
            assert!((scale.slope(1, 0.7, 0.7) - derivative).abs() < 1e-9);
        }
    }
}
