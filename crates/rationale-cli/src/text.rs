//! Commands over texts.

mod contender;
#[cfg(feature = "tabular")]
mod demo;
pub(crate) mod evaluate;
mod explain;
mod gradients;
mod methods;
mod model;
mod page;
mod shown;
mod source;

use clap::Subcommand;

use crate::arguments::Common;
#[cfg(feature = "tabular")]
pub(crate) use demo::write as write_demo;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show which words of a text a network's answer rests on.
    Text(Box<explain::Arguments>),
}

pub(crate) fn execute(command: Command, common: &Common) -> anyhow::Result<()> {
    match command {
        Command::Text(arguments) => explain::execute(&arguments, common),
    }
}
