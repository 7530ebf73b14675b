//! What stands in for a feature that is absent: rows of a background, its rows nearest to the one explained, or a mask.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use crate::{Background, Error};

/// How the absent features of a row of a table are filled.
///
/// | kind | a coalition is worth | asks |
/// |---|---|---|
/// | [`Absence::marginal`] | the mean output over all rows of the background | what the model does, feature by feature |
/// | [`Absence::nearest`] | the mean output over the rows that resemble the present features | what goes with what is known |
/// | [`Absence::mask`] | the output where absent features have a fixed value | compared with one stated row |
///
/// The first two differ where features are correlated: `marginal` may ask the model about rows that do not occur,
/// `nearest` may credit a feature that the model does not read but that goes with one it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Absence {
    fillers: Background,
    choice: Choice,
}

#[derive(Debug, Clone, PartialEq)]
enum Choice {
    Marginal,
    Nearest { k: usize, scales: Vec<f64> },
    Mask,
}

impl Absence {
    /// Absent features take their values from each row of the background in turn.
    pub fn marginal(background: Background) -> Self {
        Self { fillers: background, choice: Choice::Marginal }
    }

    /// Absent features take their values from the `k` rows of the background nearest to the row explained in the
    /// features that are present, and from all rows that are as near as the last of these.
    ///
    /// Distance is Euclidean in standard deviations of the background; a value that is missing on one side only is one
    /// standard deviation away. So the coalition of nobody averages the whole background.
    pub fn nearest(background: Background, k: usize) -> Result<Self, Error> {
        if k == 0 {
            return Err(Error::Empty { what: "the number of nearest rows" });
        }
        let scales = background.rows().columns().into_iter().map(scale).collect();
        Ok(Self { fillers: background, choice: Choice::Nearest { k, scales } })
    }

    /// Absent features take fixed values, one a feature.
    pub fn mask(values: Vec<f64>) -> Result<Self, Error> {
        let row = Array2::from_shape_vec((1, values.len()), values).map_err(Error::model)?;
        let fillers = Background::new(row).map_err(|_| Error::Empty { what: "the mask" })?;
        Ok(Self { fillers, choice: Choice::Mask })
    }

    /// The rows `[row, feature]` that absent features are taken from; the mask is one row.
    pub fn fillers(&self) -> ArrayView2<'_, f64> {
        self.fillers.rows()
    }

    /// The background, where there is one.
    pub fn background(&self) -> Option<&Background> {
        (self.choice != Choice::Mask).then_some(&self.fillers)
    }

    /// The kind and its setting, in words, as [`Evidence`](crate::Evidence) records them.
    pub fn in_words(&self) -> String {
        match &self.choice {
            Choice::Marginal => "the rows of the background".to_owned(),
            Choice::Nearest { k, .. } => format!("the {k} nearest rows of the background"),
            Choice::Mask => "a fixed value for each feature".to_owned(),
        }
    }

    /// Whether every coalition is filled from every row, so that the background can be cut into parts whose
    /// explanations average to that of the whole.
    pub fn is_marginal(&self) -> bool {
        self.choice == Choice::Marginal
    }

    /// The places of the fillers for a row of which the features with `known` are present; empty stands for all.
    pub(crate) fn chosen(&self, row: ArrayView1<'_, f64>, known: &[usize]) -> Vec<usize> {
        let Choice::Nearest { k, scales } = &self.choice else { return Vec::new() };
        let distance = |filler: ArrayView1<'_, f64>| -> f64 {
            known.iter().map(|&f| step(row[f], filler[f], scales[f]).powi(2)).sum()
        };
        let distances: Vec<f64> = self.fillers().rows().into_iter().map(distance).collect();
        let mut sorted = distances.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let farthest = sorted[(*k).min(sorted.len()) - 1];
        (0..distances.len()).filter(|&idx| distances[idx] <= farthest).collect()
    }
}

/// The standard deviation of what is not missing; 0 where there is nothing to tell apart.
fn scale(column: ArrayView1<'_, f64>) -> f64 {
    let present: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
    let n = present.len().max(1) as f64;
    let mean = present.iter().sum::<f64>() / n;
    (present.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
}

/// The distance of two values in standard deviations. In a column of one value any other is one away.
fn step(a: f64, b: f64, scale: f64) -> f64 {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => 0.0,
        (false, false) if scale > 0.0 => (a - b) / scale,
        (false, false) => f64::from(u8::from(a != b)),
        _ => 1.0,
    }
}

/// The players' features, each feature at most once.
pub(crate) fn check_players(players: &[Vec<usize>], n_features: usize) -> Result<(), Error> {
    let beyond = players.iter().flatten().find(|&&feature| feature >= n_features);
    beyond.map_or(Ok(()), |&feature| {
        Err(Error::Group { group: "player".to_owned(), feature, available: n_features })
    })
}

/// Fillers and a row that do not have the same columns.
pub(crate) fn check_columns(fillers: ArrayView2<'_, f64>, n_features: usize) -> Result<(), Error> {
    let n_rows = fillers.len_of(Axis(0));
    crate::error::check_shape(
        "the background (or mask) beside the rows to explain",
        &[n_rows, n_features],
        fillers.shape(),
    )
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn nearest(k: usize) -> Absence {
        let rows = array![[0.0, 5.0], [1.0, 5.0], [4.0, 5.0], [f64::NAN, 5.0]];
        Absence::nearest(Background::new(rows).unwrap(), k).unwrap()
    }

    #[test]
    fn the_nearest_rows_are_those_nearest_in_what_is_known() {
        assert_eq!(nearest(2).chosen(array![0.9, 9.0].view(), &[0]), [0, 1]);
        assert_eq!(nearest(1).chosen(array![f64::NAN, 9.0].view(), &[0]), [3]);
    }

    #[test]
    fn nobody_present_means_the_whole_background() {
        assert_eq!(nearest(1).chosen(array![0.9, 9.0].view(), &[]), [0, 1, 2, 3]);
    }

    #[test]
    fn a_column_of_one_value_tells_no_rows_apart() {
        assert_eq!(nearest(1).chosen(array![0.9, 9.0].view(), &[1]).len(), 4);
    }

    #[test]
    fn rejects_no_neighbours_and_an_empty_mask() {
        let background = Background::new(array![[1.0]]).unwrap();
        let error = Absence::nearest(background, 0).unwrap_err();
        assert_eq!(error.to_string(), "the number of nearest rows is empty; at least one is needed");
        assert!(Absence::mask(Vec::new()).is_err());
    }
}
