//! Where a network looks: pictures in, heat maps out.
//!
//! ```
//! use ndarray::{Array3, array};
//! use rationale_vision::{ColourMap, Overlay, Picture, Preset, minmax, scaled_to};
//!
//! // A photograph of 2 x 2 pixels, as a network of the ImageNet kind wants to see it.
//! let photograph = Picture::from_rgb(Array3::from_elem((2, 2, 3), 127))?;
//! let prepared = Preset::ImagenetTf.preparation([4, 4])?.prepare(&photograph)?;
//! assert_eq!(prepared.tensor().shape(), [1, 3, 4, 4]);
//!
//! // A map of the network's last layer, laid over what the network saw.
//! let map = scaled_to(array![[0.0, 1.0], [2.0, 4.0]].view(), [4, 4])?;
//! let picture = Overlay::default().draw(prepared.seen(), map.view())?;
//! assert_eq!(picture.dim(), (4, 4, 3));
//! # Ok::<(), rationale_vision::Error>(())
//! ```
//!
//! Pictures are arrays [height, width, 3] of bytes, maps are arrays [height, width]. Captions and sheets are drawn by
//! `rationale-report`, which takes the same arrays.

mod cam;
mod error;
mod picture;

pub use cam::{
    CamMethod, CamTarget, ClassActivation, Factorisation, Factors, Layer, LayerLayout, LayerMaps, Layers,
    Maps, Score, Sign, Smoothing,
};
pub use error::Error;
pub use picture::{
    Background, ChannelOrder, Channels, ColourMap, Contour, Exposure, Filter, Fit, Geometry, Grid, InputSize,
    Labels, Layout, Limits, MINMAX_EPS, NetworkDescription, Normalisation, Overlay, Picture, Preparation,
    Prepared, Preset, Real, Window, clip, contour, heat, masked, minmax, per_pixel, percentile, resize,
    save_npy, scaled_to, signed, symmetric, upsample,
};
