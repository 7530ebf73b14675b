//! What can go wrong when something is drawn.

use std::io;

/// Why a picture or page cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something is asked for that the attributions do not have.
    #[error("{what} {asked} was asked for, but there are {available} (counted from 0)")]
    Range {
        /// What was asked for: row, feature, output.
        what: &'static str,
        /// Its index.
        asked: usize,
        /// How many there are.
        available: usize,
    },
    /// Feature values do not match the attributions.
    #[error("the feature values are {actual:?}, but the attributions are {expected:?} (rows, features)")]
    Shape {
        /// Rows and features of the attributions.
        expected: [usize; 2],
        /// Rows and features of the values.
        actual: [usize; 2],
    },
    /// An array that is no picture.
    #[error("a picture is [height, width, 3] and has pixels, but this array is {actual:?}")]
    Pixels {
        /// What was given.
        actual: [usize; 3],
    },
    /// A path whose extension names no picture format.
    #[error("`{file}`: a picture's extension must be .svg or .png")]
    Extension {
        /// The path.
        file: String,
    },
    /// A picture too large to draw as pixels.
    #[error("a picture of {width} x {height} pixels cannot be drawn; choose a smaller scale")]
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The renderer failed.
    #[error("the picture cannot be drawn: {source}")]
    Render {
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A page with more than one table of cases, whose links could not tell them apart.
    #[error("a page holds one table of cases, but {n_tables} were given")]
    Cases {
        /// How many were given.
        n_tables: usize,
    },
    /// The page's template failed.
    #[error("the page cannot be made: {source}")]
    Template {
        /// What it said.
        #[from]
        source: minijinja::Error,
    },
    /// The page's data cannot become JSON.
    #[error("the page's data cannot be written: {source}")]
    Json {
        /// What the writer said.
        #[from]
        source: serde_json::Error,
    },
    /// The file could not be written; what stood there before stands there still.
    #[error("`{file}` cannot be written: {source}")]
    Write {
        /// The path.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
}
