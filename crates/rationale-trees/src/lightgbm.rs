//! LightGBM: the text model of `save_model` / `model_to_string`, and the JSON of `dump_model`.
//!
//! Tested with models of LightGBM 2.2.3 (file version `v2`), 3.3.5 (`v3`) and 4.7.0 (`v4`).
//!
//! | rule of the library | here |
//! |---|---|
//! | `Tree::NumericalDecision`: `x <= threshold` in float64 | [`Test::LessOrEqual`](crate::Test) |
//! | missing type None: a NaN is read as 0 | a NaN goes where 0 goes |
//! | missing type Zero: NaN, and zeros up to 1e-35f in size, go to the default side | [`Missing::zero`](crate::Missing) |
//! | missing type NaN: only NaN goes to the default side | [`Missing::nan`](crate::Missing::nan) |
//! | the predictor reads numbers up to 1e-35f in size as 0 before any split sees them | thresholds as close to 0 as that are moved to the edge of that interval, so that all of it goes where 0 goes |
//! | `Tree::CategoricalDecision`: cut to an integer, the set goes left; NaN, negative and unknown codes go right, whatever the missing type says | [`Test::OneOf`](crate::Test); -0.5 is code 0 |
//! | `GBDT::PredictRaw`: tree i feeds output i modulo `num_tree_per_iteration` | one output a tree |
//! | `shrinkage`, DART's weights and the start score are in the leaf values already | weight 1, base score 0 |
//! | `average_output` (boosting `rf`): the prediction divides by the number of iterations | weight 1 / iterations |
//! | `Tree::TreeSHAP` weighs branches by `internal_count` and `leaf_count`: rows, never weights | the cover |
//! | `ObjectiveFunction::ConvertOutput` | the [`Link`](crate::Link), see the table in `objective.rs` |
//!
//! All iterations of the file count, as they do in `lgb.Booster(model_file=...)`: `save_model` and `dump_model` leave out
//! those after `best_iteration` unless they are told otherwise, and the file does not say whether they did.
//!
//! # Where LightGBM disagrees with itself
//!
//! With `average_output`, `predict` averages over iterations, but `predict(raw_score=True)` and `pred_contrib` sum: they
//! are as many times too large as there are iterations. Here margins and attributions are those of the prediction.
//!
//! # Categories
//!
//! The line `pandas_categorical` lists the categories of the training table's categorical columns, but not which columns
//! these were. They are matched in order with the categorical features (the `categorical_feature` parameter, else
//! `feature_infos`), if there are as many of both and every code has a name; otherwise the names are left out and a note
//! says so. Columns of ordered categories are listed although LightGBM takes them as numbers, so a model with one of
//! those and one categorical column of plain integers would be matched wrongly.
//!
//! # Not read
//!
//! Linear trees (`is_linear=1`), and objectives whose function from margin to prediction is not known, are refused by
//! name. The dump's JSON is refused beyond about 120 levels: use the text model there. Files that break off inside their
//! trees are refused; a file whose trees are complete but whose end is missing is read, and a note says so.

mod dump;
mod model;
mod objective;
mod text;

use crate::{Error, ModelFile};

pub(crate) const NAME: &str = "LightGBM";

/// Reads a text model or a JSON dump.
pub fn read(bytes: &[u8]) -> Result<ModelFile, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        malformed("the file", "UTF-8 text", format!("a byte that is none at {}", error.valid_up_to()))
    })?;
    if is_text(bytes) { text::read(text) } else { dump::read(text) }
}

/// Whether the bytes begin like a text model.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    bytes.starts_with(b"tree\n") || bytes.starts_with(b"tree\r\n")
}

fn malformed(place: impl Into<String>, expected: &'static str, actual: impl Into<String>) -> Error {
    Error::Malformed { format: NAME, place: place.into(), expected, actual: actual.into() }
}

#[cfg(test)]
mod tests;
