//! Reads an ONNX file into a network.
//!
//! [`ModelFile`] is the file as it is: nodes and values by their own names, initialisers as bytes, nothing folded, fused or
//! renamed.
//!
//! ```
//! use rationale_onnx::{Error, ModelFile};
//!
//! let error = ModelFile::from_bytes(b"\x89PNG\r\n\x1a\n").unwrap_err();
//! assert!(matches!(error, Error::NotOnnx { kind: "a PNG picture" }));
//! ```

mod error;
mod file;

pub use error::{Error, Outside};
pub use file::{
    Attributes, Dimension, ElementType, Function, Graph, Initialiser, Limits, ModelFile, Node, Producer,
    Value, ValueInfo,
};
