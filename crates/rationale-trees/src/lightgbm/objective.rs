//! LightGBM's objectives as they stand in a model file, `NAME key:value ...`, and their links.
//!
//! | objective | `ConvertOutput` |
//! |---|---|
//! | regression, regression_l1, quantile, mape, huber, fair | margin; with `sqrt`: sign(margin) margin^2 |
//! | poisson, gamma, tweedie | exp(margin) |
//! | binary, multiclassova | 1 / (1 + exp(-sigmoid margin)) |
//! | multiclass | softmax |
//! | cross_entropy | 1 / (1 + exp(-margin)) |
//! | cross_entropy_lambda | log(1 + exp(margin)) |
//! | lambdarank, rank_xendcg, custom, none at all | margin |

use super::{NAME, malformed};
use crate::{Error, Link};

/// The link of an objective; none where the name is not known.
pub(super) fn link(objective: Option<&str>, n_outputs: usize) -> Result<Option<Link>, Error> {
    let mut words = objective.unwrap_or("custom").split_ascii_whitespace();
    let name = words.next().unwrap_or("custom");
    let words: Vec<_> = words.collect();
    check_classes(&words, n_outputs)?;
    Ok(match name {
        "regression" | "regression_l2" | "regression_l1" | "quantile" | "mape" | "huber" | "fair" | "l1"
        | "l2" | "mse" | "mae" | "rmse" => Some(square(&words)),
        "lambdarank" | "rank_xendcg" | "custom" | "none" | "null" | "na" => Some(Link::Identity),
        "poisson" | "gamma" | "tweedie" => Some(Link::Exponential),
        "binary" | "multiclassova" | "multiclass_ova" | "ova" | "ovr" => Some(logistic(&words)?),
        "multiclass" | "softmax" => Some(Link::Softmax),
        "cross_entropy" | "xentropy" => Some(Link::Logistic),
        "cross_entropy_lambda" | "xentlambda" => Some(Link::Softplus),
        _ => None,
    })
}

/// Whether the outputs are classes, each with a tree an iteration.
pub(super) fn has_classes(objective: Option<&str>) -> bool {
    objective.is_some_and(|text| text.starts_with("multiclass"))
}

/// What to do about an objective that is not known.
pub(super) fn unknown(objective: Option<&str>) -> String {
    format!("the objective `{}`", objective.unwrap_or_default())
}

fn square(words: &[&str]) -> Link {
    if words.contains(&"sqrt") { Link::SignedSquare } else { Link::Identity }
}

fn logistic(words: &[&str]) -> Result<Link, Error> {
    let Some(text) = value(words, "sigmoid") else { return Ok(Link::Logistic) };
    match text.parse() {
        Ok(1.0) => Ok(Link::Logistic),
        Ok(slope) if slope > 0.0 && f64::is_finite(slope) => Ok(Link::ScaledLogistic { slope }),
        _ => Err(malformed("objective", "a sigmoid above 0", format!("`{text}`"))),
    }
}

fn check_classes(words: &[&str], n_outputs: usize) -> Result<(), Error> {
    match value(words, "num_class") {
        Some(text) if text.parse() != Ok(n_outputs) => {
            let actual = format!("num_class:{text} beside num_tree_per_iteration={n_outputs}");
            Err(malformed("objective", "one tree a class and iteration", actual))
        }
        _ => Ok(()),
    }
}

fn value<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix(':'))
}

/// The parts of a model that cannot be read, as one error; none where there are none.
pub(super) fn refuse(parts: Vec<String>) -> Result<(), Error> {
    const ADVICE: &str = "trees with constant leaves are read, with the objectives regression, regression_l1, quantile, mape, huber, fair, \
        poisson, gamma, tweedie, binary, multiclass, multiclassova, cross_entropy, cross_entropy_lambda, lambdarank, rank_xendcg \
        and custom, in files of version v2, v3 and v4";
    if parts.is_empty() { Ok(()) } else { Err(Error::Unsupported { format: NAME, parts, advice: ADVICE }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, n_outputs: usize) -> Option<Link> {
        link(Some(text), n_outputs).unwrap()
    }

    #[test]
    fn parameters_of_the_objective_are_followed() {
        assert_eq!(of("binary sigmoid:1", 1), Some(Link::Logistic));
        assert_eq!(of("binary sigmoid:0.7", 1), Some(Link::ScaledLogistic { slope: 0.7 }));
        assert_eq!(of("regression sqrt", 1), Some(Link::SignedSquare));
        assert_eq!(of("multiclassova num_class:3 sigmoid:2", 3), Some(Link::ScaledLogistic { slope: 2.0 }));
        assert_eq!(of("something new", 1), None);
        assert_eq!(link(None, 2).unwrap(), Some(Link::Identity));
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(link(Some("multiclass num_class:4"), 3).is_err());
        assert!(link(Some("binary sigmoid:0"), 1).is_err());
    }
}
