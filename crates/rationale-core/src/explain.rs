//! The one verb of every explainer of rows.

use ndarray::ArrayView2;

use crate::{Attributions, Error, Progress};

/// An explainer of rows. It is immutable once built; its settings are the arguments of its constructor.
pub trait Explain: Send + Sync {
    /// Explains rows `[row, feature]`, reporting each finished row to `progress`.
    ///
    /// The result does not depend on the number of threads nor on how rows are cut into blocks.
    fn explain(&self, rows: ArrayView2<'_, f64>, progress: &dyn Progress) -> Result<Attributions, Error>;
}
