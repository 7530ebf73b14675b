//! A column of names with one line each, as most figures have it.

use crate::canvas::{Canvas, MARGIN, TEXT};
use crate::font::{self, pair};

const LEAST_NAMES: f64 = 40.0;
const MOST_NAMES: f64 = 300.0;
const GAP: f64 = 12.0;

/// Where the lines of a figure lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// The width of the column of names.
    pub names: f64,
    pub top: f64,
    /// The height of a line.
    pub row: f64,
    n_lines: usize,
}

impl Frame {
    /// As many lines as there are names, in a column that holds them, within bounds.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>, top: f64, row: f64) -> Self {
        let widths: Vec<f64> =
            names.into_iter().map(|name| font::width(&font::visible(name), TEXT)).collect();
        let widest = widths.iter().copied().fold(LEAST_NAMES, f64::max);
        Self { names: widest.min(MOST_NAMES).ceil(), top, row, n_lines: widths.len() }
    }

    /// Widens the column for something else that stands in it.
    pub(crate) fn with_least(self, names: f64) -> Self {
        Self { names: self.names.max(names.ceil()), ..self }
    }

    /// Where the drawing begins, right of the names.
    pub(crate) fn left(&self) -> f64 {
        MARGIN + self.names + GAP
    }

    /// Where the last line ends. A figure without lines keeps the room of one.
    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.row * self.n_lines.max(1) as f64
    }

    pub(crate) fn middle(&self, line: usize) -> f64 {
        self.top + self.row * (line as f64 + 0.5)
    }

    /// Writes a line's name and value; where both are too long, each is shortened by itself.
    pub(crate) fn write_pair(&self, canvas: &mut Canvas, line: usize, name: &str, value: &str) {
        let whole = pair(name, value);
        let shown = font::fitted_pair(name, value, TEXT, self.names);
        canvas.shortened([self.left() - GAP, self.middle(line) + 4.0], &whole, &shown);
    }

    /// Writes a line's name.
    pub(crate) fn write(&self, canvas: &mut Canvas, line: usize, name: &str) {
        canvas.name([self.left() - GAP, self.middle(line) + 4.0], name, self.names);
    }
}
