//! An outside program as a model: rows go to its standard input, scores come from its standard output.
//!
//! ```
//! use ndarray::array;
//! use rationale_core::Predict;
//! use rationale_process::{Format, Process};
//!
//! // A shell script that adds two columns.
//! let script = "while IFS=, read -r a b; do echo $((a + b)); done";
//! let model = Process::new("sh").with_arguments(["-c", script]).with_format(Format::Csv).start()?;
//! assert_eq!(model.predict(array![[1.0, 2.0], [30.0, 4.0]].view())?, array![[3.0], [34.0]]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The protocol, with programs in Python, shell and behind HTTP, is written down in `docs/PROCESS-MODELS.md`.

mod child;
mod error;
mod process;
mod wire;

pub use error::Error;
pub use process::{Process, ProcessModel};
pub use wire::Format;
