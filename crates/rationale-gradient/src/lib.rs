//! What a differentiable network weighs: gradients, integrated gradients and their kin, at inputs and inside.
//!
//! One pipeline for all: a [`GradientMethod`] states what it is told ([`Settings`]: where, which output, how many
//! examples at once) and the step in which it differs; [`GradientMethod::explain`] gives an [`Attribution`] with its
//! evidence. *Where* is a value, [`rationale_tensor::Place`]: an input or any site of the network.
//!
//! # Should I be using this crate?
//!
//! Take it for networks that can be differentiated: from an ONNX file (`rationale-onnx`) or written by hand over
//! [`rationale_tensor::Network`]. For models that only answer, take `rationale-surrogate` or `rationale-shapley`.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "lengths and indices are bounded by what fits in memory, and checked to be in range before they are cast"
)]

mod attribution;
#[cfg(test)]
mod axioms;
mod baseline;
mod channels;
mod conductance;
mod deeplift;
mod error;
mod expected_gradients;
mod guided;
mod guided_grad_cam;
mod guided_integrated_gradients;
mod input_x_gradient;
mod integrated_gradients;
mod internal_influence;
mod line;
mod lrp;
mod method;
mod moments;
mod passes;
mod point;
mod quadrature;
mod saliency;
mod settings;
mod smooth_grad;
mod target;
mod task;
#[cfg(test)]
mod toy;

pub use attribution::{Attribution, Found};
pub use baseline::Baseline;
pub use channels::{Channels, Shown, picture_map, shown};
pub use conductance::{LayerConductance, Slope};
pub use deeplift::{DeepLift, DeepLiftRule};
pub use error::Error;
pub use expected_gradients::{ExpectedGradients, Pair};
pub use guided::{Deconvolution, GuidedBackpropagation};
pub use guided_grad_cam::guided_grad_cam;
pub use guided_integrated_gradients::GuidedIntegratedGradients;
pub use input_x_gradient::InputXGradient;
pub use integrated_gradients::{IntegratedGradients, Steps};
pub use internal_influence::InternalInfluence;
pub use lrp::Lrp;
pub use method::GradientMethod;
pub use point::Point;
pub use quadrature::{Node, Quadrature};
pub use saliency::{Saliency, Sign};
pub use settings::Settings;
pub use smooth_grad::{Noise, SmoothGrad, Smoothing};
pub use target::{OutputElement, OutputTarget, Score};
pub use task::{Slopes, Task};
