//! One map as the picture that was asked for.

use std::path::Path;

use clap::{Args, ValueEnum};
use ndarray::{Array2, Array3};
use rationale::report::{Panel, Settings, Sheet};
use rationale::vision::{ColourMap, Contour, Overlay, Picture, contour, heat, masked, symmetric};

use crate::failure::Usage;

#[derive(Debug, Args)]
pub(super) struct Style {
    /// How a map is shown.
    #[arg(long, value_enum, default_value_t = Show::Overlay)]
    show: Show,
    /// The colours of a map.
    #[arg(long, value_enum, default_value_t = Colours::Turbo)]
    colours: Colours,
    /// How much of an overlay is the map, from 0 to 1.
    #[arg(long, default_value_t = 0.5, value_name = "SHARE")]
    alpha: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Show {
    /// The map over the picture.
    Overlay,
    /// The map alone.
    Heat,
    /// The picture, dark where the map is low.
    Masked,
    /// Lines of equal height over the picture.
    Contour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colours {
    /// Blue, cyan, yellow, red, without bands.
    Turbo,
    /// What most papers show.
    Jet,
    /// Violet, green, yellow.
    Viridis,
    /// Black, red, yellow.
    Inferno,
}

impl Colours {
    fn map(self) -> ColourMap {
        match self {
            Self::Turbo => ColourMap::Turbo,
            Self::Jet => ColourMap::Jet,
            Self::Viridis => ColourMap::Viridis,
            Self::Inferno => ColourMap::Inferno,
        }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self { show: Show::Overlay, colours: Colours::Turbo, alpha: 0.5 }
    }
}

impl Style {
    /// The picture and a map of its size, drawn together. A signed map has the colours that show signs.
    pub(super) fn draw(&self, seen: &Picture, map: &Array2<f32>, signed: bool) -> anyhow::Result<Array3<u8>> {
        let colours = self.map(signed);
        let map = if signed { symmetric(map.view(), 100.0)? } else { map.clone() };
        Ok(match self.show {
            Show::Overlay => {
                let overlay = Overlay::default().with_colours(colours);
                let overlay = overlay
                    .with_alpha(self.alpha)
                    .map_err(|error| Usage::new(format!("--alpha: {error}")))?;
                overlay.draw(seen, map.view())?
            }
            Show::Heat => heat(map.view(), colours),
            Show::Masked => masked(seen, map.view())?,
            Show::Contour => contour(seen, map.view(), &Contour::default())?,
        })
    }

    fn map(&self, signed: bool) -> ColourMap {
        if signed { ColourMap::Diverging } else { self.colours.map() }
    }

    /// The colours below a picture, where it has any; `ends` are the words for the ends of a map without signs.
    pub(super) fn with_legend(
        &self,
        panel: Panel,
        ends: (&str, &str),
        signed: bool,
    ) -> anyhow::Result<Panel> {
        if matches!(self.show, Show::Masked | Show::Contour) {
            return Ok(panel);
        }
        let (low, high) = if signed { ("speaks against", "speaks for") } else { ends };
        Ok(panel.with_legend(self.map(signed).bar([8, 256]), low, high)?)
    }
}

/// Writes panels as PNG or SVG, by the file's suffix.
pub(super) fn write(sheet: &Sheet, title: &str, out: &Path) -> anyhow::Result<()> {
    let picture = sheet.draw(&Settings::default().with_title(title))?;
    Ok(picture.save(out)?)
}

/// What a file's suffix asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Picture,
    Values,
    Json,
}

/// The format of an output file.
pub(super) fn format(out: &Path) -> Result<Format, Usage> {
    match out.extension().and_then(|it| it.to_str()) {
        Some("png" | "svg") => Ok(Format::Picture),
        Some("npy") => Ok(Format::Values),
        Some("json") => Ok(Format::Json),
        _ => Err(Usage::new(format!(
            "--out {}: the name of a .png, .svg, .npy or .json file is needed",
            out.display()
        ))),
    }
}
