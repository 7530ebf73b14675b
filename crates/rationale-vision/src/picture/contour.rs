//! Lines of equal value over a photograph.
//!
//! A pixel's distance from the line of a level is, to first order, |m - level| / |grad m|, with the gradient by central
//! differences. Pixels nearer than half the line's width are covered, those at its edge in part: the line is as wide on a
//! steep slope as on a gentle one, and smooth without being traced.

use ndarray::{Array2, Array3, ArrayView2, Axis, Zip};

use super::compose::byte;
use super::decode::Picture;
use super::map::{Real, check_same};
use crate::Error;

/// The lines: at which levels, how wide, in which colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Contour {
    levels: Vec<f64>,
    width: f64,
    colour: [u8; 3],
}

impl Default for Contour {
    /// White lines of two pixels at .25, .5 and .75.
    fn default() -> Self {
        Self { levels: vec![0.25, 0.5, 0.75], width: 2.0, colour: [255, 255, 255] }
    }
}

impl Contour {
    /// Sets the levels.
    pub fn with_levels(mut self, levels: Vec<f64>) -> Self {
        self.levels = levels;
        self
    }

    /// Sets the width in pixels.
    pub fn with_width(mut self, width: f64) -> Result<Self, Error> {
        if !(0.0..=1000.0).contains(&width) {
            return Err(Error::Number { what: "a line's width", value: width, expected: "from 0 to 1000" });
        }
        self.width = width;
        Ok(self)
    }

    /// Sets the colour.
    pub fn with_colour(mut self, colour: [u8; 3]) -> Self {
        self.colour = colour;
        self
    }
}

/// The dark rim on both sides of a line, in its widths: what keeps a white line apart from a white wall.
const RIM: f64 = 0.75;
const RIM_COLOUR: [u8; 3] = [20, 22, 26];
const RIM_OPACITY: f64 = 0.65;

/// A photograph with the lines of a map of its size.
pub fn contour<F: Real>(
    photograph: &Picture,
    map: ArrayView2<'_, F>,
    lines: &Contour,
) -> Result<Array3<u8>, Error> {
    check_same(map, photograph.size())?;
    let slopes = slopes(map);
    let mut picture = photograph.rgb().mapv(f64::from);
    for (half, colour, opacity) in
        [(lines.width * (0.5 + RIM), RIM_COLOUR, RIM_OPACITY), (lines.width * 0.5, lines.colour, 1.0)]
    {
        Zip::from(picture.lanes_mut(Axis(2))).and(map).and(&slopes).for_each(|mut pixel, value, slope| {
            let cover = opacity * cover(value.wide(), *slope, &lines.levels, half);
            for (level, colour) in pixel.iter_mut().zip(colour) {
                *level += cover * (f64::from(colour) - *level);
            }
        });
    }
    Ok(picture.mapv(byte))
}

/// How much of a pixel the nearest line covers.
fn cover(value: f64, slope: f64, levels: &[f64], half: f64) -> f64 {
    let distances = levels.iter().map(|level| (value - level).abs() / slope);
    // Plateaus give 0/0, which `min` and `max` drop: no line runs there.
    let nearest = distances.fold(f64::INFINITY, f64::min);
    (half + 0.5 - nearest).clamp(0.0, 1.0)
}

fn slopes<F: Real>(map: ArrayView2<'_, F>) -> Array2<f64> {
    let (height, width) = map.dim();
    Array2::from_shape_fn((height, width), |(y, x)| {
        let at = |y: usize, x: usize| map[[y, x]].wide();
        let down = difference(y, height, |y| at(y, x));
        let across = difference(x, width, |x| at(y, x));
        down.hypot(across)
    })
}

/// By neighbours on both sides, or by one at the edge.
fn difference(here: usize, n: usize, at: impl Fn(usize) -> f64) -> f64 {
    let (before, after) = (here.saturating_sub(1), (here + 1).min(n - 1));
    if before == after { 0.0 } else { (at(after) - at(before)) / (after - before) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn black(height: usize, width: usize) -> Picture {
        Picture::from_rgb(Array3::zeros((height, width, 3))).unwrap()
    }

    #[test]
    fn a_slope_is_crossed_once_at_its_level() {
        for steepness in [1.0, 0.1] {
            let map = Array2::from_shape_fn((3, 41), |(_, x)| 0.5 + steepness * (x as f64 - 20.0) / 20.0);
            let lines = Contour::default().with_levels(vec![0.5]);
            let drawn = contour(&black(3, 41), map.view(), &lines).unwrap();
            let lit: Vec<usize> = (0..41).filter(|x| drawn[[1, *x, 0]] > 100).collect();
            assert_eq!(lit, [19, 20, 21], "{steepness}");
            assert_eq!([0, 1, 2].map(|channel| drawn[[1, 20, channel]]), [255, 255, 255]);
        }
    }

    #[test]
    fn plateaus_and_places_without_value_have_no_lines() {
        for value in [0.5, f64::NAN] {
            let map = Array2::from_elem((4, 4), value);
            let drawn = contour(&black(4, 4), map.view(), &Contour::default()).unwrap();
            assert_eq!(drawn.view(), black(4, 4).rgb());
        }
        assert!(Contour::default().with_width(-1.0).is_err());
    }
}
