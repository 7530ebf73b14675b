//! A cooperative game: coalitions in, outputs out.

use ndarray::{Array2, ArrayView2};

use crate::Error;

/// What a group of present features is worth.
///
/// Shapley estimators, LIME on interpretable features, occlusion and deletion curves differ in which coalitions they
/// ask for; how an absent feature is filled (by background rows, by a tree's own cover, by grey pixels) is the game's
/// affair. A game usually stands for one row of one model.
pub trait Game: Send + Sync {
    /// The number of players, that is, of features or groups of features.
    fn n_players(&self) -> usize;

    /// Worth `[coalition, output]` of coalitions `[coalition, player]`, where `true` means present.
    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, Error>;
}
