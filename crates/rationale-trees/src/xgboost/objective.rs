//! What a model was trained for: its link, and how its `base_score` becomes a margin.
//!
//! `base_score` is kept on the scale of the prediction. XGBoost brings it to the margin when it loads a model
//! (`ObjFunction::ProbToMargin`), in float32, and so do we.
//!
//! | objective | link (`PredTransform`) | base score to margin (`ProbToMargin`) |
//! |---|---|---|
//! | `reg:squarederror`, `reg:linear`, `reg:squaredlogerror`, `reg:pseudohubererror`, `reg:absoluteerror`, `rank:*`, `binary:logitraw` | identity | as it is |
//! | `reg:quantileerror` | identity; several quantiles are put in ascending order since 3.4 | as it is |
//! | `reg:expectileerror` | identity; several expectiles are refused: each is a sum over those before it | as it is |
//! | `reg:logistic`, `binary:logistic` | logistic | logit, of a score kept within 1e-6 and 1 - 1e-6 since 3.2 |
//! | `binary:hinge` | 1 above 0, else 0 | as it is |
//! | `multi:softmax`, `multi:softprob` | softmax; of `multi:softmax` the library tells the largest class only | as it is |
//! | `count:poisson`, `reg:gamma`, `reg:tweedie`, `survival:cox`, `survival:aft` | exponential | logarithm |

use super::wire::{self, Scores};
use crate::Link;

/// XGBoost's `kRtEps`.
const SCORE_MARGIN: f32 = 1e-6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intercept {
    AsItIs,
    Logit,
    Logarithm,
}

/// An objective that is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Objective {
    pub link: Link,
    intercept: Intercept,
    since_3_2: bool,
}

impl Objective {
    /// By its name and the version (major, minor) that wrote the model; the error names what is not read.
    pub(super) fn new(name: &str, n_outputs: usize, version: (u32, u32)) -> Result<Self, String> {
        let (link, intercept) = match name {
            "reg:quantileerror" if n_outputs > 1 && version >= (3, 4) => (Link::Ascending, Intercept::AsItIs),
            "reg:expectileerror" if n_outputs > 1 => {
                return Err(format!("the objective `{name}` with several expectiles"));
            }
            "reg:squarederror"
            | "reg:linear"
            | "reg:squaredlogerror"
            | "reg:pseudohubererror"
            | "reg:absoluteerror"
            | "reg:quantileerror"
            | "reg:expectileerror"
            | "rank:pairwise"
            | "rank:ndcg"
            | "rank:map"
            | "binary:logitraw" => (Link::Identity, Intercept::AsItIs),
            "reg:logistic" | "binary:logistic" => (Link::Logistic, Intercept::Logit),
            "binary:hinge" => (Link::Step, Intercept::AsItIs),
            "multi:softmax" | "multi:softprob" => (Link::Softmax, Intercept::AsItIs),
            "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => {
                (Link::Exponential, Intercept::Logarithm)
            }
            other => return Err(format!("the objective `{other}`")),
        };
        Ok(Self { link, intercept, since_3_2: version >= (3, 2) })
    }

    /// A base score on the margin.
    pub(super) fn margin(self, score: f32) -> f64 {
        f64::from(match self.intercept {
            Intercept::AsItIs => score,
            Intercept::Logit if self.since_3_2 => logit(score.clamp(SCORE_MARGIN, 1.0 - SCORE_MARGIN)),
            Intercept::Logit => logit(score),
            Intercept::Logarithm => score.ln(),
        })
    }
}

/// In the order of XGBoost's operations.
fn logit(score: f32) -> f32 {
    -(1.0 / score - 1.0).ln()
}

/// What to call the outputs, where the objective tells.
pub(super) fn output_names(objective: &wire::Objective, n_outputs: usize) -> Option<Vec<String>> {
    if objective.name.starts_with("multi:") {
        return Some((0..n_outputs).map(|class| format!("class {class}")).collect());
    }
    let Scores(alphas) = objective.quantile_loss_param.as_ref()?.quantile_alpha.as_ref()?;
    let known = alphas.len() == n_outputs && objective.name == "reg:quantileerror";
    known.then(|| alphas.iter().map(|alpha| format!("quantile {alpha}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tiny_probability_is_kept_off_zero_since_3_2() {
        let margin = |version, score| Objective::new("binary:logistic", 1, version).unwrap().margin(score);
        assert_eq!(margin((3, 2), 1e-9), margin((3, 4), 1e-6));
        assert!((margin((3, 1), 1e-7) + 16.118).abs() < 1e-3);
        assert_eq!(margin((1, 7), 0.5), 0.0);
        assert!(margin((1, 7), 0.0).is_infinite());
    }

    #[test]
    fn quantiles_are_ordered_since_3_4() {
        let link = |n_outputs, version| Objective::new("reg:quantileerror", n_outputs, version).unwrap().link;
        assert_eq!(link(3, (3, 3)), Link::Identity);
        assert_eq!(link(3, (3, 4)), Link::Ascending);
        assert_eq!(link(1, (3, 4)), Link::Identity);
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (name, n_outputs, expected) in [
            ("reg:expectileerror", 2, "the objective `reg:expectileerror` with several expectiles"),
            ("my:loss", 1, "the objective `my:loss`"),
        ] {
            assert_eq!(Objective::new(name, n_outputs, (3, 4)).unwrap_err(), expected);
        }
    }
}
