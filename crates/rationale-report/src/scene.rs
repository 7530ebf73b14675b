//! What a picture is made of, before any format.

/// A picture in pixels; y grows downwards.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scene {
    pub width: f64,
    pub height: f64,
    pub background: &'static str,
    /// What the picture is, in one line.
    pub title: String,
    /// What it shows, for those who cannot see it.
    pub description: String,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Rect {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        fill: String,
    },
    Line {
        from: [f64; 2],
        to: [f64; 2],
        stroke: String,
        width: f64,
        dashed: bool,
    },
    Polyline {
        points: Vec<[f64; 2]>,
        stroke: String,
        width: f64,
        opacity: f64,
    },
    Polygon {
        points: Vec<[f64; 2]>,
        fill: String,
    },
    Circle {
        center: [f64; 2],
        radius: f64,
        fill: String,
    },
    /// A photograph, as PNG.
    Image {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        png: Vec<u8>,
    },
    Text(Text),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub at: [f64; 2],
    pub text: String,
    pub size: f64,
    pub anchor: Anchor,
    pub fill: String,
    /// The colour of a rim around the letters, which keeps them apart from lines behind them.
    pub rim: Option<&'static str>,
    /// The whole text where `text` was shortened.
    pub full: Option<String>,
}

/// Which point of a text stands at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// Where a text of this width begins, left of its position.
    pub(crate) fn shift(self, width: f64) -> f64 {
        match self {
            Self::Start => 0.0,
            Self::Middle => 0.5 * width,
            Self::End => width,
        }
    }
}
