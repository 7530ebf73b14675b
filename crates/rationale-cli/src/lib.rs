//! The program `rationale`: explains the decisions of models from the command line.
//!
//! A library, so that tests run the very same program; [`run`] is all of it. Arguments come in two steps: as typed
//! ([`clap`]'s affair), then as checked, in each command's `check`.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | done |
//! | 1 | failed on this input |
//! | 2 | wrong usage |

#[cfg(any(feature = "image", feature = "tabular"))]
mod agreement;
mod arguments;
mod bar;
#[cfg(any(feature = "image", feature = "tabular"))]
mod compare;
#[cfg(any(feature = "tabular", feature = "image"))]
mod evaluate;
mod failure;
#[cfg(feature = "image")]
mod image;
mod log;
#[cfg(any(feature = "image", feature = "text"))]
mod memory;
mod output;
#[cfg(feature = "tabular")]
mod tabular;
#[cfg(feature = "text")]
mod text;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command, Common};
use crate::failure::Usage;

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no reason to fail while complaining.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match prepare(&arguments.common).and_then(|()| execute(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

/// More threads than this help on no machine and starve most.
const MOST_THREADS: usize = 1024;
/// What a shell expects of a program that was interrupted.
const INTERRUPTED: i32 = 130;

fn prepare(common: &Common) -> anyhow::Result<()> {
    log::subscribe(common)?;
    // A second run in one process keeps the first one's handler.
    let _ = ctrlc::set_handler(|| {
        rationale::whole::abandon();
        std::process::exit(INTERRUPTED);
    });
    let Some(n_threads) = common.threads else { return Ok(()) };
    if n_threads == 0 || n_threads > MOST_THREADS {
        return Err(Usage::new(format!("--threads {n_threads}: give 1 to {MOST_THREADS}")).into());
    }
    // Only the first pool of a process can be the global one; a second run in one process keeps it.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build_global();
    Ok(())
}

fn execute(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { command, common } = arguments;
    match command {
        #[cfg(feature = "tabular")]
        Command::Tabular(command) => tabular::execute(command, &common),
        #[cfg(feature = "image")]
        Command::Image(command) => image::execute(command, &common),
        #[cfg(any(feature = "image", feature = "tabular"))]
        Command::Compare(arguments) => compare::execute(&arguments, &common),
        #[cfg(any(feature = "tabular", feature = "image"))]
        Command::Evaluate(command) => evaluate::execute(command, &common),
        #[cfg(feature = "text")]
        Command::Text(command) => text::execute(command, &common),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "rationale", &mut std::io::stdout());
            Ok(())
        }
    }
}
