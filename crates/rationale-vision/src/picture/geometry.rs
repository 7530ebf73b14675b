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

    /// A photograph of which the network saw everything.
    pub fn whole([height, width]: [usize; 2]) -> Result<Self, Error> {
        Self::new([height, width], Window { top: 0.0, left: 0.0, height: height as f64, width: width as f64 })
    }

    /// The same part of the same photograph at another height and width.
    pub fn resized(&self, [height, width]: [usize; 2]) -> Result<Self, Error> {
        let down = height as f64 / self.photograph[0] as f64;
        let across = width as f64 / self.photograph[1] as f64;
        let Window { top, left, height: tall, width: wide } = self.window;
        let window =
            Window { top: top * down, left: left * across, height: tall * down, width: wide * across };
        Self::new([height, width], window)
    }

    /// Height and width of the photograph.
    pub fn photograph(&self) -> [usize; 2] {
        self.photograph
    }

    /// What the network saw of it.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The centre of a pixel `[row, column]` of a map of what the network saw, which has this height and width, as
    /// `[down, right]` from the photograph's upper left corner, in its pixels.
    ///
    /// ```
    /// use rationale_vision::{Geometry, Window};
    ///
    /// let window = Window { top: 0.0, left: 100.0, height: 448.0, width: 448.0 };
    /// let geometry = Geometry::new([448, 648], window)?;
    /// assert_eq!(geometry.point([0, 223], [224, 224]), [1.0, 547.0]);
    /// # Ok::<(), rationale_vision::Error>(())
    /// ```
    pub fn point(&self, [row, column]: [usize; 2], [n_rows, n_columns]: [usize; 2]) -> [f64; 2] {
        let Window { top, left, height, width } = self.window;
        let along =
            |start: f64, length: f64, at: usize, n: usize| start + (at as f64 + 0.5) * length / n as f64;
        [along(top, height, row, n_rows), along(left, width, column, n_columns)]
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
    fn a_smaller_photograph_shows_the_same_part() {
        let window = Window { top: 0.0, left: 75.0, height: 300.0, width: 300.0 };
        let half = Geometry::new([300, 450], window).unwrap().resized([150, 225]).unwrap();
        assert_eq!(half.window(), Window { top: 0.0, left: 37.5, height: 150.0, width: 150.0 });
        assert_eq!(half.photograph(), [150, 225]);
        assert_eq!(Geometry::whole([3, 4]).unwrap().window().width, 4.0);
    }

    #[test]
    fn a_point_is_where_its_map_is_placed() {
        let window = Window { top: 30.0, left: 10.0, height: 40.0, width: 40.0 };
        let geometry = Geometry::new([100, 60], window).unwrap();
        let mut map = ndarray::Array2::zeros((8, 8));
        map[[2, 5]] = 1.0;
        let placed = geometry.place(map.view()).unwrap();
        let [down, right] = geometry.point([2, 5], [8, 8]);
        assert_eq!([down, right], [42.5, 37.5]);
        assert_eq!(placed[[42, 37]], 1.0);
    }

    #[test]
    fn a_window_of_nothing_is_refused() {
        let window = Window { top: 0.0, left: 0.0, height: 0.0, width: 5.0 };
        assert!(Geometry::new([7, 5], window).is_err());
    }
}
