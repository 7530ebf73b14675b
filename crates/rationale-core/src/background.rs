//! The rows that an explanation compares with.

use ndarray::{Array2, ArrayView2, Axis};

use crate::{Error, Fingerprint, Seed};

/// Rows `[row, feature]` that stand for "a feature's usual values"; never empty.
///
/// A Shapley value answers "compared with whom?": this is the whom. Its fingerprint goes into every
/// [`Evidence`](crate::Evidence), because another background is another question.
#[derive(Debug, Clone, PartialEq)]
pub struct Background {
    rows: Array2<f64>,
}

impl Background {
    /// Takes rows `[row, feature]`; at least one of each.
    pub fn new(rows: Array2<f64>) -> Result<Self, Error> {
        if rows.is_empty() {
            return Err(Error::Empty { what: "the background" });
        }
        Ok(Self { rows })
    }

    /// At most `n_rows` of `rows`, drawn without replacement and kept in their order.
    pub fn sampled(rows: ArrayView2<'_, f64>, n_rows: usize, seed: Seed) -> Result<Self, Error> {
        let mut chosen: Vec<usize> = (0..rows.nrows()).collect();
        if n_rows < chosen.len() {
            seed.draws("background", 0, 0).shuffle(&mut chosen);
            chosen.truncate(n_rows);
            chosen.sort_unstable();
        }
        Self::new(rows.select(Axis(0), &chosen))
    }

    /// The rows `[row, feature]`.
    pub fn rows(&self) -> ArrayView2<'_, f64> {
        self.rows.view()
    }

    /// What identifies these rows, value by value.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_rows(self.rows.view())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn rejects_no_rows() {
        assert!(Background::new(Array2::zeros((0, 3))).is_err());
    }

    #[test]
    fn a_sample_keeps_the_order_and_repeats_no_row() {
        let rows = Array2::from_shape_fn((50, 1), |(row, _)| row as f64);
        let sample = Background::sampled(rows.view(), 20, Seed::new(7)).unwrap();
        let values: Vec<f64> = sample.rows().iter().copied().collect();
        assert_eq!(values.len(), 20);
        assert!(values.is_sorted_by(|a, b| a < b));
    }
}
