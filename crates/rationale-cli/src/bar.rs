//! A progress bar on a terminal, and nothing in a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rationale::Progress;

use crate::arguments::Common;

/// A bar over a known amount of work.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// `what` is being done, in so many units.
    pub(crate) fn new(what: &'static str, n_units: u64, common: &Common) -> Self {
        let target = if common.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(n_units), target).with_message(what);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3}%  {prefix}{eta} left");
        // A template that is a constant can only be right or wrong once and for all; a plain bar does too.
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// `what` is being done to so many rows, and how many a second.
    #[cfg(feature = "tabular")]
    pub(crate) fn rows(what: &'static str, n_rows: u64, common: &Common) -> Self {
        Self::styled(
            what,
            n_rows,
            common,
            "{msg} {wide_bar} {percent:>3}%  {human_pos} rows, {per_sec:.0} rows, {eta} left",
        )
    }

    /// `what` is being done, a unit a row that the model is asked about.
    pub(crate) fn of_calls(what: &'static str, n_calls: u64, common: &Common) -> Self {
        Self::styled(what, n_calls, common, "{msg} {wide_bar} {percent:>3}%  {len} model calls, {eta} left")
    }

    fn styled(what: &'static str, n: u64, common: &Common, template: &str) -> Self {
        let bar = Self::new(what, n, common);
        let style = ProgressStyle::with_template(template);
        bar.0.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    }

    /// `what` is being done, in units of which nobody knows how many there will be.
    pub(crate) fn counting(what: &'static str, common: &Common) -> Self {
        let target = if common.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what);
        let style =
            ProgressStyle::with_template("{msg} {spinner} {pos} passes through the network, {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self(bar)
    }
}

impl Progress for Bar {
    fn advance(&self, units: u64) {
        self.0.inc(units);
    }

    fn calls_left(&self, calls: u64) {
        if !self.0.is_hidden() {
            self.0.set_prefix(format!("at most {calls} model calls, "));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
