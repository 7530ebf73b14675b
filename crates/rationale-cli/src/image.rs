//! Commands over networks and pictures.

mod compare;
mod demo;
pub(crate) mod evaluate;
mod explain;
mod inspect;
mod labelled;
mod network;
mod photograph;
mod render;

#[cfg(feature = "tabular")]
pub(crate) use demo::write as write_demo;
#[cfg(feature = "tabular")]
pub(crate) use inspect::of_network;

use clap::Subcommand;

use crate::arguments::Common;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show where a network looks in a picture.
    Image(Box<explain::Arguments>),
    /// Several methods side by side, with how far they agree.
    Compare(Box<compare::Arguments>),
}

pub(crate) fn execute(command: Command, common: &Common) -> anyhow::Result<()> {
    match command {
        Command::Image(arguments) => explain::execute(&arguments, common),
        Command::Compare(arguments) => compare::execute(&arguments, common),
    }
}
