//! The programs that chores start: cargo first of all.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// cargo, in the root of the workspace.
pub(crate) fn cargo() -> Command {
    // cargo names itself to the programs that it starts, so a toolchain that was chosen stays chosen.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(workspace::root());
    // What a crate asks for is judged alone, whatever way of joining features is set for other builds.
    command.env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION");
    command
}

/// Runs a command in the open; fails where it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("`{}` does not start", shown(command)))?;
    ensure!(status.success(), "`{}` failed ({status})", shown(command));
    Ok(())
}

/// What a command prints; its complaints become the error.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("`{}` does not start", shown(command)))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{}` failed ({}):\n{complaint}", shown(command), output.status);
    String::from_utf8(output.stdout).with_context(|| format!("`{}` prints no UTF-8", shown(command)))
}

/// What cargo prints, from what is on the disk where that is enough.
pub(crate) fn ask_cargo(arguments: &[&str]) -> Result<String> {
    let offline = answer(cargo().args(arguments).arg("--offline"));
    offline.or_else(|_| answer(cargo().args(arguments)))
}

fn shown(command: &Command) -> String {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    format!("{} {}", command.get_program().to_string_lossy(), words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_carries_what_the_program_said() {
        let error = answer(cargo().arg("no-such-command")).unwrap_err().to_string();
        assert!(error.contains("no-such-command` failed"), "{error}");
        assert!(error.contains("no such command"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut Command::new("no-such-program")).unwrap_err().to_string();
        assert!(error.contains("no-such-program"), "{error}");
    }
}
