//! Picture files to arrays of bytes.

use std::fs::File;
use std::io::{Cursor, ErrorKind, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};
use ndarray::{Array3, ArrayView3};

use super::resize::check_size;
use super::{jpeg, seen};
use crate::Error;

/// How much is read at most; what is larger is refused before room is made for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    max_pixels: u64,
    max_bytes: u64,
}

impl Default for Limits {
    /// 100 million pixels from files of at most 512 MiB. So many take 300 MB once they are read; on the way 1.6 GB at worst,
    /// with 16 bits, transparency and a quarter turn.
    fn default() -> Self {
        Self { max_pixels: 100_000_000, max_bytes: 512 << 20 }
    }
}

impl Limits {
    /// Sets the most pixels.
    pub fn with_max_pixels(mut self, max_pixels: u64) -> Self {
        self.max_pixels = max_pixels;
        self
    }

    /// Sets the most bytes of a file.
    pub fn with_max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// The decoders' own room, for what a header cannot tell: eight bytes a pixel and as much again, and some more
    /// for tables.
    fn of_decoder(self) -> image::Limits {
        let mut limits = image::Limits::no_limits();
        limits.max_alloc = Some(self.max_pixels.saturating_mul(16).saturating_add(64 << 20));
        limits
    }
}

/// What stands behind transparent pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Background {
    /// Paper.
    #[default]
    White,
    /// Night.
    Black,
}

impl Background {
    fn level(self) -> u64 {
        match self {
            Self::White => 65535,
            Self::Black => 0,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Black => "black",
        }
    }
}

/// A photograph: [height, width, red green blue] in bytes, upright and opaque.
///
/// | what the file holds | what becomes of it |
/// |---|---|
/// | an EXIF orientation | the picture is turned and mirrored accordingly |
/// | transparency | laid over a background, white unless said otherwise |
/// | 16 bits or floating point | scaled to 8 bits and rounded |
/// | grey, palettes, CMYK | red, green, blue; CMYK without colour management |
/// | several frames | the first |
/// | a colour profile | ignored, as those who train networks ignore it |
///
/// [`Picture::describe`] says which of these happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    rgb: Array3<u8>,
    description: String,
}

impl Picture {
    /// Takes an array as it is.
    pub fn from_rgb(rgb: Array3<u8>) -> Result<Self, Error> {
        let (height, width, n_channels) = rgb.dim();
        check_size("a picture", [height, width])?;
        if n_channels != 3 {
            let value = n_channels as f64;
            return Err(Error::Number { what: "the number of channels", value, expected: "3" });
        }
        Ok(Self { description: format!("an array, {width} x {height} pixels"), rgb })
    }

    /// Reads a file, over white and within the usual limits.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, Limits::default(), Background::default())
    }

    /// Reads a file.
    pub fn open_with(path: &Path, limits: Limits, background: Background) -> Result<Self, Error> {
        let failed = |source| Error::Read { file: path.display().to_string(), source };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(limits.max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        Self::decode_with(&bytes, limits, background)
    }

    /// Reads the bytes of a file, over white and within the usual limits.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Self::decode_with(bytes, Limits::default(), Background::default())
    }

    /// Reads the bytes of a file.
    pub fn decode_with(bytes: &[u8], limits: Limits, background: Background) -> Result<Self, Error> {
        if bytes.len() as u64 > limits.max_bytes {
            return Err(Error::TooManyBytes { limit: limits.max_bytes });
        }
        let (format, name) = format(bytes)?;
        let jpeg = (format == ImageFormat::Jpeg).then(|| jpeg::markers(bytes));
        let ends_early = match format {
            ImageFormat::Jpeg => jpeg.is_some_and(|jpeg| !jpeg.is_complete),
            ImageFormat::WebP => riff_ends_early(bytes),
            _ => false,
        };
        if ends_early {
            return Err(Error::Truncated { format: name, n_bytes: bytes.len() });
        }
        let failed = |source| from_decoder(source, name, bytes.len());
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(limits.of_decoder());
        let mut decoder = reader.into_decoder().map_err(failed)?;
        let (width, height) = decoder.dimensions();
        check_pixels([width, height], limits.max_pixels)?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let is_cmyk = jpeg.is_some_and(|jpeg| jpeg.n_channels == Some(4));
        let stored = words(decoder.original_color_type(), is_cmyk);
        let mut decoded = DynamicImage::from_decoder(decoder).map_err(failed)?;
        decoded.apply_orientation(orientation);
        let mut steps =
            vec![name.to_owned(), format!("{} x {} pixels", decoded.width(), decoded.height()), stored];
        if orientation != Orientation::NoTransforms {
            steps.push(format!("turned upright (EXIF orientation {})", orientation.to_exif()));
        }
        if decoded.color().has_alpha() {
            steps.push(format!("laid over {}", background.name()));
        }
        let description = steps.join(", ");
        Ok(Self { rgb: opaque(decoded, background), description })
    }

    /// The pixels, [height, width, 3].
    pub fn rgb(&self) -> ArrayView3<'_, u8> {
        self.rgb.view()
    }

    /// The pixels as an array of its own.
    pub fn into_rgb(self) -> Array3<u8> {
        self.rgb
    }

    /// The pixels from 0 to 1.
    pub fn unit(&self) -> Array3<f32> {
        self.rgb.mapv(|byte| f32::from(byte) / 255.0)
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.rgb.dim().0, self.rgb.dim().1]
    }

    /// What was read and what was done to it, in one line.
    pub fn describe(&self) -> &str {
        &self.description
    }

    pub(super) fn described(rgb: Array3<u8>, description: String) -> Self {
        Self { rgb, description }
    }
}

fn check_pixels([width, height]: [u32; 2], limit: u64) -> Result<(), Error> {
    check_size("a picture", [height as usize, width as usize])?;
    let n_pixels = u64::from(width) * u64::from(height);
    if n_pixels > limit {
        return Err(Error::TooManyPixels { width, height, n_pixels, limit });
    }
    Ok(())
}

/// By content; a file's name says nothing reliable.
fn format(bytes: &[u8]) -> Result<(ImageFormat, &'static str), Error> {
    let guessed = image::guess_format(bytes).ok();
    let named = guessed.and_then(|format| Some((format, name(format)?)));
    named.ok_or_else(|| Error::NoPicture { seen: seen::seen(bytes) })
}

fn name(format: ImageFormat) -> Option<&'static str> {
    match format {
        ImageFormat::Png => Some("PNG"),
        ImageFormat::Jpeg => Some("JPEG"),
        ImageFormat::WebP => Some("WebP"),
        ImageFormat::Gif => Some("GIF"),
        ImageFormat::Bmp => Some("BMP"),
        ImageFormat::Tiff => Some("TIFF"),
        _ => None,
    }
}

/// As the file stores it.
fn words(stored: image::ExtendedColorType, is_cmyk: bool) -> String {
    use image::ExtendedColorType as Stored;
    const CMYK: &str = "CMYK without colour management";
    let colours = match stored {
        Stored::Cmyk8 | Stored::Cmyk16 => CMYK,
        _ if is_cmyk => CMYK,
        _ if stored.channel_count() <= 2 => "grey",
        _ => "colour",
    };
    format!("{} bits {colours}", stored.bits_per_pixel() / u16::from(stored.channel_count().max(1)))
}

/// A WebP is a RIFF file, which says how many bytes follow its first eight.
fn riff_ends_early(bytes: &[u8]) -> bool {
    let length = bytes.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes);
    length.is_none_or(|length| u64::from(length) + 8 > bytes.len() as u64)
}

fn from_decoder(source: ImageError, format: &'static str, n_bytes: usize) -> Error {
    if ends_early(&source) {
        return Error::Truncated { format, n_bytes };
    }
    Error::Decode { format, source: source.into() }
}

/// The decoders wrap the end of the bytes in errors of their own, some in words only.
fn ends_early(error: &ImageError) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<std::io::Error>().is_some_and(|it| it.kind() == ErrorKind::UnexpectedEof) {
            return true;
        }
        next = error.source();
    }
    let words = error.to_string().to_lowercase();
    ["unexpected end", "unexpected eof", "failed to fill whole buffer", "no more bytes", "truncated"]
        .iter()
        .any(|it| words.contains(it))
}

/// Without transparency, in bytes.
fn opaque(decoded: DynamicImage, background: Background) -> Array3<u8> {
    let (height, width) = (decoded.height() as usize, decoded.width() as usize);
    if !decoded.color().has_alpha() {
        return array([height, width, 3], decoded.into_rgb8().into_raw());
    }
    if decoded.color().bytes_per_pixel() <= 4 {
        let rgba = array([height, width, 4], decoded.into_rgba8().into_raw());
        return laid_over(&rgba, |byte| u16::from(byte) * 257, background);
    }
    let rgba = array([height, width, 4], decoded.into_rgba16().into_raw());
    laid_over(&rgba, |level| level, background)
}

/// In 16 bits, rounded once.
fn laid_over<T: Copy>(rgba: &Array3<T>, wide: impl Fn(T) -> u16, background: Background) -> Array3<u8> {
    const FULL: u64 = 65535;
    let (height, width, _) = rgba.dim();
    let mut rgb = Array3::zeros((height, width, 3));
    let pixels = rgba.lanes(ndarray::Axis(2));
    ndarray::Zip::from(rgb.lanes_mut(ndarray::Axis(2))).and(pixels).for_each(|mut to, from| {
        let alpha = u64::from(wide(from[3]));
        let mixed = |level: u16| u64::from(level) * alpha + background.level() * (FULL - alpha);
        let byte = |level: u16| ((mixed(level) + FULL * 257 / 2) / (FULL * 257)) as u8;
        to.iter_mut().zip(&from).for_each(|(to, level)| *to = byte(wide(*level)));
    });
    rgb
}

/// The decoder's buffer has the shape by construction; were it otherwise, the picture would be empty.
fn array<T: Clone + Default>(shape: [usize; 3], pixels: Vec<T>) -> Array3<T> {
    Array3::from_shape_vec(shape, pixels).unwrap_or_else(|_| Array3::default([0, 0, 3]))
}
