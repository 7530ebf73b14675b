//! How much a sample counts: distances from the input explained, and the exponential kernel over them.
//!
//! ```text
//! Euclid:  d = |z - z0|,          exponential kernel:  w = sqrt(exp(-d^2 / width^2))
//! cosine:  d = s (1 - z z0 / (|z| |z0|))
//! ```
//!
//! **Departs**: in nothing from lime 0.2.0.1, whose square root makes the kernel twice as wide in d^2 as the formula
//! of Ribeiro, Singh and Guestrin 2016.

use ndarray::{Array1, ArrayView1, ArrayView2};

/// Euclid's distance of each sample `[sample, feature]` from the input `[feature]`.
pub(crate) fn euclidean(design: ArrayView2<'_, f64>, input: ArrayView1<'_, f64>) -> Array1<f64> {
    let input: Vec<f64> = input.iter().copied().collect();
    let distance = |row: ArrayView1<'_, f64>| match row.as_slice() {
        Some(row) => square_distance(row, &input).sqrt(),
        None => square_distance(&row.to_vec(), &input).sqrt(),
    };
    design.rows().into_iter().map(distance).collect()
}

/// Lanes that are added side by side; part of the order of summation.
const LANES: usize = 8;

fn square_distance(a: &[f64], b: &[f64]) -> f64 {
    let square = |a: f64, b: f64| (a - b) * (a - b);
    let (whole_a, rest_a) = a.as_chunks::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in whole_a.iter().zip(whole_b) {
        (0..LANES).for_each(|lane| lanes[lane] += square(a[lane], b[lane]));
    }
    lanes.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(|(a, b)| square(*a, *b)).sum::<f64>()
}

/// The cosine distance of a mask with `n_present` of `n_features` parts from the whole, times `scale`.
///
/// A mask without any part has distance 1, as scikit-learn has it.
pub(crate) fn cosine(n_present: usize, n_features: usize, scale: f64) -> f64 {
    scale * (1.0 - (n_present as f64 / n_features as f64).sqrt())
}

/// Weights `[sample]` of samples at these distances.
pub(crate) fn exponential(distances: ArrayView1<'_, f64>, width: f64) -> Array1<f64> {
    distances.mapv(|distance| (-distance * distance / (2.0 * width * width)).exp())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_input_itself_has_weight_one() {
        let design = array![[1.0, 1.0], [1.0, 0.0], [-2.0, -3.0]];
        let distances = euclidean(design.view(), design.row(0));
        assert_eq!(distances, array![0.0, 1.0, 5.0]);
        let weights = exponential(distances.view(), 1.0);
        assert_eq!((weights[0], weights[1]), (1.0, (-0.5_f64).exp()));
    }

    #[test]
    fn half_of_the_parts_are_at_one_less_the_root_of_half() {
        assert_eq!(cosine(4, 4, 100.0), 0.0);
        assert_eq!(cosine(0, 4, 1.0), 1.0);
        assert!((cosine(2, 4, 1.0) - (1.0 - 0.5_f64.sqrt())).abs() < 1e-15);
    }
}
