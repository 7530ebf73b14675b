//! Pictures on their way in and out: files to tensors, maps to colours.
//!
//! Nothing here knows a network: what comes in is bytes and plain arrays, what goes out is plain arrays.

mod colour;
mod compose;
mod contour;
mod decode;
mod description;
mod geometry;
mod jpeg;
mod labels;
mod map;
mod npy;
mod prepare;
mod preset;
mod reduce;
mod resize;
mod seen;

pub use colour::ColourMap;
pub use compose::{Exposure, Overlay, heat, masked, signed};
pub use contour::{Contour, contour};
pub use decode::{Background, Limits, Picture};
pub use description::{InputSize, NetworkDescription};
pub use geometry::{Geometry, Window};
pub use labels::Labels;
pub use map::{Grid, MINMAX_EPS, Real, clip, minmax, percentile, scaled_to, symmetric, upsample};
pub use npy::save_npy;
pub use prepare::{Preparation, Prepared};
pub use preset::{ChannelOrder, Fit, Layout, Normalisation, Preset};
pub use reduce::{Channels, per_pixel};
pub use resize::{Filter, resize};
