//! SLIC: Achanta, Shaji, Smith, Lucchi, Fua and Suesstrunk 2012, <https://doi.org/10.1109/TPAMI.2012.120>.
//!
//! ```text
//! D^2(p, k) = |colour_p - colour_k|^2 / compactness^2 + |place_p - place_k|^2 / step^2        (their equation 3)
//! ten times: each pixel to the nearest centre within two steps, each centre to its pixels' mean
//! then patches smaller than half the usual size join a neighbour, and larger than three times are cut
//! ```
//!
//! **Costs**: ten times height x width x 25 distances. **Departs**: in nothing from scikit-image 0.26 (golden file), of
//! which it has neither smoothing nor masks.

use ndarray::{Array2, ArrayView3};

use super::colour::{Colours, square};
use super::{Segments, check_picture};
use crate::Error;
use crate::lime::within;

/// scikit-image's `max_num_iter`.
const N_ITERATIONS: usize = 10;

/// Patches by k-means from a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Slic {
    n_segments: usize,
    compactness: f64,
}

impl Slic {
    /// About how many patches; the compactness is 10 (scikit-image's default).
    pub fn new(n_segments: usize) -> Self {
        Self { n_segments, compactness: 10.0 }
    }

    /// How much place counts against colour.
    pub fn with_compactness(self, compactness: f64) -> Self {
        Self { compactness, ..self }
    }

    /// Cuts a picture `[height, width, channel]`.
    pub fn cut(&self, picture: ArrayView3<'_, f64>) -> Result<Segments, Error> {
        check_picture(picture)?;
        within("SLIC's number of segments", self.n_segments as f64, self.n_segments >= 1, "at least 1")?;
        let is_positive = self.compactness > 0.0 && self.compactness.is_finite();
        within("SLIC's compactness", self.compactness, is_positive, "finite and above 0")?;
        let mut clusters = Clusters::new(picture, self);
        for _ in 0..N_ITERATIONS {
            clusters.assign();
            clusters.centre();
        }
        let usual = (picture.dim().0 * picture.dim().1) as f64 / clusters.centres.len() as f64;
        Segments::new(Connected::new(clusters.labels, usual).labels().view())
    }
}

/// Rescaled to [0, 1], so that compactness means the same for every picture.
fn stretched(picture: ArrayView3<'_, f64>, factor: f64) -> Colours {
    let low = picture.iter().copied().fold(f64::INFINITY, f64::min);
    let high = picture.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = if high > low { high - low } else { 1.0 };
    Colours::new(picture.mapv(|value| (value - low) / range).view(), factor)
}

/// Where a centre lies, and its colour; none that lost all its pixels comes back.
struct Centre {
    y: f64,
    x: f64,
    colour: Vec<f64>,
    is_alive: bool,
}

struct Clusters {
    colours: Colours,
    centres: Vec<Centre>,
    labels: Array2<usize>,
    /// How far a centre looks, in rows and columns.
    reach: (usize, usize),
    place_weight: f64,
}

impl Clusters {
    fn new(picture: ArrayView3<'_, f64>, slic: &Slic) -> Self {
        let (height, width, _) = picture.dim();
        let colours = stretched(picture, 1.0 / slic.compactness);
        let n_channels = colours.n_channels();
        let ((y0, dy), (x0, dx)) = grid(height, width, slic.n_segments);
        let centre = |y: usize, x: usize| Centre {
            y: y as f64,
            x: x as f64,
            colour: vec![0.0; n_channels],
            is_alive: true,
        };
        let columns = || (x0..width).step_by(dx);
        let centres: Vec<Centre> =
            (y0..height).step_by(dy).flat_map(|y| columns().map(move |x| centre(y, x))).collect();
        // As scikit-image, the reach comes from the number of centres that the first grid gave.
        let ((_, reach_y), (_, reach_x)) = grid(height, width, centres.len());
        let step = dy.max(dx) as f64;
        Self {
            colours,
            labels: Array2::zeros((height, width)),
            centres,
            reach: (2 * reach_y, 2 * reach_x),
            place_weight: 1.0 / (step * step),
        }
    }

    fn assign(&mut self) {
        let (height, width) = self.labels.dim();
        let mut nearest = Array2::from_elem((height, width), f64::INFINITY);
        for (k, centre) in self.centres.iter().enumerate().filter(|(_, centre)| centre.is_alive) {
            for y in window(centre.y, self.reach.0, height) {
                for x in window(centre.x, self.reach.1, width) {
                    let distance = self.distance(centre, y, x);
                    if distance < nearest[[y, x]] {
                        nearest[[y, x]] = distance;
                        self.labels[[y, x]] = k;
                    }
                }
            }
        }
    }

    fn distance(&self, centre: &Centre, y: usize, x: usize) -> f64 {
        let (dy, dx) = (centre.y - y as f64, centre.x - x as f64);
        let pixel = self.colours.at(y * self.labels.ncols() + x);
        (dy * dy + dx * dx) * self.place_weight + square(pixel, &centre.colour)
    }

    fn centre(&mut self) {
        let mut counts = vec![0_usize; self.centres.len()];
        for centre in &mut self.centres {
            (centre.y, centre.x) = (0.0, 0.0);
            centre.colour.fill(0.0);
        }
        for ((y, x), &label) in self.labels.indexed_iter() {
            counts[label] += 1;
            let centre = &mut self.centres[label];
            centre.y += y as f64;
            centre.x += x as f64;
            let pixel = self.colours.at(y * self.labels.ncols() + x);
            centre.colour.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
        for (centre, &count) in self.centres.iter_mut().zip(&counts) {
            centre.is_alive = count > 0;
            let n = count as f64;
            (centre.y, centre.x) = (centre.y / n, centre.x / n);
            centre.colour.iter_mut().for_each(|sum| *sum /= n);
        }
    }
}

/// The rows (or columns) that a centre looks at.
fn window(centre: f64, reach: usize, size: usize) -> std::ops::Range<usize> {
    let reach = reach as f64;
    let (low, high) = ((centre - reach).max(0.0), (centre + reach + 1.0).min(size as f64));
    whole(low)..whole(high)
}

#[expect(clippy::cast_sign_loss, reason = "places are not negative")]
fn whole(place: f64) -> usize {
    place as usize
}

/// Start and step of rows and of columns, for about `n` points (scikit-image's `regular_grid`).
fn grid(height: usize, width: usize, n: usize) -> ((usize, usize), (usize, usize)) {
    if height * width <= n {
        return ((0, 1), (0, 1));
    }
    let (short, long) = (height.min(width) as f64, height.max(width) as f64);
    let even = (short * long / n as f64).sqrt();
    let (for_short, for_long) = if short < even { (short, long / n as f64) } else { (even, even) };
    let axis = |step: f64| (whole((step / 2.0).floor()), whole(step.round_ties_even()).max(1));
    if height <= width { (axis(for_short), axis(for_long)) } else { (axis(for_long), axis(for_short)) }
}

/// Patches in one piece each.
struct Connected {
    clusters: Array2<usize>,
    labels: Array2<Option<usize>>,
    least: usize,
    most: usize,
}

impl Connected {
    fn new(clusters: Array2<usize>, usual_size: f64) -> Self {
        let labels = Array2::from_elem(clusters.dim(), None);
        Self { clusters, labels, least: whole(usual_size * 0.5), most: whole(usual_size * 3.0) }
    }

    fn labels(mut self) -> Array2<usize> {
        let (height, width) = self.clusters.dim();
        let mut new = 0;
        for start in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            if self.labels[start].is_some() {
                continue;
            }
            let (patch, adjacent) = self.grow(start, new);
            if patch.len() < self.least {
                patch.iter().for_each(|pixel| self.labels[*pixel] = Some(adjacent));
            } else {
                new += 1;
            }
        }
        self.labels.mapv(Option::unwrap_or_default)
    }

    /// The piece around a pixel, labelled `new`, and the label of the last other patch that it touches.
    fn grow(&mut self, start: (usize, usize), new: usize) -> (Vec<(usize, usize)>, usize) {
        let mut patch = vec![start];
        let mut adjacent = new;
        self.labels[start] = Some(new);
        let mut visited = 0;
        while visited < patch.len() && patch.len() < self.most {
            for next in self.neighbours(patch[visited]).into_iter().flatten() {
                match self.labels[next] {
                    None if self.clusters[next] == self.clusters[start] => {
                        self.labels[next] = Some(new);
                        patch.push(next);
                        if patch.len() >= self.most {
                            break;
                        }
                    }
                    Some(other) if other != new => adjacent = other,
                    _ => {}
                }
            }
            visited += 1;
        }
        (patch, adjacent)
    }

    /// Right, left, below, above.
    fn neighbours(&self, (y, x): (usize, usize)) -> [Option<(usize, usize)>; 4] {
        let (height, width) = self.clusters.dim();
        [
            (x + 1 < width).then_some((y, x + 1)),
            x.checked_sub(1).map(|x| (y, x)),
            (y + 1 < height).then_some((y + 1, x)),
            y.checked_sub(1).map(|y| (y, x)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    #[test]
    fn a_plain_picture_is_cut_into_a_grid() {
        let segments = Slic::new(6).cut(Array3::zeros((20, 30, 3)).view()).unwrap();
        assert_eq!(segments.len(), 6);
    }

    #[test]
    fn every_patch_is_in_one_piece() {
        let noise =
            Array3::from_shape_fn((24, 24, 3), |(y, x, c)| ((y * 31 + x * 17 + c * 7) % 11) as f64 / 11.0);
        let segments = Slic::new(9).with_compactness(1.0).cut(noise.view()).unwrap();
        let mut seen = vec![false; segments.len()];
        let mut pieces = Connected::new(segments.labels().to_owned(), f64::from(u32::MAX));
        for (place, &label) in segments.labels().indexed_iter() {
            if pieces.labels[place].is_none() {
                pieces.grow(place, label);
                assert!(!std::mem::replace(&mut seen[label], true), "{label} has two pieces");
            }
        }
    }

    #[test]
    fn a_picture_of_one_pixel_is_one_patch() {
        assert_eq!(Slic::new(100).cut(Array3::zeros((1, 1, 3)).view()).unwrap().len(), 1);
    }

    #[test]
    fn no_compactness_is_refused() {
        let error = Slic::new(5).with_compactness(0.0).cut(Array3::zeros((4, 4, 1)).view()).unwrap_err();
        assert_eq!(error.to_string(), "SLIC's compactness is 0, but must be finite and above 0");
    }
}
