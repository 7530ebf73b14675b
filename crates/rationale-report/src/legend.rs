//! A bar of colours that says which colour means what.

use crate::canvas::{Canvas, SMALL};
use crate::font;
use crate::scene::Anchor;
use crate::theme::Palette;

/// Air left of the legend.
const GAP: f64 = 20.0;
const BAR: f64 = 10.0;
const SHADES: usize = 16;

/// What the legend says.
pub(crate) struct Legend {
    pub title: &'static str,
    pub high: String,
    pub low: String,
    /// What a dot in the quiet colour means, where there are any.
    pub without: Option<&'static str>,
}

impl Legend {
    /// The room it needs right of the drawing.
    pub(crate) fn width(&self) -> f64 {
        let wide = |text: &str| font::width(text, SMALL);
        let beside =
            BAR + 6.0 + [&self.high, &self.low].map(|text| wide(text)).into_iter().fold(0.0, f64::max);
        let without = self.without.map_or(0.0, |text| BAR + 6.0 + wide(text));
        GAP + beside.max(wide(self.title)).max(without)
    }

    /// Draws it right of `x`, between `top` and `bottom` or a little further.
    pub(crate) fn draw(
        &self,
        canvas: &mut Canvas,
        x: f64,
        [top, bottom]: [f64; 2],
        colour: impl Fn(&Palette, f64) -> String,
    ) {
        let (x, start) = (x + GAP, top + 18.0);
        // Whole pixels a shade, so that no seams show.
        let below = if self.without.is_some() { 26.0 } else { 0.0 };
        let shade = ((bottom - start - below) / SHADES as f64).floor().clamp(2.0, 10.0);
        let height = shade * SHADES as f64;
        canvas.quiet([x, top + 9.0], self.title, Anchor::Start);
        for k in 0..SHADES {
            let fill = colour(&canvas.palette, 1.0 - 2.0 * k as f64 / (SHADES - 1) as f64);
            canvas.rect([x, start + shade * k as f64], [BAR, shade], fill);
        }
        canvas.quiet([x + BAR + 6.0, start + 9.0], &self.high, Anchor::Start);
        canvas.quiet([x + BAR + 6.0, start + height], &self.low, Anchor::Start);
        if let Some(without) = self.without {
            let y = start + height + 20.0;
            canvas.dot([x + BAR / 2.0, y - 4.0], 3.0, canvas.palette.muted.to_owned());
            canvas.quiet([x + BAR + 6.0, y], without, Anchor::Start);
        }
    }
}
