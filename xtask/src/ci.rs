//! Every check, in the order in which they fail fastest. `tidy` and `layers` are among the tests.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::command::{cargo, run as start};
use crate::snapshot::Mode;
use crate::{outside, package};

/// One check.
struct Step {
    name: &'static str,
    work: Work,
}

enum Work {
    Cargo(&'static [&'static str]),
    Docs(&'static [&'static str]),
    Chore(fn() -> Result<()>),
}

const STEPS: &[Step] = &[
    Step { name: "format", work: Work::Cargo(&["fmt", "--all", "--check"]) },
    Step {
        name: "lints",
        work: Work::Cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    },
    Step { name: "docs", work: Work::Docs(&["doc", "--workspace", "--no-deps", "--locked"]) },
    Step { name: "tests", work: Work::Cargo(&["test", "--workspace", "--locked"]) },
    Step { name: "outside", work: Work::Chore(|| outside::run(Mode::Compare)) },
    Step { name: "package", work: Work::Chore(|| package::run(&package::Settings::default())) },
];

/// Runs every step up to the first that fails.
pub(crate) fn run() -> Result<()> {
    run_all(STEPS)
}

fn run_all(steps: &[Step]) -> Result<()> {
    for step in steps {
        println!("== {}", step.name);
        let begin = Instant::now();
        step.work.run().with_context(|| format!("the step `{}` failed", step.name))?;
        println!("== {}: {:.0} s", step.name, begin.elapsed().as_secs_f64());
    }
    Ok(())
}

impl Work {
    fn run(&self) -> Result<()> {
        match self {
            Self::Cargo(arguments) => start(cargo().args(*arguments)),
            Self::Docs(arguments) => start(with_doc_warnings_denied(cargo().args(*arguments))),
            Self::Chore(chore) => chore(),
        }
    }
}

fn with_doc_warnings_denied(command: &mut Command) -> &mut Command {
    command.env("RUSTDOCFLAGS", "-D warnings")
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn stops_at_the_first_failure_and_names_it() {
        let steps = [
            Step { name: "good", work: Work::Chore(|| Ok(())) },
            Step { name: "bad", work: Work::Chore(|| bail!("broken")) },
            Step { name: "never", work: Work::Chore(|| unreachable!()) },
        ];
        let error = run_all(&steps).unwrap_err();
        assert_eq!(format!("{error:#}"), "the step `bad` failed: broken");
    }
}
