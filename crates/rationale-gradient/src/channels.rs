//! From values of channels to one map of a picture.

use ndarray::{Array2, Array3, ArrayD, ArrayView2, ArrayView3, Axis};

use crate::Error;

/// How the channels of a picture become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Channels {
    /// Their sum: completeness holds of the map; captum's.
    #[default]
    Sum,
    /// The sum of their absolute values.
    SumOfAbsolute,
    /// The one with the largest absolute value, as the paper on saliency has it.
    Largest,
}

/// Which part of a map is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Both signs, in [-1, 1].
    #[default]
    Both,
    /// Absolute values, in [0, 1].
    Absolute,
    /// What speaks for the target, in [0, 1].
    Positive,
    /// What speaks against it, in [0, 1].
    Negative,
}

/// A map `[picture, row, column]` of values `[picture, channel, row, column]`, or of `[picture, row, column, channel]` where the last
/// dimension is one of at most 4 channels and the second is not.
///
/// ```
/// use ndarray::{Array4, array};
/// use rationale_gradient::{Channels, picture_map};
///
/// let values = Array4::from_shape_vec((1, 2, 1, 2), vec![1.0, -3.0, 0.5, 1.0])?.into_dyn();
/// assert_eq!(picture_map(&values, Channels::Sum)?, array![[[1.5, -2.0]]]);
/// assert_eq!(picture_map(&values, Channels::Largest)?, array![[[1.0, -3.0]]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn picture_map(values: &ArrayD<f64>, channels: Channels) -> Result<Array3<f64>, Error> {
    let shape = values.shape();
    if shape.len() != 4 {
        let expected = "[picture, channel, row, column] or [picture, row, column, channel]".to_owned();
        return Err(Error::Shape { what: "the attribution", expected, actual: shape.to_vec() });
    }
    let axis = if shape[3] <= 4 && shape[1] > 4 { 3 } else { 1 };
    let map = values.fold_axis(Axis(axis), 0.0, |&sum: &f64, &it| match channels {
        Channels::Sum => sum + it,
        Channels::SumOfAbsolute => sum + it.abs(),
        Channels::Largest if it.abs() > sum.abs() => it,
        Channels::Largest => sum,
    });
    let actual = map.shape().to_vec();
    let shape = |_| Error::Shape { what: "the map", expected: "three dimensions".to_owned(), actual };
    map.into_dimensionality().map_err(shape)
}

/// Maps scaled to what is shown. Each is divided by its own threshold and cut there: the value below which lies all but
/// `outlier_percent` of the map's total, so that one pixel does not dim the others. captum's default is 2.
///
/// A map of zeros stays one.
pub fn shown(maps: ArrayView3<'_, f64>, shown: Shown, outlier_percent: f64) -> Result<Array3<f64>, Error> {
    if !(0.0..100.0).contains(&outlier_percent) {
        let expected = "at least 0 and below 100";
        return Err(Error::Setting { what: "the percentage of outliers", value: outlier_percent, expected });
    }
    let mut all = maps.to_owned();
    for mut map in all.axis_iter_mut(Axis(0)) {
        let scaled = scaled(map.view(), shown, outlier_percent);
        map.assign(&scaled);
    }
    Ok(all)
}

fn scaled(map: ArrayView2<'_, f64>, shown: Shown, outlier_percent: f64) -> Array2<f64> {
    let map = map.mapv(|it| match shown {
        Shown::Both => it,
        Shown::Absolute => it.abs(),
        Shown::Positive => it.max(0.0),
        Shown::Negative => (-it).max(0.0),
    });
    let threshold = threshold(map.view(), outlier_percent);
    if threshold == 0.0 { map } else { map.mapv(|it| (it / threshold).clamp(-1.0, 1.0)) }
}

/// The first of the absolute values in ascending order with which their running sum reaches the part that is no outlier.
fn threshold(map: ArrayView2<'_, f64>, outlier_percent: f64) -> f64 {
    let mut sizes: Vec<f64> = map.iter().map(|it| it.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let part = sizes.iter().sum::<f64>() * (100.0 - outlier_percent) / 100.0;
    let mut sum = 0.0;
    let reached = sizes.iter().find(|it| {
        sum += **it;
        sum >= part
    });
    reached.or(sizes.last()).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array4, array};

    use super::*;

    #[test]
    fn the_last_dimension_may_be_that_of_channels() {
        let values = Array4::from_shape_fn((1, 5, 6, 3), |(_, row, _, channel)| (row + channel) as f64);
        let map = picture_map(&values.into_dyn(), Channels::Sum).unwrap();
        assert_eq!((map.dim(), map[[0, 2, 0]]), ((1, 5, 6), 9.0));
    }

    #[test]
    fn outliers_are_cut_at_their_share_of_the_total() {
        // Of a total of 10, 90% are reached with the 6: captum's _cumulative_sum_threshold.
        let maps = array![[[1.0, -3.0], [6.0, 0.0]]];
        let cut = shown(maps.view(), Shown::Both, 10.0).unwrap();
        assert_eq!(cut, array![[[1.0 / 6.0, -0.5], [1.0, 0.0]]]);
        let cut = shown(maps.view(), Shown::Both, 60.0).unwrap();
        assert_eq!(cut, array![[[1.0 / 3.0, -1.0], [1.0, 0.0]]]);
        assert_eq!(shown(maps.view(), Shown::Negative, 0.0).unwrap(), array![[[0.0, 1.0], [0.0, 0.0]]]);
        assert_eq!(shown(array![[[0.0]]].view(), Shown::Both, 2.0).unwrap(), array![[[0.0]]]);
        assert!(shown(maps.view(), Shown::Both, 100.0).is_err());
    }

    #[test]
    fn a_table_is_no_picture() {
        let error = picture_map(&ArrayD::zeros(vec![2, 3]), Channels::Sum).unwrap_err();
        assert!(error.to_string().starts_with("the attribution has shape [2, 3]"), "{error}");
    }
}
