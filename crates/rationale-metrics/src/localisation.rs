//! Does an explanation point to where the object is, as a person marked it?
//!
//! A good localisation says that the explanation and the person agree. A model that looks at the background, and an explanation that
//! shows it, score badly here and are right.

mod attribution_localisation;
mod energy_in_box;
mod pointing_game;
mod relevance_mass_accuracy;
mod relevance_rank_accuracy;
mod roc_auc;
mod top_k_intersection;

pub use attribution_localisation::AttributionLocalisation;
pub use energy_in_box::EnergyInBox;
pub use pointing_game::PointingGame;
pub use relevance_mass_accuracy::RelevanceMassAccuracy;
pub use relevance_rank_accuracy::RelevanceRankAccuracy;
pub use roc_auc::RocAuc;
pub use top_k_intersection::TopKIntersection;

use crate::{Case, Error, NoSignal};

/// The attribution and the region; or why there is nothing to measure.
type Located<'a> = Result<(Vec<f64>, &'a [bool]), NoSignal>;

fn located<'a>(case: &Case<'a>, metric: &'static str) -> Result<Located<'a>, Error> {
    let region = case.region(metric)?;
    if region.iter().all(|inside| *inside) || region.iter().all(|inside| !*inside) {
        return Ok(Err(NoSignal::NoRegion));
    }
    let attribution = case.attribution();
    if crate::order::is_constant(&attribution) {
        return Ok(Err(NoSignal::ConstantAttribution));
    }
    Ok(Ok((attribution, region)))
}

/// The sum of values inside a region.
fn inside(values: &[f64], region: &[bool]) -> f64 {
    values.iter().zip(region).filter(|(_, inside)| **inside).map(|(value, _)| value).sum()
}

/// How many of some players are inside.
fn n_inside(players: &[usize], region: &[bool]) -> f64 {
    players.iter().filter(|player| region[**player]).count() as f64
}
