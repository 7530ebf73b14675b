//! Tables to arrays and back: CSV and Parquet in, attributions out.
//!
//! A [`Table`] is what a file holds, a [`Schema`] what its columns mean, an [`Encoder`] turns the one into rows of
//! numbers by the other. No type of the data-frame library underneath shows in any signature.
//!
//! ```
//! use ndarray::array;
//! use rationale_tabular::{Encoder, Encoding, Schema, Table, labels};
//!
//! let table = Table::from_csv_bytes("loans", b"job,amount,paid\nclerk,500,yes\nnone,,no\n")?;
//! let schema = Schema::learn(&table, &["paid"])?;
//! let encoder = Encoder::new(schema, Encoding::OneHot)?;
//!
//! let encoded = encoder.encode(&table)?;
//! assert_eq!(encoder.feature_names(), ["job=clerk", "job=none", "amount"]);
//! assert_eq!(encoded.rows.row(0), array![1.0, 0.0, 500.0]);
//! assert!(encoded.rows[[1, 2]].is_nan());
//! assert_eq!(labels(&table, "paid", "yes")?, [true, false]);
//! # Ok::<(), rationale_tabular::Error>(())
//! ```
//!
//! What is too large for memory is a [`Source`]: a file, a folder or a pattern of paths, read part by part. [`stream`] reads,
//! works and writes at once, and [`Parts`] are the file that comes of it, even where the run is cut off and resumed.
//!
//! # Should I be using this crate?
//!
//! Only to read and write files. It brings polars, which takes minutes to compile; the explainers themselves work on
//! plain arrays and do without it.

mod cell;
mod column;
mod csv;
mod encoder;
mod error;
mod frame;
mod label;
mod nearest;
mod parquet;
mod parts;
mod pipeline;
mod recognise;
mod scan;
mod schema;
mod source;
mod table;
mod write;

pub use cell::{Cell, write_csv};
pub use column::{Column, ColumnKind};
pub use csv::{CsvSettings, DEFAULT_MISSING, Separator};
pub use encoder::{Encoded, Encoder, Encoding, MissingValues, UnseenCategory};
pub use error::{AbsentColumn, Error};
pub use label::labels;
pub use parts::{Leftover, Parts};
pub use pipeline::{Finished, stream};
pub use recognise::Foreign;
pub use schema::{Field, FieldKind, MOST_CATEGORIES, Schema};
pub use source::{Part, PartReader, Source};
pub use table::{Place, Table};
pub use write::{
    OutputFormat, attribution_columns, write_attributions, write_attributions_of, write_interactions,
    write_table,
};
