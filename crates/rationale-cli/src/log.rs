//! What is logged, and how.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::arguments::{Common, LogFormat};
use crate::failure::Usage;

const VARIABLE: &str = "RATIONALE_LOG";

/// Sends spans and events of the libraries to standard error.
pub(crate) fn subscribe(common: &Common) -> Result<(), Usage> {
    let filter = match std::env::var(VARIABLE) {
        Ok(asked) => EnvFilter::try_new(&asked)
            .map_err(|error| Usage::new(format!("{VARIABLE}={asked} is not understood: {error}")))?,
        Err(_) => EnvFilter::new(level(common)),
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false);
    // A second run in one process keeps the first one's log.
    let _ = match common.log_format {
        LogFormat::Text => log.compact().try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    Ok(())
}

fn level(common: &Common) -> &'static str {
    match (common.quiet, common.verbose) {
        (true, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "info",
        _ => "debug",
    }
}
