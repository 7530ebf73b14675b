//! Pictures side by side, with captions.

use ndarray::{Array3, ArrayView3};

use crate::canvas::{Canvas, MARGIN, SMALL, TEXT, TOP, plain};
use crate::photograph;
use crate::scene::{Anchor, Item};
use crate::wrapped::wrapped;
use crate::{Error, Picture, Settings, font};

/// The width of a column.
const COLUMN: f64 = 272.0;
/// Between two columns, and between two rows.
const GAP: f64 = 24.0;
/// The tallest picture: a tower beside a landscape must not push the captions off the page.
const TALLEST: f64 = 1.5 * COLUMN;
const HEADING: f64 = 13.0;
/// From one line of small text to the next.
const LINE: f64 = 15.0;
/// A prediction's bar.
const RANK: f64 = 19.0;
const LEGEND: f64 = 8.0;
/// Above a block of captions.
const SPACE: f64 = 8.0;

/// One picture of a sheet, with what there is to say about it.
///
/// ```
/// use ndarray::Array3;
/// use rationale_report::Panel;
///
/// let panel = Panel::new("Grad-CAM", Array3::zeros((224, 224, 3)))?
///     .with_subtitle("layer4.2, for Egyptian cat")
///     .with_predictions(vec![("Egyptian cat".to_owned(), 0.62), ("tabby".to_owned(), 0.21)])
///     .with_note("Randomising the last layer changes the map: rank correlation 0.11.");
/// # let _ = panel;
/// # Ok::<(), rationale_report::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    heading: String,
    subtitle: String,
    rgb: Array3<u8>,
    legend: Option<Legend>,
    predictions: Vec<(String, f64)>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Legend {
    colours: Array3<u8>,
    low: String,
    high: String,
}

impl Panel {
    /// A picture [height, width, red green blue] and what it is.
    pub fn new(heading: impl Into<String>, rgb: Array3<u8>) -> Result<Self, Error> {
        check(rgb.view())?;
        let (heading, subtitle) = (heading.into(), String::new());
        Ok(Self { heading, subtitle, rgb, legend: None, predictions: Vec::new(), notes: Vec::new() })
    }

    /// Sets the lines below the heading: the layer, the target.
    pub fn with_subtitle(mut self, subtitle: impl Into<String>) -> Self {
        self.subtitle = subtitle.into();
        self
    }

    /// Sets the colours below the picture, from left to right, and what both ends stand for.
    pub fn with_legend(
        mut self,
        colours: Array3<u8>,
        low: impl Into<String>,
        high: impl Into<String>,
    ) -> Result<Self, Error> {
        check(colours.view())?;
        self.legend = Some(Legend { colours, low: low.into(), high: high.into() });
        Ok(self)
    }

    /// Sets what the network says, best first, with probabilities from 0 to 1.
    pub fn with_predictions(mut self, predictions: Vec<(String, f64)>) -> Self {
        self.predictions = predictions;
        self
    }

    /// Adds a sentence below: the evidence.
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Width and height as drawn: as wide as the column, unless that is too tall.
    fn size(&self) -> [f64; 2] {
        let (height, width, _) = self.rgb.dim();
        let ratio = height as f64 / width as f64;
        let drawn =
            if ratio * COLUMN <= TALLEST { [COLUMN, ratio * COLUMN] } else { [TALLEST / ratio, TALLEST] };
        drawn.map(|side| side.round().max(1.0))
    }

    fn subtitle(&self) -> Vec<String> {
        wrapped(&self.subtitle, SMALL, COLUMN)
    }

    fn lines(&self) -> Vec<String> {
        self.notes.iter().flat_map(|note| wrapped(note, SMALL, COLUMN)).collect()
    }

    /// How much room the captions below the picture need.
    fn below(&self) -> f64 {
        let blocks = [
            self.legend.as_ref().map_or(0.0, |_| LEGEND + LINE),
            RANK * self.predictions.len() as f64,
            LINE * self.lines().len() as f64,
        ];
        blocks.iter().filter(|height| **height > 0.0).map(|height| height + SPACE).sum()
    }
}

fn check(rgb: ArrayView3<'_, u8>) -> Result<(), Error> {
    let (height, width, n_channels) = rgb.dim();
    if height == 0 || width == 0 || n_channels != 3 {
        return Err(Error::Pixels { actual: [height, width, n_channels] });
    }
    Ok(())
}

/// Panels in rows. One panel is a picture with its caption.
///
/// ```
/// use ndarray::Array3;
/// use rationale_report::{Panel, Settings, Sheet};
///
/// let panels = ["photograph", "Grad-CAM"].map(|heading| Panel::new(heading, Array3::zeros((2, 3, 3))));
/// let sheet = Sheet::new(panels.into_iter().collect::<Result<_, _>>()?);
/// let picture = sheet.draw(&Settings::default().with_title("cat.png"))?;
/// assert_eq!(picture.size().0, 600.0);
/// # Ok::<(), rationale_report::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    panels: Vec<Panel>,
    n_columns: usize,
    notes: Vec<String>,
}

impl Sheet {
    /// At most four panels in a row.
    pub fn new(panels: Vec<Panel>) -> Self {
        Self { panels, n_columns: 4, notes: Vec::new() }
    }

    /// Sets how many panels stand in a row, at least one.
    pub fn with_columns(mut self, n_columns: usize) -> Self {
        self.n_columns = n_columns.max(1);
        self
    }

    /// Adds a sentence at the foot.
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Draws the sheet. Of the settings, theme and title count; without a title it is the first panel's heading.
    pub fn draw(&self, settings: &Settings) -> Result<Picture, Error> {
        let n_columns = self.n_columns.min(self.panels.len()).max(1);
        let rows: Vec<Row<'_>> = self.panels.chunks(n_columns).map(Row::new).collect();
        let inner = COLUMN * n_columns as f64 + GAP * (n_columns - 1) as f64;
        let heights: f64 = rows.iter().map(|row| row.height).sum();
        let gaps = GAP * rows.len().saturating_sub(1) as f64;
        let foot = if self.notes.is_empty() { 0.0 } else { SPACE };
        let size = [inner + 2.0 * MARGIN, TOP + heights + gaps + MARGIN + foot];
        let usual = self.panels.first().map_or("", |panel| panel.heading.as_str());
        let mut canvas = Canvas::new(size, settings, usual, &self.description());
        let mut top = TOP;
        for row in &rows {
            row.draw(&mut canvas, top)?;
            top += row.height + GAP;
        }
        for note in self.notes.iter().flat_map(|note| wrapped(note, SMALL, inner)) {
            canvas.note(&note);
        }
        Ok(canvas.finish())
    }

    fn description(&self) -> String {
        let panel = |panel: &Panel| match panel.subtitle.as_str() {
            "" => panel.heading.clone(),
            subtitle => format!("{} ({subtitle})", panel.heading),
        };
        format!("Pictures: {}.", self.panels.iter().map(panel).collect::<Vec<_>>().join("; "))
    }
}

/// Panels side by side; headings and pictures begin on common lines.
struct Row<'a> {
    panels: &'a [Panel],
    above: f64,
    height: f64,
}

impl<'a> Row<'a> {
    fn new(panels: &'a [Panel]) -> Self {
        let most = |height: &dyn Fn(&Panel) -> f64| panels.iter().map(height).fold(0.0, f64::max);
        let above = 20.0 + LINE * most(&|panel| panel.subtitle().len() as f64);
        Self { panels, above, height: above + most(&|panel| panel.size()[1] + panel.below()) }
    }

    fn draw(&self, canvas: &mut Canvas, top: f64) -> Result<(), Error> {
        for (column, panel) in self.panels.iter().enumerate() {
            let left = MARGIN + (COLUMN + GAP) * column as f64;
            canvas.begun([left, top + 11.0], &panel.heading, HEADING, COLUMN);
            for (k, line) in panel.subtitle().iter().enumerate() {
                canvas.quiet([left, top + 27.0 + LINE * k as f64], line, Anchor::Start);
            }
            let corner = [left, top + self.above];
            show(canvas, corner, panel.size(), panel.rgb.view())?;
            captions(canvas, [left, corner[1] + panel.size()[1]], panel)?;
        }
        Ok(())
    }
}

/// A picture inside a thin frame, which keeps a white one apart from the page.
fn show(
    canvas: &mut Canvas,
    [x, y]: [f64; 2],
    [width, height]: [f64; 2],
    rgb: ArrayView3<'_, u8>,
) -> Result<(), Error> {
    let png = photograph::png(rgb, [height, width])?;
    canvas.rect([x - 1.0, y - 1.0], [width + 2.0, height + 2.0], canvas.palette.grid.to_owned());
    canvas.push(Item::Image { x, y, width, height, png });
    Ok(())
}

fn captions(canvas: &mut Canvas, [left, mut top]: [f64; 2], panel: &Panel) -> Result<(), Error> {
    if let Some(legend) = &panel.legend {
        top += SPACE;
        show(canvas, [left, top], [COLUMN, LEGEND], legend.colours.view())?;
        top += LEGEND + LINE;
        let room = (COLUMN - SPACE) / 2.0;
        for (x, text, anchor) in
            [(left, &legend.low, Anchor::Start), (left + COLUMN, &legend.high, Anchor::End)]
        {
            canvas.quiet([x, top - 3.0], &font::fitted(&font::visible(text), SMALL, room), anchor);
        }
    }
    if !panel.predictions.is_empty() {
        top += SPACE;
    }
    for (name, probability) in &panel.predictions {
        prediction(canvas, [left, top], name, *probability);
        top += RANK;
    }
    top += SPACE;
    for line in panel.lines() {
        top += LINE;
        canvas.quiet([left, top - 4.0], &line, Anchor::Start);
    }
    Ok(())
}

/// A name and its probability over a bar of that length.
fn prediction(canvas: &mut Canvas, [left, top]: [f64; 2], name: &str, probability: f64) {
    const INSET: f64 = 5.0;
    let share = if probability.is_finite() { probability.clamp(0.0, 1.0) } else { 0.0 };
    canvas.rect([left, top], [COLUMN * share, RANK - 3.0], canvas.palette.grid.to_owned());
    let percent = percent(probability);
    let room = COLUMN - 3.0 * INSET - font::width(&percent, TEXT);
    let fill = canvas.palette.text;
    canvas.begun([left + INSET, top + 12.5], name, TEXT, room);
    canvas.text(plain([left + COLUMN - INSET, top + 12.5], &percent, TEXT, Anchor::End, fill));
}

fn percent(probability: f64) -> String {
    match probability {
        _ if !probability.is_finite() => "not finite".to_owned(),
        _ if probability > 0.0 && probability < 0.0005 => "< 0.1 %".to_owned(),
        _ if probability < 1.0 && probability > 0.9995 => "> 99.9 %".to_owned(),
        _ => format!("{:.1} %", 100.0 * probability),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_nearly_nothing_is_not_called_nothing() {
        let shares = [0.0, 0.0004, 0.123_45, 0.999_6, 1.0, f64::NAN];
        let expected = ["0.0 %", "< 0.1 %", "12.3 %", "> 99.9 %", "100.0 %", "not finite"];
        assert_eq!(shares.map(percent), expected);
    }

    #[test]
    fn a_picture_keeps_its_shape_within_bounds() {
        let size = |height, width| Panel::new("", Array3::zeros((height, width, 3))).unwrap().size();
        assert_eq!(size(300, 400), [272.0, 204.0]);
        assert_eq!(size(400, 100), [102.0, 408.0]);
        assert_eq!(size(1, 30_000), [272.0, 1.0]);
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let message = Panel::new("", Array3::zeros((2, 2, 4))).unwrap_err().to_string();
        assert_eq!(message, "a picture is [height, width, 3] and has pixels, but this array is [2, 2, 4]");
        assert!(Panel::new("", Array3::zeros((0, 2, 3))).is_err());
    }
}
