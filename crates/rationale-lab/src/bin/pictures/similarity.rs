//! How alike two maps are.

use ndarray::{Array2, ArrayView2, Axis};
use rationale::metrics::spearman;

/// Of one map and that of a randomised network; a map that has become constant is alike in nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Likeness {
    /// Spearman's rank correlation, signs kept.
    pub(crate) signed: f64,
    /// The same of absolute values.
    pub(crate) absolute: f64,
    /// The structural similarity of absolute values, each map scaled to [0, 1].
    pub(crate) structure: f64,
}

impl Likeness {
    pub(crate) fn between(own: &Array2<f64>, other: &Array2<f64>) -> Self {
        let rank = |a: &Array2<f64>, b: &Array2<f64>| {
            let flat = |it: &Array2<f64>| it.iter().copied().collect::<Vec<f64>>();
            spearman(&flat(a), &flat(b)).unwrap_or(0.0)
        };
        let sizes = [own, other].map(|it| it.mapv(f64::abs));
        Self {
            signed: rank(own, other),
            absolute: rank(&sizes[0], &sizes[1]),
            structure: ssim(scaled(&sizes[0]).view(), scaled(&sizes[1]).view()),
        }
    }
}

fn scaled(map: &Array2<f64>) -> Array2<f64> {
    let (low, high) =
        map.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), it| (l.min(*it), h.max(*it)));
    if high > low { map.mapv(|it| (it - low) / (high - low)) } else { Array2::zeros(map.dim()) }
}

/// Wang, Bovik, Sheikh and Simoncelli 2004, Image Quality Assessment, <https://doi.org/10.1109/TIP.2003.819861>, of maps in
/// [0, 1]: the mean over all places whose Gaussian window of 11 x 11 pixels (sigma 1.5) lies inside; scikit-image's
/// `structural_similarity` with `gaussian_weights=True, use_sample_covariance=False, data_range=1`.
pub(crate) fn ssim(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> f64 {
    const C1: f64 = 0.01 * 0.01;
    const C2: f64 = 0.03 * 0.03;
    let product = |a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>| blurred(&(&a * &b));
    let (mean_a, mean_b) = (blurred(&a.to_owned()), blurred(&b.to_owned()));
    let (of_a, of_b, of_both) = (product(a, a), product(b, b), product(a, b));
    let places = mean_a.indexed_iter().map(|(at, ma)| {
        let mb = mean_b[at];
        let (va, vb, both) = (of_a[at] - ma * ma, of_b[at] - mb * mb, of_both[at] - ma * mb);
        (2.0 * ma * mb + C1) * (2.0 * both + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
    });
    places.sum::<f64>() / mean_a.len() as f64
}

/// The weighted means of all windows inside.
fn blurred(map: &Array2<f64>) -> Array2<f64> {
    let weight = |at: i32| (-0.5 * (f64::from(at) / 1.5).powi(2)).exp();
    let total: f64 = (-5..=5).map(weight).sum();
    let weights: Vec<f64> = (-5..=5).map(|at| weight(at) / total).collect();
    let along = |map: &Array2<f64>, axis: Axis| {
        let windows = map.axis_windows(axis, weights.len()).into_iter();
        let means: Vec<_> = windows
            .map(|window| {
                let lanes = window.axis_iter(axis).zip(&weights);
                lanes.fold(None, |sum: Option<ndarray::Array1<f64>>, (lane, weight)| {
                    let part = &lane * *weight;
                    Some(sum.map_or(part.clone(), |it| it + part))
                })
            })
            .map(Option::unwrap_or_default)
            .collect();
        let views: Vec<_> = means.iter().map(ndarray::Array1::view).collect();
        ndarray::stack(axis, &views).unwrap_or_default()
    };
    along(&along(map, Axis(0)), Axis(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_is_scikit_images() {
        let [a, b] = [3, 5]
            .map(|step| Array2::from_shape_fn((16, 20), |(y, x)| ((y * step + x * 7) % 11) as f64 / 10.0));
        // skimage.metrics.structural_similarity, scikit-image 0.26.0.
        assert!((ssim(a.view(), b.view()) - SCIKIT_IMAGE).abs() < 1e-9, "{}", ssim(a.view(), b.view()));
        assert!((ssim(a.view(), a.view()) - 1.0).abs() < 1e-12);
    }

    const SCIKIT_IMAGE: f64 = 0.002_890_873_154_925_302_6;

    #[test]
    fn a_flat_map_is_alike_in_no_rank() {
        let own = Array2::from_shape_fn((16, 16), |(y, x)| (y * 16 + x) as f64);
        let likeness = Likeness::between(&own, &Array2::zeros((16, 16)));
        assert_eq!((likeness.signed, likeness.absolute), (0.0, 0.0));
        assert_eq!(Likeness::between(&own, &-&own).signed, -1.0);
        assert_eq!(Likeness::between(&own, &-&own).absolute, 1.0);
    }
}
