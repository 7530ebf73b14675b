//! Which output of a model is meant.

use ndarray::ArrayView1;

use crate::Error;

/// Which output of a model is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The output with the largest prediction, row by row; the first one among equals. The usual default.
    #[default]
    Predicted,
    /// One output for every row, counted from 0.
    Output(usize),
}

impl Target {
    /// The output meant for a row with these predictions `[output]`.
    ///
    /// ```
    /// use ndarray::array;
    /// use rationale_core::Target;
    ///
    /// assert_eq!(Target::Predicted.resolve(array![0.1, 0.7, 0.7].view())?, 1);
    /// assert!(Target::Output(3).resolve(array![0.1, 0.9].view()).is_err());
    /// # Ok::<(), rationale_core::Error>(())
    /// ```
    pub fn resolve(self, predictions: ArrayView1<'_, f64>) -> Result<usize, Error> {
        let available = predictions.len();
        match self {
            Self::Output(asked) if asked < available => Ok(asked),
            Self::Output(asked) => Err(Error::Target { asked, available }),
            Self::Predicted => largest(predictions).ok_or(Error::Empty { what: "the list of outputs" }),
        }
    }
}

fn largest(values: ArrayView1<'_, f64>) -> Option<usize> {
    let mut best = None;
    for (output, &value) in values.iter().enumerate() {
        if best.is_none_or(|(_, top)| value > top) {
            best = Some((output, value));
        }
    }
    best.map(|(output, _)| output)
}
