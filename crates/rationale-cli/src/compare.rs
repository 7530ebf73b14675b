//! `rationale compare`: several methods side by side, with how far they agree.

use clap::{Args, Subcommand};

use crate::arguments::Common;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Where a network looks in a picture, by several methods.
    #[cfg(feature = "image")]
    Image(Box<crate::image::Comparison>),
    /// What speaks for the prediction of a row, by several methods.
    #[cfg(feature = "tabular")]
    Tabular(Box<crate::tabular::Comparison>),
}

pub(crate) fn execute(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    match &arguments.kind {
        #[cfg(feature = "image")]
        Kind::Image(comparison) => crate::image::compare(comparison, common),
        #[cfg(feature = "tabular")]
        Kind::Tabular(comparison) => crate::tabular::compare(comparison, common),
    }
}
