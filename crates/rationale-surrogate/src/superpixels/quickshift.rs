//! Quick shift: Vedaldi and Soatto 2008, <https://doi.org/10.1007/978-3-540-88693-8_52>.
//!
//! ```text
//! D^2(p, q) = |ratio (colour_p - colour_q)|^2 + |place_p - place_q|^2
//! density(p) = sum_q exp(-D^2 / (2 kernel_size^2)) over places within 3 kernel_size
//! parent(p)  = the nearest q there with density(q) > density(p), if D < max_distance; a patch is a tree
//! ```
//!
//! **Costs**: height x width x (6 kernel_size + 1)^2 distances, twice, on all threads. Changes no bit.
//!
//! **Departs**: from scikit-image 0.26, which adds noise of 1e-5 to densities, in breaking ties by place: among pixels of
//! equal density the one further up and left counts as denser. So no seed is needed, and a plain area is one patch.
//! Where no ties and near-ties are, the patches are the same (golden file).

use ndarray::{Array2, ArrayView3};
use rayon::prelude::*;

use super::colour::{Colours, square};
use super::{Segments, check_picture};
use crate::Error;
use crate::lime::within;

/// Patches by climbing to the densest neighbour.
#[derive(Debug, Clone, PartialEq)]
pub struct Quickshift {
    kernel_size: usize,
    max_distance: f64,
    ratio: f64,
}

impl Quickshift {
    /// A kernel's size in pixels and the farthest distance to a parent; the ratio is 1 (scikit-image's default).
    pub fn new(kernel_size: usize, max_distance: f64) -> Self {
        Self { kernel_size, max_distance, ratio: 1.0 }
    }

    /// lime 0.2.0.1's settings: kernel size 4, distance 200, ratio 0.2.
    pub fn for_lime() -> Self {
        Self::new(4, 200.0).with_ratio(0.2)
    }

    /// How much colour counts against place.
    pub fn with_ratio(self, ratio: f64) -> Self {
        Self { ratio, ..self }
    }

    /// Cuts a picture `[height, width, channel]`.
    pub fn cut(&self, picture: ArrayView3<'_, f64>) -> Result<Segments, Error> {
        check_picture(picture)?;
        within("quickshift's kernel size", self.kernel_size as f64, self.kernel_size >= 1, "at least 1")?;
        within("quickshift's ratio", self.ratio, self.ratio >= 0.0, "at least 0")?;
        let pixels = Pixels::new(picture, self.ratio, 3 * self.kernel_size);
        let densities = self.densities(&pixels);
        let mut parents = self.parents(&pixels, &densities);
        for place in 0..parents.len() {
            // A parent is denser, so the climb ends.
            while parents[place] != parents[parents[place]] {
                parents[place] = parents[parents[place]];
            }
        }
        let (height, width, _) = picture.dim();
        let labels = Array2::from_shape_fn((height, width), |(y, x)| parents[y * width + x]);
        Segments::new(labels.view())
    }

    fn densities(&self, pixels: &Pixels) -> Vec<f64> {
        let factor = -0.5 / (self.kernel_size as f64 * self.kernel_size as f64);
        let density = |place| {
            let squares = pixels.near(place).map(|other| pixels.square(place, other));
            squares.map(|square| (square * factor).exp()).sum()
        };
        (0..pixels.len()).into_par_iter().map(density).collect()
    }

    fn parents(&self, pixels: &Pixels, densities: &[f64]) -> Vec<usize> {
        let is_denser = |other: usize, place: usize| {
            let (there, here) = (densities[other], densities[place]);
            there > here || (there == here && other < place)
        };
        let parent = |place| {
            let mut nearest = (f64::INFINITY, place);
            for other in pixels.near(place).filter(|&other| is_denser(other, place)) {
                let square = pixels.square(place, other);
                if square < nearest.0 {
                    nearest = (square, other);
                }
            }
            if nearest.0.sqrt() > self.max_distance { place } else { nearest.1 }
        };
        (0..pixels.len()).into_par_iter().map(parent).collect()
    }
}

struct Pixels {
    colours: Colours,
    height: usize,
    width: usize,
    reach: usize,
}

impl Pixels {
    fn new(picture: ArrayView3<'_, f64>, ratio: f64, reach: usize) -> Self {
        let (height, width, _) = picture.dim();
        Self { colours: Colours::new(picture, ratio), height, width, reach }
    }

    fn len(&self) -> usize {
        self.height * self.width
    }

    /// The places within reach, itself among them, row by row.
    fn near(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        let (height, width) = (self.height, self.width);
        let (y, x) = (place / width, place % width);
        let rows = y.saturating_sub(self.reach)..(y + self.reach + 1).min(height);
        let columns = x.saturating_sub(self.reach)..(x + self.reach + 1).min(width);
        rows.flat_map(move |row| columns.clone().map(move |column| row * width + column))
    }

    fn square(&self, a: usize, b: usize) -> f64 {
        let width = self.width;
        let ((ya, xa), (yb, xb)) = ((a / width, a % width), (b / width, b % width));
        let colour = square(self.colours.at(a), self.colours.at(b));
        let (dy, dx) = (ya.abs_diff(yb) as f64, xa.abs_diff(xb) as f64);
        colour + dy * dy + dx * dx
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    #[test]
    fn a_plain_picture_is_one_patch() {
        let black = Array3::zeros((12, 9, 3));
        assert_eq!(Quickshift::for_lime().cut(black.view()).unwrap().len(), 1);
    }

    #[test]
    fn two_far_colours_are_never_one_patch() {
        let halves = Array3::from_shape_fn((10, 20, 1), |(_, x, _)| if x < 10 { 0.0 } else { 100.0 });
        let segments = Quickshift::new(2, 50.0).cut(halves.view()).unwrap();
        let of = |x| segments.labels().column(x).to_vec();
        assert!(of(9).iter().all(|label| !of(10).contains(label)));
    }

    #[test]
    fn a_broken_picture_is_refused() {
        let error = Quickshift::for_lime().cut(Array3::from_elem((2, 2, 3), f64::NAN).view()).unwrap_err();
        assert_eq!(error.to_string(), "the picture, position 0, is NaN; only finite values can be explained");
        assert!(Quickshift::for_lime().cut(Array3::zeros((0, 2, 3)).view()).is_err());
    }
}
