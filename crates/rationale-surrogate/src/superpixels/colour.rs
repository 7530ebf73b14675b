//! sRGB (IEC 61966-2-1) to CIE L*a*b* under daylight D65, as scikit-image has it.
//!
//! ```text
//! linear = ((c + 0.055) / 1.055)^2.4 above 0.04045, else c / 12.92;   XYZ = M linear / white
//! f(t) = t^(1/3) above 0.008856, else 7.787 t + 16/116
//! L = 116 f(Y) - 16,  a = 500 (f(X) - f(Y)),  b = 200 (f(Y) - f(Z))
//! ```

use ndarray::ArrayView3;

const XYZ_OF_RGB: [[f64; 3]; 3] =
    [[0.412_453, 0.357_580, 0.180_423], [0.212_671, 0.715_160, 0.072_169], [0.019_334, 0.119_193, 0.950_227]];
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];

/// Pixels' colours, pixel after pixel, row after row.
pub(super) struct Colours {
    values: Vec<f64>,
    n_channels: usize,
}

impl Colours {
    /// Lab where there are three channels, else the picture as it is; all times `factor`.
    pub(super) fn new(picture: ArrayView3<'_, f64>, factor: f64) -> Self {
        let n_channels = picture.dim().2;
        let mut values: Vec<f64> = picture.iter().copied().collect();
        if n_channels == 3 {
            for pixel in values.chunks_exact_mut(3) {
                pixel.copy_from_slice(&lab([pixel[0], pixel[1], pixel[2]]));
            }
        }
        values.iter_mut().for_each(|value| *value *= factor);
        Self { values, n_channels }
    }

    pub(super) fn n_channels(&self) -> usize {
        self.n_channels
    }

    /// The colour of the pixel at a place, counted row by row.
    pub(super) fn at(&self, place: usize) -> &[f64] {
        &self.values[place * self.n_channels..(place + 1) * self.n_channels]
    }
}

/// The square of the distance between two colours.
pub(super) fn square(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(p, q)| (p - q) * (p - q)).sum()
}

fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let linear = rgb.map(|c| if c > 0.040_45 { ((c + 0.055) / 1.055).powf(2.4) } else { c / 12.92 });
    let [x, y, z] = [0, 1, 2].map(|k| {
        let row = XYZ_OF_RGB[k];
        let t = (row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2]) / WHITE[k];
        if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::lab;

    #[test]
    fn white_is_light_and_without_colour() {
        let [l, a, b] = lab([1.0, 1.0, 1.0]);
        assert!((l - 100.0).abs() < 1e-3 && a.abs() < 0.01 && b.abs() < 0.02, "{l} {a} {b}");
        assert!(lab([0.0, 0.0, 0.0]).iter().all(|it| it.abs() < 1e-2));
    }

    #[test]
    fn red_is_where_the_tables_have_it() {
        let expected = [53.24, 80.09, 67.20];
        assert!(lab([1.0, 0.0, 0.0]).iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.02));
    }
}
