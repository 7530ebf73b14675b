//! What stands where a part of a picture is taken away.

use ndarray::{Array1, Array2, Array3, ArrayView3, Axis};

use crate::lime::within;
use crate::superpixels::Segments;
use crate::{Error, superpixels};

/// What a part of a picture is replaced by.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Fill {
    /// The mean colour of each patch (of the whole picture where there are no patches); lime 0.2.0.1's default.
    #[default]
    MeanColour,
    /// One colour, one number a channel.
    Colour(Vec<f64>),
    /// The picture itself, blurred by a normal of this standard deviation in pixels.
    Blur {
        /// The standard deviation.
        sigma: f64,
    },
}

impl Fill {
    /// In words, for the evidence.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::MeanColour => "each part's mean colour".to_owned(),
            Self::Colour(colour) => format!("the colour {colour:?}"),
            Self::Blur { sigma } => format!("the picture blurred by {sigma} pixels"),
        }
    }

    /// A picture of nothing but fill.
    pub(crate) fn apply(
        &self,
        picture: ArrayView3<'_, f64>,
        segments: &Segments,
    ) -> Result<Array3<f64>, Error> {
        let (height, width, n_channels) = picture.dim();
        match self {
            Self::MeanColour => Ok(mean_colours(picture, segments)),
            Self::Colour(colour) if colour.len() == n_channels => {
                Ok(Array3::from_shape_fn((height, width, n_channels), |(_, _, channel)| colour[channel]))
            }
            Self::Colour(colour) => {
                let (expected, actual) = (n_channels, colour.len());
                Err(Error::Size { what: "the colour", unit: "channels", expected, actual })
            }
            Self::Blur { sigma } => blurred(picture, *sigma),
        }
    }

    /// The same without patches.
    pub(crate) fn apply_whole(&self, picture: ArrayView3<'_, f64>) -> Result<Array3<f64>, Error> {
        superpixels::check_picture(picture)?;
        self.apply(picture, &Segments::new(Array2::zeros((picture.dim().0, picture.dim().1)).view())?)
    }
}

/// Means by deviations from each patch's first pixel, so that a plain patch keeps its colour exactly.
fn mean_colours(picture: ArrayView3<'_, f64>, segments: &Segments) -> Array3<f64> {
    let n_channels = picture.dim().2;
    let mut first: Vec<Option<Array1<f64>>> = vec![None; segments.len()];
    let mut sums = Array2::<f64>::zeros((segments.len(), n_channels));
    let mut counts = vec![0.0; segments.len()];
    for ((y, x), &label) in segments.labels().indexed_iter() {
        let pixel = picture.index_axis(Axis(0), y);
        let pixel = pixel.index_axis(Axis(0), x);
        let first = first[label].get_or_insert_with(|| pixel.to_owned());
        sums.row_mut(label).zip_mut_with(&(&pixel - &*first), |sum, deviation| *sum += deviation);
        counts[label] += 1.0;
    }
    Array3::from_shape_fn(picture.dim(), |(y, x, channel)| {
        let label = segments.labels()[[y, x]];
        first[label].as_ref().map_or(0.0, |first| first[channel]) + sums[[label, channel]] / counts[label]
    })
}

/// A normal, cut at four standard deviations; the picture is mirrored at its edges.
fn blurred(picture: ArrayView3<'_, f64>, sigma: f64) -> Result<Array3<f64>, Error> {
    within("the blur", sigma, sigma > 0.0 && sigma <= 1e4, "above 0 and at most 10000 pixels")?;
    let mut kernel = vec![1.0];
    while kernel.len() as f64 <= (4.0 * sigma).round() {
        let distance = kernel.len() as f64 / sigma;
        kernel.push((-0.5 * distance * distance).exp());
    }
    let total = 2.0 * kernel.iter().sum::<f64>() - 1.0;
    kernel.iter_mut().for_each(|weight| *weight /= total);
    let rows = along(picture, Axis(0), &kernel);
    Ok(along(rows.view(), Axis(1), &kernel))
}

fn along(picture: ArrayView3<'_, f64>, axis: Axis, kernel: &[f64]) -> Array3<f64> {
    let mut smooth = Array3::zeros(picture.dim());
    for (line, mut out) in picture.lanes(axis).into_iter().zip(smooth.lanes_mut(axis)) {
        for place in 0..line.len() {
            let at = |distance: usize| {
                line[mirrored(place, distance, line.len(), true)]
                    + line[mirrored(place, distance, line.len(), false)]
            };
            let sides: f64 = (1..kernel.len()).map(|distance| kernel[distance] * at(distance)).sum();
            out[place] = kernel[0] * line[place] + sides;
        }
    }
    smooth
}

/// The place `distance` to one side, mirrored at the edges (the edge pixel twice).
fn mirrored(place: usize, distance: usize, length: usize, is_left: bool) -> usize {
    let period = 2 * length;
    let shift = distance % period;
    let moved = if is_left { place + period - shift } else { place + shift } % period;
    if moved < length { moved } else { period - 1 - moved }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn patches_get_their_mean_and_plain_ones_stay_exactly() {
        let picture = array![[[0.1], [0.1]], [[1.0], [3.0]]];
        let segments = Segments::new(array![[0, 0], [1, 1]].view()).unwrap();
        let filled = Fill::MeanColour.apply(picture.view(), &segments).unwrap();
        assert_eq!(filled, array![[[0.1], [0.1]], [[2.0], [2.0]]]);
    }

    #[test]
    fn a_blur_keeps_a_plain_picture_and_the_sum() {
        let mut dot = Array3::zeros((9, 9, 1));
        dot[[4, 4, 0]] = 1.0;
        let smooth = Fill::Blur { sigma: 1.0 }.apply_whole(dot.view()).unwrap();
        assert!((smooth.sum() - 1.0).abs() < 1e-12 && smooth[[4, 4, 0]] < 0.17);
        let plain = Array3::from_elem((3, 2, 1), 0.7);
        let smooth = Fill::Blur { sigma: 5.0 }.apply_whole(plain.view()).unwrap();
        assert!(smooth.iter().all(|it| (it - 0.7).abs() < 1e-12));
    }

    #[test]
    fn a_colour_of_other_channels_is_refused() {
        let error = Fill::Colour(vec![0.0]).apply_whole(Array3::zeros((2, 2, 3)).view()).unwrap_err();
        assert_eq!(error.to_string(), "the colour has 1 channels, but 3 are needed");
    }
}
