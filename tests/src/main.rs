//! The program as users run it, under a name of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    rationale_cli::run(std::env::args_os())
}
