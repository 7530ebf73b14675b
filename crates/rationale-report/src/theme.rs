//! Colours and settings that all figures share.

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on near-black.
    Dark,
}

/// The colours of a theme. Orange and blue are told apart in all common colour blindnesses, and neither means "bad".
pub(crate) struct Palette {
    pub background: &'static str,
    pub text: &'static str,
    pub muted: &'static str,
    pub grid: &'static str,
    positive: [u8; 3],
    negative: [u8; 3],
    /// Neither: the middle between both where marks must stay visible.
    neutral: [u8; 3],
    /// Neither, where an empty place is meant to look empty.
    empty: [u8; 3],
    /// A size without a sign.
    plain: [u8; 3],
}

impl Theme {
    pub(crate) fn palette(self) -> Palette {
        match self {
            Self::Light => Palette {
                background: "#ffffff",
                text: "#1b1f24",
                muted: "#59636e",
                grid: "#dde2e8",
                positive: [194, 65, 12],
                negative: [25, 113, 194],
                neutral: [140, 148, 160],
                empty: [238, 241, 245],
                plain: [84, 98, 118],
            },
            Self::Dark => Palette {
                background: "#14171c",
                text: "#e6e9ee",
                muted: "#a3adba",
                grid: "#303741",
                positive: [255, 159, 90],
                negative: [108, 182, 255],
                neutral: [112, 120, 132],
                empty: [36, 41, 49],
                plain: [158, 171, 190],
            },
        }
    }
}

impl Palette {
    /// The colour of an attribution's sign; the quiet one for 0, which has none.
    pub(crate) fn sign(&self, value: f64) -> String {
        match value {
            _ if value > 0.0 => hex(self.positive),
            _ if value < 0.0 => hex(self.negative),
            _ => self.muted.to_owned(),
        }
    }

    /// From the negative colour at -1 through grey at 0 to the positive colour at 1; visible everywhere.
    pub(crate) fn diverging(&self, t: f64) -> String {
        hex(mix(self.neutral, self.end(t), t.abs().min(1.0)))
    }

    /// As [`Palette::diverging`], but 0 looks empty.
    pub(crate) fn heat(&self, t: f64) -> String {
        hex(mix(self.empty, self.end(t), t.abs().min(1.0)))
    }

    pub(crate) fn neutral(&self) -> String {
        hex(self.neutral)
    }

    pub(crate) fn plain(&self) -> String {
        hex(self.plain)
    }

    fn end(&self, t: f64) -> [u8; 3] {
        if t < 0.0 { self.negative } else { self.positive }
    }
}

fn mix(from: [u8; 3], to: [u8; 3], t: f64) -> [u8; 3] {
    #[expect(clippy::cast_sign_loss, reason = "between two bytes")]
    let channel = |k: usize| (f64::from(from[k]) + (f64::from(to[k]) - f64::from(from[k])) * t).round() as u8;
    [channel(0), channel(1), channel(2)]
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Settings of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub(crate) theme: Theme,
    pub(crate) max_display: usize,
    pub(crate) title: Option<String>,
}

impl Default for Settings {
    /// Light, at most 12 features, a title of the figure's own.
    fn default() -> Self {
        Self { theme: Theme::Light, max_display: 12, title: None }
    }
}

impl Settings {
    /// Sets the theme.
    pub fn with_theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// Shows at most this many features by name (at least one); the others are summed into one line.
    pub fn with_max_display(mut self, max_display: usize) -> Self {
        self.max_display = max_display.max(1);
        self
    }

    /// Sets the title.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(hex: &str) -> f64 {
        let channel = |k: usize| {
            let c = f64::from(u8::from_str_radix(&hex[k..k + 2], 16).unwrap()) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_of_text_has_enough_contrast() {
        for theme in [Theme::Light, Theme::Dark] {
            let palette = theme.palette();
            let signs = [1.0, 0.0, -1.0].map(|value| palette.sign(value));
            for ink in [palette.text, palette.muted].into_iter().chain(signs.iter().map(String::as_str)) {
                assert!(contrast(palette.background, ink) >= 4.5, "{theme:?} {ink}");
            }
        }
    }

    #[test]
    fn greys_are_told_apart_by_lightness() {
        for theme in [Theme::Light, Theme::Dark] {
            let palette = theme.palette();
            assert!(contrast(palette.background, &palette.plain()) >= 3.0, "{theme:?}");
            assert!(contrast(&palette.neutral(), &palette.plain()) >= 1.8, "{theme:?}");
            assert!(contrast(&palette.neutral(), palette.muted) >= 1.8, "{theme:?}");
        }
    }
}
