//! What any model does near one input.

mod columns;
mod engine;
mod error;
mod explanation;
mod kernel;
mod lasso_path;
mod lime;
mod local_model;
mod masks;
mod memory;
mod selection;
mod settling;
mod stability;
mod tabular;
mod text;

pub use columns::{Column, Columns};
pub use error::Error;
pub use explanation::{AtWidth, Explanation, jaccard};
pub use lime::{Labels, Lime};
pub use local_model::{LocalModel, Neighbourhood, Term};
pub use selection::Selection;
pub use settling::{Settlement, Settling};
pub use stability::Stability;
pub use tabular::{Centre, Discretisation, LimeTabular};
pub use text::{FILLER, LimeText, PredictText, TextGame, Words};
