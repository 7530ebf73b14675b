//! CatBoost's loss functions, and the function from margin to what `predict` or `predict_proba` says.
//!
//! | loss | prediction |
//! |---|---|
//! | Logloss, CrossEntropy, Focal; MultiClassOneVsAll, MultiLogloss, MultiCrossEntropy (each output) | 1 / (1 + exp(-margin)) |
//! | MultiClass | softmax |
//! | Poisson, Tweedie | exp(margin) |
//! | regression, survival, ranking and user-defined losses | margin |

use crate::Link;

/// The link of a loss, identity where none is named; none where the loss is not known.
pub(super) fn link(loss: Option<&str>) -> Option<Link> {
    Some(match loss.unwrap_or("RMSE") {
        "Logloss" | "CrossEntropy" | "Focal" | "MultiClassOneVsAll" | "MultiLogloss"
        | "MultiCrossEntropy" => Link::Logistic,
        "MultiClass" => Link::Softmax,
        "Poisson" | "Tweedie" => Link::Exponential,
        name if is_margin(name) => Link::Identity,
        _ => return None,
    })
}

fn is_margin(name: &str) -> bool {
    const MARGIN: [&str; 31] = [
        "RMSE",
        "MAE",
        "MAPE",
        "Quantile",
        "MultiQuantile",
        "GroupQuantile",
        "LogLinQuantile",
        "Expectile",
        "Lq",
        "Huber",
        "LogCosh",
        "RMSPE",
        "MultiRMSE",
        "MultiRMSEWithMissingValues",
        "SurvivalAft",
        "Cox",
        "PairLogit",
        "PairLogitPairwise",
        "YetiRank",
        "YetiRankPairwise",
        "LambdaMart",
        "StochasticFilter",
        "StochasticRank",
        "QueryRMSE",
        "QuerySoftMax",
        "QueryCrossEntropy",
        "Combination",
        "UserPerObjMetric",
        "UserQuerywiseMetric",
        "PythonUserDefinedPerObject",
        "PythonUserDefinedMultiTarget",
    ];
    MARGIN.contains(&name)
}
