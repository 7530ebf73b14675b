//! A finished figure and its ways out.

use std::path::Path;
use std::sync::Arc;

use rationale_core::whole;
use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::scene::{Item, Scene};
use crate::svg::{self, Missing};
use crate::{Error, font};

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture(Scene);

impl Picture {
    pub(crate) fn new(scene: Scene) -> Self {
        Self(scene)
    }

    #[cfg(test)]
    pub(crate) fn scene(&self) -> &Scene {
        &self.0
    }

    /// Width and height in pixels at scale 1.
    pub fn size(&self) -> (f64, f64) {
        (self.0.width, self.0.height)
    }

    /// As SVG, with live text.
    pub fn svg(&self) -> String {
        svg::write(&self.0, Missing::Live)
    }

    /// As PNG, `scale` times as large; 2 is sharp on paper.
    pub fn png(&self, scale: f64) -> Result<Vec<u8>, Error> {
        let mut options = Options { font_family: font::FAMILY.to_owned(), ..Options::default() };
        let fonts: &mut fontdb::Database = Arc::make_mut(&mut options.fontdb);
        fonts.load_font_data(font::BYTES.to_vec());
        let drawn = svg::write(&self.0, Missing::Boxed);
        let tree =
            Tree::from_str(&drawn, &options).map_err(|error| Error::Render { source: error.into() })?;
        #[expect(clippy::cast_sign_loss, reason = "a size; negative scales end as 0 and fail below")]
        let (width, height) = ((self.0.width * scale).ceil() as u32, (self.0.height * scale).ceil() as u32);
        let mut pixels = Pixmap::new(width, height).ok_or(Error::Size { width, height })?;
        let scale = Transform::from_scale(scale as f32, scale as f32);
        resvg::render(&tree, scale, &mut pixels.as_mut());
        lay_on(&mut pixels, &self.0.items, scale)?;
        pixels.encode_png().map_err(|error| Error::Render { source: error.into() })
    }

    /// Writes `.svg`, or `.png` at scale 2; whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let file = || path.display().to_string();
        let bytes = match path.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => self.svg().into_bytes(),
            Some("png") => self.png(2.0)?,
            _ => return Err(Error::Extension { file: file() }),
        };
        whole::write_file(path, |out| out.write_all(&bytes))
            .map_err(|source| Error::Write { file: file(), source })
    }
}

/// Draws the photographs, which nothing overlaps.
fn lay_on(pixels: &mut Pixmap, items: &[Item], scale: Transform) -> Result<(), Error> {
    let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
    for item in items {
        let Item::Image { x, y, width, height, png } = item else { continue };
        let image = Pixmap::decode_png(png).map_err(|error| Error::Render { source: error.into() })?;
        let across = *width as f32 / image.width() as f32;
        let down = *height as f32 / image.height() as f32;
        let place = scale.pre_translate(*x as f32, *y as f32).pre_scale(across, down);
        pixels.draw_pixmap(0, 0, image.as_ref(), &paint, place, None);
    }
    Ok(())
}
