//! Arrays of pixels as PNG, no larger than they are shown.

use ndarray::{Array3, ArrayView3};
use resvg::tiny_skia::{ColorU8, Pixmap};

use crate::Error;

/// A PNG of an array [height, width, 3] that is shown at most this large: what is larger than twice that is averaged over
/// areas, so that a sheet of photographs stays small and nothing aliases.
pub(crate) fn png(rgb: ArrayView3<'_, u8>, [height, width]: [f64; 2]) -> Result<Vec<u8>, Error> {
    let (n_rows, n_columns, _) = rgb.dim();
    let (rows, columns) = (shown(n_rows, height), shown(n_columns, width));
    if [rows, columns] == [n_rows, n_columns] {
        return encode(rgb);
    }
    encode(shrunk(rgb, [rows, columns]).view())
}

#[expect(clippy::cast_sign_loss, reason = "a length")]
fn shown(n_pixels: usize, length: f64) -> usize {
    n_pixels.min((2.0 * length).ceil() as usize).max(1)
}

/// The mean over the whole pixels that each new pixel covers, at least one.
fn shrunk(rgb: ArrayView3<'_, u8>, [height, width]: [usize; 2]) -> Array3<u8> {
    let (n_rows, n_columns, _) = rgb.dim();
    let part = |k: usize, n: usize, of: usize| (k * of / n, ((k + 1) * of / n).max(k * of / n + 1));
    Array3::from_shape_fn((height, width, 3), |(y, x, channel)| {
        let ((top, bottom), (left, right)) = (part(y, height, n_rows), part(x, width, n_columns));
        let pixels = (top..bottom).flat_map(|y| (left..right).map(move |x| (y, x)));
        let sum: u64 = pixels.map(|(y, x)| u64::from(rgb[[y, x, channel]])).sum();
        let n_pixels = ((bottom - top) * (right - left)) as u64;
        ((sum + n_pixels / 2) / n_pixels) as u8
    })
}

fn encode(rgb: ArrayView3<'_, u8>) -> Result<Vec<u8>, Error> {
    let (height, width, _) = rgb.dim();
    let (width, height) = (width as u32, height as u32);
    let mut pixels = Pixmap::new(width, height).ok_or(Error::Size { width, height })?;
    for (to, from) in pixels.pixels_mut().iter_mut().zip(rgb.rows()) {
        *to = ColorU8::from_rgba(from[0], from[1], from[2], 255).premultiply();
    }
    pixels.encode_png().map_err(|error| Error::Render { source: error.into() })
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn decoded(png: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
        let pixels = Pixmap::decode_png(png).unwrap();
        let colours = pixels.pixels().iter().map(|it| [it.red(), it.green(), it.blue()]).collect();
        (pixels.width(), pixels.height(), colours)
    }

    #[test]
    fn what_fits_is_kept_in_every_byte() {
        let rgb = array![[[1, 2, 3], [250, 251, 252]]];
        let (width, height, colours) = decoded(&png(rgb.view(), [50.0, 50.0]).unwrap());
        assert_eq!((width, height, colours), (2, 1, vec![[1, 2, 3], [250, 251, 252]]));
    }

    #[test]
    fn what_is_larger_is_averaged() {
        let rgb = Array3::from_shape_fn((8, 8, 3), |(_, x, _)| if x % 2 == 0 { 100 } else { 201 });
        let (width, height, colours) = decoded(&png(rgb.view(), [2.0, 2.0]).unwrap());
        assert_eq!((width, height), (4, 4));
        assert!(colours.iter().all(|colour| *colour == [151; 3]));
    }
}
