//! Commands over networks and pictures.

mod answers;
mod compare;
mod contender;
mod demo;
pub(crate) mod evaluate;
mod explain;
mod gradients;
mod inspect;
mod labelled;
mod method;
mod network;
mod photograph;
mod render;
mod seen;

#[cfg(feature = "tabular")]
pub(crate) use demo::write as write_demo;
#[cfg(feature = "tabular")]
pub(crate) use inspect::of_network;

pub(crate) use self::compare::Arguments as Comparison;

use clap::Subcommand;

use crate::arguments::Common;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show where a network looks in a picture.
    Image(Box<explain::Arguments>),
}

pub(crate) fn execute(command: Command, common: &Common) -> anyhow::Result<()> {
    match command {
        Command::Image(arguments) => explain::execute(&arguments, common),
    }
}

pub(crate) fn compare(comparison: &Comparison, common: &Common) -> anyhow::Result<()> {
    compare::execute(comparison, common)
}
