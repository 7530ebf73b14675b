//! Pictures and pages of explanations, without a display and without a network.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::Attributions;
//! use rationale_report::{Explained, Settings, waterfall};
//!
//! let attributions = Attributions::new(array![[[0.3], [-0.1]]], array![[0.5]], array![[0.7]])?;
//! let explained = Explained::new(&attributions, 0)?;
//! let picture = waterfall(&explained, 0, &Settings::default())?;
//! assert!(picture.svg().starts_with("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | figure | answers |
//! |---|---|
//! | [`waterfall`] | how one prediction came about |
//! | [`bar`] | which features matter on average |
//! | [`beeswarm`] | which features matter, for whom, and in which direction |
//! | [`dependence`] | how one feature's attribution follows its value |
//! | [`heatmap`] | which rows are explained alike |
//! | [`decision`] | how rows part on the way to their predictions |
//! | [`side_by_side`] | what several methods say of one row |
//! | [`curves`] | how an output falls while parts of an input go, method by method |
//! | [`dots`] | one number of several methods, with intervals |
//! | [`trade_off`] | what quality costs: which method is beaten by no other |
//! | [`Sheet`] | where networks and methods look: pictures side by side, with captions |
//!
//! The same input gives the same bytes on every machine: text is measured and drawn with one embedded font, nothing is
//! read from the system. A character that the font lacks is drawn in PNG as a box with its code; in SVG and HTML it
//! stays text, for the viewer's own fonts.

mod bar;
mod beeswarm;
mod canvas;
mod cases;
mod comparison;
mod decision;
mod dependence;
mod error;
mod explained;
mod font;
mod frame;
mod heatmap;
pub mod html;
#[cfg(test)]
mod layout;
mod legend;
mod number;
mod page;
mod photograph;
mod picture;
mod scale;
mod scene;
mod sheet;
mod side_by_side;
mod strips;
mod svg;
mod swarm;
mod theme;
mod waterfall;
mod wrapped;

pub use bar::bar;
pub use beeswarm::beeswarm;
pub use cases::{Case, Cases, Contribution, Note};
pub use comparison::{Dot, Mark, Series, curves, dots, trade_off};
pub use decision::decision;
pub use dependence::dependence;
pub use error::Error;
pub use explained::Explained;
pub use heatmap::heatmap;
pub use number::{number, signed};
pub use page::{Block, Cell, Page, Section};
pub use picture::Picture;
pub use sheet::{Panel, Sheet};
pub use side_by_side::side_by_side;
pub use theme::{Settings, Theme};
pub use waterfall::waterfall;
