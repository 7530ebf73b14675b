//! Heat maps, overlays and masked pictures.

use ndarray::{Array3, ArrayView2, Axis, Zip};

use super::colour::ColourMap;
use super::decode::Picture;
use super::map::{Real, check_same, symmetric};
use crate::Error;

/// What a map is drawn as where it has no value.
const NO_VALUE: [u8; 3] = [236, 238, 241];

/// A map of numbers from 0 to 1 as colours; places without a number are light grey.
pub fn heat<F: Real>(map: ArrayView2<'_, F>, colours: ColourMap) -> Array3<u8> {
    let mut picture = Array3::zeros((map.nrows(), map.ncols(), 3));
    Zip::from(picture.lanes_mut(Axis(2))).and(map).for_each(|mut pixel, value| {
        let colour = colours.colour(value.wide()).unwrap_or(NO_VALUE);
        pixel.iter_mut().zip(colour).for_each(|(to, from)| *to = from);
    });
    picture
}

/// A signed map: blue below 0, white at 0, orange above, strongest at the given percentile of the sizes.
pub fn signed<F: Real>(map: ArrayView2<'_, F>, percent: f64) -> Result<Array3<u8>, Error> {
    Ok(heat(symmetric(map, percent)?.view(), ColourMap::Diverging))
}

/// How bright an overlay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exposure {
    /// Divided by its greatest level, as pytorch-grad-cam does it: dark photographs become brighter.
    #[default]
    Stretched,
    /// As mixed, so that overlays of one photograph can be compared.
    Kept,
}

/// A heat map laid over its photograph.
///
/// ```text
/// mixed = alpha colour(map) + (1 - alpha) photograph,   drawn = mixed / max(mixed)
/// ```
///
/// Departs: where the map has no value the photograph stands as it is, and counts for no maximum.
///
/// ```
/// use ndarray::{Array3, array};
/// use rationale_vision::{Exposure, Overlay, Picture};
///
/// let black = Picture::from_rgb(Array3::zeros((1, 2, 3)))?;
/// let overlay = Overlay::default().with_exposure(Exposure::Kept);
/// let drawn = overlay.draw(&black, array![[0.0, 1.0]].view())?;
/// // Half of jet's dark blue and of its dark red.
/// assert_eq!(drawn, array![[[0, 0, 64], [64, 0, 0]]]);
/// # Ok::<(), rationale_vision::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlay {
    alpha: f64,
    colours: ColourMap,
    exposure: Exposure,
}

impl Default for Overlay {
    /// Half the map in jet, half the photograph, stretched: pytorch-grad-cam's.
    fn default() -> Self {
        Self { alpha: 0.5, colours: ColourMap::Jet, exposure: Exposure::Stretched }
    }
}

impl Overlay {
    /// Sets how much the map covers, from 0 to 1.
    pub fn with_alpha(mut self, alpha: f64) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&alpha) {
            return Err(Error::Number { what: "alpha", value: alpha, expected: "from 0 to 1" });
        }
        self.alpha = alpha;
        Ok(self)
    }

    /// Sets the colours.
    pub fn with_colours(mut self, colours: ColourMap) -> Self {
        self.colours = colours;
        self
    }

    /// Sets the brightness.
    pub fn with_exposure(mut self, exposure: Exposure) -> Self {
        self.exposure = exposure;
        self
    }

    /// Draws a map of the photograph's size, from 0 to 1 (from -1 to 1 in diverging colours).
    pub fn draw<F: Real>(&self, photograph: &Picture, map: ArrayView2<'_, F>) -> Result<Array3<u8>, Error> {
        check_same(map, photograph.size())?;
        let mut mixed = photograph.rgb().mapv(f64::from);
        let mut most = 0.0_f64;
        Zip::from(mixed.lanes_mut(Axis(2))).and(map).for_each(|mut pixel, value| {
            let Some(colour) = self.colours.colour(value.wide()) else { return };
            for (level, colour) in pixel.iter_mut().zip(colour) {
                *level = self.alpha * f64::from(colour) + (1.0 - self.alpha) * *level;
                most = most.max(*level);
            }
        });
        let by = match self.exposure {
            Exposure::Stretched if most > 0.0 => 255.0 / most,
            _ => 1.0,
        };
        Zip::from(mixed.lanes_mut(Axis(2))).and(map).for_each(|mut pixel, value| {
            if !value.is_nan() {
                pixel.mapv_inplace(|level| level * by);
            }
        });
        Ok(mixed.mapv(byte))
    }
}

/// The photograph times its map: what pytorch-grad-cam measures the drop of confidence on. What the map gives no value
/// is left out, as with 0.
///
/// ```
/// use ndarray::array;
/// use rationale_vision::{Picture, masked};
///
/// let photograph = Picture::from_rgb(array![[[200, 100, 50], [200, 100, 50]]])?;
/// assert_eq!(masked(&photograph, array![[1.0, 0.5]].view())?, array![[[200, 100, 50], [100, 50, 25]]]);
/// # Ok::<(), rationale_vision::Error>(())
/// ```
pub fn masked<F: Real>(photograph: &Picture, map: ArrayView2<'_, F>) -> Result<Array3<u8>, Error> {
    check_same(map, photograph.size())?;
    let mut picture = photograph.rgb().to_owned();
    Zip::from(picture.lanes_mut(Axis(2))).and(map).for_each(|mut pixel, value| {
        let share = if value.is_nan() { 0.0 } else { value.wide().clamp(0.0, 1.0) };
        pixel.mapv_inplace(|level| byte(f64::from(level) * share));
    });
    Ok(picture)
}

#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
pub(super) fn byte(level: f64) -> u8 {
    level.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    fn grey(level: u8) -> Picture {
        Picture::from_rgb(Array3::from_elem((2, 2, 3), level)).unwrap()
    }

    fn pixel(picture: &Array3<u8>, [y, x]: [usize; 2]) -> [u8; 3] {
        [0, 1, 2].map(|channel| picture[[y, x, channel]])
    }

    #[test]
    fn nothing_covers_nothing() {
        let overlay = Overlay::default().with_alpha(0.0).unwrap().with_exposure(Exposure::Kept);
        let drawn = overlay.draw(&grey(77), Array2::<f32>::ones((2, 2)).view()).unwrap();
        assert_eq!(drawn.view(), grey(77).rgb());
    }

    #[test]
    fn the_brightest_level_is_stretched_to_white() {
        let map = array![[0.0, 0.3], [0.6, 1.0]];
        let drawn = Overlay::default().draw(&grey(20), map.view()).unwrap();
        assert_eq!(drawn.iter().max(), Some(&255));
    }

    #[test]
    fn where_there_is_no_value_the_photograph_stands() {
        let map = array![[f64::NAN, 0.3], [0.6, 1.0]];
        for exposure in [Exposure::Stretched, Exposure::Kept] {
            let drawn = Overlay::default().with_exposure(exposure).draw(&grey(20), map.view()).unwrap();
            assert_eq!(pixel(&drawn, [0, 0]), [20, 20, 20]);
        }
        assert_eq!(pixel(&masked(&grey(20), map.view()).unwrap(), [0, 0]), [0, 0, 0]);
        assert_eq!(pixel(&heat(map.view(), ColourMap::Jet), [0, 0]), NO_VALUE);
    }

    #[test]
    fn signs_are_told_apart_and_zero_is_white() {
        let drawn = signed(array![[-4.0, 0.0, 4.0]].view(), 100.0).unwrap();
        assert_eq!(pixel(&drawn, [0, 1]), [247, 247, 247]);
        assert!(drawn[[0, 0, 2]] > drawn[[0, 0, 0]] && drawn[[0, 2, 0]] > drawn[[0, 2, 2]]);
    }

    #[test]
    fn a_map_of_another_size_is_refused() {
        let error = Overlay::default().draw(&grey(0), array![[0.0, 1.0]].view()).unwrap_err();
        assert_eq!(error.to_string(), "the map is [1, 2], where [2, 2] is needed (height, width)");
        assert!(Overlay::default().with_alpha(f64::NAN).is_err());
    }
}
