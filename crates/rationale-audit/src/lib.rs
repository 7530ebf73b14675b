//! The credit audit: who is declined and why, how groups compare, and the report that shows it.
//!
//! ```no_run
//! use rationale_audit::{Audit, Label, Rule, ScoringModel};
//! use rationale_core::Silent;
//! use rationale_core::whole::Existing;
//! use rationale_tabular::Table;
//!
//! let model = ScoringModel::read("model.json".as_ref())?;
//! let applicants = Table::read("applicants.csv".as_ref())?;
//! let label = Label { column: "paid".into(), favourable: "yes".into() };
//! let audit = Audit::new(model, Rule::ApproveRate(0.7)).with_label(label);
//!
//! let findings = audit.decide(&applicants)?.explain(&Silent)?;
//! findings.write("out".as_ref(), Existing::Refuse)?;
//! # Ok::<(), rationale_audit::Error>(())
//! ```
//!
//! What the figures mean, and what they do not, stands in [`LIMITS`] and in every report.
//!
//! # Should I be using this crate?
//!
//! To audit a portfolio from Rust. From a shell, `rationale audit` does the same. For Shapley values alone take
//! `rationale-shapley`: this crate brings a data-frame library that takes minutes to compile.

mod audit;
mod catalogue;
mod comparison;
mod configuration;
mod decided;
mod decision;
mod drift;
mod error;
#[cfg(test)]
mod example;
mod explainer;
mod findings;
mod folder;
mod gap;
mod interval;
mod letter;
mod limit;
mod located;
mod manifest;
mod model;
mod page;
mod performance;
#[cfg(test)]
mod planted;
mod proxy;
mod reason;
mod reference;
mod scorer;
mod shown;
mod verify;
mod wire;
mod words;

pub use audit::{Audit, Label, Thresholds};
pub use catalogue::{Catalogue, Entry, Reasons};
pub use comparison::{Comparison, FEW, GroupFigures, Protected};
pub use configuration::{Configuration, DriftLimits, Limits, ProtectedColumn, template};
pub use decided::Decided;
pub use decision::{Decisions, Direction, Rule};
pub use drift::{Drift, Drifted, What, n_explained};
pub use error::Error;
pub use findings::{Findings, Ids, Pair, Setup, Unit};
pub use folder::check_folder;
pub use gap::Gap;
pub use interval::Estimate;
pub use limit::{LIMITS, SAMPLED};
pub use model::{ScoringModel, Source};
pub use performance::{Counts, Performance};
pub use proxy::Proxy;
pub use reason::{Case, MOST_REASONS, Reason, Refits};
pub use reference::{ASKED_REFERENCE_ROWS, JUST_ABOVE, MOST_FOLDS, Population, REFERENCE_ROWS, Reference};
pub use scorer::{AnsweringModel, Scorer};
pub use shown::{MOST_SHOWN, Shown};
pub use verify::{Problem, Verified, Verify};
