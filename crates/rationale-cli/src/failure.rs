//! Errors on their way to the user.

use std::io::Write;
use std::process::ExitCode;

/// A mistake in how the program was called.
#[derive(Debug)]
pub(crate) struct Usage(String);

impl Usage {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Prints an error and gives its exit code. Errors say their causes themselves.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(std::io::stderr(), "error: {error}{}", hint(error));
    ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
}

/// What the libraries cannot know: the option that helps.
#[cfg(feature = "tabular")]
fn hint(error: &anyhow::Error) -> &'static str {
    use rationale::audit::Error as Audit;
    use rationale::tabular::Error as Tabular;
    let audit = error.downcast_ref::<Audit>().map(|error| match error {
        Audit::Stated { source, .. } => source.as_ref(),
        _ => error,
    });
    let tabular = match audit {
        Some(Audit::Output { .. }) => return " (--output NAME, or --target NAME to explain rows)",
        Some(Audit::Features { .. }) => return " (--feature-names A,B,.. needs one name a feature)",
        Some(Audit::Table(error)) => Some(error.as_ref()),
        _ => error.downcast_ref::<Tabular>(),
    };
    match tabular {
        Some(Tabular::UnseenCategory { .. }) => " (--unseen missing)",
        Some(Tabular::LeftoverParts { .. }) => " (--resume)",
        Some(Tabular::UnknownColumns { columns, .. })
            if columns.iter().all(|column| column.name.starts_with("feature ")) =>
        {
            " (the model file names no features: --feature-names A,B,..)"
        }
        _ => "",
    }
}

#[cfg(not(feature = "tabular"))]
fn hint(_: &anyhow::Error) -> &'static str {
    ""
}
