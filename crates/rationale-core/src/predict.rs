//! A model that answers: rows in, outputs out.

use ndarray::{Array2, ArrayView2};

use crate::Error;

/// A model that can be asked and nothing more.
///
/// Trees, networks, closures ([`FromFn`]) and outside programs all answer through this one method, so every method
/// that needs only answers (LIME, the model-agnostic Shapley estimators, all metrics) runs on all of them.
pub trait Predict: Send + Sync {
    /// Outputs `[row, output]` for rows `[row, feature]`; NaN in a row means "missing".
    ///
    /// The same rows give the same outputs: a model that draws random numbers fixes its seed.
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error>;
}

/// A closure as a model.
///
/// ```
/// use ndarray::{array, Axis};
/// use rationale_core::{FromFn, Predict};
///
/// let mean = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.sum_axis(Axis(1)).insert_axis(Axis(1)) / 2.0);
/// assert_eq!(mean.predict(array![[1.0, 3.0]].view())?, array![[2.0]]);
/// # Ok::<(), rationale_core::Error>(())
/// ```
pub struct FromFn<F>(F);

impl<F> FromFn<F>
where
    F: Fn(ArrayView2<'_, f64>) -> Array2<f64> + Send + Sync,
{
    /// Takes a closure from rows `[row, feature]` to outputs `[row, output]`.
    pub fn new(f: F) -> Self {
        Self(f)
    }
}

impl<F> Predict for FromFn<F>
where
    F: Fn(ArrayView2<'_, f64>) -> Array2<f64> + Send + Sync,
{
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        Ok((self.0)(rows))
    }
}
