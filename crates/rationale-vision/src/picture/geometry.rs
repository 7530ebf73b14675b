//! Where on the photograph a network looked, and how its maps get back there.

use ndarray::{Array2, ArrayView2};

use super::map::{Between, Real, between};
use super::resize::check_size;
use crate::Error;

/// A part of a photograph, in its pixels; edges may lie between two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// The upper edge.
    pub top: f64,
    /// The left edge.
    pub left: f64,
    /// From the upper edge to the lower.
    pub height: f64,
    /// From the left edge to the right.
    pub width: f64,
}

/// How a photograph and a network's input lie upon one another.
///
/// ```
/// use ndarray::array;
/// use rationale_vision::{Geometry, Window};
///
/// // The network saw the middle two of four columns.
/// let window = Window { top: 0.0, left: 1.0, height: 1.0, width: 2.0 };
/// let geometry = Geometry::new([1, 4], window)?;
/// let placed = geometry.place(array![[0.25_f32, 0.75]].view())?;
/// assert!(placed[[0, 0]].is_nan() && placed[[0, 3]].is_nan());
/// assert_eq!((placed[[0, 1]], placed[[0, 2]]), (0.25, 0.75));
/// # Ok::<(), rationale_vision::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    photograph: [usize; 2],
    window: Window,
}

impl Geometry {
    /// A photograph of this height and width, of which the network saw a window.
    pub fn new(photograph: [usize; 2], window: Window) -> Result<Self, Error> {
        check_size("a photograph", photograph)?;
        for (what, value) in [("a window's height", window.height), ("a window's width", window.width)] {
            if value.is_nan() || value <= 0.0 {
                return Err(Error::Number { what, value, expected: "above 0" });
            }
        }
        Ok(Self { photograph, window })
    }

    /// Height and width of the photograph.
    pub fn photograph(&self) -> [usize; 2] {
        self.photograph
    }

    /// What the network saw of it.
    pub fn window(&self) -> Window {
        self.window
    }

    /// A map of what the network saw, of any resolution, as a map of the photograph: bilinear with half-pixel centres.
    /// What the network did not see has no value (NaN), because an attribution of 0 would claim that it was seen.
    pub fn place<F: Real>(&self, map: ArrayView2<'_, F>) -> Result<Array2<F>, Error> {
        check_size("a map", [map.nrows(), map.ncols()])?;
        let Window { top, left, height, width } = self.window;
        let rows = line(self.photograph[0], top, height, map.nrows());
        let columns = line(self.photograph[1], left, width, map.ncols());
        let value = |(y, x): (usize, usize)| match (rows[y], columns[x]) {
            (Some(row), Some(column)) => between(map, row, column),
            _ => F::nan(),
        };
        Ok(Array2::from_shape_fn((self.photograph[0], self.photograph[1]), value))
    }
}

/// For each pixel of a side the map's neighbours around its centre, or none outside the window: a pixel belongs to the
/// window that covers half of it, or half of a window that is narrower than a pixel.
fn line(n_pixels: usize, start: f64, length: f64, n_values: usize) -> Vec<Option<Between>> {
    let of_pixel = |pixel: usize| {
        let pixel = pixel as f64;
        let common = (pixel + 1.0).min(start + length) - pixel.max(start);
        let position = (pixel + 0.5 - start) / length * n_values as f64 - 0.5;
        (common >= 0.5 * length.min(1.0)).then(|| Between::at(position, n_values))
    };
    (0..n_pixels).map(of_pixel).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::super::map::{Grid, upsample};
    use super::*;

    #[test]
    fn the_whole_photograph_is_plain_upsampling() {
        let map = array![[0.0_f32, 1.0], [0.5, 2.0], [4.0, -1.0]];
        let window = Window { top: 0.0, left: 0.0, height: 7.0, width: 5.0 };
        let placed = Geometry::new([7, 5], window).unwrap().place(map.view()).unwrap();
        let upsampled = upsample(map.view(), [7, 5], Grid::HalfPixel).unwrap();
        assert!(placed.iter().zip(&upsampled).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn a_window_of_nothing_is_refused() {
        let window = Window { top: 0.0, left: 0.0, height: 0.0, width: 5.0 };
        assert!(Geometry::new([7, 5], window).is_err());
    }
}
