//! Do two methods say the same? Krishna et al. 2022, The Disagreement Problem, <https://arxiv.org/abs/2202.01602>.
//!
//! Agreement is no truth: two methods with one fault agree. Disagreement says that at least one of them answers another question.

mod feature_agreement;
mod jaccard;
mod kendall_agreement;
mod rank_agreement;
mod sign_agreement;
mod spearman_agreement;

pub use feature_agreement::FeatureAgreement;
pub use jaccard::Jaccard;
pub use kendall_agreement::KendallAgreement;
pub use rank_agreement::RankAgreement;
pub use sign_agreement::SignAgreement;
pub use spearman_agreement::SpearmanAgreement;

use crate::error::check_setting;
use crate::order::{descending, is_constant};
use crate::{Case, Error, NoSignal, Other, Ties};

/// The k largest magnitudes of both methods, in order; or why there is nothing to compare.
struct Tops {
    own: Vec<f64>,
    other: Vec<f64>,
    of_own: Vec<usize>,
    of_other: Vec<usize>,
}

fn tops(case: &Case<'_>, metric: &'static str, k: usize) -> Result<Result<Tops, NoSignal>, Error> {
    check_setting("k", k as f64, k >= 1, "at least 1")?;
    let (own, other) = (case.attribution(), case.other(metric, Other::Method)?);
    let sizes = |values: &[f64]| values.iter().map(|it| it.abs()).collect::<Vec<f64>>();
    if is_constant(&sizes(&own)) || is_constant(&sizes(&other)) {
        return Ok(Err(NoSignal::ConstantAttribution));
    }
    let top = |values: &[f64]| {
        let mut order = descending(&sizes(values), Ties::ByIndex);
        order.truncate(k);
        order
    };
    Ok(Ok(Tops { of_own: top(&own), of_other: top(&other), own, other }))
}

impl Tops {
    fn shared(&self) -> impl Iterator<Item = usize> {
        self.of_own.iter().copied().filter(|player| self.of_other.contains(player))
    }
}
