//! Reads an ONNX file into a network, at run time, and differentiates it.
//!
//! [`ModelFile`] is the file as it is: nodes and values by their own names, initialisers as bytes, nothing folded, fused or
//! renamed. [`OnnxNetwork`] runs it as a [`rationale_tensor::Network`]: its sites are the file's own values, as viewers
//! show them, and its operators are those of `operators/`, one file each.
//!
//! ```
//! use rationale_onnx::{Error, ModelFile};
//!
//! let error = ModelFile::from_bytes(b"\x89PNG\r\n\x1a\n").unwrap_err();
//! assert!(matches!(error, Error::NotOnnx { kind: "a PNG picture" }));
//! ```
//!
//! # Should I be using this crate?
//!
//! Take it to run an ONNX network in Rust where its insides matter: values at any layer, gradients, rules. To serve
//! answers alone as fast as possible, take a run-time made for that. This crate knows no method of explanation.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "lengths and indices are bounded by what fits in memory, and checked to be in range before they are cast"
)]

mod build;
mod element;
mod error;
mod file;
mod fold;
mod network;
mod operators;
mod randomise;

pub use error::{Error, Outside, UnsupportedOperator};
pub use file::{
    Attributes, Dimension, ElementType, Function, Graph, Initialiser, Limits, ModelFile, Node, Producer,
    Value, ValueInfo,
};
pub use network::OnnxNetwork;
pub use operators::supported;
