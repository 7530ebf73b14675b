//! What a class activation map is handed out as.

use ndarray::{Array2, Array3};
use rationale_core::Evidence;

use super::layer::Layer;

/// The maps of a batch of pictures, and what they rest on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Maps {
    /// `[picture, row, column]` at the input's size, in [0, 1]; in [-1, 1] where signed.
    pub maps: Array3<f64>,
    /// What each layer gave. Empty for a method that looks at all of them.
    pub layers: Vec<LayerMaps>,
    /// The class that each picture is explained for.
    pub targets: Vec<usize>,
    /// The network's outputs `[picture, class]`; of a dense output, their means over space.
    pub logits: Array2<f64>,
    /// What the maps rest on.
    pub evidence: Evidence,
}

/// The maps of a layer at its own resolution.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LayerMaps {
    /// The layer, and how its value was read.
    pub layer: Layer,
    /// `[picture, row, column]` before negative values are cut and anything is scaled.
    pub raw: Array3<f64>,
    /// The weights `[picture, channel]` where the method has one for each channel.
    pub weights: Option<Array2<f64>>,
}

impl Maps {
    /// What no map of this kind can say; also in the evidence.
    pub const CAVEAT: &'static str = "shows where the network looks, not why";
}
