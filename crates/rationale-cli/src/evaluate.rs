//! `rationale evaluate`: are the explanations of a model any good?

mod choice;
mod contender;
mod evidence;
mod judge;
mod possible;
mod results;

use clap::Subcommand;

use crate::arguments::Common;

pub(crate) use choice::Choice;
pub(crate) use contender::{Contender, Explained, failed, random_values};
pub(crate) use evidence::{Asked as EvidenceAsked, document, sentences};
pub(crate) use judge::{Part, Subject};
pub(crate) use results::Told;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Methods over a table and a model of it.
    #[cfg(feature = "tabular")]
    Tabular(Box<crate::tabular::evaluate::Arguments>),
    /// Methods over pictures and a network.
    #[cfg(feature = "image")]
    Image(Box<crate::image::evaluate::Arguments>),
    /// Methods over texts and a network.
    #[cfg(feature = "text")]
    Text(Box<crate::text::evaluate::Arguments>),
}

pub(crate) fn execute(command: Command, common: &Common) -> anyhow::Result<()> {
    match command {
        #[cfg(feature = "tabular")]
        Command::Tabular(arguments) => crate::tabular::evaluate::execute(&arguments, common),
        #[cfg(feature = "image")]
        Command::Image(arguments) => crate::image::evaluate::execute(&arguments, common),
        #[cfg(feature = "text")]
        Command::Text(arguments) => crate::text::evaluate::execute(&arguments, common),
    }
}
