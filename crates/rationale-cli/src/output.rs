//! What the program says beside its files.

use std::io::Write;

use crate::arguments::Common;

/// Prints a result unless the user asked for quiet. A reader that went away, as `head` does, is no failure.
pub(crate) fn say(common: &Common, text: &str) -> anyhow::Result<()> {
    if common.quiet {
        return Ok(());
    }
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            anyhow::bail!("the results are written, but standard output is not: {error}")
        }
        _ => Ok(()),
    }
}

/// Tells something beside the result, on standard error.
pub(crate) fn note(common: &Common, text: &str) {
    if !common.quiet {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
