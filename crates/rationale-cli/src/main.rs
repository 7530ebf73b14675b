//! The program `rationale`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rationale_cli::run(std::env::args_os())
}
